/** The patterns of Python: what must be known of a finding, what changes by the edit, and how that is put. */
import type { FindingFacts } from "../facts.ts";
import { type Ask, type Pattern, Refusal } from "../pattern.ts";

/** What changes nothing but what it heals. */
const free = { price: null, mayBring: [], isChoice: false, healsEnd: false } as const;

const keepAndAwait: Pattern = {
  ...free,
  name: "keep-and-await",
  rules: ["lost-at-close", "task-collected"],
  does: (facts) => {
    const entry = entryOf(facts);
    return facts.finding.actors.length === 1
      ? `keep the task, and await it at the end of ${entry}`
      : `keep the tasks, and await them at the end of ${entry}`;
  },
  price: "the loop runs until the task is done, and what that fails with comes to its entry",
  ask(facts) {
    const known = kept(facts, entryOf(facts));
    return known === null || known instanceof Refusal
      ? known
      : { pattern: "keep-and-await", ...known };
  },
};

const doneCallback: Pattern = {
  ...free,
  name: "done-callback",
  rules: ["failure-unheard"],
  does: "look at the future when it is done: what it failed with is logged",
  ask(facts) {
    const made = facts.places("made")[0];
    const { actor } = facts;
    if (actor === null || made === undefined) return null;
    // A future of concurrent.futures tells of what its callbacks fail with; a task of a loop's own has no such future.
    if (actor.kind === "task" ? actor.submittedAt === null : actor.kind !== "job") return null;
    return {
      pattern: "done-callback",
      file: made.file,
      known: { line: made.line, of: lastName(actor.function) },
    };
  },
};

export const patterns: readonly Pattern[] = [keepAndAwait, doneCallback];

/** Where a task was made, and the entry of its loop; a reason where that alone rules an edit out. */
function kept(facts: FindingFacts, entry: string | null): Omit<Ask, "pattern"> | Refusal | null {
  const { found, actor } = facts;
  const made = facts.places("made")[0];
  if (actor?.kind !== "task") return null;
  if (found.rule === "lost-at-close" && found.evidence.launchFailed)
    return new Refusal(`${entry ?? "the loop's entry"} failed, and does not come to its end`);
  if (made === undefined) return new Refusal("where it was started is not in the record");
  if (entry === null) return new Refusal("what its loop ran is not in the record");
  return { file: made.file, known: { line: made.line, of: lastName(actor.function), entry } };
}

/** The function of the entry of the loop that somebody lost ran in. */
function entryOf({ found, actor, reading }: FindingFacts): string | null {
  const number =
    found.rule === "lost-at-close"
      ? found.evidence.launch
      : (reading.actors.findLast(
          ({ kind, thread, startedAt }) =>
            kind === "launch" &&
            thread === actor?.thread &&
            (startedAt ?? Infinity) <= (actor?.startedAt ?? 0),
        )?.number ?? null);
  return lastName(reading.actors.find((one) => one.number === number)?.function ?? null);
}

/** A function by the last part of its name, as `store` of `Meter.store`. */
function lastName(name: string | null): string | null {
  return name?.split(".").at(-1) ?? null;
}
