/**
 * The coroutines: each task, and launch with its completion point.
 *
 * Invariant: what launch awaits is settled as the strategy says, whichever way it has been started.
 */
import type { TaskSpec } from "../../scenario/model.ts";
import { does } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import { type Facts, usesEarlyValue } from "../facts.ts";
import type { PythonDraft } from "./draft.ts";
import { inLaunch, type Place, writeSteps } from "./steps.ts";
import { inside, seconds } from "./syntax.ts";

/** The coroutine function of a task. */
export function writeTask(draft: PythonDraft, task: TaskSpec): string[] {
  draft.import("asyncio");
  const place: Place = { who: "task", depth: 0, task, launched: true };
  const early = usesEarlyValue(task.steps, task.finally) ? [`value = ""`] : [];
  const body = writeSteps(draft, task.steps, place);
  const lines =
    task.finally.length === 0
      ? body
      : ["try:", ...inside(body), "finally:", ...inside(writeSteps(draft, task.finally, place))];
  const parameters = task.copies === null ? "" : "copy";
  return [`async def ${draft.functionOf(task)}(${parameters}):`, ...inside([...early, ...lines])];
}

/** The coroutine main(), which is launch: up to the completion point, at it and behind it. */
export function writeLaunch(draft: PythonDraft): string[] {
  const { scenario, strategy, afterSettle } = draft.facts;
  const early = usesEarlyValue(scenario.launch) ? [`value = ""`] : [];
  const executor =
    strategy.offload === "threads" && draft.facts.usesPool
      ? [
          "asyncio.get_running_loop().set_default_executor(",
          `    ThreadPoolExecutor(max_workers=${strategy.workers})`,
          ")",
        ]
      : [];
  if (executor.length > 0) draft.imports.add("from concurrent.futures import ThreadPoolExecutor");
  const settled = does(strategy, "groups") ? grouped(draft) : gathered(draft);
  const body = [...early, ...executor, ...settled, ...writeSteps(draft, afterSettle, inLaunch)];
  return ["async def main():", ...inside(body)];
}

/** The steps before the completion point and the point itself: none, gather and settled. */
function gathered(draft: PythonDraft): string[] {
  const { strategy, awaited, beforeSettle: steps } = draft.facts;
  const { timeout } = strategy;
  if (!does(strategy, "awaits") || awaited.length === 0) return writeSteps(draft, steps, inLaunch);
  const first = steps.findIndex(({ kind }) => kind === "start");
  const alone = awaitsOne(draft.facts);
  const settled = does(strategy, "collects") ? "return_exceptions=True" : "";
  // A timeout of zero is due at once, before tasks that are begun inside of it.
  if (!alone && timeout !== 0 && steps.slice(first).every(({ kind }) => kind === "start")) {
    const begun = awaited.map((task) => coroutinesOf(draft, task));
    return [
      ...writeSteps(draft, steps.slice(0, first), inLaunch),
      ...bounded(draft, call("await asyncio.gather", [...begun, settled])),
    ];
  }
  const started = writeSteps(draft, steps, inLaunch);
  const references = awaited.map(
    (task) => (task.copies === null ? "" : "*") + draft.variableOf(task),
  );
  if (alone) return [...started, `await ${references[0]}`];
  return [...started, ...bounded(draft, call("await asyncio.gather", [...references, settled]))];
}

/**
 * Whether launch awaits a task itself, without gather.
 *
 * That wakes it a turn sooner, which decides whether a timeout that is overdue is raised, and who of
 * launch and a task that main has submitted goes first.
 */
function awaitsOne({ awaited, strategy, started, used }: Facts): boolean {
  return (
    strategy.settle === "gather" &&
    strategy.timeout === null &&
    awaited.length === 1 &&
    awaited[0]!.copies === null &&
    used.length === started.length
  );
}

/** The completion point as a task group, whose body begins where launch does. */
function grouped(draft: PythonDraft): string[] {
  const { strategy, beforeSettle } = draft.facts;
  const { timeout } = strategy;
  const body = writeSteps(draft, beforeSettle, inLaunch);
  const group = (rest: string[]): string[] => [
    "async with asyncio.TaskGroup() as group:  # the first failure cancels the others",
    ...inside([...body, ...rest]),
  ];
  if (timeout === null) return group([]);
  const atOnce =
    timeout > 0 && leaves(beforeSettle).every(({ kind }) => kind === "print" || kind === "start");
  if (atOnce) return [`async with asyncio.timeout(${seconds(timeout)}):`, ...inside(group([]))];
  return [
    "async with asyncio.timeout(None) as limit:",
    ...inside(
      group([
        "# the time counts from here",
        `limit.reschedule(asyncio.get_running_loop().time() + ${seconds(timeout)})`,
      ]),
    ),
  ];
}

/** Lines that await, within the strategy's timeout. */
function bounded(draft: PythonDraft, lines: string[]): string[] {
  const { timeout } = draft.facts.strategy;
  if (timeout === null) return lines;
  return [
    `async with asyncio.timeout(${seconds(timeout)}):  # cancels what is not done, and raises`,
    ...inside(lines),
  ];
}

/** A call, one argument a line where they are too long for one. */
function call(name: string, written: string[]): string[] {
  const words = written.filter((word) => word !== "");
  const line = `${name}(${words.join(", ")})`;
  if (line.length <= 80) return [line];
  return [`${name}(`, ...inside(words.map((word) => `${word},`)), ")"];
}

/** An argument that begins a task, or each of its copies. */
function coroutinesOf(draft: PythonDraft, task: TaskSpec): string {
  const name = draft.functionOf(task);
  return task.copies === null ? `${name}()` : `*(${name}(copy) for copy in range(${task.copies}))`;
}
