/**
 * The holds of a thread by user code: for how long, by which call, and at which line.
 *
 * The beginning of a hold is known for functions that are called, for callbacks of timers, and for what
 * tandem answers. For all else a heartbeat shows that the thread was held, and the sampled stacks tell
 * which calls can have held it.
 */
import { resolve } from "node:path";
import type { CallStep } from "../../../scenario/calls.ts";
import type { Places } from "./places.ts";
import type { RealDetails } from "../protocol.ts";
import { functionKey, Sampler, type Seen, type Where } from "./sampler.ts";

/** A call of the user's function. */
export interface Call {
  actor: number;
  step: CallStep;
  /** Whether it has returned or its promise has settled, after which nobody waits for it. */
  ended: boolean;
}

/** The shortest hold, in ms, that is told. */
const tellFrom = 1;

/** The shortest hold, in ms, whose line is looked for. */
const placeFrom = 20;

/**
 * The evidence that user code held the thread, and not a machine that gave it no core: the thread's share
 * of CPU time, or the share of samples that found it in user code, of so many samples at least.
 */
const leastCpu = 0.15;
const leastFound = 0.5;
const fewestLooks = 3;

/** The period, in ms, of the heartbeat that shows holds of unknown beginning. */
const heartbeat = 10;

/** The lateness, in ms, of a heartbeat that shows a hold. A busy machine is late by some heartbeats, too. */
const lateFrom = 3 * heartbeat;

/** The number of heartbeats after which the sampler's samples are dropped. */
const beatsPerClearing = 200;

export interface HoldOptions {
  folder: string;
  places: Places;
  /** The calls that may hold the thread now; those that still go on come first. */
  candidates: () => Call[];
  onHeld: (ms: number, call: Call, details: RealDetails) => void;
}

export class HoldMeter {
  readonly #options: HoldOptions;
  #sampler: Sampler | null | undefined;
  /** The hold whose beginning is known, and its call; null where there is none. */
  #slice: { call: Call; since: number; cpu: number } | null = null;
  /** The time since the last mark that is not user code's, or is told otherwise. */
  #apart = 0;
  /** The instant up to which all is accounted for; null unless the native event loop has the thread. */
  #mark: number | null = null;
  /** The thread's CPU time at that instant, in ms. */
  #markCpu = 0;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #beats = 0;

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  /** Begins a hold by a call, which lasts until `end` or until the next one begins. */
  begin(call: Call): void {
    this.end();
    this.#startSampling();
    this.#slice = { call, since: performance.now(), cpu: cpuMs() };
    this.#apart = 0;
  }

  /** Begins a hold by a call, which lasts for this turn of the native event loop at most. */
  beginTurn(call: Call): void {
    this.begin(call);
    const slice = this.#slice;
    // The engine's own setImmediate, since timers.ts stands in for that of user code.
    setImmediateOfBun(() => {
      if (this.#slice === slice) this.end();
    });
  }

  end(): void {
    const slice = this.#slice;
    const now = performance.now();
    // All up to its beginning was accounted for when it began.
    if (slice === null) return this.#account(now);
    this.#slice = null;
    const held = now - slice.since - this.#apart;
    this.#apart = 0;
    if (held >= tellFrom) this.#tell(held, cpuMs() - slice.cpu, slice.call);
    this.#setMark();
  }

  /** Does something whose time is not user code's. */
  apart<Value>(wait: () => Value): Value {
    const began = performance.now();
    try {
      return wait();
    } finally {
      this.#apart += performance.now() - began;
    }
  }

  /** Leaves out a time for which user code blocked its thread, since that is told already. */
  toldApart(ms: number): void {
    this.#apart += ms;
  }

  /** Begins to observe the thread, whose native event loop may go on with user code. */
  watch(): void {
    if (this.#mark !== null) return;
    this.end();
    this.#mark = 0;
    this.#apart = 0;
    this.#startSampling();
    this.#setMark();
    this.#pulse = setIntervalOfBun(() => this.#beat(), heartbeat);
    // The heartbeat must not keep the process alive.
    this.#pulse.unref();
  }

  /** Ends observing the thread, which tandem takes over again. */
  unwatch(): void {
    this.end();
    this.#mark = null;
    clearIntervalOfBun(this.#pulse);
    this.#pulse = undefined;
  }

  /** Ends sampling, since a step is about to block the thread without user code. */
  pause(): void {
    this.end();
    this.#sampler?.pause();
  }

  #beat(): void {
    if (this.#slice === null) this.#account(performance.now());
    if (++this.#beats % beatsPerClearing === 0) this.#sampler?.clear();
  }

  /** Tells of a hold by an unknown call, from the mark up to this instant. */
  #account(until: number): void {
    if (this.#mark === null) return;
    const held = until - this.#mark - this.#apart;
    this.#apart = 0;
    if (held > lateFrom) this.#tell(held, cpuMs() - this.#markCpu, null);
    this.#setMark();
  }

  /** Sets the mark to now, where the thread is observed. */
  #setMark(): void {
    if (this.#mark === null) return;
    this.#mark = performance.now();
    this.#markCpu = cpuMs();
  }

  /** @param cpu the CPU time of the thread during the hold, in ms. */
  #tell(ms: number, cpu: number, known: Call | null): void {
    const { places, onHeld } = this.#options;
    const seen: Seen | null = ms >= placeFrom && this.#sampler ? this.#sampler.seen(ms) : null;
    const isLooked = seen !== null && seen.looks >= fewestLooks;
    const isFound = isLooked && seen.found >= leastFound * seen.looks;
    if (ms >= placeFrom && !isFound && (isLooked || cpu < leastCpu * ms)) return;
    const whereIn = ({ step }: Call): Where =>
      seen?.where ?? { userPlace: places.inFunction(step) };
    if (known !== null) return onHeld(ms, known, whereIn(known));
    const [call, others] = this.#whoHeld(seen);
    if (call === undefined) return;
    const where = whereIn(call);
    const calls = others === 0 ? {} : { numbers: { ...where.numbers, calls: others + 1 } };
    onHeld(ms, call, { ...where, ...calls });
  }

  /** The first of the calls that can have held the thread, and the number of other actors whose calls can. */
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
    // Without a call there is nothing to sample, so the sampler is opened at the first one.
    this.#sampler ??= this.#sampler === undefined ? Sampler.open(this.#options.places) : null;
    this.#sampler?.start();
  }
}

const setImmediateOfBun = setImmediate;
const setIntervalOfBun = setInterval;
const clearIntervalOfBun = clearInterval;

/** The CPU time of this thread, in ms. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
