/** The expectations of a scenario: the document's `expect`, with its figures in ticks. */
import { parseDuration } from "../base/duration.ts";
import type { Position } from "../base/position.ts";

export type Comparator = "<=" | ">=" | "==" | "<" | ">";

/** A bound on a figure: ticks for times, a share from 0 to 1 for a percentage. */
export interface Bound {
  comparison: Comparator;
  limit: number;
}

/** The figures that may be bounded, as the document names them. */
export const boundedFigures = ["wall", "main", "longestBlock", "lateness.p99", "overlap"] as const;
export type BoundedFigure = (typeof boundedFigures)[number];

/** The statuses of a task at the end of a run. */
export const taskStatuses = ["finished", "failed", "cancelled", "abandoned", "unstarted"] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export interface Expectations {
  /** The status of all tasks, or by the name that copies share; null: whatever it is. */
  tasks: string | Record<string, string> | null;
  lost: number | null;
  bounds: { of: BoundedFigure; bound: Bound }[];
  /** All lines in their order, or some that must be among them. */
  prints: { exactly: string[] } | { contains: string[] } | null;
  deadlock: boolean | null;
  /** The position of each, by its path within `expect`: `lost`, `tasks.upload`, `prints.2`. */
  positions: Record<string, Position>;
}

/** The expectations of a document without any. */
export const noExpectations: Expectations = {
  tasks: null,
  lost: null,
  bounds: [],
  prints: null,
  deadlock: null,
  positions: {},
};

/** `expect` as its schema has checked it. */
export interface WrittenExpectations {
  tasks?: string | Record<string, string>;
  lost?: number;
  prints?: unknown[] | { contains: unknown };
  deadlock?: boolean;
  [figure: string]: unknown;
}

/** @param locate where the value at a path within `expect` stands. */
export function toExpectations(
  written: WrittenExpectations,
  locate: (path: PropertyKey[]) => Position,
): Expectations {
  const { tasks = null, lost = null, prints, deadlock = null } = written;
  const lines = (list: unknown): string[] => (Array.isArray(list) ? list : [list]).map(String);
  return {
    tasks,
    lost,
    deadlock,
    positions: Object.fromEntries(
      pathsOf(written as Record<string, unknown>).map((path) => [path.join("."), locate(path)]),
    ),
    bounds: boundedFigures.flatMap((of) =>
      written[of] === undefined ? [] : [{ of, bound: toBound(written[of] as string | number) }],
    ),
    prints:
      prints === undefined
        ? null
        : Array.isArray(prints)
          ? { exactly: lines(prints) }
          : { contains: lines(prints.contains) },
  };
}

/** The paths of all values in an object, from the outside in. */
function pathsOf(value: object): PropertyKey[][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
    [key],
    ...(typeof inner === "object" && inner !== null
      ? pathsOf(inner).map((path) => [key, ...path])
      : []),
  ]);
}

/** A bound such as `<= 9.5s` or `>= 50%`; a bare figure must be met exactly. */
export function toBound(written: string | number): Bound {
  const [, comparison = "==", figure] = /^\s*(<=|>=|==|<|>)?\s*(.*?)\s*$/.exec(String(written))!;
  const limit = figure!.endsWith("%")
    ? Number(figure!.slice(0, -1)) / 100
    : parseDuration(/^[\d.]+$/.test(figure!) ? Number(figure) : figure!.replaceAll(" ", ""))!;
  return { comparison: comparison as Comparator, limit };
}

/** Whether a figure is within a bound. */
export function isWithin(figure: number, { comparison, limit }: Bound): boolean {
  switch (comparison) {
    case "<=":
      return figure <= limit;
    case ">=":
      return figure >= limit;
    case "<":
      return figure < limit;
    case ">":
      return figure > limit;
    case "==":
      return figure === limit;
  }
}
