/** `tandem report <events>` */
import { joined, json } from "../../base/texts.ts";
import { findFindings } from "../../remedies/findings.ts";
import { toJson } from "../../report/json.ts";
import { renderRecord } from "../../report/terminal/record.ts";
import { renderVerdict } from "../../report/terminal/verdict.ts";
import { readRecording } from "../../runs/report.ts";
import { tryOut } from "../../runs/simulate.ts";
import { maxEventBytes, readTextPieces } from "../../scenario/source.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { terminal, textWidth, writeOut } from "../output.ts";
import { timelineOf } from "../shown-run.ts";
import { lookOf } from "../terminal.ts";

export function run(argv: string[]): number {
  const { operands, options } = readArguments(commands.report, argv);
  const word = operands[0]!;
  const file = word === "-" ? "<stdin>" : word === "" ? `""` : word;
  const { run: recorded, trace } = readRecording(readTextPieces(word, file, maxEventBytes), file);
  const { outcome } = recorded;
  const findings = findFindings(outcome, tryOut);
  if (options.timeline && !options.json)
    writeOut(joined([timelineOf(recorded, lookOf(terminal.stdout, options)), ""], "\n"));
  const { cutOff, unknown } = trace;
  const record = cutOff || unknown.length > 0 ? { record: { cutOff, unknown } } : {};
  if (options.json) writeOut(json({ ...toJson(outcome, findings), ...record }, 2));
  else
    writeOut(joined([renderVerdict(outcome, findings, textWidth()), ...renderRecord(trace)], ""));
  return exitStatus.done;
}
