/**
 * A completion strategy: a point on four axes, and the names of the points people use.
 *
 * Invariant: a `Strategy` is a combination that means something; an axis that cannot apply holds
 * null. Only `resolveStrategy` and `changeStrategy` make one.
 */
import { formatDuration, parseDuration, durationExamples, type Ticks } from "../base/duration.ts";
import { suggestion } from "../base/suggest.ts";

/** Where the event loop lives. */
export const loops = ["inline", "thread", "portal", "float"] as const;
/** What happens at the completion point. */
export const settles = ["none", "gather", "group", "settled"] as const;
/** What happens to the background when main's steps end. */
export const atExits = ["wait", "cancel", "abandon"] as const;
/** Who executes the blocking steps of tasks. */
export const offloads = ["none", "threads", "processes"] as const;

export interface Strategy {
  /** A named point, or one refined as on the command line: `thread,atExit=cancel`. */
  name: string;
  loop: (typeof loops)[number];
  settle: (typeof settles)[number];
  /** From the completion point; null: no limit. */
  timeout: Ticks | null;
  /** Null where the loop is inline: it has closed before main goes on. */
  atExit: (typeof atExits)[number] | null;
  /** How long `wait` or `cancel` wait before they abandon; null: no limit. */
  grace: Ticks | null;
  offload: (typeof offloads)[number];
  /** Size of the pool; null without one. */
  workers: number | null;
}

export type Axes = Omit<Strategy, "name">;

function point(loop: Axes["loop"], settle: Axes["settle"], atExit: Axes["atExit"] = null): Axes {
  return { loop, settle, atExit, timeout: null, grace: null, offload: "none", workers: null };
}

/** Whether a strategy's loop has a thread of its own. */
export function isBeside({ loop }: Strategy): boolean {
  return loop === "thread" || loop === "portal";
}

/**
 * How many jobs a pool takes for which no worker is free yet, and which nobody can take back. The queue
 * between a ProcessPoolExecutor and its processes holds one more than there are processes
 * (EXTRA_QUEUED_CALLS is 1); a loop that floats is JavaScript's, where no pool has such a queue.
 */
export function takenAhead({ loop, offload, workers }: Axes): number {
  return offload === "processes" && loop !== "float" ? workers! + 1 : 0;
}

/** The named points. */
export const namedStrategies: Readonly<Record<string, Axes>> = {
  detach: point("inline", "none"),
  await: point("inline", "gather"),
  group: point("inline", "group"),
  thread: point("thread", "gather", "wait"),
  daemon: point("thread", "gather", "abandon"),
  portal: point("portal", "none", "wait"),
  float: point("float", "none", "wait"),
  exit: point("float", "none", "abandon"),
};

/** The named point whose other axes hold where a strategy names its loop and no more. */
const plainest: Record<Axes["loop"], string> = {
  inline: "detach",
  thread: "thread",
  portal: "portal",
  float: "float",
};

/** A strategy as written: a name and some axes, or axes alone. Values are not yet checked. */
export type StrategyInput = { use?: unknown } & { [axis in keyof Axes]?: unknown };

export const strategyKeys = [
  "use",
  "loop",
  "settle",
  "timeout",
  "atExit",
  "grace",
  "offload",
  "workers",
] as const satisfies (keyof StrategyInput)[];

/** What is wrong with a strategy, and under which of its keys. */
export class StrategyError extends Error {
  readonly key: string | null;
  constructor(key: string | null, message: string) {
    super(message);
    this.key = key;
  }
}

/**
 * The strategy that a name and its refinements mean.
 *
 * @throws StrategyError on an unknown name or value, or a combination without meaning.
 */
export function resolveStrategy(written: StrategyInput): Strategy {
  const use =
    written.use === undefined ? undefined : known("use", written.use, Object.keys(namedStrategies));
  const loop = one("loop", written.loop, loops);
  if (use === undefined && loop === undefined)
    throw new StrategyError(
      null,
      `a strategy needs "use" (${Object.keys(namedStrategies).join(", ")}) or "loop" (${loops.join(", ")})`,
    );
  const base = namedStrategies[use ?? plainest[loop!]]!;
  const axes: Axes = {
    loop: loop ?? base.loop,
    settle: one("settle", written.settle, settles) ?? base.settle,
    timeout: duration("timeout", written.timeout),
    atExit: one("atExit", written.atExit, atExits) ?? base.atExit ?? "wait",
    grace: duration("grace", written.grace),
    offload: one("offload", written.offload, offloads) ?? base.offload,
    workers: workers(written.workers),
  };
  if (axes.loop === "inline") {
    if (written.atExit !== undefined)
      throw new StrategyError(
        "atExit",
        `with "loop: inline" main stands still until the loop has closed, so at exit nothing is left for atExit; leave it out, or use "loop: thread"`,
      );
    axes.atExit = null;
  }
  if (axes.grace !== null && (axes.atExit === null || axes.atExit === "abandon"))
    throw new StrategyError(
      "grace",
      axes.atExit === null
        ? `grace bounds the wait at exit, and with "loop: inline" there is none; leave it out, or bound the completion point with "timeout"`
        : `"atExit: abandon" waits for nothing, so there is no grace; use "atExit: wait" or "atExit: cancel", or leave grace out`,
    );
  if (axes.timeout !== null && axes.settle === "none")
    throw new StrategyError(
      "timeout",
      `timeout bounds the completion point, and "settle: none" does not wait there; use "settle: gather", or leave timeout out`,
    );
  if (axes.workers !== null && axes.offload === "none")
    throw new StrategyError(
      "workers",
      `workers is the size of the pool, and "offload: none" has no pool; use "offload: threads", or leave workers out`,
    );
  if (axes.offload !== "none") axes.workers ??= 2;
  return { name: nameOf(axes, use), ...axes };
}

/**
 * A strategy with some axes changed. An axis that means nothing any more is left out, and one that has
 * come to mean something has its usual value.
 */
export function changeStrategy({ name: _, ...old }: Strategy, changed: Partial<Axes>): Strategy {
  const axes: Axes = { ...old, ...changed };
  axes.atExit = axes.loop === "inline" ? null : (axes.atExit ?? "wait");
  if (axes.atExit === null || axes.atExit === "abandon") axes.grace = null;
  if (axes.settle === "none") axes.timeout = null;
  axes.workers = axes.offload === "none" ? null : (axes.workers ?? 2);
  return { name: nameOf(axes, undefined), ...axes };
}

/** What one strategy has and another has not, as on the command line: `settle=gather`, `no grace`. */
export function changesBetween(
  from: Strategy,
  to: Strategy,
  of: readonly (keyof Axes)[],
): string[] {
  return of
    .filter((key) => from[key] !== to[key])
    .map((key) => (to[key] === null ? `no ${key}` : `${key}=${written(key, to[key])}`));
}

/**
 * A strategy from the command line: `NAME[,axis=value…]` or `axis=value[,…]`.
 *
 * @throws StrategyError as `resolveStrategy` does, and for a word that is no `axis=value`.
 */
export function parseStrategy(text: string): Strategy {
  const written: Record<string, unknown> = {};
  for (const [index, part] of text.split(",").entries()) {
    const equals = part.indexOf("=");
    if (equals < 0 && index === 0) {
      written["use"] = part.trim();
      continue;
    }
    const key = part.slice(0, Math.max(equals, 0)).trim();
    if (equals < 0 && (strategyKeys as readonly string[]).includes(part.trim()))
      throw new StrategyError(
        null,
        `"${part.trim()}" is an axis, and needs a value, as atExit=cancel`,
      );
    if (equals < 0 || !(strategyKeys as readonly string[]).includes(key))
      throw new StrategyError(
        null,
        `"${part.trim()}" is not axis=value; ${suggestion(key || part, strategyKeys, "axes")}`,
      );
    if (key in written)
      throw new StrategyError(
        null,
        `"${key}" is given twice; ${key === "use" ? "a strategy begins with its name" : "give it once"}`,
      );
    const value = part.slice(equals + 1).trim();
    written[key] = key === "workers" && /^\d+$/.test(value) ? Number(value) : value;
  }
  return resolveStrategy(written);
}

/** The shortest way to write these axes: the given name, or else the nearest of the named points, refined. */
function nameOf(axes: Axes, use: string | undefined): string {
  const bases = Object.keys(namedStrategies).filter(
    (name) => name === use || namedStrategies[name]!.loop === axes.loop,
  );
  const refined = (base: string): (keyof Axes)[] =>
    keys(axes).filter((key) => {
      if (axes[key] === null || axes[key] === namedStrategies[base]![key]) return false;
      return !(key === "workers" && axes.workers === 2);
    });
  const exact = bases.find((base) => refined(base).length === 0);
  // Of equally near ones, "await,settle=settled" says more than "detach,settle=settled".
  const waits = (base: string): boolean => namedStrategies[base]!.settle !== "none";
  const [nearest] = bases.toSorted(
    (a, b) =>
      refined(a).length - refined(b).length ||
      Number(waits(a) !== (axes.settle !== "none")) - Number(waits(b) !== (axes.settle !== "none")),
  );
  const base = exact ?? use ?? nearest!;
  return [base, ...refined(base).map((key) => `${key}=${written(key, axes[key])}`)].join(",");
}

function keys(axes: Axes): (keyof Axes)[] {
  return Object.keys(axes) as (keyof Axes)[];
}

function written(key: keyof Axes, value: Axes[keyof Axes]): string {
  return key === "timeout" || key === "grace" ? formatDuration(value as Ticks) : String(value);
}

function known(key: string, value: unknown, words: readonly string[]): string {
  if (typeof value === "string" && words.includes(value)) return value;
  const what = key === "use" ? "strategies" : `values of ${key}`;
  throw new StrategyError(
    key,
    `${JSON.stringify(value)} is not ${key === "use" ? "a strategy" : `a value of ${key}`}; ${suggestion(String(value), words, what)}`,
  );
}

function one<Word extends string>(
  key: string,
  value: unknown,
  words: readonly Word[],
): Word | undefined {
  return value === undefined ? undefined : (known(key, value, words) as Word);
}

function duration(key: string, value: unknown): Ticks | null {
  if (value === undefined) return null;
  const ticks = parseDuration(value);
  if (ticks === undefined)
    throw new StrategyError(
      key,
      `${JSON.stringify(value)} is not a duration; write ${durationExamples}`,
    );
  return ticks;
}

function workers(value: unknown): number | null {
  if (value === undefined) return null;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 64)
    throw new StrategyError(
      "workers",
      `${JSON.stringify(value)} is not a number of workers; write 1 to 64`,
    );
  return value;
}
