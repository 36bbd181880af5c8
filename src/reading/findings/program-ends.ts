/** Findings about how a program uses its loops and threads, and about what is left or undone at its end. */
import { TICKS_PER_MS, type Ticks } from "../../base/duration.ts";
import { misuses as known, type Misuse } from "../../trace/event.ts";
import type { OutputCut } from "../calls.ts";
import { actorsByNumber, type ActorOutcome, type Exit } from "../entities.ts";
import type { Misused } from "../observations.ts";
import type { DetectedInProgram, Program } from "./program-finding.ts";

/** What waits for the world outside: a program that has such a thing is meant to stay. */
const staying: ReadonlySet<string> = new Set(["server", "watcher", "stdin"]);

/** From how long on it is worth a word that something keeps a process whose main is over. */
const longStay: Ticks = 1000 * TICKS_PER_MS;

/** Uses that cannot work, by what and where. A wait for oneself is told of with its circle where there is one. */
export function misuses({ reading }: Program): DetectedInProgram<Misuse>[] {
  const isInCircle = ({ what, actor }: Misused): boolean =>
    what === "self-wait" &&
    reading.hangs.some(({ circle }) => circle.some((wait) => wait.actor === actor));
  const told = reading.misused.filter((one) => !isInCircle(one));
  const alike = Map.groupBy(told, ({ what, place }) => `${what} ${place}`);
  return [...alike.values()].flatMap((some): DetectedInProgram<Misuse>[] => {
    const [misused] = some as [Misused];
    const { what, at, place } = misused;
    const found = { actors: [...new Set(some.map(({ actor }) => actor))], at, place };
    const rule = known.find((one) => one === what);
    // What this version does not know it concludes nothing from.
    if (rule === undefined) return [];
    if (rule === "self-wait") return [{ ...found, rule, evidence: { circle: [], misused } }];
    return [{ ...found, rule, evidence: { times: some.length, misused } }];
  });
}

/** Values that nobody has taken. What is only not said to be done has been taken. */
export function leftInQueues({ reading }: Program): DetectedInProgram<"left-in-queue">[] {
  return reading.left
    .filter(({ items }) => items > 0)
    .map((left) => ({
      rule: "left-in-queue",
      actors: [],
      at: left.at,
      place: left.place,
      evidence: { left },
    }));
}

/** Functions that were to be called at the end of the process, and were not. One that was killed could not. */
export function handlersUnrun(program: Program): DetectedInProgram<"handler-unrun">[] {
  const { reading, interruptedBy, exitCall } = program;
  const handlers = reading.handlers.filter(({ beganAt }) => beganAt === null);
  if (handlers.length === 0) return [];
  // Before main's end nobody comes to them: what was interrupted by then is not told.
  const isKept = ["hang", "timeout"].includes(interruptedBy ?? "") && isMainOver(program);
  if (interruptedBy !== null && !isKept) return [];
  const why = isKept ? "hang" : exitCall === null ? "unknown" : "exit";
  return [
    {
      rule: "handler-unrun",
      actors: [],
      at: handlers[0]!.at,
      place: handlers[0]!.place,
      evidence: { handlers, why },
    },
  ];
}

/** What kept a process whose main was over, until somebody ended it. */
export function keptAlive(program: Program): DetectedInProgram<"kept-alive">[] {
  const { reading, interruptedBy, main, wall } = program;
  if (!isMainOver(program) || main.endedAt === null || reading.handles.length === 0) return [];
  const isEnded = ["hang", "timeout", "signal"].includes(interruptedBy ?? "");
  if (!isEnded && !wasForNothing(program)) return [];
  const until = reading.processes[0]?.endedAt ?? wall;
  if (interruptedBy !== "hang" && until - main.endedAt < longStay) return [];
  const { handles } = reading;
  if (handles.some(({ kind }) => staying.has(kind))) return [];
  return [
    {
      rule: "kept-alive",
      actors: [...new Set(handles.flatMap(({ actor }) => actor ?? []))],
      at: main.endedAt,
      place: handles.find(({ place }) => place !== null)?.place ?? null,
      evidence: { since: main.endedAt, until, handles },
    },
  ];
}

/** Whether a process with a loop that floats ended by itself after it had done nothing for long. */
function wasForNothing(program: Program): boolean {
  const { reading, main, floats, interruptedBy, exitCall, wall, blames } = program;
  const { processes, actors, lines, handles } = reading;
  const end = processes[0]?.endedAt ?? wall;
  if (!floats || interruptedBy !== null || exitCall !== null || main.endedAt === null) return false;
  if (processes[0]?.error !== null || handles.some(({ kind }) => kind === "child process"))
    return false;
  const last = Math.max(
    main.endedAt,
    // A promise that settles is nothing that anybody does.
    ...actors.map(({ endedAt, status, kind }) =>
      status === "abandoned" || kind === "promise" ? 0 : (endedAt ?? 0),
    ),
    ...lines.map(({ at }) => at),
    // What a timer was late by has the one that held the loop kept it for.
    ...blames.flatMap(({ holds }) => holds.map(({ hold: { at, ticks } }) => at + ticks)),
  );
  return end - last >= longStay;
}

/** What was written and not handed to the system when the process ended. */
export function outputsCut({ reading, exitCall }: Program): DetectedInProgram<"output-cut">[] {
  const cuts = reading.outputCut.filter(({ bytes }) => bytes > 0);
  if (cuts.length === 0) return [];
  const [{ at, place }] = cuts as [OutputCut];
  const call = exitCall?.call ?? null;
  const evidence = { cuts, call };
  return [{ rule: "output-cut", actors: [], at, place: place ?? call?.place ?? null, evidence }];
}

/** An exit that was no end of main's own, where no loss by it tells of that. */
export function exitBy(program: Program): DetectedInProgram<"exit-by">[] {
  const { exitCall, reading, tasks, floats } = program;
  const exit = reading.processes[0]?.exit ?? null;
  if (exitCall === null || exit === null) return [];
  // Where a loop floats, a line of any function may end the program as it is meant to.
  if (floats && !cutsMain(program, exit)) return [];
  for (const [, { lost, status }] of tasks) if (lost && status === "abandoned") return [];
  const unrun = reading.handlers.filter(({ beganAt }) => beganAt === null).length;
  const isMains = exitCall.call.by === null && exitCall.call.thread === null;
  if (isMains && unrun === 0) return [];
  const evidence = { call: exitCall.call, code: exit.code, unrun };
  return [{ rule: "exit-by", actors: [], at: exit.at, place: exit.place, evidence }];
}

/** Whether an exit cut off a main that waited for something else, and its user did not ask for it. */
function cutsMain({ main, reading }: Program, { actor, thread }: Exit): boolean {
  const { actors, chains, threads } = reading;
  if (main.status === "finished" || main.status === "failed" || actor === main.actor) return false;
  if (thread !== threads[0]?.number) return true;
  if (chains.above(actor).has(main.actor)) return false;
  const known = actorsByNumber(actors);
  const seen = new Set<number>();
  for (let at: number | null = actor; at !== null && !seen.has(at);) {
    seen.add(at);
    const one: ActorOutcome | undefined = known.get(at);
    if (/^SIG[A-Z0-9]+ /.test(one?.function ?? "")) return false;
    at = one?.parent ?? null;
  }
  return main.startedAt !== null;
}

function isMainOver({ main }: Program): boolean {
  return main.status === "finished" || main.status === "failed";
}
