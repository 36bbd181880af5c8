/** Patterns for what a program's end cut off, or never came to. */
import type { FindingFacts } from "../../facts.ts";
import { type Pattern, Refusal } from "../../pattern.ts";
import type { Leftover } from "../../../reading/observations.ts";
import { askAt, free, isScript } from "./facts.ts";

export const joinQueue: Pattern = {
  ...free,
  name: "join-queue",
  rules: ["left-in-queue", "lost-at-exit"],
  does: "wait at the end of main until all that is in the queue is done",
  price: "the program ends when the queue has been worked off, and never if nobody works it off",
  isChoice: true,
  ask(facts) {
    const left = leftFor(facts);
    if (left === null) return null;
    const { reading } = facts;
    const consumers = reading.attached
      .filter(({ resource, as }) => resource === left.resource && as === "getter")
      .map(({ actor }) => facts.outcome(actor));
    // Whoever takes from it has to be there, and a thread: a loop's queue is joined by a coroutine.
    if (consumers.length === 0) return null;
    if (!consumers.every((one) => one?.kind === "thread" && one.status === "abandoned"))
      return new Refusal("whoever takes from the queue may have come to its own end");
    if (left.unfinished === null)
      return new Refusal("nobody says of a value of the queue that it is done (task_done)");
    const file = facts.place(left.place)?.file ?? "";
    return askAt(facts, "join-queue", left.place, { isMain: isScript(facts, file) });
  },
};

export const callHandlers: Pattern = {
  ...free,
  name: "call-handlers",
  rules: ["handler-unrun", "kept-alive"],
  does: "call at the end of main what was registered to be called at exit",
  price: "it is called twice, then and when the interpreter exits",
  isChoice: true,
  healsEnd: true,
  ask(facts) {
    const { found, reading } = facts;
    if (found.rule === "handler-unrun" && found.evidence.why !== "hang")
      return new Refusal("the call that ended the program at once is for you to change");
    const handlers = reading.handlers.filter(({ beganAt }) => beganAt === null);
    const places = handlers.map(({ place }) => facts.place(place));
    if (handlers.length === 0) return null;
    const [first] = places;
    if (places.some((one) => one === null || one.file !== first?.file))
      return new Refusal("where the handlers are registered is not one file");
    return askAt(facts, "call-handlers", handlers[0]!.place, {
      lines: places.map((one) => one!.line),
      isMain: isScript(facts, first!.file),
    });
  },
};

export const waitForThread: Pattern = {
  ...free,
  name: "wait-for-thread",
  rules: ["lost-at-exit"],
  does: "let the program wait for the thread (daemon=False)",
  price: "the program ends no sooner than the thread",
  isChoice: true,
  ask(facts) {
    const { reading, actor } = facts;
    const thread = reading.threads.find(({ number }) => number === actor?.thread);
    if (actor === null || thread?.daemon !== true || leftFor(facts) !== null) return null;
    const program = reading.actors.find(
      ({ kind, thread: on }) => kind === "thread" && on === thread.number,
    );
    return askAt(facts, "wait-for-thread", program?.place);
  },
};

export const flushFirst: Pattern = {
  ...free,
  name: "flush-first",
  rules: ["output-cut"],
  does: "flush what was printed before the exit",
  ask(facts) {
    const { found } = facts;
    if (found.rule !== "output-cut") return null;
    const { cuts, call } = found.evidence;
    const streams = [...new Set(cuts.map(({ stream }) => stream))];
    if (call === null || streams.some((one) => one !== "stdout" && one !== "stderr"))
      return new Refusal("what was written is no stream of the program's own");
    return askAt(facts, "flush-first", call.place, { streams });
  },
};

/** What lay in a queue at the end, where a finding is about that: its own, or that of a thread that took from it. */
function leftFor({ found, actor, reading }: FindingFacts): Leftover | null {
  if (found.rule === "left-in-queue") return found.evidence.left;
  if (actor?.kind !== "thread") return null;
  const own = reading.attached.filter((one) => one.actor === actor.number && one.as === "getter");
  return reading.left.find(({ resource }) => own.some((one) => one.resource === resource)) ?? null;
}
