/**
 * Detecting in a program that tandem did not write: what its trace has evidence of, the gravest first.
 *
 * What counts as a fault in a scenario may be a program's way of working: two threads that write at nearly
 * the same time, a main that waits for its background, a step that is long while nobody is due. Of these
 * nothing is told here.
 */
import type { Reading } from "../reading.ts";
import type { ReadingSource } from "../precision.ts";
import { placesOf } from "./case.ts";
import { promisesNotAwaited } from "./errors.ts";
import type { ActorPlace } from "./finding.ts";
import { cleanupCut, givenUp, lostAtClose } from "./losses.ts";
import { caseOfTrace } from "./of-trace.ts";
import { floating } from "./program-calls.ts";
import {
  exitBy,
  handlersUnrun,
  keptAlive,
  leftInQueues,
  misuses,
  outputsCut,
} from "./program-ends.ts";
import {
  failuresSwallowed,
  failuresUnheard,
  fatal,
  handledLate,
  logged,
} from "./program-errors.ts";
import type { DetectedInProgram, FoundInProgram, Program, ProgramRule } from "./program-finding.ts";
import { loopsBlocked, loopsStarved } from "./program-held.ts";
import { circles, deadPeers, wokenNever } from "./program-hangs.ts";
import {
  cancelsSwallowed,
  closedUnderTasks,
  collected,
  lostAtExit,
  neverAwaited,
  neverBegun,
  outlived,
} from "./program-losses.ts";
import { cutOff, unsettled, wentOn } from "./user-code.ts";

/** Every detector, in the order in which findings are told. */
const detectors: readonly ((program: Program) => DetectedInProgram<ProgramRule>[])[] = [
  circles,
  deadPeers,
  wokenNever,
  lostAtClose,
  closedUnderTasks,
  collected,
  fatal,
  floating,
  lostAtExit,
  neverAwaited,
  neverBegun,
  givenUp,
  cleanupCut,
  failuresUnheard,
  failuresSwallowed,
  logged,
  handledLate,
  cancelsSwallowed,
  promisesNotAwaited,
  outlived,
  wentOn,
  cutOff,
  unsettled,
  misuses,
  leftInQueues,
  handlersUnrun,
  keptAlive,
  outputsCut,
  exitBy,
  loopsBlocked,
  loopsStarved,
];

/** @param reading of one process (`one-process.ts`). */
export function detectInProgram(reading: Reading, source: ReadingSource): FoundInProgram[] {
  const program: Program = { ...caseOfTrace(reading, source), reading };
  return detectors.flatMap((detector) =>
    detector(program).map(({ place = null, ...found }) => {
      const places = placesOf(program, found.actors);
      const at: ActorPlace[] = place === null ? [] : [{ is: "at", place }];
      // Each detector pairs its rule with that rule's evidence.
      return { ...found, places: [...at, ...places] } as FoundInProgram;
    }),
  );
}
