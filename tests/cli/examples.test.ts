/** The help's examples: each of them works, as it stands, for somebody who tries it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { topics } from "../support/examples.ts";
import { Lanes } from "../support/real.ts";
import { environment, shellBeside, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { findPython } from "../support/python.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** A document such as a user who tries an example has: one with an expectation. */
const mine = `name: mine
main: [launch, block: 20ms]
tasks: { task: [sleep: 10ms] }
expect: { tasks: finished }
`;

/** A program such as such a user has. */
const app = `import asyncio
async def upload():
    await asyncio.sleep(0.01)
async def serve():
    await asyncio.create_task(upload())
asyncio.run(serve())
`;

/** The same of JavaScript. */
const script = `import { setTimeout as sleep } from "node:timers/promises";
async function upload() {
  await sleep(10);
}
await upload();
`;

/** What must be there for an example: what its user has, and what the one before it has written. */
function prepared(): ReturnType<typeof temporaryFolder> {
  const folder = temporaryFolder();
  for (const name of ["my.yaml", "mine.yaml"]) folder.file(name, mine);
  folder.file("app.py", app);
  for (const name of ["app.ts", "app.mjs"]) folder.file(name, script);
  folder.file("package.json", `{"scripts":{"test":"node app.mjs"}}`);
  mkdirSync(folder.file("scenarios"));
  folder.file("scenarios/mine.yaml", mine);
  mkdirSync(folder.file(".config/fish/completions"), { recursive: true });
  return folder;
}

/** Where the shell finds Bun, however the tests were started. */
const bunFolder = join(import.meta.dir, "../../node_modules/.bin");

/** So many topics at once: real runs mostly sleep. */
const lanes = new Lanes(3);

describe.each(topics)("$name", ({ help, examples }) => {
  test("has examples, each of them of its command", () => {
    expect(examples.length).toBeGreaterThanOrEqual(1);
    for (const example of examples) expect(example).toMatch(/\btandem\b/);
  });

  test("no line is wider than 80 columns", () => {
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.concurrent("each example works, one after the other", () =>
    lanes.run(() => followed(examples)),
  );
});

/** Whether an example observes what is not installed here. */
function isWithout(example: string): boolean {
  if (!example.startsWith("tandem observe")) return false;
  if (/\.py|python/.test(example)) return findPython(9) === null;
  return /node|npm/.test(example) && Bun.which("npm") === null;
}

/** Does what the examples of a topic say, in their order. */
async function followed(examples: readonly string[]): Promise<void> {
  using folder = prepared();
  for (const example of examples) {
    if (/^tandem new/.test(example)) {
      await using asked = new TandemInTerminal(example.split(" ").slice(1), { cwd: folder.path });
      await asked.at("What is it called?", "\u0003");
      expect(await asked.exited()).toBe(130);
      continue;
    }
    if (isWithout(example)) continue;
    // A run for real that says no speed takes as long as its scenario; a test need not.
    const line = example.replaceAll(
      /tandem run(?![^|]*(?:--speed|virtual))/g,
      "tandem run --speed 100",
    );
    const { status, stderr } = await shellBeside(line, {
      cwd: folder.path,
      env: environment({ HOME: folder.path, PATH: `${bunFolder}:${process.env["PATH"]}` }),
    });
    expect({ example, status, stderr: status === 0 ? "" : stderr }).toEqual({
      example,
      status: 0,
      stderr: "",
    });
  }
}
