/**
 * Programs as a recorder would tell of them, sketched in a few lines: each actor by its name, each place
 * by the line in app.py. What is sketched goes through the lines of a file, so it has the shape of a trace.
 */
import { detectInProgram } from "../../src/reading/findings/in-program.ts";
import type { FoundInProgram } from "../../src/reading/findings/program-finding.ts";
import { inProcess } from "../../src/reading/one-process.ts";
import { read, type Reading } from "../../src/reading/reading.ts";
import type { EventType } from "../../src/trace/event.ts";
import { readTrace, type RecordedTrace } from "../../src/trace/read.ts";
import { observedSource } from "./observed.ts";

/** What an event has beside its time, its type, its thread and its actor; places are lines. */
type More = Record<string, unknown> & { place?: number; stack?: number[] };

interface Made {
  /** The line of the call that made it, and that of its function. */
  line?: number;
  code?: number;
  by?: string;
  function?: string;
}

/** One process of a program. Its main starts at 0 on the thread `Main`, and its actor is `main`. */
export class Sketch {
  readonly definitions: object[] = [];
  readonly events: { at: number }[] = [];
  readonly #id: string;
  readonly #places = new Set<number>();
  readonly #functions = new Map<number, string>();
  #file = "app.py";
  #loops = 0;

  /** @param number of several: its ids have it, and its names have not. */
  constructor(number: number) {
    this.#id = `${number}`;
    const parent = number === 0 ? {} : { parent: "0:app" };
    this.definitions.push({ define: "process", id: this.#idOf("app"), name: "app", ...parent });
    this.thread("Main");
    this.actor("main", "main", {});
    this.at(0, "main-started", "main", "Main");
  }

  /** Where its places are from here on: a file, and the functions that lines stand in (else `f`). */
  of(file: string, functions: Record<number, string>): this {
    this.#file = file;
    for (const [line, name] of Object.entries(functions)) this.#functions.set(Number(line), name);
    return this;
  }

  thread(name: string, more: { daemon?: boolean; worker?: boolean } = {}): this {
    const id = this.#idOf(name);
    this.definitions.push({ define: "thread", id, name, process: this.#idOf("app"), ...more });
    return this;
  }

  /** A loop that a thread turns, behind those it has had. */
  loop(thread: string, rules = "asyncio"): this {
    const id = this.#idOf(`loop ${this.#loops++} of ${thread}`);
    this.definitions.push({ define: "loop", id, thread: this.#idOf(thread), rules });
    return this;
  }

  actor(kind: string, name: string, { line, code, by = "main", function: of }: Made = {}): this {
    this.definitions.push({
      define: "actor",
      id: this.#idOf(name),
      name,
      kind,
      function: of ?? name.replace(/#\d+$/, ""),
      ...(kind === "main" ? {} : { parent: this.#idOf(by) }),
      ...(line === undefined ? {} : { place: this.#place(line) }),
      ...(code === undefined ? {} : { code: this.#place(code) }),
    });
    return this;
  }

  resource(kind: string, name: string, line: number): this {
    const place = this.#place(line);
    this.definitions.push({ define: "resource", id: this.#idOf(name), name, kind, place });
    return this;
  }

  /** @param ms when. @param actor nobody where it is empty. */
  at(ms: number, type: EventType, actor: string, thread = "Main", more: More = {}): this {
    const refer = (field: string): object =>
      more[field] === undefined ? {} : { [field]: this.#idOf(String(more[field])) };
    this.events.push({
      at: ms,
      type,
      thread: this.#idOf(thread),
      ...(actor === "" ? {} : { actor: this.#idOf(actor) }),
      ...more,
      ...(more.place === undefined ? {} : { place: this.#place(more.place) }),
      ...(more.stack === undefined ? {} : { stack: more.stack.map((line) => this.#place(line)) }),
      ...(type === "heard"
        ? refer("in")
        : {
            ...refer("whom"),
            ...(["late", "cancel-requested", "used"].includes(type) ? refer("by") : {}),
            ...(type === "task-ended" ? refer("from") : {}),
          }),
      ...refer("resource"),
    } as { at: number });
    return this;
  }

  /** Main ends, and its process with it. */
  ends(ms: number, code = 0): this {
    this.at(ms, "main-ended", "main", "Main", { status: code === 0 ? "finished" : "failed" });
    return this.at(ms, "process-ended", "main", "Main", { code });
  }

  hangs(ms: number): this {
    return this.at(ms, "interrupted", "main", "Main", { by: "hang" });
  }

  #idOf(name: string): string {
    return `${this.#id}:${name}`;
  }

  #place(line: number): string {
    const id = this.#idOf(`line ${line}`);
    if (!this.#places.has(line)) {
      this.#places.add(line);
      const name = this.#functions.get(line) ?? "f";
      this.definitions.push({ define: "place", id, file: this.#file, line, function: name });
    }
    return id;
  }
}

/** A finding as tests say it: whom it is about by their names, and places as lines. */
export interface Told {
  rule: string;
  of: string[];
  made: number[];
  stood: number[];
  at: number[];
}

export interface Read {
  trace: RecordedTrace;
  reading: Reading;
  found: FoundInProgram[];
  told: Told[];
  /** The line of a place's number. */
  lineOf(place: number | null | undefined): number | null;
}

/** Reads a program of so many like processes. */
export function readSketch(
  draw: (process: Sketch, number: number) => void,
  processes = 1,
  source = observedSource,
): Read {
  const all = Array.from({ length: processes }, (_, number) => new Sketch(number));
  for (const [number, process] of all.entries()) draw(process, number);
  const header = {
    type: "trace-began",
    format: "tandem-events/2",
    tandem: "by hand",
    source,
  };
  const rank = (line: object): number =>
    ["process", "place", "thread", "loop", "actor", "resource"].indexOf(
      (line as { define: string }).define,
    );
  const lines = [
    header,
    ...all.flatMap(({ definitions }) => definitions).toSorted((a, b) => rank(a) - rank(b)),
    ...all.flatMap(({ events }) => events).toSorted((a, b) => a.at - b.at),
  ];
  const trace = readTrace([lines.map((line) => `${JSON.stringify(line)}\n`).join("")], "sketch");
  const reading = read(trace);
  const found = reading.processes.flatMap(({ number }) =>
    detectInProgram(inProcess(reading, number), source),
  );
  const lineOf: Read["lineOf"] = (place) =>
    trace.definitions.places.get(place ?? NaN)?.line ?? null;
  const told = found.map(({ rule, actors, places }): Told => {
    const lines = (is: string): number[] =>
      places.filter((one) => one.is === is).map(({ place }) => lineOf(place)!);
    const of = actors.map((actor) => trace.definitions.actors.get(actor)!.name);
    return { rule, of, made: lines("made"), stood: lines("stood"), at: lines("at") };
  });
  return { trace, reading, found, told, lineOf };
}
