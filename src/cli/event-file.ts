/** A run as a file of events: the header, which says what was run, and a line for each event. */
import { json, jsonLines, type JsonText } from "../base/texts.ts";
import type { Performed } from "../outcome/outcome.ts";
import { eventsFormat } from "../trace/event.ts";
import type { EventLog } from "../trace/log.ts";
import { encodeLog } from "../trace/ndjson.ts";
import type { EventsHeader } from "../trace/schema.ts";
import { taskInstances } from "../scenario/model.ts";
import type { Source } from "../scenario/source.ts";
import { version } from "./version.ts";

/** The file's text, in pieces. `readRun` (cli/recorded-run.ts) makes the same outcome of it. */
export function* encodeRun(
  { scenario, strategy, driver, speed, jitter }: Performed,
  { file, text }: Pick<Source, "file" | "text">,
  log: EventLog,
): Generator<JsonText> {
  const tasks = taskInstances(scenario).map(({ name }) => name);
  const header: EventsHeader = {
    type: "run-started",
    format: eventsFormat,
    tandem: version,
    file,
    document: text,
    strategy: strategy.name,
    driver,
    speed,
    ...(jitter === undefined ? {} : { jitter }),
    tasks,
  };
  yield json(header);
  for (const piece of encodeLog(log, tasks)) yield jsonLines(piece);
}
