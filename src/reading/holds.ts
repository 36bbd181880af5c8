/**
 * Holds of the event loop's thread: the stretches for which one step kept everything else from it.
 *
 * A step lasts from a resumption to the next wait, so sixty blocks of 16 ms in a row are one hold
 * of 960 ms. Under JavaScript's rules (`float`) it is a turn of the loop, from one macro-task to
 * the next: an await that microtasks settle gives nothing back, what a step starts eagerly belongs
 * to it, and main is one turn from its launch to its end, whatever it waits for meanwhile. What is
 * held reaches from the first to the last operation of the step that keeps the thread; a step with
 * none of these holds nothing, however long a busy machine took over it.
 *
 * Invariant: one pass over the events of one thread, in their order, and nothing is kept but the
 * hold that has not ended.
 */
import { cancelReasons, completions, type EventType } from "../trace/event.ts";
import type { Ticks } from "../base/duration.ts";
import type { LoopDefinition } from "../trace/definitions.ts";
import type { TraceEvent } from "./cursor.ts";

/** A stretch for which the event loop's thread was held. */
export interface Hold {
  at: Ticks;
  ticks: Ticks;
  /** Who held it longest. */
  actor: number;
  /** Where in the user's own source most of it was, if it was user code. */
  source: string | null;
  /** By whom, the longest first; several only where their steps fell into one turn. */
  parts: readonly { actor: number; ticks: Ticks }[];
}

/** That an actor's function was somewhere in the user's source for so long. */
interface Held {
  actor: number;
  source: string;
  ticks: Ticks;
}

/** A hold that has not ended. */
class OpenHold {
  at: Ticks;
  to: Ticks;
  /** Who holds it now, or held it last. */
  actor: number;
  /** By actor; most holds have one, which needs no map. */
  #parts: Map<number, Ticks> | undefined;
  /** By actor: where in the user's source it was, and for how long. */
  #sources: Map<number, Map<string, Ticks>> | undefined;
  #ticks = 0;

  constructor(at: Ticks, actor: number) {
    this.at = this.to = at;
    this.actor = actor;
  }

  add(actor: number, from: Ticks, to: Ticks, ticks: Ticks): void {
    if (actor !== this.actor && this.#parts === undefined)
      this.#parts = new Map([[this.actor, this.#ticks]]);
    this.#parts?.set(actor, (this.#parts.get(actor) ?? 0) + ticks);
    this.#ticks += ticks;
    this.actor = actor;
    if (from < this.at) this.at = from;
    if (to > this.to) this.to = to;
  }

  addSource({ actor, source, ticks }: Held): void {
    const sources = (this.#sources ??= new Map()).getOrInsertComputed(actor, () => new Map());
    sources.set(source, (sources.get(source) ?? 0) + ticks);
  }

  toHold(): Hold {
    const { at, actor } = this;
    const ticks = this.to - at;
    const parts =
      this.#parts === undefined
        ? [{ actor, ticks }]
        : mostOf(this.#parts).map(([actor, ticks]) => ({ actor, ticks }));
    const [longest] = parts as [(typeof parts)[number]];
    const sources = this.#sources?.get(longest.actor);
    const source = sources === undefined ? null : mostOf(sources)[0]![0];
    return { at, ticks, actor: longest.actor, source, parts };
  }
}

function mostOf<Key>(ticks: ReadonlyMap<Key, Ticks>): [Key, Ticks][] {
  return [...ticks].toSorted(([, a], [, b]) => b - a);
}

/** What is known of a call that is under way. */
interface Call {
  began: Ticks;
  /** Until when the function is known to have kept the thread, and for how long without a break. */
  keptTo: Ticks;
  kept: Ticks;
}

/** The loop whose thread is held. */
export interface HeldLoop {
  rules: LoopDefinition["rules"];
  /** The synchronous program that runs on its thread as well; null where there is none. */
  main: number | null;
}

export class HoldReader {
  /** Read by those who have many events that matter only while there is one. */
  open: OpenHold | null = null;
  readonly #main: number | null;
  readonly #eager: boolean;
  readonly #seam: Ticks;
  readonly #onHold: (hold: Hold) => void;
  /** The thread of the event loop, from where it opens to where it closes. */
  #thread = -1;
  /** Until when the thread was held by what has ended. */
  #closedTo: Ticks = 0;
  /** The operation that keeps the thread, and how many lie within it. */
  #operation: { actor: number; from: Ticks } | null = null;
  #within = 0;
  /** Where in the user's source it was kept, within the operation, and for how long. */
  readonly #sources: Held[] = [];
  #mainEnded = false;
  #settleBegan: Ticks = 0;
  readonly #calls = new Map<number, Call>();
  /** JavaScript: who was asked to stop while it waited; that is heard of in the same turn. */
  readonly #asked = new Set<number>();
  /** JavaScript: a wait that has ended, and it does not show yet whether by what was waited for. */
  #ended: { actor: number; at: Ticks } | null = null;

  /**
   * @param seam how much time may go by within a step for no reason: none in virtual time.
   * @param onHold hears of each hold when it has ended, in the order of time.
   */
  constructor({ rules, main }: HeldLoop, seam: Ticks, onHold: (hold: Hold) => void) {
    this.#main = main;
    this.#eager = rules === "javascript";
    this.#seam = seam;
    this.#onHold = onHold;
  }

  /** The hold that has not ended, as far as it has come by now. */
  soFar(now: Ticks): { from: Ticks; to: Ticks } | null {
    const { open } = this;
    if (this.#operation !== null) return { from: open?.at ?? this.#operation.from, to: now };
    return open === null ? null : { from: open.at, to: open.to };
  }

  hear(event: TraceEvent): void {
    const { type, thread, at, actor } = event;
    if (type === "loop-opened") this.#thread = thread;
    if (thread !== this.#thread) return;
    if (this.#ended !== null) this.#decide(type, actor);
    switch (type) {
      case "block-began":
      case "compute-began":
        this.#begin(actor, at);
        break;
      case "block-ended":
      case "compute-ended":
        this.#end(at);
        break;
      case "call-began":
        if (this.#isMain(actor)) this.#begin(actor, at);
        else this.#calls.set(actor, { began: at, keptTo: at, kept: 0 });
        break;
      case "call-held":
        this.#callHeld(event);
        break;
      case "call-ended":
        if (this.#isMain(actor)) this.#end(at);
        else this.#callEnded(actor, at);
        break;
      case "settle-began":
        this.#settleBegan = at;
        break;
      case "settle-ended":
        // Launch was resumed, unless there was nothing to wait for.
        if (!this.#eager && at > this.#settleBegan + this.#seam) this.#close();
        break;
      case "main-ended":
        this.#mainEnded = true;
        break;
      case "loop-closed":
        this.#close();
        this.#thread = -1;
        break;
      default:
        if (this.#eager) this.#hearEagerly(event);
        else if (betweenSteps.has(type)) this.#close();
    }
  }

  /** Nothing comes after this instant. */
  finish(at: Ticks): void {
    this.#within = 0;
    this.#end(at);
    this.#close();
  }

  /** What parts two turns of JavaScript: a timer, or what was said from outside. */
  #hearEagerly({ type, at, actor, value }: TraceEvent): void {
    switch (type) {
      case "sleep-ended":
      case "offload-ended":
        if (completions[value] !== "cancelled") this.#close();
        this.#asked.delete(actor);
        break;
      case "cancel-requested":
        if (cancelReasons[value] === "timed-out") this.#close();
        this.#asked.add(actor);
        break;
      case "wait-began":
        this.#asked.delete(actor);
        // Main waits with its whole thread.
        if (this.#isMain(actor)) this.#begin(actor, at);
        break;
      case "wait-ended":
        if (this.#isMain(actor)) this.#end(at);
        else if (!this.#asked.delete(actor)) this.#ended = { actor, at };
        break;
    }
  }

  /** A wait that ended without what was waited for had a timeout, whose timer begins a turn. */
  #decide(type: EventType, actor: number): void {
    const got = (type === "received" || type === "sent") && actor === this.#ended!.actor;
    if (!got) this.#close();
    this.#ended = null;
  }

  /** Whether it is main, on whose thread the loop floats, and which has not ended. */
  #isMain(actor: number): boolean {
    return actor === this.#main && this.#eager && !this.#mainEnded;
  }

  #begin(actor: number, at: Ticks): void {
    if (this.#operation === null) this.#operation = { actor, from: at };
    else this.#within++;
  }

  #end(at: Ticks): void {
    if (this.#operation === null) return;
    if (this.#within > 0) {
      this.#within--;
      return;
    }
    const { actor, from } = this.#operation;
    this.#operation = null;
    this.#add(actor, from, at);
    for (const held of this.#sources) this.open?.addSource(held);
    this.#sources.length = 0;
  }

  /** User code says afterwards for how long it has kept the thread. */
  #callHeld({ actor, at, value: ticks, text: source }: TraceEvent): void {
    // Main's own call keeps the thread from its beginning to its end, and was begun as that.
    if (!this.#isMain(actor)) {
      // What it left behind when it ended goes on by itself.
      const call = this.#calls.get(actor) ?? { began: at - ticks, keptTo: at - ticks, kept: 0 };
      // A part of a stretch is told before the rest of it, wherever in the stretch the part lies.
      const isSame = at - ticks <= call.keptTo + this.#seam;
      call.kept = isSame ? call.kept + ticks : ticks;
      call.keptTo = at;
      const from = Math.max(at - call.kept, call.began);
      const { open } = this;
      if (open !== null && from > Math.max(open.to, call.began) + this.#seam) this.#close();
      this.#add(actor, from, at, ticks);
    }
    if (source !== undefined) this.#source({ actor, source, ticks });
  }

  /** A call whose function has given the thread back meanwhile is a resumption. */
  #callEnded(actor: number, at: Ticks): void {
    const call = this.#calls.get(actor);
    this.#calls.delete(actor);
    if (call === undefined || at <= call.keptTo + this.#seam) return;
    // In JavaScript who is asked to stop hears of it in the turn of whoever asks.
    if (!this.#eager || !this.#asked.delete(actor)) this.#close();
  }

  #add(actor: number, from: Ticks, to: Ticks, ticks = to - from): void {
    if (to <= from) return;
    if (this.open !== null && this.#isAnother(this.open, actor, from)) this.#close();
    this.open ??= new OpenHold(Math.max(from, this.#closedTo), actor);
    this.open.add(actor, Math.max(from, this.#closedTo), to, ticks);
  }

  /** Whether what an actor begins at an instant is none of the hold's, though no event has parted them. */
  #isAnother(open: OpenHold, actor: number, from: Ticks): boolean {
    if (!this.#eager) return open.actor !== actor;
    // A turn of JavaScript ends unseen where nothing more is ready; main has but one.
    return this.#mainEnded && from > open.to + this.#seam;
  }

  #source(held: Held): void {
    if (this.#operation === null) this.open?.addSource(held);
    else this.#sources.push(held);
  }

  #close(): void {
    const { open } = this;
    if (open === null) return;
    this.open = null;
    this.#closedTo = open.to;
    this.#onHold(open.toHold());
  }
}

/** What comes between two steps of asyncio: one has just waited or ended, or the next resumes. */
const betweenSteps: ReadonlySet<EventType> = new Set<EventType>([
  "launch-started",
  "launch-ended",
  "task-started",
  "task-ended",
  "sleep-began",
  "sleep-ended",
  "wait-began",
  "wait-ended",
  "offload-began",
  "offload-ended",
]);
