/** The numbers that threads, actors and places of a scenario's run have; a trace says what each means. */

export const MAIN_THREAD = 0;
export const LOOP_THREAD = 1;
/** The first thread of the pool; the others follow. */
export const POOL_THREAD = 2;
/** The most threads a pool may have. */
export const maxWorkers = 64;

/** Threads by number, in events and between them. */
export const threads: readonly string[] = [
  "main",
  "loop",
  ...Array.from({ length: maxWorkers }, (_, worker) => `pool#${worker}`),
];

/** Actors below zero; a task's actor is its index among the run's tasks. */
export const MAIN = -2;
export const LAUNCH = -1;

/**
 * The first place in user code; the others follow, as the run comes upon them. Those below are steps of the
 * document, of which no document has so many.
 */
export const USER_PLACE = 2 ** 24;
