/** What the user's functions write, to either stream and however they do it, as a user of the command line meets it. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { RunResult } from "../support/simulate.ts";
import { tandem, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

folder.file(
  "talk.ts",
  `import { writeSync } from "node:fs";
console.log("at load");
export async function talks({ sleep }: any) {
  console.log("out 1");
  console.error("err %d", 1);
  console.warn("warned");
  process.stderr.write("in two ");
  await sleep(20);
  process.stderr.write(new TextEncoder().encode("pieces\\n"));
  console.log("out 2");
  console.assert(false, "asserted");
  process.stdout.write("unended");
  process.stderr.write("unended as well");
}
export function past() {
  writeSync(1, "past, out\\n");
  writeSync(2, "past, err\\n");
  Bun.spawnSync(["sh", "-c", "echo a child; echo its complaint >&2"], { stdio: ["ignore", "inherit", "inherit"] });
}
export async function crowds({ sleep }: any) {
  for (let k = 0; k < 40; k++) { await sleep(10); console.error("complaint " + k); console.log("line " + k); }
}
`,
);

function file(name: string): string {
  const steps = [{ call: { module: "./talk.ts", export: name } }];
  const document = { name: "talk", main: ["launch", { print: "main ends" }], tasks: { t: steps } };
  return folder.file(`${name}.json`, JSON.stringify(document));
}

const everywhere = ["await", "thread", "await,offload=threads", "thread,offload=processes"];

describe("what user code writes to stderr", () => {
  test.each(everywhere)("goes to stderr, in its order, with %s", (strategy) => {
    const { stdout, stderr } = tandem(["run", file("talks"), "--strategy", strategy]);
    const own = ["err 1", "warned", "in two pieces", "Assertion failed: asserted"];
    expect(stderr).toStartWith([...own, "unended as well", "", "talk, "].join("\n"));
    // Main, in another thread, may print between the two, and so may another process that loads the module.
    expect(stdout.replaceAll(/^(?:main ends|at load)\n/gm, "")).toContain("out 1\nout 2\n");
    expect(stdout).toContain("unended\n");
    expect(stdout).toContain("at load\n");
  });

  test("is kept in the record, and a result tells it by its stream", () => {
    const events = folder.file("events.ndjson");
    const { stdout, stderr } = tandem([
      "run",
      file("talks"),
      "--json",
      "--events",
      events,
      "--force",
    ]);
    expect(stderr).toBe("");
    const { prints } = JSON.parse(stdout) as RunResult;
    expect(prints.filter(({ stream }) => stream === "stderr")).toMatchObject([
      { text: "err 1", task: "t" },
      { text: "warned", task: "t" },
      { text: "in two pieces", task: "t" },
      { text: "Assertion failed: asserted", task: "t" },
      { text: "unended as well" },
    ]);
    const again = JSON.parse(tandem(["report", events, "--json"]).stdout) as RunResult;
    expect(again.prints).toEqual(prints);
  });

  test("is none of the lines that a document expects", () => {
    const document = {
      ...(JSON.parse(readFileSync(file("talks"), "utf8")) as object),
      expect: { prints: { contains: ["err 1"] } },
    };
    const checked = tandem([
      "check",
      folder.file("expects.json", JSON.stringify(document)),
      "--driver",
      "real",
    ]);
    // On a busy machine it is undecided.
    expect([1, 3]).toContain(checked.status);
    expect(checked.stdout + checked.stderr).toContain('"err 1"');
  });

  test("does not tear the picture of the run, nor does the picture tear it", async () => {
    await using run = new TandemInTerminal(["run", file("crowds")], { rows: 60, columns: 100 });
    expect(await run.exited()).toBe(0);
    const own = run.text.split("\n").filter((line) => /complaint|^line/.test(line));
    expect(own).toEqual(
      Array.from({ length: 40 }, (_, k) => [`complaint ${k}`, `line ${k}`]).flat(),
    );
    expect(run.text).not.toContain("expected");
  });
});

test.each(everywhere)("what goes past the console is handed on, with %s", (strategy) => {
  const { stdout, stderr } = tandem(["run", file("past"), "--strategy", strategy]);
  expect(stdout).toMatch(/past, out\n(.*\n)*a child\n/);
  expect(stderr).toMatch(/past, err\n(.*\n)*its complaint\n/);
  const asJson = tandem(["run", file("past"), "--strategy", strategy, "--json"]);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ exitCode: 0 });
  expect(asJson.stderr).toContain("past, out\n");
});
