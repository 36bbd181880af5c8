/**
 * The shape of a scenario document, in zod: what `parseScenario` checks and `tandem schema` prints.
 *
 * One table of steps serves both. Checking dispatches on a step's own key, so that a mistake is
 * told about that step and not about every step it might have been; the printed schema is the
 * plain union.
 */
import { z } from "zod";
import { durationExamples, parseDuration } from "./duration.ts";
import {
  atExits,
  loops,
  offloads,
  resolveStrategy,
  settles,
  strategyKeys,
  StrategyError,
  type StrategyInput,
} from "./strategy.ts";
import { suggestion } from "./suggest.ts";

/** A document is checked once, and compiling a schema first, as zod would, costs more than that. */
export const once = { jitless: true };

/** The three programs a step can stand in. */
export type Place = "main" | "launch" | "task";

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
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

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
  return `unknown key "${key}"; ${suggestion(key, known, "keys here")}`;
}

const text = z.union([z.string(), z.number(), z.boolean()], expecting("text"));
const label = z.string(expecting("text"));

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
const identifier = /^[A-Za-z_][\w-]*$/;
export const reservedNames = ["main", "launch"];

function reference(what: string, names: string[]) {
  return z.string(expecting(`the name of a ${what}`)).refine((name) => names.includes(name), {
    error: (issue) =>
      `no ${what} is named ${describe(issue.input)}; ${suggestion(String(issue.input), names, `${what}s`)}`,
  });
}

/** A step that is written as a bare word; `word:` with nothing behind it is the same slip of the pen. */
const bare = z.union([z.null(), z.literal(true)], expecting("the word alone, without a value"));

function stepShapes(step: z.ZodType, names: Names | null) {
  const task = names === null ? z.string() : reference("task", names.tasks);
  const channel = names === null ? z.string() : reference("channel", names.channels);
  const timeout = duration.optional();
  const shapes = {
    print: { print: text },
    sleep: { sleep: duration },
    block: { block: duration },
    compute: { compute: duration },
    repeat: {
      repeat: count("how many times: a whole number from 0", 0, 1_000_000_000),
      steps: z.array(step, expecting("a list of steps")),
    },
    fail: { fail: text },
    launch: { launch: bare },
    start: {
      start: z.union([task, z.array(task)], {
        error: (issue) =>
          unionMessage(issue) ??
          `found ${describe(issue.input)}; write a task's name, or a list of names`,
      }),
    },
    settle: { settle: bare },
    submit: { submit: task },
    result: { result: task, timeout },
    join: { join: bare, timeout },
    send: {
      send: object("{ channel: name, value: … }", { channel, value: z.unknown() }),
    },
    receive: { receive: channel, timeout },
    call: {
      call: object("{ module: ./job.ts }", {
        module: label,
        export: label.optional(),
        args: z.unknown().optional(),
        takes: duration.optional(),
      }),
    },
  } satisfies Record<string, z.ZodRawShape>;
  return shapes;
}

/** A union's issue says only "invalid input"; its one branch that got past the type says why. */
function unionMessage(issue: { errors?: unknown }): string | undefined {
  const branches = issue.errors as
    { code: string; message: string; path: PropertyKey[] }[][] | undefined;
  const near = branches?.find((branch) => branch.some((inner) => inner.code !== "invalid_type"));
  return near?.[0]?.message;
}

const bareWords = ["launch", "settle", "join"];

/** A checked step still in the document's own words. */
export type ParsedStep = { [key: string]: unknown };

function stepAt(place: Place, names: Names): z.ZodType<ParsedStep> {
  const step: z.ZodType<ParsedStep> = z.lazy(() => dispatcher);
  const shapes = stepShapes(step, names);
  const kinds = Object.keys(shapes);
  // Each is made when a document first uses it: most documents use a handful.
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
            : `"${input}" is not a step; ${suggestion(input, kinds, "steps")}`,
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
        : fail(`"${key}" is not a step; ${suggestion(key, kinds, "steps")}`, [key]);
    }
    if (found.length > 1)
      return fail(
        `one object holds the steps ${found.map((key) => `"${key}"`).join(" and ")}; write each as an item of its own`,
        [found[1]!],
      );
    const kind = found[0]!;
    if (!places[kind]!.includes(place)) fail(misplaced(kind, place, written[kind]), [kind]);
    const parsed = schemaOf(kind as keyof typeof shapes).safeParse(written, once);
    if (parsed.success) return parsed.data as ParsedStep;
    // The error map has spoken where the issue arose; it must not speak again here.
    for (const issue of parsed.error.issues)
      context.addIssue({ ...(issue as object), message: issue.message } as never);
    return z.NEVER;
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

const strategy = z.unknown().transform((input, context) => {
  try {
    if (typeof input === "string") return resolveStrategy({ use: input });
    const parsed = object(`a strategy's name, or { use: name, …axes }`, axes).safeParse(
      input,
      once,
    );
    if (parsed.success) return resolveStrategy(parsed.data as StrategyInput);
    for (const issue of parsed.error.issues)
      context.addIssue({ ...(issue as object), message: issue.message } as never);
  } catch (error) {
    if (!(error instanceof StrategyError)) throw error;
    const inside = typeof input === "object" && error.key !== null;
    context.addIssue({ code: "custom", message: error.message, path: inside ? [error.key!] : [] });
  }
  return z.NEVER;
});

/** `"<= 9.5s"`, `">= 50%"`, or a bare value that must be met exactly. */
const aBound = expecting(`a bound such as "<= 9.5s" or ">= 50%"`);
const bound = z.union(
  [
    z.number(),
    z.string().regex(/^\s*(?:<=|>=|==|<|>)?\s*\d+(?:\.\d+)?\s*(?:us|ms|s|m|%)?\s*$/, aBound),
  ],
  aBound,
);

const statuses = ["finished", "failed", "cancelled", "abandoned", "unstarted"] as const;
const status = z.enum(statuses, {
  error: (issue) =>
    `${describe(issue.input)} is not a status; ${suggestion(String(issue.input), statuses, "statuses")}`,
});

function expectation(names: Names | null) {
  const perTask =
    names === null
      ? z.record(z.string(), status)
      : object(
          "a status, or { task: status }",
          Object.fromEntries(names.tasks.map((name) => [name, status.optional()])),
        );
  return object("an object of expectations", {
    tasks: z
      .union([status, perTask], {
        error: (issue) =>
          unionMessage(issue) ??
          `found ${describe(issue.input)}; write a status, or { task: status }`,
      })
      .optional(),
    lost: count(
      "how many tasks may be lost: a whole number",
      0,
      Number.MAX_SAFE_INTEGER,
    ).optional(),
    wall: bound.optional(),
    main: bound.optional(),
    longestBlock: bound.optional(),
    "lateness.p99": bound.optional(),
    overlap: bound.optional(),
    prints: z
      .union(
        [z.array(text), object("a list of lines", { contains: z.union([text, z.array(text)]) })],
        {
          error: (issue) =>
            unionMessage(issue) ??
            `found ${describe(issue.input)}; write a list of lines, or { contains: … }`,
        },
      )
      .optional(),
    deadlock: z.boolean(expecting("true or false")).optional(),
  });
}

function taskSchema(step: z.ZodType) {
  const steps = z.array(step, expecting("a list of steps"));
  const long = object("a list of steps, or { steps, finally, copies }", {
    steps,
    finally: steps.optional(),
    copies: count("how many copies: a whole number from 1 to 1000000", 1, 1_000_000).optional(),
  });
  return { steps, long };
}

/** A task in its short form (a list) or its long one; which, decides whose mistakes are told. */
function task(step: z.ZodType) {
  const { steps, long } = taskSchema(step);
  return z.unknown().transform((input, context) => {
    const parsed = Array.isArray(input)
      ? z.object({ steps }).safeParse({ steps: input }, once)
      : long.safeParse(input, once);
    if (parsed.success)
      return parsed.data as { steps: ParsedStep[]; finally?: ParsedStep[]; copies?: number };
    for (const issue of parsed.error.issues)
      context.addIssue({
        ...(issue as object),
        message: issue.message,
        path: Array.isArray(input) ? issue.path.slice(1) : issue.path,
      } as never);
    return z.NEVER;
  });
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

function documentShape(
  steps: (place: Place) => z.ZodType,
  taskValue: z.ZodType,
  strategyValue: z.ZodType,
  expect: z.ZodType,
) {
  const list = (place: Place) => z.array(steps(place), expecting("a list of steps"));
  return {
    name: kebab,
    title: label.optional(),
    description: label.optional(),
    main: list("main"),
    launch: list("launch").optional(),
    tasks: named("task", taskValue).optional(),
    channels: named(
      "channel",
      z.union(
        [
          z.null(),
          object("{ capacity: 10 }", {
            capacity: count("a whole number from 1", 1, 1_000_000_000).optional(),
          }),
        ],
        {
          error: (issue) =>
            unionMessage(issue) ?? `found ${describe(issue.input)}; write { capacity: 10 }, or {}`,
        },
      ),
    ).optional(),
    strategy: strategyValue.optional(),
    compare: z.array(strategyValue, expecting("a list of strategies")).optional(),
    expect: expect.optional(),
  };
}

/** The checking schema for a document that gives these names. */
export function documentSchema(names: Names) {
  return object(
    "a scenario: an object with at least name and main",
    documentShape(
      (place) => stepAt(place, names),
      task(stepAt("task", names)),
      strategy,
      expectation(names),
    ),
  );
}

/** Keys of a document, for a missing or mistaken one. */
export const documentKeys = Object.keys(documentShape(() => z.any(), z.any(), z.any(), z.any()));

/** JSON Schema (draft 2020-12) of a scenario document, for editors. */
export function jsonSchema(): object {
  const step: z.ZodType = z.lazy(() => union).meta({ id: "step" });
  const union: z.ZodType = z.union([
    z.enum(bareWords),
    ...Object.values(stepShapes(step, null)).map((shape) => z.strictObject(shape)),
  ]);
  const { steps, long } = taskSchema(step);
  const strategySchema = z.union([
    z.string(),
    z.strictObject({
      use: z.string().optional(),
      loop: z.enum(loops).optional(),
      settle: z.enum(settles).optional(),
      timeout: duration.optional(),
      atExit: z.enum(atExits).optional(),
      grace: duration.optional(),
      offload: z.enum(offloads).optional(),
      workers: z.int().min(1).max(64).optional(),
    }),
  ]);
  const document = z.strictObject(
    documentShape(() => step, z.union([steps, long]), strategySchema, expectation(null)),
  );
  return {
    ...(z.toJSONSchema(document, { io: "input" }) as object),
    title: "tandem scenario",
  };
}
