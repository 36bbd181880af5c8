/** A real check that falls short while its machine kept it from going on decides nothing, and says what was measured. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { disturbedWords, isDisturbed } from "../../src/outcome/disturbed.ts";
import type { Outcome } from "../../src/outcome/outcome.ts";
import { toAnnotations } from "../../src/report/github.ts";
import { toJunit } from "../../src/report/junit.ts";
import { renderChecks } from "../../src/report/terminal/checks.ts";
import { mayBeTheMachine } from "../../src/strategies/undecided.ts";
import { allRounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { unlessLinux } from "../support/skipped.ts";
import { tandem, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

describe.skipIf(unlessLinux !== "")(`a real check whose process is stopped${unlessLinux}`, () => {
  /** Stops its process for a while, in the first few runs of which the file beside it tells. */
  folder.file(
    "stop.ts",
    `import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";

export default function ({ args: { runs, stops } }) {
  appendFileSync(runs, "run\\n");
  if (readFileSync(runs, "utf8").split("\\n").length - 1 > stops) return;
  spawn("sh", ["-c", \`sleep 0.4; kill -CONT \${process.pid}\`]);
  process.kill(process.pid, "SIGSTOP");
}
`,
  );

  /** Checks a document whose main is stopped in its first few runs. @returns also how many there were. */
  function stopped(name: string, stops: number, document: object) {
    const runs = folder.file(`${name}.runs`);
    const call = { module: "./stop.ts", takes: "10ms", args: { runs, stops } };
    const whole = { name, main: ["launch", { call }], ...document };
    const file = folder.file(`${name}.json`, JSON.stringify(whole));
    const { status, stdout } = tandem(["check", file, "--driver", "real"]);
    return { status, stdout, runs: readFileSync(runs, "utf8").match(/run/g)!.length };
  }

  const timely = {
    strategy: "thread",
    tasks: { task: [{ sleep: "10ms" }] },
    expect: { lost: 0, wall: "<= 300ms" },
  };

  test("each time is undecided after three tries, with what was measured, and status 3", () => {
    const { status, stdout, runs } = stopped("always", 3, timely);
    expect(stdout).toMatch(
      /^\? \S+always\.json:1:\d+ \(thread\): undecided: wall: expected <= 300ms, found [\d.]+ms; but its processes were stopped for \d{3}/,
    );
    expect(stdout).toEndWith("0 good, 0 fell short, 1 undecided\n");
    expect([status, runs]).toEqual([3, 3]);
  });

  test("once is tried again, and good", () => {
    const { status, stdout, runs } = stopped("once", 1, timely);
    expect(stdout).toEndWith("1 good, 0 fell short\n");
    expect(status).toBe(0);
    expect(runs).toBeGreaterThan(1);
  });

  test("is decided where the scenario falls short by itself", () => {
    const losing = { strategy: "daemon", tasks: { task: [{ sleep: "9s" }] }, expect: { lost: 0 } };
    const { status, stdout, runs } = stopped("losing", 1, losing);
    expect(stdout).toEndWith("0 good, 1 fell short\n");
    expect([status, runs]).toEqual([1, 1]);
  });

  test.skipIf(!allRounds)("law: is never wrong under load: good, or undecided", async () => {
    const loops = Array.from({ length: 6 }, () => Bun.spawn(["sh", "-c", "while :; do :; done"]));
    try {
      const words = ["check", "lost", "awaited", "threaded", "blocking", "--driver", "real"];
      for (let round = 0; round < 25; round++) {
        const { status, stdout } = tandem([...words, "--speed", "20"]);
        expect([0, 3]).toContain(status);
        if (status === 3) expect(stdout).toContain("for a core of the busy machine");
      }
    } finally {
      for (const loop of loops) loop.kill();
    }
  });
});

describe("an undecided check", () => {
  const check = { expected: "<= 2.5s", found: "2.76s", position: { line: 3, column: 5 } };
  const document = {
    file: "x.yaml",
    strategy: "await",
    checks: [
      { of: "wall", met: false, ...check },
      { of: "lost", met: true, expected: "0", found: "0", position: null },
    ],
    problems: [],
    undecided: "one of its threads waited 260ms for a core of the busy machine",
    seconds: 1,
  };
  const why =
    "undecided: wall: expected &lt;= 2.5s, found 2.76s; but one of its threads waited 260ms for a core of the busy machine";

  test("is no failure in JUnit, but skipped", () => {
    expect<string>(toJunit([document])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tandem check" tests="2" failures="0" errors="0" time="1.000">
  <testsuite name="x.yaml (await)" tests="2" failures="0" errors="0" skipped="1" time="1.000">
    <testcase classname="x.yaml (await)" name="wall" time="0.500"><skipped message="${why}"/></testcase>
    <testcase classname="x.yaml (await)" name="lost" time="0.500"/>
  </testsuite>
</testsuites>
`);
  });

  test("is a warning for GitHub", () => {
    expect<string>(toAnnotations([document])).toBe(
      `::warning file=x.yaml,line=3,col=5::await: ${why.replace("&lt;", "<")}\n`,
    );
  });

  test("has a sign of its own on a terminal, and is counted apart", () => {
    expect<string>(renderChecks([document], false)).toBe(
      `??   x.yaml:3:5 (await): ${why.replace("&lt;", "<")}\n\n0 good, 0 fell short, 1 undecided\n`,
    );
  });
});

describe("what may be the machine's", () => {
  const at = (wall: number, disturbed: Outcome["disturbed"] = null): Outcome =>
    ({ wall: wall * 1000, disturbed, driver: { kind: "real", speed: 10 } }) as Outcome;
  const waited = (ms: number) => ({ waited: ms, stopped: 0 });
  const meets = ({ wall }: Outcome): boolean => wall <= 2_000_000;

  test("is measured, in the time of the scenario", () => {
    expect(
      [waited(0), waited(1.9), waited(2)].map((disturbed) => isDisturbed({ disturbed })),
    ).toEqual([false, false, true]);
    expect(isDisturbed({ disturbed: null })).toBeFalse();
    expect(disturbedWords(at(1, { waited: 26, stopped: 300 }))).toBe(
      "its processes were stopped for 3s, and one of its threads waited 260ms for a core of the busy machine",
    );
    expect(disturbedWords(at(1, { waited: null, stopped: 0 }))).toBeNull();
  });

  test("is no more than a few times as late as it was kept from going on", () => {
    const late = (wall: number, ms: number): boolean =>
      mayBeTheMachine(at(wall, waited(ms)), at(1900), meets);
    expect([late(2100, 0), late(2100, 1), late(2100, 5), late(2600, 26)]).toEqual([
      ...[false, false, true, true],
    ]);
    expect([late(4000, 5), late(2600, 2)]).toEqual([false, false]);
  });

  test("is not what falls short in virtual time as well", () => {
    expect(mayBeTheMachine(at(2100, waited(50)), at(2050), meets)).toBeFalse();
  });

  test("is a good part of the run where no model says how long it takes", () => {
    const share = (ms: number): boolean => mayBeTheMachine(at(2100, waited(ms)), null, meets);
    expect([share(10), share(11)]).toEqual([false, true]);
  });
});
