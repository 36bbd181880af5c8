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
import { type Strategy } from "../../src/scenario/strategy.ts";
import { sideBySide } from "../support/real.ts";
import { environment, temporaryFolder } from "../support/tandem.ts";

/** How many times as fast the programs run as their scenarios say: gaps of 250 ms become 50 ms. */
const speed = 5;

const folder = temporaryFolder();
process.on("exit", () => folder[Symbol.dispose]());

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
    env: environment(),
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
