/**
 * The coroutines: each task, and launch with its completion point.
 *
 * Invariant: what launch awaits is settled as the strategy says, whichever way it has been begun.
 */
import type { Step, TaskSpec } from "../../scenario/model.ts";
import { does } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import type { TypeScriptDraft } from "./draft.ts";
import { declareValue, inLaunch, onMain, type Place, starting, writeSteps } from "./steps.ts";
import { everyCopy, inside, milliseconds } from "./syntax.ts";

/** The function of a task. */
export function writeTask(draft: TypeScriptDraft, task: TaskSpec): string[] {
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
    ...inside(counted(draft, [...declareValue(task.steps, task.finally), ...lines])),
    "}",
  ];
}

/** The function launch, up to the completion point, at it and behind it. */
export function writeLaunch(draft: TypeScriptDraft): string[] {
  const { scenario, afterSettle } = draft.facts;
  return [
    "async function launch() {",
    ...inside(
      counted(draft, [
        ...declareValue(scenario.launch),
        ...(draft.hasGroup ? grouped(draft) : gathered(draft)),
        ...writeSteps(draft, afterSettle, inLaunch),
      ]),
    ),
    "}",
  ];
}

/** The body of a coroutine, which counts itself as open until it ends, where main needs that count. */
function counted(draft: TypeScriptDraft, body: string[]): string[] {
  if (!draft.counts) return body;
  return ["open++;", "try {", ...inside(body), "} finally {", "  open--;", "}"];
}

function gathered(draft: TypeScriptDraft): string[] {
  const { strategy, awaited, beforeSettle } = draft.facts;
  // A gather of nothing waits for a microtask in JavaScript, and not at all in asyncio.
  const waits = does(strategy, "awaits") && (draft.isEager || awaited.length > 0);
  if (!waits || (does(strategy, "groups") && awaited.length === 0))
    return writeSteps(draft, beforeSettle, inLaunch);
  const { started, references } = begun(draft);
  const collects = does(strategy, "collects");
  const collected = collects ? " // collects the errors" : "";
  if (draft.manner === "tasks") {
    draft.uses.add("gather");
    return [...started, ...bounded(draft, list("gather([", references, "])"), collected)];
  }
  if (awaited.length === 1 && awaited[0]!.copies === null && !collects)
    return [...started, `await ${references[0]};`];
  const all = collects ? "Promise.allSettled([" : "Promise.all([";
  return [...started, ...awaiting(list(all, references, "])"), collected)];
}

/** The completion point as a task group, where something can fail: else gather does the same. */
function grouped(draft: TypeScriptDraft): string[] {
  draft.uses.add("Group");
  const { beforeSettle } = draft.facts;
  const body = writeSteps(draft, beforeSettle, inLaunch);
  const raises = leaves(beforeSettle).some(
    ({ kind }) => kind !== "start" && kind !== "print" && kind !== "block" && kind !== "compute",
  );
  const guarded = raises
    ? [
        "try {",
        ...inside(body),
        "} catch (error) {",
        "  await group.end(error); // raises it when all have cleaned up",
        "}",
      ]
    : body;
  return ["const group = new Group();", ...guarded, ...bounded(draft, ["group.end()"], "")];
}

/** The steps before the completion point, and what is awaited there: begun in place, if nothing comes between. */
function begun(draft: TypeScriptDraft): { started: string[]; references: string[] } {
  const { awaited, beforeSettle, strategy } = draft.facts;
  const first = beforeSettle.findIndex(({ kind }) => kind === "start");
  // A limit begins at the completion point, when all have been begun.
  const isLimited = strategy.timeout !== null;
  const write = (steps: Step[]): string[] => writeSteps(draft, steps, inLaunch);
  if (isLimited || beforeSettle.slice(first).some(({ kind }) => kind !== "start"))
    return {
      started: write(beforeSettle),
      references: awaited.map(
        (task) => (task.copies === null ? "" : "...") + draft.variableOf(task),
      ),
    };
  // If nothing runs between, a task may as well begin at the await, in place.
  const started = write(beforeSettle.slice(0, first));
  const plain = draft.manner === "plain";
  const references = awaited.map((task) => {
    const name = draft.functionOf(task);
    if (task.copies === null) return plain ? `${name}()` : starting(draft, name);
    const one = plain ? `${name}(copy)` : starting(draft, `() => ${name}(copy)`);
    return `...${everyCopy(task.copies, one)}`;
  });
  return { started, references };
}

/** A list between its brackets, on one line or on several. */
function list(opening: string, items: string[], closing: string): string[] {
  const line = `${opening}${items.join(", ")}${closing}`;
  if (line.length <= 70) return [line];
  return [opening, ...inside(items.map((one) => `${one},`)), closing];
}

/** An expression, awaited. */
function awaiting(expression: string[], note: string): string[] {
  const lines = [...expression];
  lines[0] = `await ${lines[0]}`;
  lines[lines.length - 1] += ";";
  if (lines.length === 1) lines[0] += note;
  return lines;
}

/** The wait at the completion point, within the strategy's timeout. */
function bounded(draft: TypeScriptDraft, expression: string[], note: string): string[] {
  const { timeout } = draft.facts.strategy;
  if (timeout === null) return awaiting(expression, note);
  draft.uses.add("within");
  const lines = [...expression];
  lines[0] = `within(${milliseconds(timeout)}, () => ${lines[0]}`;
  lines[lines.length - 1] += ")";
  return awaiting(lines, " // cancels what is not done by then");
}
