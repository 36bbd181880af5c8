/** Why an actor did not come to its end, in a few words. */
import type { ActorOutcome } from "../reading/entities.ts";
import { fateOf, type ProgramReport } from "./program.ts";
import { stopWords } from "./program-words.ts";

/** @returns null where there is nothing to be said: it finished, failed, or may still go on. */
export function whyOf(actor: ActorOutcome, report: ProgramReport): string | null {
  const fate = fateOf(actor, report);
  if (fate === "finished" || fate === "failed" || fate === "alive") return null;
  const { startedAt, status, cancelled, destroyed } = actor;
  if (destroyed && cancelled === null) return destroyedWords(actor, report);
  if (cancelled?.reason === "loop-closed") return closedWords(actor, report);
  const stopped = stopWords(actor, report.names);
  if (stopped !== null) return stopped;
  if (startedAt === null) return "never had a turn";
  if (report.hang !== null) return null;
  return status === "abandoned" ? "its process ended" : null;
}

function destroyedWords({ number }: ActorOutcome, { rules }: ProgramReport): string {
  switch (rules.get(number)) {
    case "task-collected":
      return "destroyed by the garbage collector while pending";
    case "coroutine-never-awaited":
      return "never awaited";
    case "loop-closed-under-tasks":
      return "destroyed while pending, since its loop was closed under it";
    default:
      return "destroyed while pending";
  }
}

/** By what a loop was closed that cancelled a task then, and where. */
function closedWords({ thread, cancelled }: ActorOutcome, report: ProgramReport): string {
  const { at, place } = cancelled!;
  const loop = report.reading.loops.findLast((one) => one.thread === thread && one.openedAt <= at);
  const gate = loop?.closed ?? loop?.opened ?? null;
  const line = gate?.place ?? place;
  const where = line === null ? "" : ` (${report.names.line(line)})`;
  return gate?.how == null
    ? `cancelled when the loop closed${where}`
    : `cancelled when ${gate.how} closed the loop${where}`;
}
