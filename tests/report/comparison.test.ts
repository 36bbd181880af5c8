/** Comparisons as they are drawn: for every width of a terminal. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { classesOf } from "../../src/strategies/comparison.ts";
import { demandsOf } from "../../src/strategies/wishes.ts";
import { judge } from "../../src/strategies/judge.ts";
import { simulate, tryOut } from "../../src/runs/simulate.ts";
import { className, renderComparison } from "../../src/report/terminal/comparison.ts";
import { renderMiniatures } from "../../src/report/terminal/timeline.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { allStrategies, parseStrategy } from "../../src/scenario/strategy.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

test("no line is wider than the terminal, and no figure is left out, from 60 to 200 columns", () => {
  for (const { text, file } of catalogue) {
    const scenario = parseScenario(text, file);
    const own = simulate({ scenario, strategy: scenario.strategy }).outcome;
    const demands = demandsOf(scenario).all;
    const runs = allStrategies().map((strategy) =>
      judge(simulate({ scenario, strategy }), demands, tryOut),
    );
    const classes = classesOf(runs, scenario.strategy);
    const words = (lines: string[]): string[] =>
      [...new Set(lines.flatMap((line) => line.split(/\s+/)))].filter(Boolean).toSorted();
    const whole = words(renderComparison(classes, 1000));
    for (let width = 60; width <= 200; width += 7) {
      const table = renderComparison(classes, width);
      for (const line of table) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
      expect(words(table)).toEqual(whole);
      const named = classes.map((one) => ({ name: className(one), lanes: one.lanes }));
      for (const unicode of [true, false]) {
        const look = { width, unicode, colour: false };
        for (const line of renderMiniatures(named, look, own.wall))
          expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  }
});

test("no word of the legend is torn, from 40 columns on", () => {
  const { text, file } = catalogue.find(({ name }) => name === "blocking")!;
  const scenario = parseScenario(text, file);
  const runs = ["await", "thread,offload=threads"].map((name) => {
    const { lanes } = judge(simulate({ scenario, strategy: parseStrategy(name) }), [], tryOut);
    return { name, lanes };
  });
  for (let width = 40; width <= 120; width++) {
    const lines = renderMiniatures(runs, { width, unicode: true, colour: false }, 6_000_000);
    const words = lines.join(" ").split(/\s+/);
    for (const word of ["starved:", "ready,", "holding", "thread", "finished", "waits", "sleeps"])
      expect(words).toContain(word);
  }
});
