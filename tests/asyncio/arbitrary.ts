// Random scenarios for comparing the event loop with CPython's. Invariant: every document is valid, performs fewer than
// 200 steps, starts a task at most once, and gives each print and failure a text of its own, so that order is visible.

import fc from "fast-check";

/** A duration of a document: milliseconds, or text with a unit. */
export type Duration = number | string;

/** A step as a document writes it. */
export type Step =
  | "launch"
  | "settle"
  | { readonly print: string }
  | { readonly sleep: Duration }
  | { readonly block: Duration }
  | { readonly compute: Duration }
  | { readonly fail: string }
  | { readonly start: string | readonly string[] }
  | { readonly repeat: number; readonly steps: readonly Step[] };

/** The long form of a task. */
export interface TaskPlan {
  readonly steps: readonly Step[];
  readonly finally?: readonly Step[];
  readonly copies?: number;
  /** What is no loss; it changes nothing of what happens. */
  readonly until?: "shutdown";
}

/** A scenario document with inline steps only. */
export interface ScenarioDocument {
  readonly name: string;
  readonly main: readonly Step[];
  readonly launch?: readonly Step[];
  readonly tasks: Readonly<Record<string, readonly Step[] | TaskPlan>>;
}

/** An inline strategy as the document's `strategy:` key writes it. */
export type InlineStrategy =
  | "detach"
  | "await"
  | "group"
  | {
      readonly use: "detach" | "await" | "group";
      readonly settle?: "settled";
      readonly timeout?: number;
    };

/** A document, and the strategy to perform it under. */
export interface Scenario {
  readonly document: ScenarioDocument;
  readonly strategy: InlineStrategy;
}

const stepLimit = 200;

// Few values, so that deadlines often coincide; some 1 or 500 microseconds apart, so that they often nearly do.
const durations = fc.constantFrom<Duration>(
  1,
  0,
  2,
  3,
  5,
  10,
  "1ms",
  "5ms",
  "10ms",
  "0.01s",
  "500us",
  "1500us",
  "4999us",
  "10001us",
  0.5,
  2.5,
);

const timeouts = fc.constantFrom(5, 0, 0.5, 1, 2, 3, 4.999, 10, 10.001, 15, 30);

// What a print shows besides its own label; what has no meaning where the print stands is dropped by `labelled`.
const prints = fc
  .constantFrom("", "", "{i}", "{i}", "{task}", "{copy}")
  .map((print) => ({ print }));
const sleeps = durations.map((sleep) => ({ sleep }));
const blocks = durations.map((block) => ({ block }));
const computes = durations.map((compute) => ({ compute }));
const fails = fc.constant({ fail: "" });
const counts = fc.constantFrom(1, 2, 2, 3, 0);

interface Weighted {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Step>;
}

const print: Weighted = { weight: 18, arbitrary: prints };
const sleep: Weighted = { weight: 18, arbitrary: sleeps };
const block: Weighted = { weight: 9, arbitrary: blocks };
const compute: Weighted = { weight: 3, arbitrary: computes };

/** Some of the given steps, of repeats of them (one may stand inside another), and now and then a fail. */
function stepsOf(
  steps: readonly Weighted[],
  failWeight: number,
  minLength: number,
  maxLength: number,
): fc.Arbitrary<Step[]> {
  const repeat = (step: fc.Arbitrary<Step>, most: number): fc.Arbitrary<Step> =>
    fc.record({
      repeat: counts,
      steps: fc.array(step, { minLength: 1, maxLength: most }),
    });
  const inner = repeat(fc.oneof(...steps), 2);
  const outer = repeat(fc.oneof(...steps, { weight: 5, arbitrary: inner }), 3);
  const step = fc.oneof(
    ...steps,
    { weight: 9, arbitrary: outer },
    { weight: failWeight, arbitrary: fails },
  );
  return fc.array(step, { minLength, maxLength });
}

const mainSteps = stepsOf([print, block, compute], 1, 0, 3);

const taskPlans = fc.record({
  steps: stepsOf([print, sleep, block, compute], 6, 1, 5),
  finally: fc.option(stepsOf([print, sleep, block, compute], 6, 1, 3), {
    nil: undefined,
  }),
  copies: fc.option(fc.constantFrom(2, 3), { nil: undefined, freq: 3 }),
  until: fc.option(fc.constant("shutdown" as const), { nil: undefined, freq: 1 }),
});

// A start is drawn as numbers that pick from whatever is not started yet, so that it stays valid however it shrinks.
const launchSteps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: stepsOf([print, sleep, block, compute], 2, 1, 1),
    },
    {
      weight: 3,
      arbitrary: fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }),
    },
  ),
  { maxLength: 7 },
);

const strategies: fc.Arbitrary<InlineStrategy> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("detach", "await", "group") },
  {
    weight: 1,
    arbitrary: fc.constant({ use: "await", settle: "settled" } as const),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          { use: "await" } as const,
          { use: "await", settle: "settled" } as const,
          { use: "group" } as const,
        ),
        timeouts,
      )
      .map(([point, timeout]) => ({ ...point, timeout })),
  },
);

/** Scenarios with an inline strategy, from 0 to 5 tasks, and virtual times of some tens of milliseconds. */
export function scenarios(): fc.Arbitrary<Scenario> {
  const scenarios = fc
    .record({
      before: mainSteps,
      launches: fc.constantFrom(...Array<boolean>(19).fill(true), false),
      after: mainSteps,
      launch: fc.option(launchSteps, { freq: 6 }),
      startRestAt: fc.option(fc.nat(7), { freq: 3 }),
      settleAt: fc.option(fc.nat(8), { freq: 4 }),
      plans: fc.array(taskPlans, { maxLength: 5 }),
      strategy: strategies,
    })
    .map((drawn) => {
      const tasks: Record<string, readonly Step[] | TaskPlan> = {};
      for (const [index, plan] of drawn.plans.entries()) {
        tasks[`task-${index}`] = toTask(`task-${index}`, plan);
      }
      const launch =
        drawn.launch === null ? {} : { launch: toLaunch(drawn.launch, Object.keys(tasks), drawn) };
      const main = [
        ...drawn.before,
        ...(drawn.launches ? (["launch"] as const) : []),
        ...drawn.after,
      ];
      const document: ScenarioDocument = {
        name: "random",
        main: labelled("main", main.length === 0 ? [{ print: "" }] : main, []),
        ...launch,
        tasks,
      };
      return { document, strategy: drawn.strategy };
    })
    .filter(({ document }) => performedSteps(document) < stepLimit);
  // fast-check's bias towards small values would make most of the lists empty, and order shows in long ones.
  return fc.noBias(scenarios);
}

/** The task as it is written: in the short form when it has nothing but steps. */
function toTask(
  name: string,
  plan: {
    steps: Step[];
    finally: Step[] | undefined;
    copies: number | undefined;
    until: "shutdown" | undefined;
  },
): readonly Step[] | TaskPlan {
  const known = plan.copies === undefined ? ["{task}"] : ["{task}", "{copy}"];
  const steps = labelled(name, plan.steps, known);
  const isLong = [plan.finally, plan.copies, plan.until].some((part) => part !== undefined);
  if (!isLong) return steps;
  return {
    steps,
    ...(plan.finally && {
      finally: labelled(`${name}.finally`, plan.finally, known),
    }),
    ...(plan.copies && { copies: plan.copies }),
    ...(plan.until && { until: plan.until }),
  };
}

/** The launch steps, with every number of a start replaced by the name of a task that is not started yet. */
function toLaunch(
  drawn: readonly (Step[] | number[])[],
  names: readonly string[],
  at: { readonly startRestAt: number | null; readonly settleAt: number | null },
): Step[] {
  const waiting = [...names];
  const steps: Step[] = [];
  const start = (picks: readonly number[]) => {
    const started = picks
      .slice(0, waiting.length)
      .flatMap((pick) => waiting.splice(pick % waiting.length, 1));
    const [first, ...others] = started;
    if (first === undefined) return;
    steps.push({ start: others.length === 0 ? first : started });
  };
  const place = (index: number | null) => {
    if (index === at.startRestAt) start(waiting.map(() => 0));
    if (index === at.settleAt) steps.push("settle");
  };
  for (const [index, item] of drawn.entries()) {
    place(index);
    if (isPicks(item)) start(item);
    else steps.push(...item);
  }
  for (let index = drawn.length; index <= 8; index++) place(index);
  return labelled("launch", steps, []);
}

function isPicks(item: readonly Step[] | readonly number[]): item is readonly number[] {
  return typeof item[0] === "number";
}

/** The steps with a text of its own in every print and fail; placeholders stay if `known`, `{i}` in a repeat. */
function labelled(owner: string, steps: readonly Step[], known: readonly string[]): Step[] {
  let count = 0;
  const label = (step: Step, placeholders: readonly string[]): Step => {
    if (typeof step === "string") return step;
    if ("repeat" in step) {
      return {
        repeat: step.repeat,
        steps: step.steps.map((inner) => label(inner, [...known, "{i}"])),
      };
    }
    if ("print" in step) {
      const shown = placeholders.includes(step.print) ? ` ${step.print}` : "";
      return { print: `${owner}.${count++}${shown}` };
    }
    return "fail" in step ? { fail: `${owner}.${count++} failed` } : step;
  };
  return steps.map((step) => label(step, known));
}

/** How many steps a run performs at the most; a repeat counts with its contents. */
function performedSteps(document: ScenarioDocument): number {
  const total = (steps: readonly Step[]): number =>
    steps.reduce(
      (sum, step) =>
        sum +
        1 +
        (typeof step === "object" && "repeat" in step ? step.repeat * total(step.steps) : 0),
      0,
    );
  const tasks = Object.values(document.tasks).map((task) =>
    "steps" in task
      ? (total(task.steps) + total(task.finally ?? [])) * (task.copies ?? 1)
      : total(task),
  );
  return tasks.reduce(
    (sum, steps) => sum + steps,
    total(document.main) + total(document.launch ?? []),
  );
}
