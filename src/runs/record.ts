/** A run as a trace in lines of JSON: what was run, whom and what it is about, and what happened. */
import type { JsonText } from "../base/texts.ts";
import { disturbanceOf } from "../outcome/disturbed.ts";
import { sourceOf } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { encodeTrace } from "../trace/ndjson.ts";

/**
 * The record's text, in pieces. `readRecording` (`report.ts`) makes the same run of it.
 *
 * @param document the text of its document.
 * @param tandem the version that writes it.
 */
export function encodeRecord(
  { plan, trace, epoch }: Run,
  document: string,
  tandem: string,
): Iterable<JsonText> {
  const source = { ...sourceOf(plan, disturbanceOf(trace.source)), file: plan.file, document };
  return encodeTrace(trace, { tandem, epoch, source });
}
