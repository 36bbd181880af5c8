/**
 * What to do about findings: each remedy is tried in virtual time before it is offered.
 *
 * Invariant: no strategy is named that the run has already, or under which the finding still stands,
 * something as grave comes in its place, or main fails that did not. Where nothing may be tried, since
 * it would take long or nobody knows how long calls take, none is named.
 */
import { areCallsTimed } from "../../scenario/calls.ts";
import type { Scenario } from "../../scenario/model.ts";
import { sizeOf } from "../../scenario/size.ts";
import {
  type Axes,
  changesBetween,
  changeStrategy,
  type Strategy,
} from "../../scenario/strategy.ts";
import { leaves, leavesOf } from "../../scenario/walk.ts";
import type { Finding, Rule } from "../../reading/findings/finding.ts";
import { documentName, isLost, type Outcome } from "../../outcome/outcome.ts";
import { rankOf } from "../rules.ts";
import type { Simulate } from "../simulate.ts";
import type { Remedy } from "./remedy.ts";

/** As many ways out one wants to be told of. */
const mostTold = 2;

/** How long all trials of one run may take together, in ms. */
const mostMs = 600;

/** About whom nobody was told: that main is, and fails, is what such a finding asks for. */
export const unheard: ReadonlySet<Rule> = new Set(["nobody-heard", "thread-failed", "only-logged"]);

/** A remedy that was tried and heals. */
export interface Healing {
  does: string;
  /** The strategy with it, as on the command line; null where it is the program that changes. */
  strategy: string | null;
  /** What to do, and how that is written. */
  words: string;
}

/**
 * Tries remedies for the findings of an outcome, all of them within one budget.
 *
 * @param findings those of the outcome.
 * @param detect finds what a run that was tried came to.
 * @param simulate null: nothing is tried.
 * @returns which of a finding's remedies heal it, as many as one wants to be told of.
 */
export function healing(
  outcome: Outcome,
  findings: readonly Finding[],
  detect: (outcome: Outcome) => Finding[],
  simulate: Simulate | null,
): (finding: Finding, remedies: readonly Remedy[]) => Healing[] {
  const trials = new Trials(outcome, findings, detect, simulate);
  return (finding, remedies) => {
    const told: { remedy: Remedy; strategy: Strategy | null }[] = [];
    for (const remedy of remedies) {
      if (told.length === mostTold) break;
      const strategy = strategyWith(outcome.strategy, remedy);
      if (told.some((one) => isMore(remedy, strategy, one))) continue;
      if (trials.heals(finding, remedy, strategy)) told.push({ remedy, strategy });
    }
    return told.map(({ remedy, strategy }) => ({
      does: remedy.does,
      strategy: strategy?.name ?? null,
      words: wordsOf(outcome.strategy, strategy, remedy),
    }));
  };
}

/** The strategy that a remedy names; null where it is the program that changes. */
function strategyWith(own: Strategy, { axes }: Remedy): Strategy | null {
  return axes === undefined ? null : changeStrategy(own, axes);
}

/** Whether a remedy changes all that another does, which was enough, on the same loop. */
function isMore(
  { axes = {} }: Remedy,
  strategy: Strategy | null,
  { remedy, strategy: enough }: { remedy: Remedy; strategy: Strategy | null },
): boolean {
  if (strategy === null || enough === null || strategy.loop !== enough.loop) return false;
  const changed = Object.keys(remedy.axes ?? {}) as (keyof Axes)[];
  return changed.every((axis) => Object.hasOwn(axes, axis) && strategy[axis] === enough[axis]);
}

function wordsOf(own: Strategy, strategy: Strategy | null, { does, axes }: Remedy): string {
  if (strategy === null || axes === undefined) return does;
  // What comes with another change by itself need not be said.
  const needed = (Object.keys(axes) as (keyof Axes)[]).filter((axis) => {
    const { [axis]: _, ...others } = axes;
    return changeStrategy(own, others).name !== strategy.name;
  });
  const changed = changesBetween(own, strategy, needed);
  return `${does} (${strategy.name.includes(",") ? changed.join(",") : `--strategy ${strategy.name}`})`;
}

/** Runs of one scenario in virtual time, each with a remedy. */
class Trials {
  readonly #outcome: Outcome;
  readonly #had: ReadonlySet<string>;
  readonly #detect: (outcome: Outcome) => Finding[];
  readonly #simulate: Simulate | null;
  /** By strategy, for the program as it is. */
  readonly #runs = new Map<string, Outcome>();
  /** How many runs there may still be. */
  #left: number;

  constructor(
    outcome: Outcome,
    findings: readonly Finding[],
    detect: (outcome: Outcome) => Finding[],
    simulate: Simulate | null,
  ) {
    this.#outcome = outcome;
    this.#had = new Set(findings.map((one) => keyOf(outcome, one)));
    this.#detect = detect;
    this.#simulate = simulate;
    const { scenario } = outcome;
    const { ms } = sizeOf(scenario, "virtual", outcome.strategy);
    this.#left = areCallsTimed(scenario) ? Math.floor(mostMs / ms) : 0;
  }

  /** Whether a finding is gone with a remedy, and nothing is there instead that is as bad. */
  heals(finding: Finding, { program }: Remedy, strategy: Strategy | null): boolean {
    const { scenario, strategy: own } = this.#outcome;
    if (strategy !== null && changesBetween(own, strategy, axesOf(own)).length === 0) return false;
    const run = this.#perform(program?.(scenario) ?? scenario, strategy ?? own);
    if (run === null || (run.interruptedBy !== null && this.#outcome.interruptedBy === null))
      return false;
    const isHearing = unheard.has(finding.rule);
    if (!this.#mainIsNoWorse(run, isHearing)) return false;
    // A failure that never comes about, as its task is lost before, has not been heard.
    const task = this.#outcome.tasks[finding.actors[0]!]?.spec.name;
    if (isHearing && run.tasks.some((one) => one.spec.name === task && isLost(one))) return false;
    const [rank, key] = [rankOf(finding.rule), keyOf(this.#outcome, finding)];
    return this.#detect(run).every((one) => {
      const itsKey = keyOf(run, one);
      return itsKey !== key && (rankOf(one.rule) > rank || this.#had.has(itsKey));
    });
  }

  /**
   * Whether main finishes, or fails no sooner than it did, or fails as the scenario says where it never
   * came to that or where a failure is to be heard.
   */
  #mainIsNoWorse({ main }: Outcome, isHearing: boolean): boolean {
    const { scenario, main: before } = this.#outcome;
    if (main.status === "finished") return true;
    // Whatever becomes of its tasks, main is killed under every strategy.
    if (main.status === "interrupted" && before.status === "interrupted") return true;
    if (before.status === "failed" && main.endedAt! >= before.endedAt!) return true;
    if (before.status === "finished" && !isHearing) return false;
    const all = [scenario.main, scenario.launch, ...scenario.tasks.map(leavesOf)].flatMap(leaves);
    return all.some((step) => step.kind === "fail" && main.error?.includes(step.message) === true);
  }

  /** @returns null where that may take too long. */
  #perform(scenario: Scenario, strategy: Strategy): Outcome | null {
    const isOwn = scenario === this.#outcome.scenario;
    const known = isOwn ? this.#runs.get(strategy.name) : undefined;
    if (known !== undefined) return known;
    if (this.#simulate === null || this.#left === 0) return null;
    this.#left--;
    const run = this.#simulate(scenario, strategy);
    if (isOwn) this.#runs.set(strategy.name, run);
    return run;
  }
}

function axesOf({ name: _, ...axes }: Strategy): (keyof Axes)[] {
  return Object.keys(axes) as (keyof Axes)[];
}

/** What a finding is known by in every run: its rule and whom it is about, whichever copies those are. */
function keyOf(run: Outcome, { rule, actors: [actor] }: Finding): string {
  return actor === undefined ? rule : `${rule} ${documentName(run, actor)}`;
}
