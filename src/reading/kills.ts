/**
 * What a kill of main's process would leave, whenever it came: read in one pass off the run without one.
 *
 * What has happened by an instant does not depend on a kill that comes then, so each state of the run is what a
 * kill would leave; it changes only where something happens. A law holds this against runs that are really killed.
 */
import type { Ticks } from "../base/duration.ts";
import { completions, typeNumber, waits } from "../trace/event.ts";
import { type Trace, wordOf } from "../trace/trace.ts";
import { ActorReader, finishWork } from "./actors.ts";
import { LogCursor } from "./cursor.ts";
import { Entities, hasDone, isProgram, type OpenActor } from "./entities.ts";
import { hearings } from "./listener.ts";
import { isLostWork, type Surroundings } from "./loss.ts";
import { type Span, SpanFold } from "./spans.ts";
import { AttemptReader } from "./attempts.ts";
import { AftermathReader } from "./user-code.ts";

/** What a kill leaves of one task. */
export interface Remains {
  lost: boolean;
  /**
   * Whether it had been handed over: otherwise whoever was to do that was killed before. To a durable queue it has
   * been when that has said so, or when main goes on without waiting for that.
   */
  isHandedOver: boolean;
  /** How many of its operations had been done. */
  done: number;
}

/** From an instant, at which all that happens has happened, to one at which nothing has. */
export interface While {
  from: Ticks;
  to: Ticks;
}

/** A while in which a kill leaves the same, whenever it comes. */
export interface KillMoment extends While {
  /** The longest while within it in which nothing happens at all: its middle stands for the moment. */
  calm: While;
  /** How many tasks it loses, and how many of these had been handed over. */
  lost: number;
  handedOverLost: number;
  /** Of how many that are lost something had been done. */
  halfDone: number;
}

/** The sort of thing that a reader of kills is told of a task: what a kill leaves of it from an instant on. */
export type HearRemains = (task: number, from: Ticks, remains: Remains) => void;

/** @param hear is told of each task, in the order of time, whenever something else would be left of it. */
export function readKills(trace: Trace, hear: HearRemains = () => undefined): KillMoment[] {
  return new KillReader(trace, hear).read();
}

const sleepBegan = typeNumber["sleep-began"];
const sleepEnded = typeNumber["sleep-ended"];
const completed = completions.indexOf("completed");

/** What is known of tasks by their events, sleeps left out. */
const heard = hearings([AftermathReader.hears, ActorReader.hears, AttemptReader.hears]);

class KillReader {
  readonly #trace: Trace;
  readonly #hear: HearRemains;
  readonly #entities: Entities;
  readonly #spans = new SpanFold();
  readonly #readers: readonly object[];
  /** By task: main's waits for its result. */
  readonly #results = new Map<number, Span[]>();
  /** Those of whom something else may be left. */
  readonly #touched = new Set<OpenActor>();
  readonly #remains = new Map<OpenActor, Remains>();
  readonly #moments: KillMoment[] = [];
  #lost = 0;
  #handedOverLost = 0;
  #halfDone = 0;

  constructor(trace: Trace, hear: HearRemains) {
    this.#trace = trace;
    this.#hear = hear;
    this.#entities = new Entities(trace);
    const aftermath = new AftermathReader(this.#entities);
    this.#readers = [
      aftermath,
      new ActorReader(this.#entities, this.#spans, aftermath),
      new AttemptReader(this.#entities),
    ];
  }

  read(): KillMoment[] {
    for (const actor of this.#entities.actors) if (isTask(actor)) this.#touched.add(actor);
    const event = new LogCursor(this.#trace.log);
    let now = 0;
    while (event.next()) {
      if (event.at > now) {
        this.#moment(now, event.at);
        now = event.at;
      }
      this.#take(event);
    }
    return this.#moments;
  }

  #take(event: LogCursor): void {
    const actor = this.#entities.actor(event.actor);
    if (isTask(actor)) this.#touched.add(actor);
    const type = event.typeNumber;
    if (type === sleepBegan) return this.#spans.sleepBegan(event);
    if (type === sleepEnded) {
      const due = this.#spans.sleepEnded(event);
      if (event.value === completed && due !== Infinity) hasDone(actor);
      return;
    }
    const span = this.#spans.hear(event);
    for (const { reader, hear } of heard[type]!) hear(this.#readers[reader] as never, event, span);
    if (span?.kind === "wait" && wordOf(this.#trace, waits, span.value) === "result")
      this.#waitsForResult(span);
  }

  /** A wait for a result begins or ends, on which it hangs whether its task is lost. */
  #waitsForResult(span: Span): void {
    const { whom } = span;
    if (whom === null) return;
    if (span.to === null) this.#results.getOrInsertComputed(whom, () => []).push(span);
    this.#touched.add(this.#entities.actor(whom));
  }

  /** Nothing happens between two instants: takes in what a kill there would leave. */
  #moment(from: Ticks, to: Ticks): void {
    const at = from + Math.floor((to - from) / 2);
    let changes = this.#moments.length === 0;
    for (const actor of this.#touched) if (this.#changes(actor, from, at)) changes = true;
    this.#touched.clear();
    const last = this.#moments.at(-1);
    if (!changes) {
      last!.to = to;
      last!.calm = longerWhile(last!.calm, { from, to });
      return;
    }
    this.#moments.push({
      from,
      to,
      calm: { from, to },
      lost: this.#lost,
      handedOverLost: this.#handedOverLost,
      halfDone: this.#halfDone,
    });
  }

  /** @returns whether a kill leaves something else of a task than before. */
  #changes(actor: OpenActor, from: Ticks, at: Ticks): boolean {
    const before = this.#remains.get(actor);
    const now = this.#remainsOf(actor, at);
    if (
      before?.lost === now.lost &&
      before.done === now.done &&
      before.isHandedOver === now.isHandedOver
    )
      return false;
    this.#remains.set(actor, now);
    if (before !== undefined) this.#count(before, -1);
    this.#count(now, 1);
    this.#hear(actor.number, from, now);
    return true;
  }

  #remainsOf(actor: OpenActor, at: Ticks): Remains {
    const killed = { ...actor };
    finishWork(killed, at);
    return {
      lost: isLostWork(killed, this.#surroundings(actor.number, at)),
      isHandedOver: this.#entities.hasWorkers
        ? actor.queuedAt !== null || actor.enqueueBeganAt !== null
        : actor.isCreated || actor.submittedAt !== null,
      done: actor.done,
    };
  }

  #surroundings(task: number, at: Ticks): Surroundings {
    const results = (this.#results.get(task) ?? []).map(({ of, whom, from, to }) => ({
      of,
      whom,
      at: from,
      ticks: (to ?? at) - from,
    }));
    return { results, endedItself: false, isIdle: false };
  }

  #count({ lost, isHandedOver, done }: Remains, by: 1 | -1): void {
    if (!lost) return;
    this.#lost += by;
    if (isHandedOver) this.#handedOverLost += by;
    if (done > 0) this.#halfDone += by;
  }
}

/** The longer of two whiles; of equal ones the first. */
export function longerWhile(a: While, b: While): While {
  return b.to - b.from > a.to - a.from ? b : a;
}

/** Whether an actor is a task itself, and no program and no further attempt at one. */
function isTask({ kind }: OpenActor): boolean {
  return !isProgram({ kind }) && kind !== "attempt";
}
