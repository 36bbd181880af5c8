/**
 * What a run of a scenario came to: its trace, read, joined to what only its document and its strategy
 * can say: how many steps a task has and where in them it stood, and what was beside main.
 */
import type { Ticks } from "../base/duration.ts";
import { waits } from "../trace/event.ts";
import { LAUNCH, MAIN, taskOfActor } from "../scenario/numbers.ts";
import type { Disturbance, Trace } from "../trace/trace.ts";
import { TaskInstances } from "../scenario/instances.ts";
import { does } from "../scenario/strategy.ts";
import type { Scenario, TaskSpec } from "../scenario/model.ts";
import { countSteps, standpoint, type Standpoint } from "../scenario/walk.ts";
import type { Attempt } from "../reading/attempts.ts";
import type { Blame } from "../reading/blame.ts";
import {
  type ActorOutcome,
  actorsByNumber,
  type HeardBy,
  isWork,
  type ProcessOutcome,
  type ProgramOutcome,
  type TaskStatus,
} from "../reading/entities.ts";
import type { LogCursor } from "../reading/cursor.ts";
import type { LoopOutcome } from "../reading/loops.ts";
import type { Hold } from "../reading/holds.ts";
import type { Listener } from "../reading/listener.ts";
import { read, type Reading } from "../reading/reading.ts";
import { precisionOf } from "../reading/precision.ts";
import type { MainWait } from "../reading/standstill.ts";
import { disturbanceOf } from "./disturbed.ts";
import type { Plan } from "./plan.ts";

export type TaskOutcome = ActorOutcome & {
  status: TaskStatus;
  spec: TaskSpec;
  /** Its attempts in worker processes of a durable queue, the first one first; none where it was in none. */
  attempts: readonly AttemptOutcome[];
  /** Steps done, clean-up not counted, and how many there are. */
  stepsDone: number;
  steps: number;
  /** Where it stood when it was cut off; null when it was not, or was past its last step. */
  stoodAt: Standpoint | null;
};

/** An attempt, and how many of the task's steps it did. */
export interface AttemptOutcome extends Attempt {
  stepsDone: number;
}

type Performed = Pick<Plan, "scenario" | "strategy" | "driver">;

type Told =
  | "wall"
  | "prints"
  | "lines"
  | "lateness"
  | "races"
  | "failures"
  | "waiting"
  | "aftermath"
  | "strays";

/**
 * The outcome of a scenario's run. The fields of `Told` are the reading's own, unchanged; `wall` is the
 * time at which the process ended.
 */
export interface Outcome extends Performed, Pick<Reading, Told> {
  reading: Reading;
  /** The uncertainty of every time in it; 0 in virtual time. */
  precision: Ticks;
  /** What kept it from going on although nothing of its own did; null in virtual time. */
  disturbed: Disturbance | null;
  main: ProgramOutcome & {
    /** The time for which main stood still before its steps ended: blocking steps, an inline loop, joins. */
    blocked: Ticks;
    waits: MainWait[];
  };
  /** How its failure was heard is in `heard`, which is null unless it failed. */
  launch: ProgramOutcome & { heard: HeardBy | null };
  /** The tasks, by their actor's number. */
  tasks: TaskOutcome[];
  /** The longest hold of the loop's thread; null when no synchronous step held it. */
  longestBlock: Hold | null;
  /** Who held the loop's thread for long, and who was late through whom. */
  blame: Blame;
  /** The share of the background's time in which main went on as well and did not wait; 0 where they share a thread. */
  overlap: number;
  /** The exit status of the process; null when tandem ended it. */
  exitCode: number | null;
  /** The cause of a run's early end; null where its program ended itself. `cut-off`: the record stops before any end. */
  interruptedBy: ProcessOutcome["interruptedBy"];
  /** Details of the interruption, such as the signal that ended the process. */
  interruption: string | null;
  /** The work that went on beside main when the process ended: a loop in a thread, and jobs of the pool. */
  left: { loop: boolean; jobs: number };
  /** Whether main came to its `launch` step. */
  launched: boolean;
  /** What it was read off, for what is seldom asked. */
  trace: Trace;
}

/** The name of an actor; of an attempt that of its task. */
export function actorName({ tasks }: Outcome, actor: number): string {
  if (actor === MAIN) return "main";
  if (actor === LAUNCH) return "launch";
  return actor < 0 ? "worker" : tasks[taskOfActor(actor, tasks.length)]!.name;
}

/** An actor's name in the document, which all copies of a task share. */
export function documentName(outcome: Outcome, actor: number): string {
  const { tasks } = outcome;
  if (actor < 0) return actorName(outcome, actor);
  return tasks[taskOfActor(actor, tasks.length)]!.spec.name;
}

/** Whether a task did not come to its end although nobody decided so (`reading/loss.ts`). */
export function isLost(task: ActorOutcome): boolean {
  return task.lost;
}

/** Whether the record ends before an actor does, so that nobody knows what becomes of it. */
export function outlivesRecord(
  { status, destroyed }: Pick<ActorOutcome, "status" | "destroyed">,
  { interruptedBy }: Pick<Outcome, "interruptedBy">,
): boolean {
  const isOpen = status === "abandoned" || status === "interrupted" || status === "unstarted";
  return isOpen && !destroyed && interruptedBy === "cut-off";
}

/** Whether a task was cut off, before its last step or in its clean-up. */
export function wasStopped({ status }: Pick<ActorOutcome, "status">): boolean {
  return status === "cancelled" || status === "abandoned";
}

/** Whether a task whose proper end is to be cancelled at the end (`until: shutdown`) came to that. */
export function endedAtShutdown(task: ActorOutcome): boolean {
  return task.until === "shutdown" && wasStopped(task) && !task.lost && task.givenUp === null;
}

/** Reads the trace of a run. */
export function readOutcome({ scenario, strategy, driver }: Performed, trace: Trace): Outcome {
  const launched = new LaunchListener();
  const reading = read(trace, launched);
  const mains = reading.actors.find(({ kind }) => kind === "main")!;
  const launch = reading.actors.find(({ kind }) => kind === "launch")!;
  const standstill = reading.standstills.find(({ actor }) => actor === mains.number);
  const [process] = reading.processes as [Reading["processes"][number]];
  const { exitCode, interruptedBy, interruption } = process;
  const isExited = mains.status === "interrupted" && interruptedBy === null;
  const main = {
    ...programOf(mains),
    ...(isExited ? { error: `process.exit(${exitCode}) in user code` } : {}),
    blocked: standstill?.blocked ?? 0,
    waits: standstill?.waits ?? [],
  };
  // Beside a worker process the loop of launch performs no task.
  const beside = reading.loops.filter(({ thread }) => thread !== mains.thread);
  const [loop] = does(strategy, "outlives") ? beside.toSorted(byLongestBlock) : reading.loops;
  const isBeside = loop !== undefined && loop.thread !== mains.thread;
  return {
    scenario,
    strategy,
    driver,
    reading,
    precision: precisionOf(trace.source),
    disturbed: disturbanceOf(trace.source),
    wall: reading.wall,
    main,
    launch: { ...programOf(launch), heard: launch.heard },
    tasks: tasksOf(scenario, reading),
    prints: reading.prints,
    lines: reading.lines,
    lateness: reading.lateness,
    longestBlock: loop?.longestBlock ?? null,
    blame: loop?.blame ?? reading.elsewhere,
    overlap: isBeside ? overlap(reading, mains, backgroundOf(reading, loop)) : 0,
    races: reading.races,
    failures: reading.failures,
    waiting: interruptedBy === "deadlock" ? reading.waiting : [],
    aftermath: reading.aftermath,
    strays: reading.strays,
    exitCode,
    interruptedBy,
    interruption,
    left: {
      loop: isBeside && loop.closedAt === null,
      jobs: reading.unfinished.filter(({ kind }) => kind === "job").length,
    },
    launched: launched.came,
    trace,
  };
}

function programOf({ status, startedAt, endedAt, error }: ActorOutcome): ProgramOutcome {
  return { status, startedAt, endedAt, error };
}

/** The tasks, with their steps joined to them. The objects are extended in place, since there may be a million. */
function tasksOf(scenario: Scenario, reading: Reading): TaskOutcome[] {
  const { actors } = reading;
  const [process] = reading.processes as [Reading["processes"][number]];
  const counts = new Map(scenario.tasks.map((spec) => [spec, countSteps(spec.steps)]));
  const instances = new TaskInstances(scenario);
  const byNumber = reading.attempts.length === 0 ? null : actorsByNumber(actors);
  const attempts = attemptsByTask(reading, byNumber);
  return actors.filter(isWork).map((actor) => {
    const spec = instances.specOf(actor.number);
    const status = actor.status as TaskStatus;
    const own = attempts.get(actor.number) ?? noAttempts;
    // Each attempt begins with the first step.
    const last = own.length > 1 ? byNumber!.get(own.at(-1)!.actor)! : actor;
    const stepsDone = own.reduce((most, one) => Math.max(most, one.stepsDone), actor.done);
    const stoodAt = wasStopped({ status }) ? (standpoint(spec.steps, last.done) ?? null) : null;
    return Object.assign(actor, {
      status,
      lost: actor.lost && !outlivesRecord(actor, process),
      spec,
      attempts: own,
      cleanup: last.cleanup,
      cleanupCut: last.cleanupCut,
      steps: counts.get(spec)!,
      stepsDone,
      stoodAt,
    });
  });
}

const noAttempts: readonly AttemptOutcome[] = [];

function attemptsByTask(
  { attempts }: Reading,
  byNumber: ReadonlyMap<number, ActorOutcome> | null,
): ReadonlyMap<number, AttemptOutcome[]> {
  const byTask = new Map<number, AttemptOutcome[]>();
  for (const attempt of attempts)
    byTask
      .getOrInsertComputed(attempt.task, () => [])
      .push({ ...attempt, stepsDone: byNumber!.get(attempt.actor)!.done });
  return byTask;
}

/** The loop that was held longest comes first. */
function byLongestBlock(a: LoopOutcome, b: LoopOutcome): number {
  return (b.longestBlock?.ticks ?? 0) - (a.longestBlock?.ticks ?? 0);
}

/** From when to when there was a background: a worker process is there before it has a task, and behind. */
function backgroundOf({ attempts, wall }: Reading, loop: LoopOutcome): Background {
  const [first] = attempts;
  if (first === undefined) return loop;
  const closedAt = attempts.reduce((last, { to }) => Math.max(last, to ?? wall), 0);
  return { openedAt: first.from, closedAt };
}

type Background = Pick<LoopOutcome, "openedAt" | "closedAt">;

/** The share of the background's time in which main went on as well. */
function overlap(
  { standstills, unfinished, wall }: Reading,
  { number, endedAt }: ActorOutcome,
  loop: Background,
): number {
  const from = loop.openedAt;
  const closed = loop.closedAt ?? wall;
  const to = Math.min(closed, endedAt ?? wall);
  const waits = [
    ...standstills.filter(({ actor }) => actor === number).flatMap((one) => one.waits),
    ...unfinished
      .filter(({ kind, actor }) => kind === "wait" && actor === number)
      .map((open) => ({ at: open.from, ticks: wall - open.from })),
  ];
  const waited = waits.reduce(
    (sum, { at, ticks }) => sum + Math.max(0, Math.min(at + ticks, to) - Math.max(at, from)),
    0,
  );
  return closed > from ? Math.max(0, to - from - waited) / (closed - from) : 0;
}

/** A listener for main's coming to its `launch` step. */
class LaunchListener implements Listener {
  came = false;

  hear({ type, value }: LogCursor): void {
    const isLaunch = type === "wait-began" && waits[value] === "launch";
    if (isLaunch || type === "thread-started" || type === "loop-opened") this.came = true;
  }
}
