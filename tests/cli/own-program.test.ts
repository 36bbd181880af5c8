/** A program of one's own in the interactive session: from its verdict to an edit that is written. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const enter = "\r";
const down = "\u001b[B";
const left = "\u001b[D";
const interrupt = "\u0003";

const losing = `import { setTimeout as sleep } from "node:timers/promises";

async function store(value) {
  await sleep(50);
  console.log("stored", value);
}

async function main() {
  console.log("storing");
  store(1);
  await sleep(5);
  process.exit(0);
}

await main();
`;

const changed = losing.replace("  store(1);", "  await store(1);");

const reading = `import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin });
console.log("who?");
lines.once("line", (name) => {
  console.log("hello", name);
  lines.close();
});
`;

const what = "Which program of yours";
const again = "run the program again";
const which = "Write an edit to your file?";
const next = /What would you like to do\?[^]*What would you like to do\?/;

interface Sitting {
  session: TandemInTerminal;
  /** The program's text as it stands in its file now. */
  text(): string;
}

/** A program in a folder of its own, and a session there that asks for it. At its end there is nothing but the program. */
async function withProgram(text: string, act: (sitting: Sitting) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  const file = folder.file("app.mjs", text);
  await using session = new TandemInTerminal([], { cwd: folder.path });
  await session.at("What would you like to do?", enter);
  await act({ session, text: () => readFileSync(file, "utf8") });
  expect(readdirSync(folder.path)).toEqual(["app.mjs"]);
}

describe("a program of one's own", () => {
  test("goes from its verdict over a coloured diff with its proof to the file, which is written when it was asked for", () =>
    withProgram(losing, async ({ session, text }) => {
      await session.at(what, "./app.mjs", enter);
      await session.at(again, left, enter);
      await session.shows(which);
      expect(session.text).toContain("1 of 2 async calls lost");
      expect(session.text).toMatch(/│ {2}- {2}store\(1\);\s+│\n│ {2}\+ {2}await store\(1\);\s+│/);
      expect(session.written).toContain("\u001b[32m+  await store(1);\u001b[39m");
      expect(session.text).toContain("Proven: run with the file as it is");
      expect(text()).toBe(losing);
      await session.at(which, down, enter);
      await session.at(next, interrupt);
      expect(session.text).toContain("app.mjs is changed.");
      expect(await session.exited()).toBe(130);
      expect(text()).toBe(changed);
    }));

  test("stays as it is where nobody wants it run again, or changed", async () => {
    await withProgram(losing, async ({ session, text }) => {
      await session.at(what, "./app.mjs", enter);
      await session.at(again, enter);
      await session.at(next, interrupt);
      expect(text()).toBe(losing);
    });
    await withProgram(losing, async ({ session, text }) => {
      await session.at(what, "./app.mjs", enter);
      await session.at(again, left, enter);
      await session.at(which, enter);
      await session.at(next, interrupt);
      expect(text()).toBe(losing);
    });
  });

  test("is left at each of its questions, with 130 and nothing changed", async () => {
    const ways: [string, ...string[]][][] = [
      [[what]],
      [[what, "./app.mjs", enter], [again]],
      [[what, "./app.mjs", enter], [again, left, enter], [which]],
    ];
    for (const way of ways)
      await withProgram(losing, async ({ session, text }) => {
        for (const [question, ...keys] of way) await session.at(question, ...keys);
        await session.at(way.at(-1)![0], interrupt);
        expect(await session.exited()).toBe(130);
        expect(text()).toBe(losing);
        expect(session.isCooked).toBe(true);
      });
  });

  test("is ended by Ctrl-C as in a shell, and so is its proof: what was asked before is asked again", async () => {
    const slow = losing.replace("sleep(5)", "sleep(2_000)").replace("sleep(50)", "sleep(4_000)");
    await withProgram(slow, async ({ session, text }) => {
      await session.at(what, "./app.mjs", enter);
      await session.shows(/^storing$/m);
      session.type(interrupt);
      await session.at(next, interrupt);
      expect(session.text).not.toContain(which);
      expect(await session.exited()).toBe(130);
      expect(text()).toBe(slow);
    });
    await withProgram(slow, async ({ session, text }) => {
      await session.at(what, "./app.mjs", enter);
      await session.at(again, left, enter);
      await session.shows("the program as it is");
      session.type(interrupt);
      await session.at(next, interrupt);
      expect(session.text).toContain(
        "Interrupted: nothing more was proven, and nothing is written.",
      );
      expect(await session.exited()).toBe(130);
      expect(text()).toBe(slow);
    });
  });

  test("is asked for again where there is none of that name", () =>
    withProgram(losing, async ({ session }) => {
      await session.at(what, "./ap.mjs", enter);
      await session.shows("there is no such file");
      await session.at(what, ..."\u007f".repeat(6), ..."app.mjs", enter);
      await session.at(again, interrupt);
      expect(await session.exited()).toBe(130);
    }));

  test("has nothing to be changed where nothing was lost", () =>
    withProgram('console.log("all is well");\n', async ({ session }) => {
      await session.at(what, "./app.mjs", enter);
      await session.shows("Nothing was lost, and nothing is to be changed.");
      await session.at(next, interrupt);
      expect(await session.exited()).toBe(130);
    }));

  test("reads what is typed where it reads its input", () =>
    withProgram(reading, async ({ session }) => {
      await session.at(what, "./app.mjs", enter);
      await session.shows(/^who\?$/m);
      session.type("ann\r");
      await session.shows("hello ann");
      await session.at(next, interrupt);
      expect(await session.exited()).toBe(130);
    }));
});
