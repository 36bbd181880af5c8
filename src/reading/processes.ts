/** Processes and threads: which there were, and how each process ended. */
import { interruptions } from "../trace/event.ts";
import type { Entities, OpenThread, ProcessOutcome, ThreadOutcome } from "./entities.ts";
import type { Hears } from "./listener.ts";

export class ProcessReader {
  readonly #entities: Entities;

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<ProcessReader> = {
    "job-began": (reader, { thread }) => {
      reader.#entities.thread(thread).isWorker = true;
    },
    "thread-ended": (reader, { thread, at }) => {
      reader.#entities.thread(thread).endedAt = at;
    },
    "process-ended": (reader, { thread, at, value }) => {
      const process = reader.#entities.processOf(thread);
      process.exitCode = value;
      process.endedAt = at;
    },
    interrupted: (reader, { thread, at, value, text }) => {
      const process = reader.#entities.processOf(thread);
      process.interruptedBy = reader.#entities.word(interruptions, value);
      process.interruption = text ?? null;
      process.endedAt ??= at;
    },
  };

  /** Nothing comes any more: where a process has no end, its record was cut off. */
  finish(): void {
    for (const process of this.#entities.processes)
      if (process.exitCode === null) process.interruptedBy ??= "cut-off";
    const { processes, isObserved, hasWorkers } = this.#entities;
    const [first] = processes;
    // A scenario's run goes on when main has ended or was killed, for as long as its worker processes do.
    const isOver = first === undefined || !["kill", null].includes(first.interruptedBy);
    if (!isObserved && hasWorkers && !isOver && this.#workersGoOn())
      first.interruptedBy = "cut-off";
  }

  #workersGoOn(): boolean {
    return this.#entities.threads.some(
      ({ number, startedAt }) =>
        startedAt !== null && this.#entities.processOf(number).exitCode === null,
    );
  }

  get processes(): ProcessOutcome[] {
    return this.#entities.processes;
  }

  get threads(): ThreadOutcome[] {
    return this.#entities.threads.map(({ main: _, ...thread }: OpenThread) => thread);
  }
}
