/**
 * The shape of a scenario document, in zod: what `parseScenario` checks and `tandem schema` prints.
 *
 * One table of steps serves both. Checking dispatches on a step's own key, so that a mistake is
 * told about that step and not about every step it might have been; the printed schema is the
 * plain union.
 */
import { z } from "zod";
import { durationExamples, parseDuration } from "../base/duration.ts";
import { taskStatuses } from "./expectation.ts";
import { maxCount, maxTasks } from "./constraints.ts";
import { type AxisName, axisNames, axisOf, wordsOf } from "./axes.ts";
import { killTargets, killWords } from "./kill.ts";
import { describeKeys, keyWords } from "./schema-words.ts";
import {
  resolveStrategy,
  strategyKeys,
  StrategyError,
  type StrategyInput,
  strategyWords,
} from "./strategy.ts";
import { suggestion } from "../base/suggest.ts";

/** The three programs a step can stand in. */
type Place = "main" | "launch" | "task";

const anywhere: readonly Place[] = ["main", "launch", "task"];
const places: Record<string, readonly Place[]> = {
  print: anywhere,
  sleep: ["launch", "task"],
  block: anywhere,
  compute: anywhere,
  repeat: anywhere,
  fail: anywhere,
  launch: ["main"],
  start: ["launch"],
  settle: ["launch"],
  submit: ["main"],
  result: ["main"],
  join: ["main"],
  send: anywhere,
  receive: anywhere,
  call: anywhere,
};

/** The names a document gives, against which its references are checked. */
export interface Names {
  tasks: string[];
  channels: string[];
}

/** How a value found in a document is named in a message. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/**
 * The options of checking. Each schema is used once, so zod need not compile it, which would cost more
 * than the check. A schema without a sentence of its own gets one here.
 */
export const once = {
  jitless: true,
  error: (issue: { input?: unknown }): string => `found ${describe(issue.input)}; write a value`,
};

function expecting(what: string): { error: (issue: { input?: unknown }) => string } {
  return { error: (issue) => `found ${describe(issue.input)}; write ${what}` };
}

/** An object that refuses other keys, each with its own sentence (one a line, split by the reader). */
function object<Shape extends z.ZodRawShape>(what: string, shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? (issue["keys"] as string[]).map((key) => unknownKey(key, Object.keys(shape))).join("\n")
        : `found ${describe(issue.input)}; write ${what}`,
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key ${JSON.stringify(key)}; ${suggestion(key, known, "keys here")}`;
}

const text = z.union([z.string(), z.number(), z.boolean()], expecting("text"));
const label = z.string(expecting("text"));

/** What a module can call its exports: in ES modules that may be nearly any text. */
const exportName = z
  .string(expecting("the name of an export"))
  .refine((name) => name !== "" && name.isWellFormed(), expecting("the name of an export"));

/** The value of a `send`, or of a function's `args`. */
const data = z
  .unknown()
  .meta({ description: "Any value. The texts in it are filled in as that of a print is." });

/** A text that the program produces. */
const filledIn = text.meta({
  description:
    "A text. {i} (the index of the repeat around it), {task}, {copy}, {runtime} and {value} (what was received last) are filled in; {{name}} stands for {name}.",
});

const duration = z
  .union([z.string(), z.number()], expecting(`a duration: ${durationExamples}`))
  .transform((input, context) => {
    const ticks = parseDuration(input);
    if (ticks !== undefined) return ticks;
    context.addIssue({
      code: "custom",
      message: `${describe(input)} is not a duration; write ${durationExamples}`,
    });
    return z.NEVER;
  })
  .meta({ description: `A duration: ${durationExamples}.` });

function count(what: string, least: number, most: number) {
  return z.int(expecting(what)).min(least, expecting(what)).max(most, expecting(what));
}

const kebab = z
  .string(expecting("a name in kebab-case, as thread-listing"))
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, {
    error: (issue) =>
      `${describe(issue.input)} is not a name in kebab-case; write it as thread-listing`,
  });

/** `name`s of tasks and channels: words that read well in output and never clash with tandem's own. */
const identifier = /^[A-Za-z][\w-]*$/;
const reservedNames = ["main", "launch"];

function reference(what: string, names: string[], wanted = `the name of a ${what}`) {
  const known = new Set(names);
  return z.string(expecting(wanted)).refine((name) => known.has(name), {
    error: (issue) =>
      `no ${what} is named ${describe(issue.input)}; ${suggestion(issue.input, names, `${what}s`)}`,
  });
}

/** A step that is written as a bare word; `word:` with nothing behind it is the same slip of the pen. */
const bare = z.union([z.null(), z.literal(true)], expecting("the word alone, without a value"));

function stepShapes(step: z.ZodType, names: Names | null) {
  const task = names === null ? z.string() : reference("task", names.tasks);
  const channel = names === null ? z.string() : reference("channel", names.channels);
  const timeout = duration.optional();
  return {
    print: { print: filledIn },
    sleep: { sleep: duration },
    block: { block: duration },
    compute: { compute: duration },
    repeat: {
      repeat: count("how many times: a whole number from 0", 0, maxCount),
      steps: z.array(step, expecting("a list of steps")),
    },
    fail: { fail: filledIn },
    launch: { launch: bare },
    start: {
      start: twoForms(
        names,
        (input) => !Array.isArray(input),
        names === null ? task : reference("task", names.tasks, "a task's name, or a list of names"),
        z.array(task),
      ),
    },
    settle: { settle: bare },
    submit: { submit: task },
    result: { result: task, timeout },
    join: { join: bare, timeout },
    send: {
      send: object("{ channel: name, value: … }", {
        channel,
        value: data,
      }),
    },
    receive: { receive: channel, timeout },
    call: {
      call: object("{ module: ./job.ts }", {
        module: label,
        export: exportName.optional(),
        args: data.optional(),
        takes: duration.optional(),
      }),
    },
  } satisfies Record<string, z.ZodRawShape>;
}

/** Checks a part of a document with a schema of its own, and takes over what that says of it. */
function parseInto<Value>(
  context: z.RefinementCtx,
  schema: z.ZodType<Value>,
  input: unknown,
): Value {
  const parsed = schema.safeParse(input, once);
  if (parsed.success) return parsed.data;
  // The issue has its sentence already: zod would look for another.
  for (const issue of parsed.error.issues)
    context.addIssue({ ...(issue as object), message: issue.message } as never);
  return z.NEVER;
}

/**
 * A value in one of two forms. Which it is in decides whose mistakes are told: a union, which the
 * printed schema shows (`names` is null there), would say no more than "invalid".
 */
function twoForms<First, Second>(
  names: Names | null,
  isFirst: (input: unknown) => boolean,
  first: z.ZodType<First>,
  second: z.ZodType<Second>,
): z.ZodType<First | Second> {
  if (names === null) return z.union([first, second]);
  return z
    .unknown()
    .transform((input, context) =>
      parseInto<First | Second>(context, isFirst(input) ? first : second, input),
    );
}

const bareWords = ["launch", "settle", "join"];

/** A checked step still in the document's own words. */
export type ParsedStep = { [key: string]: unknown };

function stepAt(place: Place, names: Names): z.ZodType<ParsedStep> {
  const step: z.ZodType<ParsedStep> = z.lazy(() => dispatcher);
  const shapes = stepShapes(step, names);
  const kinds = Object.keys(shapes);
  // A step's schema is made on first use: most documents have a few kinds of steps.
  const schemas = new Map<string, z.ZodType>();
  const schemaOf = (kind: keyof typeof shapes): z.ZodType => {
    const schema = schemas.get(kind) ?? object(`a step such as "${kind}"`, shapes[kind]);
    schemas.set(kind, schema);
    return schema;
  };
  const dispatcher = z.unknown().transform((input, context): ParsedStep => {
    // A mistake in the step's own word is shown at the word, not at what stands behind it.
    const fail = (message: string, path: PropertyKey[] = []): never => {
      context.addIssue({ code: "custom", message, path, params: { at: "key" } });
      return z.NEVER;
    };
    let written: Record<string, unknown>;
    if (typeof input === "string") {
      if (!bareWords.includes(input))
        return fail(
          kinds.includes(input)
            ? `"${input}" needs a value, as ${example(input)}`
            : `${describe(input)} is not a step; ${suggestion(input, kinds, "steps")}`,
        );
      written = { [input]: null };
    } else if (typeof input === "object" && input !== null && !Array.isArray(input)) {
      written = input as Record<string, unknown>;
    } else {
      return fail(
        `found ${describe(input)}; a step is a word or an object with one step key: ${kinds.join(", ")}`,
      );
    }
    const found = Object.keys(written).filter((key) => kinds.includes(key));
    if (found.length === 0) {
      const [key] = Object.keys(written);
      return key === undefined
        ? fail(`an empty object is not a step; steps: ${kinds.join(", ")}`)
        : fail(`${describe(key)} is not a step; ${suggestion(key, kinds, "steps")}`, [key]);
    }
    if (found.length > 1)
      return fail(
        `one object holds the steps ${found.map((key) => `"${key}"`).join(" and ")}; write each as an item of its own`,
        [found[1]!],
      );
    const kind = found[0]!;
    if (!places[kind]!.includes(place)) fail(misplaced(kind, place, written[kind]), [kind]);
    return parseInto(context, schemaOf(kind as keyof typeof shapes), written) as ParsedStep;
  });
  return dispatcher;
}

function misplaced(kind: string, place: Place, value: unknown): string {
  if (kind === "sleep" && place === "main")
    return `main is synchronous, so it cannot sleep; use "block: ${typeof value === "object" ? "3s" : String(value)}"`;
  if (kind === "start" && place === "main")
    return `main is synchronous, so it cannot start a task; start it in "launch:", or use "submit"`;
  if (kind === "start" && place === "task")
    return `a task starts no other tasks; start it in "launch:"`;
  if (kind === "launch")
    return `"launch" is main's step that runs the async part; ${place === "launch" ? "this is that part already" : "it cannot stand in a task"}`;
  const where = places[kind]!.map((one) => (one === "task" ? "tasks" : `"${one}"`)).join(" and ");
  return `"${kind}" cannot stand in ${place === "task" ? "a task" : `"${place}"`}, only in ${where}`;
}

function example(kind: string): string {
  const examples: Record<string, string> = {
    print: `"print: hello"`,
    repeat: `"repeat: 3" with "steps:"`,
    fail: `"fail: no connection"`,
    start: `"start: task"`,
    send: `"send: { channel: inbox, value: 1 }"`,
    receive: `"receive: inbox"`,
    call: `"call: { module: ./job.ts }"`,
    submit: `"submit: task"`,
    result: `"result: task"`,
  };
  return examples[kind] ?? `"${kind}: 250ms"`;
}

const axes = Object.fromEntries(strategyKeys.map((key) => [key, z.unknown().optional()])) as {
  [key in (typeof strategyKeys)[number]]: z.ZodOptional<z.ZodUnknown>;
};

const strategyObject = object("a strategy's name, or { use: name, …axes }", axes);

const strategy = z.unknown().transform((input, context) => {
  const written =
    typeof input === "string" ? { use: input } : parseInto(context, strategyObject, input);
  if (context.issues.length > 0) return z.NEVER;
  try {
    return resolveStrategy(written as StrategyInput);
  } catch (error) {
    if (!(error instanceof StrategyError)) throw error;
    const inside = typeof input === "object" && error.key !== null;
    context.addIssue({ code: "custom", message: error.message, path: inside ? [error.key!] : [] });
    return z.NEVER;
  }
});

/** A bound on a figure: a comparison, or a bare value that must be met exactly. */
function bound(unit: string, example: string) {
  const expected = expecting(`a bound such as "${example}"`);
  const written = new RegExp(String.raw`^\s*(?:<=|>=|==|<|>)?\s*\d+(?:\.\d+)?\s*(?:${unit})?\s*$`);
  return z.union([z.number(expected), z.string(expected).regex(written, expected)], expected);
}
const timeBound = bound("us|ms|s|m|h", "<= 9.5s");
const shareBound = bound("%", ">= 50%");

const status = z.enum(taskStatuses, {
  error: (issue) =>
    `${describe(issue.input)} is not a status; ${suggestion(issue.input, taskStatuses, "statuses")}`,
});

function expectation(names: Names | null) {
  const perTask =
    names === null
      ? z.record(z.string(), status)
      : // No object with a key for each: a task may be called as what every object has, as `constructor`.
        z.record(
          z.string().refine((name) => names.tasks.includes(name), {
            error: (issue) => unknownKey(String(issue.input), names.tasks),
            params: { isUnknownKey: true },
          }),
          status,
          expecting("a status, or { task: status }"),
        );
  const lines = z.array(text, expecting("a list of lines"));
  const isString = (input: unknown): boolean => typeof input === "string";
  const contains = object("a list of lines, or { contains: … }", {
    contains: twoForms(names, (input) => !Array.isArray(input), text, lines),
  });
  return object("an object of expectations", {
    tasks: twoForms(names, isString, status, perTask as z.ZodType).optional(),
    lost: count("how many tasks may be lost: a whole number", 0, maxCount).optional(),
    wall: timeBound.optional(),
    main: timeBound.optional(),
    longestBlock: timeBound.optional(),
    "lateness.p99": timeBound.optional(),
    overlap: shareBound.optional(),
    prints: twoForms(names, Array.isArray, lines, contains).optional(),
    deadlock: z.boolean(expecting("true or false")).optional(),
  });
}

/** A task in its short form (a list of steps) or its long one. */
function task(step: z.ZodType, names: Names | null) {
  const steps = z.array(step, expecting("a list of steps"));
  const long = object("a list of steps, or { steps, finally, copies, until }", {
    steps,
    finally: steps.optional(),
    copies: count(`how many copies: a whole number from 1 to ${maxTasks}`, 1, maxTasks).optional(),
    until: z
      .literal(
        "shutdown",
        expecting("shutdown, for a task that is meant to be cancelled at the end"),
      )
      .optional()
      .meta({
        description:
          "What the task's proper end is: being cancelled at the end of the program is no loss then.",
      }),
  });
  return twoForms(names, Array.isArray, steps, long);
}

function named<Value extends z.ZodType>(what: string, value: Value) {
  const rule = `letters, digits, "-" and "_", beginning with a letter`;
  return z.record(
    z
      .string()
      .regex(identifier, {
        error: (issue) => `${describe(issue.input)} cannot name a ${what}; use ${rule}`,
      })
      .refine((name) => !reservedNames.includes(name), {
        error: (issue) =>
          `${describe(issue.input)} is the name of tandem's own part; choose another name for the ${what}`,
      }),
    value,
    expecting(`an object: a name for each ${what}`),
  );
}

const target = z.enum(killTargets, {
  error: (issue) =>
    `${describe(issue.input)} is nothing that can be killed; ${suggestion(issue.input, killTargets, "words here")}`,
});

/** One kill, or several. */
function kills(names: Names | null) {
  const kill = object("{ what: main, at: 3s }", {
    what:
      names === null
        ? z.union(killTargets.map((what) => z.literal(what).meta({ description: killWords[what] })))
        : target,
    at: duration,
  });
  return twoForms(names, (input) => !Array.isArray(input), kill, z.array(kill));
}

function documentShape(
  names: Names | null,
  steps: (place: Place) => z.ZodType,
  strategyValue: z.ZodType,
) {
  const list = (place: Place) => z.array(steps(place), expecting("a list of steps"));
  return {
    name: kebab.optional(),
    title: label.optional(),
    description: label.optional(),
    main: list("main"),
    launch: list("launch").optional(),
    tasks: named("task", task(steps("task"), names)).optional(),
    channels: named(
      "channel",
      twoForms(
        names,
        (input) => input === null,
        z.null(),
        object("{ capacity: 10 }, or {}", {
          capacity: count("a whole number from 1", 1, maxCount).optional(),
        }),
      ),
    ).optional(),
    strategy: strategyValue.optional(),
    compare: z.array(strategyValue, expecting("a list of strategies")).optional(),
    kill: kills(names).optional(),
    expect: expectation(names).optional(),
    $schema: label.optional(),
  };
}

/** The checking schema for a document that gives these names. */
export function documentSchema(names: Names) {
  return object(
    "a scenario: an object with at least main",
    documentShape(names, (place) => stepAt(place, names), strategy),
  );
}

function axisSchema(name: AxisName): z.ZodType {
  const axis = axisOf(name);
  switch (axis.kind) {
    case "word":
      return z.enum(wordsOf(name));
    case "duration":
      return duration;
    case "count":
      return z.int().min(1).max(axis.most);
  }
}

/** The named strategies, each with its meaning, which editors show beside it. */
const strategyNames = z.union(
  Object.entries(strategyWords).map(([name, says]) => z.literal(name).meta({ description: says })),
);

/** The words that are steps by themselves, each with its meaning. */
const bareSteps = z.union(
  bareWords.map((word) => z.literal(word).meta({ description: keyWords[word]![word]!.says })),
);

/** JSON Schema (draft 2020-12) of a scenario document, for editors. */
export function jsonSchema(): object {
  const step: z.ZodType = z.lazy(() => union).meta({ id: "step" });
  const union: z.ZodType = z.union([
    bareSteps,
    ...Object.values(stepShapes(step, null)).map((shape) => z.strictObject(shape)),
  ]);
  const strategySchema = z.union([
    strategyNames,
    z.strictObject({
      use: strategyNames.optional(),
      ...Object.fromEntries(axisNames.map((name) => [name, axisSchema(name).optional()])),
    }),
  ]);
  const document = z.strictObject(documentShape(null, () => step, strategySchema));
  const schema = z.toJSONSchema(document, { io: "input", reused: "inline" }) as object;
  describeKeys(schema);
  return { ...schema, $id: "urn:tandem:scenario:1", title: "tandem scenario" };
}
