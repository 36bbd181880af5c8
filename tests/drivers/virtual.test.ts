/** Laws of every virtual run, on random scenarios. `TANDEM_SEED` replays a failure. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { eventTypes } from "../../src/trace/event.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { encodeRecord } from "../../src/runs/record.ts";
import { readRecording } from "../../src/runs/report.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { type Scenario, taskInstances } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import {
  parseStrategy,
  resolveStrategy,
  type Strategy,
  type StrategyInput,
} from "../../src/scenario/strategy.ts";
import { scenarios } from "../asyncio/arbitrary.ts";
import { simulate } from "../support/simulate.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261123);
const replay = `TANDEM_SEED=${seed} bun test ${import.meta.path}`;

/** Strategies beside the inline ones that the scenarios come with. */
const others = [
  "thread",
  "thread,atExit=cancel",
  "thread,settle=group",
  "daemon",
  "float",
  "float,atExit=cancel",
  "float,settle=gather",
  "exit",
];

interface Line {
  at: number;
  type: string;
  thread: string;
  actor: string;
}

/** A strategy as a document would give it. */
function axesOf({ loop, settle, timeout, atExit }: Strategy): StrategyInput {
  return {
    loop,
    settle,
    ...(timeout === null ? {} : { timeout: timeout / 1000 }),
    ...(atExit === null ? {} : { atExit }),
  };
}

interface RandomRun {
  document: object;
  scenario: Scenario;
  strategy: Strategy;
}

const runs: fc.Arbitrary<RandomRun> = fc
  .tuple(scenarios(), fc.constantFrom(null, ...others))
  .map(([{ document, strategy }, other]) => ({
    document,
    scenario: parseScenario(JSON.stringify(document), "random.json"),
    strategy:
      other !== null
        ? parseStrategy(other)
        : resolveStrategy(typeof strategy === "string" ? { use: strategy } : strategy),
  }));

function law(property: (run: RandomRun) => void): void {
  fc.assert(fc.property(runs, property), { seed, numRuns: rounds(100, 1000) });
}

/** The file of events of a run. */
function fileOf({ document, scenario, strategy }: RandomRun, log: EventLog): string {
  const run = runOf(planOf(scenario, { strategy, file: "random.json" }), log);
  return [...encodeRecord(run, JSON.stringify(document), "1")].join("");
}

function perform(run: RandomRun): string {
  return fileOf(run, runVirtually({ ...run, runtime: "test" }));
}

function lines(run: RandomRun): Line[] {
  return perform(run)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line)
    .filter(({ at }) => at !== undefined);
}

describe(`every virtual run (replay: ${replay})`, () => {
  test("law: the same plan gives the same events", () => {
    law((run) => expect(lines(run)).toEqual(lines(run)));
  });

  test("law: time never goes back", () => {
    law((run) => {
      const times = lines(run).map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });
  });

  test("law: what began has an end, and nobody begins a thing twice at once", () => {
    law((run) => {
      const events = lines(run);
      expect(events.at(-1)!.type).toBe("process-ended");
      const open = new Map<string, number>();
      for (const { type, actor } of events) {
        const [, what, edge] = /^(wait|settle|sleep|block|compute)-(began|ended)$/.exec(type) ?? [];
        if (what === undefined) continue;
        const key = `${what} of ${actor}`;
        open.set(key, (open.get(key) ?? 0) + (edge === "began" ? 1 : -1));
        expect([0, 1]).toContain(open.get(key)!);
      }
      // The end of the process cuts off in the middle what is abandoned, and only that.
      const abandons = run.strategy.atExit === "abandon" || run.strategy.loop === "float";
      if (!abandons) expect([...open.values()].filter((count) => count !== 0)).toEqual([]);
    });
  });

  test("law: while a blocking step holds a thread, nothing else happens on it", () => {
    law((run) => {
      const holder = new Map<string, string>();
      for (const { type, thread, actor } of lines(run)) {
        const held = holder.get(thread);
        if (held !== undefined)
          expect([actor, type]).toEqual([held, expect.stringMatching(/^(block|compute)-ended$/)]);
        if (/^(block|compute)-began$/.test(type)) holder.set(thread, actor);
        if (/^(block|compute)-ended$/.test(type)) holder.delete(thread);
      }
    });
  });

  test("law: read back from its lines, a log is the same", () => {
    law((run) => {
      const text = perform(run);
      const again = readRecording([text], "events.ndjson");
      expect(again.of === "scenario" && fileOf(run, again.run.trace.log)).toBe(text);
    });
  });

  test("law: every task is told of, once, and a lost one never finished its steps", () => {
    law((run) => {
      const { tasks } = simulate(run.document, axesOf(run.strategy));
      expect(tasks.map(({ name }) => name)).toEqual(
        taskInstances(run.scenario).map(({ name }) => name),
      );
      for (const { status, progress, startedAt, endedAt } of tasks) {
        expect(progress).toBeGreaterThanOrEqual(0);
        expect(progress).toBeLessThanOrEqual(1);
        if (status === "finished") expect(progress).toBe(1);
        if (status === "unstarted")
          expect([startedAt, endedAt, progress]).toEqual([null, null, expect.any(Number)]);
      }
    });
  });

  test("the table of event types has a number for each and no more than a byte holds", () => {
    expect(new Set(eventTypes).size).toBe(eventTypes.length);
    expect(eventTypes.length).toBeLessThanOrEqual(256);
  });
});
