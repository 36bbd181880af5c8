/**
 * Steps of a thread that are told in sums only and are nobody's in particular, and whom they made late.
 *
 * When such steps were is not known, only that they lie between the last sums of their thread and these. So
 * a late turn is theirs as far as they had no room elsewhere: of 950 ms in a second at least 350 ms fall into
 * any 400 ms of it. Where the thread had time to spare nothing follows, and nobody is blamed.
 */
import type { Ticks } from "../base/duration.ts";
import { type LateTurn, noticeable, type Victim, Victims } from "./victims.ts";

/** Steps of one stretch. */
export interface Sum {
  from: Ticks;
  to: Ticks;
  count: number;
  busy: Ticks;
  longest: Ticks;
  /** The function that most of what came behind them goes on with, as far as that is told. */
  place: number | null;
}

/** Steps that were told in sums, and made somebody late for certain. */
export interface Summed {
  /** Those of the stretch in which the latest waited for them longest. */
  sum: Sum;
  victims: Victim[];
}

/** A late turn, as far as nothing explains it, while sums may still come. */
interface Waiting {
  turn: LateTurn;
  rest: Ticks;
  /** How much of it is due to sums for certain, and the one that most is due to. */
  share: Ticks;
  most: { share: Ticks; sum: Sum } | null;
}

/** The most turns that are kept; where no sums come, none are needed. */
const mostWaiting = 1 << 14;

export class SumReader {
  readonly #onUnexplained: (turn: LateTurn, rest: Ticks) => void;
  readonly #victims: Victims;
  #waiting: Waiting[] = [];
  /** Those that were told last, all at one instant. */
  #sum: Sum | null = null;
  #worst: { share: Ticks; sum: Sum } | null = null;

  /**
   * @param nameOf what copies of a task have in common.
   * @param onUnexplained hears of each late turn, in their order, what sums do not explain of it.
   */
  constructor(
    nameOf: (actor: number) => unknown,
    onUnexplained: (turn: LateTurn, rest: Ticks) => void,
  ) {
    this.#victims = new Victims(nameOf, false);
    this.#onUnexplained = onUnexplained;
  }

  /** A turn came late. @param rest how much of that nothing explains. */
  late(turn: LateTurn, rest: Ticks): void {
    if (this.#waiting.length === mostWaiting) this.#tell(this.#waiting.splice(0));
    this.#waiting.push({ turn, rest, share: 0, most: null });
  }

  /** Steps are told. @param sum its beginning is where its thread's loop opened, if no other came before. */
  add(sum: Sum): void {
    const last = this.#sum;
    if (last === null || sum.to > last.to) {
      this.#settle();
      this.#sum = { ...sum, from: Math.max(sum.from, last?.to ?? 0) };
      return;
    }
    last.count += sum.count;
    last.busy += sum.busy;
    last.longest = Math.max(last.longest, sum.longest);
  }

  /** Nothing comes any more. */
  read(): Summed | null {
    this.#settle();
    this.#tell(this.#waiting.splice(0));
    return this.#worst && { sum: this.#worst.sum, victims: this.#victims.toList() };
  }

  /** The sums of an instant are complete: each turn has its share, and those before it are told. */
  #settle(): void {
    const sum = this.#sum;
    if (sum === null) return;
    for (const waiting of this.#waiting) {
      const share = leastWithin(sum, waiting.turn);
      waiting.share += share;
      if (share > (waiting.most?.share ?? 0)) waiting.most = { share, sum };
    }
    const isOver = ({ turn }: Waiting): boolean => turn.at <= sum.to;
    this.#tell(this.#waiting.filter(isOver));
    this.#waiting = this.#waiting.filter((one) => !isOver(one));
  }

  #tell(all: readonly Waiting[]): void {
    for (const { turn, rest, share: certain, most } of all) {
      const share = Math.min(certain, rest);
      const isTheirs = share >= noticeable && share * 2 >= rest;
      if (isTheirs) {
        this.#victims.add(turn, share);
        if (share > (this.#worst?.share ?? 0)) this.#worst = { share, sum: most!.sum };
      }
      this.#onUnexplained(turn, isTheirs ? rest - share : rest);
    }
  }
}

/** For how long steps held the thread between a turn's due time and itself, at least. */
function leastWithin({ from, to, busy }: Sum, { due, at }: LateTurn): Ticks {
  const within = Math.min(at, to) - Math.max(due, from);
  return within <= 0 ? 0 : Math.max(0, Math.min(busy, to - from) - (to - from - within));
}
