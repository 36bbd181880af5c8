/** The patterns of Python, in the order in which they are tried: what changes least comes first. */
import type { Pattern } from "../pattern.ts";
import { callHandlers, flushFirst, joinQueue, waitForThread } from "./patterns/ends.ts";
import {
  asyncioRun,
  asyncSleep,
  awaitInstead,
  cancelLeft,
  handToLoop,
  runInExecutor,
  runInThread,
  toThread,
} from "./patterns/loops.ts";
import {
  awaitCall,
  doneCallback,
  entryInThread,
  keepAndAwait,
  raiseAgain,
  takeAll,
} from "./patterns/losses.ts";

export const patterns: readonly Pattern[] = [
  awaitCall,
  awaitInstead,
  asyncSleep,
  cancelLeft,
  asyncioRun,
  keepAndAwait,
  raiseAgain,
  doneCallback,
  handToLoop,
  flushFirst,
  entryInThread,
  toThread,
  runInExecutor,
  runInThread,
  takeAll,
  joinQueue,
  callHandlers,
  waitForThread,
];
