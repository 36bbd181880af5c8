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

type Interruption = (typeof interruptions)[number];

/** setTimeout takes no more milliseconds than this. */
const longestTimer = 2 ** 31 - 1;

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
 * A child process for one run. It is started at once and waits for its plan, so that reading the
 * document takes place beside its start.
 */
export class RealRun implements Disposable {
  readonly #child = Bun.spawn([...selfCommand(), "__child"], {
    stdio: ["pipe", "ignore", "pipe", "pipe"],
    // Whatever ends tandem, the child must not outlive it: not even SIGKILL, not in a blocking sleep.
    env: {
      ...process.env,
      BUN_OPTIONS: `${process.env["BUN_OPTIONS"] ?? ""} --no-orphans`.trim(),
    },
  });
  #interruption: Interruption | undefined;

  /**
   * Performs a plan.
   *
   * @returns the events in the order of time.
   * @throws RunCrashed when the child dies by itself.
   */
  async perform(plan: RunPlan, options: RealOptions): Promise<EventLog> {
    const child = this.#child;
    const listener = new Listener(plan.scenario, options.onPrint);
    const realMs = (ticks: Ticks): number =>
      Math.min(ticks / TICKS_PER_MS / options.speed, longestTimer);
    const onAbort = (): void => this.#stop("signal");
    options.signal.addEventListener("abort", onAbort);
    if (options.signal.aborted) onAbort();
    const limits = [
      setTimeout(() => this.#stop("watchdog"), realMs(2 * longestRun(plan.scenario)) + 30_000),
    ];
    listener.onReady = () => {
      if (options.timeout !== null)
        limits.push(setTimeout(() => this.#stop("timeout"), realMs(options.timeout)));
    };
    try {
      void child.stdin.write(JSON.stringify({ plan, speed: options.speed } satisfies ChildInput));
      void child.stdin.end();
      const complaint = new Response(child.stderr).text();
      for await (const chunk of Bun.file(child.stdio[3] as number).stream()) listener.hear(chunk);
      await child.exited;
      // Ctrl-C reaches every process of the terminal: the child may die of it before we hear of it.
      if (child.signalCode === "SIGINT") this.#interruption ??= "signal";
      if (this.#interruption === undefined && !listener.ended)
        throw new RunCrashed(
          `the process of the run ended unexpectedly (${child.signalCode ?? `exit status ${child.exitCode}`})${tail(await complaint)}`,
        );
    } finally {
      for (const limit of limits) clearTimeout(limit);
      options.signal.removeEventListener("abort", onAbort);
      this[Symbol.dispose]();
    }
    return this.#log(listener, options);
  }

  /** Ends the child, if it is still there. */
  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }

  #stop(by: Interruption): void {
    this.#interruption ??= by;
    this[Symbol.dispose]();
  }

  #log(listener: Listener, { timeout, speed }: RealOptions): EventLog {
    const log = listener.log.inTimeOrder();
    if (this.#interruption === undefined || listener.ended) return log;
    const now = this.#interruption === "timeout" ? timeout! : listener.now(speed);
    log.record(
      Math.max(log.end, now),
      typeNumber.interrupted,
      MAIN_THREAD,
      MAIN,
      interruptions.indexOf(this.#interruption),
    );
    return log;
  }
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
