/**
 * What JavaScript lacks and a program declares for itself: a signal that cancels, tasks that start
 * with a later turn, a pool, shared memory, queues.
 *
 * Invariant: written when all else is, from what the draft says is made use of; nothing else reads it.
 */
import type { TaskSpec } from "../../scenario/model.ts";
import { leaves } from "../../scenario/walk.ts";
import { waits } from "../facts.ts";
import type { Draft } from "./draft.ts";
import { everyCopy } from "./syntax.ts";

/** The declarations that a program needs, in an order in which each finds what it builds upon. */
export function writeMachinery(draft: Draft): string[][] {
  const { uses, words, cancels } = draft;
  return [
    words.size > 0 ? sharedMemory(words) : [],
    ...(cancels ? cancellation(draft) : uses.has("tasks") ? [[taskList]] : []),
    uses.has("start") ? startFunction(draft) : [],
    uses.has("compute") ? computeFunction : [],
    uses.has("inPool") ? pool(draft) : [],
    uses.has("Channel") ? channelClass : [],
    uses.has("submit") ? submitFunction(draft) : [],
  ];
}

function sharedMemory(words: ReadonlyMap<string, number>): string[] {
  const lines = ["// Words of memory that both threads see, and can wait for."];
  let next = 0;
  for (const [name, size] of words) {
    lines.push(`const ${name} = ${next};`);
    next += size;
  }
  return [
    ...lines,
    "const shared: Int32Array = Bun.isMainThread",
    `  ? new Int32Array(new SharedArrayBuffer(4 * ${next}))`,
    "  : workerData;",
  ];
}

const taskList = "const tasks: Promise<void>[] = [];";

function cancellation({ uses, isEager }: Draft): string[][] {
  const signal = [
    isEager
      ? "// What a signal cancels rejects where it waits; its finally blocks run to their end."
      : "// JavaScript has no loop that closes, and cancels nothing by itself: this signal does.",
    "const closing = new AbortController();",
    "const { signal } = closing;",
    ...(uses.has("tasks") ? [taskList] : []),
    ...(uses.has("sleep")
      ? ["const sleep = (ms: number) => delay(ms, undefined, { signal });"]
      : []),
  ];
  const cancellable = [
    "const aborted = new Promise<never>((_, reject) =>",
    `  signal.addEventListener("abort", () => reject(signal.reason)),`,
    ");",
    "aborted.catch(() => {});",
    "const cancellable = <T>(what: Promise<T>) => Promise.race([what, aborted]);",
  ];
  return uses.has("cancellable") ? [signal, cancellable] : [signal];
}

function startFunction(draft: Draft): string[] {
  const { facts, tasks, cancels, isEager } = draft;
  const { settle } = facts.strategy;
  const listed = draft.uses.has("tasks");
  if (isEager)
    return [
      "/** Calls a task that may be cancelled: it runs to its first await at once. */",
      "function start(task: () => Promise<void>) {",
      "  const started = task();",
      ...onFailureAtOnce(draft),
      ...(listed ? ["  tasks.push(started);"] : []),
      "  return started;",
      "}",
    ];
  const comment =
    "/** As asyncio's create_task: the first step comes when the current one gives way. */";
  if (!listed && !cancels && !tasks.some((task) => facts.taskCanFail(task)))
    return [comment, "const start = (task: () => Promise<void>) => Promise.resolve().then(task);"];
  // A task that is cancelled before its first step runs none.
  const bodyRaises =
    settle === "group" && leaves(facts.beforeSettle).some(({ kind }) => kind === "fail");
  return [
    comment,
    "function start(task: () => Promise<void>) {",
    ...(bodyRaises
      ? [
          "  const started = Promise.resolve().then(() => {",
          "    signal.throwIfAborted();",
          "    return task();",
          "  });",
        ]
      : ["  const started = Promise.resolve().then(task);"]),
    ...onFailure(draft),
    ...(listed ? ["  tasks.push(started);"] : []),
    "  return started;",
    "}",
  ];
}

const abortGroup =
  "  started.catch(() => closing.abort()); // the first failure cancels the others";

/** Whether a failure can come while launch waits in the body of its group. */
function abortsGroup({ facts }: Draft): boolean {
  return (
    facts.strategy.settle === "group" &&
    waits(leaves(facts.beforeSettle)) &&
    facts.awaited.some((task) => facts.taskCanFail(task))
  );
}

/** Who hears of a failed task that JavaScript itself has begun. */
function onFailureAtOnce(draft: Draft): string[] {
  if (abortsGroup(draft)) return [abortGroup];
  if (draft.facts.strategy.settle !== "none")
    return ["  started.catch(() => {}); // who awaits it hears of it"];
  return [
    "  started.catch((error) => {",
    "    if (!signal.aborted) throw error; // nobody handles it: the process ends",
    "  });",
  ];
}

/** Who hears of a failed task in asyncio, where a failure ends nobody else. */
function onFailure(draft: Draft): string[] {
  const { facts, tasks, cancels } = draft;
  const { settle, loop } = facts.strategy;
  if (abortsGroup(draft)) return [abortGroup];
  const unheard = settle === "none" || loop === "portal";
  if (unheard && tasks.some((task) => facts.taskCanFail(task))) {
    const report = `console.error("nobody awaits this:", error)`;
    return [`  started.catch((error) => ${cancels ? "signal.aborted || " : ""}${report});`];
  }
  return settle === "none"
    ? ["  started.catch(() => {}); // it can only have been cancelled"]
    : ["  started.catch(() => {}); // who awaits it hears of it, and nobody else"];
}

const computeFunction = [
  "/** Burns a core for so much CPU time. */",
  "function compute(ms: number) {",
  "  const used = () => {",
  "    const { user, system } = process.threadCpuUsage();",
  "    return (user + system) / 1000;",
  "  };",
  "  for (const end = used() + ms; used() < end; );",
  "}",
];

function pool({ facts, cancels }: Draft): string[] {
  const { offload, workers } = facts.strategy;
  const run =
    offload === "threads"
      ? [
          "  const url = `data:text/javascript,${encodeURIComponent(`(${work})(${ms})`)}`;",
          `  await new Promise((resolve) => new Worker(url).addEventListener("close", resolve));`,
        ]
      : ['  await Bun.spawn([process.execPath, "-e", `(${work})(${ms})`]).exited;'];
  const what = offload === "threads" ? "thread" : "process";
  const job = [
    "",
    "/** A job in the pool: whoever closes the loop waits for it. */",
    "function job(work: (ms: number) => void, ms: number) {",
    "  const done = inPool(work, ms);",
    "  tasks.push(done);",
    "  return done;",
    "}",
  ];
  return [
    `let idle = ${workers};`,
    "const queue: (() => void)[] = [];",
    "",
    `/** Has another ${what} perform a function that holds it: ${workers} at once, first come, first served. */`,
    "async function inPool(work: (ms: number) => void, ms: number) {",
    "  if (idle > 0) idle--;",
    "  else await new Promise<void>((resolve) => queue.push(resolve));",
    ...(cancels ? ["  if (!signal.aborted) {", ...run.map((line) => `  ${line}`), "  }"] : run),
    "  const next = queue.shift();",
    "  if (next === undefined) idle++;",
    "  else next();",
    "}",
    ...(cancels ? job : []),
  ];
}

/** The queue, whose waits are written out where it is used, since some can be cancelled. */
const channelClass = [
  "type Value = string | number;",
  "",
  "/** A queue whose users wait, one after the other, until it has changed. */",
  "class Channel {",
  "  #values: Value[] = [];",
  "  #waiting: (() => void)[] = [];",
  "  #capacity: number;",
  "",
  "  constructor(capacity = Infinity) {",
  "    this.#capacity = capacity;",
  "  }",
  "",
  "  get isEmpty() {",
  "    return this.#values.length === 0;",
  "  }",
  "",
  "  get isFull() {",
  "    return this.#values.length >= this.#capacity;",
  "  }",
  "",
  "  put(value: Value) {",
  `    if (this.isFull) throw new Error("the channel is full");`,
  "    this.#values.push(value);",
  "    this.#wake();",
  "  }",
  "",
  "  take() {",
  "    const value = this.#values.shift();",
  `    if (value === undefined) throw new Error("the channel is empty");`,
  "    this.#wake();",
  "    return value;",
  "  }",
  "",
  "  /** Resolves at the next change, and rejects when there was none until then. */",
  "  changed(until = Infinity) {",
  "    return new Promise<void>((resolve, reject) => {",
  "      this.#waiting.push(resolve);",
  "      if (until === Infinity) return;",
  `      const late = () => reject(new Error("nothing came in time"));`,
  "      const timer = setTimeout(late, until - performance.now());",
  "      this.#waiting.push(() => clearTimeout(timer));",
  "    });",
  "  }",
  "",
  "  #wake() {",
  "    for (const wake of this.#waiting.splice(0)) wake();",
  "  }",
  "}",
];

function submitFunction(draft: Draft): string[] {
  const entry = (task: TaskSpec): string[] => {
    const word = draft.knownWordOf(task);
    const name = draft.functionOf(task);
    if (word === null) return [];
    return task.copies === null
      ? [`  [${word}, ${name}],`]
      : [`  ...${everyCopy(task.copies, `[${word} + copy, () => ${name}(copy)] as const`)},`];
  };
  return [
    "const submitted = new Map<number, () => Promise<void>>([",
    ...draft.tasks.flatMap(entry),
    "]);",
    "",
    "/** Runs a task for main, and lets main know of its end. */",
    "async function submit(id: number) {",
    "  const ended = await start(submitted.get(id)!).then(",
    "    () => 1,",
    "    () => -1,",
    "  );",
    "  Atomics.store(shared, id, ended);",
    "  Atomics.notify(shared, id);",
    "}",
  ];
}
