/**
 * A run that a user watches: its lines go to stdout, a picture of it may be drawn, and a signal ends it.
 */
import {
  joined,
  type ProgramText,
  programText,
  stillProgramText,
  type TerminalText,
} from "../base/texts.ts";
import { lanesOf } from "../outcome/lanes.ts";
import { Lanes } from "../reading/lanes.ts";
import { type Plan, planOf, speedOf } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { type RealProcess, run, runInVirtualTime } from "../runs/run.ts";
import { typeNumber } from "../trace/event.ts";
import type { Columns, EventLog } from "../trace/log.ts";
import { LivePicture } from "../report/terminal/live.ts";
import { type Look, renderTimeline } from "../report/terminal/timeline.ts";
import { areCallsTimed } from "../scenario/calls.ts";
import type { Ticks } from "../base/duration.ts";
import { countAllSteps } from "../scenario/walk.ts";
import type { OutputError } from "../base/files.ts";
import { QueuedOutput, type Stream, terminal } from "./output.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";
import { showCursorNow } from "./terminal.ts";

export interface ShowOptions {
  /** The instant at which the run is ended; null for no limit. */
  timeout: Ticks | null;
  /** Whether stdout is reserved for JSON, so that it gets none of the program's lines. */
  json: boolean;
  /** Whether a picture of the run is drawn while it goes on. */
  picture: boolean;
  /** Hears the events of a real run as they come, those of a thread in the order of time. */
  hear?: ((thread: number, columns: Columns) => void) | undefined;
  look: () => Look;
}

/** A run, and what ended it early. */
export interface Shown {
  run: Run;
  signal: EndingSignal | null;
  /** Set when the program's output could not be written. */
  broken: OutputError | null;
}

/** Runs a plan and shows it. @param process that a real run has been given beforehand. */
export function showRun(
  plan: Plan,
  options: ShowOptions,
  process: RealProcess | null,
): Promise<Shown> {
  return process === null ? showAtOnce(plan, options) : showAsItRuns(plan, options, process);
}

/** Performs a run in virtual time. Its lines go to stdout when it is over. */
async function showAtOnce(plan: Plan, options: ShowOptions): Promise<Shown> {
  const controller = new AbortController();
  const { signal } = controller;
  const output = new QueuedOutput(() => undefined);
  using watch = new SignalWatch(() => controller.abort());
  const over = await run(plan, { timeout: options.timeout, signal });
  if (!options.json) await drained(writePrints(over.trace.log, output), signal);
  return { run: over, signal: watch.heard, broken: output.broken };
}

/** The time, in ms, that a run ended early waits for its output to be read. */
const patience = 50;

/** Performs a real run. Its lines go to stdout when they are printed. */
async function showAsItRuns(
  plan: Plan,
  options: ShowOptions,
  process: RealProcess,
): Promise<Shown> {
  const controller = new AbortController();
  const output = new QueuedOutput(() => controller.abort());
  const live = options.picture ? new LiveScreen(process, plan, options, output) : null;
  const hears = [options.hear, live?.hear].filter((hear) => hear !== undefined);
  const write = (text: string, on: "stdout" | "stderr"): void =>
    (live ?? output).write(programText(`${text}\n`), terminal[on]);
  using watch = new SignalWatch(() => controller.abort());
  try {
    const over = await run(plan, {
      process,
      timeout: options.timeout,
      signal: controller.signal,
      ...(options.json ? {} : { onPrint: write }),
      // Raw output is in no record, so it is written (to stderr) even beside JSON.
      onRaw: (text, on) => write(text, options.json ? "stderr" : on),
      ...(hears.length === 0
        ? {}
        : { onEvents: (...events) => hears.forEach((hear) => hear(...events)) }),
    });
    live?.close();
    if (over.ending.endedEarly) controller.abort();
    await drained(Promise.all([output.drain(), live?.drain()]), controller.signal);
    return { run: over, signal: watch.heard ?? over.ending.signal, broken: output.broken };
  } finally {
    live?.close();
  }
}

/** The interval, in ms, between two frames. */
const frameMs = 80;

/** The most steps that are performed in virtual time only to know how long they should take. */
const mostExpected = 200_000;

/** The picture of a run on the terminal, with the program's own lines above it. */
class LiveScreen {
  readonly hear: (thread: number, columns: Columns) => void;
  readonly #picture: LivePicture;
  readonly #output: QueuedOutput;
  readonly #screen: QueuedOutput;
  readonly #draw: () => TerminalText;
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param output where the program's own lines go; on the same terminal, the picture goes there too. */
  constructor(real: RealProcess, plan: Plan, { look }: ShowOptions, output: QueuedOutput) {
    const { scenario, strategy, driver } = plan;
    const speed = speedOf(driver);
    const lanes = lanesOf(plan);
    this.hear = (thread, columns) => lanes.hear(thread, columns);
    const heading = `${scenario.name}, strategy ${strategy.name}`;
    this.#picture = new LivePicture(lanes, heading, expectedTime(plan));
    this.#output = output;
    this.#screen = terminal.stdout.isTTY
      ? output
      : new QueuedOutput(() => undefined, terminal.stderr);
    // If tandem itself fails, the queue is lost, and with it the sequence that shows the cursor.
    process.on("exit", showCursorNow);
    this.#draw = () =>
      this.#picture.draw(
        real.now(speed),
        look(),
        terminal.stderr.rows || terminal.stdout.rows || 24,
      );
    this.#timer = setInterval(() => {
      // Frames must not pile up for a terminal that takes none (Ctrl-S).
      if (!this.#screen.isBusy) this.#screen.write(this.#draw());
    }, frameMs);
  }

  /** Writes a line of the program; on the stream of the picture it comes above that. */
  write(line: ProgramText, stream: Stream): void {
    const isOnScreen = stream === terminal.stderr || this.#screen === this.#output;
    if (!isOnScreen) return this.#output.write(line, stream);
    this.#screen.write(this.#picture.erase(columns()));
    this.#screen.write(stillProgramText(line), stream);
  }

  /** Waits until the picture is away, where it is on another stream than the program's lines. */
  async drain(): Promise<void> {
    if (this.#screen !== this.#output) await this.#screen.drain();
    process.off("exit", showCursorNow);
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

/** The duration of a run in virtual time; null where it is not known, or would take long to find. */
export function expectedTime({ scenario, strategy }: Plan): Ticks | null {
  if (!areCallsTimed(scenario) || countAllSteps(scenario) > mostExpected) return null;
  return runInVirtualTime(planOf(scenario, { strategy })).trace.log.end;
}

/** The picture of a run that is over. */
export function timelineOf({ trace }: Run, look: Look): TerminalText {
  const { definitions, log } = trace;
  return pictureOf(new Lanes(definitions).hearAll(log), log.end, look);
}

/** The picture of lanes that have come to their end. */
export function pictureOf(lanes: Lanes, wall: Ticks, look: Look): TerminalText {
  return joined([...renderTimeline(lanes, look, { to: wall, now: wall }), ""], "\n");
}

/** Waits until all is written; when the run has been ended, for as long as a reader who reads needs. */
async function drained(writing: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => aborted.resolve());
  if (signal.aborted) aborted.resolve();
  await Promise.race([writing, aborted.promise.then(() => Bun.sleep(patience))]);
}

/** Writes what the program printed, in few writes. */
async function writePrints(log: EventLog, output: QueuedOutput): Promise<void> {
  let piece = "";
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++)
      if (chunk.type[k] === typeNumber.printed) {
        piece += `${chunk.texts.get(k)!}\n`;
        if (piece.length > 64 * 1024) {
          output.write(programText(piece));
          await output.drain();
          piece = "";
        }
      }
  output.write(programText(piece));
  await output.drain();
}
