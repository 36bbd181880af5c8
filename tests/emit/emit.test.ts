/**
 * `tandem code`: the program it prints is run, and prints what a run in virtual time prints.
 *
 * What is compared is each thread's own lines in order; a program does not say which thread a line
 * is of, so that is known by its text.
 */
import { describe, expect, test } from "bun:test";
import { findFindings } from "../../src/analysis/findings.ts";
import { readOutcome } from "../../src/analysis/outcome.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { emitProgram, type Language, languages } from "../../src/emit/emit.ts";
import { type RunResult, toJson } from "../../src/export/json.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import { sideBySide } from "../support/real.ts";
import { environment, temporaryFolder } from "../support/tandem.ts";

/** How many times as fast the programs run as their scenarios say: gaps of 250 ms become 50 ms. */
const speed = 5;

const folder = temporaryFolder();
process.on("exit", () => folder[Symbol.dispose]());

// Python's print writes a line and its end apart, and a switch of threads may tear them; here it does not.
folder.file(
  "sitecustomize.py",
  "import builtins, sys\nbuiltins.print = lambda text: sys.stdout.write(text + '\\n') and None\n",
);

function whyNoPython(): string | null {
  try {
    const { stdout } = Bun.spawnSync(["python3", "-c", "import sys; print(sys.version_info[1])"]);
    return Number(stdout.toString()) >= 11 ? null : "python3 is older than 3.11";
  } catch {
    return "there is no python3 on the PATH";
  }
}

const missing: Record<Language, string | null> = { typescript: null, python: whyNoPython() };
const commandOf: Record<Language, string[]> = {
  typescript: [process.execPath],
  python: ["python3"],
};
const endingOf: Record<Language, string> = { typescript: "ts", python: "py" };
const runtimeOf: Record<Language, string> = {
  typescript: `Bun ${Bun.version}`,
  python: "python",
};

/** Every duration divided by `speed`. */
function faster<Plain>(plain: Plain): Plain {
  return JSON.parse(JSON.stringify(plain), (key, value: unknown) =>
    ["ticks", "timeout", "grace", "takes"].includes(key) && typeof value === "number"
      ? Math.round(value / speed)
      : value,
  ) as Plain;
}

interface Case {
  scenario: Scenario;
  strategy: Strategy;
  language: Language;
}

interface Ended {
  program: string;
  lines: string[];
  status: number;
  stderr: string;
}

function model({ scenario, strategy, language }: Case): RunResult {
  const log = runVirtually({ scenario, strategy, runtime: runtimeOf[language] });
  const outcome = readOutcome({ scenario, strategy, driver: "virtual", speed: 1 }, log);
  return toJson(outcome, findFindings(outcome));
}

let files = 0;

async function perform({ scenario, strategy, language }: Case): Promise<Ended> {
  const program = emitProgram(scenario, strategy, language);
  const file = folder.file(`program-${files++}.${endingOf[language]}`, program);
  const child = Bun.spawn([...commandOf[language], file], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: environment({ PYTHONPATH: folder.path }),
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { program, lines: stdout.split("\n").slice(0, -1), status, stderr };
}

/** Holds a program against the model; what it said on stderr is told if they differ. */
function compare(expected: RunResult, { program, lines, status, stderr }: Ended): void {
  const of = (thread: string): string[] =>
    expected.prints.filter((print) => print.thread === thread).map(({ text }) => text);
  const main = of("main");
  const loop = of("loop");
  expect(main.filter((line) => loop.includes(line))).toEqual([]);
  const found = {
    main: lines.filter((line) => main.includes(line)),
    loop: lines.filter((line) => !main.includes(line)),
    status,
  };
  try {
    expect(found).toEqual({ main, loop, status: expected.exitCode! });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${program}\n${stderr}`);
  }
}

/** Programs that run side by side as soon as the first of them is asked for. */
class Programs {
  readonly #cases: Case[] = [];
  readonly #ended = new Map<Case, PromiseWithResolvers<Ended>>();
  #running = false;

  /** A test for each of the cases that come to an end. */
  add(cases: Case[]): void {
    for (const one of cases) {
      const { scenario, strategy, language } = one;
      const expected = model(one);
      const title = `${scenario.name} under ${strategy.name} in ${language}`;
      const why = missing[language];
      if (why !== null) {
        test.skip(`${title} (${why})`, () => undefined);
        continue;
      }
      if (expected.main.status === "deadlocked") continue;
      this.#cases.push(one);
      this.#ended.set(one, Promise.withResolvers());
      test(title, async () => compare(expected, await this.#endOf(one)), 60_000);
    }
  }

  #endOf(one: Case): Promise<Ended> {
    if (!this.#running) {
      this.#running = true;
      void sideBySide(this.#cases, 8, async (next) => {
        const { resolve, reject } = this.#ended.get(next)!;
        await perform(next).then(resolve, reject);
      });
    }
    return this.#ended.get(one)!.promise;
  }
}

const programs = new Programs();

function casesOf(scenario: Scenario, strategies: Strategy[]): Case[] {
  return strategies.flatMap((strategy) =>
    languages
      .filter((language) => language === "typescript" || strategy.loop !== "float")
      .map((language) => ({ scenario: faster(scenario), strategy: faster(strategy), language })),
  );
}

describe("the program prints what the scenario prints, and ends as it does:", () => {
  for (const { text, file } of catalogue) {
    const scenario = parseScenario(text, file);
    programs.add(casesOf(scenario, scenario.compare!));
  }
});

/** What the catalogue has no scenario for, and the strategies that it matters under. */
const documents: [strategies: string, document: string][] = [
  [
    "detach await group await,settle=settled thread daemon portal float",
    `name: texts
main:
  - print: 'main "quotes" \\ and \`ticks\` $ \${{x}} {{i}} {}, {runtime}'
  - repeat: 2
    steps: [{ repeat: 2, steps: [{ print: "main inner {i}" }] }, { print: "main outer {i}" }]
  - launch
  - block: 250ms
  - print: main goes on
  - block: 1.5s
  - print: main ends
launch: [print: launch, start: [worker, import], print: started, settle, print: settled]
tasks:
  worker:
    steps:
      - print: "{task} is {copy} {value}."
      - sleep: 500ms
      - repeat: 2
        steps: [print: "{task} {i}"]
    finally: [print: "{task} cleans up"]
    copies: 3
  import: [print: "{task} {copy}", sleep: 1s, print: imported]
`,
  ],
  [
    "await group await,settle=settled thread daemon portal float",
    `name: pipe
main: [print: main, launch, block: 3s, print: main ends]
tasks:
  source: [{ repeat: 4, steps: [{ print: "source {i}" }, { send: { channel: pipe, value: { a: 1 } } }] }, { print: source ends }]
  sink:
    steps: [{ repeat: 5, steps: [{ receive: pipe, timeout: 1s }, { print: "sink {i} {value}" }, { sleep: 250ms }] }]
    finally: [sleep: 250ms, print: sink cleans up]
channels: { pipe: { capacity: 2 } }
`,
  ],
  [
    "await,timeout=1s group,timeout=1s await,settle=settled,timeout=1s thread,timeout=1s thread,settle=group,timeout=1s portal,settle=gather,timeout=1s float,settle=gather,timeout=1s await,timeout=4s",
    `name: too-slow
main: [print: main, launch, block: 2.5s, print: main ends]
launch: [start: [quick, slow, slower], settle, print: settled]
tasks:
  quick: [sleep: 250ms, print: quick]
  slow: { steps: [sleep: 2s, print: slow], finally: [sleep: 500ms, print: slow cleans up] }
  slower: { steps: [sleep: 3s, print: slower], finally: [print: slower cleans up] }
`,
  ],
  [
    "await,offload=threads,workers=1 group,offload=threads thread,offload=processes detach,offload=threads,workers=1 detach,offload=processes daemon,offload=threads daemon,offload=processes thread,atExit=cancel,offload=threads thread,grace=250ms,offload=threads,workers=1",
    `name: jobs
main: [print: main, launch, block: 1s, print: main ends]
launch: [start: [first, second, third], sleep: 250ms, settle, print: settled]
tasks:
  first: { steps: [print: first, block: 1.5s, print: first done], finally: [print: first cleans up] }
  second: [block: 250ms, print: second done]
  third: [sleep: 750ms, print: third]
`,
  ],
  [
    "portal portal,grace=500ms portal,atExit=cancel thread await float",
    `name: many
main:
  - launch
  - block: 500ms
  - submit: many
  - submit: bad
  - block: 250ms
  - print: submitted
  - result: many
  - print: many are done
  - result: bad
  - print: never
launch: [print: open]
tasks:
  many: { steps: [sleep: 500ms, print: "{task}"], copies: 3 }
  bad: { steps: [sleep: 1s, fail: bad], finally: [print: bad cleans up] }
`,
  ],
  [
    "portal,settle=gather portal,settle=gather,atExit=cancel thread await",
    `name: shut
main: [launch, block: 1s, print: main, submit: late, print: never]
launch: [start: [bad, long], settle]
tasks:
  bad: [sleep: 500ms, fail: bad]
  long: { steps: [sleep: 2s, print: long], finally: [sleep: 250ms, print: long cleans up] }
  late: [print: late]
`,
  ],
  [
    "detach await group thread thread,settle=group",
    `name: body
main: [print: main, launch, block: 2s, print: main ends]
launch: [start: [bad, long], sleep: 1s, print: launch, settle, print: settled]
tasks:
  bad: { steps: [sleep: 500ms, fail: bad], finally: [print: bad cleans up] }
  long: { steps: [sleep: 2s, print: long], finally: [sleep: 250ms, print: long cleans up] }
`,
  ],
  [
    "float float,settle=group float,settle=gather",
    `name: body-afloat
main: [print: main, launch, block: 250ms, print: main ends]
launch: [start: [bad, long], sleep: 1s, print: launch, settle, print: settled]
tasks:
  bad: { steps: [sleep: 500ms, fail: bad], finally: [print: bad cleans up] }
  long: { steps: [sleep: 2s, print: long], finally: [sleep: 250ms, print: long cleans up] }
`,
  ],
  [
    "detach await group thread float",
    `name: body-fails
main: [print: main, launch, block: 1s, print: main ends]
launch: [start: long, fail: launch]
tasks:
  long: { steps: [print: long, sleep: 2s], finally: [print: long cleans up] }
`,
  ],
  [
    "float,atExit=cancel float,atExit=cancel,grace=500ms float,grace=500ms",
    `name: afloat
main: [print: main, launch, block: 500ms, print: main ends]
tasks:
  a: { steps: [print: a, sleep: 2s, print: a done], finally: [sleep: 250ms, print: a cleans up] }
  b: { steps: [sleep: 2s, print: b done], finally: [sleep: 1s, print: b cleans up] }
`,
  ],
  [
    "thread await detach portal float",
    `name: letters
main:
  - send: { channel: own, value: 1 }
  - receive: own
  - print: "main has {value}"
  - launch
  - block: 250ms
  - join:
    timeout: 1s
  - print: main ends
tasks:
  a: [{ sleep: 2s }, { print: a }]
channels: { own: {} }
`,
  ],
  [
    "thread portal thread,atExit=cancel",
    `name: post
main: [launch, { repeat: 3, steps: [{ block: 250ms }, { send: { channel: box, value: 7 } }] }, block: 500ms, print: main ends]
tasks:
  reader: { steps: [{ repeat: 4, steps: [{ receive: box, timeout: 1s }, { print: "read {value}" }] }], finally: [print: reader ends] }
channels: { box: {} }
`,
  ],
  ["await thread", "name: nothing\nmain: [print: a, launch, join, print: b]\n"],
  ["await thread portal", "name: never\nmain: [print: a]\ntasks: { t: [print: t] }\n"],
];

describe("beyond the catalogue:", () => {
  for (const [strategies, document] of documents)
    programs.add(
      casesOf(
        parseScenario(document, "document.yaml"),
        strategies.split(" ").map((text) => parseStrategy(text)),
      ),
    );
});
