// Durable queues for real: what the model says of them, and what is left when a run has ended.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Driver, type Plan, planOf } from "../../src/outcome/plan.ts";
import { stalledTooOften } from "../../src/drivers/virtual/redis-queue.ts";
import { type RunResult, toJson } from "../../src/report/json.ts";
import { crash } from "../../src/runs/crash.ts";
import { run } from "../../src/runs/run.ts";
import { type EngineAddress, parseEngine } from "../../src/scenario/engine.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { withKill } from "../../src/strategies/crash.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { Lanes } from "../support/real.ts";
import { redisMissing, RedisServer, redisServer } from "../support/redis.ts";
import { command, tandem } from "../support/tandem.ts";
import { randomFrom } from "./arbitrary.ts";

setDefaultTimeout(Math.max(patience, rounds(0, 1_200_000)));

const seed = Number(process.env["TANDEM_SEED"] ?? 20261130);

let server: RedisServer | null = null;

beforeAll(async () => {
  if (redisServer !== null) server = await RedisServer.start();
});

afterAll(() => server?.[Symbol.asyncDispose]());

/** A folder with a document in it, for as long as its scope lasts; temporary files of what runs there lie in it as well. */
class Place implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "durable-test-"));

  constructor(document: string) {
    writeFileSync(join(this.folder, "kept.yaml"), `name: kept\n${document}`);
  }

  call(...args: string[]) {
    return tandem(args, { cwd: this.folder, env: { TMPDIR: this.folder } });
  }

  start(...args: string[]): Bun.Subprocess {
    return Bun.spawn([...command(), ...args], {
      cwd: this.folder,
      env: { ...process.env, TMPDIR: this.folder },
      stdio: ["ignore", "ignore", "ignore"],
    });
  }

  async result(...args: string[]): Promise<RunResult> {
    const { stdout } = await this.call("run", "kept.yaml", "--json", ...args);
    return JSON.parse(stdout) as RunResult;
  }

  get files(): string[] {
    return readdirSync(this.folder).toSorted();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What became of a plan's tasks, and which were lost. */
async function comesTo(plan: Plan): Promise<{ lost: string[]; fates: unknown }> {
  const result = toJson((await run(plan)).outcome, []);
  const lost = result.tasks.filter((task) => task.lost).map(({ name }) => name);
  return { lost, fates: fates(result) };
}

/** What became of each task, and of each attempt at it, but for times. */
function fates({ main, tasks, exitCode }: RunResult): unknown {
  return [
    main.status,
    exitCode,
    tasks.map(({ name, status, error, attempts }) => [
      name,
      status,
      error,
      (attempts ?? []).map(({ worker, how, stepsDone }) => [worker, how, stepsDone]),
    ]),
  ];
}

/** The engines, and for each where a test keeps tasks, and what is left there that is not a user's file. */
const engines = [
  {
    engine: "sqlite",
    place: (): string => "sqlite:queue.db",
    named: (): EngineAddress | null => null,
    left: async (): Promise<string[]> => [],
  },
  {
    engine: "redis",
    place: (): string => server!.url,
    named: (): EngineAddress | null => parseEngine(server!.url),
    left: (): Promise<string[]> => server!.keys(),
  },
];

describe.each(engines)("a durable queue for real by the rules of $engine", (by) => {
  const isMissing = by.engine === "redis" && redisServer === null;
  const title = (text: string): string => `${text}${isMissing ? redisMissing : ""}`;

  /** The engine as it is named for a run: on SQLite nobody need name it. */
  const atEngine = (): string[] => (by.engine === "sqlite" ? [] : ["--engine", by.place()]);

  test.skipIf(isMissing)(
    title(
      "does what its model does: a killed worker's tasks come again, a failed one is tried again",
    ),
    async () => {
      using place = new Place(`main: [launch, block: 500ms]
launch: [start: [mail, flaky]]
tasks:
  mail: [print: begin, sleep: 5s, print: end]
  flaky: [sleep: 100ms, fail: down]
strategy: { use: durable, lease: 1500ms, retry: 1, backoff: 300ms }
kill: { what: worker, at: 4500ms }
`);
      const model = await place.result("--driver", "virtual", ...atEngine());
      const real = await place.result("--speed", "4", ...atEngine());
      expect(fates(real)).toEqual(fates(model));
      const [first, second] = real.tasks[0]!.attempts!;
      // Nobody else has it before its lease is over, which is renewed after half of it.
      expect(second!.from - first!.from).toBeGreaterThanOrEqual(4500);
      expect(place.files).toEqual(["kept.yaml"]);
      expect(await by.left()).toEqual([]);
    },
  );

  test.skipIf(isMissing)(title("loses what its model loses where it is used wrongly"), async () => {
    using unawaited = new Place(`main: [submit: a, block: 300ms, print: over]
tasks: { a: [print: done] }
strategy: { use: durable, enqueue: unawaited }
`);
    using early = new Place(`main: [submit: a]
tasks: { a: [print: begun, sleep: 4s] }
strategy: { use: durable, acks: early }
kill: { what: worker, at: 2s }
`);
    for (const place of [unawaited, early]) {
      const model = await place.result("--driver", "virtual", ...atEngine());
      expect(model.tasks).toMatchObject([{ lost: true }]);
      expect(fates(await place.result("--speed", "2", ...atEngine()))).toEqual(fates(model));
    }
    expect(await by.left()).toEqual([]);
  });

  test.skipIf(isMissing)(
    title("keeps what a run leaves in the place that was named, and a worker performs it"),
    async () => {
      using place = new Place(`main: [launch]
launch: [start: mail]
tasks: { mail: { copies: 2, steps: [sleep: 400ms, print: "sent {copy}"] } }
strategy: { use: durable, slots: 1, lease: 1s }
`);
      const engine = ["--engine", by.place(), "--speed", "2"];
      const cut = await place.call("run", "kept.yaml", ...engine, "--timeout", "700ms");
      expect(cut.stderr).toContain("0 of 2 tasks lost");
      expect(cut.stderr.replaceAll("\n", " ")).toContain("can be performed by tandem worker");
      const again = await place.call("run", "kept.yaml", ...engine);
      expect(again.status).toBe(2);
      expect(again.stderr).toContain("of an earlier run of kept");
      const worked = await place.call("worker", "kept.yaml", ...engine, "--until-empty");
      expect(worked.status).toBe(0);
      const sent = `${cut.stdout}${worked.stdout}`.trim().split("\n");
      expect(new Set(sent)).toEqual(new Set(["sent 0", "sent 1"]));
      expect(worked.stderr).toContain("nothing is left in the queue");
      const files = by.engine === "sqlite" ? ["kept.yaml", "queue.db"] : ["kept.yaml"];
      expect(place.files).toEqual(files);
      expect(await by.left()).toEqual([]);
    },
  );

  test.skipIf(isMissing)(
    title(
      "law: comes to what its model says, whatever tasks do, how often they are tried and who asks for results",
    ),
    async () => {
      const all = Array.from({ length: rounds(3, 150) }, (_, number) =>
        drawDurable(number, randomFrom(seed + 7919 * number), by.engine),
      );
      await new Lanes(3).each(all, async ({ document, strategy }) => {
        const scenario = parseScenario(JSON.stringify(document), "random.json");
        const comesTo = async (driver: Driver): Promise<unknown> => {
          const plan = planOf(scenario, {
            strategy: parseStrategy(strategy),
            driver,
            queue: by.named(),
          });
          const result = toJson((await run(plan)).outcome, []);
          // Workers print side by side; main does by itself.
          const lines = result.prints.filter(({ thread }) => thread === "main");
          return [
            fates(result),
            result.main.error,
            result.launch.error,
            lines.map(({ text }) => text),
          ];
        };
        const model = await comesTo({ kind: "virtual", jitter: null });
        const real = await comesTo({ kind: "real", speed: 2 });
        expect([document, strategy, real]).toEqual([document, strategy, model]);
      });
      expect(await by.left()).toEqual([]);
    },
  );

  test.skipIf(isMissing)(
    title("law: used wrongly, loses what its model and crash say, whoever is killed"),
    async () => {
      const random = randomFrom(seed + 1);
      const { signal } = new AbortController();
      const all = [];
      // All that is computed comes before: it would hold up the kills, which come from this very process.
      for (let number = 0; number < rounds(4, 100); number++) {
        const { document, axes, kill } = drawWrong(number, random);
        const strategy = parseStrategy(`durable,engine=${by.engine},${axes}`);
        const at = kill.at * 1000;
        const whole = parseScenario(JSON.stringify(document), "wrong.json");
        const plan = planOf(withKill(whole, kill.what, at), { strategy, queue: by.named() });
        const crashes = await crash({ plan, strategies: [strategy] }, { signal }, () => null);
        const { lost } = crashes!
          .find(({ killed }) => killed === kill.what)!
          .moments.find(({ from, to }) => from <= at && at < to)!;
        all.push({ plan, case: { document, axes, kill }, model: await comesTo(plan), told: lost });
      }
      await new Lanes(3).each(all, async ({ plan, case: drawn, model, told }) => {
        const real = await comesTo({ ...plan, driver: { kind: "real", speed: 4 } });
        expect([drawn, real]).toEqual([drawn, model]);
        expect([drawn, told]).toEqual([drawn, real.lost.length]);
      });
      expect(await by.left()).toEqual([]);
    },
  );

  test.skipIf(isMissing)(
    title("law: loses nothing that it has taken, whoever is killed and whenever"),
    async () => {
      const random = randomFrom(seed);
      const whole = (least: number, most: number): number =>
        least + Math.floor(random() * (most - least + 1));
      const all = Array.from({ length: rounds(4, 200) }, (_, number) => {
        const tasks = whole(2, 6);
        // At the fewest as many as worker processes may come to an end with a task, and it is performed all the same.
        const kills = Array.from({ length: 5 }, () => ({
          what: oneOf(random, ["main", "worker", "process"]),
          at: whole(1, 3000),
        }));
        return killedDocument(number, tasks, kills, () => whole(0, 1500));
      });
      await new Lanes(3).each(all, async (document) => {
        const scenario = parseScenario(JSON.stringify(document), "kept.json");
        const consumers = 1 + (all.indexOf(document) % 2);
        const strategy = parseStrategy(
          `durable,engine=${by.engine},lease=2s,consumers=${consumers}`,
        );
        const { outcome } = await run(
          planOf(scenario, { strategy, driver: { kind: "real", speed: 4 }, queue: by.named() }),
        );
        const { tasks, prints } = outcome;
        const kept = tasks.filter(({ queuedAt }) => queuedAt !== null);
        for (const { name, status, error, attempts } of kept) {
          // BullMQ's own limit: twice killed in the middle of it, or kept by a busy machine from renewing, is the end.
          const stalled = attempts.filter(({ how }) => how === null || how === "refused").length;
          const isGivenUp = by.engine === "redis" && stalled > 1 && error === stalledTooOften;
          const wanted = isGivenUp ? "failed" : "finished";
          expect([document, name, attempts, status]).toEqual([document, name, attempts, wanted]);
        }
        expect([document, kept.filter(({ lost }) => lost)]).toEqual([document, []]);
        // A write may be on disk although main was killed before it was told so, which holds for one at most.
        const others = tasks.filter(({ queuedAt }) => queuedAt === null);
        expect(others.filter(({ status }) => status !== "unstarted").length).toBeLessThanOrEqual(1);
        // Whatever was performed twice is told, with each attempt.
        for (const { name, attempts } of tasks) {
          const begun = attempts.filter(({ stepsDone }) => stepsDone > 0).length;
          expect([name, prints.filter(({ text }) => text === `${name} begins`).length]).toEqual([
            name,
            begun,
          ]);
        }
      });
      expect(await by.left()).toEqual([]);
    },
  );
});

describe("a durable queue in a file", () => {
  test("is the file that was named under each strategy of compare, check and crash, one run after the other", async () => {
    using place = new Place(`main: [launch]
launch: [start: mail]
tasks: { mail: [print: begun, sleep: 1s] }
strategy: durable
compare: [durable, { use: durable, slots: 1 }, thread]
expect: { lost: 0, tasks: finished }
`);
    const real = ["kept.yaml", "--driver", "real", "--speed", "4", "--engine", "sqlite:queue.db"];
    const commands = [["compare"], ["check", "--compare"], ["crash", "--strategy", "durable"]];
    for (const words of commands) {
      const { status, stderr } = await place.call(...words, ...real);
      expect([words, status, stderr]).toEqual([words, 0, ""]);
      expect(place.files).toContain("queue.db");
    }
    const { Database } = await import("bun:sqlite");
    using queue = new Database(join(place.folder, "queue.db"), { readonly: true });
    const runs = queue.query("SELECT status FROM workflow_runs").values().flat();
    // Two durable strategies of compare, as many of check, and the worst moments of crash that can be hit.
    expect(runs.length).toBeGreaterThan(4);
    expect(new Set(runs)).toEqual(new Set(["completed"]));
  });

  test("is removed by the next run where the tandem that had made it was killed", async () => {
    using place = new Place(`main: [submit: a, result: a]
tasks: { a: [sleep: 1m] }
strategy: durable
`);
    const folders = (): string[] => place.files.filter((name) => name.startsWith("tandem-queue-"));
    const killed = place.start("run", "kept.yaml");
    while (folders().length === 0) await Bun.sleep(5);
    killed.kill("SIGKILL");
    await killed.exited;
    const [left] = folders();
    expect(left).toBeDefined();
    writeFileSync(join(place.folder, "quick.yaml"), "main: [submit: a]\ntasks: { a: [] }\n");
    expect((await place.call("run", "quick.yaml", "-s", "durable")).status).toBe(0);
    expect(folders()).toEqual([]);
  });

  test("that cannot be used ends a check with status 2", async () => {
    using place = new Place(`main: [submit: a]
tasks: { a: [sleep: 10ms] }
strategy: durable
expect: { lost: 0 }
`);
    const real = ["check", "kept.yaml", "--driver", "real", "--engine"];
    const { status, stderr } = await place.call(...real, "sqlite:kept.yaml");
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("kept.yaml cannot be used as a queue") as string,
    ]);
  });

  test("tells of a run that is cut nothing that an earlier one has left in the same file", async () => {
    using place = new Place(`main: [submit: a]
tasks: { a: [sleep: 1s] }
strategy: durable
`);
    const engine = ["--engine", "sqlite:queue.db", "--speed", "2"];
    expect((await place.result(...engine)).tasks).toMatchObject([{ status: "finished" }]);
    const cut = await place.result(...engine, "--timeout", "700ms");
    expect(cut.tasks).toMatchObject([{ status: "abandoned", lost: false }]);
  });
});

/** A scenario for a durable queue, with a strategy, whose ends hang on no time; lines and errors have texts of their own. */
function drawDurable(number: number, random: () => number, engine: string) {
  const chance = (share: number): boolean => random() < share;
  const times = <Value>(least: number, most: number, make: () => Value): Value[] =>
    Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, make);
  let label = 0;
  const taskStep = (): object => {
    const kind = random();
    if (kind < 0.4) return { sleep: Math.floor(random() * 300) };
    if (kind < 0.5) return { block: Math.floor(random() * 100) };
    if (kind < 0.65) return { fail: `failure ${label++}` };
    if (kind < 0.75) return { repeat: oneOf(random, [0, 2]), steps: [{ sleep: 20 }, taskStep()] };
    return { print: `line ${label++}` };
  };
  const names = ["one", "two", "three", "four"].slice(0, oneOf(random, [1, 2, 2, 3, 4]));
  const submitted = names.filter(() => chance(0.4));
  const main = [
    "launch",
    { print: "launched" },
    ...submitted.flatMap((submit) => [
      { submit },
      ...(chance(0.5) ? [{ block: 50 }] : []),
      ...(chance(0.5) ? [{ result: submit }, { print: `${submit} came` }] : []),
    ]),
    ...(chance(0.2) ? [{ fail: "main fails" }] : []),
    { print: "over" },
  ];
  const start = names.filter((name) => !submitted.includes(name));
  const tasks = Object.fromEntries(
    names.map((name) => [
      name,
      {
        steps: times(1, 4, taskStep),
        ...(chance(0.3) ? { finally: [{ print: `${name} cleans up` }] } : {}),
        ...(chance(0.2) ? { copies: submitted.includes(name) ? 1 : 2 } : {}),
      },
    ]),
  );
  const axes = [
    `engine=${engine}`,
    `settle=${oneOf(random, ["none", "none", "gather", "group", "settled"])}`,
    ...oneOf(random, [[], ["acks=early"], [`retry=${oneOf(random, [1, 2])}`, "backoff=100ms"]]),
    ...(chance(0.5) ? [`slots=${oneOf(random, [1, 2])}`] : []),
    ...(chance(0.3) ? ["enqueue=unawaited"] : []),
  ];
  return {
    document: {
      name: `random-${number}`,
      main,
      launch: [
        ...(start.length > 0 ? [{ start }] : []),
        ...(chance(0.3) ? [{ sleep: 20 }] : []),
        "settle",
      ],
      tasks,
    },
    strategy: ["durable", ...axes].join(","),
  };
}

/**
 * A scenario for a durable queue that is used wrongly, its strategy, and a kill: when it comes each task that a worker
 * has had is long done, or far from that.
 */
function drawWrong(number: number, random: () => number) {
  const names = ["one", "two", "three", "four"].slice(0, oneOf(random, [2, 3, 4]));
  const [first, ...rest] = names;
  const late = rest.filter(() => random() < 0.5);
  const sleep = random() < 0.5 ? [{ sleep: 100 }] : [];
  const tasks = names.map((name) => {
    const takes = oneOf(random, [100, 8000]);
    return [name, [{ print: `${name} begins` }, { sleep: takes }, { print: `${name} ends` }]];
  });
  return {
    document: {
      name: `wrong-${number}`,
      main: ["launch", { block: 6000 }, ...late.map((submit) => ({ submit }))],
      launch: [{ start: [first, ...rest.filter((name) => !late.includes(name))] }, ...sleep],
      tasks: Object.fromEntries(tasks) as Record<string, object[]>,
    },
    axes: oneOf(random, [
      "acks=early",
      "acks=early",
      "enqueue=unawaited,lease=2s",
      "acks=early,enqueue=unawaited",
    ]),
    kill: {
      what: oneOf(random, ["main", "worker", "process"] as const),
      at: 2600 + Math.floor(random() * 800),
    },
  };
}

/** A document whose main submits one task after the other, 300 ms apart, and in which some are killed. */
function killedDocument(
  number: number,
  count: number,
  kill: { what: string; at: number }[],
  duration: () => number,
) {
  const names = Array.from({ length: count }, (_, k) => `task-${k}`);
  return {
    name: `kept-${number}`,
    main: names.flatMap((submit) => [{ submit }, { block: 300 }]),
    tasks: Object.fromEntries(
      names.map((name) => [
        name,
        [{ print: `${name} begins` }, { sleep: duration() }, { print: `${name} ends` }],
      ]),
    ),
    kill,
  };
}

function oneOf<One>(random: () => number, all: readonly One[]): One {
  return all[Math.floor(random() * all.length)]!;
}
