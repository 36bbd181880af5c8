/** Why an actor did not come to its end, in a few words. */
import type { Floated } from "../reading/calls.ts";
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
  const apart = partWords(actor, report);
  if (apart !== null) return apart;
  if (startedAt === null) return "never had a turn";
  if (report.hang !== null) return null;
  if (status !== "abandoned") return null;
  const floated = report.floated.get(actor.number);
  const dropped = floated === undefined ? "" : `${droppedWords(floated, report)}; `;
  return `${dropped}${endWords(actor, report)}`;
}

/** What ended with an actor under way: its process, or its thread before that. */
function endWords({ thread }: ActorOutcome, { reading, names }: ProgramReport): string {
  const { threads, exits, processes } = reading;
  const own = threads.find(({ number }) => number === thread);
  const process = processes.find(({ number }) => number === own?.process);
  const isOver = (own?.endedAt ?? Infinity) < (process?.endedAt ?? Infinity);
  const exit = exits.find((one) => one.thread === thread && one.alone !== null);
  if (exit === undefined) return isOver ? "its thread ended" : "its process ended";
  return `its thread was ended${exit.place === null ? "" : ` (${names.line(exit.place)})`}`;
}

/** What part a call had in the end of its process, or in the standing still of main; null where it had none. */
function partWords({ number, lost }: ActorOutcome, report: ProgramReport): string | null {
  const { names, decided, inMain } = report;
  if (lost) return null;
  const exit = decided.get(number);
  if (exit === undefined) return inMain.has(number) ? "main stood in it" : null;
  const line = exit.place === null ? "" : ` (${names.line(exit.place)})`;
  return exit.actor === number
    ? `called for the exit${line}`
    : `waited for ${names.kind(exit.actor)}, which called for the exit${line}`;
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

/** How a promise was dropped, and where. */
function droppedWords({ how, place }: Floated, { names }: ProgramReport): string {
  const line = place === null ? "" : ` at ${names.line(place)}`;
  return ["statement", "void", "condition"].includes(how)
    ? `its promise was dropped${line}`
    : `${how}${line} ignores its promise`;
}
