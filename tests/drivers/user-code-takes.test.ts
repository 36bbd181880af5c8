/** `--takes-from`: a recorded real run's calls, performed again in virtual time. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { readCallTimes } from "../../src/strategies/call-times.ts";
import { findFindings } from "../../src/remedies/findings.ts";
import { type Plan, planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { RealRun, traitsOf } from "../../src/drivers/real/real.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { type RunResult, toJson } from "../../src/report/json.ts";
import type { CallTimes } from "../../src/scenario/calls.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { rounds } from "../support/laws.ts";
import { tandem, tandemHere, temporaryFolder } from "../support/tandem.ts";
import { randomFrom } from "./arbitrary.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

folder.file(
  "calls.ts",
  `export async function ok({ args, sleep }: any) { await sleep(args); }
export function holds({ args }: any) { Bun.sleepSync(args); }
export function fails({ args }: any) { throw new RangeError("failed " + args); }
export async function failsLater({ args, sleep }: any) { await sleep(args); throw new Error("too late " + args); }
export async function failsHeld({ args }: any) { await null; Bun.sleepSync(args); throw "held " + args; }
export async function failsOnce({ sleep }: any) {
  const first = !(globalThis as any).failed;
  (globalThis as any).failed = true;
  await sleep(10);
  if (first) throw new Error("the first time");
}
`,
);

function planFor(document: object, strategy: string): Plan {
  const scenario = parseScenario(JSON.stringify({ name: "calls", ...document }), "calls.json");
  return planOf(scenario, { strategy: parseStrategy(strategy) });
}

function read(plan: Plan, log: EventLog): RunResult {
  const outcome = runOf({ ...plan, driver: { kind: "real", speed: 1 } }, log).outcome;
  return toJson(outcome, findFindings(outcome, null));
}

/** The real run, the virtual one that its recording gives, and the recording. */
async function recordAndReplay(
  document: object,
  strategy: string,
): Promise<{ real: RunResult; replayed: RunResult; takes: CallTimes }> {
  const plan = planFor(document, strategy);
  using run = new RealRun(traitsOf(plan));
  const signal = new AbortController().signal;
  const { log } = await run.perform(plan, {
    speed: 1,
    folder: folder.path,
    timeout: null,
    signal,
  });
  const takes = readCallTimes(log);
  return { real: read(plan, log), replayed: read(plan, runVirtually({ ...plan, takes })), takes };
}

const call = (name: string, args?: unknown): object => ({
  call: { module: "./calls.ts", export: name, args },
});

/** What became of everybody. */
function fates({ main, launch, tasks, failures, exitCode }: RunResult): object {
  return {
    exitCode,
    main: [main.status, main.error],
    launch: [launch.status, launch.error],
    tasks: tasks.map(({ name, status, error, heard, cleanup, progress }) => [
      name,
      status,
      error,
      heard,
      cleanup,
      progress,
    ]),
    failures: failures.map(({ of, error }) => `${of}: ${error}`).sort(),
  };
}

describe("a call that failed in the recorded run", () => {
  const one = { main: ["launch"], tasks: { task: [call("failsLater", 30)] } };

  test.each(["await", "thread", "float,settle=settled", "await,offload=threads", "group"])(
    "fails with that error at that time, with %s",
    async (strategy) => {
      const { real, replayed } = await recordAndReplay(one, strategy);
      expect(replayed.tasks[0]).toMatchObject({ status: "failed", error: real.tasks[0]!.error });
      expect(replayed.tasks[0]!.error).toContain("too late 30 (calls.ts:4:");
      expect(replayed.tasks[0]!.endedAt).toBeGreaterThanOrEqual(30);
      expect(fates(replayed)).toEqual(fates(real));
    },
    20_000,
  );

  test("fails main, where main made it", async () => {
    const document = { main: [call("fails", 1), "launch"], tasks: { task: [{ print: "never" }] } };
    const { real, replayed } = await recordAndReplay(document, "await");
    expect(replayed.main).toMatchObject({ status: "failed", error: real.main.error });
    expect(replayed.exitCode).toBe(1);
  }, 20_000);

  test("fails where it failed, and not where it finished", async () => {
    const document = {
      main: ["launch"],
      tasks: { task: { copies: 2, steps: [{ sleep: 5 }, call("failsOnce")] } },
    };
    const { real, replayed, takes } = await recordAndReplay(document, "await,settle=settled");
    expect(replayed.tasks.map(({ status }) => status).sort()).toEqual(["failed", "finished"]);
    expect(fates(replayed)).toEqual(fates(real));
    // What an unforeseen call takes is the mean of those that finished.
    expect(takes.byFunction["./calls.ts#failsOnce"]).not.toHaveProperty("error");
  }, 20_000);
});

test("a call that was cancelled is left out, and keeps its place before the others of its task", async () => {
  const forgotten = { call: { module: "./calls.ts", export: "ok", args: 5_000, takes: "7s" } };
  const document = {
    main: ["launch"],
    launch: [{ start: "task" }, { sleep: 20 }],
    tasks: { task: { steps: [forgotten], finally: [call("failsLater", 10)] } },
  };
  const { real, replayed, takes } = await recordAndReplay(document, "await,settle=none");
  expect(takes.byActor[0]).toMatchObject([null, { error: expect.stringContaining("too late") }]);
  expect(replayed.tasks[0]).toMatchObject({ status: "failed", error: real.tasks[0]!.error });
}, 20_000);

test("an error that nobody could catch is none of a call's: that it is left out is said", () => {
  folder.file("stray.ts", `export function stray() { void Promise.reject(new Error("stray")); }\n`);
  const step = { call: { module: "./stray.ts", export: "stray", takes: "1ms" } };
  const document = { name: "stray", main: ["launch"], tasks: { task: [step] } };
  const file = folder.file("stray.json", JSON.stringify(document));
  const events = folder.file("stray.ndjson");
  expect(tandem(["run", file, "--strategy", "await", "--events", events]).status).toBe(1);
  const words = ["run", file, "--strategy", "await", "--driver", "virtual", "--takes-from", events];
  expect(tandem(words).stderr).toMatch(/nobody could catch an error .*stray.* goes on without it/);
}, 60_000);

test("a record that breaks off says so where calls take their times from it", async () => {
  const step = { call: { module: "./calls.ts", export: "ok", takes: "1ms" } };
  const file = folder.file("cut.json", JSON.stringify({ name: "cut", main: [step] }));
  const events = folder.file("whole.ndjson");
  const run = ["run", file, "--driver", "virtual"];
  expect((await tandemHere([...run, "--events", events])).status).toBe(0);
  const whole = readFileSync(events, "utf8");
  const cut = folder.file("cut.ndjson", whole.slice(0, -10));
  const said = "breaks off within a line";
  expect((await tandemHere([...run, "--takes-from", events])).stderr).not.toContain(said);
  expect((await tandemHere([...run, "--takes-from", cut])).stderr).toContain(
    `${cut}: The file of events ${said}`,
  );
});

test("law: the calls of a recorded run come to what they came to, and so does everybody", async () => {
  for (let seed = 1; seed <= rounds(8, 100); seed++) {
    const random = randomFrom(seed);
    const pick = <Value>(...values: Value[]): Value =>
      values[Math.floor(random() * values.length)]!;
    const calls = (most: number): object[] =>
      Array.from({ length: Math.floor(random() * (most + 1)) }, () =>
        call(
          pick("ok", "ok", "holds", "ok", "fails", "failsLater", "failsHeld"),
          pick(5, 10, 20, 30),
        ),
      );
    const names = ["one", "two", "three"].slice(0, pick(1, 2, 3));
    const tasks = Object.fromEntries(
      names.map((name) => [
        name,
        {
          steps: [...calls(3), { print: `${name} went on` }],
          finally: calls(1),
          copies: pick(1, 2),
        },
      ]),
    );
    const strategy = `${pick("await", "thread", "portal", "float", "await,offload=threads", "thread,offload=processes")},settle=settled`;
    // What main's failure does to what floats is a matter of microseconds; and main drops promises.
    const inMain = strategy.startsWith("float") ? [] : [call(pick("ok", "holds", "fails"), 10)];
    const main = ["launch", ...inMain, { print: "main" }];
    const { real, replayed } = await recordAndReplay({ main, tasks }, strategy);
    expect([seed, fates(replayed)]).toEqual([seed, fates(real)]);
  }
}, 600_000);
