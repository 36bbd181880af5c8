/** The columns of a log: an event comes back as it was recorded, whatever room its numbers take. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { type Details, detailsAt, EventLog } from "../../src/trace/log.ts";
import { randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const values = [
  0,
  1,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  0.5,
  2 ** 52,
  NaN,
  Infinity,
];
const places = [0, 1, 2 ** 15 - 1, 2 ** 15, 2 ** 31 - 1];

test("law: an event has the value and the place that it was recorded with, large ones among small ones", () => {
  for (let seed = 0; seed < rounds(20, 1000); seed++) {
    const random = randomFrom(seed);
    const one = (numbers: number[], usual: number): number =>
      random() < 0.02 ? numbers[Math.floor(random() * numbers.length)]! : usual;
    const recorded = Array.from({ length: Math.floor(random() * 2000) }, (_, k) => ({
      value: one(values, k),
      details: random() < 0.5 ? undefined : ({ place: one(places, k % 100) } satisfies Details),
    }));
    const log = new EventLog();
    for (const [at, { value, details }] of recorded.entries())
      log.record(at, 0, 0, 0, value, details);
    const kept = log.chunks.flatMap((chunk) =>
      Array.from({ length: chunk.length }, (_, k) => ({
        value: chunk.value[k]!,
        place: detailsAt(chunk, k)?.place,
      })),
    );
    expect(kept).toEqual(recorded.map(({ value, details }) => ({ value, place: details?.place })));
  }
});
