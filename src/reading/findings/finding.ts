/**
 * A finding: what went wrong in a run, as a rule, whom it is about, and the evidence.
 *
 * No sentence stands here. How a finding is put, and what can be done about it, follows from the
 * program it was found in (`remedies/`): a scenario has strategies, a Python program has lines.
 */
import type { Ticks } from "../../base/duration.ts";
import type { CancelReason } from "../../trace/event.ts";
import type { Crowd, Holder } from "../blame.ts";
import type { GivenUpBy } from "../entities.ts";
import type { TaskStatus } from "../entities.ts";
import type { Waiting } from "../reading.ts";
import type { Summed } from "../sums.ts";
import type { Race } from "../races.ts";
import type { LeftBehind } from "../user-code.ts";
import type { Victim } from "../victims.ts";

/** What ended a thread or a process before all that was under way there had come to its end. */
export type End =
  /** Code called for the exit, with this status where it is known. */
  | { by: "exit"; ended: "process" | "thread"; code: number | null; call: ExitCall }
  /** An error that no code could catch. */
  | { by: "uncaught"; ended: "process" | "thread"; error: string }
  /** A rejection that nobody handled. */
  | { by: "rejection" }
  /** An exception that main did not catch, where main's thread is the loop's. */
  | { by: "main-failed"; error: string }
  /** Main's steps were over, and the process waits for nobody. */
  | { by: "main-ended" }
  /** The process had waited as long as it may. */
  | { by: "grace" }
  /** Nothing was left that could wake anybody. */
  | { by: "nothing-left" }
  /** Its thread was ended from another one. */
  | { by: "terminated"; call: ExitCall | null }
  /** The loop closed in its own time, and what came to it meanwhile had no turn any more. */
  | { by: "loop-closing" }
  /** The process ended, and the record does not say why. */
  | { by: "unknown" };

/** A call for an exit, as far as it is not plain that main called on its own thread. */
export interface ExitCall {
  /** Null for main, and where it is not known. */
  by: number | null;
  /** Null for main's, and for the one that it ended alone. */
  thread: number | null;
  place: number | null;
}

/** Why something never had its first turn. */
export type NeverBegun =
  | { why: "never-launched"; mainError: string | null }
  | { why: "not-submitted"; mainError: string | null }
  /** It was handed over, and its loop took nothing any more. */
  | { why: "not-taken" }
  | { why: "launch-failed"; error: string | null }
  /** Main's end cancelled the loop's entry, before or after that had its own first turn. */
  | { why: "launch-cancelled"; launchBegan: boolean }
  /** Whoever could have started it ended without. */
  | { why: "nobody-starts" }
  | { why: "process-ended"; end: End; launchBegan: boolean };

/** A failure of which code could learn nothing. */
export interface Unheard {
  of: "actor";
  error: string | null;
  /** Whose errors it is made of, where it is a loop's entry that failed by its tasks. */
  raisedBy: readonly number[];
  /** Whether it ended the process as a rejection that nobody had handled. */
  isRejection: boolean;
}

/** What ended a thread and came from no actor that could be asked. */
export interface Stray {
  of: "thread";
  end: Extract<End, { by: "exit" | "uncaught" }>;
}

/** What supports a finding, by its rule. */
export interface Evidence {
  deadlock: { waits: readonly Waiting[] };
  "lost-at-close": {
    /** The entry of the loop that closed, and the error it had failed with. */
    launch: number | null;
    launchFailed: boolean;
    launchError: string | null;
    /** Whether any of them had had a turn. */
    began: boolean;
    cleanupCut: boolean;
  };
  /** The process was killed. `began`: whether any of them had had a turn. */
  killed: { began: boolean; cleanupCut: boolean };
  abandoned: { end: End; cleanupCut: boolean };
  "destroyed-pending": { launchFailed: boolean; cleanupCut: boolean };
  "cancelled-at-exit": { cleanupCut: boolean };
  "never-started": NeverBegun;
  /** `failed`: whose failure it was that the group did not outlive; null for its own body's. */
  "given-up": { by: GivenUpBy; failed: number | null };
  /** `began`: whether any of its steps ran. */
  "cleanup-cut": { by: CancelReason | "process-ended"; began: boolean };
  /** `held`: for how long a loop was held meanwhile, at most; null where none is known to have been. */
  "failed-though-done": { error: string | null; held: Ticks | null };
  /** `attempts`: how many came to no end. */
  "gave-up": { attempts: number; held: Ticks | null };
  /** `together`: whether one began while another one went on. */
  "lease-lost": { attempts: number; held: Ticks | null; together: boolean };
  /** `steps`: how many the attempt had done that was cut off, or failed. */
  "done-twice": { because: "killed" | "failed"; steps: number };
  /** `acknowledged`: whether that had been done before it failed, so that nothing could have tried it again. */
  "no-retry": { error: string | null; acknowledged: boolean };
  /** `began`: whether any of its steps ran. */
  "acknowledged-early": { began: boolean; cleanupCut: boolean };
  "enqueue-unawaited": { killed: boolean };
  "nobody-heard": Unheard;
  "thread-failed": Unheard | Stray;
  "only-logged": Unheard | Stray;
  /** `status` and `endedAt` are what the work came to after it had been given up. */
  "result-timed-out": { waited: Ticks; status: TaskStatus; endedAt: Ticks | null };
  "promise-not-awaited": { function: string };
  outlived: {
    function: string;
    /** Null when it had not ended by the end of the run, which `until` tells. */
    endedAt: Ticks | null;
    until: Ticks;
    lines: number;
    inPool: boolean;
  };
  "left-behind":
    | { how: "went-on"; function: string; lines: number; values: number; last: Ticks }
    | { how: "cut-off"; left: LeftBehind };
  /** `hasEnded`: whether the process came to its end by itself after all. */
  "kept-alive": { stayed: Ticks; hasEnded: boolean; because: LeftBehind | null };
  unsettled: { function: string; waited: Ticks };
  /** `more`: how many others held the loop likewise and have no finding of their own. */
  "loop-blocked": { holder: Holder; more: number };
  starved:
    | { by: "crowd"; victims: readonly Victim[]; crowd: Crowd }
    /** Steps of nobody's in particular. */
    | ({ by: "sums" } & Summed)
    /** No step is known to have held the thread. */
    | { by: "nobody"; victims: readonly Victim[] };
  "joined-too-long": {
    waited: Ticks;
    wall: Ticks;
    /** Whether main had nothing left to do itself. */
    atExit: boolean;
  };
  race: { race: Race; others: number };
}

/** Where an actor was made, where it stood when it was cut off or the run ended, or where something happened. */
export interface ActorPlace {
  is: "made" | "stood" | "at";
  /** Its number among the places of the trace. */
  place: number;
}

export type Rule = keyof Evidence;

/** A finding of one rule, before anybody has looked up places. */
export interface Detected<R extends Rule> {
  rule: R;
  /**
   * Whom it is about: one, or several of one kind. None where it is about a thread or the whole
   * program; who takes part in a deadlock or a race stands in its evidence.
   */
  actors: readonly number[];
  at: Ticks;
  evidence: Evidence[R];
}

/** A finding of one rule. */
export interface FindingOf<R extends Rule> extends Detected<R> {
  /** Where its actors were made and where they stood, each once, as far as that is known. */
  places: readonly ActorPlace[];
}

/** A finding of any of these rules: the rule says of which shape the evidence is. */
export type AnyOf<R extends Rule> = { [One in R]: FindingOf<One> }[R];

export type Finding = AnyOf<Rule>;
