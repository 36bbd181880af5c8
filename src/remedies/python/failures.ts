/** Python's words for failures of which no code learned, or learned too late. */
import { formatMeasured } from "../../base/duration.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Words } from "../context.ts";
import { onlyLogged as anyLogged, threadFailed as anyThreadFailed } from "../program/errors.ts";
import { quote } from "../words.ts";
import { type PythonFacts, words } from "./facts.ts";

/** Who failed with what, and where that was raised. */
function failed(
  facts: PythonFacts,
  finding: { actors: readonly number[]; places: InProgram<"failure-unheard">["places"] },
  { error, raisedAt }: { error: string | null; raisedAt: number | null },
): string {
  const [first] = finding.actors as [number];
  const what = error === null ? "" : ` with ${quote(error)}`;
  return `${facts.whoMade(finding, verbFor(facts, first))} failed${what}${facts.atOrNothing(raisedAt, first)}`;
}

function verbFor(facts: PythonFacts, actor: number): string {
  const { kind, submittedAt = null } = facts.actor(actor) ?? {};
  return kind === "job" || submittedAt !== null ? "handed over" : "started";
}

export function unheard(facts: PythonFacts, finding: InProgram<"failure-unheard">): Words<never> {
  const [first] = finding.actors;
  if (first === undefined) return callbackUnheard(facts, finding);
  const { kind, submittedAt = null } = facts.actor(first) ?? {};
  const message = failed(facts, finding, finding.evidence);
  if (submittedAt !== null)
    return words(
      `${message}, and nobody took the result of its future: neither a log nor the exit status tells of that`,
      "keep the future that asyncio.run_coroutine_threadsafe returns and take its result() in the thread that wants it done, or give it a callback that looks (future.add_done_callback(…), with future.exception() in it)",
    );
  if (kind === "job")
    return words(
      `${message}, and nobody took the result of its future: neither a log nor the exit status tells of that`,
      "keep the future that submit() returns and take its result(), or give it a callback that looks (future.add_done_callback(…), with future.exception() in it)",
    );
  if (kind === "thread" && finding.evidence.error?.startsWith("SystemExit") === true)
    return words(
      `${message}, which ended that thread alone: threading drops a SystemExit without a line, and the process went on`,
      "let main call sys.exit() where the process is to end (after join(), by what the thread has left for it), or just return from the thread",
    );
  return words(
    `${message}, and nobody heard of it`,
    `await it where its error can be caught, or give it a callback that looks (task.add_done_callback(…), with task.exception() in it)${facts.has(11) ? ", or start it in an asyncio.TaskGroup" : ""}`,
  );
}

function callbackUnheard(
  facts: PythonFacts,
  { evidence: { error, raisedAt } }: InProgram<"failure-unheard">,
): Words<never> {
  const at = raisedAt === null ? "" : ` at ${facts.names.place(raisedAt)}`;
  return words(
    `a callback of the loop failed with ${quote(error)}${at}, and only asyncio's line on stderr told of it: the loop went on, and no code heard`,
    "catch the error in the callback, or give the loop a handler that acts on such errors (loop.set_exception_handler(…))",
  );
}

export function swallowed(
  facts: PythonFacts,
  finding: InProgram<"failure-swallowed">,
): Words<never> {
  const { first } = finding.evidence;
  const group = facts.has(11)
    ? ", or start them in an asyncio.TaskGroup, which raises all of them"
    : "";
  return words(
    `${failed(facts, finding, finding.evidence)} after ${facts.function(first)} had failed, whose error was raised then: of this one nobody heard`,
    `collect them all (results = await asyncio.gather(…, return_exceptions=True)) and look at each that is an exception${group}`,
  );
}

export function onlyLogged(facts: PythonFacts, finding: InProgram<"only-logged">): Words<never> {
  const { evidence } = finding;
  const [first] = finding.actors;
  // What came from no actor that could be asked ended a thread or the process.
  if (evidence.of === "thread" || first === undefined || evidence.isRejection)
    return anyLogged(facts.names, finding);
  const raisedAt = raisedAtOf(facts, first);
  const isUnretrieved = facts.reading.failures.some(
    ({ actor, heard }) => actor === first && heard.some(({ where }) => where === "never-retrieved"),
  );
  const line = isUnretrieved
    ? "only asyncio's line on stderr told of it (exception was never retrieved), when the task was collected"
    : "only a line on stderr told of it: no code could act on it";
  return words(
    `${failed(facts, finding, { error: evidence.error, raisedAt })}, and ${line}`,
    facts.actor(first)?.kind === "job"
      ? ofJob
      : `await it where its error can be caught, or give it a callback that looks (task.add_done_callback(…), with task.exception() in it)${facts.has(11) ? ", or start it in an asyncio.TaskGroup" : ""}`,
  );
}

/** A callback of its future may have asked, and not caught what that raised. */
const ofJob =
  "take its result where the error can be caught (await, or result() within try … except), or catch it in the callback of its future (future.exception() gives it there and raises nothing)";

export function threadFailed(
  facts: PythonFacts,
  finding: InProgram<"thread-failed">,
): Words<never> {
  const { evidence } = finding;
  const [first] = finding.actors;
  if (evidence.of === "thread" || first === undefined || facts.actor(first)?.kind !== "thread")
    return anyThreadFailed(facts.names, finding);
  const raisedAt = raisedAtOf(facts, first);
  return words(
    `${failed(facts, finding, { error: evidence.error, raisedAt })}, which ended the thread: a traceback on stderr told of it, and no code heard`,
    `catch the error in ${facts.function(first)}, or run it by concurrent.futures.ThreadPoolExecutor, where result() of its future raises it`,
  );
}

export function handledLate(facts: PythonFacts, finding: InProgram<"handled-late">): Words<never> {
  const { error, loggedAt, heardAt } = finding.evidence;
  return words(
    `${failed(facts, finding, { error, raisedAt: null })}, was told to be unheard at ${formatMeasured(loggedAt)}, and was heard at ${formatMeasured(heardAt)} all the same`,
    "await it before anything else is awaited, or catch the error in it and return it",
  );
}

/** Where the last failure of an actor was raised. */
function raisedAtOf({ reading }: PythonFacts, actor: number): number | null {
  return reading.failures.findLast((failure) => failure.actor === actor)?.place ?? null;
}
