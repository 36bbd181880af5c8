/**
 * Holds of the event loop's thread: the stretches for which one step kept everything else from it.
 *
 * A step lasts from a resumption to the next wait, so sixty blocks of 16 ms in a row are one hold of
 * 960 ms. Under JavaScript's rules (`float`) it is a turn of the loop, from one macro-task to the next,
 * with all that is started in it. The trace says where a step that keeps the thread begins and ends
 * (`step-began`, `step-ended`). Where it also says what kept the thread within the step, the hold
 * reaches from the first of that to the last and is divided among those who did it; where it does not,
 * the whole step is its actor's. User code tells afterwards for how long it has kept the thread
 * (`call-held`): within a step that is a part of it, elsewhere a hold of its own.
 *
 * Invariant: one pass over the events of one thread, in their order, and nothing is kept but the
 * hold that has not ended.
 */
import type { EventType } from "../trace/event.ts";
import type { Ticks } from "../base/duration.ts";
import type { LoopDefinition, Place, Table } from "../trace/definitions.ts";
import type { Numbers, Stack } from "../trace/log.ts";
import type { TraceEvent } from "./cursor.ts";
import { type Source, sourceOf } from "./source.ts";

/** A stretch for which the event loop's thread was held. */
export interface Hold {
  at: Ticks;
  ticks: Ticks;
  /** Who held it longest. */
  actor: number;
  /** Where in the user's own source most of it was, if it was user code. */
  source: Source | null;
  /** By whom, the longest first; several only where their steps fell into one turn. */
  parts: readonly { actor: number; ticks: Ticks }[];
  /** What was seen of it by a recorder that looked. */
  seen?: HoldSeen;
}

/** How a thread was kept: it stood still, computed, or wanted to and got no core of a busy machine. */
export type HoldKind = "blocked" | "computing" | "queued";

/** Where a step stood that kept its thread, and how it kept it. */
export interface HoldSeen {
  /** Null where nobody can tell. */
  kind: HoldKind | null;
  /** The call in which it stood, and where that is; null where that is not told. */
  call: string | null;
  place: number | null;
  /** Its callers, the innermost first. */
  stack: Stack | null;
  /** How many turns of microtasks were in it, where that is told. */
  turns?: number;
  /** Whether nothing has ended it. */
  goesOn: boolean;
}

/** Of which kind a hold is by how long its thread computed, and waited for a core to do so. */
export function kindOfHold(
  ticks: Ticks,
  { cpu, queued = 0 }: Numbers,
  slow: Ticks,
): HoldKind | null {
  if (cpu === undefined) return null;
  if (cpu + queued < ticks / 2) return "blocked";
  // What computed for as long as a slow step would have been one on an idle machine as well.
  return cpu >= slow || cpu >= queued ? "computing" : "queued";
}

/** That an actor's function was somewhere in the user's source for so long. */
interface Held {
  actor: number;
  source: Source;
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
  #sources: Map<number, Map<string, { source: Source; ticks: Ticks }>> | undefined;
  #ticks = 0;
  /** What was seen of the longest of its steps. */
  #seen: { ticks: Ticks; seen: HoldSeen } | null = null;

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
    sources.getOrInsertComputed(source.text, () => ({ source, ticks: 0 })).ticks += ticks;
  }

  addSeen(ticks: Ticks, seen: HoldSeen): void {
    if (ticks > (this.#seen?.ticks ?? -1)) this.#seen = { ticks, seen };
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
    const source = sources?.values().reduce((a, b) => (b.ticks > a.ticks ? b : a)).source ?? null;
    const hold: Hold = { at, ticks, actor: longest.actor, source, parts };
    return this.#seen === null ? hold : { ...hold, seen: this.#seen.seen };
  }
}

function mostOf<Key>(ticks: ReadonlyMap<Key, Ticks>): [Key, Ticks][] {
  return [...ticks].toSorted(([, a], [, b]) => b - a);
}

/** A step that has begun and not ended. */
interface Step {
  actor: number;
  from: Ticks;
  /** Whether it is told what keeps the thread within it. */
  isTold: boolean;
  /** The steps that have begun within it and not ended, as those that another one starts eagerly. */
  within: { actor: number; from: Ticks }[];
  /** For how long those kept the thread that have ended. */
  ticksWithin: Ticks;
}

/** A stretch of user code, which is told part by part. */
interface Stretch {
  actor: number;
  ticks: Ticks;
  to: Ticks;
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
  readonly #slow: Ticks;
  readonly #places: Pick<Table<Place>, "get">;
  readonly #onHold: (hold: Hold) => void;
  /** The thread of the event loop, from where it opens to where it closes. */
  #thread = -1;
  /** Until when the thread was held by what has ended. */
  #closedTo: Ticks = 0;
  #step: Step | null = null;
  /** Whether the open hold is that of a step, which has ended: user code may still tell of a part of it. */
  #isOfStep = false;
  /** The operation that keeps the thread, and how many lie within it. */
  #operation: { actor: number; from: Ticks } | null = null;
  #within = 0;
  /** Where in the user's source it was kept, within the operation, and for how long. */
  readonly #sources: Held[] = [];
  /** What user code has told last. */
  #stretch: Stretch | null = null;
  #mainEnded = false;

  /**
   * @param seam how much time may go by within a step for no reason: none in virtual time.
   * @param slow from how long on a step is slow.
   * @param places those that user code may stand at.
   * @param onHold hears of each hold when it has ended, in the order of time.
   */
  constructor(
    { rules, main }: HeldLoop,
    { seam, slow, places }: { seam: Ticks; slow: Ticks; places: Pick<Table<Place>, "get"> },
    onHold: (hold: Hold) => void,
  ) {
    this.#main = main;
    this.#eager = rules === "javascript";
    this.#seam = seam;
    this.#slow = slow;
    this.#places = places;
    this.#onHold = onHold;
  }

  /** The hold that has not ended, as far as it has come by now. */
  soFar(now: Ticks): { from: Ticks; to: Ticks } | null {
    const { open } = this;
    const goesOn = this.#operation ?? (this.#step?.isTold === false ? this.#step : null);
    if (goesOn !== null) return { from: open?.at ?? goesOn.from, to: now };
    return open === null ? null : { from: open.at, to: open.to };
  }

  hear(event: TraceEvent): void {
    const { type, thread, at, actor } = event;
    if (type === "loop-opened") this.#thread = thread;
    if (thread !== this.#thread) return;
    switch (type) {
      case "step-began":
        this.#beginStep(actor, at);
        break;
      case "step-ended":
        this.#endStep(at, event);
        break;
      case "block-began":
      case "compute-began":
        if (!this.#isBeside(actor)) this.#begin(actor, at);
        break;
      case "block-ended":
      case "compute-ended":
        if (!this.#isBeside(actor)) this.#end(at);
        break;
      case "call-began":
      case "wait-began":
        // Main calls and waits with its whole thread.
        if (this.#isMain(actor)) this.#begin(actor, at);
        else if (type === "wait-began") this.#between(type);
        else if (this.#step !== null) this.#step.isTold = true;
        break;
      case "call-ended":
      case "wait-ended":
        if (this.#isMain(actor)) this.#end(at);
        else this.#between(type);
        break;
      case "call-held":
        this.#callHeld(event);
        break;
      case "main-ended":
        this.#mainEnded = true;
        break;
      case "loop-closed":
        // What its thread does from here on keeps nothing of this loop waiting.
        this.finish(at);
        this.#thread = -1;
        break;
      default:
        this.#between(type);
    }
  }

  /** Nothing comes after this instant. */
  finish(at: Ticks): void {
    this.#within = 0;
    this.#end(at);
    if (this.#step !== null) this.#step.within.length = 0;
    this.#endStep(at, null);
    this.#close();
  }

  /** Whether it is main, on whose thread the loop floats, and which has not ended. */
  #isMain(actor: number): boolean {
    return actor === this.#main && this.#eager && !this.#mainEnded;
  }

  /**
   * Whether it is the program of an asyncio loop's thread, outside of any step. It cannot go on while its loop
   * turns: what it is at then was begun before that, or will be after it.
   */
  #isBeside(actor: number): boolean {
    return actor === this.#main && !this.#eager && this.#step === null;
  }

  #beginStep(actor: number, at: Ticks): void {
    if (this.#step !== null) {
      // A step that whoever looked and whoever ended it have told both.
      if (this.#step.from === at && this.#step.actor === actor && !this.#eager) return;
      this.#step.within.push({ actor, from: at });
      return;
    }
    // In JavaScript what user code's end sets off belongs to its turn.
    const { open } = this;
    const goesOn = open !== null && this.#eager && !this.#isOfStep && at <= open.to + this.#seam;
    if (!goesOn) this.#close();
    this.#step = { actor, from: at, isTold: false, within: [], ticksWithin: 0 };
    this.#stretch = null;
  }

  /** @param event null where nothing has ended the step by then. */
  #endStep(at: Ticks, event: TraceEvent | null): void {
    const step = this.#step;
    if (step === null) return;
    const inner = step.within.pop();
    if (inner !== undefined) {
      // In asyncio a loop that is run within a step is that step's.
      if (step.within.length > 0 || step.isTold || !this.#eager) return;
      this.#add(inner.actor, inner.from, at);
      step.ticksWithin += at - inner.from;
      return;
    }
    if (!step.isTold) this.#add(step.actor, step.from, at, at - step.from - step.ticksWithin);
    const seen = event === null ? notEnded : seenAt(event, at - step.from, this.#slow);
    if (seen !== null) this.open?.addSeen(at - step.from, seen);
    this.#step = null;
    this.#isOfStep = true;
  }

  /** What happens between two steps ends a hold, but for what user code does while it has the thread. */
  #between(type: EventType): void {
    if (this.open !== null && this.#step === null && !ofUserCode.has(type)) this.#close();
  }

  #begin(actor: number, at: Ticks): void {
    if (this.#step !== null) this.#step.isTold = true;
    else if (this.#operation === null) this.#close();
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
  #callHeld(event: TraceEvent): void {
    const { actor, at, value: ticks } = event;
    if (this.#step !== null) this.#step.isTold = true;
    // Main's own call keeps the thread from its beginning to its end, and was begun as that.
    if (!this.#isMain(actor)) {
      const from = at - this.#stretchTo(actor, at, ticks);
      const isApart = this.open !== null && from > this.open.to + this.#seam;
      if (isApart && this.#step === null) this.#close();
      this.#add(actor, from, at, ticks);
    }
    const source = sourceOf(event, this.#places);
    if (source !== null) this.#source({ actor, source, ticks });
  }

  /**
   * A part of a stretch is told before the rest of it, wherever in the stretch the part lies. @returns how
   * long the stretch is with what is told now.
   */
  #stretchTo(actor: number, at: Ticks, ticks: Ticks): Ticks {
    const last = this.#stretch;
    const isSame = last?.actor === actor && at - ticks <= last.to + this.#seam;
    this.#stretch = { actor, ticks: isSame ? last.ticks + ticks : ticks, to: at };
    return this.#stretch.ticks;
  }

  #add(actor: number, from: Ticks, to: Ticks, ticks = to - from): void {
    if (to <= from) return;
    // Of what one has done it may be heard in the step of another.
    if (this.open !== null && !this.#eager && this.open.actor !== actor) this.#close();
    if (this.open === null) this.#isOfStep = false;
    this.open ??= new OpenHold(Math.max(from, this.#closedTo), actor);
    this.open.add(actor, Math.max(from, this.#closedTo), to, ticks);
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

/** Of a step that nothing has ended only that is known. */
const notEnded: HoldSeen = { kind: null, call: null, place: null, stack: null, goesOn: true };

/** What the end of a step tells of it; null where that is nothing. */
function seenAt(
  { text, place, stack, numbers }: TraceEvent,
  ticks: Ticks,
  slow: Ticks,
): HoldSeen | null {
  if (text === undefined && (place ?? null) === null && numbers === undefined) return null;
  const kind = kindOfHold(ticks, numbers ?? {}, slow);
  const { turns } = numbers ?? {};
  return {
    kind,
    call: text ?? null,
    place: place ?? null,
    stack: stack ?? null,
    ...(turns === undefined ? {} : { turns }),
    goesOn: false,
  };
}

/** What user code does, and what is told of it, while it has the thread or has just given it back. */
const ofUserCode: ReadonlySet<EventType> = new Set<EventType>([
  "call-ended",
  "printed",
  "complained",
  "left-behind",
  "went-on",
  "promise-dropped",
]);
