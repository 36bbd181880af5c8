/**
 * What happened before what: the order that the threads of a run have kept, whatever their clocks say.
 *
 * Vector clocks: each thread counts its events, and knows of every other thread as many as it has
 * heard of. One event came before another if and only if the other's thread knew of it by then.
 */
import { cancelReasons, waits } from "../trace/event.ts";
import type { Definitions } from "../trace/definitions.ts";
import type { LogCursor } from "./cursor.ts";
import { isWork } from "./entities.ts";
import { byTypeNumber, type Hears } from "./listener.ts";

/** How many events of each thread a thread knows of. */
type Clock = number[];

const resultWait = waits.indexOf("result");
const joinWait = waits.indexOf("join");
const byMainsEnd = cancelReasons.indexOf("main-ended");

/** What others may wait for: something of a process, an actor or a job; `left`: of a thread, that its loop closed. */
const links = [
  "thread",
  "closed",
  "main",
  "submitted",
  "ended",
  "left",
  "offloaded",
  "done",
] as const;

/** A link by its kind and the number of what it is of. */
function linkTo(kind: (typeof links)[number], number: number): number {
  return number * links.length + links.indexOf(kind);
}

/** The values of a channel, counted from 0: what was known when each was sent, and when it was taken. */
interface Values {
  /** How many it holds; Infinity where nothing bounds it. */
  capacity: number;
  sent: Clock[];
  received: Clock[];
}

/** Follows a log, event by event in the order of time. */
export class ThreadOrder {
  readonly #clocks: Clock[] = [];
  /** What was known at an event that others may wait for. */
  readonly #known = new Map<number, Clock>();
  /** By the number of a channel; by its name where an event has none. */
  readonly #values = new Map<number | string, Values>();
  readonly #definitions: Definitions;
  /** The tasks by their names, as somebody waits for them; made when the first result comes. */
  #named: Map<string, number[]> | undefined;
  /** The thread that has started another one; its own loop has not waited for that. */
  #starter = -1;
  /** By actor: the job that it handed to the pool last. */
  readonly #jobs = new Map<number, number>();
  /** By actor: for whom it waits, or has waited last, by number or else by name. */
  readonly #awaited = new Map<number, { whom: number | null; name: string }>();
  /** By actor: the thread that it has ended on. */
  readonly #endedOn = new Map<number, number>();

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /** Takes in the next event. @returns how many events its thread has had with this one. */
  next(event: LogCursor): number {
    const { thread } = event;
    const clock = this.#clockOf(thread);
    const count = (clock[thread] ?? 0) + 1;
    clock[thread] = count;
    ThreadOrder.#hearings[event.typeNumber]?.(this, event, null);
    return count;
  }

  /** Whether a thread knows, by now, of another thread's event of this count. */
  knows(thread: number, other: number, count: number): boolean {
    return (this.#clocks[thread]?.[other] ?? 0) >= count;
  }

  static readonly #hears: Hears<ThreadOrder> = {
    "thread-started": (order, { thread }) => {
      order.#starter = thread;
      order.#told(thread, linkTo("thread", order.#processOf(thread)));
    },
    "loop-opened": (order, { thread }) => {
      if (thread !== order.#starter)
        order.#heard(thread, linkTo("thread", order.#processOf(thread)));
    },
    "loop-closed": (order, { thread }) => {
      order.#told(thread, linkTo("closed", order.#processOf(thread)));
      order.#told(thread, linkTo("left", thread));
    },
    "main-ended": (order, { thread, actor }) => {
      order.#told(thread, linkTo("main", order.#processOf(thread)));
      order.#ended(thread, actor);
    },
    "launch-ended": (order, { thread, actor }) => order.#ended(thread, actor),
    "task-destroyed": (order, { thread }) => {
      order.#heard(thread, linkTo("main", order.#processOf(thread)));
    },
    "cancel-requested": (order, { thread, value }) => {
      if (value === byMainsEnd) order.#heard(thread, linkTo("main", order.#processOf(thread)));
    },
    "task-submitted": (order, { thread, actor }) => {
      order.#told(thread, linkTo("submitted", actor));
    },
    "task-created": (order, { thread, actor }) => {
      order.#heard(thread, linkTo("submitted", actor));
    },
    "task-ended": (order, { thread, actor }) => order.#ended(thread, actor),
    "wait-began": (order, { actor, value, text, numbers }) => {
      if (value !== resultWait && value !== joinWait) return;
      order.#awaited.set(actor, { whom: numbers?.["whom"] ?? null, name: text ?? "" });
    },
    "wait-ended": (order, { thread, actor, value }) => {
      if (value === joinWait) order.#joined(thread, order.#awaited.get(actor)?.whom ?? null);
      if (value !== resultWait) return;
      const { whom, name } = order.#awaited.get(actor) ?? { whom: null, name: "" };
      const awaited = whom ?? order.#endedTask(name, thread);
      if (awaited !== undefined) order.#heard(thread, linkTo("ended", awaited));
    },
    sent: (order, event) => {
      const { thread, value: item } = event;
      const { capacity, sent, received } = order.#valuesOf(event);
      order.#learns(thread, received[item - capacity]);
      sent[item] = order.#clockOf(thread).slice();
    },
    received: (order, event) => {
      const { thread, value: item } = event;
      const { sent, received } = order.#valuesOf(event);
      order.#learns(thread, sent[item]);
      received[item] = order.#clockOf(thread).slice();
    },
    "offload-began": (order, { thread, actor, value: job }) => {
      order.#jobs.set(actor, job);
      order.#told(thread, linkTo("offloaded", job));
    },
    "job-began": (order, { thread, value: job }) => order.#heard(thread, linkTo("offloaded", job)),
    "job-ended": (order, { thread, value: job }) => order.#told(thread, linkTo("done", job)),
    "offload-ended": (order, { thread, actor }) => {
      const job = order.#jobs.get(actor);
      if (job !== undefined) order.#heard(thread, linkTo("done", job));
    },
  };

  static readonly #hearings = byTypeNumber(this.#hears);

  #clockOf(thread: number): Clock {
    return (this.#clocks[thread] ??= []);
  }

  /** Whoever waits for a link knows what its thread knows now. */
  #told(thread: number, link: number): void {
    this.#known.set(link, this.#clockOf(thread).slice());
  }

  /** A thread has waited for a link, if it was made. */
  #heard(thread: number, link: number): void {
    this.#learns(thread, this.#known.get(link));
  }

  /** An actor has come to its end; whoever waits for it waits for that. */
  #ended(thread: number, actor: number): void {
    this.#endedOn.set(actor, thread);
    this.#told(thread, linkTo("ended", actor));
  }

  /** Whoever joins the program of another thread, or a loop's entry, waits for the loop there as well. */
  #joined(thread: number, whom: number | null): void {
    const endedOn = whom === null ? undefined : this.#endedOn.get(whom);
    if (endedOn === undefined) {
      this.#heard(thread, linkTo("closed", this.#processOf(thread)));
      return;
    }
    this.#heard(thread, linkTo("ended", whom!));
    this.#heard(thread, linkTo("left", endedOn));
  }

  #learns(thread: number, known: Clock | undefined): void {
    if (known === undefined) return;
    const clock = this.#clockOf(thread);
    for (let other = 0; other < known.length; other++) {
      const count = known[other] ?? 0;
      if (count > (clock[other] ?? 0)) clock[other] = count;
    }
  }

  #processOf(thread: number): number {
    return this.#definitions.threads.get(thread)?.process ?? 0;
  }

  #valuesOf({ resource, text }: Pick<LogCursor, "resource" | "text">): Values {
    return this.#values.getOrInsertComputed(resource ?? text ?? "", () => {
      const definition = resource === null ? undefined : this.#definitions.resources.get(resource);
      return { capacity: definition?.capacity ?? Infinity, sent: [], received: [] };
    });
  }

  /** The task with a name that has ended in the process of a thread. */
  #endedTask(name: string, thread: number): number | undefined {
    if (this.#named === undefined) {
      const named = new Map<string, number[]>();
      for (const [number, actor] of this.#definitions.actors)
        if (isWork(actor)) named.getOrInsertComputed(actor.name, () => []).push(number);
      this.#named = named;
    }
    const process = this.#processOf(thread);
    return this.#named.get(name)?.find((actor) => {
      const endedOn = this.#endedOn.get(actor);
      return endedOn !== undefined && this.#processOf(endedOn) === process;
    });
  }
}
