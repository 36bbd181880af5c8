/**
 * What went wrong in a program that tandem did not write: its rules, and the evidence of each.
 *
 * What a scenario's run can come to as well has the rule and the evidence that it has there. A finding is
 * told only where its evidence is in the trace.
 */
import type { Ticks } from "../../base/duration.ts";
import type { Floated, OutputCut, SettledWithout } from "../calls.ts";
import type { DeadPeer, HangingWait } from "../hang.ts";
import type { Handle, Handler, Leftover, Misused, Swallowed } from "../observations.ts";
import type { OutlivedWork } from "../outlived.ts";
import type { Reading } from "../reading.ts";
import type { Case } from "./case.ts";
import type { ActorPlace, End, Evidence, ExitCall } from "./finding.ts";

/** One process of a program, as its detectors see it. */
export interface Program extends Case {
  reading: Reading;
}

/** The rules that mean in any program what they mean in a scenario's. */
type Shared =
  | "lost-at-close"
  | "never-started"
  | "given-up"
  | "cleanup-cut"
  | "thread-failed"
  | "only-logged"
  | "promise-not-awaited"
  | "left-behind"
  | "unsettled"
  | "loop-blocked";

/** What supports a finding, by its rule. */
export interface ProgramEvidence extends Pick<Evidence, Shared> {
  /** A circle of waits, each for the next and the last for the first. */
  deadlock: { circle: readonly HangingWait[] };
  /**
   * A wait for one's own thread, loop or pool: who waits keeps what it waits for from its turn. Either the waits
   * are known, or the call is.
   */
  "self-wait": { circle: readonly HangingWait[]; misused: Misused | null };
  /** A circle in which a loop's thread waits for a lock that a task of that loop has kept across an await. */
  "lock-across-await": { circle: readonly HangingWait[]; holder: number; taken: number | null };
  /** Who could have ended a wait has come to its own end, in this status. */
  "dead-peer": DeadPeer & { status: string; error: string | null };
  /** Nothing moves any more, and why is not in the trace: who waits for what. */
  "woken-never": { is: "idle" | "blocked"; waits: readonly HangingWait[] };
  /**
   * The process ended with it; `end` is why. `awaited`: those that it waited for, and that were lost with it.
   * `within`: the handler of the process's end that it began in. `without`: what had settled without it before.
   */
  "lost-at-exit": Evidence["abandoned"] & {
    awaited?: readonly number[];
    within?: Handler | null;
    without?: SettledWithout | null;
  };
  /**
   * Nobody could wait for its promise, which was dropped, or kept and never used (null), and it was cut off; or its
   * promise was taken for a yes or a no (`end` null). One that only came to its end without anybody is not told.
   */
  floating: { dropped: Floated | null; end: End | null; awaited: readonly number[] };
  /** What was written and was not yet handed to the system when a call for an exit ended the process. */
  "output-cut": { cuts: readonly OutputCut[]; call: ExitCall | null };
  /** Its loop was closed at that place with it pending, and nobody had cancelled it. */
  "loop-closed-under-tasks": { how: string | null; place: number | null };
  /** The garbage collector took it while it waited: nobody had kept it. */
  "task-collected": { collectedAt: Ticks };
  "coroutine-never-awaited": { isMadeKnown: boolean };
  /** It went on when whoever waited for it (`waiter`) had given up, until then or, where it had not ended, the end. */
  outlived: {
    waiter: number | null;
    by: OutlivedWork["by"];
    /** Where what it was waited for with settled without it, and whose failure that was. */
    place: number | null;
    failed: number | null;
    endedAt: Ticks | null;
    until: Ticks;
  };
  /** A failure that nobody heard of. */
  "failure-unheard": { error: string | null; raisedAt: number | null };
  /** A failure that nobody heard of since another one of its group came first. */
  "failure-swallowed": { error: string | null; raisedAt: number | null; first: number };
  /** It was told to be unheard before somebody heard of it; `logged`: by a line on stderr. */
  "handled-late": { error: string | null; loggedAt: Ticks; heardAt: Ticks; logged: boolean };
  "cancel-swallowed": { times: number; swallowed: Swallowed };
  "loop-in-loop": { times: number; misused: Misused };
  "wrong-thread": { times: number; misused: Misused };
  "wrong-loop": { times: number; misused: Misused };
  "left-in-queue": { left: Leftover };
  /** `why`: what kept it from running. */
  "handler-unrun": { handlers: readonly Handler[]; why: "hang" | "exit" | "unknown" };
  /** Main was over, and this kept the process until somebody ended it. */
  "kept-alive": { since: Ticks; until: Ticks; handles: readonly Handle[] };
  /** Somebody else than main called for the exit, or what was to be done at exit was not. */
  "exit-by": { call: ExitCall; code: number; unrun: number };
  /** `turns`: so many turns of microtasks came before everything else. */
  "loop-starved":
    | Exclude<Evidence["starved"], { by: "nobody" }>
    | ({ by: "turns"; turns: number } & Evidence["loop-blocked"]);
}

export type ProgramRule = keyof ProgramEvidence;

/** A finding of one rule, before anybody has looked up the places of its actors. */
export interface DetectedInProgram<R extends ProgramRule> {
  rule: R;
  /** Whom it is about: one, or several of one kind; none where it is about a thread or the whole program. */
  actors: readonly number[];
  at: Ticks;
  evidence: ProgramEvidence[R];
  /** Where it happened, if that is not where its actors were made or stood; this comes first. */
  place?: number | null;
}

/** A finding of one rule in a program that tandem did not write. */
export interface InProgram<R extends ProgramRule> extends Omit<DetectedInProgram<R>, "place"> {
  places: readonly ActorPlace[];
}

/** A finding of any rule: the rule says of which shape the evidence is. */
export type FoundInProgram = { [R in ProgramRule]: InProgram<R> }[ProgramRule];
