/**
 * The steps of a scenario as statements of TypeScript.
 *
 * Invariant: a step's lines depend on the facts and on its place alone, and what they make use of is
 * noted in the draft.
 */
import type { LeafStep, Step, TaskSpec } from "../../scenario/model.ts";
import { type Piece, splitPlaceholders } from "../../scenario/placeholders.ts";
import { does, isBeside } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import { EmitError } from "../error.ts";
import { usesEarlyValue } from "../facts.ts";
import { indexName, literal } from "../source-text.ts";
import type { TypeScriptDraft } from "./draft.ts";
import { everyCopy, forEveryCopy, inside, milliseconds } from "./syntax.ts";

/** Who performs a list of steps, and within what. */
export interface Place {
  who: "main" | "launch" | "task";
  /** How many repeats are around the steps. */
  depth: number;
  task: TaskSpec | null;
  /** Whether these steps are clean-up, which is not cancelled: its task has been already. */
  cleaning: boolean;
  /** Whether the launch step comes before these: until then main knows no loop. */
  launched: boolean;
}

/** Main's steps behind its launch step. */
export const onMain: Place = {
  who: "main",
  depth: 0,
  task: null,
  cleaning: false,
  launched: true,
};

/** Launch's own steps. */
export const inLaunch: Place = { ...onMain, who: "launch" };

type Of<Kind extends LeafStep["kind"]> = Extract<LeafStep, { kind: Kind }>;

/** The statements of a list of steps. */
export function writeSteps(draft: TypeScriptDraft, steps: readonly Step[], place: Place): string[] {
  return steps.flatMap((step) => writeStep(draft, step, place));
}

/** The declaration of the last value received, where the steps receive one, or print it too early. */
export function declareValue(steps: readonly Step[], cleanup: readonly Step[] = []): string[] {
  const receives = leaves([...steps, ...cleanup]).some(({ kind }) => kind === "receive");
  if (receives) return [`let value: Value = "";`];
  return usesEarlyValue(steps, cleanup) ? [`const value = "";`] : [];
}

/** An expression that begins a task in a way that suits the strategy. */
export function starting(draft: TypeScriptDraft, task: string, inGroup = false): string {
  draft.uses.add("start");
  if (draft.manner !== "plain") draft.uses.add("tasks");
  if (inGroup) draft.uses.add("Group");
  return inGroup ? `group.start(${task})` : `start(${task})`;
}

function writeStep(draft: TypeScriptDraft, step: Step, place: Place): string[] {
  switch (step.kind) {
    case "repeat": {
      const index = indexName(place.depth);
      const body = writeSteps(draft, step.steps, { ...place, depth: place.depth + 1 });
      return [
        `for (let ${index} = 0; ${index} < ${step.times}; ${index}++) {`,
        ...inside(body),
        "}",
      ];
    }
    case "print":
      return [`console.log(${filledIn(splitPlaceholders(step.text), place)});`];
    case "sleep":
      return sleep(draft, step, place);
    case "block":
    case "compute":
      return hold(draft, step, place);
    case "fail":
      return [`throw new Error(${filledIn(splitPlaceholders(step.message), place)});`];
    case "start":
      return step.tasks.flatMap((name) => start(draft, draft.facts.task(name)));
    case "submit":
      return submit(draft, draft.facts.task(step.task), place);
    case "result":
      return result(draft, step, place);
    case "join":
      return join(draft, step, place);
    case "send":
      return place.who === "main" ? mainSends(draft, step, place) : loopSends(draft, step, place);
    case "receive":
      return place.who === "main" ? mainReceives(draft, step) : loopReceives(draft, step);
    case "call":
      return call(draft, step, place);
    case "launch":
    case "settle":
      throw new Error(`"${step.kind}" is no step that is written by itself`);
  }
}

function sleep(draft: TypeScriptDraft, { ticks }: Of<"sleep">, place: Place): string[] {
  const ms = milliseconds(ticks);
  if (draft.manner === "plain" || (draft.manner === "signal" && place.cleaning))
    return [`await Bun.sleep(${ms});`];
  if (draft.byTurns && ticks === 0) {
    draft.uses.add("nextTurn");
    return ["await nextTurn();"];
  }
  draft.uses.add("sleep");
  return [`await sleep(${ms});`];
}

function hold(draft: TypeScriptDraft, step: Of<"block" | "compute">, place: Place): string[] {
  const ms = milliseconds(step.ticks);
  if (step.kind === "compute") draft.uses.add("compute");
  const work = step.kind === "block" ? "Bun.sleepSync" : "compute";
  if (place.who !== "task" || draft.facts.strategy.offload === "none")
    return [`${work}(${ms});${place.who === "main" ? "" : " // the whole loop stands still"}`];
  draft.uses.add("inPool");
  return [`await inPool(${draft.poolKinds.size > 1 ? `${work}, ` : ""}${ms});`];
}

function start(draft: TypeScriptDraft, task: TaskSpec): string[] {
  const { facts, isEager } = draft;
  const { strategy } = facts;
  const name = draft.functionOf(task);
  const plain = isEager && draft.manner === "plain";
  const inGroup = draft.hasGroup && facts.awaited.includes(task);
  const one = plain ? `${name}()` : starting(draft, name, inGroup);
  const copied = plain ? `${name}(copy)` : starting(draft, `() => ${name}(copy)`, inGroup);
  if (inGroup) return [task.copies === null ? `${one};` : forEveryCopy(task.copies, `${copied};`)];
  if (facts.isAwaited(task)) {
    const promises = task.copies === null ? one : everyCopy(task.copies, copied);
    return [`const ${draft.variableOf(task)} = ${promises};`];
  }
  const fate = isEager
    ? does(strategy, "abandons")
      ? "floats: nobody awaits it, and process.exit() abandons it"
      : "floats: nobody awaits it"
    : does(strategy, "staysOpen")
      ? "nobody awaits it, but the thread stays open"
      : "nobody awaits it: what closes the loop cancels it";
  const begun = task.copies === null ? `${one};` : forEveryCopy(task.copies, `${copied};`);
  return [`${begun} // ${fate}`];
}

function submit(draft: TypeScriptDraft, task: TaskSpec, place: Place): string[] {
  const { facts } = draft;
  const { strategy } = facts;
  if (!place.launched) return [`throw new Error("no event loop has been opened yet");`];
  const closed = `throw new Error("Event loop is closed");`;
  if (does(strategy, "blocksMain")) return [`${closed} // it closed when launch returned`];
  if (does(strategy, "floats")) return start(draft, task);
  const word = draft.wordOf(task);
  const mayBeClosed = !does(strategy, "staysOpen") || facts.launchCanFail;
  const unheard =
    facts.taskCanFail(task) && !facts.takesResult(task.name)
      ? " // if it fails, main does not hear of it"
      : "";
  const post =
    task.copies === null
      ? `worker.postMessage(["submit", ${word}]);`
      : forEveryCopy(task.copies, `worker.postMessage(["submit", ${word} + copy]);`);
  return [
    ...(mayBeClosed ? [`if (Atomics.load(shared, ${draft.closedWord()}) > 0) ${closed}`] : []),
    post + unheard,
  ];
}

function result(draft: TypeScriptDraft, step: Of<"result">, place: Place): string[] {
  const { facts } = draft;
  const task = facts.task(step.task);
  const known = draft.knownWordOf(task);
  // There is no such task: submitting it has raised before.
  if (!place.launched || !isBeside(facts.strategy) || known === null) return [];
  const word = task.copies === null ? known : `${known} + copy`;
  const lines =
    step.timeout === undefined
      ? [`Atomics.wait(shared, ${word}, 0); // blocks main until the task has ended`]
      : [
          `if (Atomics.wait(shared, ${word}, 0, ${milliseconds(step.timeout)}) === "timed-out")`,
          `  throw new Error("the result of ${task.name} did not come in time"); // the task goes on`,
        ];
  if (facts.taskCanFail(task) || draft.manner !== "plain")
    lines.push(
      `if (Atomics.load(shared, ${word}) < 0) throw new Error("${task.name} has failed");`,
    );
  return task.copies === null ? lines : [forEveryCopy(task.copies, "{"), ...inside(lines), "}"];
}

function join(draft: TypeScriptDraft, { timeout }: Of<"join">, place: Place): string[] {
  const { strategy } = draft.facts;
  if (does(strategy, "blocksMain")) return ["// there is no thread to join: all ran in this one"];
  if (!place.launched) return [`throw new Error("cannot join thread before it is started");`];
  if (does(strategy, "floats"))
    return [
      `if (open > 0) Bun.sleepSync(${milliseconds(timeout!)}); // what floats cannot end while main waits`,
    ];
  const limit = timeout === undefined ? "" : `, ${milliseconds(timeout)}`;
  const note = timeout === undefined ? "a join" : "a join, for so long; it stops nothing";
  return [`Atomics.wait(shared, ${draft.endedWord()}, 0${limit}); // ${note}`];
}

/** A value as it is sent. */
function sent({ value }: Of<"send">, place: Place): string {
  return literal(value, (pieces, inJson) => filledIn(pieces, place, inJson));
}

function mainSends(draft: TypeScriptDraft, step: Of<"send">, place: Place): string[] {
  const channel = draft.facts.channel(step.channel);
  const { capacity } = channel;
  const queue = draft.queueOf(channel);
  const value = sent(step, place);
  if (draft.wayOf(channel) === null) {
    const put = `${queue}.put(${value});`;
    if (capacity === null) return [put];
    return [`while (${queue}.isFull) ${forEver}; // nobody makes room while main waits`, put];
  }
  if (!place.launched)
    throw new EmitError(
      `line ${step.position.line} sends before there is a Worker to send to; use --lang python, or send behind "launch"`,
    );
  const post = `worker.postMessage(["${queue}", ${value}]);`;
  if (capacity === null) return [post];
  const word = draft.wordOf(channel);
  return [
    "// blocks main while the channel is full, whatever wakes it",
    `while (Atomics.load(shared, ${word}) === ${capacity}) Atomics.wait(shared, ${word}, ${capacity});`,
    `Atomics.add(shared, ${word}, 1);`,
    post,
  ];
}

/** A statement that blocks main's thread for good. */
const forEver = "Bun.sleepSync(1e9)";

function loopSends(draft: TypeScriptDraft, step: Of<"send">, place: Place): string[] {
  const channel = draft.facts.channel(step.channel);
  const queue = draft.queueOf(channel);
  if (draft.wayOf(channel) === "out") {
    const word = draft.wordOf(channel);
    return [
      `${queue}.postMessage(${sent(step, place)});`,
      `Atomics.add(shared, ${word}, 1);`,
      `Atomics.notify(shared, ${word});`,
    ];
  }
  const put = `${queue}.put(${sent(step, place)});`;
  if (channel.capacity === null) return [put];
  draft.uses.add("wait");
  return [`while (${queue}.isFull) await ${queue}.room();`, put];
}

function mainReceives(draft: TypeScriptDraft, { channel: name, timeout }: Of<"receive">): string[] {
  const channel = draft.facts.channel(name);
  const queue = draft.queueOf(channel);
  if (draft.wayOf(channel) === "out") {
    const word = draft.wordOf(channel);
    const isEmpty = `Atomics.load(shared, ${word}) === 0`;
    const wait =
      timeout === undefined
        ? [`while (${isEmpty}) Atomics.wait(shared, ${word}, 0); // blocks main`]
        : [
            `for (const until = performance.now() + ${milliseconds(timeout)}; ${isEmpty}; ) // blocks main`,
            `  if (Atomics.wait(shared, ${word}, 0, until - performance.now()) === "timed-out")`,
            `    throw new Error("nothing came in time");`,
          ];
    return [
      ...wait,
      `Atomics.sub(shared, ${word}, 1);`,
      `value = receiveMessageOnPort(${queue})!.message;`,
    ];
  }
  const wait =
    timeout === undefined
      ? `while (${queue}.isEmpty) ${forEver}; // nobody sends while main waits`
      : `if (${queue}.isEmpty) Bun.sleepSync(${milliseconds(timeout)}); // nobody sends while main waits`;
  return [wait, `value = ${queue}.take();`];
}

function loopReceives(draft: TypeScriptDraft, step: Of<"receive">): string[] {
  const channel = draft.facts.channel(step.channel);
  const queue = draft.queueOf(channel);
  draft.uses.add("wait");
  if (step.timeout !== undefined) draft.uses.add("after");
  const wait =
    step.timeout === undefined
      ? [`while (${queue}.isEmpty) await ${queue}.filled();`]
      : [
          `for (const until = performance.now() + ${milliseconds(step.timeout)}; ${queue}.isEmpty; )`,
          `  await ${queue}.filled(until);`,
        ];
  const take = `value = ${queue}.take();`;
  if (draft.wayOf(channel) === null || channel.capacity === null) return [...wait, take];
  const word = draft.wordOf(channel);
  return [
    ...wait,
    take,
    `Atomics.sub(shared, ${word}, 1); // main may send the next`,
    `Atomics.notify(shared, ${word});`,
  ];
}

/** A value as an expression, the texts in it filled in. */
function data(value: unknown, place: Place): string {
  if (typeof value === "string") return filledIn(splitPlaceholders(value), place);
  if (Array.isArray(value)) return `[${value.map((item) => data(item, place)).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    // Without brackets this one key would be the object's prototype.
    ([key, item]) =>
      `${key === "__proto__" ? `["__proto__"]` : JSON.stringify(key)}:${data(item, place)}`,
  );
  return `{${entries.join()}}`;
}

function call(draft: TypeScriptDraft, step: Of<"call">, place: Place): string[] {
  const name = draft.calleeOf(step);
  const args = step.args === undefined ? "" : `args: ${data(step.args, place)}, `;
  if (place.who === "main")
    return [
      `${name}({ ${args}signal: new AbortController().signal, sleep: Bun.sleepSync, print: console.log });`,
    ];
  if (draft.manner === "tasks") {
    draft.uses.add("call");
    return [
      `await call((signal, sleep) => ${name}({ ${args}signal, sleep, print: console.log }));`,
    ];
  }
  draft.uses.add("sleep");
  return [
    `await ${name}({ ${args}signal, sleep, print: console.log });`,
    ...(place.cleaning ? [] : ["signal.throwIfAborted();"]),
  ];
}

/**
 * A text: a template where something is filled in.
 *
 * @param inJson what is filled in stands inside a string of JSON.
 */
export function filledIn(text: readonly Piece[], { task, depth }: Place, inJson = false): string {
  let filled = false;
  const pieces = text.map((piece): { text: string; code?: string } => {
    if ("literal" in piece) return { text: piece.literal };
    if (piece.placeholder === "task" && task!.copies === null) return { text: task!.name };
    if (piece.placeholder === "copy" && task!.copies === null) return { text: "0" };
    filled = true;
    switch (piece.placeholder) {
      case "runtime":
        return { text: "Bun ", code: "Bun.version" };
      case "task":
        return { text: `${task!.name}#`, code: "copy" };
      case "copy":
        return { text: "", code: "copy" };
      case "i":
        return { text: "", code: indexName(depth - 1) };
      case "value":
        return {
          text: "",
          code: inJson ? "JSON.stringify(String(value)).slice(1, -1)" : "value",
        };
    }
  });
  if (!filled) return JSON.stringify(pieces.map((piece) => piece.text).join(""));
  const inner = pieces.map(
    ({ text: plain, code }) =>
      JSON.stringify(plain)
        .slice(1, -1)
        .replaceAll('\\"', '"')
        .replaceAll(/`|\$\{/g, "\\$&") + (code === undefined ? "" : `\${${code}}`),
  );
  return `\`${inner.join("")}\``;
}
