/** What a pool has taken and what it has not, and what becomes of those who come when it is closing: virtually and for real. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Board } from "../../src/drivers/real/board.ts";
import { typeNumber } from "../../src/trace/event.ts";
import { POOL_THREAD } from "../../src/scenario/numbers.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy, type StrategyInput } from "../../src/scenario/strategy.ts";
import { parseYaml } from "../../src/scenario/yaml.ts";
import { essence, performUndisturbed, type Twice } from "../support/real.ts";
import { type RunResult, simulate } from "../support/simulate.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const statuses = ({ tasks }: RunResult): string[] => tasks.map(({ status }) => status);
const lines = ({ prints }: RunResult): [number, string][] =>
  prints.map(({ at, text }) => [at, text]);

/** A document of tests/truth. */
async function truth(name: string): Promise<object> {
  const text = await Bun.file(join(import.meta.dir, `../truth/${name}.yaml`)).text();
  return parseYaml(text, name).data as object;
}

/** A document performed on both drivers. */
function twice(document: object, strategy?: StrategyInput): Promise<Twice> {
  const scenario = parseScenario(JSON.stringify(document), "document.json");
  const chosen = strategy === undefined ? scenario.strategy : resolveStrategy(strategy);
  return performUndisturbed({ scenario, strategy: chosen, runtime: "test" }, 1);
}

/** How many jobs the pool has begun. */
function begun({ chunks }: EventLog): number {
  return chunks
    .flatMap(({ type, length }) => [...type.slice(0, length)])
    .filter((type) => type === typeNumber["job-began"]).length;
}

/** Launch starts copies of a job of 300 ms, and returns after a while; the loop closes. */
function left(copies: number, after: number): object {
  return {
    name: "left",
    main: ["launch", { print: "main ends" }],
    launch: [{ start: "job" }, "settle", ...(after === 0 ? [] : [{ sleep: after }])],
    tasks: { job: { copies, steps: [{ block: 300 }] } },
  };
}

describe("a pool that has a worker free", () => {
  test("has begun a job handed over at 0 ms: cancelling does not reach it, and the closing loop waits", async () => {
    const result = simulate(await truth("pool-job-at-zero"));
    expect(statuses(result)).toEqual(["cancelled"]);
    expect(result.tasks[0]!.endedAt).toBe(0);
    expect(lines(result)).toEqual([[300, "main ends"]]);
  });

  test("has begun it for real as well, whichever thread is the quicker", async () => {
    const document = await truth("pool-job-at-zero");
    for (let time = 0; time < 5; time++) {
      const { real } = await twice(document);
      expect(statuses(real)).toEqual(["cancelled"]);
      expect(real.wall).toBeGreaterThanOrEqual(300);
    }
  });

  test("has begun as many as it has workers, and those behind them are taken back", () => {
    for (const [workers, wall] of [
      [1, 300],
      [2, 300],
      [3, 300],
    ] as const)
      expect(simulate(left(3, 0), { use: "detach", offload: "threads", workers }).wall).toBe(wall);
  });
});

describe("a pool of processes", () => {
  const processes = (workers: number): StrategyInput => ({
    use: "detach",
    offload: "processes",
    workers,
  });

  test("takes as many jobs as it has workers and one more ahead, and what it has taken cannot be cancelled", async () => {
    const result = simulate(await truth("processes-prefetch"));
    expect(result.tasks.map(({ status, endedAt }) => [status, endedAt])).toEqual(
      Array.from({ length: 5 }, () => ["cancelled", 500]),
    );
    expect(lines(result)).toEqual([[3000, "main ends"]]);
  });

  test("takes back those behind them", () => {
    // Of each worker one is done and one taken ahead, and one more.
    const walls = (workers: number): number[] =>
      [1, 2, 3, 4, 5, 6, 20].map((copies) => simulate(left(copies, 50), processes(workers)).wall);
    expect(walls(1)).toEqual([300, 600, 900, 900, 900, 900, 900]);
    expect(walls(2)).toEqual([300, 300, 600, 600, 900, 900, 900]);
    expect(walls(4)).toEqual([300, 300, 300, 300, 600, 600, 900]);
  });

  test("takes the next one ahead when a job is done", () => {
    expect(simulate(left(6, 299), processes(1)).wall).toBe(900);
    expect(simulate(left(6, 301), processes(1)).wall).toBe(1200);
  });

  test("does them in their order, and tells nobody whose task is cancelled", () => {
    const document = {
      name: "order",
      main: ["launch", { print: "main" }],
      tasks: { job: { copies: 5, steps: [{ block: 100 }, { print: "{copy}" }] } },
    };
    expect(lines(simulate(document, { ...processes(2), use: "await" }))).toEqual([
      [100, "0"],
      [100, "1"],
      [200, "2"],
      [200, "3"],
      [300, "4"],
      [300, "main"],
    ]);
  });

  test("takes none ahead in JavaScript, where a loop floats", () => {
    const strategy = { use: "float", atExit: "cancel", offload: "processes", workers: 1 };
    expect(simulate(left(5, 0), strategy).wall).toBe(300);
  });

  test("takes them ahead for real as well; a pool of threads takes none", async () => {
    for (const [strategy, jobs] of [
      [processes(1), 3],
      [{ ...processes(1), offload: "threads" }, 1],
    ] as const) {
      const { model, modelLog, real, realLog } = await twice(left(5, 100), strategy);
      expect(begun(modelLog)).toBe(jobs);
      expect(begun(realLog)).toBe(jobs);
      expect(essence(real)).toEqual(essence(model));
      expect(real.wall).toBeGreaterThanOrEqual(300 * jobs);
    }
  });
});

describe("a loop that waits for its pool of threads", () => {
  test("refuses a step that is handed over meanwhile: the task fails, and who takes its result hears of it", async () => {
    const result = simulate(await truth("submit-to-draining-pool"));
    expect(result.tasks).toMatchObject([
      { name: "t", status: "cancelled", endedAt: 100 },
      { name: "late", status: "failed", error: "Executor shutdown has been called", endedAt: 300 },
    ]);
    expect(result.main).toMatchObject({ status: "failed", endedAt: 300 });
    expect(result.main.error).toBe("Executor shutdown has been called");
    expect(result.prints).toEqual([]);
    expect(result.exitCode).toBe(1);
    expect(result.wall).toBe(1000);
  });

  test("does so for real as well", async () => {
    const { model, real } = await twice(await truth("submit-to-draining-pool"));
    expect(essence(real)).toEqual(essence(model));
    expect(real.wall).toBeGreaterThanOrEqual(1000);
  });

  const strategy: StrategyInput = { use: "thread", settle: "none", offload: "threads" };
  const late = (task: object, main: object[] = [{ result: "late" }]): RunResult =>
    simulate(
      {
        name: "late",
        main: ["launch", { block: 300 }, { submit: "late" }, ...main],
        launch: [{ start: "job" }, { sleep: 100 }],
        tasks: { job: [{ block: 1000 }], late: task },
      },
      strategy,
    );

  test("lets the clean-up of that task run, which is refused the pool in its turn", () => {
    const cleaned = late({ steps: [{ block: 10 }], finally: [{ print: "cleaned" }] });
    expect(cleaned.tasks[1]).toMatchObject({ status: "failed", cleanup: "ran" });
    expect(lines(cleaned)).toEqual([[300, "cleaned"]]);
    const refused = late({
      steps: [{ fail: "first" }],
      finally: [{ block: 10 }, { print: "never" }],
    });
    expect(refused.tasks[1]).toMatchObject({
      status: "failed",
      error: "Executor shutdown has been called",
      cleanup: "cut-short",
    });
    expect(refused.prints).toEqual([]);
  });

  test("goes on with what needs no pool", () => {
    const result = late(
      [{ sleep: 200 }, { print: "late" }],
      [{ result: "late" }, { print: "main" }],
    );
    expect(lines(result)).toEqual([
      [500, "late"],
      [500, "main"],
    ]);
    expect(result.exitCode).toBe(0);
  });
});

describe("a program that waits for its pool of processes", () => {
  const strategy: StrategyInput = { use: "thread", settle: "none", offload: "processes" };
  const document = {
    name: "late",
    main: ["launch", { block: 300 }, { submit: "late" }, { print: "never" }],
    launch: [{ start: "job" }, { sleep: 100 }],
    tasks: { job: [{ block: 1000 }], late: [{ print: "late" }] },
  };

  test("has closed its loop before that, and nothing more can be submitted", () => {
    const result = simulate(document, strategy);
    expect(result.tasks.map(({ status }) => status)).toEqual(["cancelled", "unstarted"]);
    expect(result.main).toMatchObject({
      status: "failed",
      error: "Event loop is closed",
      endedAt: 300,
    });
    expect(result.wall).toBe(1000);
  });

  test("has closed it for real as well", async () => {
    const { model, real } = await twice(document, strategy);
    expect(essence(real)).toEqual(essence(model));
    expect(real.wall).toBeGreaterThanOrEqual(1000);
  });
});

describe("jobs in the memory that threads share", () => {
  /** A board with jobs, and threads of the pool that rest. */
  function boardWith(workers: number, jobs: number): Board {
    const board = new Board({ threads: POOL_THREAD + workers, channels: 0, jobs });
    for (let worker = 0; worker < workers; worker++) board.takeNext(0, POOL_THREAD + worker);
    return board;
  }

  function offer(board: Board, id: number): number[] {
    board.offerJob(id, 0, 0);
    return Array.from({ length: board.size.threads }, (_, thread) => thread).filter(
      (thread) => thread >= POOL_THREAD && board.wakesForJob(thread),
    );
  }

  test("are the pool's from the moment they are offered while a thread rests", () => {
    const board = boardWith(2, 5);
    expect(offer(board, 0)).toEqual([POOL_THREAD, POOL_THREAD + 1]);
    for (const id of [1, 2, 3, 4]) offer(board, id);
    expect([0, 1, 2, 3, 4].map((id) => board.withdrawJob(id, 0))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(board.takeNext(0, POOL_THREAD)?.id).toBe(0);
    expect(board.takeNext(0, POOL_THREAD + 1)?.id).toBe(1);
    expect(board.takeNext(0, POOL_THREAD)).toBeUndefined();
  });

  test("are the pool's as well as far as it takes them ahead, and the next ones when others are begun", () => {
    const board = boardWith(1, 6);
    for (let id = 0; id < 6; id++) offer(board, id);
    expect(board.takeNext(0, POOL_THREAD)?.id).toBe(0);
    expect(board.withdrawJob(2, 2)).toBe(false);
    expect(board.withdrawJob(4, 2)).toBe(true);
    expect(board.takeNext(1, POOL_THREAD)?.id).toBe(1);
    expect(board.withdrawJob(3, 2)).toBe(false);
    expect(board.withdrawJob(5, 2)).toBe(true);
  });

  test("can be dropped, whoever is on the way to them", () => {
    const board = boardWith(1, 1);
    offer(board, 0);
    board.takeJob(0);
    expect(board.takeNext(0, POOL_THREAD)).toBeUndefined();
  });
});
