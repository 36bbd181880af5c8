/**
 * Programs made after public reports, as traces of what an observer records of them: what is true of each is
 * told in the result, with its lines, and nothing else is.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { programJson } from "../../src/report/program-json.ts";
import { type ProgramReport, reportProgram } from "../../src/report/program.ts";
import { renderProgram } from "../../src/report/terminal/program.ts";
import { readRecording } from "../../src/runs/report.ts";
import { discrepancies, type Result, type Truth } from "../observe/truth.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const traces = join(import.meta.dir, "traces/python");
const truths = join(import.meta.dir, "../observe/cases");
const names = readdirSync(traces).map((file) => basename(file, ".ndjson"));

function reportOf(name: string): ProgramReport {
  const text = readFileSync(join(traces, `${name}.ndjson`), "utf8");
  const recording = readRecording([text], name);
  if (recording.of !== "program") throw new Error("no scenario describes it");
  return reportProgram(recording);
}

/** The verdict, with all white space the same. */
function verdictOf(name: string, width = 10_000): string {
  return renderProgram(reportOf(name), width);
}

describe("The result tells the truth, field by field", () => {
  for (const name of names)
    test(`of ${name}`, () => {
      const truth = JSON.parse(readFileSync(join(truths, name, "truth.json"), "utf8")) as Truth;
      const result = programJson(reportOf(name)) as unknown as Result;
      expect(discrepancies(truth, result)).toEqual([]);
    });
});

describe("The verdict", () => {
  for (const name of names)
    test(`of ${name} knows every word of its trace, and is no wider than its terminal`, () => {
      for (const width of [40, 80, 120])
        for (const line of verdictOf(name, width).split("\n"))
          expect([line, Bun.stringWidth(line) <= width]).toEqual([line, true]);
      expect(reportOf(name).trace.unknown).toEqual([]);
    });
});
