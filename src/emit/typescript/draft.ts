/**
 * What a TypeScript program that is being written has named, and what it makes use of so far.
 *
 * Invariant: whatever writes a use of something notes it here, so the program declares what it uses
 * and no more, provided that the declarations (`machinery.ts`, the imports) are written last.
 */
import type { LeafStep, TaskSpec } from "../../scenario/model.ts";
import { leaves, leavesOf } from "../../scenario/walk.ts";
import { type ChannelUse, type Facts } from "../facts.ts";
import { Names, toCamelCase } from "../source-text.ts";
import { reserved } from "./syntax.ts";

/** What a program may need and JavaScript does not have; `machinery.ts` declares it. */
export type Machine =
  "sleep" | "start" | "tasks" | "Channel" | "compute" | "inPool" | "cancellable" | "submit";

/** A function of the user's, and the name it has in the program. */
export interface Callee {
  module: string;
  export: string;
  name: string;
}

/** One program, from its first line to its last. */
export class Draft {
  readonly facts: Facts;
  /** The tasks that come to be: a submit to a loop that has closed raises before. */
  readonly tasks: readonly TaskSpec[];
  /** Whether something may have to be cancelled that is under way. */
  readonly cancels: boolean;
  /** Whether a task begins at once, as JavaScript has it, and not with a later turn. */
  readonly isEager: boolean;
  /** What the text so far makes use of. */
  readonly uses = new Set<Machine>();
  /** Words of shared memory, by name in the order of their places, and how many each takes. */
  readonly words = new Map<string, number>();
  readonly #names = new Names(reserved);
  readonly #functions = new Map<TaskSpec, string>();
  readonly #variables = new Map<TaskSpec, string>();
  readonly #channels = new Map<ChannelUse, string>();
  readonly #wordOf = new Map<TaskSpec | ChannelUse, string>();
  readonly #callees = new Map<string, Callee>();

  constructor(facts: Facts) {
    this.facts = facts;
    this.tasks = facts.strategy.loop === "inline" ? facts.started : facts.used;
    this.isEager = facts.strategy.loop === "float";
    for (const task of this.tasks) {
      // A variable `task` reads best, so the function of a task with that name is another.
      const plain = task.name === "task";
      const name = toCamelCase(task.name);
      this.#functions.set(task, this.#names.claim(plain ? "backgroundTask" : name));
      this.#variables.set(task, this.#names.claim(plain ? "task" : `${name}Task`));
    }
    for (const channel of facts.channels)
      this.#channels.set(channel, this.#names.claim(toCamelCase(channel.name)));
    this.cancels = facts.launches && mustCancel(facts, this.tasks);
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
  queueOf(channel: ChannelUse): string {
    return this.#channels.get(channel)!;
  }

  /** The word of shared memory by which main waits for a thing, or null when none has been made. */
  knownWordOf(what: TaskSpec | ChannelUse): string | null {
    return this.#wordOf.get(what) ?? null;
  }

  /** The same word, made when first asked for; a task of several copies has as many from there on. */
  wordOf(what: TaskSpec | ChannelUse): string {
    const known = this.#wordOf.get(what);
    if (known !== undefined) return known;
    const name = this.#names.claim(what.name.replaceAll("-", "_").toUpperCase());
    this.#wordOf.set(what, name);
    this.words.set(name, "copies" in what ? (what.copies ?? 1) : 1);
    return name;
  }

  /** The word by which main waits for the end of the Worker. */
  endedWord(): string {
    this.words.set("ENDED", 1);
    return "ENDED";
  }

  /** The name of a function of the user's. */
  calleeOf(step: Extract<LeafStep, { kind: "call" }>): string {
    const key = `${step.module}#${step.export}`;
    const known = this.#callees.get(key);
    if (known !== undefined) return known.name;
    const file = step.module.replace(/^.*\//, "").replace(/\.\w+$/, "");
    const wanted = step.export === "default" ? file : step.export;
    const name = this.#names.claim(toCamelCase(wanted.replaceAll(/[^\w-]/g, "-")) || "called");
    this.#callees.set(key, { module: step.module, export: step.export, name });
    return name;
  }

  /** The functions of the user's that the text so far calls. */
  get callees(): Callee[] {
    return [...this.#callees.values()];
  }
}

function mustCancel(facts: Facts, tasks: readonly TaskSpec[]): boolean {
  const { scenario, strategy, launchCanFail, leavesTasks } = facts;
  const inLoop = [...leaves(scenario.launch), ...tasks.flatMap(leavesOf)];
  // A function of the user's is handed a signal.
  if (inLoop.some(({ kind }) => kind === "call")) return true;
  if (strategy.atExit === "cancel" || strategy.timeout !== null) return true;
  if (strategy.loop === "float") return strategy.settle === "group" && launchCanFail;
  return launchCanFail || (strategy.loop !== "portal" && leavesTasks);
}
