/** Emitted programs performed by Python in virtual time (virtual_python.py), beside what the model says of them. */
import { join } from "node:path";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { emitProgram } from "../../src/emit/emit.ts";
import { toJson } from "../../src/report/json.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import {
  isBeside,
  parseStrategy,
  resolveStrategy,
  type Strategy,
  type StrategyInput,
} from "../../src/scenario/strategy.ts";
import type { Scenario } from "../../src/scenario/model.ts";

/** What came of a program. Times are in microseconds. */
export interface Performed {
  prints: { at: number; main: boolean; text: string }[];
  /** "stuck" is what is neither at its end nor waits for anything in virtual time. */
  end: "exit" | "deadlock" | "stuck";
  status: number;
  /** When it ended. */
  at: number;
  stderr: string;
}

/** A Python that performs one program after the other, as many as are asked for at once. */
export class VirtualPython implements Disposable {
  readonly #path: string;
  #python: { process: Bun.Subprocess<"pipe", "pipe", "inherit">; answers: AsyncGenerator<string> };
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
    this.#python = this.#start();
  }

  /** @param seed how threads take turns within an instant; null: the first that is ready goes first. */
  perform(program: string, seed: number | null = null): Promise<Performed> {
    const performed = this.#last.then(async () => {
      const { process, answers } = this.#python;
      process.stdin.write(`${JSON.stringify({ program, seed })}\n`);
      await process.stdin.flush();
      const { value } = await answers.next();
      if (value !== undefined) return JSON.parse(value as string) as Performed;
      this.#python = this.#start();
      return { prints: [], end: "stuck", status: 0, at: 0, stderr: "" } satisfies Performed;
    });
    this.#last = performed.catch(() => undefined);
    return performed;
  }

  [Symbol.dispose](): void {
    this.#python.process.kill("SIGKILL");
  }

  #start() {
    const process = Bun.spawn([this.#path, join(import.meta.dir, "virtual_python.py")], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    return { process, answers: linesOf(process.stdout) };
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream() as never)) {
    const lines = (text + String(piece)).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

/** What a program and its run have in common, as lines that read well where they differ. */
export type Essence = { lines: string[]; end: string };

export interface Case {
  scenario: Scenario;
  strategy: Strategy;
}

/** @param strategy as on the command line or in a document; the document's own where it is left out. */
export function toCase(document: unknown, strategy?: string | StrategyInput): Case {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  const scenario = parseScenario(text, "document.yaml");
  if (strategy === undefined) return { scenario, strategy: scenario.strategy };
  return {
    scenario,
    strategy: typeof strategy === "string" ? parseStrategy(strategy) : resolveStrategy(strategy),
  };
}

export function toProgram({ scenario, strategy }: Case): string {
  return emitProgram(scenario, strategy, "python");
}

/** What the model says. */
export function modelled({ scenario, strategy }: Case): Essence {
  const log = runVirtually({ scenario, strategy, runtime: "python" });
  const result = toJson(runOf(planOf(scenario, { strategy }), log).outcome, []);
  const prints = result.prints.map(({ at, thread, text }) => ({
    at: Math.round(at * 1000),
    main: thread === "main",
    text,
  }));
  const end =
    result.interruptedBy === null ? `exit ${result.exitCode} at ${result.wall}ms` : "never";
  return { lines: toLines(prints, strategy), end };
}

/** What Python did. */
export function found({ strategy }: Case, { prints, end, status, at }: Performed): Essence {
  const ends = { exit: `exit ${status} at ${at / 1000}ms`, deadlock: "never", stuck: "stuck" };
  return { lines: toLines(prints, strategy), end: ends[end] };
}

/** Every line with its instant; where two threads print, each has its own order. */
function toLines(prints: Performed["prints"], strategy: Strategy): string[] {
  const lineOf = ({ at, text }: Performed["prints"][number]): string => `${at / 1000}ms ${text}`;
  if (!isBeside(strategy)) return prints.map(lineOf);
  const of = (main: boolean, name: string): string[] =>
    prints.filter((print) => print.main === main).map((print) => `${name} ${lineOf(print)}`);
  return [...of(true, "main"), ...of(false, "loop")];
}
