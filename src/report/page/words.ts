/** The words of a timeline: what somebody is at, what became of them, and what leads from one to another. */

/** What an entity is at, the gravest first; `alive`: seen at a place, and no more is known. */
export const states = ["holding", "starved", "running", "waiting", "alive"] as const;
export type State = (typeof states)[number];

/** What became of an entity; `none`: a thread, of which nothing is to be said. */
export const fates = [
  "none",
  "finished",
  "lost",
  "failed",
  "given up",
  "cancelled",
  "ended",
  "alive",
] as const;
export type Fate = (typeof fates)[number];

/** Arrows between entities. */
export const arrowKinds = ["created", "awaited", "cancelled", "sent"] as const;
export type ArrowKind = (typeof arrowKinds)[number];
