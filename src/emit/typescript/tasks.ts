/**
 * Tasks that can be cancelled where they wait, and the loop that closes: what a program declares where
 * asyncio's rules hold and JavaScript has none, or where what floats may have to be cancelled.
 *
 * In a loop of asyncio's kind setImmediate is what call_soon is there: what is woken in one turn goes
 * on in the next, and what has come due goes on a turn after that. Where the loop is JavaScript's
 * own, microtasks do the same without turns.
 *
 * Invariant: a task waits in `wait` alone, or for other tasks, so it has one place where it can be cancelled.
 */
import type { LeafStep } from "../../scenario/model.ts";
import { isBeside } from "../../scenario/strategy.ts";
import { leaves, leavesOf } from "../../scenario/walk.ts";
import { closes, type Draft, type Machine } from "./draft.ts";
import { inside, longestTimer, milliseconds } from "./syntax.ts";

/** What is built upon what. */
const needs: [Machine, Machine[]][] = [
  ["run", ["start", "tasks"]],
  ["Group", ["start", "wait"]],
  ["within", ["after"]],
  ["sleep", ["after", "wait"]],
  ["nextTurn", ["wait"]],
];

/** The declarations around tasks, in an order in which each finds what it builds upon. */
export function writeTasks(draft: Draft): string[][] {
  const { uses, byTurns, manner } = draft;
  const isTasks = manner === "tasks";
  if (byTurns) uses.add("nextTurn");
  if (isTasks) uses.add("start");
  for (const [one, others] of needs)
    if (uses.has(one) && isTasks) for (const other of others) uses.add(other);
  const waits = uses.has("wait") ? [...wait(draft)] : [];
  const timer = uses.has("after") ? after(draft) : [];
  if (!isTasks) return [waits, timer];
  return [
    [...head(draft), "", ...waits],
    (uses.has("after") && comesBehind(draft)) || (uses.has("run") && closes(draft.facts))
      ? behindMessages
      : [],
    uses.has("nextTurn") ? ["const nextTurn = () => wait((wake) => void wake());"] : [],
    timer,
    uses.has("sleep") ? sleep(draft) : [],
    start(draft),
    cancels(draft) ? cancel(draft) : [],
    uses.has("gather") ? gather(draft) : [],
    uses.has("within") ? within(draft) : [],
    uses.has("Group") ? group(draft) : [],
    uses.has("call") ? call : [],
    uses.has("run") ? run(draft) : [],
  ];
}

/** Whether launch can be cancelled while it waits for its tasks. */
function cancelsLaunch({ facts }: Draft): boolean {
  return facts.strategy.timeout !== null || facts.strategy.atExit === "cancel";
}

/** Whether anything is cancelled at all: a program goes by turns for its channels as well. */
function cancels(draft: Draft): boolean {
  const isClosing = !draft.isEager && closes(draft.facts);
  return isClosing || draft.uses.has("Group") || cancelsLaunch(draft);
}

function head(draft: Draft): string[] {
  return [
    ...(draft.isEager
      ? ["// Nothing in JavaScript cancels by itself what floats; this does, where it waits."]
      : [
          "// JavaScript's loop does not close, nor cancel; this one does, turn by turn as asyncio's.",
          "// What is woken in one turn goes on in the next: setImmediate is what call_soon is there.",
        ]),
    "class Cancelled extends Error {}",
    "",
    "interface Task {",
    "  ended: Promise<void>;",
    "  /** Cancels what it waits for now, and nothing later. */",
    "  cancel?: (() => void) | undefined;",
    ...(draft.collects
      ? [
          "  /** Has it end where it waits, in a loop that has closed. */",
          "  collect?: (() => void) | undefined;",
        ]
      : []),
    ...(mayBeOver(draft) ? [`  outcome?: "finished" | "failed";`] : []),
    ...(tellsLate(draft)
      ? [
          "  /** Main wants it to end, whatever limit it has set itself. */",
          "  isUnwanted?: boolean;",
        ]
      : []),
    "}",
    "",
    "const current = new AsyncLocalStorage<Task>();",
    ...(draft.uses.has("tasks") ? ["const tasks: Task[] = [];"] : []),
    ...(draft.collects ? ["let isOver = false; // from then on nobody who waits goes on"] : []),
    ...(draft.isCutShort
      ? ["let exitAt = Infinity; // from then on nothing that is due goes on any more"]
      : []),
  ];
}

function wait({ manner, soon, isEager, collects }: Draft): string[] {
  const isTasks = manner === "tasks";
  const then = isEager ? "it goes on" : "it goes on in the next turn";
  return [
    "/** Who wakes, with an error to be raised or without; says whether there was somebody to wake. */",
    "type Wake = (error?: Error) => boolean;",
    "",
    isTasks
      ? `/** Has the current task wait until it is woken or cancelled; ${then}, or raises there. */`
      : "/** Waits until it is woken. */",
    "function wait(begin: (wake: Wake) => ((error?: Error) => void) | undefined) {",
    ...(isTasks ? ["  const task = current.getStore()!;"] : []),
    ...(collects ? ["  if (isOver) return new Promise<void>(() => {});"] : []),
    "  return new Promise<void>((resolve, reject) => {",
    "    let isWoken = false;",
    "    let raised: Error | undefined;",
    "    const wake: Wake = (error) => {",
    isTasks
      ? "      if (!(raised instanceof Cancelled)) raised = error ?? raised;"
      : "      raised = error ?? raised;",
    "      if (isWoken) return false;",
    "      isWoken = true;",
    `      ${soon}(() => {`,
    ...(collects ? ["        if (isOver) return;"] : []),
    ...(isTasks ? [`        task.cancel = ${collects ? "task.collect = " : ""}undefined;`] : []),
    "        end?.(raised);",
    "        if (raised === undefined) resolve();",
    "        else reject(raised);",
    "      });",
    "      return true;",
    "    };",
    ...(isTasks ? ["    task.cancel = () => wake(new Cancelled());"] : []),
    ...(collects ? ["    task.collect = () => reject(new Cancelled());"] : []),
    "    const end = begin(wake);",
    "  });",
    "}",
  ];
}

/**
 * Whether the loop may be held while another thread speaks to it. Bun comes to timers that are due
 * before it comes to messages; asyncio has taken in what other threads said when it does.
 */
function comesBehind({ byTurns, facts, tasks }: Draft): boolean {
  const { strategy, scenario } = facts;
  const holds = ({ kind }: LeafStep): boolean => kind === "block" || kind === "compute";
  const inTasks = strategy.offload === "none" && tasks.flatMap(leavesOf).some(holds);
  const isSpokenTo = facts.usesPool || isBeside(strategy);
  return byTurns && isSpokenTo && (inTasks || leaves(scenario.launch).some(holds));
}

const behindMessages = [
  "/** Calls back behind what other threads have said by now. */",
  "function behindMessages(callback: () => void) {",
  "  const { port1, port2 } = new MessageChannel();",
  "  port1.onmessage = () => {",
  "    port1.close();",
  "    callback();",
  "  };",
  "  port2.postMessage(null);",
  "}",
];

/** Whether some duration of the loop's is longer than setTimeout takes. */
function takesLong({ facts, tasks }: Draft): boolean {
  const { scenario, strategy } = facts;
  const steps = [...leaves(scenario.launch), ...tasks.flatMap(leavesOf)];
  return (
    (strategy.timeout ?? 0) > longestTimer ||
    steps.some(
      (step) =>
        (step.kind === "sleep" && step.ticks > longestTimer) ||
        (step.kind === "receive" && (step.timeout ?? 0) > longestTimer),
    )
  );
}

function after(draft: Draft): string[] {
  const { isEager } = draft;
  const due = draft.isCutShort
    ? "() => (performance.now() < exitAt ? callback() : process.exit())"
    : isEager
      ? "callback"
      : comesBehind(draft)
        ? "() => behindMessages(() => isCleared || (turn = setImmediate(callback)))"
        : "() => (turn = setImmediate(callback))";
  const atOnce = isEager ? "queueMicrotask(callback)" : "turn = setImmediate(callback)";
  const begins = takesLong(draft)
    ? [
        "  let timer: ReturnType<typeof setTimeout> | undefined;",
        `  const due = ${due};`,
        "  const begin = (left: number) => {",
        "    const part = Math.min(left, 2 ** 31 - 1); // setTimeout takes no more at once",
        "    timer = setTimeout(() => (left > part ? begin(left - part) : due()), part);",
        "  };",
        "  if (ms > 0) begin(Math.ceil(ms));",
        `  else ${atOnce};`,
      ]
    : [
        "  let timer: ReturnType<typeof setTimeout> | undefined;",
        `  if (ms > 0) timer = setTimeout(${due}, Math.ceil(ms));`,
        `  else ${atOnce};`,
      ];
  return [
    isEager
      ? "/** Calls back after so long, unless what it returns is called before. */"
      : "/** Calls back after so long, in a turn of its own, unless what it returns is called before. */",
    "function after(ms: number, callback: () => void) {",
    ...(isEager ? [] : ["  let turn: ReturnType<typeof setImmediate> | undefined;"]),
    ...(comesBehind(draft) ? ["  let isCleared = false;"] : []),
    ...begins,
    ...(isEager
      ? ["  return () => clearTimeout(timer);"]
      : [
          "  return () => {",
          ...(comesBehind(draft) ? ["    isCleared = true;"] : []),
          "    clearTimeout(timer);",
          "    clearImmediate(turn);",
          "  };",
        ]),
    "}",
  ];
}

function sleep({ isEager, facts, tasks }: Draft): string[] {
  const plain = "const sleep = (ms: number) => wait((wake) => after(ms, wake));";
  const steps = [...leaves(facts.scenario.launch), ...tasks.flatMap(leavesOf)];
  if (!isEager || !steps.some((step) => step.kind === "sleep" && step.ticks === 0)) return [plain];
  return [
    "const sleep = (ms: number) =>",
    "  wait((wake) => (ms > 0 ? after(ms, wake) : void Bun.sleep(0).then(() => wake())));",
  ];
}

/** Whether launch does something between starting a task and waiting for it, which may be over by then. */
function mayBeOver({ byTurns, uses, facts }: Draft): boolean {
  const steps = leaves(facts.beforeSettle);
  const first = steps.findIndex(({ kind }) => kind === "start");
  const waits = ["sleep", "send", "receive", "call"];
  return (
    byTurns && uses.has("gather") && steps.slice(first).some(({ kind }) => waits.includes(kind))
  );
}

function start(draft: Draft): string[] {
  const { isEager, uses } = draft;
  const heard = mayBeOver(draft)
    ? [
        "  task.ended.then(",
        `    () => (task.outcome = "finished"),`,
        `    () => (task.outcome = "failed"), // who awaits it hears of it, and nobody else`,
        "  );",
      ]
    : ["  task.ended.catch(() => {}); // who awaits it hears of it, and nobody else"];
  return [
    isEager
      ? "/** Begins a task, which runs to its first await at once. */"
      : "/** As asyncio's create_task: the first step comes with the next turn. */",
    "function start(run: () => Promise<void>) {",
    "  const task: Task = { ended: Promise.resolve() };",
    ...(uses.has("tasks") ? ["  tasks.push(task);"] : []),
    isEager
      ? "  task.ended = current.run(task, run);"
      : "  task.ended = current.run(task, () => nextTurn().then(run));",
    ...(isEager ? [] : heard),
    "  return task;",
    "}",
  ];
}

function gather(draft: Draft): string[] {
  const { byTurns, facts } = draft;
  const collects = facts.strategy.settle === "settled";
  const all = `Promise.${collects ? "allSettled" : "all"}(awaited.map(({ ended }) => ended))`;
  const awaits = mayBeOver(draft) ? "await all;" : `await ${all};`;
  const turns = byTurns ? ["await nextTurn();", "await nextTurn();"] : [];
  const interrupts = cancelsLaunch(draft);
  // By turns there is none in which all have ended and launch does not wait for one.
  const mayBeLate = interrupts && !byTurns && !collects;
  const what = collects
    ? "/** Waits for all, as asyncio's gather with return_exceptions does. */"
    : `/** Waits as asyncio's gather: lets go at the first that fails${interrupts ? "; cancelling launch cancels them" : ""}. */`;
  const asks = [
    "let isCancelled = false;",
    ...(mayBeLate
      ? ["let isLate = false; // cancelled when all have ended, and launch not yet gone on"]
      : []),
    "current.getStore()!.cancel = () => {",
    "  isCancelled = true;",
    ...(mayBeLate ? ["  isLate ||= awaited.every((task) => task.cancel === undefined);"] : []),
    "  cancel(awaited);",
    "};",
  ];
  const waits =
    collects || turns.length === 0
      ? [awaits, ...turns]
      : ["try {", `  ${awaits}`, "} finally {", ...inside(turns), "}"];
  const guarded = mayBeLate
    ? ["try {", `  ${awaits}`, "} catch (error) {", "  if (!isLate) throw error;", "}"]
    : waits;
  return [
    what,
    "async function gather(awaited: Task[]) {",
    ...inside([
      ...(mayBeOver(draft)
        ? [
            `const all = ${all};`,
            collects
              ? "if (awaited.every((task) => task.outcome)) return void (await all); // nothing to wait for"
              : `const isDecided = awaited.some((task) => task.outcome === "failed");`,
            ...(collects
              ? []
              : [
                  "if (isDecided || awaited.every((task) => task.outcome)) return void (await all); // nothing to wait for",
                ]),
          ]
        : []),
      ...(interrupts ? asks : []),
      ...guarded,
      ...(interrupts ? ["if (isCancelled) throw new Cancelled();"] : []),
    ]),
    "}",
  ];
}

function cancel(draft: Draft): string[] {
  if (!tellsLate(draft))
    return ["const cancel = (which: Task[]) => which.forEach((task) => task.cancel?.());"];
  return [
    "function cancel(which: Task[]) {",
    "  for (const task of which) {",
    "    task.isUnwanted = true;",
    "    task.cancel?.();",
    "  }",
    "}",
  ];
}

/** Whether a limit that ran out has to be told from another reason to end launch. */
function tellsLate({ facts, uses }: Draft): boolean {
  return uses.has("within") && facts.strategy.atExit === "cancel";
}

function within(draft: Draft): string[] {
  const isOther = tellsLate(draft) ? " || launched.isUnwanted" : "";
  return [
    "/** Cancels launch, that is what it waits for, when so long has gone by, as asyncio.timeout does. */",
    "async function within(ms: number, what: () => Promise<void>) {",
    "  const launched = current.getStore()!;",
    "  let isLate = false;",
    "  const clear = after(ms, () => {",
    "    isLate = true;",
    "    launched.cancel?.();",
    "  });",
    "  try {",
    "    await what();",
    "  } catch (error) {",
    `    if (!isLate || !(error instanceof Cancelled)${isOther}) throw error;`,
    `    throw new Error("the completion point timed out");`,
    "  } finally {",
    "    clear();",
    "  }",
    "}",
  ];
}

function group({ isEager }: Draft): string[] {
  return [
    "/** As asyncio's TaskGroup: the first failure cancels the others, and is raised when all have cleaned up. */",
    "class Group {",
    "  #open = new Set<Task>();",
    "  #launch = current.getStore()!;",
    "  #failure: unknown;",
    "  #isAborting = false;",
    "  #wake: Wake | undefined;",
    "",
    "  start(run: () => Promise<void>) {",
    "    const task = start(run);",
    "    this.#open.add(task);",
    isEager
      ? "    const ended = (error?: unknown) => this.#ended(task, error);"
      : "    const ended = (error?: unknown) => setImmediate(() => this.#ended(task, error));",
    "    task.ended.then(() => ended(), ended);",
    "  }",
    "",
    "  /** Waits for all, and raises what the first of them raised, or what launch did. */",
    "  async end(raised?: unknown) {",
    "    if (raised !== undefined) this.#abort();",
    "    while (this.#open.size > 0)",
    "      try {",
    "        await wait((wake) => void (this.#wake = wake));",
    "      } catch (cancelled) {",
    "        raised ??= cancelled;",
    "        this.#abort();",
    "      }",
    "    if (this.#failure ?? raised) throw this.#failure ?? raised;",
    "  }",
    "",
    "  #ended(task: Task, error: unknown) {",
    "    this.#open.delete(task);",
    "    if (this.#open.size === 0) this.#wake?.();",
    "    if (error === undefined || error instanceof Cancelled) return;",
    "    this.#failure ??= error;",
    "    if (this.#isAborting) return;",
    "    this.#abort();",
    "    this.#launch.cancel?.();",
    "  }",
    "",
    "  #abort() {",
    "    if (!this.#isAborting) cancel([...this.#open]);",
    "    this.#isAborting = true;",
    "  }",
    "}",
  ];
}

const call = [
  "/** Calls a function of one's own; cancelling aborts its signal, and it may clean up. */",
  "async function call(",
  "  own: (signal: AbortSignal, sleep: (ms: number) => Promise<void>) => unknown,",
  ") {",
  "  const task = current.getStore()!;",
  "  const aborting = new AbortController();",
  "  const { signal } = aborting;",
  "  task.cancel = () => aborting.abort();",
  "  try {",
  "    await own(signal, (ms) => delay(ms, undefined, { signal }));",
  "  } finally {",
  "    task.cancel = undefined;",
  "    if (signal.aborted) throw new Cancelled();",
  "  }",
  "}",
];

function run(draft: Draft): string[] {
  const { facts, uses } = draft;
  const { strategy } = facts;
  const submits = uses.has("submit");
  const isClosing = closes(draft.facts);
  const all = "Promise.allSettled(tasks.map(({ ended }) => ended))";
  const until =
    strategy.loop === "portal"
      ? strategy.atExit === "cancel"
        ? "Promise.race([stopped.promise, launched.then(() => stopped.promise)])"
        : `launched.then(() => stopped.promise).then(() => ${all})`
      : strategy.atExit === "cancel"
        ? "Promise.race([stopped.promise, launched])"
        : "launched";
  // Beside channels, everything that is waited for keeps its thread by itself.
  const keeps = uses.has("Channel");
  return [
    ...(strategy.loop === "portal" || strategy.atExit === "cancel"
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
    strategy.loop === "portal"
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

/** Waits for what the pool has taken: the loop goes round as long as its own threads are at it. */
function finishPool({ facts, uses, words, collects }: Draft): string[] {
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
export function exitAfter(draft: Draft, grace: number): string {
  const exit = exitsAfter(draft, grace);
  return draft.isCutShort ? `exitAt = performance.now() + ${milliseconds(grace)};\n${exit}` : exit;
}

function exitsAfter(draft: Draft, grace: number): string {
  // A timer takes a millisecond at least.
  if (grace === 0) return "setImmediate(() => process.exit());";
  if (grace <= longestTimer)
    return `setTimeout(() => process.exit(), ${milliseconds(grace)}).unref();`;
  draft.uses.add("exitAfter");
  return `exitAfter(${milliseconds(grace)});`;
}

/** The same for more than setTimeout takes. */
export const exitAfterFunction = [
  "/** Ends the process after so long; setTimeout takes no more than 2^31 - 1 ms at once. */",
  "function exitAfter(ms: number) {",
  "  const part = Math.min(ms, 2 ** 31 - 1);",
  "  setTimeout(() => (ms > part ? exitAfter(ms - part) : process.exit()), part).unref();",
  "}",
];
