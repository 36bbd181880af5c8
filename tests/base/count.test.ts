/** Whole numbers in sentences. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { formatCount } from "../../src/base/count.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

test("a count has its thousands set apart as English has them", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
  fc.assert(
    fc.property(fc.maxSafeNat(), (count) => {
      expect(formatCount(count)).toBe(count.toLocaleString("en"));
    }),
  );
});
