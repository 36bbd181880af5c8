/**
 * `bun run bench [--strict] [name…]`: runs all benchmarks, or those named, and says which budgets are met.
 *
 * Figures are worth something beside each other only, within one run. Without `--strict` a missed budget
 * is told and no failure: machines are shared.
 */
import { parseArgs } from "node:util";
import { type Benchmark, type Budget, isMet, renderBudgets } from "./budget.ts";
import { documents } from "./documents.ts";
import { observe } from "./observe.ts";
import { observeJavaScript } from "./observe-javascript.ts";
import { real } from "./real.ts";
import { report } from "./report.ts";
import { sensitivity } from "./sensitivity.ts";
import { startUp } from "./start-up.ts";
import { terminal } from "./terminal.ts";
import { threads } from "./threads.ts";
import { virtual } from "./virtual.ts";

const benchmarks: Record<string, Benchmark> = {
  virtual,
  sensitivity,
  real,
  threads,
  "start-up": startUp,
  documents,
  report,
  terminal,
  observe,
  "observe-javascript": observeJavaScript,
};

const { values, positionals } = parseArgs({
  options: { strict: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
for (const name of names)
  if (benchmarks[name] === undefined) {
    console.error(
      `bench: there is no benchmark "${name}"; benchmarks: ${Object.keys(benchmarks).join(", ")}`,
    );
    process.exit(2);
  }

const budgets: Budget[] = [];
for (const name of names) {
  const { includes, run } = benchmarks[name]!;
  console.log(`${name}: ${includes}`);
  budgets.push(...(await run()));
  console.log();
}
process.stdout.write(renderBudgets(budgets));
if (values.strict && !budgets.every(isMet)) process.exitCode = 1;
