/**
 * Where a thread stood that computed for long. Bun samples its stack all along, and gives the samples at once. In Node
 * the watchdog looks while main stands, as sampling all along would cost too much.
 */
import { now } from "./clock.ts";
import { functionAt, isTransformed, lineInSource, otherPlace } from "./sites.ts";
import { askWhereItStood, pathOf, type Standing } from "./watchdog.ts";
import { thread, trouble } from "./writer.ts";

/** How often Bun samples, in µs. */
const interval = 10_000;

/** How long samples are kept that no hold has asked for, in ticks. */
const keptFor = 1e6;

/** What Bun has for a line that it does not know. */
const noLine = 2 ** 32 - 1;

interface Trace {
  /** In seconds, on a clock of its own. */
  timestamp: number;
  frames: { name: string; sourceURL?: string; line: number }[];
}

/** What is used of `bun:jsc`, whose types have not all of it. */
interface Sampling {
  startSamplingProfiler(folder: undefined, interval: number): void;
  /** Gives the samples since it was called last. */
  samplingProfilerStackTraces(): { traces: Trace[] };
}

let takeTraces: (() => Trace[]) | null = null;
/** Of the recorder's clock from that of the samples, in ticks: the least that has been seen, as samples are taken up late. */
let offset = Infinity;
let takenAt = 0;

/** Has Bun sample this thread. */
export function startSampling(): void {
  try {
    const { startSamplingProfiler, samplingProfilerStackTraces } = process.getBuiltinModule(
      "bun:jsc",
    ) as unknown as Sampling;
    startSamplingProfiler(undefined, interval);
    takeTraces = () => samplingProfilerStackTraces().traces;
  } catch (error) {
    trouble("samples", error);
  }
}

/** Forgets old samples. */
export function dropSamples(at: number): void {
  if (takeTraces !== null && at - takenAt > keptFor) take(at);
}

function take(at: number): Trace[] {
  takenAt = at;
  const traces = takeTraces!();
  const last = traces.at(-1);
  if (last !== undefined) offset = Math.min(offset, at - last.timestamp * 1e6);
  return traces;
}

/** The place where the thread stood for most of a time that ends now; null where that is not known. */
export function whereItStood(from: number, to: number): number | null {
  try {
    const standing = takeTraces === null ? looked(from) : sampled(from, to);
    return standing === null ? null : placeOfStanding(standing);
  } catch (error) {
    trouble("samples", error);
    return null;
  }
}

/** What Bun's samples say. A function that is compiled for speed has no lines: then it is the line of the call of it. */
function sampled(from: number, to: number): Standing | null {
  const traces = take(now()).filter(({ timestamp }) => {
    const at = timestamp * 1e6 + offset;
    return at >= from && at <= to + interval;
  });
  const standings = new Map<string, Standing>();
  for (const { frames } of traces) {
    const frame = frames.find(({ sourceURL, line }) => line !== noLine && isUsers(sourceURL));
    if (frame === undefined) continue;
    const { sourceURL, line, name } = frame;
    const key = `${sourceURL}:${name}`;
    const standing = standings.get(key) ?? {
      url: sourceURL!,
      name,
      begins: 0,
      count: 0,
      lines: {},
    };
    standing.count++;
    standing.lines[line] = (standing.lines[line] ?? 0) + 1;
    standings.set(key, standing);
  }
  return mostOf([...standings.values()], traces.length);
}

/** What the watchdog's samples say, which are of main alone. */
function looked(from: number): Standing | null {
  if (thread !== 1) return null;
  const told = askWhereItStood(from);
  return told === null ? null : mostOf([told.standing], told.samples);
}

/** Files whose modules have other lines when they run. */
const otherwise = new Set<string>();

export function hasOtherLines(file: string): void {
  otherwise.add(file);
}

const isUsers = (url: string | undefined): boolean =>
  url !== undefined && !otherwise.has(url) && isTransformed(pathOf(url));

/** Fewer samples say nothing. */
const fewest = 5;

/** The function that at least half of all samples stood in. */
function mostOf(standings: readonly Standing[], samples: number): Standing | null {
  const most = standings.toSorted((a, b) => b.count - a.count)[0];
  return most === undefined || samples < fewest || most.count * 2 < samples ? null : most;
}

/** The line that most samples of a function stood at, if as many had none; else where the function begins. */
function placeOfStanding({ url, name, begins, count, lines }: Standing): number | null {
  const [most, ...others] = Object.entries(lines).toSorted(([, a], [, b]) => b - a);
  const known = Object.values(lines).reduce((sum, one) => sum + one, 0);
  const isClear = most !== undefined && most[1] >= count - known && most[1] !== others[0]?.[1];
  const line = isClear ? Number(most[0]) : begins;
  if (line === 0) return null;
  const place = lineInSource(pathOf(url), line);
  if (place === null) return null;
  const { file, line: at } = place;
  const around = functionAt(file, at);
  const isModule = /^\(?(?:module|program|module code|anonymous)?\)?$/.test(name) && begins <= 1;
  return otherPlace(
    file,
    at,
    null,
    around !== undefined ? around : isModule ? null : name || "anonymous function",
  );
}
