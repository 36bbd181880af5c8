/** The lines of recorders become one trace, whatever is missing in them or wrong with them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { encodeRecord, type RecordLine } from "../../../src/observe/javascript/record.ts";
import type { ObservedLanguage } from "../../../src/observe/language.ts";
import { LinesFollowed } from "../../../src/observe/lines-followed.ts";
import { LineSplitter } from "../../../src/observe/lines.ts";
import { observe, type Observing } from "../../../src/observe/observe.ts";
import { Transcript } from "../../../src/observe/transcript.ts";
import { read } from "../../../src/reading/reading.ts";
import { encodeTrace } from "../../../src/trace/ndjson.ts";
import { readTrace, type RecordedTrace } from "../../../src/trace/read.ts";
import { useOwnCache } from "../../support/own-cache.ts";
import { patience } from "../../support/patience.ts";
import { holds } from "../../support/property.ts";
import { unless } from "../../support/skipped.ts";
import { temporaryFolder } from "../../support/tandem.ts";
import { eventsOf } from "../../support/trace-events.ts";

setDefaultTimeout(patience);

useOwnCache();

/** A language whose programs write their record themselves. */
const byHand: ObservedLanguage = {
  name: "javascript",
  suffix: ".lines",
  recorder: async () => ({ version: "none", lengths: {}, load: async () => ({}) }),
  variables: ({ run }) => ({ TANDEM_RECORD: run }),
  isOfIt: ({ words }) => words.some((word) => word.endsWith("app.sh")),
  isHelper: () => false,
  isLauncher: (command) => command.startsWith("launcher"),
  whyUnseen: () => "it wrote nothing",
  whyNoModule: () => "it has none",
};

const folder = "/home/me";

const head: RecordLine = [
  "process",
  {
    pid: 40,
    parentPid: 1,
    epoch: 1_700_000_000_000.25,
    runtime: "Bun 1.4.5",
    command: "bun app.ts",
  },
];

const unreadable = "lines of its record could not be read";

/** A call of `upload` that stands at its await when its process ends. */
const lostCall: RecordLine[] = [
  head,
  ["modules", 1, 1],
  ["thread", 1, "main", { actor: 1 }],
  ["actor", 1, "main", { function: "<module>" }],
  ["loop", 1, 1],
  ["event", 10, "main-started", 1, 1, 0],
  ["event", 2000, "task-created", 1, 2, 0],
  ["event", 2000, "task-started", 1, 2, 0],
  ["actor", 2, "call", { function: "upload", parent: 1, place: 1, code: 3 }],
  ["event", 2100, "floated", 1, 2, 0, { place: 1, text: "statement" }],
  ["event", 4000, "stood-at", 1, 2, 0, { place: 2, stack: [2, 1] }],
  ["event", 4000, "waits-for", 1, 2, 0, { text: "gate", resource: 1, numbers: { whom: 1 } }],
  ["place", 1, "/home/me/app.ts", 14, 5, null],
  ["place", 2, "/home/me/app.ts", 10, 3, "upload"],
  ["place", 3, "/home/me/app.ts", 9, 1, "upload"],
  ["resource", 1, "lock", "gate", { capacity: 2, place: 3 }],
  ["event", 5000, "main-ended", 1, 1, 0],
  ["alive", 1, []],
  ["end", 6000, 0],
];

/** A record in a file, followed. */
class Followed implements Disposable {
  readonly transcript = new Transcript({
    kind: "observed",
    language: "javascript",
    runtime: "javascript",
    command: "bun app.ts",
    pid: 40,
    blocks: 100,
    tandem: "0.1.0",
    folder,
  });
  readonly record: LinesFollowed;
  readonly #folder = temporaryFolder();
  readonly #path = this.#folder.file("40-1.lines");

  constructor(first: string | Uint8Array, root = 40) {
    writeFileSync(this.#path, first);
    const of = { language: byHand, transcript: this.transcript, root };
    const record = LinesFollowed.open(this.#path, of);
    if (record === null || record === "later") throw new Error(`it is not followed: ${record}`);
    this.record = record;
    this.record.drain(0);
  }

  append(more: string | Uint8Array, now = 0): void {
    appendFileSync(this.#path, more);
    this.record.drain(now);
  }

  get trace(): RecordedTrace {
    return this.transcript.trace();
  }

  [Symbol.dispose](): void {
    this.record[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }
}

function traceOf(lines: readonly RecordLine[]): RecordedTrace {
  using followed = new Followed(encodeRecord(lines));
  return followed.trace;
}

function writtenAndRead(trace: RecordedTrace): RecordedTrace {
  const { tandem, epoch, source } = trace.header;
  return readTrace(encodeTrace(trace, { tandem, epoch, source }), "app.ndjson");
}

describe("the lines of a process", () => {
  test("tell of a call with its places, who made it and what it waits for, whatever order they stand in", () => {
    const trace = traceOf(lostCall);
    expect(trace.header).toMatchObject({
      epoch: 1_700_000_000_000.25,
      source: { language: "javascript", runtime: "Bun 1.4.5" },
    });
    expect([...trace.definitions.loops]).toEqual([[0, { thread: 0, rules: "javascript" }]]);
    const calls = [...trace.definitions.actors].filter(([, { kind }]) => kind === "call");
    const [[number, call]] = calls as [[number, (typeof calls)[number][1]]];
    expect(call).toMatchObject({ name: "upload", function: "upload" });
    expect(trace.definitions.actors.get(call.parent!)!.kind).toBe("main");
    expect(trace.definitions.places.get(call.place!)).toEqual({
      ...{ file: "app.ts", line: 14, column: 5, function: null },
    });
    expect(trace.definitions.places.get(call.code!)!.line).toBe(9);
    const [floated, stood, waits] = eventsOf(trace).filter(
      ({ type, actor }) => actor === number && !type.startsWith("task"),
    );
    expect(floated).toMatchObject({ at: 2100, text: "statement", place: call.place });
    expect(stood!.stack!.map((place) => trace.definitions.places.get(place)!.line)).toEqual([
      10, 14,
    ]);
    expect(waits!.numbers).toEqual({ whom: call.parent! });
    expect(trace.definitions.resources.get(waits!.resource!)).toMatchObject({
      ...{ kind: "lock", name: "gate", capacity: 2 },
    });
    expect(writtenAndRead(trace).unknown).toEqual([]);
    expect(eventsOf(writtenAndRead(trace))).toEqual(eventsOf(trace));
  });

  test("are what reading goes by: the call is lost at its await", () => {
    const trace = traceOf(lostCall);
    const [call] = read(trace).actors.filter(({ kind }) => kind === "call");
    expect(call).toMatchObject({ lost: true, startedAt: 2000 });
    expect(trace.definitions.places.get(call!.lastPlace!)!.line).toBe(10);
  });

  test("may break off anywhere, and what comes behind is taken when it comes", () => {
    const bytes = new TextEncoder().encode(
      encodeRecord(lostCall).replaceAll("upload", "übersenden"),
    );
    const whole = eventsOf(new Followed(bytes).trace);
    const first = bytes.indexOf(10) + 1;
    let before = 0;
    for (let cut = first; cut < bytes.length; cut += 1 + (cut % 7)) {
      using followed = new Followed(bytes.subarray(0, cut));
      const events = eventsOf(followed.trace);
      expect(events.length).toBeGreaterThanOrEqual(before);
      before = events.length;
      expect(read(followed.trace).dropped.map(({ why }) => why)).not.toContain(unreadable);
      writtenAndRead(followed.trace);
      followed.append(bytes.subarray(cut));
      expect(eventsOf(followed.trace)).toEqual(whole);
    }
  });

  test("that are none of a recorder's are counted and told, and change nothing else", () => {
    const wrong = [
      "",
      "{",
      "[]",
      "{}",
      "7",
      '"event"',
      '["event"]',
      '["event",1,"printed",1,1,0]',
      '["event",1,"main-ended",1,1,99]',
      '["event",1,"alike",1,1,2,{"numbers":{}}]',
      '["event","now","task-created",1,1,0]',
      '["event",1,"task-created",0,1,0]',
      '["place",1.5,"a.ts",1,1,null]',
      '["place",9,"a.ts",0,1,null]',
      '["thread",3]',
      '["loop","x",1]',
      '["actor",7,null,{}]',
      '["actor",7,"call",[]]',
      '["change",1]',
      '["resource",3,"lock"]',
    ];
    const lines = encodeRecord(lostCall).split("\n");
    using followed = new Followed(
      lines.flatMap((line, at) => [line, ...(at > 0 ? wrong : [])]).join("\n"),
    );
    const times = lines.length - 1;
    // The empty line behind the last one is none.
    const { dropped } = read(followed.trace);
    expect(dropped).toMatchObject([{ why: unreadable, count: wrong.length * times }]);
    const bare = (trace: RecordedTrace) => eventsOf(trace).filter(({ type }) => type !== "dropped");
    expect(bare(followed.trace)).toEqual(bare(traceOf(lostCall)));
    writtenAndRead(followed.trace);
  });

  test("of a later recorder are counted as such, and so are its events", () => {
    const later = [
      ["shape", 1, 2],
      ["event", 1, "was-inlined", 1, 1, 0],
      ["__proto__", 1],
      ["constructor", 1],
      ["event", 1, "toString", 1, 1, 0],
    ] as unknown as RecordLine[];
    expect(read(traceOf([...lostCall, ...later])).dropped).toMatchObject([
      { count: 3, why: "lines of a later recorder" },
      { count: 2, why: "events of a later recorder" },
    ]);
  });

  test("law: with anything in any place of them they are read to the end, and what comes of it is a trace", () => {
    const values = [
      0,
      -1,
      1.5,
      1e300,
      2 ** 53,
      "",
      "text",
      null,
      true,
      [],
      {},
      { place: 1 },
      [1, -2],
    ];
    const change = fc.tuple(
      fc.nat(lostCall.length - 1),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(...values),
    );
    holds(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const lines = structuredClone(lostCall) as unknown[][];
        for (const [line, at, value] of changes) if (line > 1) lines[line]![at] = value;
        const trace = traceOf(lines as unknown as RecordLine[]);
        writtenAndRead(trace);
        read(trace);
      }),
      { numRuns: 300 },
    );
  });

  test("what is nobody's has no number: an actor that was never defined is counted", () => {
    const trace = traceOf([...lostCall, ["event", 7000, "task-started", 1, 99, 0]]);
    expect(read(trace).dropped).toMatchObject([
      { count: 1, why: "whom they are about was not recorded" },
    ]);
  });

  test("what the recorder has not told it says, and then nobody is lost whose end may be among it", () => {
    const trace = traceOf([...lostCall, ["dropped", 3, "too much at once"]]);
    expect(read(trace).dropped).toMatchObject([{ count: 3, why: "too much at once" }]);
    const unmoved = lostCall.filter(([is, , type]) => is !== "event" || type !== "stood-at");
    const without = unmoved.filter(([is, , type]) => is !== "event" || type !== "waits-for");
    const lost = (lines: RecordLine[]) =>
      read(traceOf(lines)).actors.filter((one) => one.kind === "call" && one.lost).length;
    expect(lost(without)).toBe(1);
    expect(lost([...without, ["dropped", 3, "too much at once"]])).toBe(0);
  });
});

describe("a file of lines", () => {
  test("may hold a line without an end: it takes no memory, and is counted once", () => {
    const splitter = new LineSplitter();
    const taken: string[] = [];
    const add = (text: string | Uint8Array): void =>
      splitter.add(typeof text === "string" ? new TextEncoder().encode(text) : text, (line) =>
        taken.push(new TextDecoder().decode(line)),
      );
    add("one\ntw");
    add("o\n");
    const piece = new Uint8Array(1 << 18).fill(97);
    for (let k = 0; k < 400; k++) add(piece);
    expect(splitter.held).toBeLessThanOrEqual(1 << 20);
    add("end\nthree\n\n");
    expect(taken).toEqual(["one", "two", "three", ""]);
    expect(splitter.tooLong).toBe(1);
  });

  test("that is larger than what is read at once is read by and by, all of it", () => {
    const count = 150_000;
    const line = `["event",6000,"printed",1,1,0,{"text":"${"x".repeat(100)}"}]\n`;
    using followed = new Followed(encodeRecord(lostCall));
    const before = followed.record.heard;
    followed.append(line.repeat(count));
    expect(followed.record.fullness).toBeGreaterThan(0.05);
    expect(followed.record.heard).toBeLessThan(before + count);
    followed.record.drain(0);
    expect(followed.record.fullness).toBe(0);
    expect(followed.record.heard).toBe(before + count);
  });

  test("in which no module of the user's was seen is of a process that is not told", () => {
    const text = encodeRecord(lostCall.filter(([is]) => is !== "modules"));
    using followed = new Followed(text, 1);
    expect(followed.record.process).toBeNull();
    expect(eventsOf(followed.trace)).toEqual([]);
    followed.append(encodeRecord([["modules", 1, 0]]));
    expect(followed.record.process).toBeNull();
    followed.append(encodeRecord([["modules", 2, 1]]));
    expect(eventsOf(followed.trace)).toEqual(eventsOf(traceOf(lostCall)));
    expect(read(followed.trace).processes).toHaveLength(1);
  });

  test("of a process that has loaded no module yet nobody says that nothing can wake it, but that it waits for others", () => {
    using followed = new Followed(encodeRecord([head, ["alive", 1, []]]));
    expect(followed.record.mayGoOn).toBeTrue();
    followed.append(encodeRecord([["alive", 1, ["child"]]]));
    expect(followed.record.mayGoOn).toBeFalse();
    followed.append(encodeRecord([["alive", 1, []]]));
    expect(followed.record.mayGoOn).toBeTrue();
    followed.append(encodeRecord([["modules", 1, 1]]));
    expect(followed.record.mayGoOn).toBeFalse();
  });

  test("whatever can still wake a thread is as it was told last, until that has ended", () => {
    using followed = new Followed(encodeRecord([head, ["modules", 1, 1]]));
    const goesOn = (...lines: RecordLine[]): boolean => {
      followed.append(encodeRecord(lines));
      return followed.record.mayGoOn;
    };
    expect(followed.record.mayGoOn).toBeTrue();
    expect(goesOn(["alive", 1, []])).toBeFalse();
    expect(goesOn(["alive", 1, ["timer"]])).toBeTrue();
    expect(goesOn(["alive", 1, ["child", "worker"]])).toBeFalse();
    expect(goesOn(["alive", 1, ["spinning"]])).toBeFalse();
    expect(followed.record.isIdle).toBeTrue();
    expect(goesOn(["alive", 2, ["server"]])).toBeTrue();
    expect(followed.record.isIdle).toBeFalse();
    expect(goesOn(["event", 1, "thread-ended", 2, 0, 0])).toBeFalse();
  });

  test("has answered when its recorder has had the time to write", () => {
    using followed = new Followed(encodeRecord([head]));
    expect(followed.record.hasAnswered).toBeTrue();
    followed.record.request();
    const now = performance.now();
    followed.record.drain(now);
    expect(followed.record.hasAnswered).toBeFalse();
    followed.record.drain(now + 100);
    expect(followed.record.hasAnswered).toBeTrue();
  });
});

/** A program in sh that writes records: `record N NAME` makes the one of a process that it says it is. */
async function observed(script: string, options: Partial<Observing> = {}) {
  using home = temporaryFolder();
  const app = home.file(
    "app.sh",
    `record() { cat >> "$TANDEM_RECORD/$1-$2.lines"; }
head() { printf '["process",{"pid":%s,"parentPid":%s,"epoch":%s,"runtime":"Bun 1.4.5","command":"%s"}]\\n' "$1" "$2" "$3" "$4"; }
told='["modules",1,1]
["thread",1,"main",{"actor":1}]
["actor",1,"main",{"function":"<module>"}]
["event",1,"main-started",1,1,0]'
${script}
`,
  );
  return await observe({
    command: ["sh", app],
    languages: [byHand],
    variables: {},
    settings: { prints: true, blocksNs: 1e8, include: null, exclude: null },
    isQuiet: true,
    timeoutMs: null,
    hangMs: null,
    tandem: "0.1.0",
    ...options,
  });
}

const now = `$(date +%s)000`;

const why = unless(process.platform !== "win32", "Windows has no sh");

describe.skipIf(why !== "")(`a program that writes lines${why}`, () => {
  test("is told with the end that its parent saw, and its children with theirs", async () => {
    const { trace, unseen, code } = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo "$told"; } | record $$ 1
sh -c 'sleep 1' & slow=$!
sh -c 'sleep 1; kill -9 $$' & killed=$!
sh -c 'sleep 1' & own=$!
at=2
for one in $slow $killed $own; do
  { head $one $$ ${now} "bun child.ts"; echo "$told"; } | record $one $at; at=$((at+1))
done
echo '["end",5,4]' | record $own 4
wait $slow; echo '["child",900,'$slow',7]' | record $$ 1
wait $killed; echo '["child",900,'$killed',-9]' | record $$ 1
wait $own; exit 5`);
    expect({ unseen, code }).toEqual({ unseen: [], code: 5 });
    const { processes } = read(trace);
    expect(processes.map(({ exitCode, parent }) => [exitCode, parent])).toEqual([
      [5, null],
      [7, 0],
      [null, 0],
      [4, 0],
    ]);
    expect(eventsOf(trace).filter(({ type }) => type === "interrupted")).toMatchObject([
      { text: "SIGKILL" },
    ]);
  });

  test("and is quiet is there until it is gone, and its end is told for then", async () => {
    const { trace } = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo "$told"; } | record $$ 1
sleep 1.5 & one=$!
{ head $one $$ $(date +%s%3N) "bun child.ts"; echo "$told"; } | record $one 2
wait $one; echo '["end",2000000,0]' | record $$ 1`);
    const [, child] = read(trace).processes;
    const began = eventsOf(trace).find(
      ({ type, thread }) => type === "main-started" && thread === 1,
    );
    expect(child!.endedAt! - began!.at).toBeGreaterThan(1_000_000);
  });

  test("whose end nobody tells has crashed", async () => {
    const { trace } = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo "$told"; } | record $$ 1
sleep 0.3 & one=$!
{ head $one $$ ${now} "bun child.ts"; echo "$told"; printf '["event",7'; } | record $one 2
wait $one`);
    const ends = eventsOf(trace).filter(({ type }) => type === "interrupted");
    expect(ends).toHaveLength(1);
    expect(read(trace).dropped).toEqual([]);
  });

  test("and came to its end with a status that nobody knows has not crashed", async () => {
    const { trace } = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo "$told"; echo '["end",9,0]'; } | record $$ 1
sleep 0.3 & one=$!
{ head $one $$ ${now} "bun test"; echo "$told"; echo '["event",7,"main-ended",1,1,0]'; echo '["end",8,null]'; } | record $one 2
wait $one`);
    expect(eventsOf(trace).filter(({ type }) => type === "interrupted")).toEqual([]);
    expect(read(trace).processes.map(({ exitCode }) => exitCode)).toEqual([0, null]);
  });

  test("and ends by itself without a last word has a record that breaks off: nobody is lost in it", async () => {
    const { trace, troubles } = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo "$told"; } | record $$ 1
echo '["event",2,"task-created",1,2,0]' | record $$ 1
echo '["actor",2,"call",{"function":"upload","parent":1}]' | record $$ 1`);
    expect(troubles).toEqual(["the last part of its record, which breaks off before the end"]);
    expect(read(trace).actors.filter(({ lost }) => lost)).toEqual([]);
  });

  test("and has no module of the user's is unseen, with its reason, and its end is told", async () => {
    const { trace, unseen, code } = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo "$told" | sed 1d; } | record $$ 1
exit 3`);
    expect(code).toBe(3);
    expect(unseen).toEqual([
      { process: "bun app.ts", why: "no module of yours was seen by the observer: it has none" },
    ]);
    const reading = read(trace);
    expect(reading.processes).toMatchObject([{ exitCode: 3 }]);
    expect(reading.actors.filter(({ startedAt }) => startedAt !== null)).toEqual([]);
  });

  test("and only starts others is silent beside these, but not if there is nothing else", async () => {
    const start = `{ head $$ 1 ${now} "launcher test"; } | record $$ 1`;
    const child = `
sleep 0.3 & one=$!
{ head $one $$ ${now} "bun child.ts"; echo "$told"; } | record $one 2
wait $one; echo '["child",1,'$one',0]' | record $$ 1`;
    const beside = await observed(start + child);
    expect(beside.unseen).toEqual([]);
    expect(read(beside.trace).processes).toMatchObject([
      { name: "launcher", exitCode: 0, parent: null },
      { name: "child.ts", exitCode: 0, parent: 0 },
    ]);
    const alone = await observed(start);
    expect(alone.unseen).toMatchObject([{ process: "launcher test" }]);
  });

  test("tells which modules run as they are", async () => {
    const { unseen } = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo "$told"; echo '["unseen","/a/b.ts","it does not parse"]'; } | record $$ 1
echo '["unseen","/a/b.ts","it does not parse"]' | record $$ 1
echo '["unseen","'$PWD'/c.ts","it does not parse"]' | record $$ 1`);
    expect(unseen).toEqual([
      { process: "/a/b.ts", why: "it does not parse" },
      { process: "c.ts", why: "it does not parse" },
    ]);
    const alone = await observed(`
{ head $$ 1 ${now} "bun app.ts"; echo '["unseen","/a/b.ts","it does not parse"]'; } | record $$ 1`);
    expect(alone.unseen).toEqual([{ process: "/a/b.ts", why: "it does not parse" }]);
  });

  test("and writes nothing is unseen", async () => {
    const { unseen } = await observed("exit 0");
    expect(unseen).toMatchObject([{ why: "it wrote nothing" }]);
  });

  test("is ended by --hang where nothing can wake it, and not before it can", async () => {
    const start = `{ head $$ 1 ${now} "bun app.ts"; echo "$told"; } | record $$ 1`;
    const wait = "read line < $TANDEM_RECORD/fifo";
    const still = await observed(
      `${start}; mkfifo $TANDEM_RECORD/fifo; echo '["alive",1,[]]' | record $$ 1; ${wait}`,
      { hangMs: 300, timeoutMs: 20_000 },
    );
    expect(still.endedFor).toBe("hang");
    const waits = await observed(
      `${start}; mkfifo $TANDEM_RECORD/fifo; echo '["alive",1,["timer"]]' | record $$ 1; ${wait}`,
      { hangMs: 300, timeoutMs: 3000 },
    );
    expect(waits.endedFor).toBe("timeout");
  });

  test("is not ended by --hang where it has no processor behind the end of its child, and cannot tell of that", async () => {
    let wakes: ReturnType<typeof setInterval> | undefined;
    const { endedFor, code } = await observed(
      `
{ head $$ 1 ${now} "bun app.ts"; echo "$told"; echo '["alive",1,[]]'; } | record $$ 1
sleep 0.5; kill -STOP $$; exit 3`,
      {
        hangMs: 300,
        timeoutMs: 20_000,
        onStart: (running) => {
          wakes = setInterval(() => running.forward("SIGCONT"), 1500);
        },
      },
    );
    clearInterval(wakes);
    expect({ endedFor, code }).toEqual({ endedFor: null, code: 3 });
  });

  test("has its folder swept when it is over", async () => {
    using home = temporaryFolder();
    const told = home.file("told");
    await observed(`echo "$TANDEM_RECORD" > ${told}; echo x | record $$ 1`);
    expect(existsSync(readFileSync(told, "utf8").trim())).toBeFalse();
  });
});
