/**
 * Machinery that JavaScript lacks and a program declares for itself: a signal that cancels, tasks that
 * start with a later turn, shared memory, queues.
 *
 * Invariant: written when all else is, from what the draft says is made use of; nothing else reads it.
 */
import type { TaskSpec } from "../../scenario/model.ts";
import type { TypeScriptDraft } from "./draft.ts";
import { writePool } from "./pool.ts";
import { everyCopy } from "./syntax.ts";
import { exitAfterFunction } from "./close.ts";
import { writeTasks } from "./tasks.ts";

/** The declarations that a program needs, in an order in which each finds what it builds upon. */
export function writeMachinery(draft: TypeScriptDraft): string[][] {
  const { uses, words, manner } = draft;
  if (uses.has("inPool") && manner === "tasks") uses.add("wait");
  return [
    words.size > 0 ? sharedMemory(words) : [],
    ...(manner === "signal" ? [cancellation(draft)] : []),
    ...(manner === "plain" && uses.has("tasks") ? [[taskList]] : []),
    ...(manner !== "tasks" && uses.has("start") ? [startFunction(draft)] : []),
    ...writeTasks(draft),
    uses.has("compute") ? computeFunction : [],
    ...(uses.has("inPool") ? writePool(draft) : []),
    draft.facts.channels.length > 0 ? ["type Value = string | number;"] : [],
    uses.has("Channel") ? channelClass(draft) : [],
    draft.counts ? ["let open = 0; // how many have not ended of what floats"] : [],
    uses.has("submit") ? submitFunction(draft) : [],
    uses.has("exitAfter") ? exitAfterFunction : [],
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
    "  : workerData.shared;",
  ];
}

const taskList = "const tasks: Promise<void>[] = [];";

function cancellation({ uses }: TypeScriptDraft): string[] {
  return [
    "// JavaScript has no loop that closes, and cancels nothing by itself: this signal does.",
    "const closing = new AbortController();",
    "const { signal } = closing;",
    ...(uses.has("tasks") ? [taskList] : []),
    ...(uses.has("sleep")
      ? ["const sleep = (ms: number) => delay(ms, undefined, { signal });"]
      : []),
  ];
}

function startFunction({ facts, tasks, uses, manner }: TypeScriptDraft): string[] {
  const canFail = tasks.some((task) => facts.taskCanFail(task));
  const comment =
    "/** As asyncio's create_task: the first step comes when the current one gives way. */";
  if (!uses.has("tasks") && !canFail)
    return [comment, "const start = (task: () => Promise<void>) => Promise.resolve().then(task);"];
  const isSignal = manner === "signal";
  return [
    comment,
    "function start(task: () => Promise<void>) {",
    "  const started = Promise.resolve().then(task);",
    isSignal && !canFail
      ? "  started.catch(() => {}); // it can only have been cancelled"
      : `  started.catch((error) => ${isSignal ? "signal.aborted || " : ""}console.error("nobody awaits this:", error));`,
    ...(uses.has("tasks") ? ["  tasks.push(started);"] : []),
    "  return started;",
    "}",
  ];
}

const computeFunction = [
  "/** Burns a core for so much CPU time. */",
  "function compute(ms: number) {",
  "  const begun = process.threadCpuUsage();",
  "  for (let used = 0; used < ms * 1000; ) {",
  "    const { user, system } = process.threadCpuUsage(begun);",
  "    used = user + system;",
  "  }",
  "}",
];

/** The queue class. Its users wait in loops of their own, since another may take the value or the room first. */
function channelClass(draft: TypeScriptDraft): string[] {
  const { facts, uses } = draft;
  const waits = uses.has("wait");
  const hasRoom = waits && facts.channels.some((one) => one.loopSends && one.capacity !== null);
  const isLimited = uses.has("after") && facts.limitsReceives;
  const bounded = facts.channels.some((one) => one.capacity !== null && draft.wayOf(one) === null);
  return [
    waits
      ? "/** A queue, of whose users the first that waits is woken first. */"
      : "/** A queue. */",
    "class Channel {",
    "  #values: Value[] = [];",
    ...(waits ? ["  #getters: Wake[] = [];"] : []),
    ...(hasRoom ? ["  #putters: Wake[] = [];"] : []),
    ...(bounded
      ? [
          "  #capacity: number;",
          "",
          "  constructor(capacity = Infinity) {",
          "    this.#capacity = capacity;",
          "  }",
        ]
      : []),
    "",
    "  get isEmpty() {",
    "    return this.#values.length === 0;",
    "  }",
    ...(bounded
      ? ["", "  get isFull() {", "    return this.#values.length >= this.#capacity;", "  }"]
      : []),
    "",
    "  put(value: Value) {",
    "    this.#values.push(value);",
    ...(waits ? ["    wakeFirst(this.#getters);"] : []),
    "  }",
    "",
    "  take() {",
    "    const value = this.#values.shift();",
    `    if (value === undefined) throw new Error("nothing came in time");`,
    ...(hasRoom ? ["    wakeFirst(this.#putters);"] : []),
    "    return value;",
    "  }",
    ...(waits ? channelWaits(hasRoom, isLimited) : []),
    "}",
    ...(waits
      ? [
          "",
          "function wakeFirst(waiting: Wake[]) {",
          "  while (waiting.length > 0 && !waiting.shift()!());",
          "}",
        ]
      : []),
  ];
}

function channelWaits(hasRoom: boolean, isLimited: boolean): string[] {
  const until = isLimited ? ", until" : "";
  return [
    "",
    isLimited
      ? "  /** Waits for a value; is rejected when none came until then. */"
      : "  /** Waits for a value. */",
    `  filled(${isLimited ? "until = Infinity" : ""}) {`,
    `    return this.#queue(this.#getters, () => !this.isEmpty${until});`,
    "  }",
    ...(hasRoom
      ? ["", "  room() {", "    return this.#queue(this.#putters, () => !this.isFull);", "  }"]
      : []),
    "",
    `  #queue(waiting: Wake[], isFree: () => boolean${isLimited ? ", until = Infinity" : ""}) {`,
    "    return wait((wake) => {",
    "      waiting.push(wake);",
    ...(isLimited
      ? [
          `      const late = () => wake(new Error("nothing came in time"));`,
          "      const clear = until < Infinity ? after(until - performance.now(), late) : undefined;",
        ]
      : []),
    "      return (error) => {",
    ...(isLimited ? ["        clear?.();"] : []),
    "        const at = waiting.indexOf(wake);",
    "        if (at >= 0) waiting.splice(at, 1);",
    "        else if (error !== undefined && isFree()) wakeFirst(waiting); // in its place",
    "      };",
    "    });",
    "  }",
  ];
}

function submitFunction(draft: TypeScriptDraft): string[] {
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
    `  const ended = await start(submitted.get(id)!)${draft.manner === "tasks" ? ".ended" : ""}.then(`,
    "    () => 1,",
    "    () => -1,",
    "  );",
    ...(draft.byTurns
      ? ["  await new Promise(setImmediate); // main hears of it in a turn of its own"]
      : []),
    "  Atomics.store(shared, id, ended);",
    "  Atomics.notify(shared, id);",
    "}",
  ];
}
