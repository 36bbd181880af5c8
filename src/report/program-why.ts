/** Why an actor did not come to its end, in a few words. */
import type { ActorOutcome } from "../reading/entities.ts";
import { fateOf, type ProgramReport } from "./program.ts";
import { stopWords } from "./program-words.ts";

/** @returns null where there is nothing to be said: it finished, failed, or may still go on. */
export function whyOf(actor: ActorOutcome, report: ProgramReport): string | null {
  const fate = fateOf(actor, report);
  if (fate === "finished" || fate === "failed" || fate === "alive") return null;
  const stopped = stopWords(actor, report.names);
  if (stopped !== null) return stopped;
  const { startedAt, status } = actor;
  if (startedAt === null) return "never had a turn";
  return status === "abandoned" ? "its process ended" : null;
}
