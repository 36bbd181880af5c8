/**
 * Reading a trace from lines of JSON, each checked against the tables of definitions and events before
 * anything is made of it.
 *
 * What is known must have its shape. What this version does not know is no reason to refuse: kinds and
 * words are kept; events, definitions and fields are passed over, and counted.
 */
import { brief } from "../base/sentences.ts";
import { spelled } from "../base/suggest.ts";
import { TICKS_PER_MS } from "../base/duration.ts";
import { UserError } from "../base/user-error.ts";
import {
  type DefinitionKind,
  definitionKinds,
  type Definitions,
  definitionShapes,
  type FieldShape,
  type Place,
  tableOf,
} from "./definitions.ts";
import {
  eventsFormat,
  type EventShape,
  eventTypes,
  mostMs,
  type NumberUnit,
  shapesByNumber,
} from "./event.ts";
import type { TraceHeader } from "./header.ts";
import { type Details, detailsFrom, EventLog, NOBODY, NOWHERE } from "./log.ts";
import { headerSchema, unknownHeaderFields } from "./schema.ts";
import { type Trace, type Unknown, withPlaces } from "./trace.ts";

/** A file of events that cannot be read; the message names file and line. */
export class EventsError extends UserError {}

/** How a definition is named in the lines of its file. */
export type Id = string | number;

/** How definitions are numbered in memory, where that is not the order in which they come. */
export interface Convention {
  /** The number of what a line defines; undefined where there is nothing of that name. */
  numberOf(kind: DefinitionKind, id: Id): number | undefined;
  /** All of them, where they are known beforehand: then of the file's only places that are not are kept. */
  definitions?: Definitions;
}

export interface RecordedTrace extends Trace {
  readonly header: TraceHeader;
  /** How its file names what it defines. @returns null for what is not defined in it. */
  idOf(kind: DefinitionKind, number: number): Id | null;
}

/**
 * Reads a trace.
 *
 * @param pieces the file's text, cut anywhere.
 * @param file what it is called in messages.
 * @param conventionOf says for a header how what it defines is numbered; without that, in the order
 *   of definition, from 0 for each kind.
 * @throws EventsError at the first line that has not the shape it should have.
 */
export function readTrace(
  pieces: Iterable<string>,
  file: string,
  conventionOf?: (header: TraceHeader) => Convention | undefined,
): RecordedTrace {
  const lines = new Lines(file);
  let reader: LineReader | undefined;
  for (const line of lines.of(pieces))
    if (reader !== undefined) reader.hear(line);
    else {
      const header = readHeader(line, lines);
      reader = new LineReader(header, lines, conventionOf?.(header) ?? inOrder());
      reader.passOver(unknownHeaderFields(line));
    }
  if (reader === undefined)
    return lines.cutOff
      ? lines.refuse("its first line has been cut off, so nothing of it can be read")
      : lines.refuse(`it is empty; ${whence}`);
  return reader.trace();
}

const whence = `a file of events comes from "tandem run --events FILE"`;

function inOrder(): Convention {
  const counts = new Map<DefinitionKind, number>();
  return {
    numberOf(kind) {
      const number = counts.get(kind) ?? 0;
      counts.set(kind, number + 1);
      return number;
    },
  };
}

type Line = Record<string, unknown>;

/** The lines of a file, and where in it the reader is. */
class Lines {
  number = 0;
  /** Whether the last line is no whole one. */
  cutOff = false;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Every line as an object. What a cut has left of the last one is passed over. */
  *of(pieces: Iterable<string>): Generator<Line> {
    let rest = "";
    for (const piece of pieces) {
      let from = 0;
      for (let end; (end = piece.indexOf("\n", from)) >= 0; from = end + 1) {
        const line = rest + piece.slice(from, end);
        rest = "";
        this.number++;
        yield this.#parse(line);
      }
      rest += piece.slice(from);
    }
    if (rest.trim() === "") return;
    this.number++;
    try {
      JSON.parse(rest);
    } catch {
      this.cutOff = true;
      // A text of one line that is no JSON is no trace that was cut, but something else.
      if (this.number === 1 && !rest.startsWith("{")) this.#parse(rest);
      return;
    }
    yield this.#parse(rest);
  }

  refuse(message: string): never {
    throw new EventsError(`${this.#file}:${Math.max(this.number, 1)}:1: ${brief(message)}`);
  }

  #parse(line: string): Line {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      if (this.number === 1 && line.trim() === "") this.refuse(`it is empty; ${whence}`);
      this.refuse(`this line is not JSON; ${whence}`);
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      this.refuse(`this line is no JSON object; ${whence}`);
    return parsed as Line;
  }
}

function readHeader(line: Line, lines: Lines): TraceHeader {
  const { format, tandem } = line;
  if (format === "tandem-events/1")
    lines.refuse(
      `it is of the format ${format}, which this tandem reads no more; perform the run again, or read it with tandem ${spelled(tandem)}, which wrote it`,
    );
  if (typeof format === "string" && format !== eventsFormat)
    lines.refuse(
      `it is of the format ${JSON.stringify(format)}, and this tandem reads ${eventsFormat}; read it with the tandem that wrote it`,
    );
  const parsed = headerSchema.safeParse(line);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue!.path.length > 0 ? `${issue!.path.join(".")}: ` : "";
  return lines.refuse(`not a header of ${eventsFormat}: ${path}${issue!.message}`);
}

/** Takes lines behind the header in, one by one. */
class LineReader {
  readonly #header: TraceHeader;
  readonly #lines: Lines;
  readonly #convention: Convention;
  readonly #log = new EventLog();
  readonly #numbers = Object.fromEntries(
    definitionKinds.map((kind) => [kind, new Map<Id, number>()]),
  ) as Record<DefinitionKind, Map<Id, number>>;
  readonly #tables = Object.fromEntries(
    definitionKinds.map((kind) => [tableOf[kind], new Map<number, object>()]),
  ) as Record<keyof Definitions, Map<number, object>>;
  readonly #definitions: Definitions;
  /** The actors that are main or launch. */
  readonly #programs = new Set<number>();
  readonly #words = new Map<string, number>();
  readonly #unknown = new Map<string, Unknown>();

  constructor(header: TraceHeader, lines: Lines, convention: Convention) {
    this.#header = header;
    this.#lines = lines;
    this.#convention = convention;
    this.#definitions = convention.definitions ?? (this.#tables as unknown as Definitions);
  }

  trace(): RecordedTrace {
    const ids = new Map<DefinitionKind, Map<number, Id>>();
    const idsOf = (kind: DefinitionKind): Map<number, Id> =>
      new Map([...this.#numbers[kind]].map(([id, number]) => [number, id]));
    return {
      idOf: (kind, number) => ids.getOrInsertComputed(kind, idsOf).get(number) ?? null,
      header: this.#header,
      source: this.#header.source,
      definitions: this.#allDefinitions(),
      log: this.#log.inTimeOrder(),
      words: [...this.#words.keys()],
      cutOff: this.#lines.cutOff,
      unknown: [...this.#unknown.values()],
    };
  }

  #allDefinitions(): Definitions {
    if (this.#convention.definitions === undefined) return this.#definitions;
    return withPlaces(this.#definitions, this.#tables.places as Map<number, Place>);
  }

  /** Counts fields of the header that this version does not know. */
  passOver(fields: readonly string[]): void {
    for (const field of fields) this.#count("field", `trace-began.${field}`);
  }

  hear(line: Line): void {
    const { type, define } = line;
    if (typeof type === "string") {
      const known = shapes.get(type);
      if (known === undefined) this.#count("event", type);
      else this.#event(line, known);
    } else if (typeof define !== "string")
      this.#lines.refuse(`a line has a "type", if it is an event, or a "define"`);
    else if (isKind(define)) this.#define(line, define);
    else this.#count("definition", define);
  }

  #event(line: Line, known: KnownEvent): void {
    const { number, shape, fields } = known;
    for (const field in line)
      if (!fields.has(field)) this.#count("field", `${eventTypes[number]!}.${field}`);
    const at = line["at"];
    if (!isTime(at)) return this.#misfit(line, "at", rangeOf.ticks);
    const actor =
      line["actor"] === undefined && shape.about === "anybody"
        ? NOBODY
        : this.#reference(line, "actor", "actor");
    if (shape.about === "task" && this.#programs.has(actor))
      this.#lines.refuse(
        `a "${spelled(line["type"])}" is about a task, not about ${spelled(line["actor"])}`,
      );
    this.#log.record(
      toTicks(at),
      number,
      this.#reference(line, "thread", "thread"),
      actor,
      shape.value === undefined ? 0 : this.#value(line, shape.value),
      this.#details(line, shape),
    );
  }

  #value(line: Line, shape: NonNullable<EventShape["value"]>): number {
    if (!("words" in shape)) return this.#number(line, shape)!;
    const word = line[shape.name];
    const index = shape.words.indexOf(word as string);
    if (index >= 0) return index;
    if (typeof word !== "string")
      this.#misfit(line, shape.name, `a word, as ${shape.words.join(", ")}`);
    this.#count("word", `${spelled(line["type"])}.${shape.name}: ${word as string}`);
    let known = this.#words.get(word as string);
    if (known === undefined) this.#words.set(word as string, (known = this.#words.size));
    return shape.words.length + known;
  }

  #number(
    line: Line,
    { name, unit, optional }: NonNullable<EventShape["numbers"]>[number],
  ): number | undefined {
    const value = line[name];
    if (value === undefined && optional) return undefined;
    if (unit === "actor") return this.#reference(line, name, "actor");
    if (unit === "ticks")
      return isTime(value) ? toTicks(value) : this.#misfit(line, name, rangeOf.ticks);
    const isWhole = Number.isSafeInteger(value) && (unit === "status" || (value as number) >= 0);
    return isWhole ? (value as number) : this.#misfit(line, name, rangeOf[unit]);
  }

  #details(line: Line, shape: EventShape): Details | undefined {
    const place = line["place"] === undefined ? NOWHERE : this.#reference(line, "place", "place");
    const resource =
      line["resource"] === undefined ? undefined : this.#reference(line, "resource", "resource");
    const text = this.#text(line, shape, resource);
    const numbers = shape.numbers === undefined ? undefined : this.#furtherNumbers(line, shape);
    const stack = line["stack"] === undefined ? undefined : this.#stack(line);
    return detailsFrom(place, { text, resource, numbers, stack });
  }

  #stack(line: Line): number[] {
    const { stack } = line;
    if (!Array.isArray(stack)) return this.#misfit(line, "stack", "a list of places");
    return stack.map((place) => this.#reference({ stack: place }, "stack", "place"));
  }

  #text(line: Line, { text }: EventShape, resource: number | undefined): string | undefined {
    if (text === undefined) return undefined;
    const written = line[text.name];
    if (typeof written === "string") return written;
    if (written !== undefined) this.#misfit(line, text.name, "a text");
    if (text.ofResource && resource !== undefined)
      return this.#definitions.resources.get(resource)!.name;
    if (!text.optional) this.#misfit(line, text.name, "a text");
    return undefined;
  }

  #furtherNumbers(line: Line, { numbers }: EventShape): Record<string, number> | undefined {
    const found: Record<string, number> = {};
    for (const shape of numbers!) {
      const value = this.#number(line, shape);
      if (value !== undefined) found[shape.name] = value;
    }
    return Object.keys(found).length > 0 ? found : undefined;
  }

  #define(line: Line, kind: DefinitionKind): void {
    const { id } = line;
    if (typeof id !== "string" && typeof id !== "number")
      return this.#lines.refuse(`the id of a definition is a text or a number`);
    const shapes = definitionShapes[kind];
    for (const field in line)
      if (!Object.hasOwn(shapes, field) && field !== "define" && field !== "id")
        this.#count("field", `${kind}.${field}`);
    if (this.#numbers[kind].has(id))
      return this.#lines.refuse(`the ${kind} "${id}" is defined above this line already`);
    const definition: Record<string, unknown> = {};
    for (const [field, shape] of Object.entries(shapes))
      if (!shape.optional || (line[field] ?? null) !== null)
        definition[field] = this.#field(line, field, shape);
    const number = this.#convention.numberOf(kind, id);
    if (number === undefined)
      return this.#lines.refuse(`the ${kind} "${id}" is none of the header's document`);
    this.#numbers[kind].set(id, number);
    if (kind === "actor" && (definition["kind"] === "main" || definition["kind"] === "launch"))
      this.#programs.add(number);
    const { definitions } = this.#convention;
    if (
      definitions === undefined ||
      (kind === "place" && definitions.places.get(number) === undefined)
    )
      this.#tables[tableOf[kind]].set(number, definition);
  }

  #field(line: Line, field: string, { is, least, absent }: FieldShape): unknown {
    const value = line[field];
    if (absent !== undefined && (value === undefined || value === null))
      return absent === "id" ? String(line["id"]) : absent;
    switch (is) {
      case "text":
        return typeof value === "string" ? value : this.#misfit(line, field, "a text");
      case "whole":
        if (Number.isSafeInteger(value) && (value as number) >= (least ?? -Infinity)) return value;
        return this.#misfit(
          line,
          field,
          `a whole number${least === undefined ? "" : ` from ${least} on`}`,
        );
      case "boolean":
        return typeof value === "boolean" ? value : this.#misfit(line, field, "true or false");
      default:
        return this.#reference(line, field, is);
    }
  }

  /** The number of what a field names, which must have been defined. */
  #reference(line: Line, field: string, kind: DefinitionKind): number {
    const id = line[field] as Id;
    const number = this.#numbers[kind].get(id);
    if (number !== undefined) return number;
    if (typeof id !== "string" && typeof id !== "number")
      return this.#misfit(line, field, `the id of a ${kind}`);
    return this.#lines.refuse(
      `no ${kind} "${id}" is defined above this line, which names it as its ${field}`,
    );
  }

  #misfit(line: Line, field: string, wanted: string): never {
    const what =
      "type" in line ? `"${spelled(line["type"])}"` : `definition of a ${spelled(line["define"])}`;
    const value = line[field];
    // JSON has no word for a number that is too large for it.
    const told = typeof value === "number" ? String(value) : JSON.stringify(value);
    const found = value === undefined ? "is missing" : `is ${told}`;
    return this.#lines.refuse(`the "${field}" of a ${what} is ${wanted}; here it ${found}`);
  }

  #count(what: Unknown["what"], name: string): void {
    const key = `${what} ${name}`;
    const known = this.#unknown.get(key);
    if (known === undefined) this.#unknown.set(key, { what, name, count: 1 });
    else known.count++;
  }
}

/** What is known of an event type: its number, its shape, and all fields that its lines may have. */
interface KnownEvent {
  number: number;
  shape: EventShape;
  fields: ReadonlySet<string>;
}

const shapes: ReadonlyMap<string, KnownEvent> = new Map(
  eventTypes.map((type, number) => {
    const shape = shapesByNumber[number]!;
    const { value, text, numbers = [] } = shape;
    const own = [value, text, ...numbers].flatMap((one) => (one === undefined ? [] : [one.name]));
    const fields = new Set(["at", "type", "thread", "actor", "place", "resource", "stack", ...own]);
    return [type, { number, shape, fields }];
  }),
);

function isKind(word: string): word is DefinitionKind {
  return (definitionKinds as readonly string[]).includes(word);
}

/** What a number must be, for messages. */
const rangeOf: Readonly<Record<Exclude<NumberUnit, "actor">, string>> = {
  ticks: `a number of milliseconds, from 0 to ${mostMs}`,
  count: "a whole number from 0 on",
  status: "a whole number",
};

function isTime(ms: unknown): ms is number {
  return typeof ms === "number" && ms >= 0 && ms <= mostMs;
}

function toTicks(ms: number): number {
  return Math.round(ms * TICKS_PER_MS);
}
