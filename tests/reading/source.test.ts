/** Where in user code something was, as it is shown. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { sourceOf } from "../../src/reading/source.ts";
import type { Place } from "../../src/trace/definitions.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const line: Place = { file: "job.ts", line: 4, column: null, function: null };
const places = new Map<number, Place>([
  [7, line],
  [8, { ...line, column: 3 }],
  [9, { ...line, function: "parse" }],
]);

test("a place in user code is shown with what is known of it, and is known by its number", () => {
  const shown = (place: number, numbers = {}): string | undefined => {
    const source = sourceOf({ place, numbers }, places);
    expect(source?.place ?? place).toBe(place);
    return source?.text;
  };
  expect(shown(7)).toBe("job.ts:4");
  expect(shown(8)).toBe("job.ts:4:3");
  expect(shown(9)).toBe("in parse, job.ts:4");
  expect(shown(9, { lastLine: 9 })).toBe("in parse, job.ts:4-9");
  expect(shown(7, { lastLine: 4, calls: 2 })).toBe("job.ts:4-4, one of 2 calls");
  expect(shown(10)).toBeUndefined();
  expect(sourceOf({ place: null }, places)).toBeNull();
});
