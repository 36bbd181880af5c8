/** The numbers that threads, actors and places of a scenario's run have; a trace says what each means. */

export const MAIN_THREAD = 0;
export const LOOP_THREAD = 1;
/** The first thread of the pool; the others follow. */
export const POOL_THREAD = 2;
/** The most threads a pool may have. */
export const maxWorkers = 64;

/** The first thread of a durable queue's worker processes, of which each has one. */
export const CONSUMER_THREAD = POOL_THREAD + maxWorkers;
/** The most worker processes that a durable queue may have in a run, those included that take the place of killed ones. */
export const maxConsumers = 64;

/** Threads by number, in events and between them. */
export const threads: readonly string[] = [
  "main",
  "loop",
  ...Array.from({ length: maxWorkers }, (_, worker) => `pool#${worker}`),
  ...Array.from({ length: maxConsumers }, (_, consumer) => `worker#${consumer}`),
];

/** Actors below zero; a task's actor is its index among the run's tasks. */
export const MAIN = -2;
export const LAUNCH = -1;

/** The actor that is the program of a worker process, and its thread. -3 is nobody's that is told. */
export function consumerActor(thread: number): number {
  return -4 - (thread - CONSUMER_THREAD);
}

export function consumerThread(actor: number): number {
  return CONSUMER_THREAD - 4 - actor;
}

/**
 * The actor of an attempt at a task. The first is the task's own; each further one has a number of its own, since
 * two may go on at once: the task's, beyond all those of attempts before.
 *
 * @param tasks how many tasks the run has.
 */
export function attemptActor(task: number, attempt: number, tasks: number): number {
  return (attempt - 1) * tasks + task;
}

/** The task that an actor is, or is an attempt at. */
export function taskOfActor(actor: number, tasks: number): number {
  return actor % tasks;
}

/**
 * The first place in user code; the others follow, as the run comes upon them. Those below are steps of the
 * document, of which no document has so many.
 */
export const USER_PLACE = 2 ** 24;
