/** What a recorder writes is read: whole, once, in order, whatever becomes of writer and reader meanwhile. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import {
  DETAIL,
  headerAt,
  LASTING,
  lapOf,
  RecordFile,
  type RingNumber,
} from "../../src/observe/ring.ts";
import { Slot } from "../../src/observe/slots.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { HandRecord, type HandRecordOptions } from "./slots.ts";

setDefaultTimeout(patience);

const kind = 41;

/** A record and its reader. */
function recorded(options?: HandRecordOptions) {
  const record = new HandRecord(options);
  const file = RecordFile.from(record)!;
  const slot = new Slot(file.header.startedAt);
  const drain = (now = 0): number[] => {
    const values: number[] = [];
    file.drain((_, view, offset) => {
      slot.read(view, offset);
      values.push(slot.value);
    }, now);
    return values;
  };
  return { record, file, drain };
}

describe("a recorder's file", () => {
  test("its header says which process it is of, what runs there, and when it started", () => {
    const { file } = recorded({ pid: 7, parentPid: 6, startedAt: 2n ** 60n });
    expect(file.header).toEqual({
      pid: 7,
      parentPid: 6,
      startedAt: 2n ** 60n,
      startedEpoch: 1_700_000_000_000_000_000n + 2n ** 60n,
      runtime: "CPython 3.11.7",
      command: "python app.py",
    });
  });

  test("is not read before its header is there", () => {
    const record = new HandRecord();
    record.bytes[0] = 0;
    expect(RecordFile.from(record)).toBeNull();
    expect(RecordFile.open("/nowhere/1-1.rec")).toBeNull();
  });

  test("times keep their ns on a machine that has run for years", () => {
    const record = new HandRecord({ startedAt: 2n ** 61n + 3n });
    record.put(LASTING, kind, { at: 1_000_000_001 });
    const file = RecordFile.from(record)!;
    const slot = new Slot(file.header.startedAt);
    const times: number[] = [];
    file.drain((_, view, offset) => {
      slot.read(view, offset);
      times.push(slot.at);
    }, 0);
    expect(times).toEqual([1_000_000_001]);
  });

  test("a value may be negative, or exceed 32 bits", () => {
    const { record, drain } = recorded();
    for (const value of [-11, 2 ** 40, -(2 ** 40)]) record.put(LASTING, kind, { value });
    expect(drain()).toEqual([-11, 2 ** 40, -(2 ** 40)]);
  });

  test("details are heard behind what lasts, which they may name", () => {
    const { record, drain } = recorded();
    record.put(DETAIL, kind, { value: 2 });
    record.put(LASTING, kind, { value: 1 });
    expect(drain()).toEqual([1, 2]);
  });

  test("what was read is free again", () => {
    const { record, drain } = recorded({ slots: 4 });
    for (let value = 0; value < 4; value++) record.put(LASTING, kind, { value });
    expect(record.handOut(LASTING)).toBeNull();
    drain();
    expect([record.tail(LASTING), record.tail(DETAIL)]).toEqual([4, 0]);
    expect(record.handOut(LASTING)).toBe(4);
  });

  test("a request for a snapshot has a number, and is answered by it", () => {
    const { record, file, drain } = recorded();
    expect([file.request(), file.request(), record.requested]).toEqual([1, 2, 2]);
    record.answer(2);
    drain();
    expect(file.answered).toBe(2);
  });
});

describe("a ring", () => {
  test("law: whatever is written is read once and in order, over many laps, however often it is drained", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 4, 8),
        fc.array(fc.nat({ max: 20 }), { maxLength: 400 }),
        (slots, bursts) => {
          const { record, drain } = recorded({ slots });
          const written: number[] = [];
          const read: number[] = [];
          let value = 0;
          for (const burst of bursts) {
            for (let k = 0; k < burst; k++) {
              const sequence = record.handOut(LASTING);
              if (sequence === null) continue;
              record.fill(LASTING, sequence, kind, { value: ++value });
              written.push(value);
            }
            read.push(...drain());
          }
          expect(read).toEqual(written);
        },
      ),
      { seed: 18, numRuns: rounds(50, 2000) },
    );
  });

  test("law: slots that writers finish out of order are all read, and those never finished alone are missing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 9 }), fc.boolean()), { minLength: 1, maxLength: 60 }),
        fc.nat({ max: 5 }),
        (delays, every) => {
          const { record, drain } = recorded({ slots: 64 });
          const read: number[] = [];
          const open: { sequence: number; left: number }[] = [];
          const finished: number[] = [];
          for (const [delay, dies] of delays) {
            const sequence = record.handOut(LASTING)!;
            if (!dies) open.push({ sequence, left: delay });
            for (const one of open)
              if (one.left-- === 0) {
                record.fill(LASTING, one.sequence, kind, { value: one.sequence });
                finished.push(one.sequence);
              }
            record.tellHead(LASTING);
            if (sequence % (every + 1) === 0) read.push(...drain(0));
          }
          read.push(...drain(Infinity));
          expect(read).toEqual(finished.toSorted((a, b) => a - b));
        },
      ),
      { seed: 18, numRuns: rounds(100, 5000) },
    );
  });

  test("an unfinished slot keeps those behind it waiting, for a moment", () => {
    const { record, file, drain } = recorded();
    const torn = record.handOut(LASTING)!;
    record.put(LASTING, kind, { value: 1 });
    record.tellHead(LASTING);
    expect(drain(0)).toEqual([]);
    expect(drain(100)).toEqual([]);
    expect(drain(1000)).toEqual([1]);
    expect(file.dropped(LASTING)).toBe(1);
    record.fill(LASTING, torn, kind, { value: 0 });
    expect(drain(2000)).toEqual([]);
  });

  test("a slot that is finished within that moment is read in its place", () => {
    const { record, drain } = recorded();
    const late = record.handOut(LASTING)!;
    record.put(LASTING, kind, { value: 1 });
    record.tellHead(LASTING);
    expect(drain(0)).toEqual([]);
    record.fill(LASTING, late, kind, { value: 0 });
    expect(drain(10)).toEqual([0, 1]);
  });

  test("of a process that was killed everything whole is read, though its header tells of none of it", () => {
    const { record, file, drain } = recorded();
    for (const value of [1, 2]) record.put(LASTING, kind, { value });
    record.handOut(LASTING);
    record.put(LASTING, kind, { value: 3 });
    expect(drain(Infinity)).toEqual([1, 2, 3]);
    expect(file.dropped(LASTING)).toBe(1);
  });

  test("what found no room is counted, and what comes when there is room is read", () => {
    const { record, file, drain } = recorded({ slots: 4 });
    for (let value = 0; value < 10; value++) record.put(DETAIL, kind, { value });
    record.tellHead(DETAIL);
    expect(drain()).toEqual([0, 1, 2, 3]);
    expect(file.dropped(DETAIL)).toBe(6);
    record.put(DETAIL, kind, { value: 10 });
    expect(drain()).toEqual([10]);
  });

  test("a reader comes after a recorder that hands numbers out in vain", () => {
    const { record, drain } = recorded({ slots: 4 });
    for (let value = 0; value < 4; value++) record.put(LASTING, kind, { value });
    // These were dropped, and their numbers are gone.
    const beyond = 4 * 300;
    record.write(new Uint8Array(new BigUint64Array([BigInt(beyond)]).buffer), headerAt.heads[0]);
    record.write(
      new Uint8Array(new BigUint64Array([BigInt(beyond - 4)]).buffer),
      headerAt.dropped[0],
    );
    expect(drain()).toEqual([0, 1, 2, 3]);
    expect(record.tail(LASTING)).toBe(beyond);
    record.fill(LASTING, beyond, kind, { value: 9 });
    expect(drain()).toEqual([9]);
  });

  test("a lap is a byte that is never 0, and neighbours differ", () => {
    const laps = Array.from({ length: 600 }, (_, turn) => lapOf(turn * 8, 8));
    expect(Math.min(...laps)).toBe(1);
    expect(Math.max(...laps)).toBe(255);
    expect(laps.every((lap, turn) => turn === 0 || lap !== laps[turn - 1])).toBeTrue();
    const rings: RingNumber[] = [LASTING, DETAIL];
    expect(rings).toEqual([0, 1]);
  });
});
