/** Reports as files of HTML, made of traces and runs as tandem makes them. */
import { readFileSync } from "node:fs";
import type { ProofRun } from "../../src/edits/proven.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { findFindings } from "../../src/remedies/findings.ts";
import { htmlFile } from "../../src/report/html/file.ts";
import { programReport } from "../../src/report/model/of-program.ts";
import { runReport } from "../../src/report/model/of-run.ts";
import type { Report } from "../../src/report/model/report.ts";
import type { FindSource } from "../../src/report/model/sources.ts";
import { bundle } from "../../src/report/page/bundle.ts";
import { reportProgram } from "../../src/report/program.ts";
import { renderProgram } from "../../src/report/terminal/program.ts";
import { renderVerdict } from "../../src/report/terminal/verdict.ts";
import { readRecording } from "../../src/runs/report.ts";
import { runInVirtualTime } from "../../src/runs/run.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";

/** A report, and the verdict that the terminal shows of the same, wide enough that no line is broken. */
export interface Told {
  report: Report;
  verdict: string;
}

/** A run of a proof that nothing is to be said of. */
export const uneventfulRun: ProofRun = {
  code: 0,
  signal: null,
  endedFor: null,
  ms: 100,
  took: 100,
  findings: [],
  identities: [],
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
};

const wide = 10_000;

const noSource: FindSource = () => null;

/** Of a file of events that tells of a program. */
export function toldOfTrace(file: string, find: FindSource = noSource): Told {
  return toldOfEvents(readFileSync(file, "utf8"), find);
}

export function toldOfEvents(events: string, find: FindSource = noSource): Told {
  const recording = readRecording([events], "events");
  if (recording.of !== "program") throw new Error("a scenario's run");
  const report = reportProgram(recording);
  return {
    report: programReport(report, recording.trace, { find }),
    verdict: renderProgram(report, wide),
  };
}

/** Of a scenario, in virtual time. */
export function toldOfScenario(document: string, strategy?: string): Told {
  const scenario = parseScenario(document, "scenario.yaml");
  const chosen = strategy === undefined ? scenario.strategy : parseStrategy(strategy);
  const plan = planOf(scenario, { strategy: chosen, file: "scenario.yaml" });
  const run = runInVirtualTime(plan, null);
  const findings = findFindings(run.outcome, tryOut);
  const find: FindSource = (file) =>
    file === "scenario.yaml" ? { text: document, changedAt: null } : null;
  return {
    report: runReport(run, findings, find),
    verdict: renderVerdict(run.outcome, findings, wide),
  };
}

let parts: ReturnType<typeof bundle> | undefined;

/** The file of a report. @param within the working folder; null: paths as they are. */
export async function fileOf(report: Report, within: string | null = "/work"): Promise<string> {
  return htmlFile(report, { parts: await (parts ??= bundle()), within }).join("");
}
