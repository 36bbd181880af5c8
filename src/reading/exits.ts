/** Exits that code called for, before its thread or its process had come to its own end. */
import type { Ticks } from "../base/duration.ts";
import type { Hears } from "./listener.ts";

export interface Exit {
  actor: number;
  thread: number;
  at: Ticks;
  /** The status that was asked for. */
  code: number;
  /** Where it was called; null where that is not known. */
  place: number | null;
}

export class ExitReader {
  readonly exits: Exit[] = [];

  static readonly hears: Hears<ExitReader> = {
    "exit-called": (reader, { actor, thread, at, value, place }) => {
      reader.exits.push({ actor, thread, at, code: value, place });
    },
  };
}
