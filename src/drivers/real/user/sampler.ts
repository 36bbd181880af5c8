/**
 * The place of user code while it held its thread, by the engine's sampling profiler, which takes the
 * stack of this thread every few milliseconds.
 *
 * Invariant: a line is only told if the thread was seen there most of the time.
 */
import * as engine from "bun:jsc";
import { Session } from "node:inspector";
import { resolve } from "node:path";
import type { RealDetails } from "../protocol.ts";
import { at, type Places } from "./places.ts";

/** The sampling period, in µs. A hold has many of these, and shorter ones would cost more. */
const intervalMicroseconds = 5000;

/** The share of a hold's samples in which a function must be found, and that of a line within it. */
const most = 0.8;
const half = 0.5;

/** The fewest samples by which a line is told. */
const fewest = 3;

interface Frame {
  name: string;
  file: string;
  /** Null where the engine does not know it, as now and then in code that it has just compiled. */
  line: number | null;
}

/** What the profiler gives for a line that it does not know. */
const noLine = 2 ** 32 - 1;

/** What the profiler says of a frame; a function of the engine's own has no source. */
interface RawFrame {
  name: string;
  sourceURL?: string;
  line: number;
}

/** The samples since the last call. Bun's types lack it. */
const { samplingProfilerStackTraces } = engine as unknown as {
  samplingProfilerStackTraces: () => { traces: { timestamp: number; frames: RawFrame[] }[] };
};

/** Where in user code a thread was held: at a line, or somewhere from it to a last one. */
export type Where = Required<Pick<RealDetails, "userPlace">> & Pick<RealDetails, "numbers">;

/** The samples of a hold, summed up. */
export interface Seen {
  /** The line that held, or the function with its lines; null where too little was seen. */
  where: Where | null;
  /** Every function that was seen, by file and name. */
  functions: ReadonlySet<string>;
  /** The number of samples, and of those that found user code. */
  looks: number;
  found: number;
}

/** How `Seen.functions` writes a function. */
export function functionKey(file: string, name: string): string {
  return `${file}#${name}`;
}

export class Sampler {
  readonly #places: Places;
  readonly #session: Session;
  /** The executable names files relative to where it was started. */
  readonly #cwd = process.cwd();
  readonly #files = new Map<string, string | null>();
  #running = false;

  private constructor(places: Places, session: Session) {
    this.#places = places;
    this.#session = session;
  }

  /** Null where the engine has no such thing. */
  static open(places: Places): Sampler | null {
    try {
      if (samplingProfilerStackTraces === undefined) return null;
      const session = new Session();
      session.connect();
      session.post("Profiler.enable");
      session.post("Profiler.setSamplingInterval", { interval: intervalMicroseconds });
      return new Sampler(places, session);
    } catch {
      return null;
    }
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#session.post("Profiler.start");
  }

  /** Stops sampling and drops the samples: what comes now is not user code's, and may take long. */
  pause(): void {
    if (!this.#running) return;
    this.#running = false;
    samplingProfilerStackTraces();
    this.#session.post("Profiler.stop");
  }

  /** Drops the samples. */
  clear(): void {
    if (this.#running) samplingProfilerStackTraces();
  }

  /** The samples of the last so many milliseconds, for which the thread was held without a break; others are dropped. */
  seen(ms: number): Seen {
    const { stacks, looks } = this.#running ? this.#stacks(ms) : { stacks: [], looks: 0 };
    return {
      looks,
      found: stacks.length,
      where: stacks.length < fewest ? null : this.#whereOf(stacks),
      functions: new Set(stacks.flat().map(({ file, name }) => functionKey(file, name))),
    };
  }

  /** The frames in the user's files, the innermost first, of each sample that has any. */
  #stacks(ms: number): { stacks: Frame[][]; looks: number } {
    const { traces } = samplingProfilerStackTraces();
    // The thread was held until now, so the last sample is of now, whatever its clock is.
    const from = (traces.at(-1)?.timestamp ?? 0) - ms / 1000;
    const stacks: Frame[][] = [];
    let looks = 0;
    for (const { timestamp, frames } of traces) {
      if (timestamp < from) continue;
      looks++;
      const users = frames.flatMap((frame) => this.#frame(frame) ?? []);
      // Time in a package counts for the line of the user's own code that called it.
      const own = users.filter(({ file }) => !/[\\/]node_modules[\\/]/.test(file));
      if (users.length > 0) stacks.push(own.length > 0 ? own : users);
    }
    return { stacks, looks };
  }

  #frame({ name, sourceURL, line }: RawFrame): Frame | undefined {
    if (!sourceURL) return undefined;
    let file = this.#files.get(sourceURL);
    if (file === undefined) {
      const path = resolve(this.#cwd, sourceURL);
      file = this.#places.isUsers(path) ? path : null;
      this.#files.set(sourceURL, file);
    }
    return file === null ? undefined : { name, file, line: line === noLine ? null : line };
  }

  /** The line on which the innermost function stood that was there most of the time; or that function. */
  #whereOf(stacks: Frame[][]): Where | null {
    const depths = new Map<string, number[]>();
    for (const stack of stacks) {
      const seen = new Set<string>();
      for (const [depth, { file, name }] of stack.entries()) {
        const key = functionKey(file, name);
        if (seen.has(key)) continue;
        seen.add(key);
        if (!depths.has(key)) depths.set(key, []);
        depths.get(key)!.push(depth);
      }
    }
    const mean = (numbers: number[]): number =>
      numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
    const lasting = [...depths].filter(([, found]) => found.length >= most * stacks.length);
    if (lasting.length === 0) return null;
    const [innermost] = lasting.reduce((a, b) => (mean(b[1]) < mean(a[1]) ? b : a));
    const there = stacks.flatMap(
      (stack) => stack.find(({ file, name }) => functionKey(file, name) === innermost) ?? [],
    );
    const [{ file, name }] = there as [Frame];
    const path = this.#places.shorten(file);
    const numbers = there.flatMap(({ line }) => line ?? []);
    // A place has a line; where the engine knows none, that of the function that was called is told.
    if (numbers.length === 0) return null;
    const lines = [...Map.groupBy(numbers, (line) => line).values()];
    const often = lines.reduce((a, b) => (b.length > a.length ? b : a));
    if (often.length >= half * stacks.length) return { userPlace: at(path, often[0]!) };
    return {
      userPlace: { ...at(path, Math.min(...numbers)), function: name === "" ? null : name },
      numbers: { lastLine: Math.max(...numbers) },
    };
  }
}
