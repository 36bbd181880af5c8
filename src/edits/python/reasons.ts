/** Why findings of Python that no pattern is about have no edit. */
import type { FindingFacts } from "../facts.ts";
import { lastName } from "./patterns/facts.ts";

/** The end of "No edit is offered: …"; null where nothing is to be said of it but that it is for its user to decide. */
export function whyNone(facts: FindingFacts): string | null {
  if (!isOfPython(facts)) return null;
  const { found } = facts;
  switch (found.rule) {
    case "dead-peer": {
      const peer = lastName(facts.outcome(found.evidence.peer)?.function) ?? "what it waits for";
      return `who is to hear that ${peer} has come to its end, and what is to be done then, is for you to decide`;
    }
    case "deadlock":
      return "in which order they are to take what each of them needs is for you to decide";
    case "lock-across-await":
      return "what the lock is to guard while others have their turns is for you to decide";
    case "woken-never":
      return "what is to wake it is for you to decide";
    case "outlived":
      return "how it is to be told to stop is for you to decide";
    case "kept-alive":
      return "when it is not needed any more is for you to decide";
    case "lost-at-exit":
      return found.evidence.end.by === "exit"
        ? "whether the call for the exit is to wait for it is for you to decide"
        : null;
    case "thread-failed":
    case "only-logged":
    case "failure-unheard":
      return "where its error is to be caught, and what is to be done then, is for you to decide";
    default:
      return null;
  }
}

function isOfPython(facts: FindingFacts): boolean {
  const { finding, reading } = facts;
  const places = finding.places.flatMap((one) => facts.place(one.place) ?? []);
  if (places.length > 0) return places.every(({ file }) => /\.pyw?$/.test(file));
  return reading.loops.length > 0 && reading.loops.every(({ rules }) => rules === "asyncio");
}
