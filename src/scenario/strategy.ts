/**
 * A completion strategy: a point on the axes of `axes.ts`, as it is read, written, named and changed.
 *
 * Invariant: a `Strategy` is a combination that means something; an axis that cannot apply holds
 * null. Only `resolveStrategy` and `changeStrategy` make one.
 */
import { durationExamples, parseDuration } from "../base/duration.ts";
import { suggestion } from "../base/suggest.ts";
import { UserError } from "../base/user-error.ts";
import {
  advisedOf,
  type Axes,
  type AxisName,
  axisNames,
  axisOf,
  combinations,
  does,
  formatValue,
  namedStrategies,
  normalized,
  wordAxes,
  wordsOf,
} from "./axes.ts";

export {
  type Axes,
  type AxisName,
  axisNames,
  does,
  mayAbandon,
  namedStrategies,
  strategyWords,
} from "./axes.ts";

export interface Strategy extends Axes {
  /** A named point, or one refined as on the command line: `thread,atExit=cancel`. */
  name: string;
}

/** Whether a strategy's loop has a thread of its own. */
export function isBeside(strategy: Strategy): boolean {
  return does(strategy, "beside");
}

/**
 * The number of jobs that a pool takes before a worker is free for them, and which can no longer be
 * withdrawn. The queue between a ProcessPoolExecutor and its processes holds one more than there are
 * processes (EXTRA_QUEUED_CALLS is 1). A loop that floats is JavaScript's, where no pool has such a queue.
 */
export function takenAhead({ loop, offload, workers }: Axes): number {
  return offload === "processes" && loop !== "float" ? workers! + 1 : 0;
}

/** A strategy as written: a name and some axes, or axes alone. Values are not yet checked. */
export type StrategyInput = { use?: unknown } & { [axis in AxisName]?: unknown };

/** The keys of a strategy in a document, and the words before a `=` on the command line. */
export const strategyKeys: readonly (keyof StrategyInput)[] = ["use", ...axisNames];

/** A mistake in a strategy, and the key that it is under. */
export class StrategyError extends UserError {
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
  if (use === undefined && written.loop === undefined)
    throw new StrategyError(
      null,
      `a strategy needs "use" (${Object.keys(namedStrategies).join(", ")}) or "loop" (${wordsOf("loop").join(", ")})`,
    );
  const given = Object.fromEntries(
    axisNames.map((name) => [name, parseValue(name, written[name])]),
  ) as { [name in AxisName]: Axes[name] | null };
  const base = use === undefined ? plainestWith(given.loop!) : namedStrategies[use]!;
  const chosen = axisNames.map((name) => [name, given[name] ?? base[name]]);
  const axes = normalized(Object.fromEntries(chosen) as Axes, (name, why) => {
    if (written[name] !== undefined) throw new StrategyError(name, why);
  });
  return { name: nameOf(axes, use), ...axes };
}

/**
 * A strategy with some axes changed. An axis that means nothing any more is left out, and one that has
 * come to mean something has its usual value.
 */
export function changeStrategy({ name: _, ...old }: Strategy, changed: Partial<Axes>): Strategy {
  const axes = normalized({ ...old, ...changed });
  return { name: nameOf(axes, undefined), ...axes };
}

/** The axes in which a strategy differs from another, as on the command line: `settle=gather`, `no grace`. */
export function changesBetween(from: Strategy, to: Strategy, of: readonly AxisName[]): string[] {
  return of
    .filter((name) => from[name] !== to[name])
    .map((name) => (to[name] === null ? `no ${name}` : `${name}=${formatValue(name, to[name])}`));
}

/** Whether two are the same point, by whichever names they go. */
export function isSamePoint(a: Strategy, b: Strategy): boolean {
  return axisNames.every((name) => a[name] === b[name]);
}

/** Every meaningful combination of the axes that are words. */
export function allStrategies(): Strategy[] {
  return combinations().map(resolveStrategy);
}

/** Whether tasks live in a process of the program's own, and need no queue outside of it. */
export function isWithinProcess(strategy: Strategy): boolean {
  return !does(strategy, "outlives");
}

/**
 * The strategies that might be taken instead of some that were compared: a durable queue, which asks for much,
 * is thought of only where one of them has it.
 */
export function alternativesTo(compared: readonly Strategy[]): Strategy[] {
  const all = allStrategies();
  return compared.every(isWithinProcess) ? all.filter(isWithinProcess) : all;
}

/** The strategies that differ from one on a single axis of words, its loop left where it is. */
export function neighboursOf(strategy: Strategy): Strategy[] {
  const isFixed = (name: AxisName): boolean => {
    const { variedWithout } = axisOf(name);
    return variedWithout !== undefined && strategy[variedWithout] !== null;
  };
  return wordAxes
    .filter((name) => name !== "loop" && strategy[name] !== null && !isFixed(name))
    .flatMap((name) => advisedOf(name).map((word) => changeStrategy(strategy, { [name]: word })))
    .filter(
      (other) =>
        !isSamePoint(other, strategy) &&
        axisNames.every((name) => strategy[name] === null || other[name] !== null),
    );
}

/** A strategy as a document has it: its name, or a named point and the axes that refine it. */
export function toDocument({ name }: Strategy): string | Record<string, string | number> {
  const [use, ...refined] = name.split(",") as [string, ...string[]];
  if (refined.length === 0) return use;
  const entries = refined.map((axis) => {
    const [key, value] = axis.split("=") as [AxisName, string];
    return [key, axisOf(key).kind === "count" ? Number(value) : value];
  });
  return { use, ...(Object.fromEntries(entries) as Record<string, string | number>) };
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
    const isCount = key !== "use" && axisOf(key as AxisName).kind === "count";
    written[key] = isCount && /^\d+$/.test(value) ? Number(value) : value;
  }
  return resolveStrategy(written);
}

/** The shortest way to write these axes: the given name, or else the nearest of the named points, refined. */
function nameOf(axes: Axes, use: string | undefined): string {
  const bases = Object.keys(namedStrategies).filter(
    (name) => name === use || namedStrategies[name]!.loop === axes.loop,
  );
  const refined = (base: string): AxisName[] =>
    axisNames.filter((name) => {
      if (axes[name] === null || axes[name] === namedStrategies[base]![name]) return false;
      return axisOf(name).kind === "word" || axes[name] !== axisOf(name).usual;
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
  return [base, ...refined(base).map((name) => `${name}=${formatValue(name, axes[name])}`)].join(
    ",",
  );
}

/** The named point whose other axes hold where a strategy names its loop and no more. */
function plainestWith(loop: Axes["loop"]): Axes {
  return Object.values(namedStrategies).find((point) => point.loop === loop)!;
}

function known(key: string, value: unknown, words: readonly string[]): string {
  if (typeof value === "string" && words.includes(value)) return value;
  const what = key === "use" ? "strategies" : `values of ${key}`;
  throw new StrategyError(
    key,
    `${JSON.stringify(value)} is not ${key === "use" ? "a strategy" : `a value of ${key}`}; ${suggestion(value, words, what)}`,
  );
}

/** @returns null where nothing is written. */
function parseValue(name: AxisName, value: unknown): string | number | null {
  if (value === undefined) return null;
  const axis = axisOf(name);
  const refuse = (what: string): never => {
    throw new StrategyError(name, `${JSON.stringify(value)} is not ${what}`);
  };
  switch (axis.kind) {
    case "word":
      return known(name, value, wordsOf(name));
    case "duration":
      return parseDuration(value) ?? refuse(`a duration; write ${durationExamples}`);
    case "count":
      return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= axis.most
        ? Number(value)
        : refuse(`a number of ${name}; write 1 to ${axis.most}`);
  }
}
