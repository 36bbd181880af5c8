import { heapStats } from "bun:jsc";
import { expect, setDefaultTimeout, test } from "bun:test";
import { Call, CALL } from "../../../src/observe/javascript/recorder/model.ts";
import { patience } from "../../support/patience.ts";

setDefaultTimeout(patience);

/** The engine has sizes for objects: this is one, and the next is a quarter larger. */
const most = 224;

test("law: what is kept of a call under way takes no more room than 26 fields", () => {
  const count = 10_000;
  const began = (number: number): Call => new Call(CALL, 1, null, number + 0.5);
  Array.from({ length: 1000 }, (_, number) => began(number));
  const calls = Array.from<Call | null>({ length: count }).fill(null);
  Bun.gc(true);
  const before = heapStats().heapSize;
  for (let number = 0; number < count; number++) calls[number] = began(number);
  Bun.gc(true);
  expect((heapStats().heapSize - before) / count).toBeLessThan(most * 1.1);
  expect(calls).toHaveLength(count);
});
