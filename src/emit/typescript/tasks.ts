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
import { closes, type TypeScriptDraft, type Machine } from "./draft.ts";
import { run } from "./close.ts";
import { cancelsLaunch, gather, group, mayBeOver, tellsLate, within } from "./settle.ts";
import { longestTimer } from "./syntax.ts";

/** The dependencies of each piece of machinery. */
const needs: [Machine, Machine[]][] = [
  ["run", ["start", "tasks"]],
  ["Group", ["start", "wait"]],
  ["within", ["after"]],
  ["sleep", ["after", "wait"]],
  ["nextTurn", ["wait"]],
];

/** The declarations around tasks, in an order in which each finds what it builds upon. */
export function writeTasks(draft: TypeScriptDraft): string[][] {
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

/** Whether anything is cancelled at all: a program goes by turns for its channels as well. */
function cancels(draft: TypeScriptDraft): boolean {
  const isClosing = !draft.isEager && closes(draft.facts);
  return isClosing || draft.uses.has("Group") || cancelsLaunch(draft);
}

function head(draft: TypeScriptDraft): string[] {
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

function wait({ manner, soon, isEager, collects }: TypeScriptDraft): string[] {
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
function comesBehind({ byTurns, facts, tasks }: TypeScriptDraft): boolean {
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
function takesLong({ facts, tasks }: TypeScriptDraft): boolean {
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

function after(draft: TypeScriptDraft): string[] {
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

function sleep({ isEager, facts, tasks }: TypeScriptDraft): string[] {
  const plain = "const sleep = (ms: number) => wait((wake) => after(ms, wake));";
  const steps = [...leaves(facts.scenario.launch), ...tasks.flatMap(leavesOf)];
  if (!isEager || !steps.some((step) => step.kind === "sleep" && step.ticks === 0)) return [plain];
  return [
    "const sleep = (ms: number) =>",
    "  wait((wake) => (ms > 0 ? after(ms, wake) : void Bun.sleep(0).then(() => wake())));",
  ];
}

function start(draft: TypeScriptDraft): string[] {
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

function cancel(draft: TypeScriptDraft): string[] {
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
