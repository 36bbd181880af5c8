/** `tandem report <events>` */
import { findFindings } from "../../remedies/findings.ts";
import { type Outcome, readOutcome } from "../../reading/outcome.ts";
import type { EventLog } from "../../trace/log.ts";
import { EventsError, readEvents } from "../../trace/schema.ts";
import { toJson } from "../../report/json.ts";
import { renderVerdict } from "../../report/terminal/verdict.ts";
import { taskInstances } from "../../scenario/model.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { maxEventBytes, readText } from "../../scenario/source.ts";
import { parseStrategy, type Strategy, StrategyError } from "../../scenario/strategy.ts";
import { readArguments } from "../arguments.ts";
import { terminal, textWidth, writeOut } from "../output.ts";
import { timelineOf } from "../perform.ts";
import { tryOut } from "../perform-all.ts";
import { lookOf, lookOptions } from "../terminal.ts";

export function run(argv: string[]): number {
  const { operands, options } = readArguments(
    "report",
    argv,
    { json: { type: "boolean" }, timeline: { type: "boolean" }, ...lookOptions },
    { least: 1, most: 1, what: "a file of events" },
  );
  const word = operands[0]!;
  const file = word === "-" ? "<stdin>" : word === "" ? `""` : word;
  const { outcome, log } = readRun(readText(word, file, maxEventBytes), file);
  const findings = findFindings(outcome, tryOut);
  if (options.timeline === true && options.json !== true)
    writeOut(`${timelineOf(outcome, log, lookOf(terminal.stdout, options))}\n`);
  writeOut(
    options.json
      ? `${JSON.stringify(toJson(outcome, findings), null, 2)}\n`
      : renderVerdict(outcome, findings, textWidth()),
  );
  return 0;
}

/**
 * Reads a run from the text of a file of events.
 *
 * @throws EventsError where the file is none of tandem's.
 */
export function readRun(text: string, file: string): { outcome: Outcome; log: EventLog } {
  const { header, log } = readEvents(text, file);
  const scenario = parseScenario(header.document, header.file);
  const names = taskInstances(scenario).map(({ name }) => name);
  if (names.join() !== header.tasks.join())
    throw new EventsError(`${file}:1:1: the header's tasks are not those of its document`);
  const { driver, speed, jitter } = header;
  const performed = {
    scenario,
    strategy: readStrategy(header.strategy, file),
    driver,
    speed,
    ...(jitter === undefined ? {} : { jitter }),
  };
  return { outcome: readOutcome(performed, log), log };
}

function readStrategy(text: string, file: string): Strategy {
  try {
    return parseStrategy(text);
  } catch (error) {
    if (error instanceof StrategyError)
      throw new EventsError(`${file}:1:1: the header's strategy: ${error.message}`);
    throw error;
  }
}
