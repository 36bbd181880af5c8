/** Stretches for which a thread was held, with where it stood meanwhile, and who was late through that. */
import type { Blame } from "../reading/blame.ts";
import type { Victim } from "../reading/victims.ts";
import type { Hold, HoldKind } from "../reading/holds.ts";
import type { Reading } from "../reading/reading.ts";
import type { Standing } from "./program-standings.ts";

export interface Block {
  /** Null for those of threads that turn no loop. */
  thread: number | null;
  hold: Hold;
  victims: readonly Victim[];
  /** Whether it stood still or computed; null where nobody can tell. */
  kind: HoldKind | null;
  /** The call in which it stood. */
  call: string | null;
  place: number | null;
  /** Whether the thread was given back; if not, it is held for ever, as far as the record goes. */
  isOver: boolean;
}

/** In the order of loops, and of time. */
export function blocksOf(
  { loops, elsewhere }: Reading,
  standings: ReadonlyMap<number, Standing>,
): Block[] {
  const blocks = ({ holds }: Blame, thread: number | null): Block[] =>
    holds.map(({ hold, victims }) => {
      const { seen } = hold;
      const isOver = seen?.goesOn !== true;
      // Where the step has no end, whoever has it stands there still.
      const standing = isOver ? undefined : standings.get(hold.actor);
      return {
        thread,
        hold,
        victims,
        kind: seen?.kind ?? (isOver ? null : "blocked"),
        call: seen?.call ?? hold.source?.text ?? null,
        place: seen?.place ?? hold.source?.place ?? standing?.place ?? null,
        isOver,
      };
    });
  return [
    ...loops.flatMap(({ blame, thread }) => blocks(blame, thread)),
    ...blocks(elsewhere, null),
  ];
}
