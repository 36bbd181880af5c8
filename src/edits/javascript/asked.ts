/** What the patterns of JavaScript ask of a module's text: by pattern, what is known of it from the trace. */

/** Where something stands in a module; lines and columns count from 1, columns in UTF-16 code units. */
export interface At {
  line: number;
  column: number;
}

export interface Asked {
  /** Calls whose promises were dropped: the one that was lost, whoever made it and was dropped as well, and so on. */
  await: { dropped: readonly At[] };
  "await-and-catch": { dropped: readonly At[] };
  "await-in-turn": { dropped: readonly At[] };
  "await-together": { dropped: At };
  "await-void": { dropped: readonly At[] };
  "await-condition": { taken: At };
  "await-answers": { taken: At; method: string };
  "make-async": { at: At; how: "statement" | "condition"; exit: At | null };
  "keep-until-exit": { dropped: At; exit: At; how: string };
  "await-kept": { made: At; exit: At };
  "await-map": { made: At };
  "all-of-map": { dropped: At };
  "all-of-called-back": { dropped: At };
  "all-settled": { combined: At };
  "await-blocked": { blocked: At };
  "handle-at-once": { made: At };
  "turn-of-the-loop": { awaited: At };
}

export type PatternName = keyof Asked;
