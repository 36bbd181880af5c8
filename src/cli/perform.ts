/**
 * Performing a plan on behalf of somebody at a terminal: lines to stdout, the picture of the run, and
 * the signals that end it.
 */
import { Lanes } from "../reading/lanes.ts";
import type { Outcome, Performed } from "../reading/outcome.ts";
import type { RealRun } from "../drivers/real/real.ts";
import { runVirtually } from "../drivers/virtual/virtual.ts";
import { typeNumber } from "../trace/event.ts";
import type { EventLog } from "../trace/log.ts";
import type { RunPlan } from "../program/run.ts";
import { LivePicture } from "../report/terminal/live.ts";
import { type Look, renderTimeline } from "../report/terminal/timeline.ts";
import { callProblems } from "../scenario/calls.ts";
import type { Ticks } from "../base/duration.ts";
import { countAllSteps } from "../scenario/walk.ts";
import {
  OutputClosed,
  OutputFailed,
  QueuedOutput,
  type Stream,
  terminal,
  writeOut,
} from "./output.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";
import { showCursor } from "./terminal.ts";

export interface PerformOptions extends Pick<Performed, "driver" | "speed" | "jitter"> {
  /** Ends the run at this instant. */
  timeout: Ticks | null;
  /** Whether stdout is for something else than the program's lines. */
  json: boolean;
  /** Whether a picture of the run is drawn while it goes on. */
  live: boolean;
  look: () => Look;
}

/** What happened, and what ended it early. */
export interface Finished {
  log: EventLog;
  signal: EndingSignal | null;
  /** Set when the program's output could not be written. */
  broken: OutputClosed | OutputFailed | null;
  /** What the child process said when it crashed. */
  complaint: string;
}

/** Performs a plan in virtual time; its lines go to stdout. */
export async function performVirtually(plan: RunPlan, options: PerformOptions): Promise<Finished> {
  const log = runVirtually(plan, options.timeout, options.jitter ?? null);
  let broken: Finished["broken"] = null;
  try {
    if (!options.json) writePrints(log);
  } catch (error) {
    if (!(error instanceof OutputClosed || error instanceof OutputFailed)) throw error;
    broken = error;
  }
  return { log, signal: null, broken, complaint: "" };
}

/** How long, in ms, a run that was ended early waits for its output to be read. */
const patience = 50;

/** Performs a plan for real: its lines go to stdout when they are printed, and a signal ends it. */
export async function performForReal(
  real: RealRun,
  plan: RunPlan,
  folder: string,
  options: PerformOptions,
): Promise<Finished> {
  const controller = new AbortController();
  const output = new QueuedOutput(() => controller.abort());
  const live = options.live ? new LiveScreen(real, plan, folder, options, output) : null;
  const write = (text: string, on: "stdout" | "stderr"): void =>
    (live ?? output).write(`${text}\n`, terminal[on]);
  using watch = new SignalWatch(() => controller.abort());
  try {
    const {
      log,
      complaint,
      endedEarly,
      signal: heard,
    } = await real.perform(plan, {
      ...options,
      folder,
      signal: controller.signal,
      onPrint: options.json ? undefined : write,
      // It is in no result.
      onRaw: (text, on) => write(text, options.json ? "stderr" : on),
      ...(live === null ? {} : { onEvents: (thread, columns) => live.lanes.hear(thread, columns) }),
    });
    live?.close();
    const drained = Promise.all([output.drain(), live?.drain()]);
    await Promise.race([drained, ...(endedEarly ? [Bun.sleep(patience)] : [])]);
    return { log, complaint, signal: watch.heard ?? heard, broken: output.broken };
  } finally {
    live?.close();
  }
}

/** How often the picture of a run is drawn, in ms. */
const frameMs = 80;

/** The most steps that are performed in virtual time only to know how long they should take. */
const mostExpected = 200_000;

/** The picture of a run on the terminal, with the program's own lines above it. */
class LiveScreen {
  readonly lanes: Lanes;
  readonly #picture: LivePicture;
  readonly #output: QueuedOutput;
  readonly #screen: QueuedOutput;
  readonly #draw: () => string;
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param output where the program's own lines go; on the same terminal, the picture goes there too. */
  constructor(
    real: RealRun,
    plan: RunPlan,
    folder: string,
    { speed, look }: PerformOptions,
    output: QueuedOutput,
  ) {
    const { scenario, strategy } = plan;
    this.lanes = new Lanes(scenario, strategy);
    const heading = `${scenario.name}, strategy ${strategy.name}`;
    this.#picture = new LivePicture(this.lanes, heading, expectedTime(plan, folder));
    this.#output = output;
    this.#screen = terminal.stdout.isTTY
      ? output
      : new QueuedOutput(() => undefined, terminal.stderr);
    // Should tandem itself fail, nothing that waits to be written would be.
    process.on("exit", showCursor);
    this.#draw = () =>
      this.#picture.draw(
        real.now(speed),
        look(),
        terminal.stderr.rows || terminal.stdout.rows || 24,
      );
    this.#timer = setInterval(() => {
      // A terminal that takes nothing (Ctrl-S) must not have frames pile up.
      if (!this.#screen.isBusy) this.#screen.write(this.#draw());
    }, frameMs);
  }

  /** Writes a line of the program; on the stream of the picture it comes above that. */
  write(line: string, stream: Stream): void {
    const isOnScreen = stream === terminal.stderr || this.#screen === this.#output;
    if (isOnScreen) this.#screen.write(this.#picture.erase(columns()));
    (isOnScreen ? this.#screen : this.#output).write(line, stream);
  }

  /** Waits until the picture is away, where it is on another stream than the program's lines. */
  async drain(): Promise<void> {
    if (this.#screen !== this.#output) await this.#screen.drain();
    process.off("exit", showCursor);
  }

  /** Takes the picture away; a second time does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#screen.write(this.#picture.close(columns()));
  }

  #closed = false;
}

function columns(): number {
  return terminal.stderr.columns ?? terminal.stdout.columns ?? 80;
}

/** How long virtual time says that a run takes; null where it cannot say, or not at once. */
export function expectedTime(plan: RunPlan, folder: string): Ticks | null {
  const { scenario } = plan;
  if (callProblems(scenario, folder, new Set()).length > 0) return null;
  if (countAllSteps(scenario) > mostExpected) return null;
  return runVirtually(plan).end;
}

/** The picture of a run that is over. */
export function timelineOf(outcome: Outcome, log: EventLog, look: Look): string {
  const lanes = new Lanes(outcome.scenario, outcome.strategy).hearAll(log);
  const { wall } = outcome;
  return `${renderTimeline(lanes, look, { to: wall, now: wall }).join("\n")}\n`;
}

/** Writes to stdout what the program printed, in few writes. */
function writePrints(log: EventLog): void {
  let piece = "";
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++)
      if (chunk.type[k] === typeNumber.printed) {
        piece += `${chunk.texts.get(k)!}\n`;
        if (piece.length > 64 * 1024) {
          writeOut(piece);
          piece = "";
        }
      }
  writeOut(piece);
}
