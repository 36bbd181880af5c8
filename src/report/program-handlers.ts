/** Functions that were to be called at the end of a process, and why they were not. */
import type { Handler } from "../reading/observations.ts";
import type { ProgramReport } from "./program.ts";
import { endWords } from "./program-words.ts";

export interface Unrun {
  handler: Handler;
  /** Why it was not called, as a sentence without its full stop. */
  why: string;
}

/** The handlers of processes whose end is known that never began, in the order of their registration. */
export function unrunIn({ reading, processes, names }: ProgramReport): Unrun[] {
  return reading.handlers.flatMap((handler) => {
    const process = processes.find(({ number }) => number === handler.process);
    if (handler.beganAt !== null || process === undefined || process.endedAt === null) return [];
    const { exit, interruptedBy } = process;
    // What was not recorded may have happened.
    if (interruptedBy === "cut-off") return [];
    if (exit !== null && interruptedBy === null) {
      if (/^beforeExit /.test(handler.function)) {
        const line = exit.place === null ? "" : ` (${names.line(exit.place)})`;
        return [{ handler, why: `process.exit${line} emits no beforeExit` }];
      }
      const call = { by: null, thread: null, place: exit.place };
      return [{ handler, why: `a call to exit${names.caller(call)} ended the process before it` }];
    }
    const end = endWords(process);
    return [{ handler, why: end === null ? "the process ended without it" : `the process ${end}` }];
  });
}
