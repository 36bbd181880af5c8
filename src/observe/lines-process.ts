/** The lines of a recorder (`javascript/record.ts`), translated into the trace's events and definitions as they come. */
import { eventShapes, type EventShape, shapesByNumber, typeNumber } from "../trace/event.ts";
import { type Details, detailsFrom, NOWHERE, type Stack } from "../trace/log.ts";
import type { Line } from "./lines.ts";
import { newActor, type ProcessTranscript } from "./process-transcript.ts";

/** Fields that are not known yet, by their names. */
type Fields = Readonly<Record<string, unknown>>;

/** The lines of one process that are about what happens in it. */
export class LinesProcess {
  /** How many lines had the right word and a wrong shape. */
  broken = 0;
  readonly #process: ProcessTranscript;
  /** The process's instant 0, in ticks of the trace. */
  readonly #zero: number;

  constructor(process: ProcessTranscript, zero: number) {
    this.#process = process;
    this.#zero = zero;
  }

  /** @returns whether it is a line of this kind; another says something of the process itself, or is of a later recorder. */
  take(line: Line): boolean {
    const read = readers[line[0]];
    if (read === undefined) return false;
    if (!this[read](line)) this.broken++;
    return true;
  }

  place([, id, file, line, column, ofFunction]: Line): boolean {
    if (!isId(id) || !isText(file) || !isId(line)) return false;
    const at = { file, line, column: isId(column) ? column : null };
    this.#process.definePlace(id, { ...at, function: isText(ofFunction) ? ofFunction : null });
    return true;
  }

  thread([, id, name, head]: Line): boolean {
    if (!isId(id) || !isText(name) || !isFields(head)) return false;
    const { daemon, worker, place, actor } = head;
    const definition = {
      name,
      ...(typeof daemon === "boolean" ? { daemon } : {}),
      ...(worker === true ? { worker: true } : {}),
      ...(isId(place) ? { place: this.#process.numberOf("place", place) } : {}),
    };
    const program = isId(actor) ? actor : 0;
    this.#process.defineThread(id, definition, { program, isHidden: false });
    return true;
  }

  loop([, id, thread]: Line): boolean {
    if (!isId(id) || !isId(thread)) return false;
    const number = this.#process.threadNumber(thread);
    this.#process.define("loop", id, { thread: number, rules: "javascript" });
    return true;
  }

  actor([, id, kind, head]: Line): boolean {
    if (!isId(id) || !isText(kind) || !isFields(head)) return false;
    const { function: of, name, until } = head;
    const ofFunction = isText(of) ? of : null;
    const made = kind === "main" ? "main" : (ofFunction ?? `${kind} ${id}`);
    this.#process.defineActor(id, {
      ...newActor(kind, isText(name) ? name : made),
      function: ofFunction,
      until: isText(until) ? until : null,
      ...this.#known(head),
    });
    return true;
  }

  change([, id, change]: Line): boolean {
    if (!isId(id) || !isFields(change)) return false;
    const { name, function: of } = change;
    this.#process.change("actor", id, {
      ...(isText(name) ? { name } : {}),
      ...(isText(of) ? { function: of } : {}),
      ...this.#known(change),
    });
    return true;
  }

  /** Who made an actor, and where. */
  #known({ parent, place, code }: Fields): { parent?: number; place?: number; code?: number } {
    const process = this.#process;
    return {
      ...(isId(parent) ? { parent: process.numberOf("actor", parent) } : {}),
      ...(isId(place) ? { place: process.numberOf("place", place) } : {}),
      ...(isId(code) ? { code: process.numberOf("place", code) } : {}),
    };
  }

  resource([, id, kind, name, more]: Line): boolean {
    if (!isId(id) || !isText(kind) || !isText(name)) return false;
    const { place, capacity } = isFields(more) ? more : {};
    this.#process.define("resource", id, {
      kind,
      name,
      capacity: isId(capacity) ? capacity : null,
      place: isId(place) ? this.#process.numberOf("place", place) : null,
    });
    return true;
  }

  event([, at, type, thread, actor, told, more]: Line): boolean {
    if (!isTime(at) || !isText(type) || !isId(thread)) return false;
    if (!Object.hasOwn(eventShapes, type)) {
      this.#process.countDropped("events of a later recorder");
      return true;
    }
    const number = typeNumber[type as keyof typeof typeNumber];
    const shape = shapesByNumber[number]!;
    const value = this.#value(shape, told);
    const details = this.#details(shape, isFields(more) ? more : {});
    if (value === null || details === null) return false;
    if (!this.#process.hasRoom()) {
      this.#process.hasGaps = true;
      return true;
    }
    const about = isId(actor) ? actor : 0;
    this.#process.record(
      { at: this.#zero + at, type: number, thread, actor: about, value },
      details,
    );
    return true;
  }

  /** The value of an event; null where it has none that its type could have. */
  #value({ value: shape }: EventShape, told: unknown): number | null {
    if (shape === undefined) return 0;
    if ("unit" in shape) return this.#number(shape.unit, told);
    const isWord = typeof told === "number" && Number.isInteger(told) && told in shape.words;
    return isWord ? told : null;
  }

  #number(unit: string, told: unknown): number | null {
    if (typeof told !== "number" || !(Math.abs(told) <= mostNumber)) return null;
    if (unit === "actor") return isId(told) ? this.#process.numberOf("actor", told) : null;
    const whole = Math.round(told);
    return unit === "status" ? whole : Math.max(0, whole);
  }

  /** What an event has beside its value; null where something is missing. */
  #details({ text: shape, numbers: shapes = [] }: EventShape, told: Fields): Details | null {
    const { place, text, resource, numbers, stack } = told;
    const process = this.#process;
    const known: Record<string, number> = {};
    for (const { name, unit, optional } of shapes) {
      const number = this.#number(unit, isFields(numbers) ? numbers[name] : undefined);
      if (number !== null) known[name] = number;
      else if (optional !== true) return null;
    }
    const isOptional = shape?.optional === true || (shape?.ofResource === true && isId(resource));
    if (shape !== undefined && !isText(text) && !isOptional) return null;
    const places: Stack | undefined = Array.isArray(stack)
      ? stack.filter(isId).map((one) => process.numberOf("place", one))
      : undefined;
    return (
      detailsFrom(isId(place) ? process.numberOf("place", place) : (places?.[0] ?? NOWHERE), {
        text: shape !== undefined && isText(text) ? text : undefined,
        resource: isId(resource) ? process.numberOf("resource", resource) : undefined,
        numbers: Object.keys(known).length === 0 ? undefined : known,
        stack: places === undefined || places.length === 0 ? undefined : places,
      }) ?? {}
    );
  }
}

/** The largest number that a line may have: twice as much is still exact. */
const mostNumber = 2 ** 52;

/** By the word of a line: what reads it. */
const readers: Readonly<
  Record<string, "place" | "thread" | "loop" | "actor" | "change" | "resource" | "event">
> = {
  __proto__: null as never,
  place: "place",
  thread: "thread",
  loop: "loop",
  actor: "actor",
  change: "change",
  resource: "resource",
  event: "event",
};

/** Whether something can be an id, a line or a column: they count from 1. */
export function isId(one: unknown): one is number {
  return Number.isSafeInteger(one) && (one as number) > 0;
}

export function isText(one: unknown): one is string {
  return typeof one === "string";
}

export function isFields(one: unknown): one is Fields {
  return typeof one === "object" && one !== null && !Array.isArray(one);
}

/** Whether something can be a time in ticks, with fractions: some before the trace's instant 0, and none that is not exact. */
export function isTime(one: unknown): one is number {
  return typeof one === "number" && Math.abs(one) <= mostNumber;
}
