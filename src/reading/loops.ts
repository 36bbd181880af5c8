/** Event loops: from when to when each was open, who held its thread, and who was late through that. */
import type { Ticks } from "../base/duration.ts";
import type { Definitions, LoopDefinition } from "../trace/definitions.ts";
import type { LogCursor } from "./cursor.ts";
import { type Blame, BlameReader } from "./blame.ts";
import type { Entities } from "./entities.ts";
import { type Hold, HoldReader, type HoldSeen } from "./holds.ts";
import type { Sum } from "./sums.ts";
import type { LateTurn } from "./victims.ts";

export interface LoopOutcome {
  /** Null where no definition names it. */
  number: number | null;
  thread: number;
  /** The synchronous program of its thread; null where none was heard of. */
  main: number | null;
  rules: LoopDefinition["rules"];
  openedAt: Ticks;
  closingAt: Ticks | null;
  /** Null when it was open to the end. */
  closedAt: Ticks | null;
  /** What opened and closed it, in the program's own words, and where; null where that is not told. */
  opened: Gate | null;
  closed: Gate | null;
  /** The longest of all steps that held its thread, those included that are told in sums; null for none. */
  longestBlock: Hold | null;
  /** Who held its thread for long, and who was late through whom. */
  blame: Blame;
}

/** What opens a loop, or closes it. */
export interface Gate {
  how: string | null;
  place: number | null;
}

/** The gate that an event tells of; null where it tells nothing of it. */
export function gateOf({ text, place }: LogCursor): Gate | null {
  return text === undefined && place === null ? null : { how: text ?? null, place };
}

/** A loop while its trace is read. */
export class LoopReader {
  readonly holds: HoldReader;
  readonly #outcome: Omit<LoopOutcome, "blame">;
  readonly #blame: BlameReader;
  /** Who has its thread to the end of the record; null where nobody. */
  keeper: number | null = null;
  /** Who was late within the hold that has not ended. */
  readonly #lateWithin: LateTurn[] = [];
  readonly #entities: Entities;

  constructor(
    outcome: Omit<LoopOutcome, "blame">,
    known: ConstructorParameters<typeof HoldReader>[1],
    { blame, entities }: { blame: BlameReader; entities: Entities },
  ) {
    this.#outcome = outcome;
    this.#blame = blame;
    this.#entities = entities;
    this.holds = new HoldReader(outcome, known, (hold) => this.#wasHeld(hold));
  }

  get number(): number | null {
    return this.#outcome.number;
  }

  /** Whether it goes by JavaScript's rules. */
  get floats(): boolean {
    return this.#outcome.rules === "javascript";
  }

  closing(at: Ticks): void {
    this.#outcome.closingAt ??= at;
  }

  closed(event: LogCursor): void {
    this.#outcome.closedAt ??= event.at;
    this.#outcome.closed ??= gateOf(event);
  }

  get openedAt(): Ticks {
    return this.#outcome.openedAt;
  }

  get isOpen(): boolean {
    return this.#outcome.closedAt === null;
  }

  /** A turn on its thread came late, or not at all. */
  late(turn: LateTurn): void {
    // Where the loop floats, a sleep can be cut off in the very turn that made it late.
    if (this.holds.open === null) this.#blame.late(turn);
    else this.#lateWithin.push(turn);
  }

  /**
   * Steps of an actor's were too short to be told one by one. Only how long the longest was is known, and
   * that it was over by now: since when the actor has had them is not, so who was late through them cannot
   * be told.
   */
  folded(longest: Ticks, actor: number, at: Ticks): void {
    const hold = { at: Math.max(0, at - longest), ticks: longest, actor, source: null };
    this.#keepLongest({ ...hold, parts: [{ actor, ticks: longest }] });
  }

  /** Steps of nobody's in particular. */
  summed(sum: Sum): void {
    this.#blame.summed(sum);
  }

  result(): LoopOutcome {
    return { ...this.#outcome, blame: this.#blame.read() };
  }

  #wasHeld(ended: Hold): void {
    const hold = ended.seen?.goesOn === true ? this.#asSeen(ended, ended.seen) : ended;
    if (hold.seen?.goesOn === true) this.keeper = hold.actor;
    // That a busy machine gave a step no core is no block of the program's.
    if (hold.seen?.kind !== "queued") this.#keepLongest(hold);
    const actor = this.#entities.taskOf(hold.actor);
    this.#blame.held(actor === hold.actor ? hold : { ...hold, actor });
    // Who was cut off and then held the thread itself was not kept waiting by that.
    for (const turn of this.#lateWithin) if (turn.actor !== hold.actor) this.#blame.late(turn);
    this.#lateWithin.length = 0;
  }

  /** A hold that nothing has ended, with where its actor, or the program of its thread, was seen last. */
  #asSeen(hold: Hold, seen: HoldSeen): Hold {
    const by = this.#entities.actor(hold.actor);
    const { main } = this.#entities.thread(this.#outcome.thread);
    const who = by.lastPlace === null && main !== null ? main : by;
    const stack = this.#entities.stacks.get(who.number) ?? null;
    return { ...hold, seen: { ...seen, place: who.lastPlace, stack } };
  }

  #keepLongest(hold: Hold): void {
    if (hold.ticks > (this.#outcome.longestBlock?.ticks ?? 0)) this.#outcome.longestBlock = hold;
  }
}

/**
 * The loop that opens on a thread after another one; asyncio's rules hold where none is defined.
 *
 * @param before the number of the one before; null for the first.
 */
export function nextLoop(
  { loops }: Definitions,
  thread: number,
  before: number | null,
): { number: number | null; rules: LoopDefinition["rules"] } {
  let isBehind = before === null;
  for (const [number, loop] of loops) {
    if (isBehind && loop.thread === thread) return { number, rules: loop.rules };
    isBehind ||= number === before;
  }
  return { number: null, rules: "asyncio" };
}
