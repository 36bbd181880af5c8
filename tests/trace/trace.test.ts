/** A trace in its file: read back it is the same, without a scenario as well, and wherever it ends. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { definitionKinds, tableOf } from "../../src/trace/definitions.ts";
import { eventTypes, shapesByNumber } from "../../src/trace/event.ts";
import { EventLog, NOBODY, NOWHERE } from "../../src/trace/log.ts";
import { encodeTrace } from "../../src/trace/ndjson.ts";
import { EventsError, readTrace, type RecordedTrace } from "../../src/trace/read.ts";
import { type ObservedSource, type Trace, wordOf } from "../../src/trace/trace.ts";
import { eventJsonSchema } from "../../src/trace/schema.ts";
import { randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const source: ObservedSource = {
  kind: "observed",
  language: "python",
  runtime: "CPython 3.13.1",
  command: "python app.py",
  pid: 4711,
  blocks: 50,
};

function fileOf(trace: Trace): string {
  return [...encodeTrace(trace, { tandem: "0.0.0", epoch: 1.5, source })].join("");
}

/** Definitions and events as plain values. */
function plain({ definitions, log, words }: Trace): object {
  return {
    ...Object.fromEntries(definitionKinds.map((kind) => [kind, [...definitions[tableOf[kind]]]])),
    words,
    events: log.chunks.flatMap((chunk) =>
      Array.from({ length: chunk.length }, (_, k) => ({
        at: chunk.at[k],
        type: chunk.type[k],
        thread: chunk.thread[k],
        actor: chunk.actor[k],
        value: chunk.value[k],
        place: chunk.place[k],
        text: chunk.texts.get(k),
        resource: chunk.resources.get(k),
        numbers: chunk.numbers.get(k),
        stack: chunk.stacks?.get(k),
      })),
    ),
  };
}

/** A random trace, the same one for the same seed: several of everything, words of tomorrow, any text. */
function randomTrace(seed: number): Trace {
  const random = randomFrom(seed);
  const upTo = (count: number): number => Math.floor(random() * count);
  const one = <Value>(...values: Value[]): Value => values[upTo(values.length)]!;
  const text = (): string => one("", "a", 'say "hi"', "two\nlines", "\u202eé\ud83d\ude00", "{}");
  const tableFor = <Definition>(
    least: number,
    make: (number: number) => Definition,
  ): Map<number, Definition> =>
    new Map(Array.from({ length: least + upTo(3) }, (_, number) => [number, make(number)]));
  const processes = tableFor(1, (number) => ({
    name: text(),
    parent: number === 0 ? null : upTo(number),
    pid: one(null, 12),
    command: one(null, text()),
  }));
  const places = tableFor(1, () => ({
    file: text(),
    line: 1 + upTo(9),
    column: one(null, 7),
    function: one(null, text()),
    ...one({}, { source: text() }),
  }));
  const threads = tableFor(1, () => ({
    process: upTo(processes.size),
    name: text(),
    daemon: one(true, false),
    ...one({}, { worker: one(true, false) }, { place: upTo(places.size) }),
  }));
  const loops = tableFor(0, () => ({ thread: upTo(threads.size), rules: one("asyncio", "curio") }));
  const actors = tableFor(1, (number) => ({
    kind: one("task", "promise", "greenlet"),
    name: text(),
    function: one(null, text()),
    parent: number === 0 ? null : upTo(number),
    place: one(null, upTo(places.size)),
    until: one(null, "shutdown"),
    cleanup: one(null, true, false),
    ...one({}, { code: upTo(places.size) }),
  }));
  const resources = tableFor(1, () => ({
    kind: one("lock", "semaphore"),
    name: text(),
    capacity: one(null, 3),
    place: one(null, upTo(places.size)),
  }));
  const words = ["tomorrow", "later"];
  const log = new EventLog();
  let at = 0;
  const used = new Set<number>();
  for (let count = 40 + upTo(300); count > 0; count--) {
    const type = upTo(eventTypes.length);
    const { value, text: textShape, numbers, about } = shapesByNumber[type]!;
    const resource = one(undefined, upTo(resources.size));
    // What has a resource is called as that is, where nothing else is said.
    const named = textShape?.ofResource === true && resource !== undefined;
    const mayLack = textShape?.optional === true && !named;
    let number = 0;
    if (value !== undefined && "words" in value) {
      // Words are numbered in the order in which they come.
      const index = upTo(value.words.length + Math.min(used.size + 1, words.length));
      number = index;
      if (index >= value.words.length) used.add(index - value.words.length);
    } else if (value !== undefined) number = upTo(1e9);
    const further = (numbers ?? []).flatMap((shape) =>
      shape.optional && random() < 0.5
        ? []
        : [[shape.name, shape.unit === "actor" ? upTo(actors.size) : upTo(1e9)] as const],
    );
    const details = {
      place: one(NOWHERE, upTo(places.size)),
      ...(resource === undefined ? {} : { resource }),
      ...(textShape === undefined || (mayLack && random() < 0.5) ? {} : { text: text() }),
      ...(further.length === 0 ? {} : { numbers: Object.fromEntries(further) }),
      ...one({}, {}, {}, { stack: [upTo(places.size), upTo(places.size)] }),
    };
    const actor = about === "anybody" ? one(NOBODY, upTo(actors.size)) : upTo(actors.size);
    log.record((at += upTo(2000)), type, upTo(threads.size), actor, number, details);
  }
  return {
    source,
    definitions: { processes, places, threads, loops, actors, resources },
    log,
    words: words.slice(0, used.size),
    cutOff: false,
    unknown: [],
  };
}

function cutUp(text: string, random: () => number): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    const length = 1 + Math.floor(random() * 200);
    pieces.push(text.slice(from, (from += length)));
  }
  return pieces;
}

describe("a trace read from its file", () => {
  test("law: is the trace that was written, however the file comes in pieces", () => {
    for (let seed = 1; seed <= rounds(60, 2000); seed++) {
      const trace = randomTrace(seed);
      const text = fileOf(trace);
      const again = readTrace(cutUp(text, randomFrom(seed)), "random.ndjson");
      expect({ seed, ...plain(again) }).toEqual({ seed, ...plain(trace) });
      expect(again.cutOff).toBe(false);
      expect(again.unknown.every(({ what }) => what === "word")).toBe(true);
      expect(again.header).toMatchObject({ epoch: 1.5, source });
      expect(fileOf(again)).toBe(text);
    }
  });
});

/** Two processes, three threads, two loops, a task that makes a task, a lock, and words of tomorrow. */
const written = `{"type":"trace-began","format":"tandem-events/2","tandem":"9.9.9","epoch":1764400000000,"source":{"kind":"observed","language":"python","runtime":"CPython 3.13.1","command":"python app.py","pid":4711}}
{"define":"process","id":"app","pid":4711,"command":"python app.py"}
{"define":"thread","id":"MainThread","process":"app"}
{"define":"thread","id":17,"process":"app","name":"worker","daemon":true}
{"define":"loop","id":"main loop","thread":"MainThread","rules":"asyncio"}
{"define":"loop","id":"side loop","thread":17,"rules":"trio","since":3}
{"define":"place","id":1,"file":"app.py","line":12,"column":5,"function":"main"}
{"define":"actor","id":"main","kind":"main"}
{"at":0,"type":"main-started","thread":"MainThread","actor":"main"}
{"define":"actor","id":"t1","kind":"task","name":"Task-1","function":"fetch","parent":"main","place":1}
{"at":1.25,"type":"task-created","thread":"MainThread","actor":"t1","place":1}
{"define":"place","id":2,"file":"naïve.py","line":40,"function":"fetch"}
{"define":"actor","id":"t2","kind":"fiber","parent":"t1","place":2}
{"define":"resource","id":"lock","kind":"lock","name":"db lock","capacity":1}
{"at":2,"type":"wait-began","thread":"MainThread","actor":"t1","place":2,"resource":"lock","for":"acquire"}
{"at":2.5,"type":"gc-ran","thread":17,"generation":2}
{"define":"process","id":"child","parent":"app","pid":4712}
{"define":"thread","id":"child main","process":"child"}
{"at":3,"type":"folded","thread":17,"kind":"step","count":1000,"busy":12.5,"longest":0.5}
{"at":4,"type":"process-ended","thread":"child main","actor":"main","code":3}
{"at":5,"type":"waits-for","thread":17,"actor":"t2","place":2,"whom":"t1"}
{"at":6,"type":"dropped","thread":17,"count":7,"why":"the buffer was full"}
`;

describe("a trace that no scenario has made", () => {
  const trace = readTrace([written], "app.ndjson");

  test("names each process, thread, loop, actor, resource and place, in the order of their definitions", () => {
    const { definitions } = trace;
    expect(
      [...definitions.processes].map(([number, { name, parent }]) => [number, name, parent]),
    ).toEqual([
      [0, "app", null],
      [1, "child", 0],
    ]);
    expect(definitions.threads.get(1)).toEqual({ process: 0, name: "worker", daemon: true });
    expect(definitions.threads.get(2)).toEqual({ process: 1, name: "child main", daemon: false });
    expect([...definitions.loops].map(([, loop]) => loop)).toEqual([
      { thread: 0, rules: "asyncio" },
      { thread: 1, rules: "trio" },
    ]);
    expect(definitions.actors.get(2)).toMatchObject({
      kind: "fiber",
      name: "t2",
      parent: 1,
      place: 1,
    });
    expect(definitions.resources.get(0)).toMatchObject({
      kind: "lock",
      name: "db lock",
      capacity: 1,
    });
    expect(definitions.places.get(1)).toEqual({
      file: "naïve.py",
      line: 40,
      column: null,
      function: "fetch",
    });
  });

  test("has the end of each process on a thread of that process", () => {
    const [chunk] = trace.log.chunks;
    const k = chunk!.type.indexOf(eventTypes.indexOf("process-ended"));
    const { process } = trace.definitions.threads.get(chunk!.thread[k]!)!;
    expect(trace.definitions.processes.get(process)!.name).toBe("child");
  });

  test("keeps words that this version does not know, and counts and tells the rest of that", () => {
    const [chunk] = trace.log.chunks;
    const k = chunk!.type.indexOf(eventTypes.indexOf("wait-began"));
    const shape = shapesByNumber[chunk!.type[k]!]!.value as { words: readonly string[] };
    expect(wordOf(trace, shape.words, chunk!.value[k]!)).toBe("acquire");
    expect(chunk!.texts.get(k)).toBe("db lock");
    expect(trace.unknown).toEqual([
      { what: "field", name: "loop.since", count: 1 },
      { what: "word", name: "wait-began.for: acquire", count: 1 },
      { what: "event", name: "gc-ran", count: 1 },
    ]);
  });

  test("has further numbers where its events do, and actors among them", () => {
    const numbers = trace.log.chunks.flatMap((chunk) => [...chunk.numbers.values()]);
    expect(numbers).toEqual([{ busy: 12_500, longest: 500 }, { whom: 1 }]);
  });

  test.each<[string, (text: string) => string, ...string[]]>([
    [
      "a thread that is not defined",
      (text) => text.replace('"thread":17,"actor":"t2"', '"thread":18,"actor":"t2"'),
      ":21:",
      "18",
    ],
    [
      "a place without a line",
      (text) => text.replace('"line":40,', ""),
      ":12:",
      '"line"',
      "missing",
    ],
    [
      "a count that is a text",
      (text) => text.replace('"count":7', '"count":"7"'),
      ":22:",
      '"count"',
    ],
    [
      "a task event about main",
      (text) =>
        text.replace(
          'created","thread":"MainThread","actor":"t1"',
          'created","thread":"MainThread","actor":"main"',
        ),
      ":11:",
      "about a task",
    ],
    [
      "an event without its text",
      (text) => text.replace(',"why":"the buffer was full"', ""),
      ":22:",
      '"why"',
    ],
    ["a line that is no object", (text) => `${text}7\n`, ":23:", "object"],
  ])("is refused for %s, with file and line and in one sentence", (_, damage, ...words) => {
    let message = "";
    try {
      readTrace([damage(written)], "app.ndjson");
    } catch (error) {
      expect(error).toBeInstanceOf(EventsError);
      ({ message } = error as Error);
    }
    for (const word of ["app.ndjson", ...words]) expect(message).toContain(word);
    expect(message).not.toContain("\n");
  });
});

describe("a line of a trace", () => {
  const schema = z.fromJSONSchema(eventJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const lines = written.trim().split("\n");

  test("is valid by the schema of events wherever it is read", () => {
    for (const line of lines)
      if (!line.includes("gc-ran"))
        expect([line, schema.safeParse(JSON.parse(line)).success]).toEqual([line, true]);
  });

  test.each([
    ["a time beyond what ticks can count", '"at":6', '"at":1e308', "milliseconds"],
    ["a time below 0", '"at":6', '"at":-1', "milliseconds"],
    ["a duration below 0", '"busy":12.5', '"busy":-12.5', "milliseconds"],
    ["an endless duration", '"longest":0.5', '"longest":1e400', "Infinity"],
    ["an exit status that is not whole", '"code":3', '"code":0.5', "whole number"],
    ["a count below 0", '"count":7', '"count":-1', "from 0 on"],
    ["a line of a source before the first", '"line":40', '"line":-3', "from 1 on"],
    ["a column before the first", '"column":5', '"column":0', "from 1 on"],
    ["a room for less than nothing", '"capacity":1', '"capacity":-1', "from 0 on"],
  ])("is refused for %s, and the schema refuses it too", (_, right, wrong, word) => {
    const line = lines.find((one) => one.includes(right))!.replace(right, wrong);
    expect(() => readTrace([written.replace(right, wrong)], "app.ndjson")).toThrow(word);
    expect(schema.safeParse(JSON.parse(line)).success).toBe(false);
  });

  test("may have names that every object of JavaScript has: as fields they are unknown", () => {
    const strange = '"capacity":1,"constructor":1,"toString":2,"__proto__":3';
    const { unknown } = readTrace([written.replace('"capacity":1', strange)], "app.ndjson");
    for (const name of ["constructor", "toString", "__proto__"])
      expect(unknown).toContainEqual({ what: "field", name: `resource.${name}`, count: 1 });
  });

  test("that is the header has its unknown fields counted as those of others are", () => {
    const text = written
      .replace('"epoch":', '"host":"a","epoch":')
      .replace('"pid":4711}}', '"pid":4711,"uptime":1}}');
    expect(readTrace([text], "app.ndjson").unknown.slice(0, 2)).toEqual([
      { what: "field", name: "trace-began.host", count: 1 },
      { what: "field", name: "trace-began.source.uptime", count: 1 },
    ]);
  });

  test("that defines an id again is refused", () => {
    const text = `${written}{"define":"process","id":"app"}\n`;
    expect(() => readTrace([text], "app.ndjson")).toThrow(
      'app.ndjson:23:1: the process "app" is defined above this line already',
    );
  });
});

describe("a file that ends anywhere", () => {
  const bytes = new TextEncoder().encode(written);
  const headerEnd = written.indexOf("\n");

  /** What is read of its first bytes. */
  function readFirst(length: number): RecordedTrace {
    const decoder = new TextDecoder();
    return readTrace([decoder.decode(bytes.subarray(0, length))], "cut.ndjson");
  }

  test("is read as far as its lines are whole, and says that it was cut within one", () => {
    const whole = plain(readFirst(bytes.length)) as Record<string, unknown[]>;
    for (let length = headerEnd; length <= bytes.length; length++) {
      const trace = readFirst(length);
      const text = new TextDecoder().decode(bytes.subarray(0, length));
      const last = text.slice(text.lastIndexOf("\n") + 1);
      expect([length, trace.cutOff]).toEqual([length, last !== "" && !last.endsWith("}")]);
      const lines = text.split("\n").filter((line) => line.endsWith("}"));
      const count = (has: string): number => lines.filter((line) => line.includes(has)).length;
      const read = plain(trace) as Record<string, unknown[]>;
      expect(read["events"]!.length).toBe(count('"at":') - count("gc-ran"));
      for (const kind of definitionKinds) {
        expect(read[kind]!.length).toBe(count(`"define":"${kind}"`));
        expect(read[kind]!).toEqual(whole[kind]!.slice(0, read[kind]!.length));
      }
      expect(read["events"]!).toEqual(whole["events"]!.slice(0, read["events"]!.length));
    }
  });

  test("says so where not even its first line is whole", () => {
    for (let length = 1; length < headerEnd; length++)
      expect(() => readFirst(length)).toThrow("its first line has been cut off");
    expect(() => readFirst(0)).toThrow("it is empty");
  });
});
