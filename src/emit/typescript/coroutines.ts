/**
 * The coroutines: each task, and launch with its completion point.
 *
 * Invariant: what launch awaits is settled as the strategy says, whichever way it has been begun.
 */
import type { Step, TaskSpec } from "../../scenario/model.ts";
import type { Draft } from "./draft.ts";
import { declareValue, inLaunch, onMain, type Place, starting, writeSteps } from "./steps.ts";
import { everyCopy, inside, milliseconds } from "./syntax.ts";

/** The function of a task. */
export function writeTask(draft: Draft, task: TaskSpec): string[] {
  const place: Place = { ...onMain, who: "task", task };
  const body = writeSteps(draft, task.steps, place);
  const lines =
    task.finally.length === 0
      ? body
      : [
          "try {",
          ...inside(body),
          "} finally {",
          ...inside(writeSteps(draft, task.finally, { ...place, cleaning: true })),
          "}",
        ];
  const parameters = task.copies === null ? "" : "copy: number";
  return [
    `async function ${draft.functionOf(task)}(${parameters}) {`,
    ...inside([...declareValue(task.steps, task.finally), ...lines]),
    "}",
  ];
}

/** The function launch, up to the completion point, at it and behind it. */
export function writeLaunch(draft: Draft): string[] {
  const { scenario, strategy, launchCanFail, afterSettle } = draft.facts;
  const settled = strategy.settle === "group" && launchCanFail ? grouped(draft) : gathered(draft);
  return [
    "async function launch() {",
    ...inside([
      ...declareValue(scenario.launch),
      ...settled,
      ...writeSteps(draft, afterSettle, inLaunch),
    ]),
    "}",
  ];
}

function gathered(draft: Draft): string[] {
  const { strategy, awaited, beforeSettle } = draft.facts;
  if (strategy.settle === "none" || awaited.length === 0)
    return writeSteps(draft, beforeSettle, inLaunch);
  const { started, references } = begun(draft);
  const single = awaited.length === 1 && awaited[0]!.copies === null;
  const settled = strategy.settle === "settled";
  const point =
    single && !settled
      ? [`await ${references[0]};`]
      : all(settled ? "allSettled" : "all", references);
  if (settled && point.length === 1) point[0] += " // collects the errors";
  // Who cancels all cancels launch as well, which allSettled does not notice.
  if (settled && strategy.atExit === "cancel") point.push("signal.throwIfAborted();");
  return [...started, ...bounded(draft, point)];
}

/** A task group, of which something can fail: as long as nothing does, gather is the same. */
function grouped(draft: Draft): string[] {
  draft.uses.add("tasks");
  const { started, references } = begun(draft);
  return [
    "try {",
    ...inside([...started, ...bounded(draft, all("all", references))]),
    "} catch (error) {",
    ...inside([
      "closing.abort(); // a group: the first failure cancels the others,",
      "await Promise.allSettled(tasks); // and is raised when all have cleaned up",
      "throw error;",
    ]),
    "}",
  ];
}

/** The steps before the completion point, and what is awaited there: begun in place, if nothing comes between. */
function begun(draft: Draft): { started: string[]; references: string[] } {
  const { awaited, beforeSettle } = draft.facts;
  const first = beforeSettle.findIndex(({ kind }) => kind === "start");
  const write = (steps: Step[]): string[] => writeSteps(draft, steps, inLaunch);
  if (beforeSettle.slice(first).some(({ kind }) => kind !== "start"))
    return {
      started: write(beforeSettle),
      references: awaited.map(
        (task) => (task.copies === null ? "" : "...") + draft.variableOf(task),
      ),
    };
  // Where nobody comes between, it is all the same whether a task begins now or at the next await.
  const started = write(beforeSettle.slice(0, first));
  const references = awaited.map((task) => {
    const name = draft.functionOf(task);
    if (task.copies === null) return draft.cancels ? starting(draft, name) : `${name}()`;
    const one = draft.cancels ? starting(draft, `() => ${name}(copy)`) : `${name}(copy)`;
    return `...${everyCopy(task.copies, one)}`;
  });
  return { started, references };
}

function all(how: "all" | "allSettled", references: string[]): string[] {
  const line = `await Promise.${how}([${references.join(", ")}]);`;
  if (line.length <= 84) return [line];
  return [`await Promise.${how}([`, ...inside(references.map((one) => `${one},`)), "]);"];
}

/** What is awaited, within the strategy's timeout. */
function bounded(draft: Draft, lines: string[]): string[] {
  const { timeout } = draft.facts.strategy;
  if (timeout === null) return lines;
  return [
    `const timer = setTimeout(() => closing.abort(), ${milliseconds(timeout)}); // cancels what is not done`,
    "try {",
    ...inside([...lines, "signal.throwIfAborted();"]),
    "} finally {",
    "  clearTimeout(timer);",
    // Elsewhere whoever closes the loop waits for it.
    ...(draft.isEager
      ? ["  if (signal.aborted) await Promise.allSettled(tasks); // they clean up first"]
      : []),
    "}",
  ];
}
