/** `tandem report <events>` */
import { joined, json } from "../../base/texts.ts";
import { findFindings } from "../../remedies/findings.ts";
import { toJson } from "../../report/json.ts";
import { renderVerdict } from "../../report/terminal/verdict.ts";
import { readRun } from "../../runs/report.ts";
import { tryOut } from "../../runs/simulate.ts";
import { maxEventBytes, readText } from "../../scenario/source.ts";
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
  const read = readRun(readText(word, file, maxEventBytes), file);
  const { outcome } = read;
  const findings = findFindings(outcome, tryOut);
  if (options.timeline && !options.json)
    writeOut(joined([timelineOf(read, lookOf(terminal.stdout, options)), ""], "\n"));
  writeOut(
    options.json
      ? json(toJson(outcome, findings), 2)
      : renderVerdict(outcome, findings, textWidth()),
  );
  return exitStatus.done;
}
