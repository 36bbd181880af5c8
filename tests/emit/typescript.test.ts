/**
 * `tandem code --lang typescript`: what a program prints, when, and how it ends is what a run in
 * virtual time prints, and how that ends.
 *
 * The programs are performed by Bun under a patched clock (`patched/`), so in no time and the same way
 * each time. A few are run for real beside it, which is what the patched clock is held against.
 *
 * `TANDEM_CASE=n` performs the n-th random program alone and shows it.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { emitProgram } from "../../src/emit/emit.ts";
import { EmitError } from "../../src/emit/error.ts";
import { toJson } from "../../src/report/json.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import {
  isWithinProcess,
  parseStrategy,
  resolveStrategy,
  type Strategy,
} from "../../src/scenario/strategy.ts";
import { draw, type Drawn, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { Lanes } from "../support/real.ts";
import { call, callBeside, temporaryFolder } from "../support/tandem.ts";
import { drawProgram } from "./arbitrary.ts";
import { documents } from "./documents.ts";
import { PatchedBun } from "./patched/perform.ts";

setDefaultTimeout(600_000);

const folder = temporaryFolder();
const bun = new PatchedBun(folder);
afterAll(() => {
  bun[Symbol.dispose]();
  folder[Symbol.dispose]();
});

/** What can be seen of a run or of a program: its lines, on each thread in their order, and its end. */
interface Seen {
  main: string[];
  loop: string[];
  /** When it ended and by which status, or that it never does. */
  end: string;
}

interface Line {
  at: number;
  thread: string;
  text: string;
}

function seen(lines: readonly Line[], { loop }: Strategy, end: string): Seen {
  // On one thread there is one order, whoever prints.
  const isMain = ({ thread }: Line): boolean =>
    thread === "main" || loop === "inline" || loop === "float";
  const told = (some: readonly Line[]): string[] => some.map(({ at, text }) => `${at}: ${text}`);
  return {
    main: told(lines.filter(isMain)),
    loop: told(lines.filter((line) => !isMain(line))),
    end,
  };
}

function seenInRun(scenario: Scenario, strategy: Strategy): Seen {
  const log = runVirtually({ scenario, strategy, runtime: `Bun ${Bun.version}` });
  const { prints, interruptedBy, wall, exitCode } = toJson(
    runOf(planOf(scenario, { strategy }), log).outcome,
    [],
  );
  const end = interruptedBy === null ? `${wall}: status ${exitCode}` : "never";
  return seen(prints, strategy, end);
}

async function seenInProgram(program: string, strategy: Strategy): Promise<Seen> {
  const { lines, status, at } = await bun.perform(program);
  return seen(lines, strategy, status === null ? "never" : `${at}: status ${status}`);
}

/** Holds the program of a scenario against its run. @throws EmitError where there is none. */
async function holdAgainstRun(scenario: Scenario, strategy: Strategy): Promise<void> {
  const program = emitProgram(scenario, strategy, "typescript");
  const found = await seenInProgram(program, strategy);
  try {
    expect(found).toEqual(seenInRun(scenario, strategy));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${program}`, { cause: error });
  }
}

describe("a program does at the same instants what the run does, and ends as it does:", () => {
  const all: [Scenario, Strategy[]][] = [
    ...catalogue.map(({ text, file }): [Scenario, Strategy[]] => {
      const scenario = parseScenario(text, file);
      // What is kept in a queue needs a server.
      return [scenario, scenario.compare!.filter(isWithinProcess)];
    }),
    ...documents.map(([strategies, text]): [Scenario, Strategy[]] => [
      parseScenario(text, "document.yaml"),
      strategies.split(" ").map((one) => parseStrategy(one)),
    ]),
  ];
  for (const [scenario, strategies] of all.filter(([, some]) => some.length > 0))
    test(`${scenario.name} under ${strategies.map(({ name }) => name).join(" ")}`, async () => {
      await new Lanes(2).each(strategies, async (strategy) => {
        // Main that waits for what floats waits for ever, and code refuses to write that.
        if (seenInRun(scenario, strategy).end !== "never" || strategy.loop !== "float")
          await holdAgainstRun(scenario, strategy);
      });
    });
});

test("programs have no error of types", () => {
  using own = temporaryFolder();
  const project = `${import.meta.dir}/../..`;
  const compilerOptions = {
    // What a program of a person's need not keep to.
    ...{ noUnusedLocals: false, noUnusedParameters: false, exactOptionalPropertyTypes: false },
    typeRoots: [`${project}/node_modules`],
  };
  own.file(
    "tsconfig.json",
    JSON.stringify({ extends: `${project}/tsconfig.json`, compilerOptions }),
  );
  const write = (name: string, scenario: Scenario, strategy: Strategy): void =>
    void own.file(`${name}.ts`, `${emitProgram(scenario, strategy, "typescript")}export {};\n`);
  for (const [index, [strategies, text]] of documents.entries())
    for (const [at, one] of strategies.split(" ").entries()) {
      const strategy = parseStrategy(one);
      if (strategy.loop !== "float" || !text.includes("result:"))
        write(`document-${index}-${at}`, parseScenario(text, "document.yaml"), strategy);
    }
  const { status, stdout, stderr } = call([process.execPath, "check", "--no-script", own.path]);
  expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
});

describe("what programs once did otherwise than the run:", () => {
  const truths: [document: string, what: string][] = [
    ["two-clean-ups", "two tasks that are cancelled both clean up"],
    ["receive-while-closing", "main's receive times out while the loop is closing"],
    ["receive-from-held-loop", "main's receive times out while the loop is held"],
    ["timeout-around-one", "the completion point times out around a single task"],
    ["portal-launch-fails", "a portal whose launch fails gives its tasks a turn, and cancels them"],
    ["full-inline-channel", "main waits for ever for room that nobody makes"],
    ["many-short-blocks", "a hold of many blocks delays what is due"],
    ["submit-while-closing", "what is submitted while the loop closes goes no further"],
    ["submit-to-draining-pool", "a pool that is being shut down takes no job"],
    ["pool-job-at-zero", "an idle pool has begun a job at once"],
    ["processes-prefetch", "a pool of processes takes jobs ahead"],
    ["unhandled-before-timers", "a rejection nobody handles ends the process before a timer fires"],
    ["compute-in-a-thread", "two threads of JavaScript compute side by side"],
    ["shutdown-on-purpose", "a task that is cancelled at the end cleans up"],
  ];
  for (const [document, what] of truths)
    test(`${document}: ${what}`, async () => {
      const file = `${import.meta.dir}/../truth/${document}.yaml`;
      const scenario = parseScenario(await Bun.file(file).text(), file);
      await holdAgainstRun(scenario, scenario.strategy);
    });
});

/** A random program; null where threads compute side by side, which takes what the machine gives. */
function drawCase(number: number): Drawn | null {
  const seed = 20261124 + 7919 * number;
  const loops = ["inline", "float", "thread", "portal"];
  const drawn = number % 2 === 0 ? draw(randomFrom(seed)) : drawProgram(randomFrom(seed), loops);
  const { loop, offload, grace } = drawn.strategy;
  const beside = loop === "thread" || loop === "portal";
  if (beside && JSON.stringify(drawn.document).includes('"compute"')) return null;
  const isLuck = beside || offload !== undefined || grace !== undefined;
  return timed(drawn, isLuck ? randomFrom(number) : null);
}

/**
 * Durations as a program of JavaScript can keep them, whose timers count whole milliseconds. Between
 * threads, and up to an end that is set from outside, they are far apart, since who is first at one
 * instant is luck there; on one loop it is not.
 */
function timed(drawn: Drawn, random: (() => number) | null): Drawn {
  return JSON.parse(JSON.stringify(drawn), (key, value: unknown) => {
    if (
      typeof value !== "number" ||
      !["sleep", "block", "compute", "timeout", "grace"].includes(key)
    )
      return value;
    return random === null ? Math.ceil(value) : value * 100 + Math.floor(random() * 1000);
  }) as Drawn;
}

const only = process.env["TANDEM_CASE"];
const wanted = rounds(6, 200);

test(`law: ${wanted} random programs do at the same instants what their runs do`, async () => {
  const failures: string[] = [];
  const cases: number[] = only === undefined ? [] : [Number(only)];
  for (let number = 0; only === undefined && cases.length < wanted; number++) {
    const drawn = drawCase(number);
    if (drawn === null) continue;
    try {
      emitProgram(
        parseScenario(JSON.stringify(drawn.document), "random.json"),
        resolveStrategy(drawn.strategy),
        "typescript",
      );
      cases.push(number);
    } catch (error) {
      if (!(error instanceof EmitError)) throw error;
    }
  }
  await new Lanes(4).each(cases, async (number) => {
    const { document, strategy } = drawCase(number)!;
    const scenario = parseScenario(JSON.stringify(document), "random.json");
    await holdAgainstRun(scenario, resolveStrategy(strategy)).catch((error: Error) => {
      failures.push(
        `TANDEM_CASE=${number} bun test tests/emit/typescript.test.ts -t law:\n${JSON.stringify(document)}\n${JSON.stringify(strategy)}\n${error.message}`,
      );
    });
  });
  if (failures.length > 0)
    throw new Error(`${failures.length} do otherwise:\n${failures.slice(0, 2).join("\n\n")}`);
});

describe("a duration longer than a timer of JavaScript takes is waited for:", () => {
  const days = 30 * 24 * 3_600_000;
  const long = `name: long
main: [launch, block: 1s, print: main ends]
launch: [start: [t, u], settle]
tasks:
  t: { steps: [sleep: ${days}ms, print: t wakes], finally: [print: t cleans up] }
  u: { steps: [{ receive: { channel: c, timeout: ${days - 5}ms } }] }
channels: { c: {} }
`.replace(/\{ receive: \{ channel: c, timeout: (\d+)ms \} \}/, "{ receive: c, timeout: $1ms }");
  for (const strategy of [
    "await",
    `await,settle=settled,timeout=${days - 1}ms`,
    `group,timeout=${days + 1}ms`,
    "thread",
    `thread,grace=${days - 9}ms`,
    `portal,settle=gather,atExit=cancel,grace=${days}ms`,
    "float",
    `float,settle=settled,timeout=${days - 1}ms`,
    `float,grace=${days - 9}ms`,
  ])
    test(strategy, async () => {
      await holdAgainstRun(parseScenario(long, "long.yaml"), parseStrategy(strategy));
    });
});

/** Programs of which each makes use of something else that the patched clock stands in for. */
const forReal: [strategy: string, document: string][] = [
  ["detach", "held"],
  ["await,offload=threads,workers=1", "jobs"],
  ["await,offload=processes", "jobs"],
  ["thread,atExit=cancel,offload=threads", "jobs"],
  ["portal", "letters"],
  ["group,timeout=900ms", "held"],
  ["float,atExit=cancel", "held"],
];

const realDocuments: Record<string, string> = {
  held: `name: held
main: [print: main, launch, block: 600ms, print: main goes on]
launch: [start: [a, b], sleep: 300ms, print: launch, settle]
tasks:
  a: { steps: [sleep: 200ms, block: 500ms, print: a holds], finally: [sleep: 100ms, print: a cleans up] }
  b: { steps: [sleep: 500ms, print: b, sleep: 600ms, print: b is done], finally: [print: b cleans up] }
`,
  jobs: `name: jobs
main: [print: main, launch, block: 2.5s, print: main goes on]
launch: [start: [a, b], block: 300ms, settle]
tasks:
  a: { steps: [block: 200ms, print: a is back, block: 2.5s], finally: [print: a cleans up] }
  b: { steps: [block: 800ms, print: b is back] }
`,
  letters: `name: letters
main: [launch, block: 200ms, submit: late, { send: { channel: in, value: 1 } }, { receive: out }, print: "main has {value}", result: late, print: main goes on]
launch: [start: echo, settle]
tasks:
  echo: [{ receive: in }, { send: { channel: out, value: "echo {value}" } }, print: echoed]
  late: { steps: [sleep: 200ms, print: late, fail: late], finally: [sleep: 100ms, print: late cleans up] }
channels: { in: { capacity: 1 }, out: {} }
`,
};

describe("for real, Bun takes a program the way the patched clock does:", () => {
  for (const [strategy, document] of forReal)
    test.concurrent(`${document} under ${strategy}`, async () => {
      const scenario = parseScenario(realDocuments[document]!, `${document}.yaml`);
      const program = emitProgram(scenario, parseStrategy(strategy), "typescript");
      const { lines, status } = await bun.perform(program);
      const real = await callBeside([
        process.execPath,
        folder.file(`real-${document}-${strategy}.ts`, program),
      ]);
      const of = (thread: string): string[] =>
        lines.filter((line) => line.thread === thread).map(({ text }) => text);
      const printed = real.stdout.split("\n").slice(0, -1);
      const main = of("main");
      expect({
        main: printed.filter((line) => main.includes(line)),
        loop: printed.filter((line) => !main.includes(line)),
        status: real.status,
      }).toEqual({ main, loop: of("loop"), status: status! });
    });
});
