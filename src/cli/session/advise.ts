/** Comparing in the session: the strategies are shown, what must hold is asked, and one is advised. */
import { visibleDocument } from "../../scenario/visible.ts";
import { joined } from "../../base/texts.ts";
import { classOf } from "../../strategies/comparison.ts";
import { parseDemands, writeDemands } from "../../strategies/demand-words.ts";
import { askedFor, type Demand, type Demands } from "../../strategies/demands.ts";
import type { Outcome } from "../../outcome/outcome.ts";
import type { Run } from "../../outcome/run.ts";
import { boundDemand } from "../../strategies/vocabulary.ts";
import { demandsOf } from "../../strategies/wishes.ts";
import { renderAdvice, renderComparison } from "../../report/terminal/comparison.ts";
import type { Scenario } from "../../scenario/model.ts";
import type { Source } from "../../scenario/source.ts";
import {
  isSamePoint,
  parseStrategy,
  type Strategy,
  strategyWords,
} from "../../scenario/strategy.ts";
import { adviseOn } from "../../strategies/choice.ts";
import { judge, strategiesToCompare } from "../../strategies/judge.ts";
import { checkBudget } from "../../runs/budget.ts";
import { simulate, tryOut } from "../../runs/simulate.ts";
import { areCallsTimed } from "../../scenario/calls.ts";
import { textWidth, writeOut } from "../output.ts";
import { askSome, askWhether, done, noteAsItIs, noteWidth, tell } from "../questions/prompt.ts";
import { asWord, save } from "../questions/save.ts";
import { orTold } from "./setting.ts";

/** The demands that are offered beside those of the scenario. */
const furtherDemands = parseDemands("finish,lost==0,block<=50ms,late<=100ms");

/**
 * Shows a scenario under each named strategy in virtual time, and advises on what the user says must hold.
 *
 * @param now the strategy that is set.
 * @returns the strategy that is advised; `now` where none is.
 */
export async function compareAndAdvise(
  source: Source,
  scenario: Scenario,
  now: Strategy,
): Promise<Strategy> {
  if (!areCallsTimed(scenario)) {
    tell.warning('To compare in virtual time, say how long each "call" takes ("takes: 2s").');
    return now;
  }
  const named = { ...scenario, compare: Object.keys(strategyWords).map(parseStrategy) };
  const strategies = strategiesToCompare(named, { all: false, named: null });
  const isNew = !strategies.some((one) => isSamePoint(one, now));
  const all = [...(isNew ? [now] : []), ...strategies];
  const isPossible = orTold(() => {
    const performing = { under: all, isVirtual: true, isReal: false, large: false };
    const before = checkBudget(scenario, performing, source);
    if (before !== null) tell.info(before);
    return true;
  });
  if (isPossible === null) return now;
  const performed = await done(() => performAll(scenario, all));
  const own = simulate({ scenario, strategy: scenario.strategy }).outcome;
  const must = await askDemands(demandsOf(scenario), own);
  const advice = await done(() => {
    const runs = performed.map((run) => judge(run, must.all, tryOut));
    return adviseOn({ source, scenario, must, simulate }, runs);
  });
  noteAsItIs(renderAdvice(advice, noteWidth()).trimEnd(), "Advice");
  const [unless] = advice.unless;
  if (
    unless !== undefined &&
    (await askWhether("Save the scenario in which that would be wrong?"))
  ) {
    const file = `./${scenario.name}-unless.yaml`;
    const written = await save("it", file, await visibleDocument(unless.document));
    tell.success(
      `Saved. Compare there: tandem compare ${asWord(written)}`,
      "What must hold stands in its first lines, as one types it.",
    );
  }
  return advice.choose === null ? now : parseStrategy(advice.choose);
}

/** Performs a scenario under each strategy, and shows what becomes of it. */
function performAll(scenario: Scenario, strategies: readonly Strategy[]): Run[] {
  const performed = strategies.map((strategy) => simulate({ scenario, strategy }));
  const table = performed.map((run) => classOf(judge(run, [], tryOut), scenario.strategy));
  writeOut(joined(["", ...renderComparison(table, textWidth()), "", ""], "\n"));
  return performed;
}

/** @param own the run under the scenario's own strategy. */
async function askDemands(wanted: Demands, { main }: Outcome): Promise<Demands> {
  const noLater: Demand[] =
    main.status === "finished" && main.endedAt !== null
      ? [boundDemand("main", { comparison: "<=", limit: main.endedAt })]
      : [];
  const all = new Map(
    [...wanted.all, ...furtherDemands, ...noLater].map((one) => [one.written, one]),
  );
  const chosen = await askSome(
    "What must hold? (space chooses, enter is done)",
    [...all.values()].map(({ written, says }) => ({ value: written, label: says })),
    wanted.all.map(({ written }) => written),
  );
  const must = [...all.values()].filter(({ written }) => chosen.includes(written));
  // Unchanged demands keep their source, the document.
  return writeDemands(must) === writeDemands(wanted.all) ? wanted : askedFor(must);
}
