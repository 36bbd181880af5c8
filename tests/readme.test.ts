/** README.md is a promise: what it shows is what comes out, and what it names is there. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json";
import { topics } from "./support/examples.ts";
import { Lanes } from "./support/real.ts";
import { findPython, whyNoPython } from "./support/python.ts";
import {
  callBeside,
  command as tandemCommand,
  shellBeside,
  tandem,
  temporaryFolder,
} from "./support/tandem.ts";
import { TandemInTerminal } from "./support/terminal.ts";
import { patience } from "./support/patience.ts";
import { unless } from "./support/skipped.ts";

setDefaultTimeout(patience);

const root = join(import.meta.dir, "..");
const readme = await Bun.file(join(root, "README.md")).text();

interface Block {
  language: string;
  text: string;
}

const blocks: Block[] = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, language, text]) => ({ language: language!, text: text! }),
);

/** The lines of shell in the README, without their comments. */
const lines = blocks
  .filter(({ language }) => language === "sh")
  .flatMap(({ text }) => text.trim().split("\n"))
  .map((line) => line.replace(/\s+#.*$/, ""));

/** What is told of a real run, without durations, versions and the ends of lines. */
function withoutFigures(told: string): string {
  return (
    told
      .replace(/\b\d+(\.\d+)?(us|ms|s)\b/g, "0s")
      // On a busy machine it stood still for more than that.
      .replace("(0s: ", "(")
      .replace(/(CPython|Bun) \d+\.\d+\.\d+/g, "$1")
      .replace(/\s+/g, " ")
      // There an import may be a notable part of it, as the listings sleep for a tenth of their time.
      .replace(/; 0s: import asyncio, [\w.]+:\d+/g, "")
      .trim()
  );
}

/** So many lines of it at once: real runs mostly sleep. */
const lanes = new Lanes(3);

describe("README.md", () => {
  const shown = blocks.filter(({ language }) => language === "console");
  test("opens with output", () => expect(shown.length).toBeGreaterThanOrEqual(2));

  const isObserved = ({ text }: Block): boolean => text.startsWith("$ tandem observe ");

  // The listings sleep for 14 s, and are observed five times: a tenth of that is enough to show the same.
  const sleeps = [
    ["asyncio.sleep(1)", "asyncio.sleep(0.1)"],
    ["time.sleep(3)", "time.sleep(0.3)"],
  ] as const;
  const listings = join(root, "tests/observe/listings");
  const quicker = temporaryFolder();
  afterAll(() => quicker[Symbol.dispose]());
  for (const name of readdirSync(listings))
    quicker.file(
      name,
      sleeps.reduce(
        (text, [long, short]) => text.replaceAll(long, short),
        readFileSync(join(listings, name), "utf8"),
      ),
    );

  // What a real program takes, and which Python runs it, differs; so then do the lines that it is told in.
  for (const { text } of shown.filter(isObserved)) {
    const [command, ...output] = text.split("\n");
    const isPython = command!.endsWith(".py");
    test.concurrent.skipIf(isPython && findPython() === null)(
      `${command} shows what the README shows, but for durations and versions${isPython ? whyNoPython() : ""}`,
      () =>
        lanes.run(async () => {
          const options = isPython ? ` --python ${findPython()!.path}` : "";
          const words = command!.replace("$ tandem observe", `observe${options}`).split(" ");
          const { status, stdout, stderr } = await callBeside([...tandemCommand(), ...words], {
            cwd: quicker.path,
          });
          expect(status).toBe(0);
          const told = withoutFigures(
            sleeps.reduce((text, [long, short]) => text.replaceAll(short, long), stdout + stderr),
          );
          const pieces = output
            .join("\n")
            .split(/^\.\.\.$/m)
            .map(withoutFigures);
          if (pieces.length === 1) expect(told).toBe(pieces[0]!);
          let from = 0;
          for (const piece of pieces) {
            const at = told.indexOf(piece, from);
            expect(at < from ? told : piece).toBe(piece);
            from = at + piece.length;
          }
        }),
    );
  }

  for (const { text } of shown.filter((block) => !isObserved(block))) {
    const [command, ...output] = text.split("\n");
    test(`${command} shows what the README shows`, () => {
      const words = command!.replace(/^\$ tandem /, "").split(" ");
      const { status, stdout, stderr } = tandem(words);
      const expected = text.includes("\nDeadlocked at") ? 1 : 0;
      expect([status, stdout + stderr]).toEqual([expected, output.join("\n")]);
    });
  }

  test("the session it shows is what a terminal shows, but for what it leaves out", async () => {
    const enter = "\r";
    const down = "\u001b[B";
    await using session = new TandemInTerminal([]);
    await session.at("What would you like to do?", down, enter);
    await session.at("Which scenario?", "lost", enter);
    await session.at("Under which strategy?", enter);
    await session.at("lost, strategy detach", down, enter);
    await session.at("For real instead", enter);
    await session.at("Predict first", "y");
    await session.at("Which tasks will finish?", " ", enter);
    await session.at("Which lines will you see?", "a", enter);
    await session.at("What next?", enter);
    await session.at(/next\?[^]*Under which strategy\?/, down, down, down);
    await session.shows("● thread");
    const [shown] = blocks.filter(({ language }) => language === "text");
    let from = 0;
    for (const piece of shown!.text.trimEnd().split("\n...\n")) {
      const at = session.text.indexOf(piece, from);
      expect(at < from ? session.text : piece).toBe(piece);
      from = at + piece.length;
    }
  });

  /** What a line of `tandem observe` takes that is not there everywhere. */
  const neededBy = (line: string): string => {
    if (!line.startsWith("tandem observe")) return "sh";
    return /\.py|python/.test(line) ? "python3" : /node|npm/.test(line) ? "npm" : "sh";
  };
  const whyNot = (line: string): string =>
    unless(Bun.which(neededBy(line)) !== null, `there is no ${neededBy(line)}`);

  // Examples of the help are tried as those.
  const examples = new Set(topics.flatMap((topic) => topic.examples));
  for (const line of lines.filter((line) => line.startsWith("tandem ") && !examples.has(line)))
    test.concurrent.skipIf(whyNot(line) !== "")(`${line} works${whyNot(line)}`, () =>
      lanes.run(async () => {
        using folder = temporaryFolder();
        folder.file(
          "app.py",
          await Bun.file(join(import.meta.dir, "observe/programs/well.py")).text(),
        );
        for (const name of ["app.ts", "app.mjs"]) folder.file(name, "console.log(await 1);\n");
        folder.file("package.json", `{"scripts":{"test":"node app.mjs"}}`);
        let called = await shellBeside(line, { cwd: folder.path });
        // A check of real times falls short where the machine is late, and is tried again.
        for (
          let tries = 1;
          called.status === 1 && line.includes("--driver real") && tries < 6;
          tries++
        )
          called = await shellBeside(line, { cwd: folder.path });
        const { status, stdout } = called;
        expect(status).toBe(0);
        expect(stdout).not.toBe("");
      }),
    );

  test("every script it names is in package.json, and every file is there", async () => {
    const scripts = lines.flatMap((line) => [...line.matchAll(/(?:npm|bun) run ([\w:]+)/g)]);
    expect(scripts.length).toBeGreaterThanOrEqual(2);
    for (const [, script] of scripts) expect(Object.keys(packageJson.scripts)).toContain(script!);
    for (const [, link] of readme.matchAll(/\]\(([^)]+)\)/g)) {
      const [file, heading] = link!.split("#") as [string, string?];
      const linked = Bun.file(join(root, file));
      expect([file, await linked.exists()]).toEqual([file, true]);
      if (heading === undefined) continue;
      const headings = (await linked.text()).matchAll(/^#+ (.*)$/gm);
      const anchors = [...headings].map(([, words]) => words!.toLowerCase().replaceAll(" ", "-"));
      expect(anchors).toContain(heading);
    }
  });

  test("names no version of Bun: package.json alone does", () => {
    const outside = readme.replaceAll(/^```console[\s\S]*?^```$/gm, "");
    expect(outside).not.toContain(packageJson.devDependencies.bun);
  });

  test("the functions that its scenario calls are beside it, and called", () => {
    using folder = temporaryFolder();
    const [, own] = blocks.filter(({ language }) => language === "yaml");
    const [orders, ...others] = blocks.filter(({ language }) => language === "ts");
    expect(others).toEqual([]);
    folder.file("orders.ts", orders!.text);
    const file = folder.file("own.yaml", own!.text);
    const { status, stdout } = tandem(["run", file, "-s", "thread", "--speed", "50"]);
    expect(status).toBe(0);
    const lines = stdout.trim().split("\n");
    const served = [1, 2].map((order) => `order ${order} is served`);
    const imported = [1, 2, 3, 4, 5].map((order) => `order ${order} is imported`);
    expect(lines.toSorted()).toEqual([...served, ...imported].toSorted());
    for (const orders of [served, imported])
      expect(lines.filter((line) => orders.includes(line))).toEqual(orders);
  });

  test("the scenarios it shows run, and do what it says", () => {
    const documents = blocks.filter(({ language }) => language === "yaml");
    const [mine, own] = documents.map(({ text }) =>
      tandem(["run", "-", "--driver", "virtual"], { stdin: text }),
    );
    expect([documents.length, mine!.status, own!.status]).toEqual([2, 0, 0]);
    expect(mine!.stdout.split("\n")).toContain("part 2 is up");
    expect(mine!.stderr).toMatch(/log +failed/);
    expect(own!.stderr).toMatch(/import +finished +5s/);
    expect(tandem(["check", "-"], { stdin: documents[0]!.text }).status).toBe(0);
  });
});

test("the version of Bun that package.json names is the one that runs", () => {
  expect(packageJson.devDependencies.bun).toBe(Bun.version);
  expect(packageJson.devDependencies["bun-types"]).toBe(Bun.version);
});
