/** The verdict says of each failure who learned of it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { tryOut } from "../../src/runs/simulate.ts";
import { renderVerdict } from "../../src/report/terminal/verdict.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** The line of a program in the verdict of a run. */
function rowOf(who: string, document: object, strategy: string): string {
  const scenario = parseScenario(JSON.stringify({ name: "x", ...document }), "x.json");
  const text = renderVerdict(tryOut(scenario, parseStrategy(strategy)), [], 200);
  return text.split("\n").find((line) => line.trim().startsWith(who))!;
}

const failing = { main: ["launch", { block: 50 }], tasks: { t: [{ fail: "no" }] } };

describe("a failure", () => {
  test("is raised in launch, and in main where launch's own error is", () => {
    expect(rowOf("t", failing, "await")).toEndWith('"no"; raised in launch; 0 of 1 step done');
    expect(rowOf("launch", failing, "await")).toEndWith('"no"; raised in main');
  });

  test("is raised in main, not in launch, where main takes the result", () => {
    const submitting = {
      ...failing,
      launch: [],
      main: ["launch", { submit: "t" }, { result: "t" }],
    };
    expect(rowOf("t", submitting, "portal")).toContain("raised in main");
  });

  test("is collected by launch, or no more than a line on stderr, or heard by nobody", () => {
    expect(rowOf("t", failing, "thread,settle=settled")).toContain("collected by launch");
    expect(rowOf("t", failing, "thread")).toContain("a line on stderr at 0ms");
    expect(rowOf("launch", failing, "thread")).toContain("a line on stderr at 0ms");
    const submitting = { ...failing, launch: [], main: ["launch", { submit: "t" }] };
    expect(rowOf("t", submitting, "portal")).toContain("nobody heard of it");
  });
});
