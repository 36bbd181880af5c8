/**
 * What detectors look at: of what became of a program, all that can be known without knowing how the
 * program is written. An outcome of a scenario is one such case; a trace of an observed program another.
 */
import type { Ticks } from "../../base/duration.ts";
import type { ActorDefinition, Table } from "../../trace/definitions.ts";
import type { CancelReason } from "../../trace/event.ts";
import type { Attempt } from "../attempts.ts";
import type { Blame } from "../blame.ts";
import type {
  Cancellation,
  GivenUpBy,
  HeardBy,
  ProcessOutcome,
  ProgramOutcome,
  TaskStatus,
} from "../entities.ts";
import type { Failure } from "../failures.ts";
import type { Hold } from "../holds.ts";
import type { Reading, Waiting } from "../reading.ts";
import type { MainWait } from "../standstill.ts";
import type { Race } from "../races.ts";
import type { Aftermath } from "../user-code.ts";
import type { ActorPlace, Stray } from "./finding.ts";

/** The synchronous program of the first process. */
export interface MainProgram extends ProgramOutcome {
  actor: number;
  waits: readonly MainWait[];
}

/** The entry of a loop. */
export interface Launch extends ProgramOutcome {
  actor: number;
  /** Who learned of its failure; null unless it failed. */
  heard: HeardBy | null;
  /** The tasks whose errors its own is made of. */
  failedWith: readonly number[];
}

/** What became of a task. */
export interface Work {
  name: string;
  status: TaskStatus;
  startedAt: Ticks | null;
  endedAt: Ticks | null;
  error: string | null;
  submittedAt: Ticks | null;
  queuedAt: Ticks | null;
  enqueueBeganAt: Ticks | null;
  acknowledgedAt: Ticks | null;
  heard: HeardBy | null;
  cancelled: Pick<Cancellation, "reason" | "at" | "from"> | null;
  lost: boolean;
  givenUp: { by: GivenUpBy; at: Ticks } | null;
  /** Where it was cut off; null when it was not, or had nothing left to do but end. */
  stoodAt: unknown;
  cleanup: "none" | "ran" | "cut-short" | "skipped";
  cleanupCut: { by: CancelReason | "process-ended"; at: Ticks } | null;
  destroyed: boolean;
}

/** Who somebody is, by definition. */
export type Actor = Pick<
  ActorDefinition,
  "kind" | "name" | "function" | "parent" | "place" | "until"
>;

/** An attempt at a task, and how many operations it did. */
export type AttemptMade = Attempt & { stepsDone: number };

/** A run, or as much of it as was recorded. */
export interface Case {
  wall: Ticks;
  /** By how much times may be off by chance; 0 where they are exact. */
  precision: Ticks;
  interruptedBy: ProcessOutcome["interruptedBy"];
  main: MainProgram;
  launches: readonly Launch[];
  /** The entry of the loop that a task belongs to; null where it is not known. */
  launchOf(task: number): Launch | null;
  tasks: Table<Work>;
  actors: { get(actor: number): Actor | undefined };
  placesOf(actor: number): readonly ActorPlace[];
  /** Whether main's thread turns a loop by JavaScript's rules, which ends with nothing left alive. */
  floats: boolean;
  /**
   * Whether the process waits for the background when main is over, and for how long at most; null where
   * nobody knows.
   */
  exit: { waits: boolean; grace: Ticks | null } | null;
  /** Whether main came to start anything. */
  launched: boolean;
  /** Whether a rejection that nobody handled ended the process. */
  rejected: boolean;
  /** What ended threads before their time, in order; `failedMain`: main failed with it, and tells of it. */
  strays: readonly { at: Ticks; end: Stray["end"]; failedMain: boolean }[];
  /** The call for an exit that ended the process; null when none did. */
  exitCall: Extract<Stray["end"], { by: "exit" }> | null;
  failures: readonly Failure[];
  waiting: readonly Waiting[];
  /** By loop: who held its thread, and who was late through that. */
  blames: readonly Blame[];
  /** By task of a durable queue: the attempts at it, the first one first. */
  attempts: ReadonlyMap<number, readonly AttemptMade[]>;
  /** The slow holds of all loops. */
  holds: readonly Hold[];
  races: readonly Race[];
  aftermath: Aftermath;
  droppedPromises: Reading["droppedPromises"];
  /** What was under way beside main at the end: a loop in another thread, and jobs of a pool. */
  left: { loop: boolean; jobs: number };
}

/** What actors of one kind share: the function and the line that made them, or else their name. */
export function kindOf({ actors }: Pick<Case, "actors">, actor: number): string {
  const definition = actors.get(actor);
  if (definition === undefined) return `#${actor}`;
  const { kind, name, function: of, place } = definition;
  return `${kind} ${of ?? name}${place === null ? "" : ` ${place}`}`;
}

/** The tasks that fit, gathered by their kind. */
export function alike(subject: Case, fits: (task: Work, actor: number) => boolean): number[][] {
  const found: number[] = [];
  for (const [actor, task] of subject.tasks) if (fits(task, actor)) found.push(actor);
  return [...Map.groupBy(found, (actor) => kindOf(subject, actor)).values()];
}

export function workOf({ tasks }: Pick<Case, "tasks">, actor: number): Work {
  return tasks.get(actor)!;
}

/** Where actors were made and stood: copies of one function share most of these. */
export function placesOf(subject: Case, actors: readonly number[]): ActorPlace[] {
  const places = new Map<string, ActorPlace>();
  for (const actor of actors)
    for (const one of subject.placesOf(actor)) places.set(`${one.is} ${one.place}`, one);
  return [...places.values()];
}
