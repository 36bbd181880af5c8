/**
 * The size of a scenario: what it takes to perform it once and to tell of it, estimated from the document
 * alone, so that it can be told before. The time is that of virtual time: for real, it takes what it says.
 *
 * The costs are of all cores together, measured with some 100,000 of each; a law holds what they add up to against
 * what is used.
 */
import type { LeafStep, Scenario, Step, TaskSpec } from "./model.ts";
import type { Position } from "../base/position.ts";
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import { isWithinProcess, type Strategy } from "./strategy.ts";
import { leavesOf } from "./walk.ts";

/** What a step, a task or all of a scenario takes. */
export interface Size {
  /** The steps that are performed, those of clean-ups as well, each once. */
  steps: number;
  ms: number;
  bytes: number;
}

/** The size of a scenario, and its largest part. */
export interface ScenarioSize extends Size {
  largest: { path: string; position: Position | null };
}

type Cost = Omit<Size, "steps">;

/** What the cost of a step hangs on beside itself. */
interface Context {
  /** What texts take that a program prints or sends, in bytes: they are kept, filled in and written. */
  line: number;
  character: number;
  /** The length of the longest value that is sent: what `{value}` may come to. */
  longestValue: number;
  /** The channels in which a send may wait for room. */
  bounded: ReadonlySet<string>;
  /** Whether it is a task's step where a pool performs what blocks. */
  isOffloaded: boolean;
}

/** The costs of texts in virtual time, and where they come from a process, in its blocks, through queues. */
const textCosts = {
  virtual: { line: 300, character: 2 },
  real: { line: 2500, character: 25 },
};

/** What a character takes that is the same in each line: it is kept once, and written each time. */
const writtenOnly = { ms: 2.5e-6, bytes: 0.5 };

/** A step at a channel, at one where it may have to wait for room, and one that has a time limit. */
const atChannel: Cost = { ms: 8e-3, bytes: 500 };
const atBounded: Cost = { ms: 14e-3, bytes: 950 };
const limited: Cost = { ms: 60e-3, bytes: 9000 };

/** A step that a pool performs. */
const job: Cost = { ms: 14e-3, bytes: 1200 };

/** The costs of a step. */
function costOf(step: LeafStep, context: Context): Cost {
  switch (step.kind) {
    case "sleep":
      return { ms: 2.2e-3, bytes: 100 };
    case "print": {
      const { line, character, longestValue } = context;
      const length = step.text.length + (step.text.includes("{value}") ? longestValue : 0);
      // Where nothing is filled in, and it comes from no other process, all have one text.
      const isOne = !step.text.includes("{") && character === textCosts.virtual.character;
      const each = isOne ? writtenOnly.bytes : character;
      const filling = step.text.includes("{") ? 2.5e-3 : 0;
      return { ms: 3e-3 + filling + writtenOnly.ms * length, bytes: line + each * length };
    }
    case "send": {
      const { ms, bytes } = context.bounded.has(step.channel) ? atBounded : atChannel;
      return { ms, bytes: bytes + context.character * lengthOf(step.value) };
    }
    case "receive": {
      const cost = context.bounded.has(step.channel) ? atBounded : atChannel;
      return step.timeout === undefined ? cost : plus(cost, limited);
    }
    case "fail":
      return { ms: 15e-3, bytes: 2000 };
    case "call":
      return context.isOffloaded ? job : { ms: 6e-3, bytes: 500 };
    default:
      return context.isOffloaded ? job : { ms: 3.5e-3, bytes: 200 };
  }
}

/** What a task takes beside its steps, one that may wait for what never comes, and an attempt at one of a durable queue. */
const task: Size = { steps: 0, ms: 30e-3, bytes: 3200 };
const waitingTask: Size = { steps: 0, ms: 60e-3, bytes: 6500 };
const attempt: Size = { steps: 0, ms: 90e-3, bytes: 7000 };

/** How often a worker process looks into its queue while there is nothing, and what a look or a renewal takes. */
const lookEvery: Ticks = 750 * TICKS_PER_MS;
const lookMs = 1.2e-3;

/** The longest wait before a task is tried again, where the queue has one. */
const mostBackoff: Ticks = 100_000 * TICKS_PER_MS;

/**
 * @param driver the one that performs it.
 * @param strategy the one under which it is performed, whichever is its own.
 */
export function sizeOf(
  scenario: Scenario,
  driver: keyof typeof textCosts,
  strategy: Strategy = scenario.strategy,
): ScenarioSize {
  const { main, launch, tasks, channels } = scenario;
  const all = [...main, ...launch, ...tasks.flatMap((one) => [...one.steps, ...one.finally])];
  const context: Context = {
    ...textCosts[driver],
    longestValue: longestValueOf(all),
    bounded: new Set(channels.filter((one) => one.capacity !== null).map(({ name }) => name)),
    isOffloaded: false,
  };
  const inTasks = { ...context, isOffloaded: strategy.offload !== "none" };
  const parts = [
    ...partsOf(main, "main", context),
    ...partsOf(launch, "launch", context),
    ...tasks.map((one) => ({
      path: `tasks.${one.name}`,
      position: firstPositionOf(one),
      size: times(one.copies ?? 1, taskSize(one, inTasks, strategy)),
    })),
  ];
  const none = { path: "", position: null, size: { steps: 0, ms: 0, bytes: 0 } };
  const { path, position } = parts.reduce(
    (most, part) => (part.size.bytes > most.size.bytes ? part : most),
    none,
  );
  const total = sum(parts.map(({ size }) => size));
  const ms = total.ms + (isWithinProcess(strategy) ? 0 : looksOf(scenario, strategy) * lookMs);
  return { ...total, ms, largest: { path, position } };
}

function partsOf(steps: readonly Step[], name: string, context: Context) {
  return steps.map((step, index) => ({
    path: `${name}[${index}]`,
    position: step.position,
    size: sizeOfSteps([step], context),
  }));
}

function taskSize(spec: TaskSpec, context: Context, strategy: Strategy): Size {
  const own = [...spec.steps, ...spec.finally];
  const { steps, ...once } = sizeOfSteps(own, context);
  if (isWithinProcess(strategy)) return sum([waits(own) ? waitingTask : task, { steps, ...once }]);
  const whole = times(attemptsAt(spec, strategy), sum([attempt, { steps: 0, ...once }]));
  return { ...whole, steps };
}

/** How often a task of a durable queue is performed, from its first step on. */
function attemptsAt(spec: TaskSpec, { retry }: Strategy): number {
  return 1 + (fails(spec) ? (retry ?? 0) : 0);
}

function fails(spec: TaskSpec): boolean {
  return leavesOf(spec).some(({ kind }) => kind === "fail");
}

/**
 * How often worker processes look into their queue in vain, and renew what they have taken. Nothing comes of it, but
 * it goes on for as long as the run does, which is about as long as main, and then all that is left, takes.
 */
function looksOf({ main, launch, tasks }: Scenario, strategy: Strategy): number {
  const consumers = strategy.consumers ?? 1;
  const atOnce = consumers * (strategy.slots ?? 1);
  const all = tasks.map((spec) => {
    const each = ticksOf([...spec.steps, ...spec.finally]) * attemptsAt(spec, strategy);
    return { each, waits: fails(spec) ? backoffsOf(strategy) : 0, copies: spec.copies ?? 1 };
  });
  const work = all.reduce((sum, { each, copies }) => sum + each * copies, 0);
  const longest = all.reduce((most, { each, waits }) => Math.max(most, each + waits), 0);
  const wall = ticksOf(main) + ticksOf(launch) + Math.max(longest, work / atOnce);
  const renewals = work / Math.max(1, Math.floor((strategy.lease ?? Infinity) / 2));
  return (consumers * wall) / lookEvery + renewals;
}

/** For how long a task is waited for in all, before it is tried again and again. */
function backoffsOf({ retry, backoff, engine }: Strategy): Ticks {
  const most = engine === "redis" ? Infinity : mostBackoff;
  let sum = 0;
  for (let k = 0; k < (retry ?? 0); k++) sum += Math.min((backoff ?? 0) * 2 ** k, most);
  return sum;
}

/** How long steps take one after the other. */
function ticksOf(steps: readonly Step[]): Ticks {
  return steps.reduce((sum, step) => {
    if (step.kind === "repeat") return sum + step.times * ticksOf(step.steps);
    if ("ticks" in step) return sum + step.ticks;
    return step.kind === "call" ? sum + (step.takes ?? 0) : sum;
  }, 0);
}

function sizeOfSteps(steps: readonly Step[], context: Context): Size {
  return sum(
    steps.map((step) =>
      step.kind === "repeat"
        ? times(step.times, sizeOfSteps(step.steps, context))
        : { steps: 1, ...costOf(step, context) },
    ),
  );
}

function waits(steps: readonly Step[]): boolean {
  return steps.some((step) =>
    step.kind === "repeat" ? waits(step.steps) : step.kind === "receive" || step.kind === "send",
  );
}

/** The length of the longest value that is sent. */
function longestValueOf(steps: readonly Step[]): number {
  return steps.reduce((longest, step) => {
    if (step.kind === "repeat") return Math.max(longest, longestValueOf(step.steps));
    return step.kind === "send" ? Math.max(longest, lengthOf(step.value)) : longest;
  }, 0);
}

function lengthOf(value: unknown): number {
  return typeof value === "string" ? value.length : (JSON.stringify(value)?.length ?? 0);
}

function firstPositionOf({ steps, finally: cleanUp }: TaskSpec): Position | null {
  return (steps[0] ?? cleanUp[0])?.position ?? null;
}

function times(count: number, size: Size): Size {
  return { steps: count * size.steps, ms: count * size.ms, bytes: count * size.bytes };
}

function plus(a: Cost, b: Cost): Cost {
  return { ms: a.ms + b.ms, bytes: a.bytes + b.bytes };
}

function sum(sizes: readonly Size[]): Size {
  const total = { steps: 0, ms: 0, bytes: 0 };
  for (const { steps, ms, bytes } of sizes) {
    total.steps += steps;
    total.ms += ms;
    total.bytes += bytes;
  }
  return total;
}
