/**
 * A document that is edited in place: comments, order and layout stay as its author has them.
 *
 * What is edited is found where the model's positions say.
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
import type { Scenario, Step } from "./model.ts";
import { parseScenario } from "./parse.ts";
import type { Position } from "../base/position.ts";

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
