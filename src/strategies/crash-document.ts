/** A scenario with the kill at its worst moment, as a document that is ready to run. */
import { formatDuration, type Ticks } from "../base/duration.ts";
import { EditableDocument } from "../scenario/editable.ts";
import type { KillTarget } from "../scenario/kill.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Source } from "../scenario/source.ts";
import { type Strategy, toDocument } from "../scenario/strategy.ts";

/** @param says what the kill comes to, for a comment. */
export function crashDocument(
  { source, scenario }: { source: Pick<Source, "text">; scenario: Scenario },
  { strategy, what, at }: { strategy: Strategy; what: KillTarget; at: Ticks },
  says: string,
): string {
  const document = new EditableDocument(source.text, scenario);
  document.set("strategy", toDocument(strategy));
  document.set("kill", { what, at: formatDuration(at) });
  // What is expected of the run that nobody kills does not hold of this one.
  document.delete("expect");
  document.say(` ${says}\n To see it: tandem run FILE --driver virtual`);
  return document.toString();
}
