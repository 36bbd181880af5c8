/**
 * The equivalent program in TypeScript, for Bun: its frame, which is main, the thread beside it, and
 * how both end.
 *
 * With a loop that floats it is what anybody would write. Elsewhere the semantics are asyncio's, and
 * the program says what JavaScript lacks: a task whose first step waits, a loop that closes, a
 * thread that is joined. Of that machinery it holds what the scenario needs, and no more; so it is
 * declared at the top and written last.
 */
import type { Scenario } from "../scenario/model.ts";
import { isBeside, type Strategy } from "../scenario/strategy.ts";
import { leaves } from "../scenario/walk.ts";
import { type ChannelUse, Facts } from "./facts.ts";
import { separated } from "./source-text.ts";
import { Draft } from "./typescript/draft.ts";
import { writeLaunch, writeTask } from "./typescript/coroutines.ts";
import { writeMachinery } from "./typescript/machinery.ts";
import { refuseWhatIsTooMuch } from "./typescript/refusals.ts";
import { declareValue, onMain, writeSteps } from "./typescript/steps.ts";
import { inside, milliseconds } from "./typescript/syntax.ts";

/** The program in TypeScript. @throws EmitError where there is none of reasonable size. */
export function emitTypeScript(scenario: Scenario, strategy: Strategy): string {
  const facts = new Facts(scenario, strategy);
  const { launches, channels } = facts;
  if (launches) refuseWhatIsTooMuch(facts);
  const draft = new Draft(facts);
  const beside = launches && isBeside(strategy);
  const { before, behind } = writeMain(draft);
  const between = launches && !beside ? launchHere(draft) : [];
  const functions = launches
    ? [...draft.tasks.map((task) => writeTask(draft, task)), writeLaunch(draft)]
    : [];
  const body = beside
    ? writeBothThreads(draft, before, behind)
    : [...before, ...between, ...behind];
  const listens = body.some((line) => line.includes("self."));
  const self = listens ? ["declare var self: Worker;"] : [];
  const queues = channels.map((channel) => writeQueue(draft, channel));
  const machinery = writeMachinery(draft);
  const head = `// ${scenario.name}, strategy ${strategy.name}${scenario.title === null ? "" : `: ${scenario.title.replaceAll(/\s+/g, " ")}`}`;
  const top = [head, ...writeImports(draft)];
  return `${separated([top, self, ...machinery, queues, ...functions, body], [""]).join("\n")}\n`;
}

function writeImports({ uses, words, callees }: Draft): string[] {
  const lines: string[] = [];
  if (uses.has("sleep")) lines.push(`import { setTimeout as delay } from "node:timers/promises";`);
  if (words.size > 0) lines.push(`import { workerData } from "node:worker_threads";`);
  for (const { module, export: exported, name } of callees) {
    const what =
      exported === "default" ? name : `{ ${exported === name ? name : `${exported} as ${name}`} }`;
    lines.push(`import ${what} from ${JSON.stringify(module)};`);
  }
  return lines;
}

function writeQueue(draft: Draft, channel: ChannelUse): string {
  draft.uses.add("Channel");
  // Between threads main keeps to the capacity, before it posts.
  const size = draft.facts.isBetweenThreads(channel) ? null : channel.capacity;
  return `const ${draft.queueOf(channel)} = new Channel(${size ?? ""});`;
}

/** Main before and behind its launch step; where it never launches, all is before. */
function writeMain(draft: Draft): { before: string[]; behind: string[] } {
  const { facts } = draft;
  const { scenario, beforeLaunch, afterLaunch, launches, strategy } = facts;
  const before = [
    ...declareValue(scenario.main),
    ...writeSteps(draft, beforeLaunch, { ...onMain, launched: false }),
  ];
  if (!launches) return { before, behind: [] };
  const after = writeSteps(draft, afterLaunch, onMain);
  const exit = writeExit(strategy);
  const goesOn = isBeside(strategy) && strategy.atExit !== "abandon";
  if (!goesOn || !facts.mainCanFail() || after.length === 0)
    return { before, behind: [...after, ...exit] };
  const caught = [
    "try {",
    ...inside(after),
    "} catch (error) {",
    ...inside([
      "console.error(error); // main has failed; the other thread goes on",
      "process.exitCode = 1;",
    ]),
    "}",
  ];
  return { before, behind: [...caught, ...exit] };
}

/** The launch step, where the loop is on main's own thread. */
function launchHere(draft: Draft): string[] {
  const { strategy, launchCanFail } = draft.facts;
  if (strategy.loop === "inline") {
    const close = writeClose(draft);
    if (close.length === 0) return ["await launch(); // main goes on when launch returns"];
    if (!launchCanFail) return ["await launch();", ...close];
    return ["try {", "  await launch();", "} finally {", ...inside(close), "}"];
  }
  // What a timeout raises in launch is nobody's to handle, and ends the process.
  return strategy.atExit === "cancel"
    ? [
        "launch().catch((error) => {",
        "  if (!signal.aborted) throw error;",
        "}); // main does not wait",
      ]
    : ["launch(); // main does not wait: what is async floats"];
}

/** What asyncio does when its loop closes: cancel what is left, and wait for its clean-up. */
function writeClose({ cancels, tasks, uses }: Draft): string[] {
  if (!cancels) return [];
  if (tasks.length > 0) uses.add("tasks").add("start");
  return [
    "closing.abort(); // the loop closes: what is left is cancelled, and cleans up",
    ...(uses.has("tasks") ? ["await Promise.allSettled(tasks);"] : []),
  ];
}

/** What a strategy does when main's steps have ended. */
function writeExit({ loop, atExit, grace }: Strategy): string[] {
  if (atExit === null) return [];
  const bound =
    grace === null
      ? []
      : [
          `setTimeout(() => process.exit(), ${milliseconds(grace)}).unref(); // then it is abandoned`,
        ];
  if (loop === "float") {
    if (atExit === "abandon")
      return ["process.exit(); // what floats is abandoned, no finally runs"];
    if (atExit === "cancel")
      return ["closing.abort(); // cancels what floats, and lets it clean up", ...bound];
    return bound.length > 0
      ? bound
      : ["// the thread is free now: what floats goes on, and the process ends after it"];
  }
  if (atExit === "abandon")
    return ["process.exit(); // the Worker is abandoned, and no finally runs in it"];
  const tell =
    atExit === "cancel"
      ? [`worker.postMessage(["cancel"]); // its tasks clean up`]
      : loop === "portal"
        ? [`worker.postMessage(["finish"]); // when its tasks have ended`]
        : [];
  const joined = "// the process ends only when the Worker has: that is the join";
  return [...tell, ...(bound.length > 0 ? bound : [joined])];
}

/** Main, which opens a Worker of the same file, and the loop in it. */
function writeBothThreads(draft: Draft, before: string[], behind: string[]): string[] {
  const loop = writeLoop(draft);
  // Whether there is shared memory comes out when both threads have been written.
  const data = draft.words.size > 0 ? ", { workerData: shared } as object" : "";
  const isSpokenTo = [...before, ...behind].some((line) => /\bworker\./.test(line));
  const opens = `${isSpokenTo ? "const worker = " : ""}new Worker(import.meta.url${data});`;
  return [
    "if (Bun.isMainThread) {",
    ...inside([...before, "// main goes on at once", opens, ...behind]),
    "} else {",
    ...inside(loop),
    "}",
  ];
}

/** What the Worker does: launch, what a portal stays open for, and the close. */
function writeLoop(draft: Draft): string[] {
  const { facts, tasks, uses, words } = draft;
  const { strategy, launchCanFail, channels, afterLaunch } = facts;
  const isPortal = strategy.loop === "portal";
  const cancels = strategy.atExit === "cancel";
  const fed = channels.filter((channel) => facts.isBetweenThreads(channel));
  const submits = leaves(afterLaunch).some(({ kind }) => kind === "submit");
  if (submits) {
    uses.add("submit").add("start");
    if (isPortal || draft.cancels) uses.add("tasks");
  }
  const handlers = [
    ...fed.map((channel) => {
      const name = draft.queueOf(channel);
      return `if (what === "${name}") ${name}.put(value);`;
    }),
    ...(submits ? [`if (what === "submit") submit(value);`] : []),
    ...(cancels ? [`if (what === "cancel") closing.abort();`] : []),
    ...(isPortal ? [`if (what === "${cancels ? "cancel" : "finish"}") finish();`] : []),
  ];
  const close = writeClose(draft);
  // What launch has awaited by itself need not be waited for again.
  const drains =
    isPortal &&
    strategy.atExit === "wait" &&
    (submits || tasks.some((task) => !facts.isAwaited(task)));
  if (drains) uses.add("tasks").add("start");
  const listens = handlers.length > 0;
  const ends = [
    ...close,
    ...(listens ? ["self.onmessage = null; // nothing keeps this thread any more"] : []),
    ...(words.has("ENDED")
      ? ["Atomics.store(shared, ENDED, 1);", "Atomics.notify(shared, ENDED);"]
      : []),
  ];
  const value = fed.length > 0 || submits ? "[what, value]" : "[what]";
  const head = [
    ...(isPortal
      ? ["const { promise: finished, resolve: finish } = Promise.withResolvers<void>();"]
      : []),
    ...(listens
      ? [`self.onmessage = ({ data: ${value} }: MessageEvent) => {`, ...inside(handlers), "};"]
      : []),
  ];
  const body = [
    "await launch();",
    ...(isPortal ? ["await finished; // the thread stays open for what main submits"] : []),
    ...(drains ? ["await Promise.allSettled(tasks);"] : []),
  ];
  if (!launchCanFail && !(cancels && draft.cancels)) return [...head, ...body, ...ends];
  return [
    ...head,
    "try {",
    ...inside(body),
    "} catch (error) {",
    ...inside([
      cancels
        ? "if (!signal.aborted) console.error(error);"
        : "console.error(error); // it ends this thread, and no other",
    ]),
    ...(ends.length > 0 ? ["} finally {", ...inside(ends)] : []),
    "}",
  ];
}
