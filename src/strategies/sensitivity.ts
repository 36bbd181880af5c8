/**
 * Sensitivity: what many runs of one scenario with varied durations come to. It has the odds of each
 * outcome, the orders that luck decides, and those that were the same in all runs.
 *
 * Invariant: no run is kept. The memory is bounded by the scenario, by the number of different outcomes,
 * and by two times for each run.
 */
import { LOOP_THREAD, MAIN_THREAD } from "../scenario/numbers.ts";
import type { Trace } from "../trace/trace.ts";
import type { Ticks } from "../base/duration.ts";
import { type Scenario, taskInstances } from "../scenario/model.ts";
import { isBeside } from "../scenario/strategy.ts";
import { LogCursor } from "../reading/cursor.ts";
import { ThreadOrder } from "../reading/order.ts";
import type { Heard, ProgramStatus, TaskStatus } from "../reading/entities.ts";
import type { Print } from "../reading/reading.ts";
import { actorName, isLost, type Outcome, type TaskOutcome } from "../outcome/outcome.ts";
import type { Run } from "../outcome/run.ts";
import { raceWindow } from "../reading/precision.ts";
import { type Spread, spreadOf } from "../base/shares.ts";

/** A moment whose order among others is followed: a printed line, or an end. */
export interface Moment {
  kind: "line" | "end";
  /** The line; null for an end. */
  text: string | null;
  /** The name of who prints it, or of what ends. */
  who: string;
  thread: number;
  /** Which of this program's equal lines it is, from 1; 0 where there is only one. */
  nth: number;
  /** Whether another program prints an equal line, or would: it is one of several copies. */
  shared: boolean;
}

/** A pair of moments of different programs, and how often the one came before the other. */
export interface Pair {
  first: Moment;
  second: Moment;
  /** The number of runs in which both came, and of those in which they came in this order. */
  both: number;
  inOrder: number;
  /** The least time that ever lay between them. */
  gap: Ticks;
  /**
   * The reason of the order. `waits`: the second's thread had to wait for the first. `thread`: one thread
   * does both at one instant. `time`: they were never at one instant. `luck`: none of these.
   */
  by: "waits" | "thread" | "time" | "luck";
}

/** The number of runs for each status that something came to. */
export type Tally<Status extends string> = { status: Status; runs: number }[];

/** An outcome, shared by all runs that came to it. */
export interface Ending {
  runs: number;
  /** The seed of the first of them. */
  seed: number;
  main: ProgramStatus;
  /** The tasks. Copies with the same status share an entry, since they are interchangeable. */
  tasks: { name: string; copies: number; status: TaskStatus; heard: Heard | null }[];
  interruptedBy: Outcome["interruptedBy"];
}

export interface SensitivityReport {
  runs: number;
  main: { statuses: Tally<ProgramStatus>; endedAt: Spread };
  wall: Spread;
  tasks: { name: string; spec: string; statuses: Tally<TaskStatus>; lost: number }[];
  deadlocked: number;
  /** The number of runs in which a task was lost. */
  lost: number;
  /** The number of runs that did not come to their end, or whose main did not finish. */
  fellShort: number;
  /** The outcomes, from the most frequent to the rarest. */
  endings: Ending[];
  /** Pairs whose order was not always the same, or was nearer than a real run can tell apart. */
  luck: Pair[];
  /** The fewest pairs from which every order follows that was the same in all runs. */
  always: Pair[];
  /** The number of lines that were not followed, since there are too many. Of copies only the first counts. */
  notFollowed: number;
}

/** The most lines whose order is followed: their pairs grow with the square. */
const mostLines = 100;

/** The number of runs whose happens-before order is read. */
const ordersRead = 100;

const taskStatuses: readonly TaskStatus[] = [
  "finished",
  "failed",
  "cancelled",
  "abandoned",
  "unstarted",
];
const programStatuses: readonly ProgramStatus[] = [...taskStatuses, "deadlocked", "interrupted"];
const hearings: readonly (Heard | null)[] = [null, "raised", "logged", "nobody"];

export class Sensitivity {
  #runs = 0;
  #first: Outcome | undefined;
  readonly #mainEnds: number[] = [];
  readonly #walls: number[] = [];
  readonly #mainStatuses = new Uint32Array(programStatuses.length);
  /** By task: a count for each status. */
  readonly #taskStatuses: Uint32Array[] = [];
  /** By task: the number of runs in which it was lost. */
  readonly #taskLost: number[] = [];
  #deadlocked = 0;
  #lost = 0;
  #fellShort = 0;
  /** By key: one character for the status of each task, those of copies sorted. */
  readonly #endings = new Map<string, Pick<Ending, "runs" | "seed" | "interruptedBy">>();
  readonly #lines: LineOrder;
  /** The tasks whose lines and ends are followed: copies are alike, so the first stands for all. */
  readonly #followed: ReadonlySet<number>;
  /** By task: runs in which it ended before main, after it, and at that instant; the least time between. */
  readonly #ends = new Map<number, { before: number; after: number; level: number; gap: Ticks }>();
  /** The tasks whose end fell so near to main's, neither waiting for the other, that it is a race. */
  readonly #racing = new Set<number>();

  constructor(scenario: Scenario) {
    const actors = taskInstances(scenario).map(({ copy }, actor) => (copy === 0 ? actor : -1));
    this.#followed = new Set(actors.filter((actor) => actor >= 0));
    this.#lines = new LineOrder(this.#followed);
  }

  get runs(): number {
    return this.#runs;
  }

  /**
   * Takes in one run.
   *
   * @param seed its own.
   */
  add(seed: number, { outcome, trace }: Run): void {
    const { main, tasks, interruptedBy, wall } = outcome;
    this.#first ??= outcome;
    this.#walls.push(wall);
    this.#mainEnds.push(main.endedAt ?? wall);
    const mainStatus = programStatuses.indexOf(main.status);
    this.#mainStatuses[mainStatus]!++;
    let key = `${interruptedBy} ${String.fromCharCode(mainStatus)}`;
    let alike: string[] = [];
    let lost = false;
    for (const [index, task] of tasks.entries()) {
      const status = taskStatuses.indexOf(task.status);
      (this.#taskStatuses[index] ??= new Uint32Array(taskStatuses.length))[status]!++;
      this.#taskLost[index] = (this.#taskLost[index] ?? 0) + (isLost(task) ? 1 : 0);
      lost ||= isLost(task);
      alike.push(String.fromCharCode(status * 4 + hearings.indexOf(task.heard?.by ?? null)));
      if (tasks[index + 1]?.spec !== task.spec) {
        key += alike.toSorted().join("");
        alike = [];
      }
      if (this.#followed.has(index)) this.#addEnd(index, task, main.endedAt);
    }
    for (const { between } of outcome.races)
      if (between.some(({ type }) => type === "main-ended"))
        for (const { type, actor } of between) if (type === "task-ended") this.#racing.add(actor);
    if (lost) this.#lost++;
    if (interruptedBy === "deadlock") this.#deadlocked++;
    if (main.status !== "finished" || interruptedBy !== null) this.#fellShort++;
    const known = this.#endings.get(key);
    if (known === undefined) this.#endings.set(key, { runs: 1, seed, interruptedBy });
    else known.runs++;
    this.#lines.add(outcome.prints, outcome);
    if (this.#runs < ordersRead) this.#lines.readOrder(trace);
    this.#runs++;
  }

  /** @throws when not one run has been taken in. */
  report(): SensitivityReport {
    const first = this.#first!;
    const runs = this.#runs;
    const lines = this.#lines.pairs(runs);
    const ends = this.#endPairs(first);
    const isLuck = ({ by }: Pair): boolean => by === "luck";
    const toHalf = ({ inOrder, both }: Pair): number => Math.abs(inOrder / both - 0.5);
    return {
      runs,
      main: {
        statuses: tally(programStatuses, this.#mainStatuses),
        endedAt: spreadOf(this.#mainEnds),
      },
      wall: spreadOf(this.#walls),
      tasks: first.tasks.map(({ name, spec }, index) => {
        const statuses = tally(taskStatuses, this.#taskStatuses[index]!);
        return { name, spec: spec.name, statuses, lost: this.#taskLost[index]! };
      }),
      deadlocked: this.#deadlocked,
      lost: this.#lost,
      fellShort: this.#fellShort,
      endings: [...this.#endings]
        .map(([key, ending]) => toEnding(key, ending, first))
        .toSorted((a, b) => b.runs - a.runs),
      luck: [...lines, ...ends].filter(isLuck).toSorted((a, b) => toHalf(a) - toHalf(b)),
      always: [...lines, ...ends].filter((pair) => !isLuck(pair)),
      notFollowed: this.#lines.leftOut,
    };
  }

  #addEnd(index: number, task: TaskOutcome, mainEnd: Ticks | null): void {
    const ends = this.#ends.get(index) ?? { before: 0, after: 0, level: 0, gap: Infinity };
    this.#ends.set(index, ends);
    // A task that the end of the process cut off has no end of its own.
    if (task.endedAt === null || mainEnd === null || task.status === "abandoned") return;
    if (task.endedAt < mainEnd) ends.before++;
    else if (task.endedAt > mainEnd) ends.after++;
    else ends.level++;
    ends.gap = Math.min(ends.gap, Math.abs(mainEnd - task.endedAt));
  }

  /** Each task's end and main's, where luck decides which comes first, or where it never did. */
  #endPairs({ tasks, strategy }: Outcome): Pair[] {
    const end = (who: string, thread: number): Moment => {
      return { kind: "end", text: null, who, thread, nth: 0, shared: false };
    };
    const mainEnd = end("main", MAIN_THREAD);
    return [...this.#ends].flatMap(([index, { before, after, level, gap }]): Pair[] => {
      const both = before + after;
      const { name, thread } = tasks[index]!;
      const taskEnd = end(name, thread ?? (isBeside(strategy) ? LOOP_THREAD : MAIN_THREAD));
      if (before > 0 && after > 0)
        return [{ first: taskEnd, second: mainEnd, both, inOrder: before, gap, by: "luck" }];
      // The order was the same in all runs, but nothing makes a real run keep it.
      if (this.#racing.has(index) && both + level > 0) {
        const [first, second] = after > 0 ? [mainEnd, taskEnd] : [taskEnd, mainEnd];
        const all = both + level;
        return [{ first, second, both: all, inOrder: all, gap, by: "luck" }];
      }
      // Moments nearer than that may be one instant in a real run, where luck orders them.
      if (both < this.#runs || gap < raceWindow(1)) return [];
      const [first, second] = before > 0 ? [taskEnd, mainEnd] : [mainEnd, taskEnd];
      return [{ first, second, both, inOrder: both, gap, by: "time" }];
    });
  }
}

/** The equal lines of one program. */
interface Equals {
  /** Their indices, in the order in which they come; those that are not followed are left out. */
  lines: number[];
  /** How many have come in this run, and which run that is. */
  came: number;
  run: number;
}

/** The order of lines, counted for each pair of those that are followed. */
class LineOrder {
  readonly #lines: { actor: number; occurrence: number; text: string; moment: Moment }[] = [];
  /** By actor and text: the lines that are equal. */
  readonly #equals = new Map<number, Map<string, Equals>>();
  readonly #seen = new Uint32Array(mostLines);
  /** By `first * mostLines + second`. */
  readonly #before = new Uint32Array(mostLines * mostLines);
  readonly #gap = new Float64Array(mostLines * mostLines).fill(Infinity);
  /** Pairs that came, in a run whose order was read, without the one having waited for the other. */
  readonly #unordered = new Uint8Array(mostLines * mostLines);
  readonly #followed: ReadonlySet<number>;
  /** Of the run last taken in: all its lines in their order, by index; -1 for those not followed. */
  #order: number[] = [];
  #run = 0;
  leftOut = 0;

  /** @param followed the tasks whose lines count, beside those of main and launch. */
  constructor(followed: ReadonlySet<number>) {
    this.#followed = followed;
  }

  add(prints: readonly Print[], outcome: Outcome): void {
    this.#run++;
    const order: number[] = [];
    const followed: { index: number; at: Ticks }[] = [];
    let leftOut = 0;
    for (const { at, actor, thread, text } of prints) {
      order.push(-1);
      if (actor >= 0 && !this.#followed.has(actor)) continue;
      const equals = this.#equalsOf(actor, text);
      if (equals === undefined) {
        leftOut++;
        continue;
      }
      if (equals.run !== this.#run) equals.came = 0;
      equals.run = this.#run;
      const occurrence = ++equals.came;
      let index = equals.lines[occurrence - 1];
      if (index === undefined) {
        if (this.#lines.length === mostLines) {
          leftOut++;
          continue;
        }
        index = this.#lines.length;
        equals.lines.push(index);
        const who = actorName(outcome, actor);
        // The names of copies, and no others, have this sign.
        const shared = who.includes("#");
        const moment: Moment = { kind: "line", text, who, thread, nth: occurrence, shared };
        this.#lines.push({ actor, occurrence, text, moment });
      }
      this.#seen[index]!++;
      order[order.length - 1] = index;
      followed.push({ index, at });
    }
    for (const [k, { index: second, at }] of followed.entries()) {
      const { actor } = this.#lines[second]!;
      for (let j = 0; j < k; j++) {
        const first = followed[j]!;
        if (this.#lines[first.index]!.actor === actor) continue;
        const pair = first.index * mostLines + second;
        this.#before[pair]!++;
        const gap = at - first.at;
        if (gap < this.#gap[pair]!) this.#gap[pair] = gap;
      }
    }
    this.leftOut = Math.max(this.leftOut, leftOut);
    this.#order = order;
  }

  /** The lines that are equal to this one; undefined where none is followed nor can be. */
  #equalsOf(actor: number, text: string): Equals | undefined {
    const known = this.#equals.get(actor)?.get(text);
    if (known !== undefined || this.#lines.length === mostLines) return known;
    const equals = { lines: [], run: 0, came: 0 };
    this.#equals.getOrInsertComputed(actor, () => new Map()).set(text, equals);
    return equals;
  }

  /** Reads which lines of the run last taken in had to wait for which. */
  readOrder({ log, definitions }: Trace): void {
    const order = new ThreadOrder(definitions);
    const before: { index: number; thread: number; count: number }[] = [];
    let line = 0;
    const event = new LogCursor(log);
    while (event.next()) {
      const count = order.next(event);
      if (event.type !== "printed") continue;
      const index = this.#order[line++]!;
      if (index < 0) continue;
      const { thread } = event;
      for (const other of before)
        if (other.thread !== thread && !order.knows(thread, other.thread, other.count))
          this.#unordered[other.index * mostLines + index] = 1;
      before.push({ index, thread, count });
    }
  }

  pairs(runs: number): Pair[] {
    this.#label();
    const lines = this.#lines;
    const pairs: Pair[] = [];
    for (const [first, one] of lines.entries())
      for (const [second, other] of lines.entries()) {
        const inOrder = this.#count(first, second);
        const against = this.#count(second, first);
        if (one.actor === other.actor || inOrder === 0) continue;
        const pair = {
          first: one.moment,
          second: other.moment,
          both: inOrder + against,
          inOrder,
          gap: Math.min(
            this.#gap[first * mostLines + second]!,
            this.#gap[second * mostLines + first]!,
          ),
        };
        if (against > 0) {
          if (first < second) pairs.push({ ...pair, by: "luck" });
          continue;
        }
        const by = this.#reason(first, second);
        if (inOrder === runs && !this.#follows(first, second, runs)) pairs.push({ ...pair, by });
      }
    return pairs;
  }

  #count(first: number, second: number): number {
    return this.#before[first * mostLines + second]!;
  }

  /** The reason why the second has always come after the first. */
  #reason(first: number, second: number): Pair["by"] {
    const pair = first * mostLines + second;
    const gap = this.#gap[pair]!;
    if (this.#lines[first]!.moment.thread === this.#lines[second]!.moment.thread)
      return gap === 0 ? "thread" : "time";
    if (this.#unordered[pair] === 0) return "waits";
    return gap < raceWindow(1) ? "luck" : "time";
  }

  /** Whether the order of two lines follows from that of others between them. */
  #follows(first: number, second: number, runs: number): boolean {
    return this.#lines.some(
      (_, between) => this.#isAlways(first, between, runs) && this.#isAlways(between, second, runs),
    );
  }

  #isAlways(first: number, second: number, runs: number): boolean {
    const [one, other] = [this.#lines[first]!, this.#lines[second]!];
    if (one.actor !== other.actor) return this.#count(first, second) === runs;
    // A program prints its own lines in one order only.
    return first < second && this.#seen[first] === runs && this.#seen[second] === runs;
  }

  /** Says of each line whether it has equals. */
  #label(): void {
    const equal = Map.groupBy(this.#lines, ({ text }) => text);
    for (const lines of equal.values())
      for (const { actor, occurrence, moment } of lines) {
        const ofActor = lines.filter((line) => line.actor === actor);
        moment.nth = ofActor.length > 1 ? occurrence : 0;
        moment.shared ||= ofActor.length < lines.length;
      }
  }
}

function tally<Status extends string>(
  statuses: readonly Status[],
  counts: Uint32Array,
): Tally<Status> {
  return statuses
    .map((status, index) => ({ status, runs: counts[index]! }))
    .filter(({ runs }) => runs > 0)
    .toSorted((a, b) => b.runs - a.runs);
}

function toEnding(
  key: string,
  ending: Pick<Ending, "runs" | "seed" | "interruptedBy">,
  { tasks }: Outcome,
): Ending {
  const from = key.length - tasks.length;
  const entries: Ending["tasks"] = [];
  let before = "";
  for (const [index, { name, spec }] of tasks.entries()) {
    const code = key.charCodeAt(from + index);
    const entry = `${spec.name} ${code}`;
    if (entry === before) entries.at(-1)!.copies++;
    else
      entries.push({
        name: spec.copies === null ? name : spec.name,
        copies: 1,
        status: taskStatuses[code >> 2]!,
        heard: hearings[code & 3]!,
      });
    before = entry;
  }
  return { ...ending, main: programStatuses[key.charCodeAt(from - 1)]!, tasks: entries };
}
