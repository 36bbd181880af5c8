/**
 * What every thread and task was doing, and when: the lanes of a timeline.
 *
 * Invariant: events are heard in the order of their thread's time and may come while the run goes
 * on, so the picture of a running program and that of a finished one are read off the same way. The
 * number of lanes is bounded, whatever the number of tasks.
 */
import { endings, interruptions } from "../trace/event.ts";
import type { Definitions } from "../trace/definitions.ts";
import type { Columns, EventLog } from "../trace/log.ts";
import type { Ticks } from "../base/duration.ts";
import { LogCursor } from "./cursor.ts";
import type { ProgramStatus } from "./entities.ts";
import { HoldReader, kindOfHold } from "./holds.ts";
import { byTypeNumber, type Hears } from "./listener.ts";
import { nextLoop } from "./loops.ts";
import { Numbered } from "./numbered.ts";
import { type Span, SpanFold } from "./spans.ts";
import { slow } from "./victims.ts";

/** What a lane is doing; the gravest first, which is what a narrow cell shows of several. */
export const activities = [
  /** Ready to go on, and its thread is held by a step of something else. */
  "starved",
  /** Doing nothing, and holding its thread. */
  "blocking",
  "computing",
  /** A thread of the pool, on a job. */
  "working",
  /** In a function of the user's. */
  "calling",
  /** For a job of its own in the pool. */
  "offloaded",
  /** For another thread, task, or channel. */
  "waiting",
  "sleeping",
] as const;
export type Activity = (typeof activities)[number];

/** A stretch of one activity; `to` is null while it goes on. */
export interface LaneSpan {
  activity: Activity;
  from: Ticks;
  to: Ticks | null;
}

export interface Lane {
  name: string;
  /** Whether it is a thread; programs and tasks stand below the thread they run on. */
  isThread: boolean;
  startedAt: Ticks | null;
  endedAt: Ticks | null;
  /** What became of it; null while it goes on, and for threads that have no end of their own. */
  status: Exclude<ProgramStatus, "unstarted"> | null;
  spans: LaneSpan[];
}

/** The most lanes that tasks have together. */
const mostTaskLanes = 40;

/** The most spans a lane keeps; what came before the oldest of them is left out. */
const mostSpans = 4096;

interface OpenLane extends Lane {
  /** The kind of the actor whose lane it is; null for a thread that runs no program of its own. */
  kind: string | null;
  /** The thread that it is, or runs on; null while that is not known. */
  thread: number | null;
  /** When its sleep, or its first turn, is due. */
  due: Ticks | null;
  /** When it was handed over. */
  submittedAt: Ticks | null;
  /** Whether it is within a function of the user's. */
  calls: boolean;
  /** Whether a durable queue keeps it, whatever becomes of the process that performs it. */
  isKept: boolean;
}

export class Lanes {
  readonly #definitions: Definitions;
  readonly #threads = new Numbered<OpenLane>();
  readonly #actors = new Map<number, OpenLane>();
  /** By function, or name: how many have a lane. */
  readonly #shown = new Map<string, number>();
  #shownTasks = 0;
  /** How many worker processes of a durable queue there are, whose programs have no lane but their threads'. */
  readonly #programless: number;
  /** How many definitions there were when the lanes were chosen. */
  readonly #considered: number;
  /** How many lanes those of one function have. */
  readonly #perFunction: number;
  readonly #spans = new SpanFold();
  /** By thread: the synchronous program that it runs. */
  readonly #mains: number[] = [];
  /** By thread: the loop that has opened on it last. */
  readonly #loops: HeldThread[] = [];
  /** By thread of a loop that floats: since when a turn keeps it, where that is told. */
  readonly #steps: Ticks[] = [];
  #end: Ticks = 0;

  /** @param definitions more may come while events are heard. */
  constructor(definitions: Definitions) {
    this.#definitions = definitions;
    const functions = new Set<string>();
    for (const [, { kind, name, function: of }] of definitions.actors)
      if (kind !== "main" && kind !== "launch") functions.add(of ?? name);
    this.#perFunction = Math.max(1, Math.floor(mostTaskLanes / Math.max(1, functions.size)));
    for (const [number] of definitions.actors) {
      if (this.#shownTasks >= mostTaskLanes) break;
      this.#choose(number);
    }
    this.#considered = definitions.actors.size;
    this.#programless = definitions.actors.size === 0 ? 0 : workersIn(definitions);
  }

  /** How many actors have no lane. */
  get hidden(): number {
    return Math.max(0, this.#definitions.actors.size - this.#actors.size - this.#programless);
  }

  /** The latest instant that anything is known of. */
  get end(): Ticks {
    return this.#end;
  }

  /**
   * Threads in their order, each followed by what runs on it, as they are at an instant, and then those
   * of pools; those that have not begun are left out.
   */
  lanesAt(now: Ticks): Lane[] {
    const threads = [...this.#threads.values()];
    const isWorker = ({ thread }: OpenLane): boolean => this.#spans.isWorker(thread!);
    const begun = [...this.#actors.values()].filter(
      (one) =>
        !one.isThread && (one.startedAt !== null || one.due !== null || one.spans.length > 0),
    );
    return [
      ...threads
        .filter((one) => !isWorker(one))
        .flatMap((one) => [one, ...begun.filter(({ thread }) => thread === one.thread)]),
      ...threads.filter(isWorker),
    ].map((one) => (one.due === null ? one : { ...one, spans: this.#spansAt(one, now) }));
  }

  /** Hears all events of a run that is over. */
  hearAll(log: Pick<EventLog, "chunks">): this {
    const event = new LogCursor(log);
    while (event.next()) this.#hear(event);
    return this;
  }

  /** Hears events of one thread while the run goes on. */
  hear(thread: number, columns: Columns): void {
    const sameThread = new Uint16Array(columns.length).fill(thread);
    this.hearAll({ chunks: [{ ...columns, thread: sameThread }] });
  }

  static readonly #hears: Hears<Lanes> = {
    "main-started": (lanes, event) => lanes.#started(event),
    "launch-started": (lanes, event) => lanes.#started(event),
    "task-started": (lanes, event) => lanes.#started(event),
    "main-ended": (lanes, event) => lanes.#ended(event),
    "launch-ended": (lanes, event) => lanes.#ended(event),
    "task-ended": (lanes, event) => lanes.#ended(event),
    "task-submitted": (lanes, { actor, at }) => {
      const own = lanes.#laneOf(actor);
      if (own !== undefined) own.submittedAt = at;
    },
    "task-created": (lanes, { actor, at, thread }) => {
      const own = lanes.#laneOf(actor);
      if (own === undefined) return;
      own.due = own.submittedAt ?? at;
      own.thread ??= thread;
    },
    "loop-opened": (lanes, { thread, at }) => {
      lanes.#threadLane(thread).startedAt ??= at;
    },
    "loop-closed": (lanes, { thread, at }) => {
      const own = lanes.#threadLane(thread);
      if (own.kind === null) lanes.#endLane(own, at, null);
      // What has not ended by now, nothing will wake.
      for (const lane of lanes.#actors.values())
        if (lane.kind !== "main" && (lane.thread ?? thread) === thread) closeSpan(lane, at);
    },
    "step-began": (lanes, { thread, at }) => {
      if (lanes.#loops[thread]?.floats === true) lanes.#steps[thread] ??= at;
    },
    "step-ended": (lanes, event) => {
      const from = lanes.#steps[event.thread];
      if (from === undefined) return;
      delete lanes.#steps[event.thread];
      lanes.#heldIt(event, from);
    },
    queued: (lanes, { actor }) => {
      const own = lanes.#laneOf(actor);
      if (own !== undefined) own.isKept = true;
    },
    "attempt-began": (lanes, { actor }) => {
      const own = lanes.#laneOf(actor);
      if (own !== undefined) own.isKept = true;
    },
    "call-held": (lanes, { thread, actor, at, value }) => {
      if (lanes.#spans.isWorker(thread)) return;
      const own = lanes.#laneOf(actor);
      if (own !== undefined) kept(own, at - value, at);
      if (lanes.#showsSteps(thread)) kept(lanes.#threadLane(thread), at - value, at);
    },
    interrupted: (lanes, { thread, at, value }) => {
      const status = interruptions[value] === "deadlock" ? "deadlocked" : "interrupted";
      lanes.#stop(thread, at, status);
    },
    "process-ended": (lanes, { thread, at }) => lanes.#stop(thread, at, "abandoned"),
  };

  /** By the number of a type. */
  static readonly #hearings = byTypeNumber(this.#hears);

  #hear(event: LogCursor): void {
    const { thread, at } = event;
    if (at > this.#end) this.#end = at;
    if (event.type === "loop-opened")
      this.#loops[thread] = new HeldThread(
        nextLoop(this.#definitions, thread, this.#loops[thread]?.number ?? null),
        this.#mains[thread] ?? null,
      );
    this.#loops[thread]?.holds.hear(event);
    const span = this.#spans.hear(event);
    if (span !== null) this.#spanned(span);
    Lanes.#hearings[event.typeNumber]?.(this, event, span);
  }

  /** A span has begun or ended. */
  #spanned(span: Span): void {
    const activity = activityOf[span.kind];
    if (activity === undefined) return;
    const { thread, from, to } = span;
    if (span.kind === "job") {
      const worker = this.#threadLane(thread);
      worker.startedAt ??= from;
      if (to === null) open(worker, activity, from);
      else closeSpan(worker, to);
      return;
    }
    // What a job of the pool does shows on the pool's lane.
    if (span.inPool) return;
    const own = this.#laneOf(span.actor);
    if (span.kind === "sleep") {
      if (own === undefined) return;
      if (to !== null) this.#hasTurn(own, to);
      else {
        open(own, activity, from);
        own.due = from + span.value;
      }
      return;
    }
    if (span.kind === "call" && own !== undefined) own.calls = to === null;
    const keeps = span.kind === "block" || span.kind === "compute";
    // A step keeps its thread; the thread's own lane shows it as well.
    for (const lane of [own, keeps && this.#showsSteps(thread) ? this.#threadLane(thread) : own])
      if (to === null) open(lane, activity, from);
      else closeSpan(lane, to);
  }

  #started({ type, actor, thread, at }: LogCursor): void {
    if (type === "main-started") this.#mains[thread] = actor;
    if (type === "main-started" && !this.#actors.has(actor)) this.#bind(actor, thread);
    const own = this.#laneOf(actor);
    if (own === undefined) return;
    this.#hasTurn(own, at);
    own.startedAt = at;
    own.thread ??= thread;
    // A call waits while nothing else is told of it: what it does in between is done in a moment.
    if (isCall(own)) open(own, "waiting", at);
  }

  /** Somebody has had the thread of a loop that floats for long. */
  #heldIt({ thread, actor, at, numbers }: LogCursor, from: Ticks): void {
    const kind = kindOfHold(at - from, numbers ?? {}, slow);
    if (kind === "queued") return;
    const activity = kind === "blocked" ? "blocking" : "computing";
    const own = this.#laneOf(actor);
    for (const lane of new Set([own, this.#threadLane(thread)])) {
      if (lane === undefined || lane.endedAt !== null) continue;
      closeSpan(lane, from);
      open(lane, activity, Math.max(from, lane.spans.at(-1)?.to ?? from));
      closeSpan(lane, at);
      if (isCall(lane)) open(lane, "waiting", at);
    }
  }

  #ended({ actor, at, value }: LogCursor): void {
    const own = this.#laneOf(actor);
    if (own !== undefined) this.#endLane(own, at, endings[value] ?? "ended");
  }

  /** The lane of an actor; undefined where there are too many of them. */
  #laneOf(number: number): OpenLane | undefined {
    const known = this.#actors.get(number);
    if (known !== undefined) return known;
    const definition = this.#definitions.actors.get(number);
    // A further attempt at a task is drawn in the lane of the task.
    if (definition?.kind === "attempt") return this.#actors.get(definition.parent ?? number);
    const mayCome = this.#definitions.actors.size > this.#considered;
    return mayCome ? this.#choose(number) : undefined;
  }

  /** Gives an actor a lane, if there is one left. */
  #choose(number: number): OpenLane | undefined {
    const definition = this.#definitions.actors.get(number);
    if (definition === undefined || this.#shownTasks >= mostTaskLanes) return undefined;
    const { kind, name } = definition;
    // The lane of main is its thread's; the first is there before anything is heard.
    if (kind === "main") return this.#actors.size === 0 ? this.#bindFirst(number) : undefined;
    if (kind !== "launch") {
      const of = definition.function ?? name;
      const shown = this.#shown.get(of) ?? 0;
      if (shown >= this.#perFunction) return undefined;
      this.#shown.set(of, shown + 1);
      this.#shownTasks++;
    }
    const own = newLane(name, { isThread: false, kind, thread: null });
    this.#actors.set(number, own);
    return own;
  }

  #bindFirst(actor: number): OpenLane | undefined {
    for (const [thread] of this.#definitions.threads) return this.#bind(actor, thread);
    return undefined;
  }

  /** Main runs on this thread, and its lane is that of the thread. */
  #bind(actor: number, thread: number): OpenLane {
    const lane = this.#threadLane(thread);
    lane.kind = "main";
    this.#actors.set(actor, lane);
    return lane;
  }

  #threadLane(thread: number): OpenLane {
    const known = this.#threads.get(thread);
    if (known !== undefined) return known;
    const { name = `thread ${thread}` } = this.#definitions.threads.get(thread) ?? {};
    return this.#threads.set(thread, newLane(name, { isThread: true, kind: null, thread }));
  }

  /** Whether a thread's lane shows the steps of what runs on it; where main waits meanwhile, it shows that. */
  #showsSteps(thread: number): boolean {
    return this.#threads.get(thread)?.kind !== "main" || this.#loops[thread]?.floats === true;
  }

  /** What was due goes on, having been starved for as long as its thread was held. */
  #hasTurn(own: OpenLane, at: Ticks): void {
    if (own.due !== null && at > own.due) own.spans = this.#spansAt(own, at);
    closeSpan(own, at);
  }

  /**
   * The spans of a lane whose sleep or first turn is due: from then on it is starved while its thread is
   * held. What else its turn is late by is the timer's own lateness, or a busy machine's.
   */
  #spansAt({ spans, due, thread }: OpenLane, now: Ticks): LaneSpan[] {
    const last = spans.at(-1);
    const sleeps = last?.to === null;
    const settled = sleeps ? spans.slice(0, -1) : [...spans];
    const sleep = (from: Ticks, to: Ticks | null): void => {
      if (sleeps && (to === null || to > from)) settled.push({ activity: "sleeping", from, to });
    };
    let from = sleeps ? last.from : due!;
    for (const held of this.#loops[thread ?? -1]?.heldBetween(due!, now) ?? []) {
      sleep(from, held.from);
      settled.push({ activity: "starved", ...held });
      from = held.to;
    }
    if (from < now || settled.length === 0) sleep(from, null);
    return settled;
  }

  #endLane(own: OpenLane, at: Ticks, status: Lane["status"]): void {
    this.#hasTurn(own, at);
    own.startedAt ??= at;
    own.endedAt = at;
    own.status = status;
  }

  /** The process of a thread is over, with those that it has started, and so is whatever had not ended. */
  #stop(thread: number, at: Ticks, status: "deadlocked" | "interrupted" | "abandoned"): void {
    const process = this.#processOf(thread);
    const isOver = (own: OpenLane): boolean =>
      own.endedAt === null && this.#isWithin(this.#processOf(own.thread ?? thread), process);
    for (const own of this.#actors.values()) {
      if (!isOver(own)) continue;
      if (own.isKept) {
        closeSpan(own, at);
        continue;
      }
      if (own.startedAt === null && own.due === null && own.spans.length === 0) continue;
      const isProgram = own.kind === "main" || own.kind === "launch";
      this.#endLane(own, at, isProgram ? status : "abandoned");
    }
    for (const own of this.#threads.values()) if (isOver(own)) this.#endLane(own, at, null);
  }

  #processOf(thread: number): number {
    return this.#definitions.threads.get(thread)?.process ?? 0;
  }

  #isWithin(process: number | null, outer: number): boolean {
    if (process === null || process === outer) return process === outer;
    return this.#isWithin(this.#definitions.processes.get(process)?.parent ?? null, outer);
  }
}

/** How many worker processes of a durable queue there are. */
function workersIn({ processes }: Definitions): number {
  let count = 0;
  for (const [number, { parent }] of processes) if (number > 0 && parent === null) count++;
  return count;
}

const activityOf: Readonly<Record<string, Activity>> = {
  sleep: "sleeping",
  block: "blocking",
  compute: "computing",
  wait: "waiting",
  settle: "waiting",
  offload: "offloaded",
  call: "calling",
  job: "working",
};

interface Stretch {
  from: Ticks;
  to: Ticks;
}

/** When the thread of a loop was held, latterly. */
export class HeldThread {
  readonly number: number | null;
  readonly floats: boolean;
  readonly holds: HoldReader;
  readonly #held: Stretch[] = [];

  constructor({ number, rules }: ReturnType<typeof nextLoop>, main: number | null) {
    this.number = number;
    this.floats = rules === "javascript";
    // A picture tells nobody where the thread was held.
    const known = { seam: 0, slow: Infinity, places: new Map() };
    this.holds = new HoldReader({ rules, main }, known, ({ at, ticks }) =>
      this.#wasHeld(at, at + ticks),
    );
  }

  heldBetween(from: Ticks, to: Ticks): Stretch[] {
    const now = this.holds.soFar(to);
    const stretches: Stretch[] = [];
    for (let k = this.#held.length - 1; k >= 0 && this.#held[k]!.to > from; k--)
      stretches.unshift(this.#held[k]!);
    return [...stretches, ...(now === null ? [] : [now])]
      .map((held) => ({ from: Math.max(held.from, from), to: Math.min(held.to, to) }))
      .filter((held) => held.to > held.from);
  }

  #wasHeld(from: Ticks, to: Ticks): void {
    const last = this.#held.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else this.#held.push({ from, to });
    if (this.#held.length > mostSpans) this.#held.splice(0, mostSpans / 2);
  }
}

function newLane(name: string, own: Pick<OpenLane, "isThread" | "kind" | "thread">): OpenLane {
  const nothing = { startedAt: null, endedAt: null, status: null, due: null, submittedAt: null };
  return { name, ...own, ...nothing, spans: [], calls: false, isKept: false };
}

/** The lane does something else from now on; one that has ended does nothing any more. */
function isCall({ kind }: OpenLane): boolean {
  return kind === "call" || kind === "module";
}

function open(lane: OpenLane | undefined, activity: Activity, at: Ticks): void {
  if (lane === undefined || lane.endedAt !== null) return;
  closeSpan(lane, at);
  if (lane.spans.length >= mostSpans) lane.spans.splice(0, mostSpans / 2);
  lane.spans.push({ activity, from: at, to: null });
}

function closeSpan(lane: OpenLane | undefined, at: Ticks): void {
  if (lane === undefined) return;
  lane.due = null;
  const last = lane.spans.at(-1);
  if (last === undefined || last.to !== null) return;
  // What takes no time leaves nothing to draw.
  if (at <= last.from) lane.spans.pop();
  else last.to = at;
}

/** The user's function says afterwards that it has kept its thread. */
function kept(lane: OpenLane, from: Ticks, to: Ticks): void {
  const last = lane.spans.at(-1);
  const since = last === undefined ? from : Math.max(from, last.to ?? last.from);
  open(lane, "blocking", since);
  closeSpan(lane, to);
  if (lane.calls) open(lane, "calling", to);
}
