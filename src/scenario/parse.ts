/**
 * A document's text to a `Scenario`: the one way in for everything a user wrote.
 *
 * Invariant: what is returned keeps every promise of `model.ts`; what is wrong is told completely,
 * each problem with its line, column and path.
 */
import { basename, extname } from "node:path";
import { toExpectations, type WrittenExpectations } from "./expectation.ts";
import type { Kill } from "./kill.ts";
import type { Scenario, Step, TaskSpec } from "./model.ts";
import type { Position } from "../base/position.ts";
import { DocumentError, formatPath, type Problem } from "./problem.ts";
import { checkConstraints, type Report } from "./constraints.ts";
import { describe, documentSchema, once, type ParsedStep } from "./schema.ts";
import { resolveStrategy, type Strategy } from "./strategy.ts";
import { type LocatedData, parseYaml } from "./yaml.ts";

const needs = `a scenario is an object with at least "main" (see: tandem show lost)`;

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
  const object = data as Record<string, unknown>;
  const parsed = documentSchema({
    tasks: keysOf(object["tasks"]),
    channels: keysOf(object["channels"]),
  }).safeParse(data, once);
  const problems = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => toProblems(issue, located));
  const report: Report = (path, message, { earlier, key } = {}) => {
    const first = earlier && ` (first on line ${located.locate(earlier, "value").line})`;
    problems.push({
      position:
        key === undefined ? located.locate(path, "value") : located.locate([...path, key], "key"),
      path: formatPath(path),
      message: message + (first ?? ""),
    });
  };
  checkConstraints(object, report, located.isBare);
  if (!parsed.success || problems.length > 0) throw new DocumentError(file, inOrder(problems));
  return new DocumentReader(located, file).scenario(parsed.data as Parsed);
}

/** The document after zod: references resolve and every step stands in its place. */
interface Parsed {
  name?: string;
  title?: string;
  description?: string;
  main: ParsedStep[];
  launch?: ParsedStep[];
  tasks?: Record<string, ParsedTask>;
  channels?: Record<string, { capacity?: number } | null>;
  strategy?: Strategy;
  compare?: Strategy[];
  kill?: ParsedKill | ParsedKill[];
  expect?: WrittenExpectations;
}

type ParsedKill = Omit<Kill, "position">;

type ParsedTask =
  | ParsedStep[]
  | { steps: ParsedStep[]; finally?: ParsedStep[]; copies?: number; until?: "shutdown" };

interface Issue {
  code: string;
  message: string;
  path: PropertyKey[];
  keys?: string[];
  params?: { at?: "key"; isUnknownKey?: true };
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
    return inner.map(({ message, params }) => ({
      position: located.locate(issue.path, "key"),
      path: formatPath(params?.isUnknownKey ? issue.path.slice(0, -1) : issue.path),
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

/** In the order of the document, each once. */
function inOrder(problems: Problem[]): Problem[] {
  const rank = ({ position }: Problem): number =>
    position === null ? 0 : position.line * 1e6 + position.column;
  const seen = new Set<string>();
  return problems
    .toSorted((a, b) => rank(a) - rank(b))
    .filter((problem) => {
      const key = `${rank(problem)} ${problem.path} ${problem.message}`;
      return !seen.has(key) && seen.add(key);
    });
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.keys(value)
    : [];
}

/** The name of a file, without its folder and ending, in kebab-case. */
function nameOfFile(file: string): string {
  const words = basename(file, extname(file))
    .normalize("NFKD")
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return words?.join("-") ?? "unnamed";
}

/** Turns the checked document into the model. */
class DocumentReader {
  readonly #located: LocatedData;
  readonly #file: string;
  /** How many steps have been read. */
  #places = 0;

  constructor(located: LocatedData, file: string) {
    this.#located = located;
    this.#file = file;
  }

  scenario(parsed: Parsed): Scenario {
    const tasks = Object.entries(parsed.tasks ?? {}).map(([name, task]) => this.#task(name, task));
    const start: Position = { line: 1, column: 1 };
    const launch: Step[] =
      parsed.launch === undefined
        ? [{ kind: "start", tasks: tasks.map((task) => task.name), position: start }]
        : this.#steps(parsed.launch, ["launch"]);
    // Without a completion point of its own, the end of launch is one.
    if (!launch.some(({ kind }) => kind === "settle"))
      launch.push({ kind: "settle", position: launch.at(-1)?.position ?? start });
    return {
      name: parsed.name ?? nameOfFile(this.#file),
      title: parsed.title ?? null,
      description: parsed.description ?? null,
      main: this.#steps(parsed.main, ["main"]),
      launch,
      tasks,
      channels: Object.entries(parsed.channels ?? {}).map(([name, channel]) => ({
        name,
        capacity: channel?.capacity ?? null,
      })),
      strategy: parsed.strategy ?? resolveStrategy({ use: "await" }),
      strategyPosition:
        parsed.strategy === undefined ? null : this.#located.locate(["strategy"], "value"),
      compare: parsed.compare ?? null,
      kills: this.#kills(parsed.kill),
      expect:
        parsed.expect === undefined
          ? null
          : toExpectations(parsed.expect, (path) =>
              this.#located.locate(["expect", ...path], "value"),
            ),
    };
  }

  #kills(kills: Parsed["kill"] = []): Kill[] {
    const all = Array.isArray(kills)
      ? kills.map((kill, index) => [kill, ["kill", index]] as const)
      : [[kills, ["kill"]] as const];
    return all
      .map(([{ what, at }, path]) => {
        const { line, column } = this.#located.locate([...path, "what"], "value");
        return { what, at, position: { line, column } };
      })
      .toSorted((a, b) => a.at - b.at);
  }

  #task(name: string, task: ParsedTask): TaskSpec {
    const path = ["tasks", name];
    if (Array.isArray(task))
      return { name, steps: this.#steps(task, path), finally: [], copies: null, until: null };
    return {
      name,
      steps: this.#steps(task.steps, [...path, "steps"]),
      finally: this.#steps(task.finally ?? [], [...path, "finally"]),
      copies: task.copies ?? null,
      until: task.until ?? null,
    };
  }

  #steps(steps: ParsedStep[], path: PropertyKey[]): Step[] {
    // A repeat of nothing would be walked for as often as it says, and nobody would see it.
    return steps
      .map((step, index) => this.#step(step, [...path, index]))
      .filter((step) => step.kind !== "repeat" || (step.times > 0 && step.steps.length > 0));
  }

  #step(step: ParsedStep, path: PropertyKey[]): Step {
    // Written out, it is one object: what is put behind a spread has memory of its own.
    const { line, column } = this.#located.locate(path, "value");
    const position = { line, column, place: this.#places++ };
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
          steps: this.#steps(step["steps"] as ParsedStep[], [...path, "steps"]),
          position,
        };
      case "print":
        return { kind, text: String(value), position };
      case "sleep":
      case "block":
      case "compute":
        return { kind, ticks: value as number, position };
      case "fail":
        return { kind, message: String(value), position };
      case "launch":
      case "settle":
        return { kind, position };
      case "start":
        return { kind, tasks: [value].flat() as string[], position };
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
}
