/**
 * What became of main, launch and every task: read off the events, and nothing else.
 *
 * Invariant: one pass over the log, in time order; no event is read twice and none is turned into
 * an object. All times are ticks of scenario time.
 */
import {
  type CancelReason,
  cancelReasons,
  completions,
  endings,
  type Interruption,
  interruptions,
  LAUNCH,
  type LogReason,
  logReasons,
  LOOP_THREAD,
  MAIN,
  MAIN_THREAD,
  POOL_THREAD,
  raisedInto,
  typeNumber,
  waits,
} from "../trace/event.ts";
import type { EventLog } from "../trace/log.ts";
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { Jitter } from "../scenario/jitter.ts";
import { type Scenario, type TaskSpec, taskInstances } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { countSteps, standpoint, type Standpoint } from "../scenario/walk.ts";
import { type GivenUpBy, givenUpOf, isLostWork } from "./loss.ts";
import { type Blame, BlameReader, type LateTurn, noticeable } from "./blame.ts";
import { LogCursor, type TraceEvent } from "./cursor.ts";
import { type Hold, HoldReader } from "./holds.ts";
import { type Aftermath, AftermathReader } from "./user-code.ts";
import { findRaces, type Race, raceWindow } from "./races.ts";

export type TaskStatus = "finished" | "failed" | "cancelled" | "abandoned" | "unstarted";
export type ProgramStatus = TaskStatus | "deadlocked" | "interrupted";
export type Heard = "raised" | "logged" | "nobody";

/**
 * Who learned of a failure, and when.
 *
 * `raised`: it came to main, or to a launch that went on or whose own error came to main, so somebody
 * could act on it. `logged`: a line on stderr, and nobody could; so it is with what was raised into a
 * launch that ended with its thread.
 */
export interface HeardBy {
  by: Heard;
  /** Where it was raised; null unless it was. */
  into: (typeof raisedInto)[number] | null;
  at: Ticks | null;
}

export interface ProgramOutcome {
  status: ProgramStatus;
  startedAt: Ticks | null;
  endedAt: Ticks | null;
  error: string | null;
}

export interface TaskOutcome {
  name: string;
  spec: TaskSpec;
  status: TaskStatus;
  /** Null when it never had a turn. */
  startedAt: Ticks | null;
  endedAt: Ticks | null;
  /** Steps done, clean-up not counted, and how many there are. */
  stepsDone: number;
  steps: number;
  error: string | null;
  /** When main handed it to the loop; null when it did not. */
  submittedAt: Ticks | null;
  /** Who learned of its failure, and when; null unless it failed. */
  heard: HeardBy | null;
  /** Why it was asked to stop first, and when. */
  cancelled: { reason: CancelReason; at: Ticks } | null;
  /** Whether it did not come to its end although nobody decided so (`loss.ts`). */
  lost: boolean;
  /** Who had it cancelled for something else's sake, a timeout or a group that failed; null when nobody. */
  givenUp: { by: GivenUpBy; at: Ticks } | null;
  /** Where it stood when it was cut off; null when it was not, or was past its last step. */
  stoodAt: Standpoint | null;
  /** The latest that one of its sleeps has ended after its time, and when that was. */
  late: { ticks: Ticks; at: Ticks };
  /** Whether its `finally` steps ran: to their end, not to their end, or not at all. */
  cleanup: "none" | "ran" | "cut-short" | "skipped";
  /** Whether its loop had closed without it, so that it was destroyed while it was pending. */
  destroyed: boolean;
  /** Who kept its clean-up from its end, and when; null when nobody did but itself. */
  cleanupCut: { by: CancelReason | "process-ended"; at: Ticks } | null;
}

/** Somebody who learned of a failure. */
export interface Hearing {
  /** `raised`: it reached this program. `logged`: a line on stderr, for this reason. */
  by: "raised" | "logged";
  where: (typeof raisedInto)[number] | LogReason;
  at: Ticks;
}

/** Something that failed, and all who heard of it, in order. */
export interface Failure {
  actor: number;
  error: string;
  at: Ticks;
  heard: Hearing[];
}

/** What somebody waited for when the run was found to be deadlocked. */
export interface Waiting {
  actor: number;
  for: (typeof waits)[number] | "settle" | "call";
  /** The task, channel or function, where it is one. */
  of: string | null;
  since: Ticks;
}

/** A stretch for which main waited for the background: at its end, or for a result. */
export interface MainWait {
  for: (typeof waits)[number];
  of: string | null;
  at: Ticks;
  ticks: Ticks;
}

export interface Print {
  at: Ticks;
  thread: number;
  /** `MAIN`, `LAUNCH` or a task's index. */
  actor: number;
  text: string;
  /** Stdout, but for what user code complains of. */
  stream: "stdout" | "stderr";
}

export interface Lateness {
  /** How many sleeps ended by themselves. */
  count: number;
  p50: Ticks;
  p99: Ticks;
  max: Ticks;
}

/** What was performed, and how. */
export interface Performed {
  scenario: Scenario;
  strategy: Strategy;
  driver: "virtual" | "real";
  /** Every duration was divided by it, and every time is multiplied back; 1 in virtual time. */
  speed: number;
  /** How durations varied; left out where they were what the document says. */
  jitter?: Jitter;
}

export interface Outcome extends Performed {
  /** From main's start to the end of the process. */
  wall: Ticks;
  main: ProgramOutcome & {
    /** For how long main stood still before its steps ended: blocking steps, an inline loop, joins. */
    blocked: Ticks;
    waits: MainWait[];
  };
  /** With who learned of its failure; null unless it failed. */
  launch: ProgramOutcome & { heard: HeardBy | null };
  tasks: TaskOutcome[];
  /** The lines on stdout. */
  prints: Print[];
  /** These and those on stderr, in the order of time. */
  lines: Print[];
  lateness: Lateness;
  /** Null when no synchronous step held the loop. */
  longestBlock: Hold | null;
  /** Who held the loop's thread for long, and who was late through whom. */
  blame: Blame;
  /** The share of the background's time in which main went on as well and did not wait; 0 where they share a thread. */
  overlap: number;
  races: Race[];
  failures: Failure[];
  /** Who waits for what, in a deadlock; otherwise empty. */
  waiting: Waiting[];
  /** What user code did beyond its calls. */
  aftermath: Aftermath;
  /** The functions whose promises main dropped, and when. */
  droppedPromises: { function: string; at: Ticks }[];
  /** Errors of user code that nobody could catch; each ended its thread. */
  strays: { thread: number; error: string; at: Ticks }[];
  /** What the process ended with; null when tandem ended it. */
  exitCode: number | null;
  /** What ended the run before its program ended itself; `cut-off`: the record ends early, and does not say. */
  interruptedBy: Interruption | "cut-off" | null;
  /** What is known of it beside, as the signal that ended a process. */
  interruption: string | null;
  /** What was under way beside main when the process ended: a loop in a thread, and jobs of the pool. */
  left: { loop: boolean; jobs: number };
  /** Whether main came to its `launch` step. */
  launched: boolean;
  /** Whether a rejection that nobody handled ended the process (JavaScript's rule). */
  rejected: boolean;
}

/** By how much, in ms of real time, a real run is late when the machine has little else to do. */
const noiseMs = 20;

/** How far the times of a run may be off by chance: not at all in virtual time. */
export function precisionOf({ driver, speed }: Pick<Performed, "driver" | "speed">): Ticks {
  return driver === "virtual" ? 0 : noiseMs * TICKS_PER_MS * speed;
}

/** The name of an actor. */
export function actorName(outcome: Outcome, actor: number): string {
  return actor === MAIN ? "main" : actor === LAUNCH ? "launch" : outcome.tasks[actor]!.name;
}

/** The same as it stands in the document: all copies of a task share it. */
export function documentName(outcome: Outcome, actor: number): string {
  return actor >= 0 ? outcome.tasks[actor]!.spec.name : actorName(outcome, actor);
}

/** Whether a task did not come to its end although nobody decided so (`loss.ts`). */
export function isLost(task: TaskOutcome): boolean {
  return task.lost;
}

/** Whether a task was cut off, before its last step or in its clean-up. */
export function wasStopped({ status }: TaskOutcome): boolean {
  return status === "cancelled" || status === "abandoned";
}

/** Whether a task whose proper end is to be cancelled at the end (`until: shutdown`) came to that. */
export function endedAtShutdown(task: TaskOutcome): boolean {
  return task.spec.until === "shutdown" && wasStopped(task) && !task.lost && task.givenUp === null;
}

/**
 * Reads a run's events.
 *
 * @param log in time order.
 */
export function readOutcome(performed: Performed, log: EventLog): Outcome {
  return new Reader(performed).read(log);
}

class Reader {
  readonly #performed: Performed;
  readonly #main = program();
  readonly #launch = { ...program(), heard: null as HeardBy | null };
  readonly #tasks: TaskOutcome[];
  readonly #created: boolean[];
  readonly #lines: Print[] = [];
  #complains = false;
  readonly #late = new LatenessMeter();
  /** By actor + 2: when its sleep or its first turn is due; Infinity where neither is. */
  readonly #due: Float64Array;
  /** By actor + 2: within how many calls and jobs it is; what happens inside is no step of its own. */
  readonly #inside: Uint8Array;
  readonly #holds: HoldReader;
  readonly #blame: BlameReader;
  /** Who was late within the hold that has not ended. */
  readonly #lateWithin: LateTurn[] = [];
  /** Why main stands still: nested, since an inline loop's task may block while main waits for the loop. */
  #stillFor = 0;
  #stillSince: Ticks = 0;
  #blocked: Ticks = 0;
  readonly #waits: MainWait[] = [];
  readonly #failures: Failure[] = [];
  /** By actor: what it waits for now. */
  readonly #waitingFor = new Map<
    number,
    Omit<Waiting, "actor"> & { for: Exclude<Waiting["for"], "call"> }
  >();
  readonly #dropped: Outcome["droppedPromises"] = [];
  readonly #aftermath = new AftermathReader();
  readonly #strays: Outcome["strays"] = [];
  #longestBlock: Hold | null = null;
  #loopThread = -1;
  #loopOpened: Ticks = 0;
  #loopClosed: Ticks | null = null;
  #exitCode: number | null = null;
  #interruptedBy: Interruption | "cut-off" | null = null;
  #interruptionDetail: string | null = null;
  #launched = false;
  /** Jobs that a thread of the pool has begun and not ended. */
  #jobs = 0;
  #rejected = false;

  constructor(performed: Performed) {
    this.#performed = performed;
    const { scenario } = performed;
    const counts = new Map(scenario.tasks.map((spec) => [spec, countSteps(spec.steps)]));
    this.#tasks = taskInstances(scenario).map(({ name, spec }) => ({
      ...program(),
      name,
      spec,
      status: "unstarted",
      stepsDone: 0,
      steps: counts.get(spec)!,
      submittedAt: null,
      heard: null,
      cancelled: null,
      lost: true,
      givenUp: null,
      stoodAt: null,
      late: { ticks: 0, at: 0 },
      cleanup: "none",
      destroyed: false,
      cleanupCut: null,
    }));
    this.#created = this.#tasks.map(() => false);
    this.#due = new Float64Array(this.#tasks.length + 2).fill(Infinity);
    this.#inside = new Uint8Array(this.#tasks.length + 2);
    const { strategy, driver, speed } = performed;
    this.#blame = new BlameReader(
      (actor) => this.#tasks[actor]?.spec ?? actor,
      () => this.#due.reduce((first, due) => Math.min(first, due), Infinity),
      precisionOf(performed),
    );
    this.#holds = new HoldReader(
      strategy.loop === "float" ? "javascript" : "asyncio",
      driver === "virtual" ? 0 : TICKS_PER_MS * speed,
      (hold) => this.#wasHeld(hold),
    );
  }

  read(log: EventLog): Outcome {
    const event = new LogCursor(log);
    while (event.next()) {
      // Sleeps are nearly all of a long log; the rest may take its time.
      if (event.typeNumber === sleepBegan) {
        this.#due[event.actor + 2] = event.at + event.value;
        if (this.#holds.open !== null) this.#holds.hear(event);
      } else if (event.typeNumber === sleepEnded) {
        if (this.#holds.open !== null) this.#holds.hear(event);
        this.#slept(event);
      } else this.#event(event);
    }
    return this.#outcome(log);
  }

  #slept({ at, actor, value }: TraceEvent): void {
    const due = this.#due[actor + 2]!;
    this.#due[actor + 2] = Infinity;
    const late = at - due;
    if (late >= noticeable) this.#isLate({ actor, due, at, how: value === 0 ? "woke" : "cut-off" });
    if (value !== 0) return;
    this.#late.add(late);
    if (actor < 0) return;
    const task = this.#tasks[actor]!;
    if (late > task.late.ticks) task.late = { ticks: late, at };
    this.#stepDone(actor);
  }

  #event(event: TraceEvent): void {
    const { type, at, thread, actor, value, text } = event;
    const task = this.#tasks[actor];
    this.#holds.hear(event);
    this.#aftermath.hear(event);
    switch (type) {
      case "main-started":
        this.#main.startedAt = at;
        break;
      case "main-ended":
        end(this.#main, at, value, text);
        this.#failed(actor, at, value, text);
        break;
      case "launch-started":
        this.#launch.startedAt = at;
        break;
      case "launch-ended":
        end(this.#launch, at, value, text);
        if (this.#launch.status === "failed") this.#launch.heard = nobody;
        this.#failed(actor, at, value, text);
        break;
      case "settle-began":
        if (this.#performed.strategy.settle !== "none")
          this.#waitingFor.set(LAUNCH, { for: "settle", of: null, since: at });
        break;
      case "settle-ended":
        this.#waitingFor.delete(LAUNCH);
        break;
      case "task-created":
        this.#created[actor] = true;
        this.#due[actor + 2] = Math.min(this.#due[actor + 2]!, at);
        break;
      case "task-started":
        task!.startedAt = at;
        this.#begins(actor, at);
        break;
      case "task-ended":
        end(task!, at, value, text);
        this.#due[actor + 2] = Infinity;
        if (task!.status === "failed") task!.heard = nobody;
        this.#failed(actor, at, value, text);
        break;
      case "task-destroyed":
        task!.destroyed = true;
        break;
      case "cleanup-began":
        task!.cleanup = "cut-short";
        break;
      case "cleanup-ended":
        task!.cleanup = "ran";
        task!.cleanupCut = null;
        break;
      case "cancel-requested":
        if (task === undefined) break;
        task.cancelled ??= { reason: cancelReasons[value]!, at };
        if (task.cleanup === "cut-short") task.cleanupCut ??= { by: cancelReasons[value]!, at };
        break;
      case "error-raised":
        (task ?? this.#launch).heard = { by: "raised", into: raisedInto[value]!, at };
        this.#heard(actor, { by: "raised", where: raisedInto[value]!, at });
        break;
      case "error-logged":
        if (task?.heard?.by === "nobody") task.heard = { by: "logged", into: null, at };
        if (text === undefined && actor === LAUNCH)
          this.#launchUnheard({ by: "logged", into: null, at });
        if (text !== undefined) {
          this.#strays.push({ thread, error: text, at });
          this.#failures.push({ actor, error: text, at, heard: [] });
        }
        this.#heard(actor, { by: "logged", where: logReasons[value]!, at });
        if (text !== undefined) break;
        if (logReasons[value] === "unhandled-rejection") this.#rejected = true;
        break;
      case "task-submitted":
        task!.submittedAt = at;
        this.#due[actor + 2] = at;
        break;
      case "complained":
        this.#complains = true;
        this.#lines.push({ at, thread, actor, text: text!, stream: "stderr" });
        break;
      case "printed":
        this.#lines.push({ at, thread, actor, text: text!, stream: "stdout" });
        if (this.#aftermath.isStep(type, actor) && task !== undefined) this.#stepDone(actor);
        break;
      case "block-began":
      case "compute-began":
        if (thread === MAIN_THREAD) this.#stands(at);
        break;
      case "block-ended":
      case "compute-ended":
        if (thread === MAIN_THREAD) this.#goesOn(at);
        if (task !== undefined) this.#stepDone(actor);
        break;
      case "sent":
      case "received":
        if (this.#aftermath.isStep(type, actor) && task !== undefined) this.#stepDone(actor);
        break;
      case "offload-began":
      case "call-began":
        // A call in the pool is inside of its job already.
        if (thread < POOL_THREAD) this.#inside[actor + 2]!++;
        if (actor === MAIN) this.#stands(at);
        break;
      case "offload-ended":
      case "call-ended":
        if (thread >= POOL_THREAD) break;
        this.#inside[actor + 2]!--;
        if (actor === MAIN) this.#goesOn(at);
        if (task !== undefined && completions[value] === "completed") this.#stepDone(actor);
        break;
      case "promise-dropped":
        this.#dropped.push({ function: text!, at });
        break;
      case "wait-began":
        this.#waitingFor.set(actor, { for: waits[value]!, of: text ?? null, since: at });
        if (actor !== MAIN) break;
        if (waits[value] === "launch") this.#launched = true;
        this.#stands(at);
        break;
      case "wait-ended": {
        const { of = null, since = at } = this.#waitingFor.get(actor) ?? {};
        this.#waitingFor.delete(actor);
        if (actor !== MAIN) break;
        this.#waits.push({ for: waits[value]!, of, at: since, ticks: at - since });
        this.#goesOn(at);
        break;
      }
      case "thread-started":
        this.#launched = true;
        break;
      case "loop-opened":
        this.#launched = true;
        this.#loopThread = thread;
        this.#loopOpened = at;
        break;
      case "loop-closed":
        this.#loopClosed = at;
        break;
      case "job-began":
        this.#jobs++;
        break;
      case "job-ended":
        this.#jobs--;
        break;
      case "process-ended":
        this.#exitCode = value;
        break;
      case "interrupted":
        this.#interruptedBy = interruptions[value]!;
        this.#interruptionDetail = text ?? null;
        break;
    }
  }

  #stands(at: Ticks): void {
    if (this.#stillFor++ === 0) this.#stillSince = at;
  }

  #goesOn(at: Ticks): void {
    if (--this.#stillFor > 0) return;
    // Its steps being over, main is done; what comes then is the process's wait, not main's.
    const end = Math.min(at, this.#main.endedAt ?? at);
    this.#blocked += Math.max(0, end - this.#stillSince);
  }

  #stepDone(actor: number): void {
    const task = this.#tasks[actor]!;
    if (task.cleanup === "none" && this.#inside[actor + 2] === 0) task.stepsDone++;
  }

  #failed(actor: number, at: Ticks, status: number, error: string | undefined): void {
    if (endings[status] === "failed")
      this.#failures.push({ actor, error: error ?? "", at, heard: [] });
  }

  #heard(actor: number, hearing: Hearing): void {
    this.#failures.findLast((failure) => failure.actor === actor)?.heard.push(hearing);
  }

  /** Nobody takes up launch's error, nor what it is made of: errors of tasks that it has not collected. */
  #launchUnheard(by: HeardBy): void {
    this.#launch.heard = by;
    if (this.#performed.strategy.settle === "settled") return;
    for (const { actor, heard } of this.#failures)
      if (actor >= 0 && heard.some(({ where }) => where === "launch"))
        this.#tasks[actor]!.heard = by;
  }

  #outcome(log: EventLog): Outcome {
    const wall = log.end;
    if (this.#stillFor > 0) {
      this.#stillFor = 1;
      this.#goesOn(wall);
    }
    this.#holds.finish(wall);
    this.#cutSleeps(wall);
    if (this.#exitCode === null) this.#interruptedBy ??= "cut-off";
    const waits = [...this.#waits];
    // A wait that nothing has ended is one all the same.
    const { for: what, of = null, since = wall } = this.#waitingFor.get(MAIN) ?? {};
    if (what !== undefined && what !== "settle")
      waits.push({ for: what, of, at: since, ticks: wall - since });
    for (const [index, task] of this.#tasks.entries()) {
      if (task.endedAt === null && this.#created[index]) {
        task.status = "abandoned";
        task.endedAt = wall;
      }
      if (task.spec.finally.length > 0 && task.cleanup === "none" && task.status !== "unstarted")
        task.cleanup = "skipped";
      const isCut = task.cleanup === "skipped" || task.cleanup === "cut-short";
      if (isCut && task.status === "abandoned") task.cleanupCut = { by: "process-ended", at: wall };
      if (wasStopped(task)) task.stoodAt = standpoint(task.spec.steps, task.stepsDone) ?? null;
      task.givenUp = givenUpOf(task);
      task.lost = isLostWork(task, { waits, endedItself: this.#interruptedBy === null });
    }
    if (this.#launch.startedAt !== null && this.#launch.endedAt === null) {
      this.#launch.status = this.#interruptedBy === null ? "abandoned" : this.#interruption();
      this.#launch.endedAt = wall;
    }
    if (this.#launch.heard?.by === "nobody") this.#launchUnheard(this.#launch.heard);
    const { startedAt, endedAt } = this.#main;
    // User code can end the process in the middle of main's steps.
    if (this.#exitCode !== null && startedAt !== null && endedAt === null) {
      const stray = this.#strays.find(({ thread }) => thread === MAIN_THREAD);
      this.#main.status = stray === undefined ? "interrupted" : "failed";
      this.#main.error = stray?.error ?? `process.exit(${this.#exitCode}) in user code`;
      this.#main.endedAt = wall;
    }
    if (this.#interruptedBy !== null && startedAt !== null && endedAt === null) {
      this.#main.status = this.#interruption();
      this.#main.endedAt = wall;
    }
    const aftermath = this.#aftermath.result();
    return {
      ...this.#performed,
      wall,
      main: { ...this.#main, blocked: this.#blocked, waits: this.#waits },
      launch: this.#launch,
      tasks: this.#tasks,
      prints: this.#complains
        ? this.#lines.filter(({ stream }) => stream === "stdout")
        : this.#lines,
      lines: this.#lines,
      lateness: this.#late.measure(),
      longestBlock: this.#longestBlock,
      blame: this.#blame.read(),
      overlap: this.#overlap(wall),
      races: findRaces(log, this.#performed.scenario, raceWindow(this.#performed.speed)),
      failures: this.#failures,
      waiting:
        this.#interruptedBy === "deadlock"
          ? [
              ...[...this.#waitingFor].map(([actor, waiting]) => ({ actor, ...waiting })),
              ...aftermath.open
                .filter(({ actor }) => !this.#waitingFor.has(actor))
                .map(({ actor, function: of, since }) => ({
                  actor,
                  for: "call" as const,
                  of,
                  since,
                })),
            ]
          : [],
      aftermath,
      droppedPromises: this.#dropped,
      strays: this.#strays,
      exitCode: this.#exitCode,
      interruptedBy: this.#interruptedBy,
      interruption: this.#interruptionDetail,
      left: {
        loop: this.#loopThread === LOOP_THREAD && this.#loopClosed === null,
        jobs: this.#jobs,
      },
      launched: this.#launched,
      rejected: this.#rejected,
    };
  }

  /** A turn came late, or not at all. */
  #isLate(turn: LateTurn): void {
    // Where the loop floats, a sleep can be cut off in the very turn that made it late.
    if (this.#holds.open === null) this.#blame.late(turn);
    else this.#lateWithin.push(turn);
  }

  #wasHeld(hold: Hold): void {
    if (hold.ticks > (this.#longestBlock?.ticks ?? 0)) this.#longestBlock = hold;
    this.#blame.held(hold);
    // Who was cut off and then held the thread itself was not kept waiting by that.
    for (const turn of this.#lateWithin) if (turn.actor !== hold.actor) this.#blame.late(turn);
    this.#lateWithin.length = 0;
  }

  /** A task has its first turn; it could have had it as soon as it was handed over or made. */
  #begins(actor: number, at: Ticks): void {
    const due = this.#due[actor + 2]!;
    this.#due[actor + 2] = Infinity;
    if (at - due >= noticeable) this.#isLate({ actor, due, at, how: "began" });
  }

  /** Who still sleeps was late by then, if it was due. */
  #cutSleeps(wall: Ticks): void {
    for (const [index, due] of this.#due.entries())
      if (wall - due >= noticeable && this.#tasks[index - 2]?.startedAt !== null)
        this.#isLate({ actor: index - 2, due, at: wall, how: "cut-off" });
  }

  #interruption(): ProgramStatus {
    return this.#interruptedBy === "deadlock" ? "deadlocked" : "interrupted";
  }

  #overlap(wall: Ticks): number {
    if (this.#loopThread !== LOOP_THREAD) return 0;
    const from = this.#loopOpened;
    const closed = this.#loopClosed ?? wall;
    const to = Math.min(closed, this.#main.endedAt ?? wall);
    const background = closed - from;
    const open = this.#waitingFor.get(MAIN);
    const waits = [
      ...this.#waits,
      ...(open === undefined ? [] : [{ at: open.since, ticks: wall - open.since }]),
    ];
    const waited = waits.reduce(
      (sum, { at, ticks }) => sum + Math.max(0, Math.min(at + ticks, to) - Math.max(at, from)),
      0,
    );
    return background > 0 ? Math.max(0, to - from - waited) / background : 0;
  }
}

const sleepBegan = typeNumber["sleep-began"];
const sleepEnded = typeNumber["sleep-ended"];

const nobody: HeardBy = { by: "nobody", into: null, at: null };

function program(): ProgramOutcome & { status: "unstarted" | ProgramStatus } {
  return { status: "unstarted", startedAt: null, endedAt: null, error: null };
}

function end(outcome: ProgramOutcome, at: Ticks, status: number, error: string | undefined): void {
  outcome.status = endings[status]!;
  outcome.endedAt = at;
  outcome.error = error ?? null;
}

/** Percentiles of how late sleeps ended. In virtual time nearly all are exactly on time. */
class LatenessMeter {
  #onTime = 0;
  readonly #late: number[] = [];

  add(ticks: Ticks): void {
    if (ticks <= 0) this.#onTime++;
    else this.#late.push(ticks);
  }

  measure(): Lateness {
    const late = Float64Array.from(this.#late).sort();
    const count = this.#onTime + late.length;
    // The nearest-rank percentile: the smallest value that at least this share does not exceed.
    const percentile = (share: number): Ticks =>
      count === 0 ? 0 : (late[Math.ceil(share * count) - 1 - this.#onTime] ?? 0);
    return { count, p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) };
  }
}
