/** Edits in the report of a program. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProvenEdit } from "../../../src/edits/proven.ts";
import { programReport } from "../../../src/report/model/of-program.ts";
import { reportProgram } from "../../../src/report/program.ts";
import { readRecording } from "../../../src/runs/report.ts";
import { patience } from "../../support/patience.ts";
import { fileOf, uneventfulRun } from "../../support/reports.ts";

setDefaultTimeout(patience);

test("a proven edit stands with its finding, with its proof and its diff; one that was refuted does not", async () => {
  const text = readFileSync(join(import.meta.dir, "../traces/app.ndjson"), "utf8");
  const recording = readRecording([text], "app.ndjson");
  if (recording.of !== "program") throw new Error("a scenario's run");
  const report = reportProgram(recording);
  const edit = (verdict: "proven" | "refuted", does: string): ProvenEdit => ({
    pattern: "keep-and-await",
    findings: [report.findings[0]!],
    change: {
      path: "/work/app.py",
      file: "app.py",
      before: Buffer.from("a\n<b>\nc\n"),
      after: Buffer.from("a\nawait <b>\nc\n"),
      replacements: [],
    },
    does,
    price: null,
    mayBring: [],
    isChoice: false,
    healsEnd: false,
    proof: {
      verdict,
      but: null,
      runs: 1,
      before: [uneventfulRun],
      after: [uneventfulRun],
      served: [[]],
    },
  });
  const edits = {
    edits: [edit("proven", "await <b>"), edit("refuted", "drop it")],
    without: [],
  };
  const told = programReport(report, recording.trace, { find: () => null, edits });
  expect(told.findings.map((finding) => finding.edits.length)).toEqual([
    1,
    ...report.findings.slice(1).map(() => 0),
  ]);
  const page = await fileOf(told);
  expect(page).toContain("An edit: await &lt;b&gt; (keep-and-await).");
  expect(page).toContain("Proven: run with the file as it is, the program had the finding");
  expect(page).toContain('<span class="diff-added">+await &lt;b&gt;</span>');
  expect(page).toContain('<span class="diff-removed">-&lt;b&gt;</span>');
  expect(page).not.toContain("drop it");
});
