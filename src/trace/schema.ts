/** The shape of every line of a trace in a file, for zod and as JSON Schema. */
import { z } from "zod";
import { definitionKinds, definitionShapes, type FieldShape } from "./definitions.ts";
import {
  eventsFormat,
  type EventShape,
  eventTypes,
  mostMs,
  type NumberUnit,
  shapesByNumber,
} from "./event.ts";

const scenarioSource = z.object({
  kind: z.literal("scenario"),
  /** What the scenario's document is called, and its text. */
  file: z.string(),
  document: z.string(),
  strategy: z.string(),
  driver: z.enum(["virtual", "real"]),
  speed: z.number().positive(),
  jitter: z
    .object({ share: z.number().positive().max(1), seed: z.int() })
    .nullable()
    .default(null),
  disturbed: z
    .object({
      waited: z.number().nonnegative().max(mostMs).nullable(),
      stopped: z.number().nonnegative().max(mostMs),
    })
    .describe(
      "what kept a real run from going on, in ms: the most that a thread waited for a core, and how long its processes were stopped",
    )
    .nullable()
    .default(null),
});

const observedSource = z.object({
  kind: z.literal("observed"),
  language: z.string(),
  runtime: z.string(),
  command: z.string(),
  pid: z.int().nonnegative().nullable().default(null),
  blocks: z.number().positive().max(mostMs).nullable().default(null),
});

export const headerSchema = z.object({
  type: z.literal("trace-began"),
  format: z.literal(eventsFormat),
  tandem: z.string(),
  epoch: z.number().nullable().default(null),
  source: z.discriminatedUnion("kind", [scenarioSource, observedSource]),
});

/** The fields of a header's line that this version does not know; those of its source as `source.uptime`. */
export function unknownHeaderFields(line: Record<string, unknown>): string[] {
  const source = line["source"] as Record<string, unknown>;
  const known = source["kind"] === "scenario" ? scenarioSource : observedSource;
  return [
    ...Object.keys(line).filter((field) => !Object.hasOwn(headerSchema.shape, field)),
    ...Object.keys(source)
      .filter((field) => !Object.hasOwn(known.shape, field))
      .map((field) => `source.${field}`),
  ];
}

/** How a definition is named in the lines behind it. */
const id = z.union([z.string(), z.int()]);

const ms = z.number().nonnegative().max(mostMs);

const numberSchemas: Readonly<Record<NumberUnit, z.ZodType>> = {
  ticks: ms,
  count: z.int().nonnegative(),
  status: z.int(),
  actor: id,
};

function fieldSchema({ is, words, least, absent, optional }: FieldShape): z.ZodType {
  const whole = least === undefined ? z.int() : z.int().min(least);
  const schemas = { text: z.string(), whole, boolean: z.boolean() };
  const known = words === undefined ? "" : `one of ${words.join(", ")}, or another word`;
  const schema = is in schemas ? schemas[is as keyof typeof schemas] : id;
  const told = known === "" ? schema : schema.describe(known);
  if (optional) return told.optional();
  if (absent === undefined) return told;
  return absent === null ? told.nullable().optional() : told.optional();
}

function definitionSchema(kind: (typeof definitionKinds)[number]): z.ZodType {
  const fields = Object.entries(definitionShapes[kind]).map(
    ([name, shape]) => [name, fieldSchema(shape)] as const,
  );
  return z.looseObject({ define: z.literal(kind), id, ...Object.fromEntries(fields) });
}

function eventSchema(type: string, { value, text, numbers, about }: EventShape): z.ZodType {
  const fields: Record<string, z.ZodType> = {
    at: ms,
    thread: id,
    actor: about === "anybody" ? id.optional() : id,
    place: id.optional(),
    resource: id.optional(),
    stack: z.array(id).optional(),
  };
  for (const shape of [value, ...(numbers ?? [])]) {
    if (shape === undefined) continue;
    if ("words" in shape) {
      const known = `one of ${shape.words.join(", ")}, or another word`;
      fields[shape.name] = z.string().describe(known);
      continue;
    }
    const field = numberSchemas[shape.unit];
    fields[shape.name] = shape.optional ? field.optional() : field;
  }
  if (text !== undefined)
    fields[text.name] = text.optional || text.ofResource ? z.string().optional() : z.string();
  return z.looseObject({ type: z.literal(type), ...fields });
}

/** JSON Schema (draft 2020-12) of a line of a file of events that has nothing in it but what is known. */
export function eventJsonSchema(): object {
  const definitions = definitionKinds.map(definitionSchema);
  const events = eventTypes.map((type, number) => eventSchema(type, shapesByNumber[number]!));
  return {
    ...(z.toJSONSchema(z.union([headerSchema, ...definitions, ...events]), {
      io: "input",
    }) as object),
    title: `a line of ${eventsFormat}`,
  };
}
