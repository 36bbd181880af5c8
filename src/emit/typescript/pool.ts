/**
 * The pool of a program: threads that take the oldest job that nobody has begun, whatever the loop's
 * thread is doing meanwhile.
 *
 * Invariant: jobs stand in memory that all of them see, so a job that has been begun is known as such
 * to who would take it back.
 */
import type { LeafStep } from "../../scenario/model.ts";
import { takenAhead } from "../../scenario/strategy.ts";
import { countSteps } from "../../scenario/walk.ts";
import type { TypeScriptDraft } from "./draft.ts";
import { inside } from "./syntax.ts";

/** The declarations of the pool. */
export function writePool(draft: TypeScriptDraft): string[][] {
  const { facts, tasks, manner } = draft;
  const { offload, workers } = facts.strategy;
  const isPooled = ({ kind }: LeafStep): boolean => kind === "block" || kind === "compute";
  const most = tasks.reduce(
    (sum, { copies, steps, finally: cleanUp }) =>
      sum + (copies ?? 1) * (countSteps(steps, isPooled) + countSteps(cleanUp, isPooled)),
    0,
  );
  const kinds = draft.poolKinds;
  const one = offload === "threads" ? "thread" : "process";
  const ends = manner === "tasks";
  const words = [
    `// The pool's jobs, in memory that its threads see: 0 there is none yet, 1 it waits, 2 it has a ${one},`,
    "// 3 it has been begun or taken back. The first word counts those that are over.",
    `const jobs = new Int32Array(new SharedArrayBuffer(4 * ${most + 2}));`,
    `const times = new Float64Array(new SharedArrayBuffer(8 * ${most + 2}));`,
    "const running = new Map<number, () => void>();",
    ...(ends && offload === "threads" ? ["const over: Promise<void>[] = [];"] : []),
    ...(refuses(draft) ? ["let isShutDown = false;"] : []),
    "let pool: Worker[] | undefined;",
    "let handed = 0;",
  ];
  return [
    words,
    thread(kinds, offload === "processes"),
    open(draft, workers!),
    inPool(draft, workers!),
  ];
}

/** The lines of a thread of the pool. */
function thread(kinds: ReadonlySet<string>, isProcess: boolean): string[] {
  const both = kinds.size > 1;
  const work = (kind: string, ms: string): string => {
    if (!isProcess) return kind === "block" ? `Bun.sleepSync(${ms})` : `compute(${ms})`;
    const code =
      kind === "block" ? `"Bun.sleepSync(" + ${ms} + ")"` : `"(" + compute + ")(" + ${ms} + ")"`;
    return `Bun.spawnSync([process.execPath, "-e", ${code}])`;
  };
  const performed = both
    ? [
        `  if (times[job] < 0) ${work("compute", "-times[job]")};`,
        `  else ${work("block", "times[job]")};`,
      ]
    : [`  ${work([...kinds][0]!, "times[job]")};`];
  return [
    "/** What each thread of the pool runs: the oldest job that nobody has begun, and the next. */",
    "const poolThread = `",
    `import { workerData } from "node:worker_threads";`,
    "const { jobs, times } = workerData;",
    ...(kinds.has("compute") ? ["${compute}"] : []),
    "for (let job = 1; ; job++) {",
    "  Atomics.wait(jobs, job, 0);",
    "  if (Atomics.exchange(jobs, job, 3) === 3) continue;",
    ...performed,
    "  Atomics.add(jobs, 0, 1);",
    ...(isProcess ? ["  Atomics.notify(jobs, 0);"] : []),
    "  postMessage(job);",
    "}`;",
  ];
}

function open({ byTurns }: TypeScriptDraft, workers: number): string[] {
  return [
    "function openPool() {",
    "  const url = `data:text/javascript,${encodeURIComponent(poolThread)}`;",
    `  return Array.from({ length: ${workers} }, () => {`,
    "    const thread = new Worker(url, { workerData: { jobs, times } } as object);",
    byTurns
      ? "    thread.onmessage = ({ data }) => setImmediate(() => ended(data));"
      : "    thread.onmessage = ({ data }) => ended(data);",
    "    return thread;",
    "  });",
    "}",
    "",
    "function ended(job: number) {",
    "  running.get(job)!();",
    "  running.delete(job);",
    "  if (running.size === 0) for (const thread of pool!) thread.unref(); // idle threads keep nothing",
    "}",
  ];
}

/** Whether somebody may want the pool when the loop has shut it down already. */
function refuses({ facts, manner, uses }: TypeScriptDraft): boolean {
  return manner === "tasks" && facts.strategy.offload === "threads" && uses.has("submit");
}

function inPool(draft: TypeScriptDraft, workers: number): string[] {
  const { manner, poolKinds: kinds, facts } = draft;
  const isTasks = manner === "tasks";
  const isBoth = kinds.size > 1;
  const isThreads = facts.strategy.offload === "threads";
  const handOver = [
    "const job = ++handed;",
    ...(!isTasks
      ? ["running.set(job, resolve);"]
      : isThreads
        ? [
            "const { promise, resolve } = Promise.withResolvers<void>();",
            "over.push(promise);",
            "running.set(job, () => {",
            "  resolve();",
            "  wake();",
            "});",
          ]
        : ["running.set(job, wake);"]),
    `times[job] = ${isBoth ? "work === compute ? -ms : ms" : "ms"};`,
    `Atomics.store(jobs, job, job - Atomics.load(jobs, 0) > ${workers} ? 1 : 2);`,
    "Atomics.notify(jobs, job);",
    ...(isTasks ? takesBack(takenAhead(facts.strategy)) : []),
  ];
  const what = isBoth ? "perform what holds a thread" : kinds.has("block") ? "block" : "compute";
  return [
    `/** Has a thread of the pool ${what} for so long${isTasks ? "; cancelling takes back what it has not taken" : ""}. */`,
    `function inPool(${isBoth ? "work: (ms: number) => void, " : ""}ms: number) {`,
    ...(refuses(draft)
      ? [`  if (isShutDown) throw new Error("the pool has been shut down");`]
      : []),
    "  for (const thread of (pool ??= openPool())) thread.ref();",
    ...(isTasks
      ? ["  return wait((wake) => {", ...inside(inside(handOver)), "  });"]
      : ["  return new Promise<void>((resolve) => {", ...inside(inside(handOver)), "  });"]),
    "}",
  ];
}

/** @param ahead how many jobs the pool takes that no worker is free for. */
function takesBack(ahead: number): string[] {
  const isAhead =
    ahead === 0
      ? []
      : [
          "  const before = jobs.subarray(1, job).filter((state) => state === 1).length;",
          `  if (before < ${ahead}) return; // a pool of processes takes some ahead`,
        ];
  return [
    "return () => {",
    ...isAhead,
    "  if (Atomics.compareExchange(jobs, job, 1, 3) !== 1) return;",
    "  Atomics.add(jobs, 0, 1);",
    "  ended(job);",
    "};",
  ];
}
