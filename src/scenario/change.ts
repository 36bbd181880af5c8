/**
 * Small changes of a scenario: a longer step, a blocking one, a failure, a step left out.
 *
 * Invariant: a change does the same to the model, which is quick to run, and to the document, which
 * a user can read; what is changed stands where the model's positions say.
 */
import { formatDuration, type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { EditableDocument } from "./editable.ts";
import type { LeafStep, Scenario, Step, TaskSpec } from "./model.ts";
import { hasStep } from "./walk.ts";

/** A step that takes time. */
export type TimedStep = Extract<LeafStep, { ticks: Ticks }>;

/** A change of a scenario, and its size. */
export interface Change {
  /** Its words, as `"sleep: 1s" of task (line 25) becomes "sleep: 2s"`. */
  what: string;
  /** 1 for a step that takes twice as long; other changes are weighed against that. */
  size: number;
  /** Whether it is more than another duration. */
  isEdit: boolean;
  /** Whether it adds a task. */
  adds: boolean;
  /** The task that it makes fail; null for most. */
  fails: string | null;
  /** The scenario with the change; the old one stays as it is. */
  apply: (scenario: Scenario) => Scenario;
  /** Changes the document. */
  write: (document: EditableDocument) => void;
}

/** A step whose duration can be changed. */
export interface Knob {
  step: TimedStep;
  to: (ticks: Ticks) => Change;
}

/** The steps of a scenario that take time, those of main first. */
export function knobsOf(scenario: Scenario): Knob[] {
  const knobs = (steps: Step[], whose: string): Knob[] =>
    steps.flatMap((step): Knob[] => {
      if (step.kind === "repeat") return knobs(step.steps, whose);
      if (!("ticks" in step) || step.ticks === 0) return [];
      return [{ step, to: (ticks) => setTicks(step, whose, ticks) }];
    });
  return [
    ...knobs(scenario.main, "main"),
    ...knobs(scenario.launch, "launch"),
    ...scenario.tasks.flatMap((task) => [
      ...knobs(task.steps, task.name),
      ...knobs(task.finally, `${task.name}'s clean-up`),
    ]),
  ];
}

/** For how long another task sleeps beside one that takes no time: a second. */
const leastSleep: Ticks = 1000 * TICKS_PER_MS;

/** Changes that are done or not: a failure, a step that blocks instead of sleeping, a wait left out. */
export function editsOf(scenario: Scenario): Change[] {
  const waits = scenario.main.filter(
    (step): step is LeafStep => step.kind === "join" || step.kind === "result",
  );
  const isAlone = scenario.tasks.length === 1 && scenario.tasks[0]!.copies === null;
  return [
    ...scenario.tasks.flatMap((task) => [
      ...(hasStep(task.steps, "fail") ? [] : [failing(task, "first"), failing(task, "last")]),
      // A failure shows what becomes of the other tasks, so there must be some.
      ...(isAlone && !hasStep(task.steps, "fail")
        ? [
            both(
              failing(task, "last"),
              accompanied(scenario, task, 2 * totalOf(task.steps) || leastSleep),
            ),
          ]
        : []),
      ...firstSleep(task.steps).flatMap((step) => {
        const blocks = blocking(step, task);
        return [blocks, both(blocks, accompanied(scenario, task, Math.ceil(step.ticks / 2)))];
      }),
      accompanied(scenario, task, 2 * totalOf(task.steps) || leastSleep),
    ]),
    ...waits.map(leftOut),
  ];
}

function setTicks(step: TimedStep, whose: string, ticks: Ticks): Change {
  const longer = Math.log2(Math.max(ticks, 1) / step.ticks);
  const value = formatDuration(ticks);
  return {
    what: `${stepOf(step, whose)} becomes "${step.kind}: ${value}"`,
    // The size ends at a thousandth of the step's length: nothing shorter matters.
    size: Math.min(10, Math.abs(longer)),
    isEdit: false,
    adds: false,
    fails: null,
    apply: (scenario) => replaceIn(scenario, step, [{ ...step, ticks }]),
    write: (document) => document.replaceStep(step, { kind: step.kind, value }),
  };
}

function blocking(step: TimedStep, task: TaskSpec): Change {
  const value = formatDuration(step.ticks);
  return {
    what: `${stepOf(step, task.name)} becomes "block: ${value}"`,
    size: 1.5,
    isEdit: true,
    adds: false,
    fails: null,
    apply: (scenario) => replaceIn(scenario, step, [{ ...step, kind: "block" }]),
    write: (document) => document.replaceStep(step, { kind: "block", value }),
  };
}

function failing(task: TaskSpec, where: "first" | "last"): Change {
  const message = `${task.name} fails`;
  return {
    what: `${task.name} fails ${where === "first" ? "at its beginning" : "at its end"}`,
    size: where === "first" ? 2 : 1.8,
    isEdit: true,
    adds: false,
    fails: task.name,
    apply: (scenario) => ({
      ...scenario,
      tasks: scenario.tasks.map((one) => {
        if (one.name !== task.name) return one;
        const fail: Step = { kind: "fail", message, position: { line: 1, column: 1 } };
        return { ...one, steps: where === "first" ? [fail, ...one.steps] : [...one.steps, fail] };
      }),
    }),
    write: (document) => document.addStep(task.name, { fail: message }, where),
  };
}

/** Another task is started right before this one, and does nothing but sleep. */
function accompanied(scenario: Scenario, task: TaskSpec, ticks: Ticks): Change {
  let name = "other";
  while (scenario.tasks.some((one) => one.name === name)) name += "-one";
  const value = formatDuration(ticks);
  const position = { line: 1, column: 1 };
  const starts = scenario.launch.find(
    (step) => step.kind === "start" && step.tasks.includes(task.name),
  );
  return {
    what: `a task that sleeps for ${value} is started before ${task.name}`,
    size: 2.2,
    isEdit: true,
    adds: true,
    fails: null,
    apply: (old) => ({
      ...old,
      launch: [
        ...(starts === undefined ? [{ kind: "start" as const, tasks: [name], position }] : []),
        ...old.launch,
      ].map((step) =>
        step === starts && step.kind === "start"
          ? {
              ...step,
              tasks: step.tasks.flatMap((one) => (one === task.name ? [name, one] : [one])),
            }
          : step,
      ),
      tasks: [
        {
          name,
          steps: [{ kind: "sleep", ticks, position }],
          finally: [],
          copies: null,
          until: null,
        },
        ...old.tasks,
      ],
    }),
    write: (document) => document.addTask(task.name, name, [{ sleep: value }]),
  };
}

function both(first: Change, second: Change): Change {
  return {
    what: `${first.what}, and ${second.what}`,
    size: first.size + second.size,
    isEdit: true,
    adds: first.adds || second.adds,
    fails: first.fails ?? second.fails,
    apply: (scenario) => second.apply(first.apply(scenario)),
    write: (document) => {
      first.write(document);
      second.write(document);
    },
  };
}

/** What the steps take one after the other. */
function totalOf(steps: Step[]): Ticks {
  return steps.reduce(
    (sum, step) =>
      sum +
      (step.kind === "repeat"
        ? step.times * totalOf(step.steps)
        : "ticks" in step
          ? step.ticks
          : 0),
    0,
  );
}

function leftOut(step: LeafStep): Change {
  return {
    what: `main's "${step.kind}" (line ${step.position.line}) is left out`,
    size: 1.5,
    isEdit: true,
    adds: false,
    fails: null,
    apply: (scenario) => replaceIn(scenario, step, []),
    write: (document) => document.removeStep(step),
  };
}

function stepOf(step: TimedStep, whose: string): string {
  return `"${step.kind}: ${formatDuration(step.ticks)}" of ${whose} (line ${step.position.line})`;
}

function firstSleep(steps: Step[]): TimedStep[] {
  for (const step of steps) {
    if (step.kind === "sleep") return [step];
    const inner = step.kind === "repeat" ? firstSleep(step.steps) : [];
    if (inner.length > 0) return inner;
  }
  return [];
}

/** The scenario with other steps in the place of one. */
function replaceIn(scenario: Scenario, old: Step, by: Step[]): Scenario {
  const replaced = (steps: Step[]): Step[] =>
    steps.flatMap((step) =>
      step === old
        ? by
        : step.kind === "repeat"
          ? [{ ...step, steps: replaced(step.steps) }]
          : [step],
    );
  return {
    ...scenario,
    main: replaced(scenario.main),
    launch: replaced(scenario.launch),
    tasks: scenario.tasks.map((task) => ({
      ...task,
      steps: replaced(task.steps),
      finally: replaced(task.finally),
    })),
  };
}
