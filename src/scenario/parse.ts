/**
 * A document's text to a `Scenario`: the one way in for everything a user wrote.
 *
 * Invariant: what is returned keeps every promise of `model.ts`; what is wrong is told completely,
 * each problem with its line, column and path.
 */
import type { Position, Scenario, Step, TaskSpec } from "./model.ts";
import { placeholderProblems } from "./placeholders.ts";
import { DocumentError, formatPath, type Problem } from "./problem.ts";
import { describe, documentSchema, once, type ParsedStep, type Place } from "./schema.ts";
import { resolveStrategy, type Strategy } from "./strategy.ts";
import { countSteps } from "./walk.ts";
import { type LocatedData, parseYaml } from "./yaml.ts";

/** The most steps one run may perform: what its events would otherwise do to memory is not told by a crash. */
export const maxSteps = 10_000_000;

/** The most tasks one run may hold. */
export const maxTasks = 1_000_000;

const needs = `a scenario is an object with at least "name" and "main" (see: tandem show lost)`;

/**
 * Reads a scenario from the text of a YAML or JSON document.
 *
 * @param file what the document is called in messages.
 * @throws DocumentError with every problem found.
 */
export function parseScenario(text: string, file: string): Scenario {
  const located = parseYaml(text, file);
  const { data } = located;
  if (data === undefined)
    throw new DocumentError(file, [
      { position: { line: 1, column: 1 }, path: "", message: `the document is empty; ${needs}` },
    ]);
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw new DocumentError(file, [
      {
        position: located.locate([], "value"),
        path: "",
        message: `found ${describe(data)}; ${needs}`,
      },
    ]);
  const parsed = documentSchema({
    tasks: keysOf((data as Record<string, unknown>)["tasks"]),
    channels: keysOf((data as Record<string, unknown>)["channels"]),
  }).safeParse(data, once);
  if (!parsed.success)
    throw new DocumentError(
      file,
      inOrder(parsed.error.issues.flatMap((issue) => toProblems(issue, located))),
    );
  const reader = new Reader(located);
  const scenario = reader.scenario(parsed.data as Parsed);
  if (reader.problems.length > 0) throw new DocumentError(file, inOrder(reader.problems));
  return scenario;
}

/** The document after zod: references resolve and every step stands in its place. */
interface Parsed {
  name: string;
  title?: string;
  description?: string;
  main: ParsedStep[];
  launch?: ParsedStep[];
  tasks?: Record<string, { steps: ParsedStep[]; finally?: ParsedStep[]; copies?: number }>;
  channels?: Record<string, { capacity?: number } | null>;
  strategy?: Strategy;
  compare?: Strategy[];
}

interface Issue {
  code: string;
  message: string;
  path: PropertyKey[];
  keys?: string[];
  params?: { at?: "key" };
}

function toProblems(raw: object, located: LocatedData): Problem[] {
  const issue = raw as Issue;
  if (issue.code === "unrecognized_keys")
    return issue.message.split("\n").map((message, index) => {
      const path = [...issue.path, issue.keys![index]!];
      return { position: located.locate(path, "key"), path: formatPath(issue.path), message };
    });
  // A bad key of a record is reported at the key, with its own issues inside.
  if (issue.code === "invalid_key") {
    const inner = (issue as unknown as { issues: Issue[] }).issues;
    return inner.map(({ message }) => ({
      position: located.locate(issue.path, "key"),
      path: formatPath(issue.path),
      message,
    }));
  }
  return [
    {
      position: located.locate(issue.path, issue.params?.at ?? "value"),
      path: formatPath(issue.path),
      message: issue.message,
    },
  ];
}

function inOrder(problems: Problem[]): Problem[] {
  const rank = ({ position }: Problem): number =>
    position === null ? 0 : position.line * 1e6 + position.column;
  return problems.toSorted((a, b) => rank(a) - rank(b));
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.keys(value)
    : [];
}

/** What holds around a step while its list is read. */
interface Around {
  place: Place;
  inRepeat: boolean;
}

/** Turns the checked document into the model, and checks the rules that span several steps. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #located: LocatedData;
  /** Where each word that may stand only once was first met. */
  readonly #once = new Map<string, Position>();

  constructor(located: LocatedData) {
    this.#located = located;
  }

  scenario(parsed: Parsed): Scenario {
    const tasks = Object.entries(parsed.tasks ?? {}).map(([name, task]) => this.#task(name, task));
    const main = this.#steps(parsed.main, ["main"], { place: "main", inRepeat: false });
    const start: Position = { line: 1, column: 1 };
    const launch: Step[] =
      parsed.launch === undefined
        ? [{ kind: "start", tasks: tasks.map((task) => task.name), position: start }]
        : this.#steps(parsed.launch, ["launch"], { place: "launch", inRepeat: false });
    if (!this.#once.has("settle"))
      launch.push({ kind: "settle", position: launch.at(-1)?.position ?? start });
    this.#limit(tasks, main, launch);
    return {
      name: parsed.name,
      title: parsed.title ?? null,
      description: parsed.description ?? null,
      main,
      launch,
      tasks,
      channels: Object.entries(parsed.channels ?? {}).map(([name, channel]) => ({
        name,
        capacity: channel?.capacity ?? null,
      })),
      strategy: parsed.strategy ?? resolveStrategy({ use: "await" }),
      compare: parsed.compare ?? null,
    };
  }

  #task(name: string, task: NonNullable<Parsed["tasks"]>[string]): TaskSpec {
    const around: Around = { place: "task", inRepeat: false };
    const isLong = !Array.isArray((this.#located.data as { tasks: object }).tasks[name as never]);
    const path = ["tasks", name];
    return {
      name,
      steps: this.#steps(task.steps, isLong ? [...path, "steps"] : path, around),
      finally: this.#steps(task.finally ?? [], [...path, "finally"], around),
      copies: task.copies ?? null,
    };
  }

  #steps(steps: ParsedStep[], path: PropertyKey[], around: Around): Step[] {
    return steps.map((step, index) => this.#step(step, [...path, index], around));
  }

  #step(step: ParsedStep, path: PropertyKey[], around: Around): Step {
    const position = this.#located.locate(path, "value");
    const kind = Object.keys(step).find(
      (key) => key !== "steps" && key !== "timeout",
    ) as Step["kind"];
    const value = step[kind];
    const timeout = step["timeout"] === undefined ? {} : { timeout: step["timeout"] as number };
    switch (kind) {
      case "repeat":
        return {
          kind,
          times: value as number,
          steps: this.#steps(step["steps"] as ParsedStep[], [...path, "steps"], {
            ...around,
            inRepeat: true,
          }),
          position,
        };
      case "print": {
        const text = String(value);
        const at = { inTask: around.place === "task", inRepeat: around.inRepeat };
        for (const message of placeholderProblems(text, at))
          this.#problem([...path, "print"], message);
        return { kind, text, position };
      }
      case "sleep":
      case "block":
      case "compute":
        return { kind, ticks: value as number, position };
      case "fail":
        return { kind, message: String(value), position };
      case "launch":
      case "settle":
        this.#onlyOnce(kind, `"${kind}"`, path, position, around);
        return { kind, position };
      case "start": {
        const tasks = [value].flat() as string[];
        for (const task of tasks)
          this.#onlyOnce(`start ${task}`, `task "${task}"`, path, position, around, `use "copies"`);
        return { kind, tasks, position };
      }
      case "submit":
        return { kind, task: value as string, position };
      case "result":
        return { kind, task: value as string, ...timeout, position };
      case "join":
        return { kind, ...timeout, position };
      case "send":
        return { kind, ...(value as { channel: string; value: unknown }), position };
      case "receive":
        return { kind, channel: value as string, ...timeout, position };
      case "call": {
        const call = value as { module: string; export?: string; args?: unknown; takes?: number };
        return { kind, ...call, export: call.export ?? "default", position };
      }
    }
  }

  /** `launch`, `settle` and the start of each task happen at most once in a run. */
  #onlyOnce(
    key: string,
    what: string,
    path: PropertyKey[],
    position: Position,
    around: Around,
    wayOut = "take it out of the repeat",
  ): void {
    const before = this.#once.get(key);
    const verb = key.startsWith("start") ? "is started" : "stands";
    if (around.inRepeat)
      this.#problem(
        path,
        `${what} ${verb} inside a repeat, and it may happen only once; ${wayOut}`,
      );
    else if (before !== undefined)
      this.#problem(
        path,
        `${what} ${verb} a second time (first on line ${before.line}); ${key.startsWith("start") ? wayOut : "keep one of them"}`,
      );
    else this.#once.set(key, position);
  }

  #limit(tasks: TaskSpec[], main: Step[], launch: Step[]): void {
    let steps = countSteps(main) + countSteps(launch);
    let count = 0;
    for (const task of tasks) {
      const copies = task.copies ?? 1;
      count += copies;
      steps += copies * (countSteps(task.steps) + countSteps(task.finally));
    }
    const limit = (what: string, found: number, most: number): void => {
      if (found > most)
        this.#problem(
          [],
          `this scenario would ${what} ${found.toLocaleString("en")}, and the most is ${most.toLocaleString("en")}; lower a "repeat" or "copies"`,
        );
    };
    limit("perform steps:", steps, maxSteps);
    limit("hold tasks:", count, maxTasks);
  }

  #problem(path: PropertyKey[], message: string): void {
    this.problems.push({
      position: this.#located.locate(path, "value"),
      path: formatPath(path),
      message,
    });
  }
}
