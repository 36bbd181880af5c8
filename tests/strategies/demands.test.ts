/** Demands: what is told is typed, and means the same. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { DemandError, parseDemands, writeDemands } from "../../src/strategies/demand-words.ts";
import { checkDemands, type Demand, lacksOf } from "../../src/strategies/demands.ts";
import { lineDemand, linesDemand, statusDemand } from "../../src/strategies/expect-demands.ts";
import { figures, wordDemands } from "../../src/strategies/vocabulary.ts";
import { checkExpectations } from "../../src/strategies/expectations.ts";
import type { Outcome } from "../../src/outcome/outcome.ts";
import { demandsOf } from "../../src/strategies/wishes.ts";
import { simulate } from "../../src/runs/simulate.ts";
import { taskStatuses } from "../../src/scenario/expectation.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { holds } from "../support/property.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

function runOf(text: string, strategy?: string): Outcome {
  const scenario = parseScenario(text, "own");
  const under = strategy === undefined ? scenario.strategy : parseStrategy(strategy);
  return simulate({ scenario, strategy: under }).outcome;
}

/** What a document lacks of demands, as they are typed. */
function lacksUnder(text: string, must: string, strategy?: string): string[] {
  return lacksOf(runOf(text, strategy), parseDemands(must));
}

describe("law: what is told of a demand is typed, and read back as the same", () => {
  const typed = [
    ...Object.keys(wordDemands),
    ...Object.entries(figures).flatMap(([name, { unit }]) =>
      ["<=", "<", "==", ">=", ">"].map(
        (sign) => `${name}${sign}${{ time: "1.5s", count: "0", share: "12.5%" }[unit]}`,
      ),
    ),
    ...taskStatuses.flatMap((status) => [`a=${status}`, `tasks=${status}`, `"tasks"=${status}`]),
    'prints contains "a, b"',
    'prints exactly "a" "b \\"c\\""',
    "prints nothing",
    "deadlock==true",
    "deadlock==false",
  ];

  test.each(typed)("%s", (text) => {
    const demands = parseDemands(text);
    expect(demands).toHaveLength(1);
    const written = writeDemands(demands);
    // One thing has one name.
    expect(written).toBe(text === "tasks=finished" ? "finish" : text);
  });

  test("all of them together, with spaces", () => {
    const all = parseDemands(typed.join(" , "));
    expect(writeDemands(parseDemands(writeDemands(all)))).toBe(writeDemands(all));
    expect(all.length).toBe(new Set(all.map(({ written }) => written)).size);
  });

  test("whatever the lines and names", () => {
    holds(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" })),
        fc.string(),
        fc.constantFrom(...taskStatuses),
        (lines, line, status) => {
          const demands: Demand[] = [
            linesDemand(lines),
            lineDemand(line),
            statusDemand("tasks", status),
          ];
          expect(writeDemands(parseDemands(writeDemands(demands)))).toBe(writeDemands(demands));
        },
      ),
    );
  });
});

test.each([
  ["finnish", 'did you mean "finish"?'],
  ["finish,", "a comma stands between two rules"],
  ["", "a comma stands between two rules"],
  ["finish soon", '"finish" stands alone'],
  ["wall", "a bound is written as main<=10s"],
  ["main<=soon", "a bound is written as main<=10s"],
  ["main=10s", "a bound is written as main<=10s"],
  ["main<=1.2.3s", "a bound is written as main<=10s"],
  ["main<=10", "a time needs a unit, as main<=10s"],
  ["lost==0s", "a bound is written as"],
  ["overlap>=1s", "a bound is written as"],
  ["uplod=finished", 'is no task of the scenario; did you mean "upload"?'],
  ["upload=finishd", '"finishd" is no status; did you mean "finished"?'],
  ["deadlock", "deadlock==false or deadlock==true"],
  ["prints", 'prints contains "a line"'],
  ["prints contains one two", 'prints contains "a line"'],
  ['prints contains "one" "two"', 'prints contains "a line"'],
  ["prints exactly", "or prints nothing"],
  ['prints contains "\\x"', "is no text as in JSON"],
  ['prints contains "one', 'a quote (") is opened and not closed'],
])("%p is refused with a sentence", (text, sentence) => {
  let said = "";
  try {
    parseDemands(text, ["upload", "log"]);
  } catch (error) {
    if (!(error instanceof DemandError)) throw error;
    said = error.message;
  }
  expect(said).toContain(sentence);
  expect(said).not.toContain("\n");
});

const one = (steps: string, rest = "main: [launch]"): string =>
  `name: own\n${rest}\ntasks: { a: [${steps}] }\n`;

test.each([
  ["finish", one("sleep: 1s"), "detach", "a is cancelled"],
  ["finish", one("sleep: 1s, fail: broken"), "await", "a fails"],
  ["lost==0", one("sleep: 1s"), "detach", "a is lost"],
  ["failed==0", one("fail: broken"), "await", "a fails"],
  ["heard", one("fail: broken"), "detach", "the failure of a is only logged"],
  ["heard", one("fail: broken"), "thread", "the failure of a is only logged"],
  ["heard", one("fail: broken"), "await", null],
  [
    "heard",
    one("", "launch: [fail: broken]\nmain: [launch]"),
    "thread",
    "the failure of launch is only logged",
  ],
  ["heard", one("", "launch: [fail: broken]\nmain: [launch]"), "await", null],
  ["status", one("fail: broken"), "thread", "the exit status is 0"],
  ["status", one("fail: broken"), "await", null],
  ["survives-kill", one("sleep: 1s"), "await", "a kill between 0ms and 1s loses 1 task"],
  [
    "survives-kill",
    one("sleep: 1s", "main: [block: 1s, launch, block: 1s]"),
    "thread",
    "a kill between 1s and 2s loses 1 task",
  ],
  ["survives-kill", one("sleep: 1s"), "durable", null],
  ["survives-kill", one("sleep: 1s", "main: [block: 1s, submit: a]"), "durable", null],
  ["survives-kill", one("print: x"), "await", null],
  ["survives-kill", one("print: x", "main: [block: 1s, launch]"), "await", null],
  ["survives-kill", "name: own\nmain: [block: 1s]\n", "thread", null],
  ["main", one("fail: broken"), "await", "main fails at 0ms"],
  ["main<=1s", one("fail: broken"), "await", "main fails at 0ms"],
  ["main.end<=1s", one("fail: broken"), "await", null],
  [
    "ended",
    one("sleep: 1s", "main: [launch, block: 500ms]"),
    "daemon",
    "the process ends with a under way",
  ],
  [
    "ended",
    one("block: 3s", "main: [launch, block: 500ms]"),
    "thread,atExit=cancel,grace=50ms,offload=threads",
    "the process ends with a job of the pool under way",
  ],
  [
    "ended",
    one("block: 3s", "main: [launch, block: 500ms]"),
    "float,atExit=cancel,offload=threads",
    null,
  ],
  ["ended", one("sleep: 1s"), "thread", null],
  ["ended", one("sleep: 1s"), "thread,atExit=cancel", null],
  ["wall<=1s", one("sleep: 2s"), "await", "the process ends at 2s (wanted: at most 1s)"],
  ["background<=1s", one("sleep: 2s"), "await", "the background ends at 2s (wanted: at most 1s)"],
  ["longestBlock<=1s", one("block: 2s"), "await", "the loop is held for 2s (wanted: at most 1s)"],
  ["a=finished", one("sleep: 1s"), "detach", "a is cancelled, not finished"],
  ["b=finished", one("sleep: 1s"), "detach", "there is no task b"],
  ["tasks=failed", one("sleep: 1s"), "await", "a is finished, not failed"],
  ['prints contains "x, y"', one('print: "x, y"'), "await", null],
  ["prints contains 'x'", one('print: "x, y"'), "await", '"x" is not printed'],
  ["prints nothing", one("print: x"), "await", 'line 1 is "x", not no more lines'],
  ['prints exactly "x" "y"', one("print: x"), "await", 'line 2 is no more lines, not "y"'],
  ["deadlock==true", one("sleep: 1s"), "await", "it comes to its end"],
  [
    "finish",
    one("receive: box", "channels: { box: }\nmain: [launch]"),
    "await",
    "it deadlocks at 0ms",
  ],
  ["deadlock==true", one("receive: box", "channels: { box: }\nmain: [launch]"), "await", null],
])("%s of %p under %s: %p", (must, text, strategy, lack) => {
  expect(lacksUnder(text, must, strategy)).toEqual(lack === null ? [] : [lack]);
  const checked = checkDemands(runOf(text, strategy), parseDemands(must));
  expect(checked.map(({ met }) => met)).toEqual([lack === null]);
});

test("what began and was cut off lacks its clean-up; what never began has nothing to clean up", () => {
  const text = (sleep: string): string => `name: own
launch: [${sleep}start: a]
main: [launch, block: 1s]
tasks: { a: { steps: [sleep: 3s], finally: [sleep: 2s] } }
`;
  const must = "cleanup";
  expect(lacksUnder(text(""), must, "daemon")).toEqual([
    "the clean-up of a does not run to its end",
  ]);
  expect(lacksUnder(text("sleep: 2s, "), must, "daemon")).toEqual([]);
});

test("a heartbeat that ends at shutdown finishes as far as anybody wants it to", () => {
  const text = `name: own
launch: [start: beat]
main: [launch, block: 1s]
tasks: { beat: { steps: [sleep: 1m], until: shutdown } }
expect: { tasks: finished, lost: 0 }
`;
  const outcome = runOf(text, "portal,atExit=cancel");
  expect(checkExpectations(outcome, outcome.scenario.expect!).every(({ met }) => met)).toBe(true);
  expect(lacksOf(outcome, parseDemands("finish,lost==0"))).toEqual([]);
});

describe("what must hold where nobody says it", () => {
  const told = (expected: string): string[] => {
    const { source, all } = demandsOf(
      parseScenario(one("sleep: 1s", `main: [launch]\n${expected}`), "own"),
    );
    return [source, ...all.map(({ written }) => written)];
  };
  const defaults = ["lost==0", "heard", "cleanup", "status"];

  test("is nothing of time", () => {
    expect(told("")).toEqual(["default", ...defaults]);
  });

  test.each([
    ["lost: 1", "a loss"],
    ["{ tasks: cancelled, lost: 1, wall: '<= 2s' }", "a loss"],
    ["tasks: abandoned", "tasks cut off, and not that nothing is lost"],
    ["deadlock: true", "a deadlock"],
  ])("is not what a document shows that expects %p: %s", (expected) => {
    expect(told(`expect: ${expected.startsWith("{") ? expected : `{ ${expected} }`}`)).toEqual([
      "default",
      ...defaults,
    ]);
  });

  test("is what the document expects, whatever its strategy comes to", () => {
    expect(
      told(`expect:
  tasks: { a: cancelled }
  lost: 0
  wall: "<= 2s"
  main: "<= 1500ms"
  longestBlock: "<= 50ms"
  lateness.p99: "<= 20ms"
  overlap: ">= 7%"
  prints: { contains: ["a, b", c] }
  deadlock: false
`),
    ).toEqual([
      "expect",
      "a=cancelled",
      "lost==0",
      "wall<=2s",
      "main.end<=1.5s",
      "block<=50ms",
      "late.p99<=20ms",
      "overlap>=7%",
      'prints contains "a, b"',
      'prints contains "c"',
      "deadlock==false",
      "heard",
      "cleanup",
      "status",
    ]);
    expect(
      told("expect: { tasks: finished, lost: 0, longestBlock: '>= 1s', wall: '>= 1s' }"),
    ).toEqual(["expect", "finish", "heard", "cleanup", "status"]);
  });
});
