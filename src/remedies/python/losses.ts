/** Python's words for work that was lost, given up, or went on when nobody wanted it any more. */
import { formatMeasured } from "../../base/duration.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Words } from "../context.ts";
import { abandoned } from "../program/losses.ts";
import { cutWords, quote } from "../words.ts";
import { type PythonFacts, words } from "./facts.ts";

export function lostAtClose(facts: PythonFacts, finding: InProgram<"lost-at-close">): Words<never> {
  const { launch, launchFailed, launchError, cleanupCut } = finding.evidence;
  const [first] = finding.actors as [number];
  const [it, was] = finding.actors.length === 1 ? ["it", "was"] : ["them", "were"];
  const counts = new Set(finding.actors.map((actor) => facts.afterSteps(actor)));
  const after = counts.size === 1 ? facts.afterSteps(first) : null;
  const stood = facts.stood(finding);
  const when = [
    ...(after === null ? [] : [after]),
    ...(stood === "" ? [] : [`while ${it === "it" ? it : "they"} stood${stood}`]),
  ].join(", ");
  const entry = launch === null ? "the loop's entry" : facts.function(launch);
  const closer = facts.closer(launch === null ? undefined : facts.loopOf(launch));
  const wasCancelled = launch !== null && facts.actor(launch)?.status === "cancelled";
  const ended = launchFailed
    ? `failed (${quote(launchError)})`
    : wasCancelled
      ? "was cancelled"
      : "returned";
  const head = `${facts.who(finding)}${facts.started(finding)} and ${was} not done when ${entry} ${ended}`;
  const message = `${head}: ${closer} cancelled ${it}${when === "" ? "" : ` ${when}`}${cutWords(cleanupCut)}`;
  if (launchFailed)
    return words(
      message,
      `catch the error in ${entry}, or await ${it} there in a finally before it leaves ${entry}`,
    );
  return words(message, waysToAwait(facts, finding, launch));
}

/** How a task comes to its end before its loop closes. */
function waysToAwait(
  facts: PythonFacts,
  { actors }: InProgram<"lost-at-close">,
  launch: number | null,
): string {
  const [first] = actors as [number];
  const entry = launch === null ? "the coroutine that the loop runs" : facts.function(launch);
  const parent = facts.actor(first)?.parent ?? null;
  const by = parent === null ? undefined : facts.actor(parent);
  if (by?.kind === "callback")
    return `let ${facts.function(parent!)} only set an event, and await ${facts.call(first)} in ${entry} before that returns (in a finally)`;
  const several = actors.length > 1;
  if (actors.some((actor) => facts.reading.rounds.has(actor)))
    return [
      several
        ? `keep the tasks, and cancel them before ${entry} returns, once they are no longer wanted (for task in tasks: task.cancel(), then await asyncio.gather(*tasks, return_exceptions=True))`
        : `keep the task, and cancel it before ${entry} returns, once it is no longer wanted (task.cancel(), then await asyncio.gather(task, return_exceptions=True))`,
      `give ${several ? "their" : "its"} loop an end that ${entry} can wait for: as it is, ${several ? "they go" : "it goes"} round for ever`,
      ...ownThread(facts, launch),
    ].join("; or ");
  const keep =
    launch !== null && facts.isStartedIn(first, launch)
      ? several
        ? `keep the tasks that are started there and await them before ${entry} returns (await asyncio.gather(*tasks))`
        : `keep what create_task returns and await it before ${entry} returns (task = asyncio.create_task(${facts.call(first)}), then await task)`
      : `keep ${several ? "the tasks" : "the task"} where ${entry} can await ${several ? "them" : "it"} before it returns (a set, then await asyncio.gather(*tasks))`;
  return [
    keep,
    ...(facts.has(11) ? [`start ${several ? "them" : "it"} in an asyncio.TaskGroup`] : []),
    ...ownThread(facts, launch),
  ].join(", or ");
}

/** What helps where main goes on for long when the loop has closed. */
function ownThread(facts: PythonFacts, launch: number | null): string[] {
  return goesOnAfter(facts, launch)
    ? ["run this loop in a thread that lives as long as main does (threading.Thread, then join())"]
    : [];
}

/** Whether main's thread turned the loop, and main went on for long when that had closed. */
function goesOnAfter(facts: PythonFacts, launch: number | null): boolean {
  if (launch === null) return false;
  const closedAt = facts.loopOf(launch)?.closedAt ?? null;
  const main = facts.reading.actors.find(({ kind }) => kind === "main");
  const endedAt = main?.endedAt ?? null;
  if (main?.thread !== facts.actor(launch)?.thread) return false;
  return closedAt !== null && endedAt !== null && endedAt - closedAt >= 100_000;
}

export function closedUnder(
  facts: PythonFacts,
  finding: InProgram<"loop-closed-under-tasks">,
): Words<never> {
  const { how, place } = finding.evidence;
  const closer = how === null || how === "close" ? "loop.close()" : how;
  const where = place === null ? "" : ` at ${facts.names.line(place)}`;
  const [it, was] = finding.actors.length === 1 ? ["it", "was"] : ["them", "were"];
  const stood = facts.stood(finding);
  const runner = facts.has(11)
    ? "asyncio.run (or with asyncio.Runner() as runner: runner.run(…))"
    : "asyncio.run";
  return words(
    `${closer}${where} closed the loop while ${facts.whoMade(finding)} ${was} pending${stood}: nobody had cancelled ${it}, so ${it === "it" ? "it was" : "they were"} destroyed with ${it === "it" ? "its" : "their"} loop`,
    `run it with ${runner}, which cancels what is left and waits for that, or do so before the loop is closed: task.cancel() for each of asyncio.all_tasks(loop), then loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))`,
  );
}

export function taskCollected(
  facts: PythonFacts,
  finding: InProgram<"task-collected">,
): Words<never> {
  const [first] = finding.actors as [number];
  const call = facts.call(first);
  const several = finding.actors.length > 1;
  return words(
    `the garbage collector destroyed ${facts.whoMade(finding)} at ${formatMeasured(finding.at)} while ${several ? "they were" : "it was"} pending${facts.stood(finding)}: nothing kept a reference to ${several ? "them" : "it"}, and the event loop has only a weak one`,
    `keep a strong reference until it is done (task = asyncio.create_task(${call}); tasks.add(task); task.add_done_callback(tasks.discard), with tasks a set that lives as long)${facts.has(11) ? ", or start it in an asyncio.TaskGroup" : ""}, or await it`,
  );
}

export function neverAwaited(
  facts: PythonFacts,
  finding: InProgram<"coroutine-never-awaited">,
): Words<never> {
  const [first] = finding.actors as [number];
  const several = finding.actors.length > 1;
  const call = facts.call(first);
  const made = finding.places.find(({ is }) => is === "made")?.place ?? null;
  const often = several ? ` (${finding.actors.length} times)` : "";
  const where = made === null ? "" : ` at ${facts.names.line(made)}`;
  const within = made === null ? null : facts.names.functionAt(made);
  const message = `${facts.who({ ...finding, actors: [first] })} was called${where}${often} and what that returned was never awaited: not one line of ${several ? "these coroutines" : "the coroutine"} ran`;
  const isRefused = facts.reading.misused.some(
    ({ what, place }) => what === "loop-in-loop" && place === made,
  );
  if (isRefused)
    return words(
      message,
      `await it (async def ${within ?? "…"}, and await ${call} there), or let synchronous code have a loop in a thread of its own and use asyncio.run_coroutine_threadsafe(${call}, loop).result()`,
    );
  return words(
    message,
    `write await ${call} there, or start it as a task and keep that (task = asyncio.create_task(${call}))`,
  );
}

export function lostAtExit(facts: PythonFacts, finding: InProgram<"lost-at-exit">): Words<never> {
  const { end, cleanupCut } = finding.evidence;
  const [first] = finding.actors as [number];
  const { kind = "task", name = "" } = facts.actor(first) ?? {};
  const who = facts.whoMade(finding);
  const stood = facts.stood(finding);
  if (end.by === "exit" && end.ended === "process" && facts.isAtOnce(end.call)) {
    const call = facts.names.caller(end.call);
    const status = end.code === null ? "" : ` with status ${end.code}`;
    return words(
      `a call to exit${call} ended the process${status} with ${who} under way${stood}${cutWords(cleanupCut)}: no finally and no handler of atexit runs then`,
      "let main come to its end instead: raise there or return, and let whoever wants the end tell main so (an event that it waits for)",
    );
  }
  const isDaemon = finding.actors.some((actor) => facts.isOfDaemon(actor));
  if (!isDaemon || (end.by !== "main-ended" && end.by !== "unknown"))
    return abandoned(facts.names, { ...finding, rule: "abandoned" });
  const main = "the process ended when main did, and does not wait for daemon threads";
  if (kind === "thread")
    return words(
      `${main}: ${who} was cut off${stood}${cutWords(cleanupCut)}`,
      `let main tell it to end (a sentinel in its queue, or a threading.Event) and join() ${name === "" ? "it" : "the thread"} before its own end, or start it with daemon=False`,
    );
  return words(
    `${main}: ${who} ${finding.actors.length === 1 ? "was" : "were"} cut off${stood}, on ${threadWords(facts, first)}${cutWords(cleanupCut)}`,
    "join() the thread before main ends (after what it waits for has been told to end), or start it with daemon=False",
  );
}

function threadWords(facts: PythonFacts, actor: number): string {
  const { thread = null } = facts.actor(actor) ?? {};
  const known = facts.reading.threads.find(({ number }) => number === thread);
  return known === undefined ? "a daemon thread" : `the daemon thread ${known.name}`;
}

export function givenUp(facts: PythonFacts, finding: InProgram<"given-up">): Words<never> {
  const { by, failed } = finding.evidence;
  const [first] = finding.actors as [number];
  const [it, they] = finding.actors.length === 1 ? ["it", "it"] : ["them", "they"];
  const stood = facts.stood(finding);
  const what = `${facts.whoMade(finding)}${stood === "" ? "" : ` while ${they} stood${stood}`}`;
  if (by === "timed-out")
    return words(
      `a timeout ran out and cancelled ${what}`,
      `give ${it} longer, or wrap what must not be cut off in asyncio.shield(…), whose task you keep`,
    );
  if (failed === null)
    return words(
      `the body of its TaskGroup failed, so the group cancelled ${what}`,
      `catch the error within the group, where the others can go on`,
    );
  const failing = facts.who({ actors: [failed] });
  return words(
    `${failing} failed, so its TaskGroup cancelled ${what}`,
    `let ${facts.function(failed)} catch its own error, or where ${facts.function(first)} shall go on all the same use await asyncio.gather(…, return_exceptions=True) and look at each result`,
  );
}

export function outlived(facts: PythonFacts, finding: InProgram<"outlived">): Words<never> {
  const { at, evidence } = finding;
  const { waiter, by, endedAt, until } = evidence;
  const several = finding.actors.length > 1;
  const it = several ? "them" : "it";
  const how = by === "cancelled" ? "was cancelled" : `stopped waiting for ${it}`;
  const where = several ? "in their threads, the first" : "in its thread";
  const end = endedAt === null ? " and had not ended when the process did" : "";
  return words(
    `${waiter === null ? "whoever waited" : facts.function(waiter)} ${how} at ${formatMeasured(at)}, but ${facts.whoMade(finding, "handed over")} ran on ${where} for ${formatMeasured(until - at)}${end}: nothing can cancel a function that a thread has begun`,
    "hand it a threading.Event and let it look between two pieces of its work whether it is still wanted, or give what it calls a timeout of its own",
  );
}

export function cancelSwallowed(
  facts: PythonFacts,
  finding: InProgram<"cancel-swallowed">,
): Words<never> {
  const { times, swallowed } = finding.evidence;
  const [first] = finding.actors as [number];
  const line = swallowed.cancelled?.place ?? null;
  const asked = line === null ? "" : ` (task.cancel() at ${facts.names.line(line)})`;
  const where = facts.atOrNothing(swallowed.place, first);
  const how =
    swallowed.how === "ended"
      ? "ended as if it had finished: whoever awaits it cannot tell that it was cancelled"
      : "went on as if nobody had cancelled it";
  return words(
    `${facts.whoMade(finding)} caught the asyncio.CancelledError${asked} that came${where}${times === 1 ? "" : ` (${times} times)`} and ${how}`,
    "raise it again (except asyncio.CancelledError: …; raise), or catch Exception there, which a CancelledError is not, instead of BaseException or everything",
  );
}
