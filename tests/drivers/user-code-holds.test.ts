/** Where user code held its thread, and who did, as a user of the command line is told. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { USER_PLACE } from "../../src/scenario/numbers.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";
import { runCode } from "../support/user-code.ts";
import { allRounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { undisturbed } from "../support/undisturbed.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

folder.file(
  "busy.ts",
  `import { readFile } from "node:fs/promises";

enum Unit { one = 1 }

function spin(until: number): number {
  let n: number = Unit.one;
  while (performance.now() < until) n += Math.sqrt(n);
  return n;
}

export async function atOnce(): Promise<void> {
  const end = performance.now() + 300;
  let text = "";
  while (performance.now() < end) text = JSON.stringify({ text: text.length });
}
export async function afterSleep({ sleep }: any) {
  await sleep(20);
  spin(performance.now() + 300);
}
export async function afterFile() {
  await readFile(import.meta.path);
  spin(performance.now() + 300);
}
export async function onNull() {
  const end = performance.now() + 300;
  while (performance.now() < end)
    await null;
}
export async function inTimer() {
  await new Promise<void>((resolve) => setTimeout(() => { spin(performance.now() + 300); resolve(); }, 10));
}
export async function stands({ sleep }: any) {
  await sleep(10);
  Bun.sleepSync(300);
}
export async function spread() {
  const end = performance.now() + 400;
  let a = 1;
  while (true) {
    for (let k = 0; k < 2e5; k++) a = Math.sin(a + k);
    for (let k = 0; k < 2e5; k++) a = Math.cos(a + k);
    for (let k = 0; k < 2e5; k++) a = Math.tan(a + k);
    if (performance.now() > end) break;
  }
  return a;
}
export async function leaves() {
  setTimeout(() => {}, 20);
  setTimeout(() => {}, 40);
  Bun.sleepSync(30);
}
export function inMain() { spin(performance.now() + 300); }
export async function quiet({ sleep }: any) { await sleep(400); }
`,
);

/** A task that does this, beside one that only sleeps. */
const beside = (name: string) => ({
  main: ["launch", { print: "main goes on" }],
  tasks: {
    quiet: [{ call: { module: "./busy.ts", export: "quiet" } }],
    busy: [{ sleep: 30 }, { call: { module: "./busy.ts", export: name } }],
  },
});

const held: [name: string, line: RegExp][] = [
  ["atOnce", /^busy\.ts:14$/],
  ["afterSleep", /^busy\.ts:7$/],
  ["afterFile", /^busy\.ts:7$/],
  ["onNull", /^busy\.ts:2[67]$/],
  ["inTimer", /^busy\.ts:7$/],
  ["stands", /^busy\.ts:34:7$/],
];

const strategies = ["await", "thread", "float"];

for (const [turn, strategy] of strategies.entries())
  describe(`with ${strategy}, a function of a task that holds the loop`, () => {
    // Each under one of them in the suite, by turns.
    const tried = held.filter((_, index) => allRounds || index % strategies.length === turn);
    test.each(tried)("law: is told by the line that held (%s)", (name, line) =>
      undisturbed(async () => {
        const { result } = await runCode(folder, beside(name), strategy);
        const { by, source, duration } = result.metrics.longestBlock!;
        expect(by).toBe("busy");
        expect(source).toMatch(line);
        expect(duration).toBeGreaterThanOrEqual(250);
        const blocked = result.findings.filter(({ rule }) => rule === "loop-blocked");
        expect(blocked[0]!.message).toContain(source!);
        // Of what else was late a busy machine may be the cause, but not of this.
        expect(JSON.stringify(blocked)).not.toContain("machine");
      }),
    );
  });

test("a hold that no single line is to blame for is told with its function and its lines", async () => {
  const { result } = await runCode(folder, beside("spread"), "thread");
  const { source } = result.metrics.longestBlock!;
  const [, first, last = first] = /^(?:in spread, )?busy\.ts:(\d+)(?:-(\d+))?$/.exec(source!)!;
  // A look that found it on its first line is one of few, where the machine is busy.
  expect(Number(first)).toBeGreaterThanOrEqual(37);
  expect(Number(last)).toBeLessThanOrEqual(43);
});

test("a function that main calls is told by its line as well", async () => {
  const main = ["launch", { call: { module: "./busy.ts", export: "inMain" } }];
  const { result } = await runCode(folder, { main, tasks: { t: [{ sleep: 5 }] } }, "float");
  expect(result.metrics.longestBlock).toMatchObject({
    by: "main",
    source: "busy.ts:7",
    place: { file: "busy.ts", line: 7 },
  });
});

test("what sleeps in user code is never taken for what holds", async () => {
  const { result } = await runCode(folder, beside("quiet"), "thread");
  expect(result.findings.filter(({ rule }) => rule === "loop-blocked")).toEqual([]);
});

describe("a place in user code", () => {
  /** The lines of a record, and what the run and the record, when it is read again, say. */
  async function recorded(strategy: string) {
    const document = { main: ["launch"], tasks: { busy: beside("leaves").tasks.busy } };
    const events = join(folder.path, "held.ndjson");
    const { result } = await runCode(folder, document, strategy, "--events", events, "--force");
    const lines: Record<string, any>[] = readFileSync(events, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { stdout } = await tandemHere(["report", events, "--json"]);
    return { lines, result, again: JSON.parse(stdout) };
  }

  test.each(["thread", "thread,offload=processes,workers=1"])(
    "is defined in the record, and what stands there names it, as with the document's steps (%s)",
    async (strategy) => {
      const { lines, result, again } = await recorded(strategy);
      const places = new Map(
        lines.filter(({ define }) => define === "place").map((place) => [place["id"], place]),
      );
      const placesOf = (type: string): string[] =>
        lines
          .filter((line) => line["type"] === type)
          .map(({ place }) => `${places.get(place)!["file"]}:${places.get(place)!["line"]}`);
      expect(placesOf("call-held")).toContain("busy.ts:50");
      expect(new Set(placesOf("left-behind"))).toEqual(new Set(["busy.ts:48", "busy.ts:49"]));
      expect(placesOf("call-began")).toEqual([expect.stringMatching(/scenario\.json:1$/)]);
      const inCode = places.values().filter(({ file }) => file === "busy.ts");
      for (const { id } of inCode) expect(id).toBeGreaterThanOrEqual(USER_PLACE);
      expect(again.metrics.longestBlock).toEqual(result.metrics.longestBlock);
      expect(again.findings).toEqual(result.findings);
    },
  );
});
