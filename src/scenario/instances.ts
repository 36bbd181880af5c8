/** The task instances of a run, by their index: each is a specification, and one of its copies. */
import type { Scenario, TaskInstance, TaskSpec } from "./model.ts";

/**
 * The tasks of a run by their index, in the order of the document. Each is made when it is asked for,
 * and again each time: there may be a million.
 */
export class TaskInstances {
  readonly size: number;
  readonly #tasks: readonly TaskSpec[];
  /** By specification: the index of its first copy. */
  readonly #firsts: number[] = [];

  constructor({ tasks }: Pick<Scenario, "tasks">) {
    this.#tasks = tasks;
    let count = 0;
    for (const { copies } of tasks) {
      this.#firsts.push(count);
      count += copies ?? 1;
    }
    this.size = count;
  }

  at(index: number): TaskInstance {
    const k = this.#number(index);
    const spec = this.#tasks[k]!;
    const copy = index - this.#firsts[k]!;
    return { name: spec.copies === null ? spec.name : `${spec.name}#${copy}`, spec, copy };
  }

  specOf(index: number): TaskSpec {
    return this.#tasks[this.#number(index)]!;
  }

  /** The index of the task with a name. */
  indexOf(name: string): number | undefined {
    const [bare, copy] = name.split("#");
    const k = this.#tasks.findIndex((task) => task.name === bare);
    const index = (this.#firsts[k] ?? NaN) + Number(copy ?? 0);
    return index < this.size && this.at(index).name === name ? index : undefined;
  }

  /** The last specification that begins at or before an index. */
  #number(index: number): number {
    let low = 0;
    for (let high = this.#firsts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle]! <= index) low = middle;
      else high = middle;
    }
    return low;
  }
}
