/** Patterns for tasks and coroutines that were lost, and for failures and cancellations that nobody saw. */
import type { FindingFacts } from "../../facts.ts";
import { type Ask, type Pattern, Refusal } from "../../pattern.ts";
import { askAt, entryOf, free, lastName } from "./facts.ts";

export const keepAndAwait: Pattern = {
  ...free,
  name: "keep-and-await",
  rules: ["lost-at-close", "task-collected", "loop-closed-under-tasks", "lost-at-exit"],
  does: (facts) => {
    const entry = lastName(entryOf(facts)?.function);
    return facts.finding.actors.length === 1
      ? `keep the task, and await it at the end of ${entry}`
      : `keep the tasks, and await them at the end of ${entry}`;
  },
  price: "the loop runs until the task is done, and what that fails with comes to its entry",
  ask: (facts) => kept(facts, "keep-and-await"),
};

export const entryInThread: Pattern = {
  ...free,
  name: "entry-in-thread",
  rules: ["lost-at-close"],
  does: "await the task, and run the loop in a thread beside main, which waits for that at its end",
  price:
    "main goes on while the loop runs, and an error of the loop does not come to main, nor Ctrl-C to the loop",
  isChoice: true,
  ask(facts) {
    const { reading } = facts;
    const known = kept(facts, "entry-in-thread");
    if (known === null || known instanceof Refusal) return known;
    const entry = entryOf(facts)!;
    const main = reading.actors.find(({ kind }) => kind === "main");
    const closedAt = reading.loops.findLast(
      ({ thread, openedAt }) => thread === entry.thread && openedAt <= (entry.startedAt ?? 0),
    )?.closedAt;
    // Where main does nothing more there is nothing to be had beside it.
    if (main?.thread !== entry.thread || (main.endedAt ?? 0) - (closedAt ?? Infinity) < longAfter)
      return null;
    const started = facts.place(entry.place);
    const alike = reading.actors.filter(
      (one) => one.kind === "launch" && one.place === entry.place,
    );
    if (started === null || started.file !== known.file || alike.length > 1) return null;
    return { ...known, known: { ...known.known, run: started.line } };
  },
};

/** For how long main goes on, in ticks, where a loop beside it is of use. */
const longAfter = 100_000;

export const awaitCall: Pattern = {
  ...free,
  name: "await-call",
  rules: ["coroutine-never-awaited"],
  does: ({ actor }) => `await the call of ${lastName(actor?.function)}`,
  price: "what comes after it waits for it",
  ask(facts) {
    const of = lastName(facts.actor?.function);
    const made = facts.finding.places.find(({ is }) => is === "made")?.place;
    if (of === null) return null;
    if (made === undefined) return new Refusal("where it was called is not in the record");
    // A loop that was refused leaves its coroutine behind: that is told as well, and healed by itself.
    const isRefused = facts.reading.misused.some(
      ({ what, place }) => what === "loop-in-loop" && place === made,
    );
    return isRefused ? null : askAt(facts, "await-call", made, { of });
  },
};

export const doneCallback: Pattern = {
  ...free,
  name: "done-callback",
  price: "a failure goes to the log, and to no code that could act on it",
  rules: ["failure-unheard"],
  does: "look at the future when it is done, and log what it failed with",
  ask(facts) {
    const { actor } = facts;
    if (actor === null) return null;
    // A task that its own loop made has no future of another thread.
    if (actor.kind === "task" ? actor.submittedAt === null : actor.kind !== "job") return null;
    return askAt(facts, "done-callback", actor.place, { of: lastName(actor.function) });
  },
};

export const raiseAgain: Pattern = {
  ...free,
  name: "raise-again",
  rules: ["cancel-swallowed"],
  does: "raise the cancellation again",
  price: "the task ends where it was cancelled, and whoever awaits it hears of that",
  ask: (facts) =>
    facts.found.rule === "cancel-swallowed"
      ? askAt(facts, "raise-again", facts.found.evidence.swallowed.place)
      : null,
};

export const takeAll: Pattern = {
  ...free,
  name: "take-all",
  rules: ["given-up", "failure-swallowed"],
  does: "let all of them come to their end, and raise then what failed",
  price: "the others go on after a failure, which is raised later",
  isChoice: true,
  ask(facts) {
    const { found, actor } = facts;
    if (found.rule === "given-up" && found.evidence.by !== "group-failed")
      return new Refusal("how long it may take is for you to decide");
    if (found.rule === "given-up" && found.evidence.failed === null)
      return new Refusal("the body of its TaskGroup failed");
    return askAt(facts, "take-all", actor?.place);
  },
};

/** Where tasks were made, and the entry of their loop, with others that were lost with them. */
function kept(facts: FindingFacts, pattern: string): Ask | Refusal | null {
  const { found, finding, actor, reading } = facts;
  if (actor?.kind !== "task") return null;
  const launch = entryOf(facts);
  const entry = launch?.function ?? null;
  if (launch === null || entry === null)
    return new Refusal("what its loop ran is not in the record");
  if (found.rule === "lost-at-close" && found.evidence.launchFailed)
    return new Refusal(`${lastName(entry)} failed, and does not come to its end`);
  if (launch.status !== "finished") return null;
  const [from, to] = [launch.startedAt ?? 0, launch.endedAt ?? Infinity];
  const others = reading.actors
    .filter(({ kind, lost, thread, startedAt, number }) => {
      if (kind !== "task" || !lost || finding.actors.includes(number)) return false;
      return thread === actor.thread && startedAt !== null && startedAt >= from && startedAt <= to;
    })
    .map(({ place, function: of }) => ({ place: facts.place(place), of: lastName(of) }))
    .filter(({ place }) => place?.file === facts.place(actor.place)?.file)
    .map(({ place, of }) => ({ line: place!.line, of }));
  const distinct = [...new Map(others.map((one) => [JSON.stringify(one), one])).values()];
  return askAt(facts, pattern, actor.place, {
    of: lastName(actor.function),
    entry,
    others: distinct,
  });
}
