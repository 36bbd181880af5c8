/** `tandem check <files or folders>` */
import { joined, json, type Output } from "../../base/texts.ts";
import { check, type Checking, type Checks, readChecks } from "../../runs/check.ts";
import { virtual } from "../../outcome/plan.ts";
import { findScenarios } from "../../runs/scenario-files.ts";
import { type CheckedDocument, verdictOf } from "../../strategies/expectations.ts";
import type { Timeline } from "../../report/model/timeline.ts";
import { checksToJson } from "../../report/checks-json.ts";
import { toAnnotations } from "../../report/github.ts";
import { toJunit } from "../../report/junit.ts";
import { renderChecks } from "../../report/terminal/checks.ts";
import { readArguments } from "../arguments.ts";
import { readDemands } from "../demands.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { placed } from "../engine.ts";
import type { Reporter } from "../options.ts";
import { announce, terminal, writeErrLine, writeOut } from "../output.ts";
import { ProgressLine } from "../progress.ts";
import { checkReport, sourceInFolder, writeReport } from "../report-file.ts";
import { lookOf } from "../terminal.ts";
import { version } from "../version.ts";
import { watched } from "../watched.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(commands.check, argv);
  const { reporter, compare, speed, large } = options;
  const driver = options.driver === "real" ? { kind: options.driver, speed } : virtual;
  const must = options.must === null ? [] : readDemands("check", options.must, null);
  checkReport(options, commands.check.name);
  const timelines = new Map<CheckedDocument, Timeline>();
  const made = options.report === null ? null : await import("../../report/model/of-run.ts");
  const how = { driver, queue: options.engine, compare, must, large, tell: announce };
  const checks = await readAll(operands, how);
  await placed(
    { command: commands.check.name, engine: options.engine, driver: driver.kind },
    checks.checks.map(({ plan }) => plan.strategy),
  );
  const { result, signal, progress } = await watched((watcher) =>
    check(checks, watcher, (document, run) => {
      if (made !== null) timelines.set(document, made.runTimeline(run));
    }),
  );
  if (result === null) {
    const { done, of } = progress!;
    writeErrLine(`tandem: interrupted when ${done} of ${of} were checked`);
    return signalStatus[signal!];
  }
  const { unicode } = lookOf(terminal.stdout, options);
  if (options.report !== null) {
    const { checksReport } = await import("../../report/model/of-comparison.ts");
    const file = checksReport(result, timelines, sourceInFolder);
    await writeReport(options.report, file, { fullPaths: options["full-paths"] });
  }
  writeOut(await told(reporter, result, unicode));
  const verdicts = result.map(verdictOf);
  if (verdicts.includes("cannot be read")) return exitStatus.wrong;
  if (verdicts.includes("fell short")) return exitStatus.fellShort;
  return verdicts.includes("undecided") ? exitStatus.undecided : exitStatus.done;
}

/** Reads all documents. A signal ends tandem meanwhile, since a standard input may never come to its end. */
async function readAll(operands: readonly string[], how: Checking): Promise<Checks> {
  using line = new ProgressLine();
  return await readChecks(findScenarios(operands), how, ({ done, of }) =>
    line.show(`${done} of ${of} documents read`),
  );
}

async function told(
  reporter: Reporter,
  documents: CheckedDocument[],
  unicode: boolean,
): Promise<Output> {
  switch (reporter) {
    case "junit":
      return toJunit(documents);
    case "sarif": {
      const { checksReport } = await import("../../report/model/of-comparison.ts");
      const { sarifFile } = await import("../../report/files/sarif.ts");
      const report = checksReport(documents, new Map(), sourceInFolder);
      return sarifFile(report, { within: process.cwd(), tandem: version });
    }
    case "json":
      return json(checksToJson(documents), 2);
    case "github":
      // The lines are for those who read the log; GitHub itself reads the commands.
      return joined<string>([renderChecks(documents, unicode), toAnnotations(documents)], "");
    case "text":
      return renderChecks(documents, unicode);
  }
}
