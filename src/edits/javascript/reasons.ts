/** Why findings of JavaScript that no pattern is about have no edit. */
import type { FindingFacts } from "../facts.ts";

/** The end of "No edit is offered: …"; null where nothing is to be said of it but that it is for its user to decide. */
export function whyNone(facts: FindingFacts): string | null {
  const { found, reading } = facts;
  if (!reading.loops.every(({ rules }) => rules === "javascript")) return null;
  switch (found.rule) {
    case "lost-at-exit":
    case "woken-never":
      return whyLost(facts);
    case "handler-unrun":
      return found.evidence.why === "exit"
        ? "whether the process can end by itself, which would have called it, is for you to decide"
        : null;
    case "loop-blocked":
      return "where it is to be done without keeping the loop from its turns is for you to decide";
    case "outlived":
      return found.evidence.by === "race"
        ? "how it is to be told to stop is for you to decide"
        : null;
    case "kept-alive":
      return "when it is not needed any more is for you to decide";
    case "only-logged":
    case "failure-unheard":
    case "thread-failed":
      return "where its error is to be caught, and what is to be done then, is for you to decide";
    default:
      return null;
  }
}

function whyLost({ found, reading }: FindingFacts): string | null {
  const isImport = reading.sightings.some(({ of }) => of?.startsWith("import") === true);
  if (isImport)
    return "modules that wait for each other have to be taken apart, and what goes where is for you to decide";
  if (found.rule !== "lost-at-exit") return "what is to wake it is for you to decide";
  const { end, within, without } = found.evidence;
  if (within != null)
    return "a listener of exit can await nothing, and where it is to be done before is for you to decide";
  if (without != null) return "how it is to be told to stop is for you to decide";
  switch (end.by) {
    case "exit":
      return "whether process.exit is to wait for it is for you to decide";
    case "nothing-left":
      return "what is to settle what it waits for is for you to decide";
    case "rejection":
    case "uncaught":
    case "main-failed":
      return "it was cut off by that error, and what is to be done about that is for you to decide";
    default:
      return null;
  }
}
