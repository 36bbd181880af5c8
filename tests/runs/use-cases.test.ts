/** Use cases by themselves: a plan goes in, data comes out, and an abort ends them without half a truth. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, readChecks } from "../../src/runs/check.ts";
import { compare } from "../../src/runs/compare.ts";
import { type Progress, runEach, type Watcher } from "../../src/runs/many.ts";
import { repeat } from "../../src/runs/odds.ts";
import { planOf, virtual } from "../../src/outcome/plan.ts";
import { checkPlans } from "../../src/runs/plan.ts";
import { readKills } from "../../src/reading/kills.ts";
import { run } from "../../src/runs/run.ts";
import { simulate } from "../../src/runs/simulate.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { DocumentError } from "../../src/scenario/problem.ts";
import { allStrategies } from "../../src/scenario/strategy.ts";
import { demandsOf } from "../../src/strategies/wishes.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const text = JSON.stringify({
  name: "small",
  main: ["launch", { block: "30ms" }, { print: "end" }],
  tasks: { a: [{ sleep: "10ms" }, { sleep: "10ms" }] },
});
const source = { text, file: "small.json", folder: "." };
const scenario = parseScenario(text, source.file);
const plan = planOf(scenario);

/** Somebody who aborts as soon as so many are done, and remembers what was told. */
function watching(abortAt = Infinity): Watcher & { told: Progress[] } {
  const controller = new AbortController();
  const told: Progress[] = [];
  const onProgress = (progress: Progress): void => {
    told.push(progress);
    if (progress.done >= abortAt) controller.abort();
  };
  return { signal: controller.signal, onProgress, told };
}

describe("a run", () => {
  test("in virtual time is the same whenever its plan is run", async () => {
    const [first, second] = [await run(plan), await run(plan)];
    expect(first.outcome).toEqual(second.outcome);
    expect(readKills(first.trace)).toEqual(readKills(second.trace));
    expect(first.plan).toBe(plan);
    expect(simulate(plan).trace.log.end).toBe(first.trace.log.end);
  });

  test("with jitter is another, and the same for the same seed", async () => {
    const jittered = (seed: number) =>
      run({ ...plan, driver: { kind: "virtual", jitter: { share: 0.5, seed } } });
    expect((await jittered(1)).trace.log.end).toBe((await jittered(1)).trace.log.end);
    expect((await jittered(1)).trace.log.end).not.toBe((await jittered(2)).trace.log.end);
  });

  test("of calls that its driver cannot perform is refused, each where it stands", () => {
    const calling = JSON.stringify({
      name: "calling",
      main: [{ call: { module: "./nowhere.ts" } }, { call: { module: "./nowhere.ts" } }],
    });
    const called = planOf(parseScenario(calling, "calling.json"));
    for (const driver of [virtual, { kind: "real", speed: 1 } as const]) {
      let thrown: unknown;
      try {
        checkPlans([{ ...called, driver }], { file: "calling.json" });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(DocumentError);
      expect((thrown as DocumentError).problems).toHaveLength(2);
    }
  });
});

describe("many runs", () => {
  const all = allStrategies().map((strategy) => ({
    plan: { ...plan, strategy },
    name: strategy.name,
  }));

  test("say how far they are, from none to all, and which is run", async () => {
    const watcher = watching();
    const taken: string[] = [];
    await runEach(all, watcher, ({ name }) => taken.push(name));
    expect(taken).toEqual(all.map(({ name }) => name));
    expect(watcher.told[0]).toEqual({ done: 0, of: all.length, latest: "" });
    expect(watcher.told.at(-1)).toMatchObject({ done: all.length, of: all.length });
    for (const { name } of all) expect(watcher.told.some((one) => one.latest === name)).toBe(true);
  });

  test("end with an abort, and nothing is taken after it", async () => {
    const taken: string[] = [];
    await runEach(all, watching(3), ({ name }) => taken.push(name));
    expect(taken).toEqual(all.slice(0, 3).map(({ name }) => name));
  });
});

describe("a comparison", () => {
  const comparing = { source, plan, strategies: allStrategies(), must: demandsOf(scenario) };

  test("keeps what is wanted of each run, in the order of the strategies, and advises", async () => {
    const found = await compare(comparing, watching(), ({ outcome }) => outcome.wall);
    expect(found!.runs.map(({ strategy }) => strategy.name)).toEqual(
      comparing.strategies.map(({ name }) => name),
    );
    for (const { kept, wall } of found!.runs) expect(kept).toBe(wall);
    expect(found!.advice.choose).not.toBeNull();
  });

  test("that is aborted is none", async () => {
    expect(await compare(comparing, watching(2), () => null)).toBeNull();
  });
});

describe("a check", () => {
  test("of many documents tells each, whatever is wrong with another; aborted, it tells none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tandem-"));
    try {
      const [good, bad] = [join(folder, "good.json"), join(folder, "bad.json")];
      writeFileSync(good, JSON.stringify({ ...JSON.parse(text), expect: { lost: 0 } }));
      writeFileSync(bad, "{}");
      const how = {
        ...{ driver: virtual, queue: null, compare: false, must: [] },
        ...{ large: false, tell: async () => undefined },
      };
      const words = [{ word: bad }, { word: good }, { word: join(folder, "none.json") }];
      const results = await check(await readChecks(words, how), watching());
      expect(results!.map(({ problems }) => problems.length > 0)).toEqual([true, false, true]);
      expect(await check(await readChecks(words, how), watching(0))).toBeNull();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the odds", () => {
  const repetitions = { jitter: { share: 0.1, seed: 1 }, timeout: null };

  test("are those of all runs, or of those before an abort", async () => {
    expect((await repeat(plan, { ...repetitions, runs: 20 }, watching())).runs).toBe(20);
    const aborted = await repeat(plan, { ...repetitions, runs: 1_000_000 }, watching(1));
    expect(aborted.runs).toBeGreaterThan(0);
    expect(aborted.runs).toBeLessThan(1_000_000);
  });
});
