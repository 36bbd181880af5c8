/** What everybody was at, as the timeline of a report has it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Report } from "../../../src/report/model/report.ts";
import { fates, states } from "../../../src/report/page/words.ts";
import { catalogue } from "../../../src/scenario/catalogue.ts";
import { patience } from "../../support/patience.ts";
import { toldOfEvents, toldOfScenario } from "../../support/reports.ts";

setDefaultTimeout(patience);

/** The stretches of the first entity of a name, as `0-50 waiting sleeps`, times in ms. */
function stretchesOf({ timeline }: Report, name: string): string[] {
  const { stretches, texts, places } = timeline;
  const entity = timeline.entities.name.indexOf(name);
  const own = [...Array(stretches.length).keys()].filter((k) => stretches.entity[k] === entity);
  return own.map((k) => {
    const place = places[stretches.place[k]!];
    const line = place === undefined ? "" : `, ${place.line}`;
    const [from, to] = [stretches.from[k]! / 1000, stretches.to[k]! / 1000];
    return `${from}-${to} ${states[stretches.state[k]!]}: ${texts[stretches.what[k]!]}${line}`;
  });
}

const fateOf = ({ timeline: { entities } }: Report, name: string): string =>
  fates[entities.fate[entities.name.indexOf(name)]!]!;

describe("the timeline of a scenario's run", () => {
  const { report } = toldOfScenario(
    `name: x
main: [launch, join]
tasks:
  slow:
    steps:
      - block: 300ms
      - sleep: 100ms
  quick:
    steps:
      - sleep: 50ms
`,
    "thread",
  );

  test("tells who held the loop's thread, and who starved meanwhile", () => {
    expect(stretchesOf(report, "slow")).toEqual([
      "0-300 holding: stands still, holding its thread, 6",
      "300-400 waiting: sleeps, 7",
    ]);
    expect(stretchesOf(report, "quick")).toEqual([
      "0-300 starved: ready, and its thread was held",
      "300-350 waiting: sleeps, 10",
    ]);
    expect(stretchesOf(report, "loop")).toEqual([
      "0-300 holding: stands still, holding its thread, 6",
    ]);
  });

  test("marks the line of the step that held the loop, and not where its task stood last", () => {
    const [source] = report.sources;
    expect(
      [...source!.lines].map(([line, notes]) => [line, notes.map(({ words }) => words)]),
    ).toEqual([[6, ["held the loop for 300ms"]]]);
    expect(report.findings.map(({ rule, places }) => [rule, places])).toEqual([
      ["loop-blocked", []],
    ]);
  });

  test("tells for what main waits", () => {
    expect(stretchesOf(report, "main")).toEqual(["0-400 waiting: waits for launch to end, 2"]);
  });
});

test("each loop has a lane for as long as it is open, those that one line opened beside each other, and no thread's own loop", () => {
  const told = (rules: string) =>
    toldOfEvents(
      [
        `{"type":"trace-began","format":"tandem-events/2","tandem":"by hand","source":{"kind":"observed","language":"python","runtime":"CPython 3.13","command":"python app.py"}}`,
        `{"define":"process","id":0}`,
        `{"define":"thread","id":0,"process":0,"name":"MainThread"}`,
        `{"define":"place","id":0,"file":"app.py","line":7}`,
        `{"define":"place","id":1,"file":"app.py","line":9}`,
        ...[0, 1, 2].map((id) => `{"define":"loop","id":${id},"thread":0,"rules":"${rules}"}`),
        `{"define":"actor","id":"main","kind":"main"}`,
        `{"at":0,"type":"main-started","thread":0,"actor":"main"}`,
        ...[0, 30, 60].flatMap((at, k) => [
          `{"at":${at},"type":"loop-opened","thread":0,"actor":"main","place":${k === 2 ? 1 : 0}}`,
          ...(k === 2
            ? []
            : [`{"at":${at + 10},"type":"loop-closed","thread":0,"actor":"main","place":0}`]),
        ]),
        `{"at":90,"type":"process-ended","thread":0,"actor":"main","code":0}`,
      ].join("\n"),
    ).report;
  const report = told("asyncio");
  const { rows, entities } = report.timeline;
  expect(rows.map(({ name, count, story }) => `${name} ×${count}: ${story}`)).toEqual([
    "main ×1: MainThread, event loop ×3",
    "event loop ×2: app.py:7",
    "event loop ×1: app.py:9",
  ]);
  const times = [1, 2, 3].map((k) => [entities.from[k]! / 1000, entities.to[k]! / 1000]);
  expect(times).toEqual([
    [0, 10],
    [30, 40],
    [60, 90],
  ]);
  expect([1, 2, 3].map((k) => fates[entities.fate[k]!])).toEqual(["ended", "ended", "none"]);
  expect(told("javascript").timeline.rows.map(({ name }) => name)).toEqual(["main"]);
});

test("what nothing has ended is told to the end of whoever was at it, and a job with the thread that did it", () => {
  const { report } = toldOfEvents(
    [
      `{"type":"trace-began","format":"tandem-events/2","tandem":"by hand","source":{"kind":"observed","language":"python","runtime":"CPython 3.13","command":"python app.py"}}`,
      `{"define":"process","id":0}`,
      `{"define":"thread","id":0,"process":0,"name":"MainThread"}`,
      `{"define":"thread","id":1,"process":0,"name":"pool-0","worker":true}`,
      `{"define":"actor","id":"main","kind":"main"}`,
      `{"define":"actor","id":"job","kind":"job","function":"work","parent":"main"}`,
      `{"at":0,"type":"main-started","thread":0,"actor":"main"}`,
      `{"at":1,"type":"task-created","thread":0,"actor":"job"}`,
      `{"at":2,"type":"task-started","thread":1,"actor":"job"}`,
      `{"at":5,"type":"block-began","thread":1,"actor":"job","duration":0}`,
      `{"at":50,"type":"task-ended","thread":1,"actor":"job","status":"finished"}`,
      `{"at":55,"type":"block-ended","thread":1,"actor":"job"}`,
      `{"at":60,"type":"sleep-began","thread":0,"actor":"main","duration":100}`,
      `{"at":90,"type":"process-ended","thread":0,"actor":"main","code":0}`,
      `{"at":99,"type":"dropped","thread":0,"count":1,"why":"x"}`,
    ].join("\n"),
  );
  expect(stretchesOf(report, "job")).toEqual([
    "2-5 running: is done by a pool",
    "5-50 holding: stands still, holding its thread",
  ]);
  expect(stretchesOf(report, "pool-0")).toEqual([
    "2-5 running: does a job of work",
    "5-50 holding: stands still, holding its thread",
  ]);
  expect(stretchesOf(report, "main")).toEqual(["60-90 waiting: sleeps"]);
});

test("who computes holds its thread from others while a loop is open on it, and only runs once that has closed", () => {
  const { report } = toldOfEvents(
    [
      `{"type":"trace-began","format":"tandem-events/2","tandem":"by hand","source":{"kind":"observed","language":"python","runtime":"CPython 3.13","command":"python app.py"}}`,
      `{"define":"process","id":0}`,
      `{"define":"thread","id":0,"process":0,"name":"MainThread"}`,
      `{"define":"loop","id":0,"thread":0,"rules":"asyncio"}`,
      `{"define":"actor","id":"main","kind":"main"}`,
      `{"define":"actor","id":"task","kind":"task","function":"crunch","parent":"main"}`,
      `{"at":0,"type":"main-started","thread":0,"actor":"main"}`,
      `{"at":0,"type":"compute-began","thread":0,"actor":"main","duration":0}`,
      `{"at":10,"type":"compute-ended","thread":0,"actor":"main"}`,
      `{"at":10,"type":"loop-opened","thread":0,"actor":"main"}`,
      `{"at":11,"type":"task-created","thread":0,"actor":"task"}`,
      `{"at":12,"type":"task-started","thread":0,"actor":"task"}`,
      `{"at":12,"type":"compute-began","thread":0,"actor":"task","duration":0}`,
      `{"at":30,"type":"compute-ended","thread":0,"actor":"task"}`,
      `{"at":31,"type":"task-ended","thread":0,"actor":"task","status":"finished"}`,
      `{"at":32,"type":"loop-closed","thread":0,"actor":"main"}`,
      `{"at":40,"type":"compute-began","thread":0,"actor":"main","duration":0}`,
      `{"at":60,"type":"compute-ended","thread":0,"actor":"main"}`,
      `{"at":70,"type":"process-ended","thread":0,"actor":"main","code":0}`,
    ].join("\n"),
  );
  expect(stretchesOf(report, "main")).toEqual([
    "0-10 running: computes",
    "12-30 holding: computes",
    "40-60 running: computes",
  ]);
  expect(stretchesOf(report, "task")).toEqual(["12-30 holding: computes"]);
});

describe("the timeline of an observed program", () => {
  const head = [
    `{"type":"trace-began","format":"tandem-events/2","tandem":"by hand","source":{"kind":"observed","language":"python","runtime":"CPython 3.13","command":"python app.py"}}`,
    `{"define":"process","id":"app","pid":40}`,
    `{"define":"process","id":"child","pid":41,"parent":"app"}`,
    `{"define":"thread","id":"MainThread","process":"app"}`,
    `{"define":"thread","id":"other","process":"child"}`,
    `{"define":"loop","id":0,"thread":"MainThread","rules":"asyncio"}`,
    `{"define":"place","id":1,"file":"app.py","line":10,"function":"beat"}`,
    `{"define":"place","id":2,"file":"app.py","line":20,"function":"hold","source":"time.sleep(1)"}`,
    `{"define":"actor","id":"main","kind":"main"}`,
    `{"define":"actor","id":"in child","kind":"main"}`,
    `{"define":"actor","id":"beat","kind":"task","function":"beat","parent":"main","place":1}`,
    `{"define":"actor","id":"hold","kind":"task","function":"hold","parent":"main","place":1}`,
    `{"at":0,"type":"main-started","thread":"MainThread","actor":"main"}`,
    `{"at":1,"type":"loop-opened","thread":"MainThread","actor":"main"}`,
    `{"at":2,"type":"main-started","thread":"other","actor":"in child"}`,
    `{"at":2,"type":"task-created","thread":"MainThread","actor":"beat"}`,
    `{"at":3,"type":"task-started","thread":"MainThread","actor":"beat"}`,
    `{"at":3,"type":"task-created","thread":"MainThread","actor":"hold"}`,
    `{"at":4,"type":"task-started","thread":"MainThread","actor":"hold"}`,
    `{"at":100,"type":"stood-at","thread":"MainThread","actor":"beat","place":1}`,
    `{"at":100,"type":"waits-for","thread":"MainThread","actor":"beat","place":1,"of":"asyncio.sleep(1)"}`,
    `{"at":200,"type":"step-began","thread":"MainThread","actor":"hold","place":2}`,
    `{"at":500,"type":"process-ended","thread":"other","actor":"in child","code":0}`,
    `{"at":1200,"type":"step-ended","thread":"MainThread","actor":"hold","place":2,"cpu":0,"call":"time.sleep(1)"}`,
    `{"at":1200,"type":"late","thread":"MainThread","actor":"beat","place":1,"late":900,"by":"hold"}`,
    `{"at":1300,"type":"task-ended","thread":"MainThread","actor":"hold","status":"finished"}`,
    `{"at":1400,"type":"process-ended","thread":"MainThread","actor":"main","code":0}`,
  ];
  const { report } = toldOfEvents(head.join("\n"));

  test("tells what somebody was last seen at until something else is told, and no longer", () => {
    expect(stretchesOf(report, "beat")).toEqual([
      "100-300 waiting: last seen waiting for asyncio.sleep(1), 10",
      "300-1200 starved: ready, while hold held its thread, 10",
    ]);
  });

  test("tells the call in which a step stood still, on its thread as well", () => {
    const words = "200-1200 holding: stands still in time.sleep(1), holding its thread, 20";
    expect(stretchesOf(report, "hold")).toEqual([words]);
    expect(stretchesOf(report, "main")).toEqual([words]);
  });

  test("tells what was lost until its own process ended", () => {
    const { entities } = report.timeline;
    expect(fateOf(report, "beat")).toBe("lost");
    expect(entities.to[entities.name.indexOf("beat")]).toBe(1_400_000);
    expect(entities.to[entities.name.lastIndexOf("main")]).toBe(500_000);
  });
});

test("no stretches of one entity overlap, in any scenario and under any of its strategies", () => {
  for (const { text } of catalogue)
    for (const strategy of ["await", "thread", "detach", "daemon"]) {
      const { stretches, entities } = toldOfScenario(text, strategy).report.timeline;
      for (let k = 0; k < stretches.length; k++) {
        const entity = stretches.entity[k]!;
        const isNext = k > 0 && stretches.entity[k - 1] === entity;
        const since = isNext ? stretches.to[k - 1]! : entities.from[entity]!;
        expect(stretches.from[k]).toBeGreaterThanOrEqual(since);
        expect(stretches.to[k]).toBeLessThanOrEqual(entities.to[entity]!);
      }
    }
});
