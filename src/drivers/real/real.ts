/**
 * The real driver in tandem's process: a child process performs the plan, and this one takes its events.
 *
 * Invariant: when `perform` has settled the child is gone, however the run ended.
 */
import { closeSync } from "node:fs";
import { type Interruption, interruptions, typeNumber } from "../../trace/event.ts";
import type { Place } from "../../trace/definitions.ts";
import { MAIN, MAIN_THREAD } from "../../scenario/numbers.ts";
import { type Columns, EventLog } from "../../trace/log.ts";
import type { ProgramSpec } from "../../program/spec.ts";
import { type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import { counted } from "../../base/sentences.ts";
import { Stretch } from "../../base/stretch.ts";
import { callsAny } from "../../scenario/calls.ts";
import { endsMain, killedStatus } from "../../scenario/kill.ts";
import type { Step } from "../../scenario/model.ts";
import { does } from "../../scenario/strategy.ts";
import type { QueuePlace } from "./durable/queue.ts";
import type { ChildInput } from "./protocol.ts";
import type { RealOptions, RealResult } from "./terms.ts";
import { engineFor, type RunTraits, selfCommand, withoutOrphans } from "./self.ts";
import { StopWatch } from "./stops.ts";
import { forwardLines, handInput, tellLines } from "./streams.ts";
import { after } from "./timer.ts";
import { EventReader, newSecret, pipeClosed } from "./wire.ts";

export type { RealOptions, RealResult } from "./terms.ts";

/** The longest, in ms, that the streams of a child that has ended are waited for. */
const patience = 50;

/** The longest, in ms, that a child which tells nothing any more has to end. */
const longestEnd = 1000;

/**
 * The least time, in ms, that user modules have to load before a time limit ends the run: the limit is for
 * the scenario, which begins when they are there.
 */
const leastLoad = 5000;

/** The size of a piece of events, in bytes, up to which tandem lets the next ones gather for a moment. */
const littleBytes = 4096;
const restMs = 3;

/** A plan, as far as the driver needs it. */
export function traitsOf({ scenario, strategy }: Omit<ProgramSpec, "runtime">): RunTraits {
  return { mayCall: callsAny(scenario), mayHavePool: strategy.offload !== "none" };
}

/**
 * A child process for one run. It is started at once and waits for its plan, so that reading the
 * document takes place beside its start.
 */
export class RealRun implements Disposable {
  readonly #child;
  /** Whether user code may write past tandem to the streams of its process, as processes that it starts do. */
  readonly #mayWrite: boolean;
  /** Whether the run has begun, whose end closes the pipe of events. */
  #isPerformed = false;
  #interruption: Interruption | undefined;
  /** Whether the child went on when nothing more could come from it. */
  #isCutOff = false;
  #listener: Listener | undefined;

  constructor(traits: RunTraits) {
    this.#mayWrite = traits.mayCall;
    this.#child = Bun.spawn([...selfCommand(), "__child"], {
      stdio: ["pipe", traits.mayCall ? "pipe" : "ignore", "pipe", "pipe"],
      env: { ...engineFor(traits), ...withoutOrphans() },
    });
  }

  /** Performs a plan to its end, or to whatever ends it before. */
  async perform(plan: ProgramSpec, options: RealOptions): Promise<RealResult> {
    if (!does(plan.strategy, "outlives")) return await this.#performMain(plan, options, null);
    const { performDurably } = await import("./durable/durable-run.ts");
    return await performDurably(plan, options, {
      perform: (queuePlace, onBegin) => this.#performMain(plan, options, { queuePlace, onBegin }),
      longest: longestRun(plan),
    });
  }

  /**
   * Performs main, and whatever of the background is in its process.
   *
   * @param durable where the durable queue is, and who hears when main begins, in ms since 1970.
   */
  async #performMain(
    plan: ProgramSpec,
    options: RealOptions,
    durable: { queuePlace: QueuePlace; onBegin: (epoch: number) => void } | null,
  ): Promise<RealResult> {
    const child = this.#child;
    this.#isPerformed = true;
    const secret = newSecret();
    const listener = new Listener(options.onPrint, options.onEvents, secret);
    this.#listener = listener;
    const onAbort = (): void => this.#stop("signal");
    options.signal.addEventListener("abort", onAbort);
    if (options.signal.aborted) onAbort();
    const limits: (() => void)[] = [];
    const limit = (by: Interruption, ms: number): void =>
      void limits.push(after(ms, () => this.#stop(by)));
    const realMs = (ticks: Ticks): number => ticks / TICKS_PER_MS / options.speed;
    // Computing takes its own CPU time, which on a busy machine is a small share of the time.
    limit("watchdog", 10 * realMs(longestRun(plan)) + 30_000);
    const kill = plan.scenario.kills.find(endsMain);
    const onReady: (() => void)[] = [];
    listener.onReady = () => onReady.forEach((begin) => begin());
    if (durable !== null) onReady.push(() => durable.onBegin(listener.epoch!));
    if (kill !== undefined)
      // The clock of the scenario has begun a moment before this process hears of it.
      onReady.push(() => limit("kill", realMs(Math.max(0, kill.at - listener.now(options.speed)))));
    if (options.timeout !== null) {
      const length = realMs(options.timeout);
      // What loads may never come to an end, as a module with an endless loop.
      const takeBack = after(Math.max(length, leastLoad), () => this.#stop("timeout"));
      limits.push(takeBack);
      onReady.push(() => {
        takeBack();
        limit("timeout", length);
      });
    }
    using stops = new StopWatch(child.pid);
    const forwarding = this.#mayWrite ? forwardLines(child, options.onRaw) : null;
    const complaint = this.#mayWrite ? Promise.resolve("") : new Response(child.stderr).text();
    try {
      const { speed, folder } = options;
      const queuePlace = durable?.queuePlace ?? null;
      await handInput(child.stdin, {
        plan,
        speed,
        folder,
        secret,
        queuePlace,
      } satisfies ChildInput);
      const stretch = new Stretch();
      for await (const chunk of Bun.file(child.stdio[3] as number).stream()) {
        listener.hear(chunk);
        // A wake-up for every event would take a core that the program may need.
        if (chunk.length < littleBytes && listener.endedAt === null) await Bun.sleep(restMs);
        // What is there already is read without a turn of the loop.
        else if (stretch.isOver) await stretch.rest();
      }
      await listener.catchUp();
      if (listener.endedAt === null && this.#interruption === undefined) {
        await Promise.race([child.exited, Bun.sleep(longestEnd)]);
        this.#isCutOff = child.exitCode === null && child.signalCode === null;
      }
    } finally {
      await listener.catchUp();
      for (const takeBack of limits) takeBack();
      options.signal.removeEventListener("abort", onAbort);
      if (listener.endedAt === null) this[Symbol.dispose]();
      await child.exited;
      // A process that the child has started, and that outlives it, may keep its streams open.
      await Promise.race([forwarding, Bun.sleep(patience)]);
      closeSync(child.stdio[3] as number);
    }
    const disturbed = { waited: listener.waited, stopped: stops.stopped };
    return { ...this.#result(listener, options, await complaint), disturbed };
  }

  /** The present instant of scenario time; 0 before main has started. */
  now(speed: number): Ticks {
    return this.#listener?.now(speed) ?? 0;
  }

  /** Ends the child, if it is still there. */
  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
    if (this.#isPerformed) return;
    this.#isPerformed = true;
    closeSync(this.#child.stdio[3] as number);
  }

  #stop(by: Interruption): void {
    this.#interruption ??= by;
    this[Symbol.dispose]();
  }

  #result(
    listener: Listener,
    { timeout, speed }: RealOptions,
    complaint: string,
  ): Omit<RealResult, "disturbed"> {
    const log = listener.log.inTimeOrder();
    const { epoch, places, foreignBytes } = listener;
    const toPipe = this.#isCutOff
      ? `${pipeClosed}\n`
      : foreignBytes > 0
        ? `tandem: ${counted(foreignBytes, "byte")} that user code wrote to descriptor 3, by which tandem hears of the run, ${foreignBytes === 1 ? "is" : "are"} no events and left out\n`
        : "";
    if (listener.endedAt !== null) {
      // A thread that is not waited for may still write while the process ends.
      const whole = log.upTo(listener.endedAt);
      return { log: whole, places, epoch, endedEarly: false, signal: null, complaint: toPipe };
    }
    const signalCode = this.#child.signalCode as string | null;
    const signal =
      this.#interruption === undefined &&
      (signalCode === "SIGHUP" ||
        signalCode === "SIGINT" ||
        signalCode === "SIGQUIT" ||
        signalCode === "SIGTERM")
        ? signalCode
        : null;
    const by = this.#interruption ?? (signal === null ? "crash" : "signal");
    const hasBegun = epoch !== null;
    log.add(
      Math.max(log.end, by === "timeout" ? timeout! : listener.now(speed)),
      "interrupted",
      MAIN_THREAD,
      MAIN,
      interruptions.indexOf(by),
      by === "crash" ? (signalCode ?? `exit status ${this.#child.exitCode}`) : undefined,
    );
    if (by === "kill") {
      // It is an end that the scenario says, and no other than its own.
      log.add(log.end, "process-ended", MAIN_THREAD, MAIN, killedStatus);
      return { log, places, epoch, endedEarly: false, signal: null, complaint: toPipe };
    }
    return {
      log,
      places,
      epoch,
      endedEarly: true,
      signal,
      complaint:
        toPipe + (by !== "crash" ? "" : hasBegun ? complaint : notBegun(signalCode, complaint)),
    };
  }
}

/** What is told of a process that ended before main began: where its runtime crashed, not in that one's many words. */
function notBegun(signalCode: string | null, complaint: string): string {
  return signalCode === null
    ? complaint
    : `tandem: the runtime of the run's process could not start (${signalCode}): it needs some threads and memory; \`ulimit -u\` and \`ulimit -v\` say how many and how much it may have\n`;
}

/**
 * No run takes longer than everything in it one after the other, and every time limit in it waited
 * for to its end; Infinity where user code takes as long as it takes.
 */
function longestRun({ scenario, strategy }: ProgramSpec): Ticks {
  const total = (steps: Step[]): Ticks =>
    steps.reduce((sum, step) => {
      if (step.kind === "repeat") return sum + step.times * total(step.steps);
      if (step.kind === "call") return Infinity;
      return sum + ("ticks" in step ? step.ticks : "timeout" in step ? (step.timeout ?? 0) : 0);
    }, 0);
  const tasks = scenario.tasks.map(
    (task) => (task.copies ?? 1) * (total(task.steps) + total(task.finally)),
  );
  const limits = (strategy.timeout ?? 0) + (strategy.grace ?? 0);
  return tasks.reduce(
    (sum, one) => sum + one,
    total(scenario.main) + total(scenario.launch) + limits,
  );
}

/**
 * Turns what the child writes into a log: at once where somebody watches, and else when the run is
 * over. To read takes from the program the core that it runs on.
 */
class Listener {
  readonly log = new EventLog();
  /** The instant of the program's end. */
  endedAt: Ticks | null = null;
  onReady: () => void = () => undefined;
  readonly #onPrint: RealOptions["onPrint"];
  readonly #onEvents: RealOptions["onEvents"];
  readonly #reader: EventReader;
  readonly #unread: Uint8Array<ArrayBuffer>[] = [];

  constructor(onPrint: RealOptions["onPrint"], onEvents: RealOptions["onEvents"], secret: string) {
    this.#reader = new EventReader(this, secret);
    this.#onPrint = onPrint;
    this.#onEvents = onEvents;
  }

  hear(piece: Uint8Array<ArrayBuffer>): void {
    if (this.#reader.readyAt === undefined) {
      this.#reader.hear(piece);
      if (this.#reader.readyAt !== undefined) this.onReady();
    } else if (this.#onPrint === undefined && this.#onEvents === undefined)
      this.#unread.push(piece);
    else this.#reader.hear(piece);
  }

  /** Reads the pieces that have not been read yet, beside whatever else goes on. */
  async catchUp(): Promise<void> {
    const stretch = new Stretch();
    for (const piece of this.#unread.splice(0)) {
      this.#reader.hear(piece);
      if (stretch.isOver) await stretch.rest();
    }
  }

  take(thread: number, columns: Columns): void {
    if (this.endedAt !== null) return;
    this.log.recordAll(thread, columns);
    this.#onEvents?.(thread, columns);
    if (this.#onPrint !== undefined) tellLines(columns, this.#onPrint);
    // A worker process may end while main goes on.
    if (thread !== MAIN_THREAD) return;
    for (const last of [typeNumber["process-ended"], typeNumber.interrupted]) {
      const k = columns.type.indexOf(last);
      if (k >= 0) this.endedAt = columns.at[k]!;
    }
  }

  /** When main's clock began, in epoch ms; null before that is known. */
  get epoch(): number | null {
    return this.#reader.readyAt ?? null;
  }

  /** How long one of its threads has waited for a core at most, in ms; null where that is not known. */
  get waited(): number | null {
    return this.#reader.waited;
  }

  /** The number of bytes that came through the pipe and are no events. */
  get foreignBytes(): number {
    return this.#reader.foreignBytes;
  }

  /** The places in user code that events have named. */
  get places(): ReadonlyMap<number, Place> {
    return this.#reader.places;
  }

  /** The present instant of scenario time, by this process's clock. */
  now(speed: number): Ticks {
    const { readyAt } = this.#reader;
    if (readyAt === undefined) return 0;
    return Math.round(
      (performance.timeOrigin + performance.now() - readyAt) * TICKS_PER_MS * speed,
    );
  }
}
