/** Findings about who waits: in a deadlock, for a result, for the end of the background. */
import { TICKS_PER_MS, type Ticks } from "../../base/duration.ts";
import { isFor } from "../loss.ts";
import type { MainWait } from "../standstill.ts";
import type { Case } from "./case.ts";
import type { Detected } from "./finding.ts";

/** From how long on a wait for the background is worth a word. */
const longWait: Ticks = 1000 * TICKS_PER_MS;

export function deadlock({ interruptedBy, wall, waiting }: Case): Detected<"deadlock">[] {
  if (interruptedBy !== "deadlock") return [];
  return [{ rule: "deadlock", actors: [], at: wall, evidence: { waits: waiting } }];
}

/** Results that main stopped waiting for, and whose work went on. */
export function resultsTimedOut(subject: Case): Detected<"result-timed-out">[] {
  if (subject.interruptedBy !== null) return [];
  return subject.main.waits.flatMap((wait) => {
    const { for: what, at, ticks } = wait;
    const found = what === "result" ? taskOf(subject, wait) : undefined;
    if (found === undefined) return [];
    const [actor, { status, endedAt, cancelled }] = found;
    // What main's own end did to the task came after it had given up.
    const cutOff = status === "abandoned" || cancelled?.reason === "main-ended";
    if (!cutOff && endedAt !== null && endedAt <= at + ticks) return [];
    return [
      {
        rule: "result-timed-out",
        actors: [actor],
        at: at + ticks,
        evidence: { waited: ticks, status, endedAt },
      },
    ];
  });
}

function taskOf({ tasks }: Case, wait: MainWait) {
  for (const [number, task] of tasks)
    if (isFor(wait, { number, name: task.name })) return [number, task] as const;
  return undefined;
}

/** Long waits of main's for the end of a loop in another thread. */
export function joinedTooLong(subject: Case): Detected<"joined-too-long">[] {
  const { main, wall, floats, interruptedBy, launches } = subject;
  if (floats || interruptedBy !== null) return [];
  // Main that gave up waiting had bounded the wait.
  const hasCome = (by: Ticks): boolean =>
    launches.every(
      ({ status, endedAt }) => status !== "cancelled" && status !== "abandoned" && endedAt! <= by,
    );
  return main.waits
    .filter((wait) => wait.for === "join" && wait.ticks >= longWait && wait.ticks > wall / 2)
    .filter(({ at, ticks }) => hasCome(at + ticks))
    .map(({ at, ticks }) => ({
      rule: "joined-too-long",
      actors: [main.actor],
      at,
      evidence: { waited: ticks, wall, atExit: at >= (main.endedAt ?? wall) },
    }));
}
