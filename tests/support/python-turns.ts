/**
 * Tests that hold for every Python that tandem observes: in the suite each is run on one of them, by turns, and by
 * the laws on all.
 */
import { test } from "bun:test";
import { allRounds } from "./laws.ts";
import { type Python, pythons } from "./python.ts";

/** The first minor version of Python 3 that is observed. */
const leastObserved = 9;

/** The turn of the file's next test: one after the other takes the next Python. */
let turn = 0;

/** @param leastMinor the first minor version of Python 3 that the test is about. */
export function testByTurns(
  title: string,
  body: (python: Python) => void | Promise<void>,
  leastMinor = leastObserved,
): void {
  const about = pythons().filter(({ minor }) => minor >= leastMinor);
  const inTurn = turn++ % about.length;
  for (const [k, python] of about.entries())
    if (allRounds || k === inTurn) test(`law: 3.${python.minor}: ${title}`, () => body(python));
}
