/**
 * Repetition: what several runs of the same came to, for real, where every run is another. What was the same in all
 * of them, what was not, and one run of each ending, the rarest first of all.
 */
import { type Spread, spreadOf } from "../base/shares.ts";
import type { Ticks } from "../base/duration.ts";

/** What one run came to. */
export interface OneRun<Kept> {
  /** How long it took. */
  wall: Ticks;
  /** How it ended, in words: what is the same in two runs that ended alike. */
  ending: string;
  findings: readonly RepeatedFinding[];
  /** What is kept of it, as its trace. */
  kept: Kept;
}

export interface RepeatedFinding {
  /** Equal for what is the same finding in another run. */
  identity: string;
  rule: string;
  message: string;
}

/** Runs that ended alike, with the same findings. */
export interface Ending<Kept> {
  words: string;
  rules: readonly string[];
  runs: number;
  /** The number of the first of them, from 1. */
  first: number;
  /** What is kept of that run; null where there are more endings than are kept. */
  kept: Kept | null;
}

/** A finding, as the first run that had it tells it. */
export interface FindingCount extends RepeatedFinding {
  /** In how many runs it was found. */
  runs: number;
  first: number;
}

/** The most endings of which a run is kept: each may be a trace of a million events. */
const mostKept = 8;

/** How many runs it takes before the first, which warms caches, is left out of the spread. */
const leastForWarmUp = 3;

export class Repetition<Kept> {
  readonly #walls: Ticks[] = [];
  readonly #endings = new Map<string, Ending<Kept>>();
  readonly #findings = new Map<string, FindingCount>();

  get runs(): number {
    return this.#walls.length;
  }

  add({ wall, ending, findings, kept }: OneRun<Kept>): void {
    this.#walls.push(wall);
    const distinct = [...new Map(findings.map((one) => [one.identity, one])).values()];
    const key = JSON.stringify([ending, distinct.map(({ identity }) => identity).toSorted()]);
    const known = this.#endings.get(key);
    if (known === undefined) {
      const rules = distinct.map(({ rule }) => rule);
      this.#endings.set(key, { words: ending, rules, runs: 1, first: this.runs, kept });
      this.#drop();
    } else known.runs++;
    for (const finding of distinct) {
      const count = this.#findings.get(finding.identity);
      if (count === undefined)
        this.#findings.set(finding.identity, { ...finding, runs: 1, first: this.runs });
      else count.runs++;
    }
  }

  /** Lets go of the run of the most frequent ending, where too many are kept. */
  #drop(): void {
    const kept = [...this.#endings.values()].filter((one) => one.kept !== null);
    if (kept.length <= mostKept) return;
    kept.reduce((most, one) => (one.runs > most.runs ? one : most)).kept = null;
  }

  /** How long the first run took, where the spread is that of the others; null where it is of all. */
  get warmUp(): Ticks | null {
    return this.runs < leastForWarmUp ? null : this.#walls[0]!;
  }

  /** @throws when not one run has been taken in. */
  get spread(): Spread {
    return spreadOf(this.#walls.slice(this.warmUp === null ? 0 : 1));
  }

  /** From the most frequent to the rarest. */
  get endings(): Ending<Kept>[] {
    return [...this.#endings.values()].toSorted((a, b) => b.runs - a.runs || a.first - b.first);
  }

  /** From the most frequent to the rarest. */
  get findings(): FindingCount[] {
    return [...this.#findings.values()].toSorted((a, b) => b.runs - a.runs || a.first - b.first);
  }

  /** Of the endings of which a run is kept the rarest; of several that are as rare the one with most findings. */
  get rarest(): Ending<Kept> {
    return this.endings
      .filter(({ kept }) => kept !== null)
      .reduce((rarest, one) => {
        if (one.runs !== rarest.runs) return one.runs < rarest.runs ? one : rarest;
        return one.rules.length > rarest.rules.length ? one : rarest;
      });
  }
}
