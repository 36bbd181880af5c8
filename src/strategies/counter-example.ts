/**
 * The smallest change of a scenario under which a choice of strategy would be wrong.
 *
 * Found by search in virtual time: each step longer and shorter, failing tasks, steps that block
 * instead of sleeping, waits left out. What is found has been run, so what it claims is so; and whatever
 * is smaller on the finest grid (`candidates.ts`) has been run as well, as far as the runs suffice.
 */
import type { Change } from "../scenario/change.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import { figuresOf } from "./comparison.ts";
import { type Demand, lacksOf } from "./demands.ts";
import type { Simulate } from "../remedies/simulate.ts";

export interface CounterExample {
  change: Change;
  /** The demands that the choice does not meet under it. */
  lacks: string[];
  /** The simplest strategy that would meet all demands; null where none would. */
  instead: Strategy | null;
}

/** A question: when a choice would be wrong. */
export interface Question {
  scenario: Scenario;
  choice: Strategy;
  /** The strategies that might be right instead, the simplest first. */
  others: (changed: Scenario) => readonly Strategy[];
  demands: readonly Demand[];
}

/**
 * Searches for the smallest change under which the choice lacks something and another strategy does not.
 *
 * Where no strategy would do, it is the wish that is wrong and not the choice; so such a change is
 * told only where there is no other.
 *
 * @param mostRuns about as many runs it may take to find what the choice lacks, and as many again to
 *   find what would be right. Where they do not suffice for all steps, the longest are tried.
 * @returns null where none of the changes does.
 */
export function findCounterExample(
  question: Question,
  simulate: Simulate,
  mostRuns: number,
): CounterExample | null {
  const search = new Search(question, simulate, mostRuns);
  for (const group of candidatesOf(question.scenario, question.demands, mostRuns))
    for (const candidate of group) search.try(candidate);
  search.ask();
  return search.best ?? search.hopeless;
}

class Search {
  /** The smallest changes so far: one under which another strategy is right, and one under which none is. */
  best: CounterExample | null = null;
  hopeless: CounterExample | null = null;
  readonly #question: Question;
  readonly #simulate: Simulate;
  /** A representative of each class of strategies with equal figures, in the scenario as it is. */
  readonly #likely: ReadonlySet<string>;
  /** The candidates under which the choice lacks something, and so do all likely strategies. */
  readonly #open: { candidate: Candidate; lacks: string[] }[] = [];
  #runs: number;
  #asked: number;
  /** The runs reserved for asking all strategies. */
  readonly #reserve: number;

  constructor(question: Question, simulate: Simulate, mostRuns: number) {
    this.#question = question;
    this.#simulate = simulate;
    this.#runs = this.#asked = mostRuns;
    this.#reserve = mostRuns / 4;
    const { scenario, others, demands } = question;
    const kinds = new Map<string, string>();
    for (const strategy of others(scenario).slice(0, Math.floor(mostRuns / 4))) {
      this.#asked--;
      const outcome = simulate(scenario, strategy);
      const figures = { ...figuresOf(outcome), strategy: "" };
      const kind = JSON.stringify([figures, lacksOf(outcome, demands)]);
      if (!kinds.has(kind)) kinds.set(kind, strategy.name);
    }
    this.#likely = new Set(kinds.values());
  }

  /** Tries a change, and what was left out before it if it makes the choice wrong. */
  try(candidate: Candidate): void {
    if (candidate.least >= this.#limit || this.#asked <= this.#reserve) return;
    const lacks = this.#lacksOfChoice(candidate.change);
    if (lacks.length === 0) return;
    // An edit, such as a failure, may tell apart strategies that are equal without it, so all are asked.
    if (candidate.change.isEdit) this.#askAll(candidate, lacks);
    else if (this.#isWrong(candidate.change, lacks, "likely")) this.#narrow(candidate);
    else this.#open.push({ candidate, lacks });
  }

  /** Asks all strategies about the open candidates. */
  ask(): void {
    this.#open.sort((a, b) => a.candidate.change.size - b.candidate.change.size);
    for (const { candidate, lacks } of this.#open)
      if (candidate.least < this.#limit) this.#askAll(candidate, lacks);
  }

  #askAll(candidate: Candidate, lacks: string[]): void {
    const { change } = candidate;
    if (this.#isWrong(change, lacks, "all")) this.#narrow(candidate);
    // Where the runs did not suffice for all others, it is not known whether one is right.
    else if (
      this.#asked >= 0 &&
      (this.hopeless === null || change.size < this.hopeless.change.size)
    )
      this.hopeless = { change, lacks, instead: null };
  }

  /** The size from which on a change is not tried, since a smaller one has been found. */
  get #limit(): number {
    if (this.#runs <= 0 || this.#asked <= 0) return 0;
    return this.best?.change.size ?? Infinity;
  }

  /** Bisection: the smallest change of this kind under which the choice is wrong lies between none and this one. */
  #narrow({ between }: Candidate): void {
    if (between === null) return;
    const { knob, durations } = between;
    let [right, wrong] = [-1, durations.length];
    while (wrong - right > 1) {
      const middle = Math.floor((right + wrong) / 2);
      const change = knob.to(durations[middle]!);
      const lacks = this.#lacksOfChoice(change);
      if (lacks.length > 0 && this.#isWrong(change, lacks, "likely")) wrong = middle;
      else right = middle;
    }
  }

  #lacksOfChoice({ apply }: Change): string[] {
    const { scenario, choice, demands } = this.#question;
    this.#runs--;
    return lacksOf(this.#simulate(apply(scenario), choice), demands);
  }

  /** Whether another strategy is right under a change; if that is the smallest yet, it is kept. */
  #isWrong(change: Change, lacks: string[], whom: "likely" | "all"): boolean {
    const { scenario, others, demands } = this.#question;
    const changed = change.apply(scenario);
    const answers = new Map<string, boolean>();
    const isRight = (one: Strategy): boolean => {
      const known = answers.get(one.name);
      if (known !== undefined) return known;
      if (this.#asked-- <= 0) return false;
      const answer = lacksOf(this.#simulate(changed, one), demands).length === 0;
      answers.set(one.name, answer);
      return answer;
    };
    const all = others(changed);
    const likely = all.filter(({ name }) => this.#likely.has(name));
    if (whom === "likely" && !likely.some(isRight)) return false;
    // A simpler strategy than this one may be right as well.
    const instead = all.find(isRight);
    if (instead === undefined) return false;
    if (this.best === null || change.size < this.best.change.size)
      this.best = { change, lacks, instead };
    return true;
  }
}
