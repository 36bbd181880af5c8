/** The file of events of a run, with the version of tandem that writes it. */
import type { JsonText } from "../base/texts.ts";
import type { Performed } from "../outcome/outcome.ts";
import { encodeRecord } from "../runs/record.ts";
import type { Source } from "../scenario/source.ts";
import type { EventLog } from "../trace/log.ts";
import { version } from "./version.ts";

/** The file's text, in pieces. @param epoch when main started, in ms since 1970, if that is known. */
export function encodeRun(
  performed: Performed,
  source: Pick<Source, "file" | "text">,
  log: EventLog,
  epoch: number | null = null,
): Iterable<JsonText> {
  return encodeRecord(performed, source, log, { tandem: version, epoch });
}
