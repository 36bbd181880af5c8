/** Python's words for what was left, undone or under way when a process ended, or kept it from ending. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import { counted, list } from "../../base/sentences.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Handle, Handler } from "../../reading/observations.ts";
import type { Words } from "../context.ts";
import { functionName } from "../program/names.ts";
import { nameInCode, type PythonFacts, words } from "./facts.ts";

/** The most handlers and handles that are named. */
const mostNamed = 3;

export function leftInQueue(facts: PythonFacts, finding: InProgram<"left-in-queue">): Words<never> {
  const { items, unfinished, of, resource } = finding.evidence.left;
  const known = resource === null ? undefined : facts.names.resource(resource);
  const name = nameInCode(known?.name ?? of, "the queue");
  const place = known?.place ?? null;
  const made = place === null ? "" : ` (${facts.names.line(place)})`;
  const undone =
    unfinished === null || unfinished <= items
      ? ""
      : `; of those that were taken ${counted(unfinished - items, "more")} ${unfinished - items === 1 ? "was" : "were"} never told to be done`.replace(
          /mores?/,
          "more",
        );
  const takers = facts.reading.attached.filter(
    (one) => one.resource === resource && one.as === "getter",
  );
  const dead = facts.reading.hangs
    .flatMap((hang) => hang.dead)
    .find(({ wait }) => wait.resource === resource && resource !== null);
  const isTask = takers.some(({ actor }) => facts.actor(actor)?.kind === "task");
  const wait = isTask ? `await ${name}.join()` : `${name}.join()`;
  const message = `${counted(items, "value")} lay in ${name}${made} at the end, and nobody took ${items === 1 ? "it" : "them"}${undone}`;
  if (dead !== undefined)
    return words(
      message,
      `let ${facts.function(dead.peer)} go on when one value fails, or let whoever fills ${name} hear of its end`,
    );
  return words(
    message,
    `wait for it before the end (${wait}, with task_done() in a finally for each value that is taken), or put a sentinel last and wait for whoever takes it`,
  );
}

export function handlerUnrun(
  facts: PythonFacts,
  finding: InProgram<"handler-unrun">,
): Words<never> {
  const { handlers, why } = finding.evidence;
  const names = handlersWords(facts, handlers);
  const were = handlers.length === 1 ? "was" : "were";
  if (why === "hang")
    return words(
      `${names} never ran: the interpreter first joins threads that are no daemons and those of pools, then calls what atexit has, and a thread did not end`,
      `do at the end of main what ${handlers.length === 1 ? functionName(handlers[0]!.function) : "they"} would do (in a finally, or by a with block), so that the threads can end; or let them be daemon threads of your own`,
    );
  const cause =
    why === "exit"
      ? "the process was ended at once, by os._exit or the like, which calls no handler of atexit"
      : "the process ended without";
  return words(
    `${names} ${were} to be called at the end and never ran: ${cause}`,
    "let main return or raise SystemExit (sys.exit()) instead, or do it before the exit is called",
  );
}

function handlersWords({ names }: PythonFacts, handlers: readonly Handler[]): string {
  const told = handlers.slice(0, mostNamed).map(({ function: of, code, place }) => {
    const where = code === null ? "" : ` (${names.line(code)})`;
    const by = place === null ? "" : `, registered at ${names.line(place)},`;
    return `${functionName(of)}${where}${by}`;
  });
  const more = handlers.length - told.length;
  return list(more > 0 ? [...told, `${formatCount(more)} more`] : told);
}

export function keptAlive(facts: PythonFacts, finding: InProgram<"kept-alive">): Words<never> {
  const { since, until, handles } = finding.evidence;
  const told = handles.slice(0, mostNamed).map((handle) => handleWords(facts, handle));
  const more = handles.length - told.length;
  const what = list(more > 0 ? [...told, `${formatCount(more)} more`] : told);
  const kinds = new Set(handles.map(({ kind }) => kind));
  const isOnly = (kind: string): boolean => kinds.size === 1 && kinds.has(kind);
  return words(
    `main was over at ${formatMeasured(since)}, and the process stayed for ${formatMeasured(until - since)} more because of ${what}`,
    isOnly("thread")
      ? "tell it to end before main does (a threading.Event or a sentinel) and join() it, or start it with daemon=True where it may be cut off"
      : isOnly("pool")
        ? "let its jobs end before main does (tell them by a threading.Event, then shutdown() or the end of a with block)"
        : isOnly("process")
          ? "wait for it with a limit (wait(timeout=…), join(timeout)) and terminate() it then"
          : "let each end, or close it, before main does",
  );
}

function handleWords(facts: PythonFacts, { kind, place, actor }: Handle): string {
  const of = actor === null ? "" : ` (${facts.function(actor)})`;
  const what = { thread: "a thread", pool: "a thread of a pool", process: "a child process" }[kind];
  return `${what ?? kind}${of}${place === null ? "" : `, started at ${facts.names.line(place)}`}`;
}

export function outputCut(facts: PythonFacts, finding: InProgram<"output-cut">): Words<never> {
  const { cuts, call } = finding.evidence;
  const what = list(cuts.map(({ bytes, stream }) => `${counted(bytes, "byte")} of ${stream}`));
  const by =
    call === null
      ? "the process ended"
      : `a call to exit${facts.names.caller(call)} ended the process`;
  return words(
    `${by} with ${what} printed and not yet flushed: os._exit flushes nothing, so they are lost`,
    "flush before it (sys.stdout.flush(), or print(…, flush=True)), or let main end by itself or by sys.exit()",
  );
}

export function exitBy(facts: PythonFacts, finding: InProgram<"exit-by">): Words<never> {
  const { call, code, unrun } = finding.evidence;
  const handlers = unrun === 0 ? "" : `; ${counted(unrun, "handler")} of atexit did not run`;
  return words(
    `a call to exit${facts.names.caller(call)} ended the process with status ${code}${handlers}`,
    facts.isAtOnce(call)
      ? "tell main to end instead (an event that it waits for), and let it return or raise SystemExit (sys.exit()): os._exit runs no finally, no handler of atexit, and flushes no buffer"
      : "return to main what it shall end with, and let it call sys.exit() when all else has come to its end",
  );
}
