/**
 * Small changes of a scenario: a longer step, a blocking one, a failure, a step left out.
 *
 * Invariant: a change does the same to the model, which is quick to run, and to the document, which
 * a user can read; what is changed stands where the model's positions say.
 */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import { formatDuration, type Ticks, TICKS_PER_MS } from "./duration.ts";
import type { LeafStep, Scenario, Step, TaskSpec } from "./model.ts";
import { parseScenario } from "./parse.ts";
import type { Position } from "./position.ts";
import { hasStep } from "./walk.ts";

/** A step that takes time. */
export type TimedStep = Extract<LeafStep, { ticks: Ticks }>;

/** One change, and how much of a change it is. */
export interface Change {
  /** What is done, as `"sleep: 1s" of task (line 25) becomes "sleep: 2s"`. */
  what: string;
  /** 1 for a step that takes twice as long; other changes are weighed against that. */
  size: number;
  /** The task that fails by it, which nobody can want to finish then; null for others. */
  failing: string | null;
  /** The scenario with the change; the old one stays as it is. */
  apply: (scenario: Scenario) => Scenario;
  /** Changes the document. */
  write: (document: EditableDocument) => void;
}

/** A step whose duration can be changed. */
export interface Knob {
  step: TimedStep;
  /** The task it stands in; null for main and launch. */
  task: TaskSpec | null;
  to: (ticks: Ticks) => Change;
}

/** A document that is changed where a model's positions point. */
export class EditableDocument {
  readonly #document: Document;
  readonly #lines = new LineCounter();
  /** Where steps stand, if it is not where their positions say. */
  readonly #places: ReadonlyMap<Step, Position>;

  /** @param scenario as it was read from the text. */
  constructor(text: string, scenario: Scenario) {
    const plain = withoutAliases(text);
    this.#document = parseDocument(plain ?? text, { lineCounter: this.#lines });
    const moved = plain === null ? [] : stepsOf(parseScenario(plain, scenario.name));
    const steps = stepsOf(scenario);
    this.#places = new Map(moved.map(({ position }, index) => [steps[index]!, position]));
  }

  /** The text, with comments and order as they were. */
  toString(): string {
    return this.#document.toString({ lineWidth: 100 });
  }

  /** Puts a comment above everything. */
  say(comment: string): void {
    const { commentBefore } = this.#document;
    this.#document.commentBefore = commentBefore ? `${commentBefore}\n\n${comment}` : comment;
  }

  set(key: string, value: unknown): void {
    this.#document.set(key, this.#document.createNode(value));
  }

  delete(key: string): void {
    this.#document.delete(key);
  }

  /** Replaces a step's key and value. */
  replaceStep(step: Step, to: { kind: string; value: string }): void {
    visit(this.#document, {
      Map: (_, map) => {
        if (!this.#holds(map, step)) return undefined;
        const pair = map.items.find(({ key }) => isScalar(key) && key.value === step.kind);
        if (pair === undefined) return undefined;
        if (isScalar(pair.key)) pair.key.value = to.kind;
        pair.value = this.#document.createNode(to.value);
        return visit.BREAK;
      },
    });
  }

  removeStep(step: Step): void {
    visit(this.#document, {
      Seq: (_, list) => {
        const index = list.items.findIndex((item) => this.#holds(item, step));
        if (index < 0) return undefined;
        list.items.splice(index, 1);
        return visit.BREAK;
      },
    });
  }

  /** Adds a step at the beginning or the end of a task's. */
  addStep(task: string, step: object, where: "first" | "last"): void {
    const written = this.#document.getIn(["tasks", task]);
    const list = isMap(written) ? (written as YAMLMap).get("steps") : written;
    if (!isSeq(list)) return;
    const node = this.#document.createNode(step);
    if (where === "first") list.items.unshift(node);
    else list.items.push(node);
  }

  /** Adds a task before all others; launch starts it right before one of them, or else first of all. */
  addTask(before: string, name: string, steps: object[]): void {
    const tasks = this.#document.get("tasks");
    if (isMap(tasks)) tasks.items.unshift(this.#document.createPair(name, steps));
    const launch = this.#document.get("launch");
    // Without one, all tasks are started in their order.
    if (!isSeq(launch)) return;
    for (const step of launch.items) {
      const started = isMap(step) ? step.get("start", true) : undefined;
      if (isSeq(started)) {
        const at = started.items.findIndex((one) => isScalar(one) && one.value === before);
        if (at < 0) continue;
        started.items.splice(at, 0, this.#document.createNode(name));
        return;
      }
      if (!isScalar(started) || started.value !== before) continue;
      (step as YAMLMap).set("start", this.#document.createNode([name, before]));
      return;
    }
    launch.items.unshift(this.#document.createNode({ start: name }));
  }

  #holds(node: unknown, step: Step): boolean {
    const { line, column } = this.#places.get(step) ?? step.position;
    if (!isMap(node) && !isScalar(node)) return false;
    if (isPair(node) || !node.range) return false;
    const place = this.#lines.linePos(node.range[0]);
    return place.line === line && place.col === column;
  }
}

/** A document with what its aliases stand for in their places; null where it has none. */
function withoutAliases(text: string): string | null {
  const document = parseDocument(text);
  let has = false;
  visit(document, {
    Alias: (_, alias) => {
      has = true;
      return alias.resolve(document)!.clone() as YAMLMap;
    },
  });
  if (!has) return null;
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node)) delete node.anchor;
    },
  });
  return document.toString();
}

/** All steps, those within repeats after these, in the order of the model. */
function stepsOf({ main, launch, tasks }: Scenario): Step[] {
  const all = (steps: Step[]): Step[] =>
    steps.flatMap((step) => (step.kind === "repeat" ? [step, ...all(step.steps)] : [step]));
  return [main, launch, ...tasks.flatMap((task) => [task.steps, task.finally])].flatMap(all);
}

/** The steps of a scenario that take time, those of main first. */
export function knobsOf(scenario: Scenario): Knob[] {
  const knobs = (steps: Step[], task: TaskSpec | null, whose: string): Knob[] =>
    steps.flatMap((step): Knob[] => {
      if (step.kind === "repeat") return knobs(step.steps, task, whose);
      if (!("ticks" in step) || step.ticks === 0) return [];
      return [{ step, task, to: (ticks) => setTicks(step, whose, ticks) }];
    });
  return [
    ...knobs(scenario.main, null, "main"),
    ...knobs(scenario.launch, null, "launch"),
    ...scenario.tasks.flatMap((task) => [
      ...knobs(task.steps, task, task.name),
      ...knobs(task.finally, task, `${task.name}'s clean-up`),
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
  return [
    ...scenario.tasks.flatMap((task) => [
      ...(hasStep(task.steps, "fail") ? [] : [failing(task, "first"), failing(task, "last")]),
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
    // Below a thousandth of its length a step is as good as gone.
    size: Math.min(10, Math.abs(longer)),
    failing: null,
    apply: (scenario) => replaceIn(scenario, step, [{ ...step, ticks }]),
    write: (document) => document.replaceStep(step, { kind: step.kind, value }),
  };
}

function blocking(step: TimedStep, task: TaskSpec): Change {
  const value = formatDuration(step.ticks);
  return {
    what: `${stepOf(step, task.name)} becomes "block: ${value}"`,
    size: 1.5,
    failing: null,
    apply: (scenario) => replaceIn(scenario, step, [{ ...step, kind: "block" }]),
    write: (document) => document.replaceStep(step, { kind: "block", value }),
  };
}

function failing(task: TaskSpec, where: "first" | "last"): Change {
  const message = `${task.name} fails`;
  return {
    what: `${task.name} fails ${where === "first" ? "at its beginning" : "at its end"}`,
    size: where === "first" ? 2 : 1.8,
    failing: task.name,
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
    failing: null,
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
    failing: first.failing ?? second.failing,
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
    failing: null,
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
