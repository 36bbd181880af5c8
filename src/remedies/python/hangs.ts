/** Python's words for a program in which nothing moves any more, and for loops used where they cannot work. */
import { formatMeasured } from "../../base/duration.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { HangingWait } from "../../reading/hang.ts";
import type { Words } from "../context.ts";
import { seenWaitWords } from "../program/waits.ts";
import { quote } from "../words.ts";
import { nameInCode, type PythonFacts, words } from "./facts.ts";

/** The most waits that are told one by one. */
const mostWaits = 5;

export function deadlock(facts: PythonFacts, finding: InProgram<"deadlock">): Words<never> {
  const { circle } = finding.evidence;
  const locks = circle.every((wait) => isLock(facts, wait));
  return words(
    `each waits for the other, for ever: ${waitsWords(facts, circle)}`,
    locks
      ? "take the locks in the same order everywhere, or take one lock for both, or give up what is held when acquire(timeout=…) fails"
      : "let one of them not wait while it keeps what the other wants, or bound the wait with a timeout",
  );
}

function isLock({ names }: PythonFacts, { resource, for: what }: HangingWait): boolean {
  return what === "lock" || (resource !== null && names.resource(resource)?.kind === "lock");
}

export function selfWait(facts: PythonFacts, finding: InProgram<"self-wait">): Words<never> {
  const { circle, misused } = finding.evidence;
  const [first] = circle;
  if (first === undefined) {
    const who = misused === null ? "it" : facts.function(misused.actor);
    return words(
      `${who} waits${facts.atOrNothing(misused?.place ?? null, misused?.actor)} for what only its own thread could do${misused?.error == null ? "" : ` (${quote(misused.error)})`}`,
      "await it instead of waiting with the whole thread, or wait in another thread",
    );
  }
  const isPool = circle.some(({ actor }) => facts.actor(actor)?.kind === "job");
  if (isPool)
    return words(
      `a job waits for another job of its own pool, and keeps the worker that this would need: ${waitsWords(facts, circle)}`,
      "let no job wait for jobs of its own pool: give these a pool of their own, or submit them from where the first was submitted; a larger max_workers only moves the limit",
    );
  // Who keeps the thread is who waits with all of it.
  const keeper = circle.find(({ for: what }) => what !== "thread") ?? first;
  const other = circle.find(({ actor }) => actor !== keeper.actor);
  const what = other === undefined ? "what it waits for" : facts.function(other.actor);
  return words(
    `${facts.function(keeper.actor)} waits${facts.atOrNothing(keeper.place, keeper.actor)} with the whole thread of the loop that ${what} needs to run: that can never come`,
    `await it (or start it with asyncio.create_task) where the loop's own thread is, and use asyncio.run_coroutine_threadsafe(…).result() from other threads alone`,
  );
}

export function lockAcrossAwait(
  facts: PythonFacts,
  finding: InProgram<"lock-across-await">,
): Words<never> {
  const { circle, holder, taken } = finding.evidence;
  const blocked = circle.find(({ for: what }) => what !== "thread") ?? circle[0]!;
  const name = blocked.resource === null ? null : facts.names.resource(blocked.resource)?.name;
  return words(
    `${facts.function(holder)} keeps ${nameInCode(name ?? null, "a lock")}${taken === null ? "" : ` (taken at ${facts.names.line(taken)})`} across an await, and ${facts.function(blocked.actor)} blocks the thread of their loop for it${facts.atOrNothing(blocked.place, blocked.actor)}: the holder can never go on to give it back`,
    "use asyncio.Lock between tasks (async with lock), or give the lock of threading back before anything is awaited",
  );
}

export function deadPeer(facts: PythonFacts, finding: InProgram<"dead-peer">): Words<never> {
  const { wait, peer, status, error } = finding.evidence;
  const end = facts.actor(peer);
  const place = facts.reading.failures.findLast(({ actor }) => actor === peer)?.place ?? null;
  const how = error === null ? "" : ` (${quote(error)}${facts.atOrNothing(place, peer)})`;
  const when = end?.endedAt == null ? "" : ` at ${formatMeasured(end.endedAt)}`;
  const gone =
    status === "abandoned" || status === "unstarted"
      ? "has no loop left to run on"
      : status === "cancelled" && end?.cancelled == null
        ? `ended${when} by a CancelledError that nobody had asked for${how}`
        : `${{ finished: "had returned", cancelled: "was cancelled" }[status] ?? status}${when}${how}`;
  return words(
    `${waitWordsOf(facts, { ...wait, whom: null })}, and ${facts.function(peer)}, which alone could end that, ${gone}`,
    dead(facts, finding),
  );
}

/** What would have let somebody go on whose peer is gone. */
function dead(facts: PythonFacts, { evidence }: InProgram<"dead-peer">): string {
  const { wait, peer, error } = evidence;
  const peerName = facts.function(peer);
  const queue = wait.resource === null ? null : facts.names.resource(wait.resource);
  const isTask = facts.actor(peer)?.kind === "task";
  if (error?.startsWith("SystemExit") === true)
    return `raise an ordinary exception in ${peerName} instead of sys.exit(), or return what main shall do, and bound the wait (result(timeout=…))`;
  if (wait.for === "queue-join" || queue?.kind === "queue")
    return isTask
      ? `call task_done() in a finally, keep the task of ${peerName} and wait for both (asyncio.wait({…}, return_when=asyncio.FIRST_COMPLETED)), so that its end is heard of`
      : `call task_done() in a finally, catch in ${peerName} what one item can raise, and look whether its thread is alive before you wait for it`;
  return `wait for ${peerName} as well, so that its end is heard of, or bound the wait with a timeout`;
}

export function wokenNever(facts: PythonFacts, finding: InProgram<"woken-never">): Words<never> {
  const { is, waits } = finding.evidence;
  const kinds = new Set(
    waits.map(({ resource, for: what }) =>
      resource === null ? what : (facts.names.resource(resource)?.kind ?? what),
    ),
  );
  const why =
    is === "idle"
      ? "the loop waits, and nothing can come to it any more"
      : "nothing moves any more";
  return words(
    `${why}: ${waitsWords(facts, waits)}`,
    kinds.has("condition")
      ? "wait for a state and not for the notification alone (await condition.wait_for(lambda: …)): one that comes before is not kept"
      : kinds.has("event")
        ? "set() the event where it must come in every case (in a finally), or bound the wait with a timeout"
        : "let somebody do in every case what is waited for, or bound the wait with a timeout",
  );
}

/** Who waits for what, one after the other. */
function waitsWords(facts: PythonFacts, waits: readonly HangingWait[]): string {
  const told = waits.slice(0, mostWaits).map((wait) => waitWordsOf(facts, wait));
  const more = waits.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more wait as well`] : [])].join("; ");
}

function waitWordsOf(facts: PythonFacts, wait: HangingWait): string {
  const { actor, for: what, of, resource, whom, place } = wait;
  const where = facts.atOrNothing(place, actor);
  if (what === "thread") {
    const by = whom === null ? "somebody else" : facts.function(whom);
    return `${facts.function(actor)} needs a turn on the thread that ${by} keeps`;
  }
  const known = resource === null ? undefined : facts.names.resource(resource);
  const who = whom === null ? null : facts.function(whom);
  const name = facts.function(actor);
  if (known === undefined)
    return `${name} waits ${seenWaitWords({ for: what, thing: of, who })}`.trimEnd() + where;
  const has =
    who === null ? "" : `, which ${who} ${known.kind === "lock" ? "has" : "would have to end"}`;
  const thing = of !== null && /^[a-z_]\w*$/.test(of) ? of : known.name;
  // What is called by its class alone has no name of its own.
  const whole = /^[A-Z]/.test(thing) ? `a ${known.kind}` : `the ${known.kind} ${thing}`;
  return `${name} waits for ${whole}${where}${has}`;
}

export function loopInLoop(facts: PythonFacts, finding: InProgram<"loop-in-loop">): Words<never> {
  const { times, misused } = finding.evidence;
  const often = times === 1 ? "" : ` (${times} times)`;
  const where = facts.atOrNothing(misused.place);
  return words(
    `a loop was started${where} on a thread that runs one already${often}${misused.error === null ? "" : ` (${quote(misused.error)})`}`,
    "await the coroutine there instead of asyncio.run, which needs the function to be async; where it cannot be, run it in a thread of its own (asyncio.run in a threading.Thread, or asyncio.to_thread(asyncio.run, …))",
  );
}

export function wrongThread(facts: PythonFacts, finding: InProgram<"wrong-thread">): Words<never> {
  const { times, misused } = finding.evidence;
  const thread = facts.reading.threads.find(({ number }) => number === misused.thread)?.name;
  const often = times === 1 ? "" : `, ${times} times`;
  return words(
    `${facts.function(misused.actor)} touched a loop's own things${facts.atOrNothing(misused.place, misused.actor)} from ${thread === undefined ? "another thread" : `the thread ${thread}`}${often}: the loop is not woken by that${misused.error === null ? "" : ` (${quote(misused.error)})`}`,
    "hand it to the loop (loop.call_soon_threadsafe(future.set_result, value), or asyncio.run_coroutine_threadsafe(…, loop) for a coroutine)",
  );
}

export function wrongLoop(facts: PythonFacts, finding: InProgram<"wrong-loop">): Words<never> {
  const { misused } = finding.evidence;
  return words(
    `${facts.function(misused.actor)} used what belongs to another loop${facts.atOrNothing(misused.place, misused.actor)}${misused.error === null ? "" : ` (${quote(misused.error)})`}`,
    "make it in the loop that uses it (within its coroutine, not at import), or hand the call to its own loop (asyncio.run_coroutine_threadsafe)",
  );
}
