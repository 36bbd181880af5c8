/** What a reader must know of a record beside what it tells: that it breaks off, what was not understood. */
import { terminal, type TerminalText } from "../../base/texts.ts";
import { counted } from "../../base/sentences.ts";
import type { Trace, Unknown } from "../../trace/trace.ts";

const nouns: Record<Unknown["what"], string> = {
  event: "event of a type",
  definition: "definition of a kind",
  field: "field",
  word: "word",
};

/** A line for each of it; none for a whole record without anything unknown. */
export function renderRecord({
  cutOff,
  unknown,
}: Pick<Trace, "cutOff" | "unknown">): TerminalText[] {
  const cut = cutOff
    ? [
        terminal`The file of events breaks off within a line; what stands before it has been read.\n`,
      ]
    : [];
  return [
    ...cut,
    ...unknown.map(
      ({ what, name, count }) =>
        terminal`${countedKind(count, nouns[what])} that this version does not know: ${name}\n`,
    ),
  ];
}

/** A number of things of a kind, of whose words the first is counted: `2 events of a kind`. */
function countedKind(count: number, noun: string): string {
  const [first, ...rest] = noun.split(" ");
  return [counted(count, first!), ...rest].join(" ");
}
