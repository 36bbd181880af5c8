/** Comparing in the session: the strategies are shown, what must hold is asked, and one is advised. */
import { confirm, log, multiselect, note } from "@clack/prompts";
import {
  askedFor,
  type Demand,
  type Demands,
  demandsBeside,
  demandsOf,
  parseDemand,
} from "../../analysis/demands.ts";
import { renderAdvice, renderComparison } from "../../render/comparison.ts";
import type { Scenario } from "../../scenario/model.ts";
import type { Source } from "../../scenario/source.ts";
import { parseStrategy, type Strategy } from "../../scenario/strategy.ts";
import { adviseOn, canSimulate, judge } from "../compare.ts";
import { textWidth, writeOut } from "../output.ts";
import { simulate } from "../perform-all.ts";
import { answer, asWord, fitted, maxItems, noteWidth, save } from "./prompt.ts";
import { strategyWords } from "./strategies.ts";

/** What one may want beside what is wanted anyway. */
const furtherDemands = ["finish", "lost==0", "cleanup", "block<=50ms"].map((word) =>
  parseDemand(word)!,
);

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
  if (!canSimulate(scenario, source)) {
    log.warn(fitted('To compare in virtual time, say how long each "call" takes ("takes: 2s").'));
    return now;
  }
  const names = new Set([now.name, ...Object.keys(strategyWords)]);
  const performed = [...names].map((name) => simulate({ scenario, strategy: parseStrategy(name) }));
  const own = simulate({ scenario, strategy: scenario.strategy }).outcome;
  const table = performed.map((run) => {
    const { figures, strategy } = judge(run, []);
    return { figures, members: [strategy] };
  });
  writeOut(`\n${renderComparison(table, textWidth()).join("\n")}\n\n`);

  const wanted = demandsOf(own, own);
  const must = await askDemands(wanted, wanted.relative(own));
  const runs = performed.map((run) => judge(run, demandsBeside(must, own)));
  const advice = adviseOn(source, scenario, runs, must, own);
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
    const written = await save("it", file, unless.document, tell);
    if (written !== null) log.success(`Saved. Compare there: tandem compare ${asWord(written)}`);
  }
  return advice.choose === null ? now : parseStrategy(advice.choose);
}

async function askDemands(wanted: Demands, relative: readonly Demand[]): Promise<Demands> {
  const all = new Map(
    [...wanted.fixed, ...relative, ...furtherDemands].map((one) => [one.written, one]),
  );
  const chosen = await answer(
    multiselect({
      message: "What must hold? (space chooses, enter is done)",
      options: [...all.values()].map(({ written, says }) => ({ value: written, label: says })),
      initialValues: [...wanted.fixed, ...relative].map(({ written }) => written),
      required: false,
      maxItems,
    }),
  );
  const fixed = [...all.values()].filter(
    (one) => chosen.includes(one.written) && !relative.includes(one),
  );
  // Seen from what main does now, whatever else is changed.
  const keepsRelative = relative.some(({ written }) => chosen.includes(written));
  return { ...askedFor(fixed), relative: keepsRelative ? wanted.relative : () => [] };
}
