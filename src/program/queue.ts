/** What programs ask of a durable queue, and what it answers. Its driver has one; none of this is a message. */

import type { Ticks } from "../base/duration.ts";
import type { StepPosition } from "../scenario/model.ts";

/** A task that a worker has taken: the queue knows it by both numbers, and refuses the end of an older attempt. */
export interface Claim {
  task: number;
  /** Counted from 1; those that came to no end count as well. */
  attempt: number;
  /** Why the queue has given it up: all that is left to do is to fail it. Left out where it has not. */
  givenUp?: string;
}

export type QueueRequest =
  /** Store a task. It is answered when it is stored. */
  | { kind: "enqueue"; task: number }
  /** Give me tasks that are due, as many as that at most. */
  | { kind: "claim"; most: number }
  /** I have found nothing: tell me when there may be a task, by a message (`due`). Of a queue that pushes. */
  | { kind: "await" }
  /** Give back tasks whose worker has let its lease run out. Of a queue that does not see that by itself. */
  | { kind: "check" }
  /** The claim is still mine. */
  | { kind: "extend"; claim: Claim }
  | { kind: "complete"; claim: Claim }
  /** Keep what a task came to that was acknowledged before it was done: the queue itself has forgotten it. */
  | { kind: "record"; result: QueuedResult }
  | { kind: "fail"; claim: Claim; error: string }
  /** What became of those of these tasks that have come to an end for good. Whoever asks goes on asking until then. */
  | { kind: "results"; tasks: readonly number[]; until: Ticks }
  /** The same of all tasks that were ever stored. */
  | { kind: "ended" }
  /** How many tasks have not. */
  | { kind: "count" };

/** What a task came to for good. */
export interface QueuedResult {
  task: number;
  status: "finished" | "failed";
  error: string;
}

/** What is answered; a field is there where it was asked for. */
export interface QueueAnswer {
  claims?: readonly Claim[];
  /** When to look by oneself, if nothing is told before. */
  until?: Ticks;
  /** What the end of an attempt was: taken as it is, followed by a further attempt at this instant, or refused. */
  taken?: "done" | "again" | "refused";
  results?: readonly QueuedResult[];
  count?: number;
}

/** An operation of a thread program: the queue's answer is its result. */
export interface QueueOperation {
  kind: "queue";
  request: QueueRequest;
}

/**
 * An operation of a thread program: the write of a task into the queue begins, and nobody waits for it. It goes on
 * when the thread parks or asks the queue for something, by which its loop turns, and its driver tells when it is
 * done; it is never done where the process ends before that.
 */
export interface WriteOperation {
  kind: "write";
  task: number;
  position: StepPosition;
}
