/** The lanes of a timeline say what was so. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { lanesOf } from "../../src/outcome/lanes.ts";
import { HoldReader } from "../../src/reading/holds.ts";
import type { Lane, Lanes, LaneSpan } from "../../src/reading/lanes.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { typeNumber } from "../../src/trace/event.ts";
import { MAIN } from "../../src/scenario/numbers.ts";
import { EventLog } from "../../src/trace/log.ts";
import { LivePicture } from "../../src/report/terminal/live.ts";
import { renderMiniatures, renderTimeline } from "../../src/report/terminal/timeline.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { rounds } from "../support/laws.ts";
import { eventsOf, performRandom, type RandomRun } from "../strategies/random-run.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const allLanesOf = (run: RandomRun): Lanes => lanesOf(run).hearAll(run.log);

/** When the loop's thread was held. */
function heldIn({ strategy, log }: RandomRun): { from: number; to: number }[] {
  const held: { from: number; to: number }[] = [];
  const reader = new HoldReader(
    { rules: strategy.loop === "float" ? "javascript" : "asyncio", main: MAIN },
    { seam: 0, slow: Infinity, places: new Map() },
    ({ at, ticks }) => {
      const last = held.at(-1);
      if (last?.to === at) last.to = at + ticks;
      else held.push({ from: at, to: at + ticks });
    },
  );
  for (const event of eventsOf(log)) reader.hear(event);
  reader.finish(log.end);
  return held;
}

/** When each task could first have had a turn. */
function madeAt({ log, outcome }: RandomRun): Map<string, number> {
  const made = eventsOf(log).filter(({ type }) => /^task-(created|submitted)$/.test(type));
  return new Map(made.reverse().map(({ actor, at }) => [outcome.tasks[actor]!.name, at]));
}

const seeds = Array.from({ length: rounds(40, 300) }, (_, index) => 9000 + index);

describe("laws", () => {
  test("law: spans follow one another, within the life of their lane", () => {
    for (const seed of seeds) {
      const run = performRandom(seed);
      const made = madeAt(run);
      for (const now of [run.log.end, run.log.end / 2]) {
        const lanes = lanesOf(run).hearAll(run.log.upTo(now));
        for (const { name, startedAt, endedAt, spans } of lanes.lanesAt(now)) {
          let before = made.get(name) ?? startedAt ?? 0;
          for (const { activity, from, to } of spans) {
            const where = `seed ${seed}, ${name} ${activity} from ${from} to ${to}`;
            expect(from, where).toBeGreaterThanOrEqual(before);
            if (to === null) expect(spans.at(-1), where).toMatchObject({ from, to });
            else expect(to, where).toBeGreaterThan(from);
            expect(to ?? 0, where).toBeLessThanOrEqual(endedAt ?? now);
            before = to ?? now;
          }
          if (endedAt !== null) expect(spans.every(({ to }) => to !== null)).toBe(true);
        }
      }
    }
  }, 120_000);

  test("law: a lane is starved only while its thread is held, and always when it is overdue", () => {
    let starved = 0;
    for (const seed of seeds) {
      const run = performRandom(seed);
      const held = heldIn(run);
      for (const { name, spans } of allLanesOf(run).lanesAt(run.log.end))
        for (const { activity, from, to } of spans) {
          if (activity !== "starved") continue;
          starved++;
          const cover = held.find((one) => one.from <= from && one.to >= to!);
          expect(cover, `seed ${seed}, ${name} starved from ${from} to ${to}`).toBeDefined();
        }
      for (const task of run.outcome.tasks) {
        const lane = allLanesOf(run)
          .lanesAt(run.log.end)
          .find(({ name }) => name === task.name);
        const { ticks, at } = task.late;
        if (ticks > 0)
          expect(lane!.spans).toContainEqual({ activity: "starved", from: at - ticks, to: at });
      }
    }
    expect(starved).toBeGreaterThan(0);
  }, 120_000);

  test("law: every sign that is drawn stands in the legend", () => {
    for (const seed of seeds) {
      const run = performRandom(seed);
      const { end } = run.log;
      const lanes = allLanesOf(run);
      for (const unicode of [true, false]) {
        const width = 60 + (seed % 5) * 30;
        const look = { width, unicode, colour: false };
        explained(renderTimeline(lanes, look, { to: end, now: end }), seed);
        explained(renderMiniatures([{ name: "x", lanes }], look, end), seed);
        const picture = new LivePicture(lanes, "x", null);
        for (const rows of [4, 8, 12, 24, 50]) {
          const [, , ...lines] = picture
            .draw(end, look, rows)
            .replace(/^[^]*\u001b\[\?25l/, "")
            .trimEnd()
            .split("\n");
          explained(lines, seed);
        }
      }
    }
  }, 120_000);
});

/** Holds a picture to its legend: bars stand above the axis, what they are made of below it. */
function explained(lines: string[], seed: number): void {
  const axis = lines.findIndex((line) => /^ *[┴+][╌┴+-]+$/.test(line));
  if (axis < 0) {
    expect([seed, lines]).toEqual([seed, []]);
    return;
  }
  const bars = lines.slice(0, axis).filter((line) => !line.includes(" more not drawn"));
  const left = lines[axis]!.search(/[┴+]/);
  const { length } = lines[axis]!;
  const drawn = new Set(bars.flatMap((line) => [...line.slice(left, length)]));
  drawn.delete(" ");
  const legend = lines.slice(axis + 2).join(" ");
  const entries = new Set(legend.split(/ {2,}/).map((entry) => entry.trim()[0]));
  for (const sign of drawn)
    expect([seed, lines, sign, entries.has(sign)]).toEqual([seed, lines, sign, true]);
}

/** What a lane of a document's run in virtual time shows, in milliseconds. */
function shown(document: object, strategy: string, name: string): unknown[] {
  const scenario = parseScenario(JSON.stringify({ name: "x", ...document }), "x.json");
  const chosen = parseStrategy(strategy);
  const takes = { byActor: {}, byFunction: { "./x.ts#f": { total: 500_000, held: 200_000 } } };
  const log = runVirtually({ scenario, strategy: chosen, runtime: "", takes });
  return spansOf(lanesOf({ scenario, strategy: chosen }).hearAll(log).lanesAt(log.end), name);
}

function spansOf(lanes: Lane[], lane: string): unknown[] {
  const { spans } = lanes.find(({ name }) => name === lane)!;
  return spans.map(({ activity, from, to }: LaneSpan) => [activity, from / 1000, to! / 1000]);
}

describe("what is shown of", () => {
  const call = { call: { module: "./x.ts", export: "f", takes: "1s" } };

  test("a call is when it held its thread, and when not", () => {
    const document = { main: ["launch"], tasks: { t: [{ sleep: 100 }, call, { sleep: 100 }] } };
    expect(shown(document, "await", "t")).toEqual([
      ["sleeping", 0, 100],
      ["blocking", 100, 300],
      ["calling", 300, 600],
      ["sleeping", 600, 700],
    ]);
    expect(shown(document, "thread", "loop")).toEqual([["blocking", 100, 300]]);
  });

  test("main ends with main, whatever its thread does then", () => {
    const document = { main: [call, "launch"], tasks: { t: [{ sleep: 3000 }] } };
    expect(shown(document, "thread", "main")).toEqual([["blocking", 0, 500]]);
    expect(shown(document, "float", "main")).toEqual([["blocking", 0, 500]]);
  });

  test("main in a floating launch is that its thread is held", () => {
    const document = { main: ["launch"], tasks: { t: [{ block: 300 }] } };
    expect(shown(document, "float", "main")).toEqual([["blocking", 0, 300]]);
  });

  test("a task that waits for its first turn is that others hold its thread", () => {
    const submitted = {
      main: ["launch", { block: 100 }, { submit: "b" }, { result: "b" }],
      launch: [{ start: "a" }],
      tasks: { a: [{ block: 300 }], b: [{ sleep: 100 }] },
    };
    expect(shown(submitted, "portal", "b")).toEqual([
      ["starved", 100, 300],
      ["sleeping", 300, 400],
    ]);
    const document = { main: ["launch"], tasks: { a: [{ block: 300 }], b: [{ sleep: 100 }] } };
    expect(shown(document, "await", "b")).toEqual([
      ["starved", 0, 300],
      ["sleeping", 300, 400],
    ]);
  });
});

test("for real, a timer that is late by itself shows as a sleep", () => {
  const scenario = parseScenario(
    JSON.stringify({ name: "x", main: ["launch"], tasks: { t: [{ sleep: 100 }] } }),
    "x.json",
  );
  const strategy = parseStrategy("thread");
  const log = new EventLog();
  const add = (at: number, type: keyof typeof typeNumber, actor: number, value = 0): void =>
    log.add(at, type, 1, actor, value);
  add(0, "loop-opened", -1);
  add(0, "task-created", 0);
  add(30_000, "task-started", 0);
  add(30_000, "sleep-began", 0, 100_000);
  add(200_000, "sleep-ended", 0);
  const lanes = lanesOf({ scenario, strategy }).hearAll(log);
  expect(spansOf(lanes.lanesAt(200_000), "t")).toEqual([["sleeping", 30, 200]]);
});
