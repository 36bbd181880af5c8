/**
 * Reading an event file: every line is checked before anything is made of it.
 *
 * The first line is the header: what was run, and how. With it a run can be read again in full.
 */
import { UserError } from "../base/user-error.ts";
import { z } from "zod";
import { eventsFormat, eventTypes, shapesByNumber, threads } from "./event.ts";
import { EventLog } from "./log.ts";
import { actorNumbers, recordEvent } from "./ndjson.ts";

const headerSchema = z.strictObject({
  type: z.literal("run-started"),
  format: z.literal(eventsFormat),
  /** The version of tandem that recorded the run. */
  tandem: z.string(),
  /** What the scenario's document is called, and its text. */
  file: z.string(),
  document: z.string(),
  /** As on the command line; parsed again it gives the strategy of the run. */
  strategy: z.string(),
  driver: z.enum(["virtual", "real"]),
  speed: z.number().positive(),
  /** How durations varied, in virtual time, if they did. */
  jitter: z.strictObject({ share: z.number().positive().max(1), seed: z.int() }).exactOptional(),
  /** Every task of the run, in order; an actor is one of these, "main" or "launch". */
  tasks: z.array(z.string()),
});

export type EventsHeader = z.infer<typeof headerSchema>;

/** One event's line. */
const eventSchema = z.discriminatedUnion(
  "type",
  eventTypes.map((type, number) => {
    const { value, text } = shapesByNumber[number]!;
    const fields: Record<string, z.ZodType> = {
      at: z.number().nonnegative(),
      thread: z.enum(threads),
      actor: z.string(),
    };
    if (value !== undefined)
      fields[value.name] = "words" in value ? z.enum(value.words) : z.number();
    if (text !== undefined) fields[text.name] = text.optional ? z.string().optional() : z.string();
    return z.strictObject({ type: z.literal(type), ...fields });
  }) as never,
);

/** JSON Schema (draft 2020-12) of a line of an event file. */
export function eventJsonSchema(): object {
  return {
    ...(z.toJSONSchema(z.union([headerSchema, eventSchema])) as object),
    title: `a line of ${eventsFormat}`,
  };
}

/** A file of events that cannot be read; the message names file and line. */
export class EventsError extends UserError {
  override readonly name = "EventsError";
  readonly status = 2;
}

export interface RecordedRun {
  header: EventsHeader;
  log: EventLog;
}

/**
 * Reads an event file.
 *
 * @throws EventsError at the first line that is not what `eventJsonSchema` says.
 */
export function readEvents(text: string, file: string): RecordedRun {
  if (text.trim() === "")
    refuse(file, 1, `it is empty; a file of events comes from "tandem run --events FILE"`);
  const lines = text.split("\n");
  // Behind the last line's end stands nothing, or what a cut has left of a line.
  if (!isJson(lines.at(-1)!)) lines.pop();
  const header = check(headerSchema, lines[0] ?? "", 1, file) as EventsHeader;
  const actors = actorNumbers(header.tasks);
  const log = new EventLog();
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const event = check(eventSchema, line, index + 1, file) as Record<string, unknown>;
    if (!actors.has(event["actor"] as string))
      refuse(file, index + 1, `"${String(event["actor"])}" is none of the header's tasks`);
    if (
      /^(task|cleanup)-/.test(event["type"] as string) &&
      actors.get(event["actor"] as string)! < 0
    )
      refuse(
        file,
        index + 1,
        `a "${String(event["type"])}" is about a task, not about ${String(event["actor"])}`,
      );
    recordEvent(log, actors, event);
  }
  return { header, log: log.inTimeOrder() };
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function check(schema: z.ZodType, line: string, number: number, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    refuse(
      file,
      number,
      `this line is not JSON; a file of events comes from "tandem run --events FILE"`,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const what = number === 1 ? `a header of ${eventsFormat}` : "an event";
  return refuse(
    file,
    number,
    `not ${what}: ${issue!.path.join(".")}${issue!.path.length > 0 ? ": " : ""}${issue!.message}`,
  );
}

function refuse(file: string, line: number, message: string): never {
  throw new EventsError(`${file}:${line}:1: ${message}`);
}
