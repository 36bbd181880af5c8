/** Writing what has changed. */
import { settleAborts } from "./aborts.ts";
import { tellChildren } from "./children.ts";
import { now } from "./clock.ts";
import { settleFailures } from "./failures.ts";
import { tellWorkers } from "./handles.ts";
import { aliveIsOpen, tellChanges } from "./telling.ts";
import { tellWaited } from "./waited.ts";
import { hasLines, trouble, writeOut } from "./writer.ts";

let then: (() => void) | null = null;

/** What is to be done when all is written. */
export function whenFlushed(own: () => void): void {
  then = own;
}

/** Writes what there is. @param all of calls that have only begun, too */
export function flush(all: boolean): void {
  try {
    settleAborts();
    settleFailures(all);
    tellChildren();
    tellWorkers();
    tellWaited(all);
    tellChanges(now(), all);
    if (hasLines()) aliveIsOpen();
    writeOut();
    then?.();
  } catch (error) {
    trouble("flush", error);
    writeOut();
  }
}
