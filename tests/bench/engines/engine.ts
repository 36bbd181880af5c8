/**
 * What every engine of the virtual benchmark is asked to do, and how it is timed in a process of its own.
 *
 * Invariant: an engine that did not perform all the work at the right instants reports nothing.
 */

/** How many tasks sleep how often, and for how long at a time. */
export interface Load {
  tasks: number;
  sleeps: number;
  /** `same`: 10 ms each. `varied`: 7 to 19 ms, by task, so that few deadlines coincide. */
  durations: "same" | "varied";
}

/** What an engine did, by its own account; compared with what the load asks for. */
export interface Performed {
  /** Sleeps that ended. */
  sleeps: number;
  /** When the last one did, in milliseconds of virtual time. */
  end: number;
}

/** What one process measured. */
export interface Measured {
  /** Wall time of the work alone: the process's start and the loading of modules come before it. */
  ms: number;
  /** The most memory the process ever held, in MB. */
  peakMB: number;
}

/** How long each sleep of a task lasts, in milliseconds. */
export function sleepMs(load: Load, task: number): number {
  return load.durations === "same" ? 10 : 7 + (task % 13);
}

/** When the last sleep of a load ends, in milliseconds. */
export function endMs(load: Load): number {
  const longest = load.durations === "same" ? 10 : 7 + Math.min(load.tasks - 1, 12);
  return load.sleeps * longest;
}

/**
 * The command line after the engine's file, read back by `performLoad`.
 *
 * @param runs how often the process performs the load; the last time counts. One run is a cold one.
 */
export function toArguments(load: Load, runs: number): string[] {
  return [String(load.tasks), String(load.sleeps), load.durations, String(runs)];
}

/**
 * Performs the load of this process's command line, and prints what was measured as JSON.
 *
 * @param prepare what is not to be timed, and what the command line says after the load; returns
 *   the work that is timed.
 */
export async function performLoad(
  prepare: (load: Load, rest: string[]) => () => Performed | Promise<Performed>,
): Promise<void> {
  const [tasks, sleeps, durations, runs, ...rest] = process.argv.slice(2);
  const load: Load = {
    tasks: Number(tasks),
    sleeps: Number(sleeps),
    durations: durations as Load["durations"],
  };
  const work = prepare(load, rest);
  let ms = 0;
  for (let run = 0; run < Number(runs); run++) {
    const startedAt = performance.now();
    const performed = await work();
    ms = performance.now() - startedAt;
    check(load, performed);
  }
  const peakMB = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ ms, peakMB } satisfies Measured));
}

function check(load: Load, performed: Performed): void {
  const asked: Performed = { sleeps: load.tasks * load.sleeps, end: endMs(load) };
  if (!Bun.deepEquals(performed, asked))
    throw new Error(
      `performed ${JSON.stringify(performed)} where ${JSON.stringify(asked)} was asked for`,
    );
}
