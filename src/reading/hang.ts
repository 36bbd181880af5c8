/**
 * Hangs: who waits for whom where nothing moves any more, and why that can never end.
 *
 * A wait leads to whoever could end it: the actor that is waited for, the holder of a resource, or whoever
 * keeps the loop's thread or the pool's that a task or a job would need. Where waits lead back to one of
 * those that wait they are a circle. Where whoever could end a wait has come to its own end without doing
 * so, it is a dead peer.
 */
import type { Ticks } from "../base/duration.ts";
import { waits } from "../trace/event.ts";
import { type Trace, wordOf } from "../trace/trace.ts";
import type { ActorOutcome, ProcessOutcome, ThreadOutcome } from "./entities.ts";
import type { LoopOutcome } from "./loops.ts";
import type { Attachment, Holding, Sighting } from "./observations.ts";
import type { Span } from "./spans.ts";

/** Somebody who waits where nothing moves. */
export interface HangingWait {
  actor: number;
  /** For what it waits, in the trace's own word; `thread`: for a turn on a thread that is kept from it. */
  for: string;
  of: string | null;
  resource: number | null;
  /** Who could end the wait; null where that is not known. */
  whom: number | null;
  place: number | null;
  since: Ticks;
}

/** A wait that whoever could have ended it has left behind. */
export interface DeadPeer {
  wait: HangingWait;
  /** Whoever could have ended it, with no other left. */
  peer: number;
}

export interface Hang {
  process: number;
  /** Whether threads stand still for ever, or a loop waits and nothing can come to it. */
  is: "idle" | "blocked";
  waits: HangingWait[];
  /** A circle of those waits, each for the next and the last for the first; empty where there is none. */
  circle: HangingWait[];
  dead: DeadPeer[];
}

/** What hangs are told by. */
interface Known {
  wall: Ticks;
  processes: readonly ProcessOutcome[];
  threads: readonly ThreadOutcome[];
  actors: readonly ActorOutcome[];
  loops: readonly LoopOutcome[];
  unfinished: readonly Span[];
  sightings: readonly Sighting[];
  holders: readonly Holding[];
  attached: readonly Attachment[];
}

/** The hangs of a trace, by process: of those that were ended for it, and of others where it is plain. */
export function hangsOf(known: Known, trace: Trace): Hang[] {
  return known.processes.flatMap((process): Hang[] => {
    const { interruptedBy } = process;
    const isTold = interruptedBy === "hang" || interruptedBy === "deadlock";
    if (!isTold && interruptedBy !== "timeout" && interruptedBy !== "signal") return [];
    const hang = new HangReader(known, trace, process).read();
    return isTold || hang.circle.length > 0 || hang.dead.length > 0 ? [hang] : [];
  });
}

/** The kinds of those that need turns on the thread of a loop. */
const turning: ReadonlySet<string> = new Set(["task", "launch", "call", "module", "promise"]);

/** The kinds of those whose end settles a promise, and whose waiters cannot miss it. */
const settling: ReadonlySet<string> = new Set(["call", "module", "promise"]);

/** What has come to its end, so that nothing more comes of it. */
function isOver({ status }: Pick<ActorOutcome, "status">): boolean {
  return ["finished", "failed", "cancelled", "ended"].includes(status);
}

class HangReader {
  readonly #known: Known;
  readonly #trace: Trace;
  readonly #process: ProcessOutcome;
  readonly #actors: ReadonlyMap<number, ActorOutcome>;
  readonly #threads: ReadonlyMap<number, ThreadOutcome>;
  /** By thread: the loop on it that is open. */
  readonly #open: ReadonlyMap<number, LoopOutcome>;
  readonly #waits: ReadonlyMap<number, HangingWait>;

  constructor(known: Known, trace: Trace, process: ProcessOutcome) {
    this.#known = known;
    this.#trace = trace;
    this.#process = process;
    this.#actors = new Map(known.actors.map((actor) => [actor.number, actor]));
    this.#threads = new Map(known.threads.map((thread) => [thread.number, thread]));
    const isAlive = (thread: number): boolean => this.#threads.get(thread)?.endedAt === null;
    const loops = known.loops
      .filter(({ thread, closedAt }) => closedAt === null && isAlive(thread))
      .filter(({ thread }) => this.#owns(thread));
    this.#open = new Map(loops.map((loop) => [loop.thread, loop]));
    this.#waits = this.#waitsOf(this.#waitsTold());
  }

  read(): Hang {
    const all = [...this.#waits.values()];
    return {
      process: this.#process.number,
      is: this.#isIdle() ? "idle" : "blocked",
      waits: all,
      circle: this.#circle(),
      dead: all.flatMap((wait) => this.#deadPeer(wait)),
    };
  }

  #owns(thread: number | null): boolean {
    if (thread === null) return this.#known.processes[0] === this.#process;
    return this.#threads.get(thread)?.process === this.#process.number;
  }

  /** What those of the process who have not ended are told to wait for. */
  #waitsTold(): HangingWait[] {
    const { unfinished, sightings } = this.#known;
    const spans = unfinished
      .filter(({ kind }) => kind === "wait")
      .map((span): HangingWait => {
        const { actor, value, of, whom, resource, place, from: since } = span;
        return { actor, for: wordOf(this.#trace, waits, value), of, whom, resource, place, since };
      });
    const seen = sightings.map(({ actor, of, resource, whom, place, at: since }): HangingWait => {
      const kind = this.#trace.definitions.resources.get(resource ?? -1)?.kind;
      const what = kind ?? (whom === null ? "something" : "result");
      return { actor, for: what, of, resource, whom, place, since };
    });
    return [...seen, ...spans].filter(({ actor }) => this.#isPending(actor));
  }

  #isPending(number: number): boolean {
    const actor = this.#actors.get(number);
    return actor !== undefined && !isOver(actor) && this.#owns(actor.thread);
  }

  /** The same by actor, joined to what else is known, and those who wait for a turn on a thread. */
  #waitsOf(told: readonly HangingWait[]): Map<number, HangingWait> {
    const { resources } = this.#trace.definitions;
    const found = new Map<number, HangingWait>();
    for (const wait of told) {
      const before = found.get(wait.actor);
      const resource = wait.resource ?? before?.resource ?? null;
      found.set(wait.actor, {
        ...wait,
        of: resources.get(resource ?? NaN)?.name ?? wait.of ?? before?.of ?? null,
        resource,
        whom: wait.whom ?? before?.whom ?? null,
        place: wait.place ?? before?.place ?? this.#actors.get(wait.actor)?.lastPlace ?? null,
      });
    }
    for (const [actor, wait] of found)
      if (wait.whom === null) found.set(actor, { ...wait, whom: this.#holderFor(wait) });
    for (const { number, lastPlace: place, startedAt } of this.#known.actors) {
      if (found.has(number) || !this.#isPending(number)) continue;
      const whom = this.#keeperFor(number, found);
      if (whom === null) continue;
      const nothing = { of: null, resource: null, since: startedAt ?? 0 };
      found.set(number, { actor: number, for: "thread", whom, place, ...nothing });
    }
    return found;
  }

  /** Who has a resource for itself that somebody waits for. */
  #holderFor({ resource, of }: HangingWait): number | null {
    const holding = this.#known.holders.find((one) =>
      resource === null ? of !== null && one.of === of : one.resource === resource,
    );
    return holding?.actor ?? null;
  }

  /** Who keeps the thread that an actor would need for its next turn. */
  #keeperFor(number: number, found: ReadonlyMap<number, HangingWait>): number | null {
    const actor = this.#actors.get(number)!;
    if (actor.kind === "job") {
      if (actor.startedAt !== null) return null;
      // A job that nobody has taken waits for those that the workers are at, its own waiter first.
      const isBusy = (job: number): boolean =>
        this.#actors.get(job)?.kind === "job" && this.#actors.get(job)?.startedAt !== null;
      const busy = [...found.values()].filter((wait) => isBusy(wait.actor));
      return (busy.find(({ whom }) => whom === number) ?? busy[0])?.actor ?? null;
    }
    if (!turning.has(actor.kind)) return null;
    const [only] = this.#open.values();
    const loop = this.#open.get(actor.thread ?? -1) ?? (this.#open.size === 1 ? only : undefined);
    const keeper = loop === undefined ? null : keeperOf(loop);
    return keeper === number ? null : keeper;
  }

  /** Whether a loop is open whose thread nobody keeps, and no program of a thread waits for anything else. */
  #isIdle(): boolean {
    const isFree = (thread: number): boolean => {
      const loop = this.#open.get(thread);
      return loop !== undefined && keeperOf(loop) === null;
    };
    if (![...this.#open.keys()].some(isFree)) return false;
    return this.#known.actors
      .filter(
        ({ kind, number }) => (kind === "main" || kind === "thread") && this.#isPending(number),
      )
      .filter(({ thread, kind }) => kind === "main" || !this.#isDaemon(thread))
      .every(({ thread, number }) => {
        const whom = this.#actors.get(this.#waits.get(number)?.whom ?? NaN);
        return isFree(thread ?? -1) || isFree(whom?.thread ?? -1);
      });
  }

  #isDaemon(thread: number | null): boolean {
    return this.#threads.get(thread ?? NaN)?.daemon === true;
  }

  /** Waits that lead back to the first of them: each is followed once. */
  #circle(): HangingWait[] {
    const cleared = new Set<number>();
    for (const start of this.#waits.keys()) {
      const path = new Set<number>();
      let at: number | null = start;
      while (at !== null && !path.has(at) && !cleared.has(at)) {
        path.add(at);
        at = this.#waits.get(at)?.whom ?? null;
      }
      if (at !== null && path.has(at)) {
        const actors = [...path];
        return actors.slice(actors.indexOf(at)).map((actor) => this.#waits.get(actor)!);
      }
      for (const actor of path) cleared.add(actor);
    }
    return [];
  }

  /** The end of whoever could have ended a wait, where that came without it. */
  #deadPeer(wait: HangingWait): DeadPeer[] {
    const { whom, resource } = wait;
    if (whom !== null) {
      const peer = this.#actors.get(whom);
      // The end of a call always comes to whoever waits for it, as soon as there is a turn for that.
      if (peer === undefined || settling.has(peer.kind)) return [];
      return isOver(peer) || this.#isStranded(peer) ? [{ wait, peer: whom }] : [];
    }
    const wanted = endFor[wait.for];
    if (resource === null || wanted === undefined) return [];
    const peers = this.#known.attached
      .filter((one) => one.resource === resource && wanted.includes(one.as))
      .flatMap(({ actor }) => this.#actors.get(actor) ?? [])
      .filter(({ number }) => number !== wait.actor);
    if (peers.length === 0 || !peers.every(isOver)) return [];
    const last = peers.reduce((a, b) => ((b.endedAt ?? 0) > (a.endedAt ?? 0) ? b : a));
    return [{ wait, peer: last.number }];
  }

  /** Whether no thread is left on which a task could go on. */
  #isStranded({ kind, thread, number }: ActorOutcome): boolean {
    if (kind !== "task" || this.#waits.has(number)) return false;
    const loop = this.#known.loops.findLast((one) => one.thread === thread);
    if (this.#open.size === 0) return this.#known.loops.length > 0;
    return loop !== undefined && loop.closedAt !== null;
  }
}

/** The ends from which a wait of each kind is ended. */
const endFor: Readonly<Record<string, readonly string[]>> = {
  get: ["putter"],
  receive: ["putter"],
  put: ["getter"],
  "queue-join": ["getter"],
  event: ["setter"],
  queue: ["getter", "putter"],
};

/** Whose step has the thread of a loop and has not ended; null where nobody's. */
function keeperOf({ longestBlock, blame }: LoopOutcome): number | null {
  const holds = [
    ...blame.holds.map(({ hold }) => hold),
    ...(longestBlock === null ? [] : [longestBlock]),
  ];
  return holds.find(({ seen }) => seen?.goesOn === true)?.actor ?? null;
}
