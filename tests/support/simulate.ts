/** A document performed in virtual time within the test's own process: the `--json` object comes out. */
import { findFindings } from "../../src/remedies/findings.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { type RunResult, toJson } from "../../src/report/json.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy, type StrategyInput } from "../../src/scenario/strategy.ts";

export type { RunResult, StrategyInput };

/** @param strategy a name, or axes as in a document's `strategy`; the document's own when left out. */
export function simulate(
  document: unknown,
  strategy?: string | StrategyInput,
  timeoutMs: number | null = null,
): RunResult {
  const scenario = parseScenario(JSON.stringify(document), "document.json");
  const chosen =
    strategy === undefined
      ? scenario.strategy
      : resolveStrategy(typeof strategy === "string" ? { use: strategy } : strategy);
  const log = runVirtually(
    { scenario, strategy: chosen, runtime: "python" },
    timeoutMs === null ? null : timeoutMs * 1000,
  );
  const outcome = runOf(planOf(scenario, { strategy: chosen }), log).outcome;
  return toJson(outcome, findFindings(outcome, tryOut));
}
