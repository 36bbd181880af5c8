/**
 * A trace as lines of JSON: a header, definitions, and events, each behind the definitions it names.
 *
 * Invariant: reading what is written here gives the trace again (`readTrace` in `read.ts`).
 */
import { TICKS_PER_MS } from "../base/duration.ts";
import { json, jsonLines, type JsonText } from "../base/texts.ts";
import { type DefinitionKind, definitionKinds, definitionShapes, tableOf } from "./definitions.ts";
import {
  type EventShape,
  eventsFormat,
  eventTypes,
  type NumberUnit,
  shapesByNumber,
} from "./event.ts";
import { type Chunk, NOBODY, NOWHERE, type Numbers } from "./log.ts";
import type { RecordedSource, TraceHeader } from "./header.ts";
import { type Trace, wordOf } from "./trace.ts";

/** About how many characters a piece has. */
const pieceLength = 256 * 1024;

/**
 * The lines of a trace, each ending in a newline, in pieces of about 256 KiB.
 *
 * A scenario's definitions go by their names, so its lines can be read; others have no names that
 * nobody shares, and go by number.
 *
 * @param origin where it comes from, and the version of tandem that says so.
 */
export function* encodeTrace(
  trace: Trace,
  origin: Pick<TraceHeader, "tandem" | "epoch"> & { source: RecordedSource },
): Generator<JsonText> {
  const header: TraceHeader = { type: "trace-began", format: eventsFormat, ...origin };
  yield json(header);
  const encoder = new LineEncoder(trace);
  let piece = "";
  for (const line of encoder.definitions()) {
    piece += line;
    if (piece.length < pieceLength) continue;
    yield jsonLines(piece);
    piece = "";
  }
  for (const chunk of trace.log.chunks)
    for (let k = 0; k < chunk.length; k++) {
      piece += encoder.event(chunk, k);
      if (piece.length < pieceLength) continue;
      yield jsonLines(piece);
      piece = "";
    }
  if (piece !== "") yield jsonLines(piece);
}

/** Makes the lines. What events have in common is put into words once: a record may have millions. */
class LineEncoder {
  readonly #trace: Trace;
  readonly #isNamed: boolean;
  /** By kind and number: the id as JSON. */
  readonly #ids = Object.fromEntries(
    definitionKinds.map((kind) => [kind, new Map<number, string>()]),
  ) as Record<DefinitionKind, Map<number, string>>;
  /** By type and thread: what a line begins with, behind its time. */
  readonly #heads: string[][] = eventTypes.map(() => []);

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#isNamed = trace.source.kind === "scenario";
  }

  *definitions(): Generator<string> {
    for (const kind of definitionKinds)
      for (const [number, definition] of this.#trace.definitions[tableOf[kind]])
        yield this.#definition(kind, number, definition as unknown as Record<string, unknown>);
  }

  #definition(kind: DefinitionKind, number: number, definition: Record<string, unknown>): string {
    const name = "name" in definition && this.#isNamed ? definition["name"] : undefined;
    const id = JSON.stringify(name ?? number);
    this.#ids[kind].set(number, id);
    let line = `{"define":"${kind}","id":${id}`;
    for (const [field, { is, absent }] of Object.entries(definitionShapes[kind])) {
      const value = definition[field];
      if (value === absent || value === undefined || (absent === "id" && value === name)) continue;
      const isReference = is !== "text" && is !== "whole" && is !== "boolean";
      line += `,"${field}":${isReference ? this.#id(is, value as number) : JSON.stringify(value)}`;
    }
    return `${line}}\n`;
  }

  /** The line of an event; all that it names must have been defined. */
  event(chunk: Chunk, k: number): string {
    const type = chunk.type[k]!;
    const thread = chunk.thread[k]!;
    const actor = chunk.actor[k]!;
    const place = chunk.place[k]!;
    const { value: shape, text, numbers } = shapesByNumber[type]!;
    // Further attempts at tasks are defined when they are first heard of.
    let line = actor === NOBODY || this.#ids.actor.has(actor) ? "" : this.#late(actor);
    line += `{"at":${chunk.at[k]! / TICKS_PER_MS}`;
    line += this.#heads[type]![thread] ?? this.#head(type, thread);
    if (actor !== NOBODY) line += `,"actor":${this.#id("actor", actor)}`;
    if (place !== NOWHERE) line += `,"place":${this.#id("place", place)}`;
    const resource = chunk.resources.size === 0 ? undefined : chunk.resources.get(k);
    if (resource !== undefined) line += `,"resource":${this.#id("resource", resource)}`;
    if (shape !== undefined) {
      const value = chunk.value[k]!;
      line += `,"${shape.name}":${"words" in shape ? JSON.stringify(wordOf(this.#trace, shape.words, value)) : this.#number(shape.unit, value)}`;
    }
    if (numbers !== undefined) line += this.#numbers(numbers, chunk.numbers.get(k));
    if (text !== undefined) line += this.#text(text, chunk.texts.get(k), resource);
    const stack = chunk.stacks?.get(k);
    if (stack !== undefined)
      line += `,"stack":[${stack.map((one) => this.#id("place", one)).join(",")}]`;
    return `${line}}\n`;
  }

  /** The line of an actor that the table of definitions knows and does not list. */
  #late(actor: number): string {
    const definition = this.#trace.definitions.actors.get(actor);
    if (definition === undefined) return "";
    return this.#definition("actor", actor, definition as unknown as Record<string, unknown>);
  }

  #head(type: number, thread: number): string {
    const head = `,"type":"${eventTypes[type]!}","thread":${this.#id("thread", thread)}`;
    return (this.#heads[type]![thread] = head);
  }

  #numbers(shapes: NonNullable<EventShape["numbers"]>, numbers: Numbers | undefined): string {
    let fields = "";
    for (const { name, unit } of shapes) {
      const value = numbers?.[name];
      if (value !== undefined) fields += `,"${name}":${this.#number(unit, value)}`;
    }
    return fields;
  }

  #text(
    shape: NonNullable<EventShape["text"]>,
    text: string | undefined,
    resource: number | undefined,
  ): string {
    if (text === undefined) return "";
    const isSaid = shape.ofResource === true && resource !== undefined;
    if (isSaid && text === this.#trace.definitions.resources.get(resource)!.name) return "";
    return `,"${shape.name}":${JSON.stringify(text)}`;
  }

  #number(unit: NumberUnit, value: number): string {
    if (unit === "actor") return this.#id("actor", value);
    return String(unit === "ticks" ? value / TICKS_PER_MS : value);
  }

  #id(kind: DefinitionKind, number: number): string {
    const id = this.#ids[kind].get(number);
    if (id === undefined) throw new Error(`the trace has no definition of ${kind} ${number}`);
    return id;
  }
}
