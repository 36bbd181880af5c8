/** Durations longer than setTimeout takes, which fires at once where it is given more: some 25 days. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import FakeTimers from "@sinonjs/fake-timers";
import { after } from "../../src/drivers/real/timer.ts";
import { simulate } from "../support/simulate.ts";
import { tandem, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const day = 24 * 3_600_000;

describe("after", () => {
  test("calls back when so long has gone by, however long, and not before", () => {
    const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      for (const ms of [1, 2 ** 31 - 1, 2 ** 31, 30 * day, 366 * day]) {
        let calls = 0;
        after(ms, () => calls++);
        clock.tick(ms - 1);
        expect({ ms, calls }).toEqual({ ms, calls: 0 });
        clock.tick(1);
        expect({ ms, calls }).toEqual({ ms, calls: 1 });
      }
    } finally {
      clock.uninstall();
    }
  });

  test("does not call back once it has been taken back, or after forever", () => {
    const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      let calls = 0;
      const takeBack = after(30 * day, () => calls++);
      clock.tick(29 * day);
      takeBack();
      after(Infinity, () => calls++);
      clock.tick(3000 * day);
      expect(calls).toBe(0);
    } finally {
      clock.uninstall();
    }
  });
});

test("in virtual time a duration of 30 days is exact", () => {
  const { prints, wall } = simulate(
    {
      name: "long",
      main: ["launch", { print: "main ends" }],
      channels: { c: {} },
      tasks: {
        t: [{ sleep: 30 * day }, { print: "t wakes" }],
        u: [{ receive: "c", timeout: 31 * day }],
      },
    },
    "thread",
  );
  expect({ prints: prints.map(({ at, text }) => [at, text]), wall }).toEqual({
    prints: [
      [0, "main ends"],
      [30 * day, "t wakes"],
    ],
    wall: 31 * day,
  });
});

describe("for real", () => {
  const folder = temporaryFolder();
  afterAll(() => folder[Symbol.dispose]());
  folder.file(
    "long.ts",
    `export default async ({ sleep, print }: any) => { await sleep("43200m"); print("woke"); };\n`,
  );
  const document = `name: long
main: [launch, block: 300ms, print: main ends]
launch: [start: [calls, sleeps, receives], settle]
tasks:
  calls: [{ call: { module: ./long.ts } }, print: called]
  sleeps: [sleep: 43200m, print: slept]
  receives: [{ receive: c, timeout: 43200m }, print: received]
channels: { c: {} }
`;
  const file = folder.file("long.yaml", document);
  test("nobody who waits for 30 days wakes before, and a limit of 30 days is none in a second", () => {
    const { stdout, stderr } = tandem([
      "run",
      file,
      ...["--driver", "real", "--timeout", "43200m", "--strategy"],
      "thread,settle=settled,timeout=43200m,grace=300ms",
    ]);
    expect({ stdout, interrupted: stderr.includes("interrupted") }).toEqual({
      stdout: "main ends\n",
      interrupted: false,
    });
  });
});
