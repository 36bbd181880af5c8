/** What user code did beyond its calls: read off the events, as everything that is told of a run. */
import { completions, goings, leftovers, MAIN_THREAD, POOL_THREAD } from "../trace/event.ts";
import type { Ticks } from "../base/duration.ts";
import type { TraceEvent } from "./cursor.ts";

/** A call that was under way when its task was cancelled, and did not end for that. */
export interface Outlived {
  actor: number;
  function: string;
  cancelledAt: Ticks;
  /** Null when it had not ended by the end of the run. */
  endedAt: Ticks | null;
  /** How many lines it wrote meanwhile. */
  lines: number;
  inPool: boolean;
}

/** What went on after its call had ended. */
export interface WentOn {
  actor: number;
  function: string;
  endedAt: Ticks;
  /** How many lines it wrote, and how many values it sent or asked for, the last of all when. */
  lines: number;
  values: number;
  last: Ticks;
}

/** A timer that was there when its call ended. */
export interface LeftBehind {
  actor: number;
  function: string;
  what: (typeof leftovers)[number];
  /** Where it was set. */
  source: string | null;
  /** Whether it had run, once and for all, or been cleared by the end of the run. */
  over: boolean;
}

/** What is known of a run's user code that no call's end tells. */
export interface Aftermath {
  /** Whether user code was called at all. */
  wasCalled: boolean;
  outlived: Outlived[];
  wentOn: WentOn[];
  leftBehind: LeftBehind[];
  /** The calls that had not ended by the end of the run, and since when they waited. */
  open: { actor: number; function: string; since: Ticks }[];
  /** When nothing was left alive on main's thread; null when it was not seen to be so. */
  nothingLeftAt: Ticks | null;
  /** Whether all threads that user code ran on were seen to have nothing left; true where it ran on none. */
  isAllOver: boolean;
}

interface Call {
  function: string;
  began: Ticks;
  inPool: boolean;
  outlived: Outlived | null;
}

export class AftermathReader {
  readonly #aftermath: Aftermath = {
    wasCalled: false,
    outlived: [],
    wentOn: [],
    leftBehind: [],
    open: [],
    nothingLeftAt: null,
    isAllOver: true,
  };
  /** By actor: the call that is under way, and the one that has ended last. */
  readonly #calls = new Map<number, Call>();
  readonly #ended = new Map<number, { function: string; at: Ticks }>();
  readonly #threads = new Set<number>();
  readonly #over = new Set<number>();
  /** By actor and event: how many of those to come are of no step. */
  readonly #noSteps = new Map<string, number>();

  hear({ type, at, thread, actor, value, text }: TraceEvent): void {
    const { outlived, leftBehind } = this.#aftermath;
    const call = this.#calls.get(actor);
    switch (type) {
      case "call-began":
        this.#aftermath.wasCalled = true;
        this.#threads.add(thread);
        this.#calls.set(actor, {
          function: text!,
          began: at,
          inPool: thread >= POOL_THREAD,
          outlived: null,
        });
        break;
      case "cancel-requested":
        if (call === undefined) break;
        call.outlived ??= {
          actor,
          function: call.function,
          cancelledAt: at,
          endedAt: null,
          lines: 0,
          inPool: call.inPool,
        };
        break;
      case "printed":
      case "complained":
        if (call?.outlived) call.outlived.lines++;
        break;
      case "call-ended":
        if (call === undefined) break;
        this.#calls.delete(actor);
        this.#ended.set(actor, { function: call.function, at });
        if (call.outlived === null) break;
        call.outlived.endedAt = at;
        // Who heeds its signal may take its time over it.
        if (call.inPool || completions[value] === "completed") outlived.push(call.outlived);
        break;
      case "left-behind":
        leftBehind.push({
          actor,
          // It is told right before the end of its call.
          function: call?.function ?? this.#ended.get(actor)?.function ?? "",
          what: leftovers[value]!,
          source: text ?? null,
          over: false,
        });
        break;
      case "went-on":
        this.#goesOn(goings[value]!, at, actor, text ?? null);
        break;
      case "nothing-left":
        this.#over.add(thread);
        if (thread === MAIN_THREAD) this.#aftermath.nothingLeftAt = at;
        break;
      default:
        break;
    }
  }

  /** Whether an event of this type, by this actor, is one of its steps and not of what its functions left going. */
  isStep(type: "printed" | "sent" | "received", actor: number): boolean {
    const key = `${type} ${actor}`;
    const left = this.#noSteps.get(key) ?? 0;
    if (left > 0) this.#noSteps.set(key, left - 1);
    return left === 0;
  }

  result(): Aftermath {
    for (const [actor, { function: name, began, outlived }] of this.#calls) {
      this.#aftermath.open.push({ actor, function: name, since: began });
      if (outlived !== null) this.#aftermath.outlived.push(outlived);
    }
    this.#aftermath.isAllOver = [...this.#threads].every((thread) => this.#over.has(thread));
    return this.#aftermath;
  }

  /** @param of the place of a timer, or the function. */
  #goesOn(how: (typeof goings)[number], at: Ticks, actor: number, of: string | null): void {
    const { leftBehind, wentOn } = this.#aftermath;
    if (how === "timeout" || how === "cleared") {
      const one = leftBehind.find(
        (left) => left.actor === actor && left.source === of && !left.over,
      );
      if (one !== undefined) one.over = true;
      return;
    }
    if (how === "interval") return;
    const name = of ?? "";
    let one = wentOn.find((other) => other.actor === actor && other.function === name);
    if (one === undefined) {
      const endedAt = this.#ended.get(actor)?.at ?? at;
      one = { actor, function: name, endedAt, lines: 0, values: 0, last: at };
      wentOn.push(one);
    }
    one.last = at;
    const isLine = how === "printed" || how === "complained";
    if (isLine) one.lines++;
    else one.values++;
    if (how === "complained") return;
    const key = `${how === "send" ? "sent" : how === "receive" ? "received" : how} ${actor}`;
    this.#noSteps.set(key, (this.#noSteps.get(key) ?? 0) + 1);
  }
}
