/**
 * Who was late through whom: every late turn, divided among the holds that lie between its due time
 * and itself. What is due is the end of a sleep, and the first turn of a task.
 *
 * Invariant: a hold is known before whom it made late; who was, within it, is told of after it. Of
 * holds no more is kept than a turn to come can have waited for, and of those told a bounded number;
 * what is kept of victims grows with their names and tasks, not with their turns.
 */
import type { Ticks } from "../base/duration.ts";
import type { Hold } from "./holds.ts";
import { type Sum, type Summed, SumReader } from "./sums.ts";
import {
  type LateTurn,
  type NameOf,
  slow,
  type Thresholds,
  type Victim,
  Victims,
} from "./victims.ts";

/** Somebody who held the loop's thread for a slow step or more: a name of the document. */
export interface Holder {
  longest: Hold;
  /** How many such holds, and by how many tasks of the name. */
  holds: number;
  tasks: number;
  victims: Victim[];
}

/** Steps none of which is slow, and which made somebody late together. */
export interface Crowd {
  /** How many steps, of which tasks, made the latest wait. */
  steps: number;
  actors: number[];
  longest: Ticks;
  victims: Victim[];
}

export interface Blame {
  /** The longest slow holds, in the order of time, each with whom it made late. */
  holds: { hold: Hold; victims: Victim[] }[];
  /** All whose holds were slow; who held longest comes first. */
  holders: Holder[];
  crowd: Crowd | null;
  /** Steps that are nobody's in particular, told in sums only. */
  summed: Summed | null;
  /** Late though nothing of the run held the thread; never in virtual time. */
  unexplained: Victim[];
}

/** What there is to be told where nobody held anything for long and nobody was late. */
export function noBlame(): Blame {
  return { holds: [], holders: [], crowd: null, summed: null, unexplained: [] };
}

/** The most holds that are told one by one. */
const mostTold = 100;

/** What small holds are kept at least before it is looked which of them nobody can wait for any more. */
const fewRecent = 1 << 14;

/** Slow holds of one name, one right after the other. */
interface Series {
  holder: OpenHolder;
  from: Ticks;
  to: Ticks;
}

interface OpenHolder {
  longest: Hold;
  holds: number;
  actors: Set<number>;
  victims: Victims;
  /** Its share in the turn that is being looked at. */
  share: Ticks;
}

export class BlameReader {
  readonly #nameOf: NameOf;
  readonly #oldestDue: () => Ticks;
  readonly #slow: Ticks;
  readonly #noticeable: Ticks;
  /** From how much lateness on steps are told of that are not slow, one by one. */
  readonly #tellCrowd: Ticks;
  /** From how much on lateness that nothing explains is told; Infinity in virtual time. */
  readonly #tellUnexplained: Ticks;
  /** How long the thread may be free before nobody can be waiting for what held it before. */
  readonly #rest: Ticks;
  readonly #holders = new Map<unknown, OpenHolder>();
  #series: Series[] = [];
  readonly #involved: OpenHolder[] = [];
  #told: { hold: Hold; victims: Victims }[] = [];
  readonly #small = new SmallHolds();
  #mostRecent = fewRecent;
  readonly #crowded: Victims;
  /** The turn that the crowd kept waiting longest, while its steps are still to be counted. */
  #worst: { by: Ticks; from: number; to: number } | null = null;
  #crowd: Omit<Crowd, "victims"> & { by: Ticks } = { by: 0, steps: 0, actors: [], longest: 0 };
  readonly #sums: SumReader;
  readonly #unexplained: Victims;
  #heldTo: Ticks = 0;

  /**
   * @param nameOf what copies of a task have in common.
   * @param oldestDue when the first of those who sleep or have not begun is due.
   * @param limits the trace's thresholds, and by how much a real run is late for no reason: 0 in virtual time.
   */
  constructor(
    nameOf: NameOf,
    oldestDue: () => Ticks,
    { thresholds, precision }: { thresholds: Thresholds; precision: Ticks },
  ) {
    this.#nameOf = nameOf;
    this.#oldestDue = oldestDue;
    this.#slow = thresholds.slow;
    this.#noticeable = thresholds.noticeable;
    this.#tellCrowd = Math.max(slow, thresholds.slow);
    this.#rest = precision;
    this.#tellUnexplained = precision === 0 ? Infinity : Math.max(slow, precision);
    this.#crowded = new Victims(nameOf, false);
    this.#unexplained = new Victims(nameOf, false);
    this.#sums = new SumReader(nameOf, (turn, rest) => {
      if (rest >= this.#tellUnexplained) this.#unexplained.add(turn, rest);
    });
  }

  /** A hold has ended. */
  held(hold: Hold): void {
    // Whoever was due before has had its turn while the thread was free.
    if (hold.at > this.#heldTo + this.#rest) this.#forget(hold.at);
    this.#heldTo = hold.at + hold.ticks;
    if (hold.ticks >= this.#slow) this.#heldSlowly(hold);
    else if (this.#small.add(hold) > this.#mostRecent) {
      this.#forget(this.#oldestDue());
      this.#mostRecent = Math.max(fewRecent, this.#small.length * 2);
    }
  }

  /** A turn came late. */
  late(turn: LateTurn): void {
    const late = turn.at - turn.due;
    const slowly = this.#slowly(turn);
    const [first, by] = this.#small.between(turn.due, turn.at);
    const enough = this.#tellCrowd;
    if (by >= enough || (late >= enough && by >= this.#noticeable && by > slowly)) {
      this.#crowded.add(turn, by);
      if (by > this.#crowd.by && by > (this.#worst?.by ?? 0))
        this.#worst = { by, from: first, to: this.#small.length };
    }
    const rest = late - slowly - by;
    if (rest >= this.#tellUnexplained) this.#sums.late(turn, rest);
  }

  /** Steps of the thread are told in a sum. */
  summed(sum: Sum): void {
    this.#sums.add(sum);
  }

  read(): Blame {
    this.#countWorst();
    const summed = this.#sums.read();
    return {
      holds: this.#told.map(({ hold, victims }) => ({ hold, victims: victims.toList() })),
      holders: [...this.#holders.values()]
        .map(({ longest, holds, actors, victims }) => ({
          longest,
          holds,
          tasks: actors.size,
          victims: victims.toList(),
        }))
        .toSorted((a, b) => b.longest.ticks - a.longest.ticks),
      crowd: this.#crowd.by > 0 ? { ...this.#crowd, victims: this.#crowded.toList() } : null,
      summed,
      unexplained: this.#unexplained.toList(),
    };
  }

  #heldSlowly(hold: Hold): void {
    const name = this.#nameOf(hold.actor);
    let holder = this.#holders.get(name);
    if (holder === undefined) {
      const victims = new Victims(this.#nameOf, false);
      holder = { longest: hold, holds: 0, actors: new Set(), victims, share: 0 };
      this.#holders.set(name, holder);
    }
    holder.holds++;
    holder.actors.add(hold.actor);
    if (hold.ticks > holder.longest.ticks) holder.longest = hold;
    const to = hold.at + hold.ticks;
    const last = this.#series.at(-1);
    if (last?.holder === holder && last.to === hold.at) last.to = to;
    else this.#series.push({ holder, from: hold.at, to });
    this.#tell(hold);
  }

  #tell(hold: Hold): void {
    if (this.#told.length === mostTold) {
      const least = this.#told.reduce((a, b) => (b.hold.ticks < a.hold.ticks ? b : a));
      if (least.hold.ticks >= hold.ticks) return;
      this.#told.splice(this.#told.indexOf(least), 1);
    }
    this.#told.push({ hold, victims: new Victims(this.#nameOf, true) });
  }

  /** Blames the slow holds for a late turn. @returns how much of its lateness they explain. */
  #slowly(turn: LateTurn): Ticks {
    const { due, at } = turn;
    let sum = 0;
    const series = this.#series;
    for (let k = series.length - 1; k >= 0 && series[k]!.to > due; k--) {
      const { holder, from, to } = series[k]!;
      if (holder.share === 0) this.#involved.push(holder);
      const share = Math.min(to, at) - Math.max(from, due);
      holder.share += share;
      sum += share;
    }
    if (sum === 0) return 0;
    for (const holder of this.#involved) {
      if (holder.share >= this.#noticeable) holder.victims.add(turn, holder.share);
      holder.share = 0;
    }
    this.#involved.length = 0;
    for (let k = this.#told.length - 1; k >= 0; k--) {
      const { hold, victims } = this.#told[k]!;
      if (hold.at + hold.ticks <= due) break;
      const share = shareOf(hold, turn);
      if (share >= this.#noticeable) victims.add(turn, share);
    }
    return sum;
  }

  /** What ended by this instant can make nobody late any more. */
  #forget(before: Ticks): void {
    this.#countWorst();
    this.#small.forget(before);
    if (this.#series.length > 0 && this.#series[0]!.to <= before)
      this.#series = this.#series.filter(({ to }) => to > before);
  }

  #countWorst(): void {
    if (this.#worst === null) return;
    const { by, from, to } = this.#worst;
    this.#worst = null;
    this.#crowd = { by, ...this.#small.count(from, to) };
  }
}

/** For how long a hold kept a late turn waiting. */
export function shareOf({ at, ticks }: Hold, turn: Pick<LateTurn, "due" | "at">): Ticks {
  return Math.min(at + ticks, turn.at) - Math.max(at, turn.due);
}

/** Holds that are not slow: a crowd may have a million of them. */
class SmallHolds {
  #at: number[] = [];
  #to: number[] = [];
  #actor: number[] = [];
  /** How long all before it were. */
  #before: number[] = [];
  #sum = 0;

  get length(): number {
    return this.#at.length;
  }

  /** @returns how many there are now. */
  add({ at, ticks, actor }: Hold): number {
    this.#at.push(at);
    this.#to.push(at + ticks);
    this.#actor.push(actor);
    this.#before.push(this.#sum);
    this.#sum += ticks;
    return this.#at.length;
  }

  /** The first that ended later than an instant. */
  #firstAfter(instant: Ticks): number {
    let low = 0;
    let high = this.#to.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#to[middle]! > instant) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first that ended later than an instant, and for how long all held from there to another one. */
  between(due: Ticks, at: Ticks): [first: number, sum: Ticks] {
    const first = this.#firstAfter(due);
    if (first === this.#to.length) return [first, 0];
    const early = Math.max(0, due - this.#at[first]!);
    const lately = Math.max(0, this.#to.at(-1)! - at);
    return [first, this.#sum - this.#before[first]! - early - lately];
  }

  count(from: number, to: number): Omit<Crowd, "victims"> {
    let longest = 0;
    for (let k = from; k < to; k++) longest = Math.max(longest, this.#to[k]! - this.#at[k]!);
    return { steps: to - from, actors: [...new Set(this.#actor.slice(from, to))], longest };
  }

  forget(before: Ticks): void {
    const first = this.#firstAfter(before);
    if (first === 0) return;
    if (first === this.#to.length) {
      this.#at.length = this.#to.length = this.#actor.length = this.#before.length = 0;
      return;
    }
    this.#at = this.#at.slice(first);
    this.#to = this.#to.slice(first);
    this.#actor = this.#actor.slice(first);
    this.#before = this.#before.slice(first);
  }
}
