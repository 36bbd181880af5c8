/** The file of events of a run, with the version of tandem that writes it. */
import type { JsonText } from "../base/texts.ts";
import type { Performed } from "../outcome/outcome.ts";
import { encodeRecord } from "../runs/record.ts";
import type { Source } from "../scenario/source.ts";
import type { EventLog } from "../trace/log.ts";
import { version } from "./version.ts";

/** The file's text, in pieces. */
export function encodeRun(
  performed: Performed,
  source: Pick<Source, "file" | "text">,
  log: EventLog,
): Iterable<JsonText> {
  return encodeRecord(performed, source, log, { tandem: version, epoch: null });
}
