/** Detecting: everything in a case that a user should know of, the gravest first. */
import { type Case, placesOf } from "./case.ts";
import { launchUnheard, nobodyHeard, onlyLogged, promisesNotAwaited, strays } from "./errors.ts";
import type { Detected, Finding, Rule } from "./finding.ts";
import { loopBlocked, starved } from "./held.ts";
import {
  abandoned,
  cancelledAtExit,
  cleanupCut,
  destroyedPending,
  givenUp,
  killed,
  lostAtClose,
  neverStarted,
} from "./losses.ts";
import {
  acknowledgedEarly,
  doneTwice,
  enqueueUnawaited,
  failedThoughDone,
  gaveUp,
  leaseLost,
  notRetried,
} from "./queues.ts";
import { cutOff, keptAlive, outlived, unsettled, wentOn } from "./user-code.ts";
import { deadlock, joinedTooLong, resultsTimedOut } from "./waits.ts";

/** Every detector, in the order in which findings are told. */
const detectors: readonly ((subject: Case) => Detected<Rule>[])[] = [
  deadlock,
  killed,
  acknowledgedEarly,
  enqueueUnawaited,
  failedThoughDone,
  gaveUp,
  lostAtClose,
  abandoned,
  destroyedPending,
  cancelledAtExit,
  neverStarted,
  givenUp,
  cleanupCut,
  leaseLost,
  notRetried,
  doneTwice,
  nobodyHeard,
  launchUnheard,
  strays,
  onlyLogged,
  resultsTimedOut,
  promisesNotAwaited,
  outlived,
  wentOn,
  cutOff,
  keptAlive,
  unsettled,
  loopBlocked,
  starved,
  joinedTooLong,
  race,
];

export function detect(subject: Case): Finding[] {
  return detectors.flatMap((detector) =>
    // Each detector pairs its rule with that rule's evidence.
    detector(subject).map(
      (found) => ({ ...found, places: placesOf(subject, found.actors) }) as Finding,
    ),
  );
}

/** The first of the pairs whose order is luck. */
function race({ races }: Case): Detected<"race">[] {
  const [first] = races;
  if (first === undefined) return [];
  const evidence = { race: first, others: races.length - 1 };
  return [{ rule: "race", actors: [], at: first.at, evidence }];
}
