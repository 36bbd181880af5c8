/**
 * For how long user code holds its thread, who, and where: what goes on between two instants at which
 * the thread is known to be free.
 *
 * Where a stretch begins is known for what is called, for the callbacks of timers, and for what tandem
 * answers; for all else a heartbeat shows that the thread was held, and whoever can have held it is
 * found out from what was seen on its stack.
 */
import { resolve } from "node:path";
import type { CallStep } from "../../../scenario/calls.ts";
import type { Places } from "./places.ts";
import { functionKey, Sampler, type Seen } from "./sampler.ts";

/** A call of the user's function. */
export interface Call {
  actor: number;
  step: CallStep;
  /** Whether it has returned, or what it returned has settled: what still goes on nobody waits for. */
  ended: boolean;
}

/** From how many ms on it is told that user code held its thread. */
const tellFrom = 1;

/** From how many ms on it is worth the while to find out where. */
const placeFrom = 20;

/**
 * What shows that it was user code that held the thread for so long, and not a machine that gave it no
 * core: the thread's own share of a core, or that it was found there whenever it was looked.
 */
const leastCpu = 0.15;
const leastFound = 0.5;
const fewestLooks = 3;

/** How often, in ms, it is looked whether something nobody knows the beginning of holds the thread. */
const heartbeat = 10;

/** A busy machine wakes late as well; a few heartbeats are none of user code's doing. */
const lateFrom = 3 * heartbeat;

/** After how many heartbeats the sampler forgets what it has seen. */
const beatsPerClearing = 200;

export interface HoldOptions {
  folder: string;
  places: Places;
  /** The calls that may hold the thread now, those still going on before all others. */
  candidates: () => Call[];
  onHeld: (ms: number, call: Call, source: string) => void;
}

export class HoldMeter {
  readonly #options: HoldOptions;
  #sampler: Sampler | null | undefined;
  /** For whom the thread is held since when; null while it is not known to be. */
  #slice: { call: Call; since: number; cpu: number } | null = null;
  /** For how long, since the last mark, the thread was held by what is told otherwise. */
  #apart = 0;
  /** Until when everything is accounted for, while the thread is left to its native event loop. */
  #mark: number | null = null;
  /** What the thread had computed then, in ms. */
  #markCpu = 0;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #beats = 0;

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  /** What runs from here on runs for this call, until `end` or until somebody else begins. */
  begin(call: Call): void {
    this.end();
    this.#startSampling();
    this.#slice = { call, since: performance.now(), cpu: cpuMs() };
    this.#apart = 0;
  }

  /** The same, up to when the thread comes round to something else. */
  beginTurn(call: Call): void {
    this.begin(call);
    const slice = this.#slice;
    // The original: user code's own are looked after (timers.ts).
    setImmediateOfBun(() => {
      if (this.#slice === slice) this.end();
    });
  }

  end(): void {
    const slice = this.#slice;
    const now = performance.now();
    // Up to where it began, all was accounted for when it did.
    if (slice === null) return this.#account(now);
    this.#slice = null;
    const held = now - slice.since - this.#apart;
    this.#apart = 0;
    if (held >= tellFrom) this.#tell(held, cpuMs() - slice.cpu, slice.call);
    this.#setMark();
  }

  /** What comes out of this, and what it takes, is none of user code's doing. */
  apart<Value>(wait: () => Value): Value {
    const began = performance.now();
    try {
      return wait();
    } finally {
      this.#apart += performance.now() - began;
    }
  }

  /** User code stood still by itself, for so long, as is told already. */
  toldApart(ms: number): void {
    this.#apart += ms;
  }

  /** The thread is left to its native event loop, where user code may go on. */
  watch(): void {
    if (this.#mark !== null) return;
    this.end();
    this.#mark = 0;
    this.#apart = 0;
    this.#startSampling();
    this.#setMark();
    this.#pulse = setIntervalOfBun(() => this.#beat(), heartbeat);
    // It alone is no reason to stay.
    this.#pulse.unref();
  }

  /** Tandem goes on. */
  unwatch(): void {
    this.end();
    this.#mark = null;
    clearIntervalOfBun(this.#pulse);
    this.#pulse = undefined;
  }

  /** The thread is going to stand still without user code. */
  pause(): void {
    this.end();
    this.#sampler?.pause();
  }

  #beat(): void {
    if (this.#slice === null) this.#account(performance.now());
    if (++this.#beats % beatsPerClearing === 0) this.#sampler?.clear();
  }

  /** Tells of a stretch, up to this instant, for which the thread was held by nobody knows whom. */
  #account(until: number): void {
    if (this.#mark === null) return;
    const held = until - this.#mark - this.#apart;
    this.#apart = 0;
    if (held > lateFrom) this.#tell(held, cpuMs() - this.#markCpu, null);
    this.#setMark();
  }

  /** From here on nothing is accounted for, where anything is to be. */
  #setMark(): void {
    if (this.#mark === null) return;
    this.#mark = performance.now();
    this.#markCpu = cpuMs();
  }

  /** @param cpu how many ms of it the thread has computed. */
  #tell(ms: number, cpu: number, known: Call | null): void {
    const { places, onHeld } = this.#options;
    const seen: Seen | null = ms >= placeFrom && this.#sampler ? this.#sampler.seen(ms) : null;
    const isLooked = seen !== null && seen.looks >= fewestLooks;
    const isFound = isLooked && seen.found >= leastFound * seen.looks;
    if (ms >= placeFrom && !isFound && (isLooked || cpu < leastCpu * ms)) return;
    if (known !== null) return onHeld(ms, known, seen?.place ?? places.inFunction(known.step));
    const [call, others] = this.#whoHeld(seen);
    if (call === undefined) return;
    const place = seen?.place ?? places.inFunction(call.step);
    onHeld(ms, call, others === 0 ? place : `${place}, one of ${others + 1} calls`);
  }

  /** Who can have held the thread, and how many others it might have been. */
  #whoHeld(seen: Seen | null): [Call | undefined, number] {
    const candidates = this.#options.candidates();
    const actors = new Set(candidates.map(({ actor }) => actor));
    if (actors.size <= 1) return [candidates[0], 0];
    const onStack = candidates.filter(({ step }) =>
      seen?.functions.has(functionKey(resolve(this.#options.folder, step.module), step.export)),
    );
    const possible = onStack.length > 0 ? onStack : candidates;
    return [possible[0], new Set(possible.map(({ actor }) => actor)).size - 1];
  }

  #startSampling(): void {
    // Where nothing is called it need not even be there.
    this.#sampler ??= this.#sampler === undefined ? Sampler.open(this.#options.places) : null;
    this.#sampler?.start();
  }
}

const setImmediateOfBun = setImmediate;
const setIntervalOfBun = setInterval;
const clearIntervalOfBun = clearInterval;

/** What this thread has computed so far. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
