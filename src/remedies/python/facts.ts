/** What the words of a Python program are made of: who and where, as its user wrote it, and what Python it is. */
import { formatCount } from "../../base/count.ts";
import type { ExitCall } from "../../reading/findings/finding.ts";
import type { LoopOutcome } from "../../reading/loops.ts";
import { type Steps, stepsOf } from "../../reading/observations.ts";
import { Facts, type ReadProgram } from "../program/facts.ts";
import { functionName } from "../program/names.ts";

export { words } from "../program/facts.ts";

export class PythonFacts extends Facts {
  /** The minor version of Python 3; the oldest that is observed where it is not known. */
  readonly #minor: number;
  readonly #steps: ReadonlyMap<number, Steps>;

  constructor(program: ReadProgram) {
    super(program);
    this.#minor = Number(/ 3\.(\d+)/.exec(program.runtime)?.[1] ?? 9);
    this.#steps = stepsOf(program.reading.folded);
  }

  /** Whether its Python has what came with a minor version of 3. */
  has(minor: number): boolean {
    return this.#minor >= minor;
  }

  /** After how many of its steps an actor was asked to stop, as `after its first step`; null where not told. */
  afterSteps(actor: number): string | null {
    if (this.actor(actor)?.startedAt === null) return "before its first step";
    const steps = this.#steps.get(actor)?.before;
    if (steps === undefined || steps === 0) return null;
    return steps === 1 ? "after its first step" : `after ${formatCount(steps)} steps`;
  }

  /** The loop that an entry was given to. */
  loopOf(entry: number): LoopOutcome | undefined {
    const { thread = null, startedAt = null } = this.actor(entry) ?? {};
    return this.reading.loops.findLast(
      (loop) => loop.thread === thread && loop.openedAt <= (startedAt ?? Infinity),
    );
  }

  /** What closed a loop, and where, as `asyncio.run (app.py:22)`. */
  closer(loop: LoopOutcome | undefined): string {
    const gate = loop?.closed ?? loop?.opened ?? null;
    const how = gate?.how ?? "the end of its loop";
    return gate?.place === null || gate === null ? how : `${how} at ${this.names.line(gate.place)}`;
  }

  /** Whether an exit ended its process where it stood: as `os._exit` does, and nothing else in another thread. */
  isAtOnce({ thread, place }: ExitCall): boolean {
    if (thread !== null) return true;
    return place !== null && this.names.sourceAt(place)?.includes("_exit(") === true;
  }

  /** Whether a task was started by a line of another actor's own function, so that a variable there can hold it. */
  isStartedIn(task: number, parent: number): boolean {
    const { place = null, parent: by = null } = this.actor(task) ?? {};
    if (place === null || by !== parent) return false;
    return this.names.functionAt(place) === this.actor(parent)?.function;
  }
}

/** A resource's own name in code, where it is one; else what it is. */
export function nameInCode(name: string | null, otherwise: string): string {
  return name !== null && /^[A-Za-z_][\w.]*$/.test(name) ? functionName(name) : otherwise;
}
