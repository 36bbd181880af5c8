/**
 * From launch to the end of a loop that goes by turns, and the end of a process that waits no longer.
 */
import { does } from "../../scenario/strategy.ts";
import { closes, type TypeScriptDraft } from "./draft.ts";
import { longestTimer, milliseconds } from "./syntax.ts";

/** Performs launch, and closes the loop behind it. */
export function run(draft: TypeScriptDraft): string[] {
  const { facts, uses } = draft;
  const { strategy } = facts;
  const submits = uses.has("submit");
  const isClosing = closes(draft.facts);
  const all = "Promise.allSettled(tasks.map(({ ended }) => ended))";
  const until = does(strategy, "staysOpen")
    ? does(strategy, "cancels")
      ? "Promise.race([stopped.promise, launched.then(() => stopped.promise)])"
      : `launched.then(() => stopped.promise).then(() => ${all})`
    : does(strategy, "cancels")
      ? "Promise.race([stopped.promise, launched])"
      : "launched";
  // Beside channels, everything that is waited for keeps its thread by itself.
  const keeps = uses.has("Channel");
  return [
    ...(does(strategy, "staysOpen") || does(strategy, "cancels")
      ? ["const stopped = Promise.withResolvers<void>();"]
      : []),
    ...(draft.collects ? ["const mainEnded = Promise.withResolvers<void>();"] : []),
    "",
    ...(isClosing
      ? [
          "/** Comes when the next turn is over, and before the one after it. */",
          "const turnOver = () =>",
          "  new Promise<void>((resolve) => setImmediate(() => behindMessages(resolve)));",
          "",
        ]
      : []),
    does(strategy, "staysOpen")
      ? "/** A loop that stays open for what main submits. */"
      : "/** As asyncio.run: launch, and what is left of its tasks when it has ended. */",
    "async function run() {",
    ...(keeps
      ? ["  const open = setInterval(() => {}, 2 ** 30); // a promise alone keeps no thread"]
      : []),
    "  const launched = start(launch).ended;",
    `  await ${until}.catch(() => {});`,
    ...(isClosing
      ? [
          "  await turnOver();",
          "  cancel(tasks); // the loop closes: what is left is cancelled, and cleans up",
          `  await ${all};`,
        ]
      : []),
    ...(isClosing && submits
      ? [
          "  // What main submits meanwhile begins, and goes no further than these turns.",
          "  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);",
          ...(uses.has("inPool") && strategy.offload === "threads" ? ["  isShutDown = true;"] : []),
          "  await turnOver();",
        ]
      : []),
    ...finishPool(draft),
    ...(keeps ? ["  clearInterval(open);"] : []),
    "  return launched;",
    "}",
  ];
}

/** The lines that wait for the jobs that the pool has taken, for which the loop goes on turning. */
function finishPool({ facts, uses, words, collects }: TypeScriptDraft): string[] {
  const over = collects ? ["  isOver = true;"] : [];
  if (!uses.has("inPool")) return over;
  if (facts.strategy.offload === "threads")
    return [
      "  await Promise.all(over); // the pool finishes what it has begun",
      ...(uses.has("submit") && closes(facts) ? ["  await turnOver();"] : []),
      ...over,
    ];
  return [
    ...over,
    ...(words.has("CLOSED") ? ["  Atomics.store(shared, CLOSED, 1);"] : []),
    "  // The loop has closed, and the pool finishes what it has taken.",
    "  for (let over; (over = Atomics.load(jobs, 0)) < handed; ) Atomics.wait(jobs, 0, over);",
  ];
}

/** The lines that have the process end after so long, whatever goes on. */
export function exitAfter(draft: TypeScriptDraft, grace: number): string {
  const exit = exitsAfter(draft, grace);
  return draft.isCutShort ? `exitAt = performance.now() + ${milliseconds(grace)};\n${exit}` : exit;
}

function exitsAfter(draft: TypeScriptDraft, grace: number): string {
  // setImmediate is used, since a timer takes a millisecond at least.
  if (grace === 0) return "setImmediate(() => process.exit());";
  if (grace <= longestTimer)
    return `setTimeout(() => process.exit(), ${milliseconds(grace)}).unref();`;
  draft.uses.add("exitAfter");
  return `exitAfter(${milliseconds(grace)});`;
}

/** A function that ends the process after a longer time than setTimeout takes. */
export const exitAfterFunction = [
  "/** Ends the process after so long; setTimeout takes no more than 2^31 - 1 ms at once. */",
  "function exitAfter(ms: number) {",
  "  const part = Math.min(ms, 2 ** 31 - 1);",
  "  setTimeout(() => (ms > part ? exitAfter(ms - part) : process.exit()), part).unref();",
  "}",
];
