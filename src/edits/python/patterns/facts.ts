/** What patterns of Python ask a finding for. */
import { isAbsolute } from "node:path";
import type { FindingFacts } from "../../facts.ts";
import { type Ask, Refusal } from "../../pattern.ts";
import type { ActorOutcome } from "../../../reading/entities.ts";

/** What changes nothing but what it heals. */
export const free = { price: null, mayBring: [], isChoice: false, healsEnd: false } as const;

/** A function by the last part of its name, as `store` of `Meter.store`. */
export function lastName(name: string | null | undefined): string | null {
  return name?.split(".").at(-1) ?? null;
}

/** The entry of the loop that an actor ran in, as far as that is known. */
export function entryOf({ found, actor, reading }: FindingFacts): ActorOutcome | null {
  if (found.rule === "lost-at-close")
    return reading.actors.find(({ number }) => number === found.evidence.launch) ?? null;
  return (
    reading.actors.findLast(
      ({ kind, thread, startedAt }) =>
        kind === "launch" &&
        thread === actor?.thread &&
        (startedAt ?? Infinity) <= (actor?.startedAt ?? 0),
    ) ?? null
  );
}

/** Whether a file is the script that a process was started with. */
export function isScript({ definitions }: FindingFacts, file: string): boolean {
  const words = [...definitions.processes].flatMap(([, { command }]) => command?.split(" ") ?? []);
  return words.some((word) => word === file || (isAbsolute(word) && word.endsWith(`/${file}`)));
}

/** What asks about the line of a place go by: it, and the function that it stands in. */
export function askAt(
  facts: FindingFacts,
  pattern: string,
  place: number | null | undefined,
  known: Ask["known"] = {},
): Ask | Refusal {
  const at = facts.place(place);
  if (at === null) return new Refusal("the record does not say where that is");
  const { file, line, function: of } = at;
  return { pattern, file, known: { line, function: of, ...known } };
}
