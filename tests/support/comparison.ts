/** What `tandem compare` says of a document, in the test's own process and by the same path. */
import type { Advice } from "../../src/strategies/advice.ts";
import { parseDemands } from "../../src/strategies/demand-words.ts";
import { askedFor, type Demands } from "../../src/strategies/demands.ts";
import { demandsOf } from "../../src/strategies/wishes.ts";
import { adviseOn, chooseFrom } from "../../src/strategies/choice.ts";
import { type Compared, judge, strategiesToCompare } from "../../src/strategies/judge.ts";
import { simulate, tryOut } from "../../src/runs/simulate.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";

export interface CompareWords {
  /** As behind `--must`; null: what must hold is left to the document. */
  must?: string | null;
  all?: boolean;
  strategies?: readonly string[];
}

export interface Comparison {
  scenario: Scenario;
  must: Demands;
  runs: Compared[];
  advice: Advice;
}

/** @param how whether a counter-example is looked for as well. */
export function compareDocument(
  text: string,
  { must = null, all = false, strategies }: CompareWords = {},
  how: "all" | "choice" = "all",
): Comparison {
  const source = { text, file: "own.yaml", folder: "." };
  const scenario = parseScenario(text, source.file);
  const names = scenario.tasks.map(({ name }) => name);
  const demands = must === null ? demandsOf(scenario) : askedFor(parseDemands(must, names));
  const named = strategies?.map(parseStrategy) ?? null;
  const runs = strategiesToCompare(scenario, { all, named }).map((strategy) =>
    judge(simulate({ scenario, strategy }), demands.all, tryOut),
  );
  const advising = { source, scenario, must: demands, simulate };
  const advice = how === "all" ? adviseOn(advising, runs) : chooseFrom(advising, runs);
  return { scenario, must: demands, runs, advice };
}
