/**
 * The real driver, seen from tandem: a child process performs the plan, this one listens.
 *
 * Invariant: when the promise settles the child is gone, however the run ended.
 */
import { fileURLToPath } from "node:url";
import { interruptions, MAIN, MAIN_THREAD, typeNumber } from "../../events/event.ts";
import { EventLog } from "../../events/log.ts";
import { actorNumbers, recordEvent } from "../../events/ndjson.ts";
import type { RunPlan } from "../../program/run.ts";
import { type Ticks, TICKS_PER_MS } from "../../scenario/duration.ts";
import { taskInstances, type Scenario, type Step } from "../../scenario/model.ts";
import type { ChildInput } from "./protocol.ts";
import type { ReadyLine } from "./wire.ts";

export interface RealOptions {
  speed: number;
  /** Ends the run at this instant of scenario time. */
  timeout: Ticks | null;
  /** Ends the run when it is aborted. */
  signal: AbortSignal;
  /** Hears each line the program prints when it is printed. */
  onPrint: (text: string) => void;
}

/** The child process ended without having ended its program: a fault of tandem's or of the system's. */
export class RunCrashed extends Error {
  override readonly name = "RunCrashed";
}

/**
 * Performs a plan for real.
 *
 * @returns the events in the order of time.
 * @throws RunCrashed when the child dies by itself.
 */
export async function runForReal(plan: RunPlan, options: RealOptions): Promise<EventLog> {
  const child = Bun.spawn([...selfCommand(), "__child"], {
    stdio: ["pipe", "ignore", "pipe", "pipe"],
    // Whatever ends tandem, the child must not outlive it: not even SIGKILL, not in a blocking sleep.
    env: { ...process.env, BUN_OPTIONS: `${process.env["BUN_OPTIONS"] ?? ""} --no-orphans`.trim() },
  });
  const listener = new Listener(plan.scenario, options.onPrint);
  let interruption: (typeof interruptions)[number] | undefined;
  const stop = (by: (typeof interruptions)[number]): void => {
    interruption ??= by;
    child.kill("SIGKILL");
  };
  const onAbort = (): void => stop("signal");
  options.signal.addEventListener("abort", onAbort);
  if (options.signal.aborted) onAbort();
  const realMs = (ticks: Ticks): number =>
    Math.min(ticks / TICKS_PER_MS / options.speed, 2 ** 31 - 1);
  const watchdog = setTimeout(
    () => stop("watchdog"),
    realMs(2 * longestRun(plan.scenario)) + 30_000,
  );
  let limit: ReturnType<typeof setTimeout> | undefined;
  listener.onReady = () => {
    if (options.timeout !== null)
      limit = setTimeout(() => stop("timeout"), realMs(options.timeout));
  };
  try {
    child.stdin.write(JSON.stringify({ plan, speed: options.speed } satisfies ChildInput));
    void child.stdin.end();
    const complaint = new Response(child.stderr).text();
    for await (const chunk of Bun.file(child.stdio[3] as number).stream()) listener.hear(chunk);
    await child.exited;
    // Ctrl-C reaches every process of the terminal: the child may die of it before we hear of it.
    if (child.signalCode === "SIGINT") interruption ??= "signal";
    if (interruption === undefined && !listener.ended)
      throw new RunCrashed(
        `the process of the run ended unexpectedly (${child.signalCode ?? `exit status ${child.exitCode}`})${tail(await complaint)}`,
      );
  } finally {
    clearTimeout(watchdog);
    clearTimeout(limit);
    options.signal.removeEventListener("abort", onAbort);
    child.kill("SIGKILL");
  }
  const log = listener.log.inTimeOrder();
  if (interruption !== undefined && !listener.ended) {
    const now = interruption === "timeout" ? options.timeout! : listener.now(options.speed);
    log.record(
      Math.max(log.end, now),
      typeNumber.interrupted,
      MAIN_THREAD,
      MAIN,
      interruptions.indexOf(interruption),
    );
  }
  return log;
}

/** How this very program is started: as an executable, or from source. */
function selfCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL("../../main.ts", import.meta.url))];
}

function tail(complaint: string): string {
  const lines = complaint.trim().split("\n").slice(-20).join("\n");
  return lines === "" ? "" : `:\n${lines}`;
}

/** No run takes longer than everything in it one after the other. */
function longestRun(scenario: Scenario): Ticks {
  const total = (steps: Step[]): Ticks =>
    steps.reduce((sum, step) => {
      if (step.kind === "repeat") return sum + step.times * total(step.steps);
      return "ticks" in step ? sum + step.ticks : sum;
    }, 0);
  const tasks = scenario.tasks.map(
    (task) => (task.copies ?? 1) * (total(task.steps) + total(task.finally)),
  );
  return tasks.reduce((sum, one) => sum + one, total(scenario.main) + total(scenario.launch));
}

/** Turns the child's lines into events. */
class Listener {
  readonly log = new EventLog();
  /** Whether the program came to its end. */
  ended = false;
  onReady: () => void = () => undefined;
  readonly #actors: ReadonlyMap<string, number>;
  readonly #onPrint: (text: string) => void;
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not come yet; for a child that was killed, it never does. */
  #partial = "";
  #startedAt: number | undefined;

  constructor(scenario: Scenario, onPrint: (text: string) => void) {
    this.#actors = actorNumbers(taskInstances(scenario).map((task) => task.name));
    this.#onPrint = onPrint;
  }

  hear(chunk: Uint8Array): void {
    const lines = (this.#partial + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#partial = lines.pop()!;
    for (const line of lines) this.#line(JSON.parse(line) as Record<string, unknown> | ReadyLine);
  }

  /** The present instant of scenario time, by this process's clock. */
  now(speed: number): Ticks {
    if (this.#startedAt === undefined) return 0;
    return Math.round(
      (performance.timeOrigin + performance.now() - this.#startedAt) * TICKS_PER_MS * speed,
    );
  }

  #line(line: Record<string, unknown> | ReadyLine): void {
    if ("ready" in line) {
      this.#startedAt = line.ready as number;
      this.onReady();
      return;
    }
    recordEvent(this.log, this.#actors, line);
    if (line["type"] === "printed") this.#onPrint(line["text"] as string);
    if (line["type"] === "process-ended") this.ended = true;
  }
}
