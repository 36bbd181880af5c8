/** The chart of what crashes cost, on terminals of any width. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { renderCrash, spanOf, sparkline } from "../../src/report/terminal/crash.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { crashClasses, type Crash, worstOf, worstOfAll } from "../../src/strategies/crash.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const second = 1_000_000;

function crashed(strategy: string, lost: readonly number[], tasks = 5): Crash {
  return {
    strategy: parseStrategy(strategy),
    killed: strategy.includes("processes") ? "worker" : "process",
    wall: lost.length * second,
    end: lost.length * second,
    tasks,
    lostAnyway: 0,
    moments: lost.map((count, k) => ({
      from: k * second,
      to: (k + 1) * second,
      calm: { from: k * second, to: (k + 1) * second },
      lost: count,
      handedOverLost: count,
      halfDone: Math.floor(count / 2),
      failed: 0,
      twice: 0,
      unnoticed: 0,
    })),
    passedOver: 0,
  };
}

const own = parseStrategy("await");
const some = [
  crashed("await", [5, 4, 2, 1, 0]),
  crashed("thread", [5, 4, 2, 1, 0]),
  crashed("daemon,offload=processes,workers=3", [5, 0, 5]),
  crashed("detach", [0]),
];

test.each([39, 60, 79, 119])("no line is wider than a terminal of %d columns", (width) => {
  for (const unicode of [true, false])
    for (const colour of [true, false]) {
      const look = { width, unicode, colour };
      const lines = renderCrash("heading", crashClasses(some, own), ["words"], look).split("\n");
      for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
      const text = lines.join("\n");
      // eslint-disable-next-line no-control-regex
      if (!unicode) expect(text.replaceAll(/\u001b\[\d*m/g, "")).toMatch(/^[\n\x20-\x7e]*$/);
      expect(text.includes("\u001b[")).toBe(colour);
    }
});

test("a cell shows the most that is lost in it, in eighths of all tasks, and nothing behind the end", () => {
  expect(sparkline(crashed("await", [8, 4, 1, 0], 8), 8 * second)).toBe("████▄▄▄▄▁▁▁▁····");
  expect(sparkline(crashed("await", [1], 1_000_000), second)).toBe("▁".repeat(32));
  expect(sparkline(crashed("await", []), second)).toBe("");
});

test("a queue that is worked off for long leaves the others room in the chart, and says that it goes on", () => {
  const slow = crashed(
    "durable",
    Array.from({ length: 100 }, () => 0),
  );
  const crashes = crashClasses([crashed("await", [5, 0]), slow], own);
  expect(spanOf(crashes)).toBe(4 * second);
  const look = { width: 60, unicode: true, colour: false };
  const chart = renderCrash("heading", crashes, [], look);
  expect(chart).toMatch(/await \(own\) +lost +█+·+\n/);
  expect(chart).toMatch(/durable +lost +·+…\n/);
  expect(chart).toContain("… goes on");
  expect(spanOf([slow])).toBe(100 * second);
});

test("what comes to the same shares a row of the simplest, and the own strategy is told first where a kill matters", () => {
  const classes = crashClasses(some, own);
  expect(classes.map(({ members }) => members.map(({ name }) => name))).toEqual([
    ["detach"],
    ["await", "thread"],
    ["daemon,offload=processes,workers=3"],
  ]);
  expect(worstOfAll(classes)?.strategy.name).toBe("await");
  expect(worstOfAll(classes.filter(({ own: is }) => !is))?.killed).toBe("worker");
  expect(worstOfAll(classes.slice(0, 1))).toBeNull();
  expect(worstOf(some[0]!)).toMatchObject({ from: 0, lost: 5 });
});
