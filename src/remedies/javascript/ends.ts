/** JavaScript's words for what was undone or cut off when a process ended, or kept it from ending. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import { counted, list } from "../../base/sentences.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Handle, Handler } from "../../reading/observations.ts";
import type { Words } from "../context.ts";
import { type JavaScriptFacts, words } from "./facts.ts";

/** The most handlers and handles that are named. */
const mostNamed = 3;

export function handlerUnrun(
  facts: JavaScriptFacts,
  finding: InProgram<"handler-unrun">,
): Words<never> {
  const { handlers, why } = finding.evidence;
  const names = handlersWords(facts, handlers);
  const isBefore = handlers.every(({ function: of }) => of.startsWith("beforeExit"));
  const exit = facts.reading.processes[0]?.exit ?? null;
  const error = facts.errorOf(undefined);
  const cause =
    why === "exit" && exit !== null
      ? `${facts.exit({ by: null, thread: null, place: exit.place })} ended the process${isBefore ? ", which emits no beforeExit then" : ""}`
      : error !== null
        ? `${endedBy[error.is]} ended the process${isBefore ? ", which emits no beforeExit then" : ""}`
        : "the process ended without";
  return words(
    `${names} never ran: ${cause}`,
    isBefore
      ? "do it before the exit and await it there; or set process.exitCode and let the process end by itself, which emits beforeExit when nothing is left to do"
      : "do it before the process is ended",
  );
}

const endedBy = {
  rejection: "a rejection that nobody had handled",
  exception: "an exception that nobody caught",
  main: "an error of the main module's",
} as const;

function handlersWords({ names }: JavaScriptFacts, handlers: readonly Handler[]): string {
  const told = handlers.slice(0, mostNamed).map(({ function: of, code, place }) => {
    const line = place ?? code;
    const own = code === null ? null : names.functionAt(code);
    const name = own === null || / listener$/.test(own) || own.startsWith("<") ? "" : ` ${own}`;
    const who = / listener$/.test(of) ? `the ${of}${name}` : of;
    return `${who}${line === null ? "" : ` (${names.line(line)})`}`;
  });
  const more = handlers.length - told.length;
  return list(more > 0 ? [...told, `${formatCount(more)} more`] : told);
}

export function outputCut(facts: JavaScriptFacts, finding: InProgram<"output-cut">): Words<never> {
  const { cuts, call } = finding.evidence;
  const what = list(
    cuts.map(
      ({ bytes, stream }) =>
        `${counted(bytes, "byte")} of ${stream === "messages" ? "messages to another process" : stream}`,
    ),
  );
  const by = call === null ? "the process ended" : `${facts.exit(call)} ended the process`;
  const kinds = new Set(cuts.map(({ stream }) => (stream in cutOf ? cutOf[stream]! : "file")));
  const [only] = kinds;
  const { why, instead } = only === undefined || kinds.size > 1 ? cutAnyway : cutBy[only];
  return words(
    `${by} with ${what} written and not yet handed to the system: ${why}, and the rest was lost`,
    call === null
      ? "write it before the process is at its end, while its loop still turns"
      : `set process.exitCode and let the process end by itself when all is written${instead === "" ? "" : `, or ${instead}`}`,
  );
}

/** What streams with names of their own are. All others are files. */
const cutOf: Readonly<Record<string, "output" | "messages">> = {
  __proto__: null as never,
  stdout: "output",
  stderr: "output",
  messages: "messages",
};

const cutBy = {
  output: {
    why: "a pipe takes only so much at once",
    instead:
      "end it in the callback of the last write (process.stdout.write(text, () => process.exit()))",
  },
  messages: {
    why: "a pipe takes only so much at once",
    instead:
      "end it in the callback of the last message (process.send(message, () => process.exit()))",
  },
  file: {
    why: "a file stream writes one chunk after the other",
    instead:
      "end() the stream and await finished(stream) (node:stream/promises) before process.exit",
  },
} as const;

const cutAnyway = { why: "a stream hands on only so much at once", instead: "" };

export function keptAlive(facts: JavaScriptFacts, finding: InProgram<"kept-alive">): Words<never> {
  const { since, until, handles } = finding.evidence;
  const told = handles.slice(0, mostNamed).map((handle) => handleWords(facts, handle));
  const more = handles.length - told.length;
  const what = list(more > 0 ? [...told, `${formatCount(more)} more`] : told);
  const kinds = new Set(handles.map(({ kind }) => kind));
  const [only] = kinds;
  return words(
    `the main module was over at ${formatMeasured(since)}, and the process stayed for ${formatMeasured(until - since)} more because of ${what}`,
    (kinds.size === 1 ? endings[only!] : undefined) ??
      "end or close each when it is no longer needed, or call unref() on it",
  );
}

/** What ends a thing of one kind. */
const endings: Readonly<Record<string, string>> = {
  interval:
    "keep what setInterval returns and clearInterval(…) it when it is no longer needed, or call unref() on it",
  timer:
    "keep what setTimeout returns and clearTimeout(…) it when it is no longer needed (in finally), or call unref() on it",
  socket: "end() or destroy() it when it is no longer needed (in finally, or by await using)",
  worker:
    "await worker.terminate() when it is no longer needed, or let it end by itself (close its port), or call unref() on it",
  "child process":
    "wait for it with a limit (the option timeout or signal) and kill() it then, or call unref() on it",
  "message port": "close() it when nothing more is to come, or call unref() on it",
};

function handleWords({ names }: JavaScriptFacts, { kind, place }: Handle): string {
  const article = /^[aeiou]/.test(kind) ? "an" : "a";
  return `${article} ${kind}${place === null ? "" : ` (${names.line(place)})`}`;
}

export function exitBy(facts: JavaScriptFacts, finding: InProgram<"exit-by">): Words<never> {
  const { call, code } = finding.evidence;
  const main = facts.reading.actors.find(({ kind }) => kind === "main");
  const place = main?.lastPlace ?? null;
  const stood = place === null ? "" : ` (it stood at ${facts.names.line(place)})`;
  return words(
    `${facts.exit(call, code)} ended the process, and the main module was cut off before its end${stood}`,
    "let whoever wants the end tell the main module so (reject what it awaits, or abort an AbortSignal), and let the process end by itself with process.exitCode",
  );
}
