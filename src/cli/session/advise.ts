/** Comparing in the session: the strategies are shown, what must hold is asked, and one is advised. */
import { visibleDocument } from "../../scenario/visible.ts";
import { joined } from "../../base/texts.ts";
import { confirm, log, multiselect, note } from "@clack/prompts";
import { classOf } from "../../strategies/comparison.ts";
import { parseDemands, writeDemands } from "../../strategies/demand-words.ts";
import { askedFor, type Demand, type Demands } from "../../strategies/demands.ts";
import type { Outcome } from "../../outcome/outcome.ts";
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
import { simulate, tryOut } from "../../runs/simulate.ts";
import { areCallsTimed } from "../../scenario/calls.ts";
import { textWidth, writeOut } from "../output.ts";
import { answer, asWord, fitted, maxItems, noteWidth, save } from "../questions/prompt.ts";

/** What one may want beside what is wanted anyway. */
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
    log.warn(fitted('To compare in virtual time, say how long each "call" takes ("takes: 2s").'));
    return now;
  }
  const named = Object.keys(strategyWords).map(parseStrategy);
  const strategies = strategiesToCompare(
    { ...scenario, compare: named },
    { all: false, named: null },
  );
  const isNew = !strategies.some((one) => isSamePoint(one, now));
  const performed = [...(isNew ? [now] : []), ...strategies].map((strategy) =>
    simulate({ scenario, strategy }),
  );
  const table = performed.map((run) => classOf(judge(run, [], tryOut), scenario.strategy));
  writeOut(joined(["", ...renderComparison(table, textWidth()), "", ""], "\n"));

  const own = simulate({ scenario, strategy: scenario.strategy }).outcome;
  const must = await askDemands(demandsOf(scenario), own);
  const runs = performed.map((run) => judge(run, must.all, tryOut));
  const advice = adviseOn({ source, scenario, must, simulate }, runs);
  note(renderAdvice(advice, noteWidth()).trimEnd(), "Advice", { format: (line) => line });
  const [unless] = advice.unless;
  if (
    unless !== undefined &&
    (await answer(
      confirm({ message: "Save the scenario in which that would be wrong?", initialValue: false }),
    ))
  ) {
    const tell = (message: string): void => log.error(fitted(message));
    const file = `./${scenario.name}-unless.yaml`;
    const written = await save("it", file, await visibleDocument(unless.document), tell);
    if (written !== null)
      log.success(
        `Saved. Compare there: tandem compare ${asWord(written)}\n${fitted("What must hold stands in its first lines, as one types it.")}`,
      );
  }
  return advice.choose === null ? now : parseStrategy(advice.choose);
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
  const chosen = await answer(
    multiselect({
      message: "What must hold? (space chooses, enter is done)",
      options: [...all.values()].map(({ written, says }) => ({ value: written, label: says })),
      initialValues: wanted.all.map(({ written }) => written),
      required: false,
      maxItems,
    }),
  );
  const must = [...all.values()].filter(({ written }) => chosen.includes(written));
  // Who changes nothing leaves it to the document.
  return writeDemands(must) === writeDemands(wanted.all) ? wanted : askedFor(must);
}
