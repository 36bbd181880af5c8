/**
 * What demands and expectations look at: of what became of a program, all that they are about. A run of a
 * scenario is one such; of a program that was observed one is made (`observed.ts`).
 */
import type { ActorOutcome } from "../reading/entities.ts";
import type { Outcome, TaskOutcome } from "../outcome/outcome.ts";

type Told =
  | "wall"
  | "exitCode"
  | "interruptedBy"
  | "interruption"
  | "lateness"
  | "longestBlock"
  | "overlap"
  | "prints"
  | "strays";

export interface Judgeable extends Pick<Outcome, Told> {
  /** The names that its tasks may be demanded by. */
  scenario: { tasks: readonly { name: string }[] };
  main: Pick<Outcome["main"], "status" | "startedAt" | "endedAt" | "error">;
  launch: Outcome["launch"];
  tasks: readonly JudgedTask[];
  /** How a program ended that tandem did not end, where it came to no end of its own. */
  ended?: string;
  /** By which it is known what a kill of its process would leave; absent where nobody kills that. */
  trace?: Outcome["trace"];
  left: Outcome["left"] & {
    /** A child that had not ended. */
    child?: string | null;
  };
}

export interface JudgedTask extends ActorOutcome {
  status: TaskOutcome["status"];
  /** What it is demanded by: all copies of a task have one name. */
  spec: { name: string };
  /** Whether it was cut off where none of its clean-up can run, of which nobody knows whether it has any. */
  isCut?: boolean;
}
