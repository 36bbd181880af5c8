/**
 * The steps of a scenario as statements of Python.
 *
 * Invariant: a step's lines depend on the facts and on its place alone, and what they make use of is
 * noted in the draft.
 */
import type { LeafStep, Step, TaskSpec } from "../../scenario/model.ts";
import { type Piece, placeholdersOf, splitPlaceholders } from "../../scenario/placeholders.ts";
import { does } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import type { Facts } from "../facts.ts";
import { indexName, literal } from "../source-text.ts";
import { kindOf } from "./channel.ts";
import type { PythonDraft } from "./draft.ts";
import { inside, seconds } from "./syntax.ts";

/** Who performs a list of steps. */
export interface Place {
  who: "main" | "launch" | "task";
  /** How many repeats are around the steps. */
  depth: number;
  task: TaskSpec | null;
  /** Whether the launch step comes before these: until then main knows no loop. */
  launched: boolean;
}

/** Main's steps behind its launch step. */
export const onMain: Place = { who: "main", depth: 0, task: null, launched: true };

/** Launch's own steps. */
export const inLaunch: Place = { who: "launch", depth: 0, task: null, launched: true };

type Of<Kind extends LeafStep["kind"]> = Extract<LeafStep, { kind: Kind }>;

/** The statements of a list of steps. */
export function writeSteps(draft: PythonDraft, steps: readonly Step[], place: Place): string[] {
  return steps.flatMap((step) => writeStep(draft, step, place));
}

function writeStep(draft: PythonDraft, step: Step, place: Place): string[] {
  switch (step.kind) {
    case "repeat": {
      const body = writeSteps(draft, step.steps, { ...place, depth: place.depth + 1 });
      const used = step.steps.some(
        (inner) => inner.kind !== "repeat" && placeholdersOf(inner).has("i"),
      );
      const index = used ? indexName(place.depth) : "_";
      return [`for ${index} in range(${step.times}):`, ...inside(body)];
    }
    case "print":
      return [`print(${filledIn(draft, splitPlaceholders(step.text), place)})`];
    case "sleep":
      return [`await asyncio.sleep(${seconds(step.ticks)})`];
    case "block":
    case "compute":
      return hold(draft, step, place);
    case "fail":
      return [`raise RuntimeError(${filledIn(draft, splitPlaceholders(step.message), place)})`];
    case "start":
      return step.tasks.flatMap((name) => start(draft, draft.facts.task(name)));
    case "submit":
      return submit(draft, draft.facts.task(step.task), place);
    case "result":
      return result(draft, step, place);
    case "join":
      return join(draft, step, place);
    case "send":
    case "receive":
      return place.who === "main"
        ? mainChannel(draft, step, place)
        : loopChannel(draft, step, place);
    case "launch":
    case "settle":
    case "call":
      throw new Error(`"${step.kind}" is no step that is written by itself`);
  }
}

function hold(draft: PythonDraft, step: Of<"block" | "compute">, place: Place): string[] {
  const { offload } = draft.facts.strategy;
  const time = seconds(step.ticks);
  if (step.kind === "compute") draft.computes = true;
  else draft.import("time");
  const work = step.kind === "block" ? "time.sleep" : "compute";
  if (place.who !== "task" || offload === "none") {
    const fate = place.who === "main" ? "" : "  # the whole loop stands still";
    return [`${work}(${time})${fate}`];
  }
  if (offload === "threads") return [`await asyncio.to_thread(${work}, ${time})`];
  return [`await asyncio.get_running_loop().run_in_executor(pool, ${work}, ${time})`];
}

function start(draft: PythonDraft, task: TaskSpec): string[] {
  const { strategy } = draft.facts;
  const name = draft.functionOf(task);
  if (!draft.facts.isAwaited(task)) {
    const fate = `  # nobody awaits it${fateOf(draft.facts, task)}`;
    return task.copies === null
      ? [`asyncio.create_task(${name}())${fate}`]
      : [`for copy in range(${task.copies}):`, `    asyncio.create_task(${name}(copy))${fate}`];
  }
  if (does(strategy, "groups"))
    return task.copies === null
      ? [`group.create_task(${name}())`]
      : [`for copy in range(${task.copies}):`, `    group.create_task(${name}(copy))`];
  const variable = draft.variableOf(task);
  return task.copies === null
    ? [`${variable} = asyncio.create_task(${name}())`]
    : [`${variable} = [asyncio.create_task(${name}(copy)) for copy in range(${task.copies})]`];
}

/** The comment on the fate of a task that nobody awaits. */
function fateOf(facts: Facts, task: TaskSpec): string {
  if (does(facts.strategy, "staysOpen"))
    return facts.launchCanFail
      ? "; the loop stays open unless main() fails"
      : ", but the loop stays open";
  return launchGoesOn(facts, task) || !surelyWaits(task.steps)
    ? ": what is left of it is cancelled when the loop closes"
    : ": the loop closes and cancels it";
}

/** Whether launch may wait for something after it has started the task. */
function launchGoesOn({ scenario, strategy, awaited }: Facts, task: TaskSpec): boolean {
  const steps = leaves(scenario.launch);
  const at = steps.findIndex((step) => step.kind === "start" && step.tasks.includes(task.name));
  const settles = does(strategy, "awaits") && awaited.length > 0;
  return steps
    .slice(at + 1)
    .some(({ kind }) => (kind === "settle" ? settles : /^(sleep|send|receive)$/.test(kind)));
}

/** Whether a task that performs the steps surely comes to a wait before its end. */
function surelyWaits(steps: readonly Step[]): boolean {
  for (const step of steps) {
    if (step.kind === "sleep") return true;
    if (step.kind === "repeat" && step.times > 0 && surelyWaits(step.steps)) return true;
    if (leaves([step]).some(({ kind }) => /^(fail|send|receive)$/.test(kind))) return false;
  }
  return false;
}

function submit(draft: PythonDraft, task: TaskSpec, place: Place): string[] {
  if (!place.launched) return [`raise RuntimeError("no event loop has been opened yet")`];
  const name = draft.functionOf(task);
  const submitting = (coroutine: string): string =>
    `asyncio.run_coroutine_threadsafe(${coroutine}, loop)`;
  const fate = does(draft.facts.strategy, "blocksMain")
    ? "  # the loop has closed: this raises"
    : "";
  if (!draft.facts.takesResult(task.name)) {
    const unheard =
      fate === "" && draft.facts.taskCanFail(task) ? "  # if it fails, nobody hears of it" : fate;
    return task.copies === null
      ? [submitting(`${name}()`) + unheard]
      : [`for copy in range(${task.copies}):`, `    ${submitting(`${name}(copy)`)}${unheard}`];
  }
  const future = draft.futureOf(task);
  return task.copies === null
    ? [`${future} = ${submitting(`${name}()`)}${fate}`]
    : [
        `${future} = [`,
        `    ${submitting(`${name}(copy)`)} for copy in range(${task.copies})${fate}`,
        "]",
      ];
}

function result(draft: PythonDraft, step: Of<"result">, place: Place): string[] {
  const task = draft.facts.task(step.task);
  // There is no such future: submitting the task has raised before.
  if (!place.launched || !draft.facts.used.includes(task)) return [];
  const future = draft.futureOf(task);
  const limit = step.timeout === undefined ? "" : `timeout=${seconds(step.timeout)}`;
  const note = limit === "" ? "" : "  # a timeout raises here, and cancels nothing";
  return task.copies === null
    ? [`${future}.result(${limit})${note}`]
    : [`for future in ${future}:`, `    future.result(${limit})${note}`];
}

function join(draft: PythonDraft, { timeout }: Of<"join">, place: Place): string[] {
  if (does(draft.facts.strategy, "blocksMain"))
    return ["# there is no thread to join: the loop runs in this one"];
  if (!place.launched) return [`raise RuntimeError("cannot join thread before it is started")`];
  return timeout === undefined
    ? ["thread.join()"]
    : [`thread.join(timeout=${seconds(timeout)})  # waits no longer, and stops nothing`];
}

/** A value as it is sent. Python writes a small fraction with an exponent, so that one is sent as text. */
function sent(draft: PythonDraft, step: Of<"send">, place: Place): string {
  const { value } = step;
  if (typeof value === "number" && value !== 0 && Math.abs(value) < 1e-4) return `"${value}"`;
  return literal(value, (pieces, inJson) => filledIn(draft, pieces, place, inJson));
}

function loopChannel(draft: PythonDraft, step: Of<"send" | "receive">, place: Place): string[] {
  const channel = draft.facts.channel(step.channel);
  const queue = draft.queueOf(channel);
  if (step.kind === "send")
    return kindOf(draft.facts, channel) === "queue.Queue"
      ? [`${queue}.put(${sent(draft, step, place)})  # never blocks: there is no bound`]
      : [`await ${queue}.put(${sent(draft, step, place)})`];
  const get = `value = await ${queue}.get()`;
  return step.timeout === undefined
    ? [get]
    : [`async with asyncio.timeout(${seconds(step.timeout)}):`, `    ${get}`];
}

function mainChannel(draft: PythonDraft, step: Of<"send" | "receive">, place: Place): string[] {
  const channel = draft.facts.channel(step.channel);
  const queue = draft.queueOf(channel);
  const kind = kindOf(draft.facts, channel);
  if (kind === "asyncio.Queue") return outsideLoop(draft, step, place);
  const [put, get] = kind === "Channel" ? ["send", "receive"] : ["put", "get"];
  if (step.kind === "send") return [`${queue}.${put}(${sent(draft, step, place)})`];
  const limit = step.timeout === undefined ? "" : `timeout=${seconds(step.timeout)}`;
  return [`value = ${queue}.${get}(${limit})`];
}

/** A channel's step of main's before the loop has opened or after it has closed, when no task uses the queue. */
function outsideLoop(draft: PythonDraft, step: Of<"send" | "receive">, place: Place): string[] {
  const channel = draft.facts.channel(step.channel);
  const queue = draft.queueOf(channel);
  const forEver = (why: string): string =>
    `    ${draft.import("threading")}.Event().wait()  # for ever: ${why} while main waits`;
  if (step.kind === "send")
    return [
      ...(channel.capacity === null ? [] : [`if ${queue}.full():`, forEver("nobody makes room")]),
      `${queue}.put_nowait(${sent(draft, step, place)})`,
    ];
  const inVain =
    step.timeout === undefined
      ? [forEver("nobody sends")]
      : [
          `    ${draft.import("time")}.sleep(${seconds(step.timeout)})  # nobody sends while main waits`,
          "    raise TimeoutError",
        ];
  return [`if ${queue}.empty():`, ...inVain, `value = ${queue}.get_nowait()`];
}

/**
 * A text: an f-string where something is filled in.
 *
 * @param inJson what is filled in stands inside a string of JSON.
 */
function filledIn(
  draft: PythonDraft,
  text: readonly Piece[],
  { task, depth }: Place,
  inJson = false,
): string {
  let filled = false;
  const pieces = text.map((piece) => {
    if ("literal" in piece) return { text: piece.literal };
    switch (piece.placeholder) {
      case "runtime":
        return { text: "python" };
      case "task":
        if (task!.copies === null) return { text: task!.name };
        filled = true;
        return { text: `${task!.name}#`, code: "copy" };
      case "copy":
        if (task!.copies === null) return { text: "0" };
        filled = true;
        return { text: "", code: "copy" };
      case "i":
        filled = true;
        return { text: "", code: indexName(depth - 1) };
      case "value":
        filled = true;
        if (!inJson) return { text: "", code: "value" };
        draft.import("json");
        return { text: "", code: "json.dumps(str(value), ensure_ascii=False)[1:-1]" };
    }
  });
  if (!filled) return quoted(pieces.map((piece) => piece.text).join(""));
  const inner = pieces.map(
    (piece) =>
      quoted(piece.text.replaceAll(/[{}]/g, "$&$&")).slice(1, -1) +
      ("code" in piece ? `{${piece.code}}` : ""),
  );
  return `f"${inner.join("")}"`;
}

/** A text as a string of Python, which prints no half of a surrogate pair. */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
