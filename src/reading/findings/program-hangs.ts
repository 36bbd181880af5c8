/** Findings about a program in which nothing moves any more: circles of waits, dead peers, lost wake-ups. */
import { actorsByNumber } from "../entities.ts";
import type { Hang, HangingWait } from "../hang.ts";
import type { DetectedInProgram, Program } from "./program-finding.ts";

/** Waits that lead back to themselves. */
export function circles(
  program: Program,
): DetectedInProgram<"deadlock" | "self-wait" | "lock-across-await">[] {
  return program.reading.hangs
    .filter(({ circle }) => circle.length > 0)
    .map(({ circle }) => {
      const actors = circle.map(({ actor }) => actor);
      // Where a call stands that waits: whoever wants a turn alone stands where it was before.
      const calls = circle.filter((wait) => wait.for !== "thread");
      const all = calls.length > 0 ? calls : circle;
      const [{ since: at, place }] = all.toSorted((a, b) => a.since - b.since) as [HangingWait];
      const found = { actors, at, place };
      const holding = lockAcrossAwait(program, circle);
      if (holding !== null)
        return { ...found, rule: "lock-across-await", evidence: { circle, ...holding } };
      // Who waits for a turn waits for whoever keeps the thread.
      if (circle.length === 1 || circle.some((wait) => wait.for === "thread"))
        return { ...found, rule: "self-wait", evidence: { circle, misused: null } };
      return { ...found, rule: "deadlock", evidence: { circle } };
    });
}

/** The task in a circle that keeps a lock for which the thread of its own loop stands still. */
function lockAcrossAwait(
  { reading }: Program,
  circle: readonly HangingWait[],
): { holder: number; taken: number | null } | null {
  if (!circle.some((wait) => wait.for === "thread")) return null;
  const kept = circle.flatMap(({ resource, whom }) =>
    reading.holders.filter((one) => one.resource === resource && one.actor === whom),
  );
  const [holding] = kept;
  return holding === undefined ? null : { holder: holding.actor, taken: holding.place };
}

/** Waits that nobody is left to end. */
export function deadPeers({ reading }: Program): DetectedInProgram<"dead-peer">[] {
  const statuses = actorsByNumber(reading.actors);
  return reading.hangs.flatMap(({ dead }) =>
    [...Map.groupBy(dead, ({ peer, wait }) => `${peer} ${wait.place}`).values()].map((alike) => {
      const [one] = alike as [(typeof alike)[number]];
      const { status = "unknown", error = null } = statuses.get(one.peer) ?? {};
      return {
        rule: "dead-peer",
        actors: alike.map(({ wait }) => wait.actor),
        at: one.wait.since,
        place: one.wait.place,
        evidence: { ...one, status, error },
      };
    }),
  );
}

/** A hang of which nothing more is known than who waits for what. */
export function wokenNever(program: Program): DetectedInProgram<"woken-never">[] {
  return program.reading.hangs
    .filter(({ circle, dead }) => circle.length === 0 && dead.length === 0)
    .filter(() => !isOver(program))
    .map((hang) => ({ hang, waits: waitsThatCount(program, hang) }))
    .filter(({ waits }) => waits.length > 0 && !isOfHeldLoop(program, waits))
    .map(({ hang, waits }) => ({
      rule: "woken-never",
      actors: waits.map(({ actor }) => actor),
      at: Math.min(...waits.map(({ since }) => since)),
      place: waits[0]!.place,
      evidence: { is: hang.is, waits },
    }));
}

/** Whether all wait for whoever holds the thread of a loop that floats, which is told of with that. */
function isOfHeldLoop({ floats, blames }: Program, waits: readonly HangingWait[]): boolean {
  const keepers = new Set(
    blames.flatMap(({ holds }) =>
      holds.filter(({ hold }) => hold.seen?.goesOn === true).map(({ hold }) => hold.actor),
    ),
  );
  return (
    floats &&
    keepers.size > 0 &&
    waits.every((wait) => keepers.has(wait.actor) || wait.for === "thread")
  );
}

/** Whether main has come to its end, so that what is told is what keeps the process. */
function isOver({ main }: Program): boolean {
  return main.status === "finished" || main.status === "failed";
}

/** Those whose waits keep the program from going on: a daemon may wait for ever. */
function waitsThatCount({ reading, main }: Program, { waits }: Hang): HangingWait[] {
  const lost = new Set(reading.actors.filter((one) => one.lost).map(({ number }) => number));
  // What main stands waiting for is lost with it.
  for (const one of reading.chains.line(main.actor)) lost.add(one);
  const count = waits.filter(({ actor }) => lost.has(actor));
  return count.length > 0 ? count : [...waits];
}
