/** A program is held to stand still only when all of it has been seen asleep for long enough; in virtual time. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { lookMs, type Motion, StillnessWatch } from "../../src/observe/stillness.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const limitMs = 500;
const asleep: Motion = { events: 7, cpuMs: 100, processes: [41], isAwake: false };

/** Looks at a program at instants, and tells the first of them at which it was still; null for none. */
function stillAt(looks: readonly (readonly [at: number, motion?: Partial<Motion>])[]) {
  const watch = new StillnessWatch(limitMs);
  for (const [at, motion] of looks) {
    watch.note(at, { ...asleep, ...motion });
    if (watch.isStill) return at;
  }
  return null;
}

/** From one instant to another, a look as often as tandem looks, each with the same motion. */
function from(begin: number, end: number, motion: Partial<Motion> = {}) {
  const looks: [number, Partial<Motion>][] = [];
  for (let at = begin; at <= end; at += lookMs) looks.push([at, motion]);
  return looks;
}

describe("a program", () => {
  test("is still when nothing has moved for as long as the limit", () => {
    expect(stillAt(from(1000, 1400))).toBeNull();
    expect(stillAt(from(1000, 2000))).toBe(1600);
  });

  test.each<[string, Partial<Motion>]>([
    ["an event has come", { events: 8 }],
    ["it has computed", { cpuMs: 200 }],
    ["a process below it has ended", { processes: [] }],
    ["one has come", { processes: [41, 42] }],
  ])("in which %s has moved, and has as long again", (_, motion) => {
    expect(stillAt([...from(1000, 1400), ...from(1600, 2000, motion)])).toBeNull();
    expect(stillAt([...from(1000, 1400), ...from(1600, 3000, motion)])).toBe(2200);
  });

  test("that has a use for a processor and gets none, or was stopped, is not still, however long that lasts", () => {
    expect(stillAt(from(1000, 60_000, { isAwake: true }))).toBeNull();
    expect(stillAt([...from(1000, 9000, { isAwake: true }), ...from(9200, 9400)])).toBeNull();
  });

  test("is not still for the time in which a busy machine kept tandem from looking", () => {
    expect(stillAt([[1000], [31_000]])).toBeNull();
    expect(stillAt([[1000], [31_000], [61_000]])).toBe(61_000);
  });

  test("whose recorders compute a little is still", () => {
    const looks = from(1000, 2000).map(([at], turn) => [at, { cpuMs: 100 + 5 * turn }] as const);
    expect(stillAt(looks)).toBe(1600);
  });
});

test("counting starts over with the next look", () => {
  const watch = new StillnessWatch(limitMs);
  for (const [at] of from(1000, 1600)) watch.note(at, asleep);
  expect(watch.isStill).toBeTrue();
  watch.startOver();
  for (const [at] of from(1800, 2200)) watch.note(at, asleep);
  expect(watch.isStill).toBeFalse();
  watch.note(2400, asleep);
  expect(watch.isStill).toBeTrue();
});
