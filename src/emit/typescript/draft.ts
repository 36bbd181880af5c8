/**
 * The draft of a TypeScript program: the names that it has given, and the machinery that it uses so far.
 *
 * Invariant: whatever writes a use of something notes it here, so the program declares what it uses
 * and no more, provided that the declarations (`machinery.ts`, the imports) are written last.
 */
import type { LeafStep, Step, TaskSpec } from "../../scenario/model.ts";
import { does, isBeside, mayAbandon } from "../../scenario/strategy.ts";
import { leaves, leavesOf } from "../../scenario/walk.ts";
import { type ChannelFacts, type Facts } from "../facts.ts";
import { Names, toCamelCase } from "../source-text.ts";
import { longestTimer, reserved } from "./syntax.ts";

/** A piece of machinery that a program may need and JavaScript lacks; `machinery.ts` has it declared. */
export type Machine =
  | "sleep"
  | "start"
  | "tasks"
  | "Channel"
  | "compute"
  | "inPool"
  | "submit"
  | "wait"
  | "nextTurn"
  | "after"
  | "gather"
  | "within"
  | "Group"
  | "run"
  | "call"
  | "exitAfter";

/**
 * How a program takes its asynchronous part forward.
 *
 * `plain`: as JavaScript does by itself. `signal`: the same, and what is left when launch returns is
 * cancelled by an AbortSignal. `tasks`: by tasks of the program's own, of which each can be cancelled
 * where it waits, and in a loop that is not JavaScript's own also turn by turn, as asyncio has it.
 */
export type Manner = "plain" | "signal" | "tasks";

/** A function of the user's, and the name it has in the program. */
export interface Callee {
  module: string;
  export: string;
  name: string;
}

/** One program, from its first line to its last. */
export class TypeScriptDraft {
  readonly facts: Facts;
  /** The tasks that come to be: a submit to a loop that has closed raises before. */
  readonly tasks: readonly TaskSpec[];
  readonly manner: Manner;
  /** Whether a task begins at once, as JavaScript has it, and not with a later turn. */
  readonly isEager: boolean;
  /** What the text so far makes use of. */
  readonly uses = new Set<Machine>();
  /** Words of shared memory, by name in the order of their places, and how many each takes. */
  readonly words = new Map<string, number>();
  readonly #names = new Names(reserved);
  readonly #functions = new Map<TaskSpec, string>();
  readonly #variables = new Map<TaskSpec, string>();
  readonly #channels = new Map<ChannelFacts, string>();
  readonly #wordOf = new Map<TaskSpec | ChannelFacts, string>();
  readonly #callees = new Map<string, Callee>();

  constructor(facts: Facts) {
    this.facts = facts;
    this.tasks = does(facts.strategy, "blocksMain") ? facts.started : facts.used;
    this.isEager = does(facts.strategy, "floats");
    for (const task of this.tasks) {
      // The name `task` is kept for variables, so a task of that name gets another for its function.
      const plain = task.name === "task";
      const name = toCamelCase(task.name);
      this.#functions.set(task, this.#names.claim(plain ? "backgroundTask" : name));
      this.#variables.set(task, this.#names.claim(plain ? "task" : `${name}Task`));
    }
    for (const channel of facts.channels)
      this.#channels.set(channel, this.#names.claim(toCamelCase(channel.name)));
    this.manner = facts.launches ? mannerOf(facts, this.tasks) : "plain";
  }

  /** Whether all goes by turns of a loop of asyncio's kind, and not as JavaScript has it. */
  get byTurns(): boolean {
    return this.manner === "tasks" && !this.isEager;
  }

  /**
   * Which way values go through a channel between main and a Worker; null where they stay on one
   * thread. A channel that both threads use, and nobody sends into, is one for each.
   */
  wayOf(channel: ChannelFacts): "in" | "out" | null {
    if (!this.facts.isBetweenThreads(channel)) return null;
    if (channel.mainSends) return "in";
    return channel.loopSends ? "out" : null;
  }

  /** The kinds of steps that tasks hand to the pool. */
  get poolKinds(): ReadonlySet<LeafStep["kind"]> {
    const steps = this.tasks.flatMap(leavesOf);
    return new Set(
      steps.map(({ kind }) => kind).filter((kind) => kind === "block" || kind === "compute"),
    );
  }

  /** Whether launch begins its tasks in a group that may have to cancel them; as long as it need not, gather is the same. */
  get hasGroup(): boolean {
    const { strategy, launchCanFail, awaited } = this.facts;
    const mayCancel = launchCanFail || does(strategy, "cancels");
    return does(strategy, "groups") && mayCancel && awaited.length > 0;
  }

  /**
   * Whether main's grace may run out while a task holds the thread that it floats on: what has come
   * due meanwhile does not go on then, as it would by JavaScript's timers alone.
   */
  get isCutShort(): boolean {
    return this.manner === "tasks" && cutsShort(this.facts, this.tasks);
  }

  /**
   * Whether a task may be left over that main has submitted while the loop was closing. Its clean-up
   * comes when the process ends, up to its first wait, unless the process is made to end.
   */
  get collects(): boolean {
    const { strategy, afterLaunch } = this.facts;
    return (
      this.byTurns &&
      isBeside(strategy) &&
      closes(this.facts) &&
      !(strategy.workers !== null && mayAbandon(strategy)) &&
      leaves(afterLaunch).some(
        (step) => step.kind === "submit" && this.facts.task(step.task).finally.length > 0,
      )
    );
  }

  /** Whether main has to know if something still floats: it would wait for it, though in vain. */
  get counts(): boolean {
    return this.isEager && leaves(this.facts.afterLaunch).some(({ kind }) => kind === "join");
  }

  /** The function by which a program has something called soon, but not here. */
  get soon(): string {
    return this.isEager ? "queueMicrotask" : "setImmediate";
  }

  /** The name of a task's function. */
  functionOf(task: TaskSpec): string {
    return this.#functions.get(task)!;
  }

  /** The name of the variable that keeps a task's promise, or those of its copies. */
  variableOf(task: TaskSpec): string {
    return this.#variables.get(task)!;
  }

  /** The name of a channel. */
  queueOf(channel: ChannelFacts): string {
    return this.#channels.get(channel)!;
  }

  /** The word of shared memory by which main waits for a thing, or null when none has been made. */
  knownWordOf(what: TaskSpec | ChannelFacts): string | null {
    return this.#wordOf.get(what) ?? null;
  }

  /** The same word, made when first asked for; a task of several copies has as many from there on. */
  wordOf(what: TaskSpec | ChannelFacts): string {
    const known = this.#wordOf.get(what);
    if (known !== undefined) return known;
    const name = this.#names.claim(what.name.replaceAll("-", "_").toUpperCase());
    this.#wordOf.set(what, name);
    this.words.set(name, "copies" in what ? (what.copies ?? 1) : 1);
    return name;
  }

  /** The word by which main knows that the loop takes no more tasks; its pool may keep the thread. */
  closedWord(): string {
    const waitsForPool = this.facts.strategy.offload === "processes" && this.facts.usesPool;
    if (this.manner !== "tasks" || !waitsForPool) return this.endedWord();
    this.words.set("CLOSED", 1);
    return "CLOSED";
  }

  /** The word by which main waits for the end of the Worker. */
  endedWord(): string {
    this.words.set("ENDED", 1);
    return "ENDED";
  }

  /** The name of a function of the user's. */
  calleeOf(step: Extract<LeafStep, { kind: "call" }>): string {
    const key = JSON.stringify([step.module, step.export]);
    const known = this.#callees.get(key);
    if (known !== undefined) return known.name;
    const file = step.module.replace(/^.*\//, "").replace(/\.\w+$/, "");
    const wanted = step.export === "default" ? file : step.export;
    const inWords = toCamelCase(wanted.replaceAll(/[^\w-]/g, "-"));
    const name = this.#names.claim(/^[A-Za-z_]/.test(inWords) ? inWords : `called${inWords}`);
    this.#callees.set(key, { module: step.module, export: step.export, name });
    return name;
  }

  /** The functions of the user's that the text so far calls. */
  get callees(): Callee[] {
    return [...this.#callees.values()];
  }
}

function mannerOf(facts: Facts, tasks: readonly TaskSpec[]): Manner {
  const { scenario, strategy } = facts;
  const launch = leaves(scenario.launch);
  const inLoop = [...launch, ...tasks.flatMap(leavesOf)];
  const uses = (steps: readonly LeafStep[], ...kinds: LeafStep["kind"][]): boolean =>
    steps.some(({ kind }) => kinds.includes(kind));
  if (does(strategy, "floats") && cutsShort(facts, tasks)) return "tasks";
  if (!mustCancel(facts, inLoop)) {
    // Channels wake one task after another, which takes turns unless JavaScript's own rules hold.
    const byTurns = !does(strategy, "floats") && uses(inLoop, "send", "receive");
    return byTurns ? "tasks" : "plain";
  }
  // A signal suffices where launch waits for nothing: then all that is left is cancelled once, together.
  const once =
    !does(strategy, "floats") &&
    !does(strategy, "staysOpen") &&
    !does(strategy, "cancels") &&
    (!does(strategy, "awaits") || facts.awaited.length === 0) &&
    !uses(inLoop, "send", "receive") &&
    !uses(launch, "sleep", "call") &&
    !uses(leaves(facts.afterLaunch), "submit") &&
    !facts.usesPool &&
    !inLoop.some((step) => step.kind === "sleep" && step.ticks > longestTimer) &&
    tasks.every(
      ({ steps, finally: cleanUp }) =>
        !uses(leaves(cleanUp), "sleep", "call") || sleepsFirst(steps),
    );
  return once ? "signal" : "tasks";
}

function cutsShort({ scenario, strategy }: Facts, tasks: readonly TaskSpec[]): boolean {
  if (!does(strategy, "floats") || strategy.grace === null) return false;
  return [...leaves(scenario.launch), ...tasks.flatMap(leavesOf)].some(
    ({ kind }) => kind === "block" || kind === "compute",
  );
}

/** Whether something can be left over when the loop closes. */
export function closes({ strategy, launchCanFail, leavesTasks }: Facts): boolean {
  return (
    launchCanFail || does(strategy, "cancels") || (!does(strategy, "staysOpen") && leavesTasks)
  );
}

function mustCancel(facts: Facts, inLoop: readonly LeafStep[]): boolean {
  const { strategy, launchCanFail } = facts;
  // A function of the user's is handed a signal.
  if (inLoop.some(({ kind }) => kind === "call")) return true;
  if (does(strategy, "cancels") || strategy.timeout !== null) return true;
  if (does(strategy, "floats")) return does(strategy, "groups") && launchCanFail;
  return closes(facts);
}

/** Whether the steps come to a sleep before they can come to an end. */
function sleepsFirst(steps: readonly Step[]): boolean {
  for (const step of steps) {
    if (step.kind === "sleep") return true;
    if (step.kind === "repeat" && step.times > 0 && sleepsFirst(step.steps)) return true;
    if (step.kind === "fail" || step.kind === "call") return false;
    if (
      step.kind === "repeat" &&
      leaves(step.steps).some(({ kind }) => kind === "fail" || kind === "call")
    )
      return false;
  }
  return false;
}
