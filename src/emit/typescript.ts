/**
 * The equivalent program in TypeScript, for Bun: its frame, which is main, the thread beside it, and
 * how both end.
 *
 * With a loop that floats it is what anybody would write. Elsewhere the semantics are asyncio's, and
 * the program says what JavaScript lacks: a task whose first step waits, a loop that closes, a
 * thread that is joined. Of that machinery it holds what the scenario needs, and no more; so it is
 * declared at the top and written last.
 */
import { inComment, sourceText, type SourceText } from "../base/texts.ts";
import type { Scenario } from "../scenario/model.ts";
import { does, isBeside, type Strategy } from "../scenario/strategy.ts";
import { leaves } from "../scenario/walk.ts";
import { type ChannelFacts, Facts } from "./facts.ts";
import { separated } from "./source-text.ts";
import { TypeScriptDraft } from "./typescript/draft.ts";
import { writeLaunch, writeTask } from "./typescript/coroutines.ts";
import { writeMachinery } from "./typescript/machinery.ts";
import { refuseWhatIsTooMuch } from "./typescript/refusals.ts";
import { emitQueued } from "./typescript/queue.ts";
import { declareValue, onMain, writeSteps } from "./typescript/steps.ts";
import { inside } from "./typescript/syntax.ts";
import { exitAfter } from "./typescript/close.ts";

/** The program in TypeScript. @throws EmitError where there is none of reasonable size. */
export function emitTypeScript(scenario: Scenario, strategy: Strategy): SourceText {
  if (does(strategy, "outlives")) return emitQueued(scenario, strategy);
  const facts = new Facts(scenario, strategy);
  const { launches, channels } = facts;
  if (launches) refuseWhatIsTooMuch(facts);
  const draft = new TypeScriptDraft(facts);
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
  const queues = channels.flatMap((channel) => writeQueue(draft, channel));
  const machinery = writeMachinery(draft);
  const head = `// ${scenario.name}, strategy ${strategy.name}${scenario.title === null ? "" : `: ${inComment(scenario.title)}`}`;
  const top = [head, ...writeImports(draft)];
  return sourceText(
    "typescript",
    separated([top, self, ...machinery, queues, ...functions, body], [""]),
  );
}

function writeImports(draft: TypeScriptDraft): string[] {
  const { uses, words, callees, manner, facts } = draft;
  const lines: string[] = [];
  if (manner === "tasks") lines.push(`import { AsyncLocalStorage } from "node:async_hooks";`);
  if (uses.has("call") || (manner === "signal" && uses.has("sleep")))
    lines.push(`import { setTimeout as delay } from "node:timers/promises";`);
  const lineToMain = facts.channels.some((channel) => draft.wayOf(channel) === "out");
  if (lineToMain)
    lines.push(`import { receiveMessageOnPort, workerData } from "node:worker_threads";`);
  else if (words.size > 0) lines.push(`import { workerData } from "node:worker_threads";`);
  for (const { module, export: exported, name } of callees) {
    const what =
      exported === "default"
        ? name
        : `{ ${exported === name ? name : `${exportedName(exported)} as ${name}`} }`;
    lines.push(`import ${what} from ${JSON.stringify(module)};`);
  }
  return lines;
}

function writeQueue(draft: TypeScriptDraft, channel: ChannelFacts): string[] {
  const name = draft.queueOf(channel);
  const way = draft.wayOf(channel);
  if (way === "out")
    return [
      `const ${name}Line = Bun.isMainThread ? new MessageChannel() : undefined;`,
      `const ${name}: MessagePort = ${name}Line?.port1 ?? workerData.${name}; // main's end, or the Worker's`,
    ];
  draft.uses.add("Channel");
  // Between threads the capacity is not the queue's: main keeps to it before it posts.
  const size = way === null ? channel.capacity : null;
  return [`const ${name} = new Channel(${size ?? ""});`];
}

/** Main before and behind its launch step; where it never launches, all is before. */
function writeMain(draft: TypeScriptDraft): { before: string[]; behind: string[] } {
  const { facts } = draft;
  const { scenario, beforeLaunch, afterLaunch, launches, strategy } = facts;
  const before = [
    ...declareValue(scenario.main),
    ...writeSteps(draft, beforeLaunch, { ...onMain, launched: false }),
  ];
  if (!launches) return { before, behind: [] };
  const after = writeSteps(draft, afterLaunch, onMain);
  const exit = writeExit(draft);
  const isFloat = does(strategy, "floats");
  const goesOn = isFloat || (isBeside(strategy) && !does(strategy, "abandons"));
  if (!goesOn || !facts.mainCanFail() || after.length === 0)
    return { before, behind: [...after, ...exit] };
  const caught = [
    "try {",
    ...inside(after),
    "} catch (error) {",
    ...inside(
      isFloat
        ? [
            "console.error(error);",
            "process.exit(1); // main has failed, and what floats is abandoned",
          ]
        : [
            "console.error(error); // main has failed; the other thread goes on",
            "process.exitCode = 1;",
          ],
    ),
    "}",
  ];
  return { before, behind: [...caught, ...exit] };
}

/** The launch step, where the loop is on main's own thread. */
function launchHere(draft: TypeScriptDraft): string[] {
  const { facts, manner, uses } = draft;
  if (does(facts.strategy, "blocksMain")) {
    if (manner === "tasks") {
      uses.add("run");
      return ["await run(); // main goes on when the loop has closed"];
    }
    const close = writeClose(draft);
    if (close.length === 0) return ["await launch(); // main goes on when launch returns"];
    if (!facts.launchCanFail) return ["await launch();", ...close];
    return ["try {", "  await launch();", "} finally {", ...inside(close), "}"];
  }
  if (manner === "plain") return ["launch(); // main does not wait: what is async floats"];
  return [
    'process.on("unhandledRejection", (error) => {',
    "  if (error instanceof Cancelled) return; // nobody has to handle that",
    "  console.error(error);",
    "  process.exit(1);",
    "});",
    "start(launch); // main does not wait: what is async floats",
  ];
}

/** The close of an asyncio loop, by a signal: what is left is cancelled, and its clean-up is waited for. */
function writeClose({ manner, tasks, uses }: TypeScriptDraft): string[] {
  if (manner !== "signal") return [];
  if (tasks.length > 0) uses.add("tasks").add("start");
  return [
    "closing.abort(); // the loop closes: what is left is cancelled, and cleans up",
    ...(uses.has("tasks") ? ["await Promise.allSettled(tasks);"] : []),
  ];
}

/** The lines of the strategy's exit, after main's steps. */
function writeExit(draft: TypeScriptDraft): string[] {
  const { strategy } = draft.facts;
  const { atExit, grace } = strategy;
  if (atExit === null) return [];
  const bound =
    grace === null ? [] : `${exitAfter(draft, grace)} // then it is abandoned`.split("\n");
  if (does(strategy, "floats")) {
    if (does(strategy, "abandons"))
      return ["process.exit(); // what floats is abandoned, no finally runs"];
    if (does(strategy, "cancels")) {
      draft.uses.add("tasks");
      return ["cancel(tasks); // what floats, which may clean up", ...bound];
    }
    return bound.length > 0
      ? bound
      : ["// the thread is free now: what floats goes on, and the process ends after it"];
  }
  if (does(strategy, "abandons"))
    return [
      ...(draft.collects
        ? [
            `if (Atomics.load(shared, ${draft.endedWord()}) === 2) {`,
            ...inside([
              `worker.postMessage(["collect"]); // what the closed loop has left`,
              "Atomics.wait(shared, ENDED, 2);",
            ]),
            "}",
          ]
        : []),
      "process.exit(); // the Worker is abandoned, and no finally runs in it",
    ];
  const tell = does(strategy, "cancels")
    ? [`worker.postMessage(["cancel"]); // its tasks clean up`]
    : does(strategy, "staysOpen")
      ? [`worker.postMessage(["finish"]); // when its tasks have ended`]
      : [];
  if (draft.collects)
    tell.push(`worker.postMessage(["collect"]); // what the closed loop has left`);
  const joined = "// the process ends only when the Worker has: that is the join";
  return [...tell, ...(bound.length > 0 ? bound : [joined])];
}

/** Main, which opens a Worker of the same file, and the loop in it. */
function writeBothThreads(draft: TypeScriptDraft, before: string[], behind: string[]): string[] {
  const loop = writeLoop(draft);
  // The worker's data is written last, since both threads may need words of shared memory.
  const data = writeWorkerData(draft);
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

/** The data that main gives its Worker: shared memory, and the Worker's ends of ports to main. */
function writeWorkerData(draft: TypeScriptDraft): string {
  const { words, facts } = draft;
  const lines = facts.channels
    .filter((channel) => draft.wayOf(channel) === "out")
    .map((channel) => draft.queueOf(channel));
  if (words.size === 0) return "";
  const data = ["shared", ...lines.map((name) => `${name}: ${name}Line!.port2`)].join(", ");
  const transfer =
    lines.length === 0
      ? ""
      : `, transferList: [${lines.map((name) => `${name}Line!.port2`).join(", ")}]`;
  return `, { workerData: { ${data} }${transfer} } as object`;
}

/** The Worker's lines: launch, what a portal stays open for, and the close. */
function writeLoop(draft: TypeScriptDraft): string[] {
  const { facts, uses, manner } = draft;
  const { strategy, channels, afterLaunch } = facts;
  const isPortal = does(strategy, "staysOpen");
  const submits = leaves(afterLaunch).some(({ kind }) => kind === "submit");
  if (submits) {
    uses.add("submit").add("start");
    if (isPortal || manner === "tasks") uses.add("tasks");
  }
  const byTurns = manner === "tasks";
  const soon = (code: string): string => (byTurns ? `setImmediate(() => ${code})` : code);
  const fed = channels.filter((channel) => draft.wayOf(channel) === "in");
  const handlers = [
    ...fed.map((channel) => {
      const name = draft.queueOf(channel);
      return `if (what === "${name}") ${soon(`${name}.put(value)`)};`;
    }),
    ...(submits ? [`if (what === "submit") ${soon("submit(value)")};`] : []),
    ...(does(strategy, "cancels") ? [`if (what === "cancel") stopped.resolve();`] : []),
    ...(draft.collects ? [`if (what === "collect") mainEnded.resolve();`] : []),
    ...(isPortal && does(strategy, "drains")
      ? [`if (what === "finish") ${byTurns ? "stopped.resolve()" : "finish()"};`]
      : []),
  ];
  const value = fed.length > 0 || submits ? "[what, value]" : "[what]";
  const listens =
    handlers.length === 0
      ? []
      : [`self.onmessage = ({ data: ${value} }: MessageEvent) => {`, ...inside(handlers), "};"];
  return [
    ...listens,
    ...(byTurns ? runByTurns(draft) : runPlainly(draft, submits)),
    ...leave(draft, handlers.length > 0, submits),
  ];
}

/** The loop by tasks of its own, up to its close. */
function runByTurns(draft: TypeScriptDraft): string[] {
  draft.uses.add("run");
  const { strategy, launchCanFail } = draft.facts;
  if (!launchCanFail && !does(strategy, "cancels")) return ["await run();"];
  const ignores = does(strategy, "cancels") ? "error instanceof Cancelled || " : "";
  return [
    `await run().catch((error) => ${ignores}console.error(error)); // it ends this thread, and no other`,
  ];
}

/** The loop that is JavaScript's own. */
function runPlainly(draft: TypeScriptDraft, submits: boolean): string[] {
  const { facts, tasks, uses } = draft;
  const { strategy, launchCanFail } = facts;
  const isPortal = does(strategy, "staysOpen");
  const close = writeClose(draft);
  // Tasks that launch has awaited need not be waited for again.
  const drains =
    isPortal &&
    does(strategy, "drains") &&
    (submits || tasks.some((task) => !facts.isAwaited(task)));
  if (drains) uses.add("tasks").add("start");
  const head =
    isPortal && does(strategy, "drains")
      ? ["const { promise: finished, resolve: finish } = Promise.withResolvers<void>();"]
      : [];
  const body = [
    "await launch();",
    ...(isPortal
      ? [
          does(strategy, "drains")
            ? "await finished; // the thread stays open for what main submits"
            : "await new Promise(() => {}); // the thread stays open for what main submits",
        ]
      : []),
    ...(drains ? ["await Promise.allSettled(tasks);"] : []),
  ];
  if (!launchCanFail) return [...head, ...body, ...close];
  return [
    ...head,
    "try {",
    ...inside(body),
    "} catch (error) {",
    ...inside(["console.error(error); // it ends this thread, and no other"]),
    ...(close.length > 0 ? ["} finally {", ...inside(close)] : []),
    "}",
  ];
}

/** The end of the Worker. */
function leave(
  { words, manner, collects }: TypeScriptDraft,
  listens: boolean,
  submits: boolean,
): string[] {
  const ended = (state: string): string[] =>
    words.has("ENDED")
      ? [`Atomics.store(shared, ENDED, ${state});`, "Atomics.notify(shared, ENDED);"]
      : [];
  return [
    ...(collects
      ? [
          "const isLeft = tasks.some(({ collect }) => collect !== undefined);",
          ...ended("isLeft ? 2 : 1"),
          "if (isLeft) {",
          ...inside([
            "await mainEnded.promise;",
            "for (const { collect } of tasks) collect?.(); // they clean up as far as they need not wait",
            "await new Promise(setImmediate);",
            ...ended("1"),
          ]),
          "}",
        ]
      : ended("1")),
    ...(submits && manner === "tasks"
      ? ["process.exit(); // this thread alone, whatever main has submitted since"]
      : listens
        ? ["self.onmessage = null; // nothing keeps this thread any more"]
        : []),
  ];
}

/** The name of an export as it stands in an import: one that is no identifier may stand there as a string. */
function exportedName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
