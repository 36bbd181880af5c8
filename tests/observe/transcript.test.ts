/** The slots of recorders become one trace, which is written and read like any other. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { DETAIL, RecordFile } from "../../src/observe/ring.ts";
import { SlotsProcess } from "../../src/observe/slots-process.ts";
import { slotKind } from "../../src/observe/slots.ts";
import { Transcript } from "../../src/observe/transcript.ts";
import { read } from "../../src/reading/reading.ts";
import type { Definitions, Table } from "../../src/trace/definitions.ts";
import { encodeTrace } from "../../src/trace/ndjson.ts";
import { readTrace, type RecordedTrace } from "../../src/trace/read.ts";
import { patience } from "../support/patience.ts";
import { eventsOf } from "../support/trace-events.ts";
import { HandRecord, type HandRecordOptions } from "./slots.ts";

setDefaultTimeout(patience);

const ms = 1_000_000;
const high = (number: number): bigint => BigInt(number) << 32n;

function newTranscript(): Transcript {
  return new Transcript({
    kind: "observed",
    language: "python",
    runtime: "CPython 3.11.7",
    command: "python app.py",
    pid: 40,
    blocks: null,
    tandem: "0.1.0",
    folder: "/home/me",
  });
}

function add(transcript: Transcript, record: HandRecord) {
  const file = RecordFile.from(record)!;
  const process = transcript.add(file.header, "python");
  const slots = new SlotsProcess(process, transcript.clock.zero);
  file.drain((ring, view, offset) => slots.take(ring, view, offset), Infinity);
  return process;
}

/** One task that stands at `app.py:10` when its process ends. */
function lostTask(options: HandRecordOptions = {}): HandRecord {
  const record = new HandRecord(options);
  const text = (of: string): number => record.text(of);
  record.put(0, slotKind.thread, { thread: 1, actor: 1, extra: text("MainThread") });
  record.put(0, slotKind.actor, { actor: 1, value: high(1), extra: text("<module>") });
  record.event("main-started", { actor: 1 });
  const [file, main, upload] = [text("/home/me/app.py"), text("main"), text("upload")];
  const create = { actor: 1, value: 14n | high(5), place: file, extra: main };
  record.put(0, slotKind.place, create);
  record.put(0, slotKind.place, { actor: 2, value: 10, place: file, extra: upload });
  const born = { at: 2 * ms, actor: 2, value: 1n | high(3), place: 1, extra: upload };
  record.put(0, slotKind.actor, born);
  record.put(0, slotKind.name, { actor: 2, extra: text("Task-2") });
  record.event("task-started", { at: 3 * ms, actor: 2 });
  record.event("stood-at", { at: 4 * ms, actor: 2, place: 2 });
  record.event("main-ended", { at: 5 * ms, actor: 1 });
  return record;
}

function definitionsOf<Kind extends keyof Definitions>(trace: RecordedTrace, kind: Kind) {
  type Definition = Definitions[Kind] extends Table<infer One> ? One : never;
  return [...(trace.definitions[kind] as Table<Definition>)].map(([, definition]) => definition);
}

function writtenAndRead(trace: RecordedTrace): RecordedTrace {
  const { tandem, epoch, source } = trace.header;
  return readTrace(encodeTrace(trace, { tandem, epoch, source }), "app.ndjson");
}

describe("a transcript", () => {
  test("a task that a recorder tells of stands in the trace, with its places and who made it", () => {
    const transcript = newTranscript();
    add(transcript, lostTask()).ended(6000, { code: 0 });
    const trace = transcript.trace();
    const [, task] = definitionsOf(trace, "actors");
    expect(task).toMatchObject({ kind: "task", name: "Task-2", function: "upload", parent: 0 });
    expect(trace.definitions.places.get(task!.place!)).toEqual({
      file: "app.py",
      line: 14,
      column: 5,
      function: "main",
    });
    const reading = read(trace);
    const [outcome] = reading.actors.filter(({ kind }) => kind === "task");
    expect(outcome).toMatchObject({ lost: true, status: "abandoned", startedAt: 3000 });
    expect(trace.definitions.places.get(outcome!.lastPlace!)!.line).toBe(10);
    expect(reading.processes[0]).toMatchObject({ exitCode: 0, endedAt: 6000, name: "python" });
  });

  test("written to a file and read again it is the same", () => {
    const transcript = newTranscript();
    add(transcript, lostTask()).ended(6000, { by: 3, detail: "SIGSEGV" });
    const trace = transcript.trace();
    const again = writtenAndRead(trace);
    expect(eventsOf(again)).toEqual(eventsOf(trace));
    expect([...again.definitions.actors]).toEqual([...trace.definitions.actors]);
    expect(again.header).toEqual(trace.header);
    expect(again.unknown).toEqual([]);
  });

  test("two processes with the same numbers of their own stay apart, and go by one clock", () => {
    const transcript = newTranscript();
    add(transcript, lostTask());
    add(transcript, lostTask({ pid: 41, parentPid: 40, startedAt: BigInt(10 * ms) + 5n }));
    const trace = transcript.trace();
    expect(definitionsOf(trace, "processes").map(({ parent }) => parent)).toEqual([null, 0]);
    const started = eventsOf(trace).filter(({ type }) => type === "task-started");
    expect(started.map(({ at }) => at)).toEqual([3000, 13_000]);
    expect(new Set(started.map(({ actor }) => actor)).size).toBe(2);
    expect(new Set(started.map(({ thread }) => thread)).size).toBe(2);
    expect(trace.definitions.actors.size).toBe(4);
    writtenAndRead(trace);
  });

  test("events stand in the order of time, whichever ring they came by", () => {
    const record = lostTask();
    record.event("sleep-ended", { at: 3 * ms + 500, actor: 2 }, DETAIL);
    record.event("sleep-began", { at: 3 * ms + 200, actor: 2, value: 5 * ms }, DETAIL);
    const transcript = newTranscript();
    add(transcript, record);
    const events = eventsOf(transcript.trace());
    expect(events.map(({ type }) => type)).toEqual([
      "main-started",
      "task-created",
      "task-started",
      "sleep-began",
      "sleep-ended",
      "stood-at",
      "main-ended",
    ]);
    expect(events[3]).toMatchObject({ at: 3000, value: 5000 });
  });

  test("a text of many parts, whatever its letters, is one", () => {
    const record = lostTask({ slots: 256 });
    const error = "ValueError: “ätsch”, ".repeat(20);
    record.event("task-ended", { at: 5 * ms, actor: 2, value: 1, extra: record.text(error) });
    const transcript = newTranscript();
    add(transcript, record);
    const [ended] = eventsOf(transcript.trace()).filter(({ type }) => type === "task-ended");
    expect(ended).toMatchObject({ value: 1, text: error });
  });

  test("one slot says that a task is done, and what its steps took", () => {
    const record = lostTask();
    record.put(0, slotKind.done, { at: 7 * ms, actor: 2, value: 5 * ms, place: 9, extra: 2 * ms });
    const transcript = newTranscript();
    add(transcript, record);
    expect(eventsOf(transcript.trace()).slice(-2)).toEqual([
      {
        ...{ at: 7000, type: "folded", thread: 0, actor: 1, value: 9 },
        ...{ place: -1, text: "step", numbers: { busy: 5000, longest: 2000 } },
      },
      { at: 7000, type: "task-ended", thread: 0, actor: 1, value: 0 },
    ]);
  });

  test("further details belong to the next event of their thread, and to no other's", () => {
    const record = lostTask();
    const of = record.text("lock");
    const lock = { actor: 1, value: 3n | high(2), extra: of };
    record.put(0, slotKind.resource, lock);
    record.put(0, slotKind.more, { thread: 2, actor: 2, place: 1, value: 3 * ms, extra: 4000 });
    for (const place of [2, 1]) record.put(0, slotKind.stack, { thread: 2, place });
    record.event("waits-for", { at: 5 * ms, actor: 1, thread: 1 });
    record.event("waits-for", { at: 6 * ms, actor: 2, thread: 2 });
    record.event("folded", { at: 7 * ms, actor: 2, thread: 2, value: 9, extra: of });
    const transcript = newTranscript();
    add(transcript, record);
    const trace = transcript.trace();
    const [bare, full, folded] = eventsOf(trace).slice(-3);
    expect(bare).toEqual({ at: 5000, type: "waits-for", thread: 0, actor: 0, value: 0 });
    expect(full).toMatchObject({ resource: 0, numbers: { whom: 1 }, stack: [1, 0], place: 1 });
    expect(folded).not.toHaveProperty("numbers");
    expect(trace.definitions.resources.get(0)).toEqual({
      kind: "lock",
      name: "lock",
      capacity: 3,
      place: null,
    });
  });

  test("an actor whose birth was dropped is left out, and what is told of it is counted", () => {
    const record = lostTask();
    record.put(0, slotKind.more, { actor: 8, place: 3, thread: 5 });
    record.event("waits-for", { at: 5 * ms, actor: 2, thread: 5, place: 9 });
    record.event("task-ended", { at: 6 * ms, actor: 8 });
    const orphan = { actor: 3, value: 8n | high(3), extra: record.text("later"), at: 6 * ms };
    record.put(0, slotKind.actor, orphan);
    const transcript = newTranscript();
    add(transcript, record).ended(1, { code: 0 });
    const trace = transcript.trace();
    writtenAndRead(trace);
    const [wait] = eventsOf(trace).filter(({ type }) => type === "waits-for");
    expect(wait).toMatchObject({ place: -1, resource: 0, actor: 1 });
    expect(wait).not.toHaveProperty("numbers");
    expect(definitionsOf(trace, "actors").map(({ function: of, parent }) => [of, parent])).toEqual([
      ["<module>", null],
      ["upload", 0],
      ["later", null],
    ]);
    expect(read(trace).dropped).toMatchObject([
      { count: 1, why: "whom they are about was not recorded" },
    ]);
  });

  test("where something that lasts was dropped, nobody is lost whose end may have been among it", () => {
    const record = lostTask({ slots: 256 });
    const born = { at: 4 * ms, actor: 3, value: 1n | high(3), extra: record.text("other") };
    record.put(0, slotKind.actor, born);
    const transcript = newTranscript();
    const process = add(transcript, record);
    process.ended(9000, { code: 0 });
    const lostIn = () =>
      read(transcript.trace())
        .actors.filter(({ lost }) => lost)
        .map(({ function: of }) => of);
    expect(lostIn()).toEqual(["upload", "other"]);
    process.hasGaps = true;
    // It was seen at the end, so its end is no gap.
    expect(lostIn()).toEqual(["upload"]);
    writtenAndRead(transcript.trace());
  });

  test("the threads of the recorder are none of the program's", () => {
    const record = lostTask();
    record.put(0, slotKind.thread, { thread: 2, value: 5, extra: record.text("sampler") });
    const transcript = newTranscript();
    add(transcript, record);
    expect(definitionsOf(transcript.trace(), "threads").map(({ name }) => name)).toEqual([
      "MainThread",
    ]);
  });

  test("what was dropped is told at the end, with why", () => {
    const transcript = newTranscript();
    const process = add(transcript, lostTask());
    process.setDropped("the ring was full", 12);
    const trace = transcript.trace();
    expect(read(trace).dropped).toMatchObject([{ count: 12, why: "the ring was full" }]);
    expect(eventsOf(transcript.trace())).toEqual(eventsOf(trace));
    writtenAndRead(trace);
  });

  test("a process without a recorder has an end all the same", () => {
    const transcript = newTranscript();
    transcript
      .addUnseen({ pid: 40, command: "python -I app.py", epochMs: 1000 })
      .ended(transcript.clock.ticksAt(1005), { code: 3 });
    const trace = transcript.trace();
    expect(read(trace).processes).toMatchObject([{ exitCode: 3, endedAt: 5000 }]);
    writtenAndRead(trace);
  });
});
