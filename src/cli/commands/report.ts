/** `tandem report <events>` */
import { formatCount } from "../../base/count.ts";
import { lookAt } from "../../base/paths.ts";
import { joined, json, type TerminalText } from "../../base/texts.ts";
import { findFindings } from "../../remedies/findings.ts";
import { toJson } from "../../report/json.ts";
import { programLanes } from "../../report/program-lanes.ts";
import type { Report } from "../../report/model/report.ts";
import { reportProgram } from "../../report/program.ts";
import { programJson } from "../../report/program-json.ts";
import { renderProgram } from "../../report/terminal/program.ts";
import { renderRecord } from "../../report/terminal/record.ts";
import { renderVerdict } from "../../report/terminal/verdict.ts";
import { type ProgramRecording, readRecording, type RunRecording } from "../../runs/report.ts";
import { tryOut } from "../../runs/simulate.ts";
import { maxEventBytes, readTextPieces } from "../../scenario/source.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { UsageError } from "../errors.ts";
import { announce, terminal, textWidth, writeOut } from "../output.ts";
import { checkReportFile, sourceInFolder, sourceOrDocument, writeReport } from "../report-file.ts";
import { pictureOf, timelineOf } from "../shown-run.ts";
import { lookOf } from "../terminal.ts";
import type { Look } from "../../report/terminal/timeline.ts";

/** How long the line of an event is, about. */
const bytesPerEvent = 100;

/** How long it takes to read and tell of it, in ms. */
const msPerEvent = 4e-3;

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(commands.report, argv);
  const { output } = options;
  if (output !== null) checkReportFile(`-o ${output}`, output, commands.report.name);
  else if (options["full-paths"]) throw refusal("--full-paths is about the file of -o; name one");
  const word = operands[0]!;
  const file = word === "-" ? "<stdin>" : word === "" ? `""` : word;
  const there = lookAt(word);
  const events = there.kind === "file" ? there.stats.size / bytesPerEvent : 0;
  const seconds = (events * msPerEvent) / 1000;
  if (seconds >= 1)
    await announce(
      `${file}: some ${formatCount(Math.round(events / 1000) * 1000)} events, which takes about ${Math.ceil(seconds)} s; Ctrl-C ends it`,
    );
  const recording = readRecording(await readTextPieces(word, maxEventBytes), file);
  const views = recording.of === "scenario" ? viewsOfRun(recording) : viewsOfProgram(recording);
  const { trace } = recording.of === "scenario" ? recording.run : recording;
  if (output !== null)
    await writeReport(output, await views.toReport(), { fullPaths: options["full-paths"] });
  if (options.json) writeOut(json(views.toJson(), 2));
  else {
    if (options.timeline)
      writeOut(joined([views.timeline(lookOf(terminal.stdout, options)), ""], "\n"));
    writeOut(joined([views.verdict(textWidth()), ...renderRecord(trace)], ""));
  }
  return exitStatus.done;
}

function refusal(message: string): UsageError {
  return new UsageError(message, commands.report.name);
}

/** What can be shown of a record. */
interface Views {
  toReport(): Promise<Report>;
  toJson(): object;
  timeline(look: Look): TerminalText;
  verdict(width: number): TerminalText;
}

function viewsOfRun({ run: recorded, document }: RunRecording): Views {
  const { outcome, trace, plan } = recorded;
  const { cutOff, unknown } = trace;
  const findings = findFindings(outcome, tryOut);
  const record = cutOff || unknown.length > 0 ? { record: { cutOff, unknown } } : {};
  return {
    toReport: async () => {
      const { runReport } = await import("../../report/model/of-run.ts");
      return runReport(recorded, findings, sourceOrDocument({ file: plan.file, text: document }));
    },
    toJson: () => ({ ...toJson(outcome, findings), ...record }),
    timeline: (look) => timelineOf(recorded, look),
    verdict: (width) => renderVerdict(outcome, findings, width),
  };
}

function viewsOfProgram(recording: ProgramRecording): Views {
  const { trace, reading } = recording;
  const report = reportProgram(recording);
  return {
    toReport: async () => {
      const { programReport } = await import("../../report/model/of-program.ts");
      return programReport(report, trace, { find: sourceInFolder });
    },
    toJson: () => programJson(report),
    timeline: (look) => pictureOf(programLanes(trace), reading.wall, look),
    verdict: (width) => renderProgram(report, width),
  };
}
