/**
 * The patterns of JavaScript: which findings each is about, what it goes by of the trace, what it may break, and its
 * words. What it goes by of the text stands in `changes.ts`.
 */
import { passedOn } from "../../reading/failures.ts";
import type { InProgram, ProgramRule } from "../../reading/findings/program-finding.ts";
import type { Place } from "../../trace/definitions.ts";
import type { Price } from "../edit.ts";
import type { FindingFacts } from "../facts.ts";
import { type Ask, type Pattern, Refusal } from "../pattern.ts";
import type { Asked, At, PatternName } from "./asked.ts";

/** What a pattern asks, before it is put into the words of an ask. */
interface Question<Name extends PatternName> {
  file: string;
  known: Asked[Name];
}

interface Row<Name extends PatternName> extends Partial<Price> {
  rules: readonly ProgramRule[];
  does: string;
  ask(facts: FindingFacts): Question<Name> | Refusal | null;
}

function row<Name extends PatternName>(name: Name, row: Row<Name>): Pattern {
  const { rules, does, price = null, mayBring = [], isChoice = false, healsEnd = false } = row;
  return {
    ...{ name, rules, does, price, mayBring, isChoice, healsEnd },
    ask(facts): Ask | Refusal | null {
      const question = row.ask(facts);
      if (question === null || question instanceof Refusal) return question;
      return { pattern: name, file: question.file, known: { ...question.known } };
    },
  };
}

/** A place in a module of JavaScript, with its column. */
interface Known {
  file: string;
  at: At;
}

/** Where that is: null where it is not known to the column, or in no file of JavaScript. */
function known(place: Place | null): Known | null {
  if (place === null || place.column === null || !/\.[cm]?[jt]sx?$/.test(place.file)) return null;
  const { file, line, column } = place;
  return { file, at: { line, column } };
}

const floatingOf = ({ found }: FindingFacts): InProgram<"floating"> | null =>
  found.rule === "floating" ? found : null;

/** Where the call for the exit stands that cut promises off, which nobody could wait for. */
function exitOf(facts: FindingFacts): Known | null {
  const end = floatingOf(facts)?.evidence.end ?? null;
  return end?.by === "exit" ? known(facts.place(end.call.place)) : null;
}

/** A finding of promises that were dropped in this way, which the end of the process, or of its thread, cut off. */
function dropped(facts: FindingFacts, how: string): Known | null {
  const evidence = floatingOf(facts)?.evidence;
  const by = evidence?.end?.by;
  if ((by !== "exit" && by !== "unknown") || evidence?.dropped?.how !== how) return null;
  return known(facts.place(evidence.dropped.place));
}

/**
 * Where a call was dropped, and where whoever made it was called, and so on, as far as that is in the same file: whether
 * these were dropped as well, their text says. Nobody need wait for whoever called for the exit, nor for those who wait for
 * that one. Whoever had ended before much was told of it may not be known.
 */
function droppedUpwards(facts: FindingFacts, dropped: Known, actor: number): Asked["await"] {
  const { found, reading } = facts;
  const end = found.rule === "floating" ? found.evidence.end : null;
  const by = end?.by === "exit" ? end.call.by : null;
  const decided = by === null ? new Set<number>() : new Set([by, ...reading.chains.above(by)]);
  const callers: At[] = [];
  const seen = new Set([actor]);
  let above = facts.definition(actor)?.parent ?? null;
  while (above !== null && !seen.has(above) && !decided.has(above)) {
    seen.add(above);
    const caller = facts.definition(above);
    const at = known(facts.place(caller?.place));
    if (at?.file === dropped.file) callers.push(at.at);
    above = caller?.parent ?? null;
  }
  const isMain = facts.definition([...seen].at(-1) ?? actor)?.kind === "main";
  const isKnown = isMain || (above !== null && decided.has(above));
  return { dropped: dropped.at, callers: isKnown ? callers : null };
}

/** The call whose rejection, which nobody had handled, ended the process, or took others with it; null where none did. */
function rejected({ found, reading }: FindingFacts): number | null {
  if (found.rule === "only-logged")
    return found.evidence.of === "actor" && found.evidence.isRejection ? found.actors[0]! : null;
  if (found.rule !== "lost-at-exit" || found.evidence.end.by !== "rejection") return null;
  return reading.processes[0]?.error?.actor ?? null;
}

/** Where a statement had dropped the promise of a rejected call, or that of a call which its error came up to. */
function droppedRejection(facts: FindingFacts): { dropped: Known; actor: number } | null {
  const failed = rejected(facts);
  if (failed === null) return null;
  for (const actor of [failed, ...passedOn(facts.reading.failedFrom, failed)]) {
    const was = facts.reading.floated.findLast((one) => one.actor === actor);
    const at = was?.how === "statement" ? known(facts.place(was.place)) : null;
    if (at !== null) return { dropped: at, actor };
  }
  return null;
}

function askDropped(facts: FindingFacts): Question<"await"> | Refusal | null {
  const at = dropped(facts, "statement");
  const [actor] = facts.finding.actors;
  if (at === null || actor === undefined) return null;
  return { file: at.file, known: droppedUpwards(facts, at, actor) };
}

const answering: ReadonlySet<string> = new Set(
  "filter some every find findIndex findLast findLastIndex".split(" "),
);

const waited = "what stands below it comes after it, and its failure is raised there";

export const patterns: readonly Pattern[] = [
  row("await", {
    rules: ["floating"],
    does: "await it where its promise was dropped",
    price: waited,
    ask: askDropped,
  }),
  row("await-and-catch", {
    rules: ["only-logged", "lost-at-exit"],
    does: "await it where its promise was dropped, so that its error comes to those who can catch it",
    price: "what stands below it comes after it",
    healsEnd: true,
    ask(facts) {
      const failed = droppedRejection(facts);
      if (failed === null) return null;
      const { dropped, actor } = failed;
      return { file: dropped.file, known: droppedUpwards(facts, dropped, actor) };
    },
  }),
  row("await-together", {
    rules: ["floating"],
    does: "keep the promises of the loop in a list, and await all of them behind it",
    price:
      "what stands behind the loop comes after all of them, and a failure of one is raised there",
    isChoice: true,
    ask(facts) {
      const at = dropped(facts, "statement");
      return at === null ? null : { file: at.file, known: { dropped: at.at } };
    },
  }),
  row("await-in-turn", {
    rules: ["floating"],
    does: "await each of them in the loop that starts it",
    price: "each begins when the one before it has ended, and a failure of one ends the loop",
    isChoice: true,
    ask: askDropped,
  }),
  row("await-void", {
    rules: ["floating"],
    does: "await it in place of void",
    price: waited,
    isChoice: true,
    ask(facts) {
      const at = dropped(facts, "void");
      const [actor] = facts.finding.actors;
      if (at === null || actor === undefined) return null;
      return { file: at.file, known: droppedUpwards(facts, at, actor) };
    },
  }),
  row("make-async", {
    rules: ["floating"],
    does: "await it in a function that is async then, and await that where it is called",
    price:
      "who calls that function goes on when it has come to its end; what it throws is a rejection",
    isChoice: true,
    ask(facts) {
      const evidence = floatingOf(facts)?.evidence;
      const how = evidence?.dropped?.how;
      const at = known(facts.place(evidence?.dropped?.place));
      if ((how !== "statement" && how !== "condition") || at === null) return null;
      const exit = exitOf(facts);
      const own = exit?.file === at.file ? exit.at : null;
      return { file: at.file, known: { at: at.at, how, exit: own } };
    },
  }),
  row("all-of-map", {
    rules: ["floating"],
    does: "await Promise.all(….map(…)) in place of forEach",
    ask(facts) {
      const at = dropped(facts, "forEach");
      return at === null ? null : { file: at.file, known: { dropped: at.at } };
    },
  }),
  row("all-of-map-in-async", {
    rules: ["floating"],
    does: "await Promise.all(….map(…)) in place of forEach, in a function that is async then and awaited",
    price:
      "who calls that function goes on when it has come to its end; what it throws is a rejection",
    isChoice: true,
    ask(facts) {
      const at = dropped(facts, "forEach");
      return at === null ? null : { file: at.file, known: { dropped: at.at } };
    },
  }),
  row("all-of-called-back", {
    rules: ["floating"],
    does: "await it in the callback, and await Promise.all(….map(…)) in place of forEach",
    price: "what stands behind it in the callback comes after it",
    ask(facts) {
      const at = dropped(facts, "statement");
      const [actor] = facts.finding.actors;
      const { place = null } = floatingOf(facts)?.evidence.dropped ?? {};
      if (at === null || actor === undefined) return null;
      // Of one that is written elsewhere nothing could be told here.
      return /callback$/.test(facts.place(place)?.function ?? "")
        ? { file: at.file, known: { dropped: at.at } }
        : null;
    },
  }),
  row("await-map", {
    rules: ["floating"],
    does: "await Promise.all of what map gives",
    price: "what stands below it comes after all of them, and a failure of one is raised there",
    ask(facts) {
      const finding = floatingOf(facts);
      if (finding?.evidence.dropped !== null || facts.actor?.function !== "map callback")
        return null;
      const at = known(facts.places("made")[0] ?? null);
      return at === null ? null : { file: at.file, known: { made: at.at } };
    },
  }),
  row("await-kept", {
    rules: ["floating"],
    does: "await the promise that was kept before process.exit is called",
    price: "the process ends when that has come to its end, and its failure is raised there",
    ask(facts) {
      if (floatingOf(facts)?.evidence.dropped !== null) return null;
      if (facts.actor?.function === "map callback") return null;
      const [made, ...others] = facts.places("made").map(known);
      const exit = exitOf(facts);
      if (made == null || exit === null || others.length > 0) return null;
      if (made.file !== exit.file)
        return new Refusal("process.exit is called in another file than the promise is kept in");
      return { file: made.file, known: { made: made.at, exit: exit.at } };
    },
  }),
  row("await-condition", {
    rules: ["floating"],
    does: "await the answer where the promise was taken for it",
    price: waited,
    ask(facts) {
      const evidence = floatingOf(facts)?.evidence;
      const at = known(facts.place(evidence?.dropped?.place));
      if (evidence?.dropped?.how !== "condition" || at === null) return null;
      return { file: at.file, known: { taken: at.at } };
    },
  }),
  row("await-answers", {
    rules: ["floating"],
    does: "await the answers of all before they are gone by",
    price: "all are asked at once, and a failure of one is raised there",
    ask(facts) {
      const was = floatingOf(facts)?.evidence.dropped ?? null;
      const at = known(facts.place(was?.place));
      if (was === null || at === null || !answering.has(was.how)) return null;
      return { file: at.file, known: { taken: at.at, method: was.how } };
    },
  }),
  row("all-settled", {
    rules: ["outlived", "failure-swallowed"],
    does: "wait for all of them (Promise.allSettled), then throw what has failed",
    price:
      "the error is raised when all have come to their end, and where several have failed it is an AggregateError of all",
    isChoice: true,
    ask(facts) {
      const at = known(facts.place(combinedAt(facts)));
      return at === null ? null : { file: at.file, known: { combined: at.at } };
    },
  }),
  row("handle-at-once", {
    rules: ["only-logged", "lost-at-exit", "handled-late"],
    does: "mark its promise as handled where it is made (….catch(() => {})), and await it later as now",
    healsEnd: true,
    ask(facts) {
      const actor =
        facts.found.rule === "handled-late" ? (facts.found.actors[0] ?? null) : rejected(facts);
      if (actor === null) return null;
      const isDropped = [actor, ...passedOn(facts.reading.failedFrom, actor)].some((one) =>
        facts.reading.floated.some((was) => was.actor === one),
      );
      const at = known(facts.place(facts.outcome(actor)?.place));
      // What was dropped is awaited nowhere.
      return isDropped || at === null ? null : { file: at.file, known: { made: at.at } };
    },
  }),
  row("turn-of-the-loop", {
    rules: ["loop-starved"],
    does: "give way to the loop itself (setImmediate), where only microtasks had a turn",
    price: "a round takes a turn of the loop, so there are fewer of them in the same time",
    ask(facts) {
      const { found } = facts;
      if (found.rule !== "loop-starved" || found.evidence.by !== "turns") return null;
      const at = known(facts.place(found.evidence.holder.longest.seen?.place));
      return at === null ? null : { file: at.file, known: { awaited: at.at } };
    },
  }),
  row("await-child", {
    rules: ["loop-blocked"],
    does: "await the child (promisify of node:util) in place of stopping the thread for it",
    price:
      "other work of the loop runs meanwhile, so what stands below it may find things changed; what the child writes to stderr is not passed on",
    isChoice: true,
    ask(facts) {
      const { found } = facts;
      const seen = found.rule === "loop-blocked" ? found.evidence.holder.longest.seen : null;
      const of = /\bexec(?:File)?Sync\b/.exec(seen?.call ?? "")?.[0];
      const at = known(facts.place(seen?.place));
      if (of === undefined || at === null) return null;
      return { file: at.file, known: { blocked: at.at, of } };
    },
  }),
  row("clear-limit", {
    rules: ["kept-alive"],
    does: "clear the timer of the race when that is over",
    ask(facts) {
      const { found } = facts;
      if (found.rule !== "kept-alive") return null;
      const { handles } = found.evidence;
      const places = [...new Set(handles.map(({ place }) => place))];
      const at = known(facts.place(places[0]));
      if (at === null || places.length > 1 || handles.some(({ kind }) => kind !== "timer"))
        return null;
      return { file: at.file, known: { timer: at.at } };
    },
  }),
  row("await-blocked", {
    rules: ["loop-blocked", "self-wait", "woken-never"],
    does: "await the promise in place of stopping the thread that it comes by",
    price:
      "other work of the loop runs meanwhile, so what stands below it may find things changed; and a failure is raised there",
    isChoice: true,
    healsEnd: true,
    ask(facts) {
      const { found } = facts;
      const seen = found.rule === "loop-blocked" ? found.evidence.holder.longest.seen : null;
      if (seen?.goesOn !== true) return null;
      const at = known(facts.place(seen.place));
      return at === null ? null : { file: at.file, known: { blocked: at.at } };
    },
  }),
  row("keep-until-exit", {
    rules: ["floating"],
    does: "keep its promise while it is under way, and await all that are before process.exit is called",
    price: "the process ends when they have come to their end, and a failure is raised there",
    isChoice: true,
    ask(facts) {
      const dropped = floatingOf(facts)?.evidence.dropped ?? null;
      const at = known(facts.place(dropped?.place));
      const exit = exitOf(facts);
      if (dropped === null || at === null || exit === null) return null;
      if (answering.has(dropped.how) || ["forEach", "condition"].includes(dropped.how)) return null;
      if (at.file !== exit.file)
        return new Refusal("process.exit is called in another file than the promise is dropped in");
      return { file: at.file, known: { dropped: at.at, exit: exit.at, how: dropped.how } };
    },
  }),
];

/** Where Promise.all rejected before all that it was given had ended. */
function combinedAt({ found, reading }: FindingFacts): number | null {
  if (found.rule === "outlived") return found.evidence.by === "all" ? found.evidence.place : null;
  const settled = reading.settledWithout.findLast(
    ({ actor, by }) => by === "all" && found.actors.includes(actor),
  );
  return settled?.place ?? null;
}
