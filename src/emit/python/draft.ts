/**
 * The draft of a Python program: the names that it has given, and the modules that it uses so far.
 *
 * Invariant: whatever writes a use of a module notes it here, so the program imports what it uses and
 * no more, provided that the imports are written last.
 */
import type { TaskSpec } from "../../scenario/model.ts";
import type { ChannelFacts, Facts } from "../facts.ts";
import { Names, toSnakeCase } from "../source-text.ts";
import { reserved } from "./syntax.ts";

/** One program, from its first line to its last. */
export class PythonDraft {
  readonly facts: Facts;
  /** The lines that import what the text so far makes use of. */
  readonly imports = new Set<string>();
  /** Whether the text so far calls compute(). */
  computes = false;
  readonly #names = new Names(reserved);
  readonly #functions = new Map<TaskSpec, string>();
  readonly #variables = new Map<TaskSpec, string>();
  readonly #futures = new Map<TaskSpec, string>();
  readonly #channels = new Map<ChannelFacts, string>();

  constructor(facts: Facts) {
    this.facts = facts;
    for (const task of facts.used) {
      // The name `task` is kept for variables, so a task of that name gets another for its function.
      const plain = task.name === "task";
      const name = toSnakeCase(task.name);
      this.#functions.set(task, this.#names.claim(plain ? "background_task" : name));
      this.#variables.set(task, this.#names.claim(plain ? "task" : `${name}_task`));
      this.#futures.set(task, this.#names.claim(`${name}_future`));
    }
    for (const channel of facts.channels)
      this.#channels.set(channel, this.#names.claim(toSnakeCase(channel.name)));
  }

  /** A module that is made use of, by its own name. */
  import(module: string): string {
    this.imports.add(`import ${module}`);
    return module;
  }

  /** The name of a task's coroutine function. */
  functionOf(task: TaskSpec): string {
    return this.#functions.get(task)!;
  }

  /** The name of the variable that keeps the task that launch has started, or the list of its copies. */
  variableOf(task: TaskSpec): string {
    return this.#variables.get(task)!;
  }

  /** The name of the variable that keeps the future of what main has submitted, or the list of its copies. */
  futureOf(task: TaskSpec): string {
    return this.#futures.get(task)!;
  }

  /** The name of a channel. */
  queueOf(channel: ChannelFacts): string {
    return this.#channels.get(channel)!;
  }
}
