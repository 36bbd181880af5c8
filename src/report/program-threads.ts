/** Threads: what each is for, what it ran, and where it stood when it, or the record, ended. */
import type { ActorOutcome, ThreadOutcome } from "../reading/entities.ts";
import type { LoopOutcome } from "../reading/loops.ts";
import type { Join } from "../reading/observations.ts";
import type { Reading } from "../reading/reading.ts";
import type { Block } from "./program-blocks.ts";
import type { Standing } from "./program-standings.ts";

export interface ThreadReport extends ThreadOutcome {
  /** What it is for: the program of its process, or the one that it was started with; null for a pool's. */
  program: ActorOutcome | null;
  /** Other synchronous programs that it ran. */
  others: readonly ActorOutcome[];
  /** The jobs of a pool that it did. */
  jobs: readonly ActorOutcome[];
  loops: readonly LoopOutcome[];
  /** What the loops were entered with. */
  entries: readonly ActorOutcome[];
  /** Whoever waited for its end; null where nobody did. */
  joined: Join | null;
  /** Where it stood when it, or the record, ended. */
  stoodAt: number | null;
}

/** What those stand at who run on threads. */
interface Standings {
  standings: ReadonlyMap<number, Standing>;
  blocks: readonly Block[];
}

export function threadsOf(reading: Reading, { standings, blocks }: Standings): ThreadReport[] {
  const { threads, actors, loops } = reading;
  const ran = Map.groupBy(
    actors.filter(({ thread }) => thread !== null),
    ({ thread }) => thread!,
  );
  return threads.map((thread) => {
    const own = ran.get(thread.number) ?? [];
    const ofKind = (kind: string): ActorOutcome[] => own.filter((one) => one.kind === kind);
    const [program = null, ...others] = [...ofKind("main"), ...ofKind("thread")];
    const entries = ofKind("launch");
    const jobs = ofKind("job");
    const current = thread.isWorker ? jobs.at(-1) : program;
    return {
      ...thread,
      program,
      others,
      jobs,
      loops: loops.filter((loop) => loop.thread === thread.number),
      entries,
      joined: joinOf(thread.name, program, reading),
      stoodAt:
        blocks.find(({ thread: of, isOver }) => of === thread.number && !isOver)?.place ??
        stoodAt(own, current ?? null, {
          standings,
          stacks: reading.stacks,
          loops: loops.filter((loop) => loop.thread === thread.number),
        }),
    };
  });
}

/** Where a thread stands: with the innermost of what it runs that has not ended, or where its program ended. */
function stoodAt(
  own: readonly ActorOutcome[],
  program: ActorOutcome | null,
  { standings, stacks, loops }: Pick<Standings, "standings"> & Pick<Reading, "stacks" | "loops">,
): number | null {
  // What ended by an error of something that it ran stood in its own function then.
  if (program?.status === "failed") {
    const turned = loops.findLast(({ closedAt }) => closedAt === null)?.opened?.place ?? null;
    return stacks.get(program.number)?.at(-1) ?? turned ?? program.lastPlace;
  }
  const running = own.findLast(({ number }) => {
    const at = standings.get(number)?.at;
    return at === "wait" || at === "block" || at === "compute" || at === "call";
  });
  const standing = standings.get(running?.number ?? program?.number ?? NaN);
  return standing?.place ?? program?.lastPlace ?? null;
}

/** Who waited for a thread's end. */
function joinOf(
  name: string,
  program: ActorOutcome | null,
  { standstills, joins }: Reading,
): Join | null {
  const join = joins.get(program?.number ?? NaN);
  if (join !== undefined) return join;
  for (const { actor, stretches } of standstills)
    for (const { for: what, whom, of, place } of stretches)
      if (what === "join" && (whom === null ? of === name : whom === program?.number))
        return { actor, place };
  return null;
}
