/** Kills: a process that is ended from outside stops there and then, in virtual time and for real. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { readKills, type Remains } from "../../src/reading/kills.ts";
import { simulate as performedVirtually } from "../../src/runs/simulate.ts";
import { LOOP_THREAD, MAIN_THREAD } from "../../src/scenario/numbers.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy } from "../../src/scenario/strategy.ts";
import { eventTypes } from "../../src/trace/event.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { Run } from "../../src/outcome/run.ts";
import { findDivergences } from "../../src/strategies/divergence.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { essence, Lanes, performTwice, tooEarly, type Twice } from "../support/real.ts";
import { simulate } from "../support/simulate.ts";
import { tandemHere } from "../support/tandem.ts";
import { draw, type Drawn, isRobust, randomFrom } from "./arbitrary.ts";

setDefaultTimeout(patience);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261130);

const upload = {
  name: "uploading",
  main: ["launch", { block: 300 }, { print: "main ends" }],
  tasks: {
    upload: {
      steps: [{ print: "sent" }, { sleep: 200 }, { print: "charged" }, { sleep: 200 }],
      finally: [{ print: "closed" }],
    },
  },
};

describe("a kill of main", () => {
  test("stops all threads: no event after it, no clean-up, status 137", () => {
    const result = simulate({ ...upload, kill: { what: "main", at: "250ms" } }, "thread");
    expect(result).toMatchObject({
      wall: 250,
      exitCode: 137,
      interruptedBy: "kill",
      killed: [{ process: "main", at: 250 }],
      main: { status: "interrupted", endedAt: 250, error: null },
      launch: { status: "interrupted" },
      tasks: [{ status: "abandoned", lost: true, stepsDone: 3, cleanup: "skipped" }],
    });
    expect(result.prints.map(({ text }) => text)).toEqual(["sent", "charged"]);
    expect(result.findings).toMatchObject([
      {
        rule: "killed",
        task: "upload",
        at: 250,
        message:
          "the process was killed, and upload stopped with 3 of 4 steps done (the last in line 1); its clean-up did not run to its end",
        fix: "hand it to a durable queue (loop=durable)",
      },
    ]);
  });

  test("what happens at its very instant has happened", () => {
    const at = (ms: number): number =>
      simulate({ ...upload, kill: { what: "main", at: ms } }, "thread").tasks[0]!.stepsDone;
    expect([0, 199, 200, 399].map(at)).toEqual([1, 1, 3, 3]);
  });

  test("before launch nothing has begun, and that is lost as well", () => {
    const late = { ...upload, main: [{ block: 100 }, "launch"], kill: { what: "process", at: 50 } };
    for (const strategy of ["detach", "await", "thread", "daemon", "portal", "float", "exit"])
      expect(simulate(late, strategy)).toMatchObject({
        exitCode: 137,
        tasks: [{ status: "unstarted", lost: true }],
        findings: [{ rule: "killed", message: "the process was killed before upload had a turn" }],
      });
  });

  test("the first of several ends the run, and one that comes after the end is told", async () => {
    const kill = [
      { what: "process", at: "2s" },
      { what: "main", at: "100ms" },
    ];
    expect(simulate({ ...upload, kill }, "await")).toMatchObject({ wall: 100, exitCode: 137 });
    const late = JSON.stringify({ ...upload, kill: kill[0] });
    const { stderr, status } = await tandemHere(["run", "-", "-d", "virtual"], { stdin: late });
    expect(stderr).toContain("Nothing was killed at 2s: the process had ended at 700ms.");
    expect(status).toBe(0);
  });
});

test("a run that is killed as its scenario says is checked as any other", async () => {
  const kill = { what: "main", at: "250ms" };
  const expect_ = { lost: 1, tasks: "abandoned", prints: ["sent", "charged"], wall: "<= 250ms" };
  const document = { ...upload, strategy: "thread", kill, expect: expect_ };
  const good = await tandemHere(["check", "-"], { stdin: JSON.stringify(document) });
  expect([good.status, good.stdout]).toEqual([0, expect.stringContaining("1 good") as string]);
  const short = { ...document, expect: { lost: 0 } };
  const { stdout } = await tandemHere(["check", "-"], { stdin: JSON.stringify(short) });
  expect(stdout).toContain("lost: expected 0, found 1");
});

test("what had not been done by a kill is told with how late the machine was", () => {
  const killed = (main: unknown[]) =>
    parseScenario(JSON.stringify({ ...upload, main, kill: { what: "main", at: 250 } }), "a.yaml");
  const strategy = resolveStrategy({ use: "thread" });
  const model = performedVirtually({ scenario: killed(upload.main), strategy });
  // As if main had got no core for so long.
  const slow = performedVirtually({ scenario: killed([{ block: 100 }, ...upload.main]), strategy });
  const real = new Run({ ...model.plan, driver: { kind: "real", speed: 1 } }, slow.trace);
  const found = findDivergences(model, real, () => []);
  expect(found.divergences.map(({ of }) => of)).toContain("the steps of upload");
  expect(found.cause).toMatch(/^when it was killed, the real run was \d+ms late$/);
});

test("that a kill came to main beside a durable queue although it should have ended is told with how late it was", () => {
  const killed = (block: number) => {
    const main = ["launch", { block }, { print: "main ends" }];
    const kill = { what: "process", at: 450 };
    return parseScenario(JSON.stringify({ ...upload, main, kill }), "a.yaml");
  };
  const strategy = resolveStrategy({ use: "durable" });
  const model = performedVirtually({ scenario: killed(300), strategy });
  const slow = performedVirtually({ scenario: killed(900), strategy });
  const real = new Run({ ...model.plan, driver: { kind: "real", speed: 1 } }, slow.trace);
  const found = findDivergences(model, real, () => []);
  expect(found.divergences.map(({ of }) => of)).toContain("main");
  expect(found.cause).toMatch(/^when it was killed, the real run was \d+ms late$/);
});

test("that the machine is late with a signal is no divergence from the model", () => {
  const killedAt = (at: number) =>
    parseScenario(JSON.stringify({ ...upload, kill: { what: "main", at } }), "a.yaml");
  const strategy = resolveStrategy({ use: "thread" });
  const model = performedVirtually({ scenario: killedAt(250), strategy });
  const { plan, trace } = performedVirtually({ scenario: killedAt(290), strategy });
  const real = new Run({ ...plan, driver: { kind: "real", speed: 1 } }, trace);
  const found = findDivergences(model, real, () => []);
  expect(found).toMatchObject({ divergences: [], late: 0, cause: null });
  const early = performedVirtually({ scenario: killedAt(190), strategy });
  expect(findDivergences(early, real, () => []).divergences).not.toEqual([]);
});

const jobs = {
  name: "jobs",
  main: ["launch", { block: 600 }],
  launch: [{ start: ["one", "two"] }, "settle"],
  tasks: {
    one: [{ block: 200 }, { sleep: 200 }, { block: 100 }],
    two: [{ sleep: 300 }, { print: "two" }],
  },
};
const pooled = { use: "thread", settle: "settled", offload: "processes" };

describe("a kill of a worker", () => {
  test.each([
    ["with a job breaks that job", 100, 100],
    ["without one breaks those that come later", 300, 400],
    ["before there is a loop breaks all", 0, 0],
  ])("%s", (_, at, failsAt) => {
    const main = at === 0 ? [{ block: 0 }, ...jobs.main] : jobs.main;
    const result = simulate({ ...jobs, main, kill: { what: "worker", at } }, pooled);
    expect(result).toMatchObject({
      exitCode: 0,
      interruptedBy: null,
      killed: [{ process: "pool#0", at }],
      main: { status: "finished" },
      tasks: [{ status: "failed", endedAt: failsAt }, { status: "finished" }],
    });
    expect(result.tasks[0]!.error).toStartWith("A process in the process pool was terminated");
  });

  test("is heard of by a loop that main opens later", () => {
    const main = [{ block: 50 }, { send: { channel: "inbox", value: 1 } }, "launch"];
    const tasks = { task: [{ block: 50 }] };
    const document = { name: "late", main, tasks, channels: { inbox: {} } };
    for (const loop of ["inline", "thread", "float"])
      expect(
        simulate({ ...document, kill: { what: "worker", at: 10 } }, { loop, offload: "processes" })
          .tasks,
      ).toMatchObject([{ status: "failed", startedAt: 50 }]);
  });

  test("means nothing where there is none, which is told at its place", async () => {
    const text =
      "name: jobs\nmain: [launch]\ntasks: { a: [sleep: 1s] }\nkill: { what: worker, at: 1s }\n";
    const says =
      "strategy await has no worker process that could be killed; kill main, or use one that has: --strategy await,offload=processes";
    for (const command of [
      ["run", "-"],
      ["compare", "-", "--strategies", "await"],
    ]) {
      const { stderr, status } = await tandemHere(command, { stdin: text });
      expect([stderr, status]).toEqual([`<stdin>:4:15: kill: ${says}\n`, 2]);
    }
  });
});

interface Killed extends Drawn {
  number: number;
  /** At how many milliseconds what is killed. */
  kill: { what: string; at: number };
}

/** Scenarios of which a process is killed in the middle of a while in which nothing happens. */
function killedOnes(wanted: number, least: number): Killed[] {
  const found: Killed[] = [];
  for (let number = 0; found.length < wanted; number++) {
    const random = randomFrom(seed + 7919 * number);
    const drawn = draw(random);
    const instants = instantsOf(logOf(drawn));
    const gaps = instants.flatMap((at, k) => {
      const next = instants[k + 1];
      return next !== undefined && next - at >= least ? [Math.round((at + next) / 2)] : [];
    });
    if (gaps.length === 0) continue;
    const at = gaps[Math.floor(random() * gaps.length)]! / 1000;
    const isPooled = drawn.strategy.offload === "processes";
    const what = isPooled && random() < 0.7 ? "worker" : random() < 0.5 ? "main" : "process";
    const kill = { what, at };
    found.push({ ...drawn, document: { ...drawn.document, kill }, kill, number });
  }
  return found;
}

function logOf({ document, strategy }: Drawn): EventLog {
  const scenario = parseScenario(JSON.stringify(document), "random.json");
  return runVirtually({ scenario, strategy: resolveStrategy(strategy), runtime: "test" });
}

function instantsOf(log: EventLog): number[] {
  const all = new Set<number>();
  for (const { length, at } of log.chunks) for (let k = 0; k < length; k++) all.add(at[k]!);
  return [...all];
}

function linesOf(log: EventLog): string[] {
  return log.chunks.flatMap(({ length, at, type, thread, actor, value }) =>
    Array.from({ length }, (_, k) =>
      [at[k], eventTypes[type[k]!], thread[k], actor[k], value[k]].join(" "),
    ),
  );
}

test("law: what has happened by an instant does not depend on the kill that comes then", () => {
  for (const { document, strategy, kill } of killedOnes(rounds(40, 1000), 2)) {
    const { kill: _, ...unkilled } = document;
    const whole = linesOf(logOf({ document: unkilled, strategy }));
    const before = whole.filter((line) => Number(line.split(" ")[0]) <= kill.at * 1000);
    const killed = linesOf(logOf({ document, strategy }));
    expect(killed.slice(0, before.length).join("\n")).toBe(before.join("\n"));
    const types = killed.slice(before.length).map((line) => line.split(" ")[1]!);
    if (kill.what !== "worker") expect(types).toEqual(["interrupted", "process-ended"]);
  }
});

/** How often a machine that was late is asked again, one case at a time. */
const mostTries = 10;

/**
 * Performs each case on both drivers.
 *
 * @param difference what is wrong with it; null: nothing.
 * @returns what is wrong, and not only because the machine was late.
 */
async function performAll(
  all: readonly Killed[],
  difference: (twice: Twice, one: Killed) => unknown,
): Promise<string[]> {
  const wrong: string[] = [];
  const again: Killed[] = [];
  /** @returns whether it is to be asked again. */
  const perform = async (one: Killed, tries: number): Promise<boolean> => {
    const { document, strategy, number } = one;
    const scenario = parseScenario(JSON.stringify(document), "random.json");
    const plan = { scenario, strategy: resolveStrategy(strategy), runtime: "test" };
    const twice = await performTwice(plan, 1);
    const found = difference(twice, one);
    if (found === null) return false;
    if (tries < mostTries && late(twice) > 10) return true;
    const told = JSON.stringify({ document, strategy, found });
    wrong.push(`TANDEM_SEED=${seed} case ${number}, late by ${late(twice)} ms\n${told}`);
    return false;
  };
  await new Lanes(4).each(all, async (one) => {
    if (await perform(one, 1)) again.push(one);
  });
  for (const one of again) for (let tries = 2; await perform(one, tries);) tries++;
  return wrong;
}

test("law: who is killed for real is where virtual time says", async () => {
  const all = killedOnes(rounds(12, 150), 80_000).filter((one) =>
    isRobust(one, randomFrom(seed ^ one.number), 16),
  );
  const wrong = await performAll(all, ({ model, real }) => {
    const [expected, found] = [essence(model), essence(real)];
    const early = tooEarly(model, real);
    return Bun.deepEquals(found, expected) && early.length === 0
      ? null
      : { expected, found, early };
  });
  expect(wrong).toEqual([]);
}, 300_000);

test("law: what crash tells of a moment is what a kill for real leaves", async () => {
  const all = killedOnes(rounds(6, 150), 80_000).filter(
    (one) => one.kill.what !== "worker" && isRobust(one, randomFrom(seed ^ one.number), 16),
  );
  expect(all.length).toBeGreaterThanOrEqual(rounds(3, 50));
  const wrong = await performAll(
    all.slice(0, rounds(3, 50)),
    ({ real }, { document, strategy, kill }) => {
      const { kill: _, ...unkilled } = document;
      const scenario = parseScenario(JSON.stringify(unkilled), "random.json");
      const whole = performedVirtually({ scenario, strategy: resolveStrategy(strategy) });
      const told = new Map<number, Remains>();
      readKills(whole.trace, (task, from, remains) => {
        if (from <= kill.at * 1000) told.set(task, remains);
      });
      const expected = [...told]
        .toSorted(([x], [y]) => x - y)
        .map(([, one]) => [one.lost, one.done]);
      const found = real.tasks.map(({ lost, stepsDone }) => [lost, stepsDone]);
      return Bun.deepEquals(found, expected) ? null : { expected, found };
    },
  );
  expect(wrong).toEqual([]);
}, 300_000);

/**
 * By how much, in ms, the machine was late: with the kill, or with what each thread had done by then; what it had not
 * come to was late by then.
 */
function late({ model, modelLog, real, realLog }: Twice): number {
  const done = (log: EventLog, thread: number): string[][] =>
    linesOf(log)
      .map((line) => line.split(" "))
      .filter(([, , on]) => on === String(thread));
  let most = real.wall - model.wall;
  for (const thread of [MAIN_THREAD, LOOP_THREAD]) {
    const found = done(realLog, thread);
    for (const [k, [due, type]] of done(modelLog, thread).entries()) {
      const [at, same] = found[k] ?? [String(real.wall * 1000), type];
      if (same !== type) break;
      most = Math.max(most, (Number(at) - Number(due)) / 1000);
    }
  }
  return most;
}
