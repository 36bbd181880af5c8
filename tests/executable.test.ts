/** The executable, from another folder: one file that needs nothing and heeds nothing around it. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { leftOut } from "../.ci/build.ts";
import packageJson from "../package.json";
import { builtExecutable } from "./support/executable.ts";
import { call, type Called, temporaryFolder } from "./support/tandem.ts";
import { TandemInTerminal } from "./support/terminal.ts";
import type { RunResult } from "./support/simulate.ts";
import { allRounds } from "./support/laws.ts";
import { patience } from "./support/patience.ts";

setDefaultTimeout(patience);

const elsewhere = temporaryFolder();
const executable = builtExecutable();

afterAll(() => elsewhere[Symbol.dispose]());

function tandem(args: string[], env: Record<string, string> = {}): Called {
  return call([executable, ...args], { cwd: elsewhere.path, env });
}

test.skipIf(!allRounds)("law: builds of the same sources are equal to the byte", async () => {
  using folder = temporaryFolder();
  const sums: string[] = [];
  for (const name of ["first", "second"]) {
    // An executable holds its own name.
    const file = join(folder.path, name, "tandem");
    mkdirSync(join(folder.path, name));
    // Each in a process of its own, as two builds are.
    const script = `import { build } from "./.ci/build.ts"; await build(${JSON.stringify(file)});`;
    const { status, stderr } = call([process.execPath, "-e", script], {
      cwd: join(import.meta.dir, ".."),
    });
    expect([status, stderr]).toEqual([0, ""]);
    sums.push(new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex"));
  }
  expect(sums[1]).toBe(sums[0]!);
});

describe("the executable", () => {
  test("tells its version", () => {
    const { status, stdout } = tandem(["version"]);
    expect([status, stdout]).toEqual([
      0,
      `tandem ${packageJson.version} (Bun ${Bun.version}, ${process.platform} ${process.arch})\n`,
    ]);
  });

  test("tells the licences of all that it holds: each package that is bundled, Bun and its engine", async () => {
    const { status, stdout } = tandem(["version", "--licenses"]);
    expect(status).toBe(0);
    expect(stdout).toStartWith(`tandem ${packageJson.version} (MIT)\n\nMIT License\n`);
    expect(stdout).toContain(`\nBun ${Bun.version} (MIT), with JavaScriptCore (LGPL-2)`);
    const bundled = new Set<string>();
    for (const [entry, target] of [
      ["src/main.ts", "bun"],
      ["src/worker.ts", "bun"],
      ["src/command-worker.ts", "bun"],
      ["src/report/page/browser/page.ts", "browser"],
    ] as const) {
      const { outputs } = await Bun.build({
        ...{
          entrypoints: [join(import.meta.dir, "..", entry)],
          target,
          splitting: target === "bun",
        },
        plugins: [leftOut],
        sourcemap: "external",
      });
      for (const output of outputs.filter(({ kind }) => kind === "sourcemap"))
        for (const source of (JSON.parse(await output.text()) as { sources: string[] }).sources)
          for (const [, name] of source.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g))
            bundled.add(name!);
    }
    expect(bundled.size).toBeGreaterThan(10);
    // It would look for an addon in the folder that the package has on the machine of whoever builds.
    expect(bundled).not.toContain("msgpackr-extract");
    for (const name of bundled) expect(stdout).toMatch(new RegExp(`^${name} \\d\\S* \\(`, "m"));
  });

  test("runs a scenario in virtual time, with nothing on its PATH and no home", () => {
    const { status, stdout } = tandem(["run", "lost", "--driver", "virtual"], {
      PATH: "",
      HOME: "",
    });
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(1, 4)).toEqual(["a", "b", "Background task iteration 0"]);
  });

  test("runs a scenario for real, with its loop in a Worker", () => {
    const { status, stdout } = tandem(["run", "threaded", "--speed", "50", "--json"]);
    expect(status).toBe(0);
    const { tasks, prints } = JSON.parse(stdout) as RunResult;
    expect(tasks[0]!.status).toBe("finished");
    expect(prints.filter(({ thread }) => thread === "loop").length).toBe(8);
  });

  test("reads a document of the folder it stands in, and reports its mistakes by line", () => {
    elsewhere.file("mine.yaml", "name: mine\nmain:\n  - sleep: 3s\n");
    const { status, stderr } = tandem(["run", "mine.yaml"]);
    expect([status, stderr]).toEqual([
      2,
      `mine.yaml:3:5: main[0].sleep: main is synchronous, so it cannot sleep; use "block: 3s"\n`,
    ]);
  });

  test("loads no .env, no bunfig.toml and no package of the folder it stands in", () => {
    const trap = elsewhere.file("trap.ts", `require("fs").writeFileSync("sprung", "");`);
    elsewhere.file("bunfig.toml", `preload = ["${trap}"]\n`);
    elsewhere.file(".env", "BUN_OPTIONS=--preload=./trap.ts\nNO_COLOR=from-the-folder\n");
    for (const driver of ["virtual", "real"]) {
      const { status } = tandem(["run", "threaded", "--driver", driver, "--speed", "100"]);
      expect(status).toBe(0);
    }
    expect(existsSync(join(elsewhere.path, "sprung"))).toBe(false);
  });

  describe("calls the user's own code", () => {
    const project = temporaryFolder();
    afterAll(() => project[Symbol.dispose]());
    mkdirSync(join(project.path, "node_modules/shout"), { recursive: true });
    project.file("node_modules/shout/package.json", `{"name":"shout","main":"lib.js"}`);
    project.file("node_modules/shout/lib.js", `exports.shout = (text) => text.toUpperCase();\n`);
    project.file("tsconfig.json", `{"compilerOptions":{"paths":{"~/*":["./inner/*"]}}}`);
    mkdirSync(join(project.path, "inner"));
    project.file("inner/size.ts", `export enum Size { small = 1, large }\n`);
    project.file(
      "job.ts",
      `import { shout } from "shout";
import { Size } from "~/size.ts";
export default async function ({ args, sleep }: any) {
  await sleep(5);
  console.log(shout(args), Size.large);
}
export function boom(): never {
  throw new Error("boom");
}
`,
    );

    const where = ["await", "thread", "thread,offload=threads", "await,offload=processes"];
    test.each(where)("with its own packages and paths, from any folder, with %s", (strategy) => {
      const call = { module: "./job.ts", args: "ready" };
      const fails = { call: { module: "./job.ts", export: "boom" } };
      const document = { name: "own", main: ["launch"], tasks: { good: [{ call }], bad: [fails] } };
      const file = project.file("own.json", JSON.stringify(document));
      const called = tandem(["run", file, "-s", `${strategy},settle=settled`, "--json"]);
      const { tasks, prints } = JSON.parse(called.stdout) as RunResult;
      expect(prints.map(({ text }) => text)).toEqual(["READY 2"]);
      expect(tasks.map(({ error }) => error)).toEqual([null, "boom (job.ts:8:13)"]);
    });

    test.each(where)("in an engine that nobody has told anything, with %s", (strategy) => {
      project.file(
        "told.ts",
        `export default () => {
  console.log(Object.keys(process.env).filter((name) => name.startsWith("BUN_JSC_")).length);
};
`,
      );
      const call = { module: "./told.ts" };
      const document = { name: "told", main: ["launch"], tasks: { a: [{ call }] } };
      const file = project.file("told.json", JSON.stringify(document));
      const { prints } = JSON.parse(
        tandem(["run", file, "-s", strategy, "--json"]).stdout,
      ) as RunResult;
      expect(prints.map(({ text }) => text)).toEqual(["0"]);
    });

    test("on main", () => {
      const document = { name: "own", main: [{ call: { module: "./job.ts", export: "boom" } }] };
      const file = project.file("main.json", JSON.stringify(document));
      const { status, stderr } = tandem(["run", file]);
      expect(status).toBe(1);
      expect(stderr).toContain("boom (job.ts:8:13)");
    });
  });

  test("prints schemas, and reads again what it recorded", () => {
    expect(JSON.parse(tandem(["schema"]).stdout)).toMatchObject({ title: "tandem scenario" });
    const events = elsewhere.file("lost.ndjson");
    const run = tandem(["run", "lost", "-d", "virtual", "--json", "--events", events]);
    expect(run.status).toBe(0);
    expect(tandem(["report", events, "--json"]).stdout).toBe(run.stdout);
  });
});

describe("the executable, in a terminal and another folder", () => {
  const enter = "\r";
  const inTerminal = (...args: string[]): TandemInTerminal =>
    new TandemInTerminal(args, { program: [executable], cwd: elsewhere.path });

  test("leads from the first question to a saved file", async () => {
    await using session = inTerminal();
    await session.at("What would you like to do?", "\u001b[B", enter);
    await session.at("Which scenario?", "lost", enter);
    await session.at("Under which strategy?", "\u001b[B", enter);
    await session.at("lost, strategy await", "\u001b[B", enter);
    await session.at("For real instead", enter);
    await session.at("Predict first", enter);
    await session.at("What next?", ..."\u001b[B \u001b[B \u001b[B \u001b[B".split(" "), enter);
    await session.at("Write the scenario to which file?", enter);
    await session.at("Saved. Run it: tandem run ./lost.yaml", "\u001b[A", enter);
    expect(await session.exited()).toBe(0);
    expect(readFileSync(join(elsewhere.path, "lost.yaml"), "utf8")).toContain("strategy: await\n");
  });

  test("goes from the session into a run for real, back on Ctrl-C, and on in another size", async () => {
    await using session = inTerminal();
    await session.at("What would you like to do?", "\u001b[B", enter);
    await session.at("Which scenario?", "threaded", enter);
    await session.at("Under which strategy?", enter);
    await session.at("Run it", enter);
    await session.at("Predict first", enter);
    await session.shows("of 9s expected");
    session.resize(60, 24);
    await session.shows("Background task iteration 1");
    session.type("\u0003");
    await session.shows("Interrupted at");
    await session.at("What next?", "\u001b[A");
    session.resize(100, 30);
    await session.at("● Quit", enter);
    expect(await session.exited()).toBe(0);
    expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
  });

  test("makes a scenario that it then runs", async () => {
    await using session = inTerminal("new", "made.yaml");
    await session.at("What is it called?");
    while (!session.text.includes("to which file?")) {
      const before = session.text;
      session.type(enter);
      await session.until(() => session.text !== before, "the next question");
      await Bun.sleep(40);
    }
    session.type(enter);
    expect(await session.exited()).toBe(0);
    expect(tandem(["run", "made.yaml", "-d", "virtual"]).stderr).toContain("0 of 1 task lost");
  });

  test("draws a real run while it goes on, also in a terminal that is resized", async () => {
    await using run = inTerminal("run", "threaded", "--speed", "6");
    await run.shows("of 9s expected");
    run.resize(100, 30);
    expect(await run.exited()).toBe(0);
    expect(run.text.match(/^Main program iteration/gm)).toHaveLength(3);
    expect(run.text).toMatch(/main +█+·*✓/);
  });

  test("Ctrl-C ends a real run with its verdict and 130", async () => {
    await using run = inTerminal("run", "threaded");
    await run.shows("Background task iteration 0");
    run.type("\u0003");
    expect(await run.exited()).toBe(130);
    expect(run.text).toContain("Interrupted at");
  });
});
