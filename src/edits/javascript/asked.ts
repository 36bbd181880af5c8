/** What the patterns of JavaScript ask of a module's text: by pattern, what is known of it from the trace. */

/** Where something stands in a module; lines and columns count from 1, columns in UTF-16 code units. */
export interface At {
  line: number;
  column: number;
}

/** A call whose promise was dropped. */
export interface DroppedCall {
  dropped: At;
  /** Where whoever made it was called, and so on; null where that is not known up to main, or to the exit. */
  callers: readonly At[] | null;
}

export interface Asked {
  await: DroppedCall;
  "await-and-catch": DroppedCall;
  "await-in-turn": DroppedCall;
  "await-together": { dropped: At };
  "await-void": DroppedCall;
  "await-condition": { taken: At };
  "await-answers": { taken: At; method: string };
  "make-async": { at: At; how: "statement" | "condition"; exit: At | null };
  "keep-until-exit": { dropped: At; exit: At; how: string };
  "await-kept": { made: At; exit: At };
  "await-map": { made: At };
  "all-of-map": { dropped: At };
  "all-of-map-in-async": { dropped: At };
  "all-of-called-back": { dropped: At };
  "all-settled": { combined: At };
  "await-child": { blocked: At; of: string };
  "clear-limit": { timer: At };
  "await-blocked": { blocked: At };
  "handle-at-once": { made: At };
  "turn-of-the-loop": { awaited: At };
}

export type PatternName = keyof Asked;
