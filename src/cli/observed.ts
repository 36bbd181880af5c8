/**
 * What is told of an observed program, as files and on stderr: while it runs, and when it has ended.
 *
 * It is loaded while the program starts, which must not wait for it.
 */
import { constants } from "node:os";
import { writeFile } from "../base/files.ts";
import { joined, json, type Output, terminal as template } from "../base/texts.ts";
import { programJson } from "../report/program-json.ts";
import { reportProgram } from "../report/program.ts";
import { renderProgram } from "../report/terminal/program.ts";
import type { ProvenEdits } from "../edits/proven.ts";
import type { ObservedProgram, RunningProgram } from "../runs/observe.ts";
import { recordingOf } from "../runs/recording.ts";
import type { ProgramRecording } from "../runs/report.ts";
import type { Demand } from "../strategies/demands.ts";
import type { Checked } from "../strategies/expectations.ts";
import { encodeTrace } from "../trace/ndjson.ts";
import type { Arguments } from "./arguments.ts";
import { exitStatus } from "./command.ts";
import type { commands } from "./commands.ts";
import { keepRecord } from "./events-file.ts";
import type { Again } from "./fixes.ts";
import { terminal, textWidth, writeErr, writeOut } from "./output.ts";
import { sourceInFolder, writeReport } from "./report-file.ts";
import type { Growing, LivePage } from "./live-page.ts";
import { lookOf } from "./terminal.ts";
import type { Reporter } from "./options.ts";
import { version } from "./version.ts";
import type { Report } from "../report/model/report.ts";

type Words = Arguments<typeof commands.observe>;

/** Tells where everything stands in a program that goes on. */
export async function tellNow(program: RunningProgram): Promise<void> {
  const report = reportProgram(recordingOf(await program.look()));
  writeErr(joined(["", renderProgram(report, textWidth())], "\n"));
}

/**
 * Tells everything that is wanted, the files first of all: nothing that is shown keeps them from being written.
 * A result with edits waits for their proofs.
 *
 * @returns the exit status of the command.
 */
export async function tell(
  observed: ObservedProgram,
  words: Words,
  { demands, again, live }: { demands: readonly Demand[]; again: Again; live: LivePage | null },
): Promise<number> {
  const { options } = words;
  const { trace } = observed;
  if (options.events !== null)
    await keepRecord(options.events, encodeTrace(trace, trace.header), options.force);
  const isRead =
    !options.quiet ||
    options.json !== false ||
    options.report !== null ||
    live !== null ||
    options.reporter !== "text" ||
    options.fix ||
    demands.length > 0;
  if (!isRead) return statusOf(observed, []);
  const recording = recordingOf(trace);
  const report = reportProgram({ ...recording, unseen: observed.unseen });
  const writeJson = async (edits: ProvenEdits | null): Promise<void> => {
    if (options.json === false) return;
    await writeResult(options.json, json(programJson(report, { all: options.all, edits }), 2));
  };
  const unmet = await unmetOf(recording, demands);
  const beside = [...besideWords(observed), ...unmet.map(unmetWords)];
  const pageOf = async (edits: ProvenEdits | null): Promise<Report> => {
    const { programReport } = await import("../report/model/of-program.ts");
    return programReport(report, trace, { find: sourceInFolder, edits, beside });
  };
  const writePage = async (edits: ProvenEdits | null): Promise<void> => {
    const { reporter } = options;
    if (reporter === "json") writeOut(json(programJson(report, { all: options.all, edits }), 2));
    const isPage = options.report !== null || live !== null;
    if (!isPage && (reporter === "text" || reporter === "json")) return;
    const page = await pageOf(edits);
    live?.show(page);
    const fullPaths = options["full-paths"];
    if (options.report !== null) await writeReport(options.report, page, { fullPaths });
    await writeFindings(reporter, page, fullPaths ? null : process.cwd());
  };
  if (!options.fix) {
    await writeJson(null);
    await writePage(null);
  }
  if (!options.quiet) {
    if (options.timeline) await tellTimeline(recording, options);
    writeErr(joined(["", renderProgram(report, textWidth())], "\n"));
    for (const line of beside) writeErr(template`${line}\n`);
  }
  const status = statusOf(observed, unmet);
  if (!options.fix) return status;
  live?.show(await pageOf(null));
  const { fixProgram } = await import("./fixes.ts");
  const fixes = await fixProgram({ report, ...again }, words);
  await writeJson(fixes);
  await writePage(fixes);
  return fixes.status ?? status;
}

/** A program that runs, as its page is to grow with it. */
export async function growingProgram(program: RunningProgram): Promise<Growing> {
  const { programReport } = await import("../report/model/of-program.ts");
  return {
    get heard() {
      return program.heard;
    },
    report() {
      const trace = program.known();
      if (trace === null) return null;
      return programReport(reportProgram(recordingOf(trace)), trace, { find: sourceInFolder });
    },
  };
}

/** Tells findings as a CI takes them. Workflow commands are read on stderr too, which the program's output keeps off. */
async function writeFindings(
  reporter: Reporter,
  page: Report,
  within: string | null,
): Promise<void> {
  switch (reporter) {
    case "github":
      return writeErr((await import("../report/files/annotations.ts")).annotationsOf(page, within));
    case "junit":
      return writeOut((await import("../report/files/junit.ts")).junitFile(page, within));
    case "sarif": {
      const { sarifFile } = await import("../report/files/sarif.ts");
      return writeOut(sarifFile(page, { within, tandem: version }));
    }
    case "text":
    case "json":
  }
}

export async function unmetOf(
  { reading }: ProgramRecording,
  demands: readonly Demand[],
): Promise<Checked[]> {
  if (demands.length === 0) return [];
  const { judgeProgram } = await import("../strategies/observed.ts");
  return judgeProgram(reading, demands).filter(({ met }) => !met);
}

async function tellTimeline(
  { trace, reading }: ProgramRecording,
  options: Words["options"],
): Promise<void> {
  const { programLanes } = await import("../report/program-lanes.ts");
  const { pictureOf } = await import("./shown-run.ts");
  const look = lookOf(terminal.stderr, options);
  writeErr(joined(["", pictureOf(programLanes(trace), reading.wall, look)], "\n"));
}

/** What the verdict cannot know: what tandem itself did, and what its recorder failed in. */
function besideWords({ troubles, endedFor }: ObservedProgram): string[] {
  return [
    ...troubles.map((trouble) => `The recorder failed, and went on without that: ${trouble}`),
    ...(endedFor === "timeout" ? ["Ended by --timeout."] : []),
    ...(endedFor === "hang" ? ["Ended by --hang: nothing moved, and nothing could."] : []),
  ];
}

/** A demand that was not kept. */
export function unmetWords({ of, expected, found }: Checked): string {
  return `--must ${of}: expected ${expected}, found ${found}`;
}

export async function writeResult(file: string, result: Output): Promise<void> {
  if (file === "-") writeOut(result);
  else await writeFile(file, [result], { replace: true, isPrivate: true });
}

/** @param unmet the demands that were not met. */
export function statusOf(
  { endedFor, code, signal }: ObservedProgram,
  unmet: readonly Checked[],
): number {
  if (endedFor === "timeout" || endedFor === "hang") return exitStatus.overtime;
  if (signal !== null) return 128 + constants.signals[signal];
  if (code !== 0) return code ?? exitStatus.broken;
  return unmet.length > 0 ? exitStatus.fellShort : exitStatus.done;
}
