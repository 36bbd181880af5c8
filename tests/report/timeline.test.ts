/** The timeline, for every terminal. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { lanesOf as emptyLanesOf } from "../../src/outcome/lanes.ts";
import type { Lanes } from "../../src/reading/lanes.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { renderTimeline } from "../../src/report/terminal/timeline.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { namedStrategies, parseStrategy } from "../../src/scenario/strategy.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

function lanesOf(document: string, name: string): { lanes: Lanes; end: number } {
  const scenario = parseScenario(document, "test.yaml");
  const strategy = parseStrategy(name);
  const log = runVirtually({ scenario, strategy, runtime: "" });
  return { lanes: emptyLanesOf({ scenario, strategy }).hearAll(log), end: log.end };
}

const wide = `name: wide
main: [launch, block: 1s]
tasks:
  a-task-whose-name-is-longer-than-a-quarter-of-any-terminal: { copies: 3, steps: [sleep: 400ms, block: 300ms] }
  many: { copies: 100, steps: [sleep: 100ms] }
`;

test("no line is wider than the terminal, from 60 columns to 200, whatever is drawn", () => {
  const documents = [wide, ...catalogue.map(({ text }) => text)];
  fc.assert(
    fc.property(
      fc.constantFrom(...documents),
      fc.constantFrom(...Object.keys(namedStrategies)),
      fc.integer({ min: 60, max: 200 }),
      fc.boolean(),
      fc.boolean(),
      (document, strategy, width, unicode, colour) => {
        const { lanes, end } = lanesOf(document, strategy);
        const lines = renderTimeline(lanes, { width, unicode, colour }, { to: end, now: end });
        for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
        // oxlint-disable-next-line no-control-regex
        if (!unicode && !colour) expect(lines.join("\n")).toMatch(/^[\n\x20-\x7e]*$/);
        if (!colour) expect(lines.join("")).not.toContain("\u001b");
      },
    ),
    { numRuns: 300 },
  );
});

test("a picture in the middle of a run shows what goes on until now, and nothing after it", () => {
  const { lanes } = lanesOf("name: x\nmain: [launch, block: 4s]\n", "thread");
  const [main] = renderTimeline(
    lanes,
    { width: 60, unicode: false, colour: false },
    { to: 8e6, now: 4e6 },
  );
  expect(main).toMatch(/^main +#+\+$/);
});

test("of many tasks, forty are drawn and the others counted", () => {
  const { lanes, end } = lanesOf(wide, "thread");
  const text = renderTimeline(
    lanes,
    { width: 80, unicode: true, colour: false },
    { to: end, now: end },
  ).join("\n");
  expect(text).toContain("many#19 ");
  expect(text).not.toContain("many#20 ");
  expect(text).toContain("80 more not drawn");
});
