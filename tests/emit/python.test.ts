/**
 * `tandem code --lang python`: the programs are performed by CPython in virtual time, and print what
 * the run prints, at the same instants, with the same end. A few are run for real as well, as they are.
 *
 * `TANDEM_SEED=n` draws other scenarios, `TANDEM_CASE=n` keeps the n-th alone.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { unwritable } from "../../src/scenario/axes.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { type Drawn, isRobust, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { findPython, pythons, whyNoPython } from "../support/python.ts";
import { call, temporaryFolder } from "../support/tandem.ts";
import { drawProgram } from "./arbitrary.ts";
import { documents } from "./documents.ts";
import { type Case, found, modelled, toCase, toProgram, VirtualPython } from "./python.ts";

setDefaultTimeout(600_000);

const reference = findPython();
const without = whyNoPython();
const withPython = test.skipIf(reference === null);

let opened: VirtualPython | undefined;
const virtual = (): VirtualPython => (opened ??= new VirtualPython(reference!.path));
afterAll(() => opened?.[Symbol.dispose]());

/** Throws, with the program, where it does something else than the run. */
async function expectSame(
  one: Case,
  seed: number | null = null,
  python: VirtualPython = virtual(),
): Promise<void> {
  const program = toProgram(one);
  const performed = await python.perform(program, seed);
  const [expected, actual] = [modelled(one), found(one, performed)];
  if (!Bun.deepEquals(actual, expected)) console.error(`${program}\n${performed.stderr}`);
  expect(actual).toEqual(expected);
}

describe(`the program prints what the run prints, at the same instants, and ends as it does${without}:`, () => {
  for (const { text, file } of catalogue) {
    const scenario = parseScenario(text, file);
    const written = scenario.compare!.filter((one) => unwritable(one, "python") === null);
    if (written.length === 0) continue;
    withPython(`${scenario.name}, under every strategy it is compared under`, async () => {
      for (const strategy of written) await expectSame({ scenario, strategy });
    });
  }

  for (const [strategies, document] of documents) {
    const scenario = parseScenario(document, "document.yaml");
    withPython(`${scenario.name} under ${strategies}`, async () => {
      for (const strategy of strategies.split(" ").map(parseStrategy))
        if (strategy.loop !== "float") await expectSame({ scenario, strategy });
    });
  }
});

/** What Python makes of the documents of tests/truth. */
const truths: { [document: string]: { lines: string[]; end: string } } = {
  // Every clean-up is waited for, also where a stop has come.
  "two-clean-ups": {
    lines: ["main 300ms main ends", "loop 500ms a cleaned", "loop 900ms b cleaned"],
    end: "exit 0 at 900ms",
  },
  // Main's timeout does not live on a loop that is closing or held.
  "receive-while-closing": { lines: [], end: "exit 1 at 700ms" },
  "receive-from-held-loop": { lines: [], end: "exit 1 at 1000ms" },
  // A timeout that is overdue is raised.
  "timeout-around-one": { lines: ["300ms t done"], end: "exit 1 at 300ms" },
  // What launch has started gets its turn before the loop closes.
  "portal-launch-fails": {
    lines: ["main 500ms main ends", "loop 0ms t begins", "loop 0ms t cleaned"],
    end: "exit 0 at 500ms",
  },
  // What main waits for in vain it waits for without end.
  "full-inline-channel": { lines: [], end: "never" },
  "pool-job-at-zero": { lines: ["300ms main ends"], end: "exit 0 at 300ms" },
  "submit-to-draining-pool": { lines: [], end: "exit 1 at 1000ms" },
  "processes-prefetch": { lines: ["3000ms main ends"], end: "exit 0 at 3000ms" },
  "submit-while-closing": {
    lines: ["main 1300ms main ends", "loop 1300ms late cleaned"],
    end: "exit 0 at 1300ms",
  },
};

describe(`tests/truth${without}:`, () => {
  for (const [name, expected] of Object.entries(truths))
    withPython(name, async () => {
      const text = await Bun.file(join(import.meta.dir, `../truth/${name}.yaml`)).text();
      const one = toCase(text);
      expect(found(one, await virtual().perform(toProgram(one)))).toEqual(expected);
      expect(modelled(one)).toEqual(expected);
    });
});

describe("random scenarios", () => {
  const seed = Number(process.env["TANDEM_SEED"] ?? 20261129);
  const only = process.env["TANDEM_CASE"];

  /** Whether all happens on one thread. */
  const isAlone = ({ strategy }: Drawn): boolean =>
    strategy.loop === "inline" && strategy.offload === undefined;

  function* cases(): Generator<{ number: number; drawn: Drawn }> {
    for (let number = Number(only ?? 0); ; number++) {
      const drawn = drawProgram(randomFrom(seed + 104_729 * number));
      // In which order two threads come to one instant is luck, and a run promises nothing there.
      if (isAlone(drawn) || isRobust(drawn, randomFrom(seed ^ number), 16)) yield { number, drawn };
      if (only !== undefined) return;
    }
  }

  /** Performs so many programs, and throws at the first that does something else than its run. */
  async function tryMany(runs: number, python: VirtualPython): Promise<void> {
    for (const { number, drawn } of cases().take(runs)) {
      const one = toCase(drawn.document, drawn.strategy);
      // However threads take turns within an instant, they come to the same.
      await expectSame(one, number, python).catch((error: Error) => {
        throw new Error(
          `TANDEM_SEED=${seed} TANDEM_CASE=${number} bun test tests/emit/python.test.ts\n` +
            `${JSON.stringify(drawn.document)}\n${one.strategy.name}\n${error.message}`,
        );
      });
    }
  }

  const runs = rounds(8, 500);
  withPython(
    `law: ${runs} programs print what the run prints, at the same instants, and end as it does${without}`,
    () => tryMany(runs, virtual()),
  );

  const oldest = pythons().find(({ minor }) => minor === 11);
  const onOldest = rounds(3, 100);
  test.skipIf(oldest === undefined)(
    `law: so do ${onOldest} on Python 3.11${oldest === undefined ? " (skipped: it was not found)" : ""}`,
    async () => {
      using python = new VirtualPython(oldest!.path);
      await tryMany(onOldest, python);
    },
  );
});

describe("for real", () => {
  /** Programs of a second at most, each with something that virtual time stands in for. */
  const tried: [document: string, strategy: string][] = [
    [
      "main: [launch, {send: {channel: box, value: 1}}, {receive: back, timeout: 5s}, {print: 'main has {value}'}]\n" +
        "tasks: {echo: [{receive: box}, {print: 'echo has {value}'}, {send: {channel: back, value: 2}}]}\n" +
        "channels: {box: {}, back: {capacity: 1}}",
      "thread",
    ],
    [
      "main: [launch, {block: 200ms}, {print: main ends}]\n" +
        "tasks: {a: {steps: [{sleep: 10s}], finally: [{sleep: 50ms}, {print: a cleaned}]}, b: {steps: [{sleep: 10s}], finally: [{sleep: 150ms}, {print: b cleaned}]}}",
      "thread,atExit=cancel",
    ],
    [
      "main: [launch, {print: main ends}]\ntasks: {job: [{compute: 10ms}, {block: 100ms}, {print: job done}]}",
      "await,offload=processes",
    ],
    [
      "main: [launch, {submit: job}, {result: job}, {print: main ends}]\nlaunch: [print: open]\ntasks: {job: [{print: job}, {sleep: 50ms}, {fail: bad}]}",
      "portal",
    ],
  ];

  for (const [document, strategy] of tried)
    withPython(`the lines and the exit status under ${strategy}${without}`, () => {
      using folder = temporaryFolder();
      const one = toCase(`name: real\n${document}`, strategy);
      const { lines, end } = modelled(one);
      const file = folder.file("program.py", toProgram(one));
      const { status, stdout } = call([reference!.path, file]);
      const texts = lines.map((line) => line.replace(/^((main|loop) )?[\d.]+ms /, ""));
      expect(stdout.split("\n").slice(0, -1).sort()).toEqual(texts.sort());
      expect(end).toStartWith(`exit ${status} `);
    });

  for (const { path, minor } of pythons().filter((one) => one.minor < 11))
    test(`Python 3.${minor} says in one sentence that it is too old, and exits with 2`, () => {
      using folder = temporaryFolder();
      for (const [document, strategy] of tried) {
        const file = folder.file(
          "program.py",
          toProgram(toCase(`name: old\n${document}`, strategy)),
        );
        expect(call([path, file])).toEqual({
          status: 2,
          stdout: "",
          stderr: "This program needs Python 3.11 or later.\n",
        });
      }
    });
});
