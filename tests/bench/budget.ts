/** What a benchmark promises, whether the promise was kept, and the table of all of them. */

/** One measured figure and its bound. */
export interface Budget {
  /** What was measured, in a few words. */
  of: string;
  /** The figure. Ratios are `×`; a figure that is not a ratio says its unit. */
  figure: number;
  unit: "×" | "ms" | "MB" | "B" | "%" | "/s";
  bound: { least: number } | { most: number };
}

/** A benchmark: prints its figures as they come, and returns those that have a budget. */
export interface Benchmark {
  /** One sentence: what is timed, and what is not. */
  includes: string;
  run(): Promise<Budget[]>;
}

export function isMet({ figure, bound }: Budget): boolean {
  return "least" in bound ? figure >= bound.least : figure <= bound.most;
}

/** The table `benchmark | ratio | budget | met`. */
export function renderBudgets(budgets: readonly Budget[]): string {
  const rows = [
    ["benchmark", "ratio", "budget", "met"],
    ...budgets.map((budget) => [
      budget.of,
      format(budget.figure, budget.unit),
      "least" in budget.bound
        ? `≥ ${budget.bound.least} ${budget.unit}`
        : `≤ ${budget.bound.most} ${budget.unit}`,
      isMet(budget) ? "yes" : "NO",
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join(" | ")
        .trimEnd(),
    )
    .toSpliced(1, 0, widths.map((width) => "-".repeat(width)).join("-|-"))
    .map((line) => `${line}\n`)
    .join("");
}

function format(figure: number, unit: Budget["unit"]): string {
  return `${figure.toFixed(unit === "×" ? 2 : 1)} ${unit}`;
}
