/** Exits that code called for, before its thread or its process had come to its own end. */
import type { Ticks } from "../base/duration.ts";
import type { Listener } from "./listener.ts";

export interface Exit {
  actor: number;
  thread: number;
  at: Ticks;
  /** The status that was asked for. */
  code: number;
  /** Where it was called; null where that is not known. */
  place: number | null;
}

export class ExitReader implements Listener {
  readonly exits: Exit[] = [];

  readonly hears: Listener["hears"] = {
    "exit-called": ({ actor, thread, at, value, place }) => {
      this.exits.push({ actor, thread, at, code: value, place });
    },
  };
}
