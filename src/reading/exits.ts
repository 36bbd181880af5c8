/** Exits that code called for, and which of them ended their process. */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { Entities, Exit, OpenThread, ProcessOutcome } from "./entities.ts";
import type { Stray } from "./failures.ts";
import type { Hears } from "./listener.ts";

export class ExitReader {
  readonly #entities: Entities;
  readonly exits: Exit[] = [];

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<ExitReader> = {
    "exit-called": (reader, { actor, thread, at, value, place, text: alone }) => {
      reader.exits.push({ actor, thread, at, code: value, place, alone: alone ?? null });
    },
  };

  /** Whether a thread came to its end after an instant, and its process went on, as with a Worker that calls for an exit. */
  #endedAlone(thread: number, at: Ticks): boolean {
    const { endedAt } = this.#entities.thread(thread);
    const end = this.#entities.processOf(thread).endedAt;
    return endedAt !== null && endedAt >= at && end !== null && endedAt < end;
  }

  #lateness(precision: Ticks): Ticks {
    return this.#entities.isObserved ? Math.max(seenLate, precision) : precision;
  }

  /**
   * Nothing comes any more: each process that ended is told which call for an exit ended it.
   *
   * @param strays what ended threads; an exit that is followed by one ended its thread alone.
   * @param precision how far times may be off by chance.
   * @param floats whether the loop on a thread goes by JavaScript's rules: there an exit on the first thread always comes
   *   through, however long its listeners take.
   */
  finish(strays: readonly Stray[], precision: Ticks, floats: (thread: number) => boolean): void {
    const isOfThread = ({ thread, at }: Exit): boolean =>
      strays.some((stray) => stray.thread === thread && stray.at >= at) ||
      this.#endedAlone(thread, at);
    const lateness = this.#lateness(precision);
    for (const process of this.#entities.processes) {
      const { number } = process;
      const first = this.#entities.threads.find((thread) => thread.process === number);
      process.exit =
        this.exits.findLast(
          (exit) =>
            exit.alone === null &&
            this.#entities.processOf(exit.thread) === process &&
            mayEnd(process, exit) &&
            (exit.thread === first!.number
              ? floats(exit.thread) || endedMain(first!, process, { exit, precision, lateness })
              : isAtEnd(process, exit, lateness) && !isOfThread(exit)),
        ) ?? null;
    }
  }
}

/**
 * For how long the end of an observed process may take to be seen: that is told from outside of it, and a
 * large one takes its time to end.
 */
const seenLate: Ticks = 500 * TICKS_PER_MS;

/** Whether a process ended, in the status that was asked for, when or after it was. */
function mayEnd({ exitCode, endedAt }: ProcessOutcome, { code, at }: Exit): boolean {
  return exitCode === code && endedAt !== null && endedAt >= at;
}

/** Whether a process ended as soon as it was asked to. */
function isAtEnd({ endedAt }: ProcessOutcome, { at }: Exit, precision: Ticks): boolean {
  return endedAt !== null && endedAt - at <= precision;
}

/**
 * Whether an exit on a process's first thread came through: as an exception it may be caught on its way up
 * through main, which then comes to an end of its own, and clean-up on that way may take time.
 */
function endedMain(
  { main }: OpenThread,
  process: ProcessOutcome,
  { exit, precision, lateness }: { exit: Exit; precision: Ticks; lateness: Ticks },
): boolean {
  const endedAt = main?.endedAt ?? null;
  const isOver = main?.status === "finished" || main?.status === "failed";
  if (!isOver || endedAt === null) return true;
  if (endedAt < exit.at) return isAtEnd(process, exit, lateness);
  return main?.status === "failed" || endedAt - exit.at <= precision;
}
