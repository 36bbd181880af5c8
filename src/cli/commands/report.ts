/** `tandem report <events>` */
import { readFileSync } from "node:fs";
import { findFindings } from "../../analysis/findings.ts";
import { readOutcome } from "../../analysis/outcome.ts";
import { readEvents } from "../../events/schema.ts";
import { toJson } from "../../export/json.ts";
import { renderVerdict } from "../../render/verdict.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { parseStrategy } from "../../scenario/strategy.ts";
import { readArguments } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { textWidth, writeOut } from "../output.ts";

export function run(argv: string[]): number {
  const { operands, options } = readArguments(
    "report",
    argv,
    { json: { type: "boolean" } },
    {
      least: 1,
      most: 1,
      what: "a file of events",
    },
  );
  const word = operands[0]!;
  const { header, log } = readEvents(readText(word), word === "-" ? "<stdin>" : word);
  const scenario = parseScenario(header.document, header.file);
  const strategy = parseStrategy(header.strategy);
  const outcome = readOutcome({ ...header, scenario, strategy }, log);
  const findings = findFindings(outcome);
  writeOut(
    options.json
      ? `${JSON.stringify(toJson(outcome, findings), null, 2)}\n`
      : renderVerdict(outcome, findings, textWidth()),
  );
  return 0;
}

function readText(word: string): string {
  try {
    return readFileSync(word === "-" ? 0 : word, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "no such file"
        : code === "EISDIR"
          ? "it is a folder; name a file in it"
          : message;
    throw new UsageError(`${word}: ${why}`, "report");
  }
}
