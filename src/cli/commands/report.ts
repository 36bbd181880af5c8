/** `tandem report <events>` */
import { findFindings } from "../../analysis/findings.ts";
import { readOutcome } from "../../analysis/outcome.ts";
import { EventsError, readEvents } from "../../events/schema.ts";
import { toJson } from "../../export/json.ts";
import { renderVerdict } from "../../render/verdict.ts";
import { taskInstances } from "../../scenario/model.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { maxEventBytes, readText } from "../../scenario/source.ts";
import { parseStrategy, type Strategy, StrategyError } from "../../scenario/strategy.ts";
import { readArguments } from "../arguments.ts";
import { textWidth, writeOut } from "../output.ts";
import { timelineOf } from "../perform.ts";
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
  const { header, log } = readEvents(readText(word, file, maxEventBytes), file);
  const scenario = parseScenario(header.document, header.file);
  const names = taskInstances(scenario).map(({ name }) => name);
  if (names.join() !== header.tasks.join())
    throw new EventsError(`${file}:1:1: the header's tasks are not those of its document`);
  const strategy = readStrategy(header.strategy, file);
  const outcome = readOutcome(
    {
      scenario,
      strategy,
      driver: header.driver,
      speed: header.speed,
      ...(header.jitter === undefined ? {} : { jitter: header.jitter }),
    },
    log,
  );
  const findings = findFindings(outcome);
  if (options.timeline === true && options.json !== true)
    writeOut(`${timelineOf(outcome, log, lookOf(process.stdout, options))}\n`);
  writeOut(
    options.json
      ? `${JSON.stringify(toJson(outcome, findings), null, 2)}\n`
      : renderVerdict(outcome, findings, textWidth()),
  );
  return 0;
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
