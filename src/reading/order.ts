/**
 * What happened before what: the order that the threads of a run have kept, whatever their clocks say.
 *
 * Vector clocks: each thread counts its events, and knows of every other thread as many as it has
 * heard of. One event came before another if and only if the other's thread knew of it by then.
 */
import { cancelReasons, waits } from "../trace/event.ts";
import type { Definitions } from "../trace/definitions.ts";
import type { TraceEvent } from "./cursor.ts";

/** How many events of each thread a thread knows of. */
type Clock = number[];

const resultWait = waits.indexOf("result");
const joinWait = waits.indexOf("join");
const byMainsEnd = cancelReasons.indexOf("main-ended");

/** Follows a log, event by event in the order of time. */
export class ThreadOrder {
  readonly #clocks: Clock[] = [];
  /** What was known at an event that others may wait for, by what it is. */
  readonly #known = new Map<string, Clock>();
  readonly #capacities: ReadonlyMap<string, number | null>;
  readonly #definitions: Definitions;
  /** The actors by their names, as somebody waits for them; made when the first result comes. */
  #named: Map<string, number> | undefined;
  /** The thread that has started another one; its own loop has not waited for that. */
  #starter = -1;
  /** By actor: the job that it handed to the pool last. */
  readonly #jobs = new Map<number, number>();
  /** By actor: what it waits for, or has waited for last. */
  readonly #awaited = new Map<number, string>();

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
    const channels = [...definitions.resources].filter(([, { kind }]) => kind === "channel");
    this.#capacities = new Map(channels.map(([, { name, capacity }]) => [name, capacity]));
  }

  /** Takes in the next event. @returns how many events its thread has had with this one. */
  next(event: TraceEvent): number {
    const { thread } = event;
    const clock = (this.#clocks[thread] ??= []);
    const { before, after } = this.#links(event);
    for (const link of before) {
      const known = this.#known.get(link);
      known?.forEach((count, other) => (clock[other] = Math.max(clock[other] ?? 0, count)));
    }
    clock[thread] = (clock[thread] ?? 0) + 1;
    if (after !== null) this.#known.set(after, [...clock]);
    return clock[thread];
  }

  /** Whether a thread knows, by now, of another thread's event of this count. */
  knows(thread: number, other: number, count: number): boolean {
    return (this.#clocks[thread]?.[other] ?? 0) >= count;
  }

  /** The links that an event waits for, and the one that it makes. */
  #links(event: TraceEvent): { before: string[]; after: string | null } {
    const { type, thread, actor, value } = event;
    switch (type) {
      case "thread-started":
        this.#starter = thread;
        return { before: [], after: "thread" };
      case "loop-opened":
        return { before: thread === this.#starter ? [] : ["thread"], after: null };
      case "loop-closed":
        return { before: [], after: "closed" };
      case "main-ended":
        return { before: [], after: "main" };
      case "task-destroyed":
        return { before: ["main"], after: null };
      case "cancel-requested":
        return { before: value === byMainsEnd ? ["main"] : [], after: null };
      case "task-submitted":
        return { before: [], after: `submitted ${actor}` };
      case "task-created":
        return { before: [`submitted ${actor}`], after: null };
      case "task-ended":
        return { before: [], after: `ended ${actor}` };
      case "wait-began":
        this.#awaited.set(actor, event.text ?? "");
        return { before: [], after: null };
      case "wait-ended":
        if (value === joinWait) return { before: ["closed"], after: null };
        if (value !== resultWait) return { before: [], after: null };
        return {
          before: [`ended ${this.#actorNamed(this.#awaited.get(actor) ?? "")}`],
          after: null,
        };
      case "sent": {
        const channel = event.text!;
        const capacity = this.#capacities.get(channel) ?? null;
        return {
          before: capacity === null ? [] : [`received ${value - capacity} ${channel}`],
          after: `sent ${value} ${channel}`,
        };
      }
      case "received": {
        const channel = event.text!;
        return { before: [`sent ${value} ${channel}`], after: `received ${value} ${channel}` };
      }
      case "offload-began":
        this.#jobs.set(actor, value);
        return { before: [], after: `offloaded ${value}` };
      case "job-began":
        return { before: [`offloaded ${value}`], after: null };
      case "job-ended":
        return { before: [], after: `done ${value}` };
      case "offload-ended":
        return { before: [`done ${this.#jobs.get(actor)}`], after: null };
      default:
        return { before: [], after: null };
    }
  }

  #actorNamed(name: string): number | undefined {
    if (this.#named === undefined) {
      this.#named = new Map();
      for (const [number, actor] of this.#definitions.actors)
        if (!this.#named.has(actor.name)) this.#named.set(actor.name, number);
    }
    return this.#named.get(name);
  }
}
