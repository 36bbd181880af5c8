/** `tandem run --jitter`: durations that vary, the odds of what comes of them, and runs had again. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { shell, tandemHere, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

interface Odds {
  runs: number;
  main: { statuses: Record<string, number>; endedAt: Spread };
  wall: Spread;
  tasks: { name: string; statuses: Record<string, number>; lost: number }[];
  lost: number;
  deadlocked: number;
  outcomes: { share: number; seed: number; main: string; tasks: object[] }[];
  luck: Order[];
  always: Order[];
}
interface Spread {
  min: number;
  median: number;
  p95: number;
  max: number;
}
interface Order {
  first: { kind: string; of: string; text: string | null };
  second: { kind: string; of: string; text: string | null };
  share: number;
  leastGap: number;
  by: string;
}

/** The odds of a document, or of a scenario of the catalogue. */
async function odds(document: object | string, ...words: string[]): Promise<Odds> {
  const [name, stdin] =
    typeof document === "string" ? [document, ""] : ["-", JSON.stringify(document)];
  const { status, stdout, stderr } = await tandemHere(["run", name, "--json", ...words], { stdin });
  if (stdout === "") throw new Error(`${status}: ${stderr}`);
  return JSON.parse(stdout) as Odds;
}

/** The lines of one run. */
async function lines(
  document: object,
  ...words: string[]
): Promise<{ at: number; text: string }[]> {
  const stdin = JSON.stringify(document);
  const { stdout } = await tandemHere(["run", "-", "--json", ...words], { stdin });
  return (JSON.parse(stdout) as { prints: { at: number; text: string }[] }).prints;
}

/** Main is over after 1 s, its task after 1 s as well: which comes first is a coin's toss. */
const toss = {
  name: "toss",
  main: ["launch", { block: "1s" }, { print: "main is done" }],
  tasks: { work: [{ sleep: "1s" }, { print: "work is done" }] },
  strategy: "daemon",
};

const sharesOf = (result: Odds): number[] => [
  ...result.tasks.flatMap(({ statuses }) => Object.values(statuses)),
  ...result.outcomes.map(({ share }) => share),
];

describe("--jitter", () => {
  test("each performance of a step varies by itself, within its bounds and not beyond", async () => {
    const each = { print: "." };
    const steps = [{ block: "100ms" }, each, { compute: "100ms" }, each];
    const document = { name: "many", main: [{ repeat: 100, steps }] };
    const times = (await lines(document, "--jitter", "20%")).map(({ at }) => at);
    const durations = times.map((at, k) => at - (times[k - 1] ?? 0));
    expect(durations).toHaveLength(200);
    expect(Math.min(...durations)).toBeGreaterThanOrEqual(80);
    expect(Math.max(...durations)).toBeLessThanOrEqual(120);
    // Two of 40 000 microseconds are alike now and then, 190 of 200 only if steps share a factor.
    expect(new Set(durations.map((ms) => ms.toFixed(3))).size).toBeGreaterThan(190);
    // Uniform: 4 standard deviations (40/sqrt(12)/sqrt(200) = 0.82 ms) around the middle.
    const mean = durations.reduce((sum, ms) => sum + ms, 0) / durations.length;
    expect(Math.abs(mean - 100)).toBeLessThan(4 * 0.82);
  });

  test("the same seed is the same run on every machine, and in every version", async () => {
    const end = async (...words: string[]): Promise<number> =>
      (
        JSON.parse(
          (await tandemHere(["run", "threaded", "--json", "--jitter", "5%", ...words])).stdout,
        ) as Odds
      ).wall as never;
    expect([
      await end(),
      await end("--seed", "1"),
      await end("--seed", "0"),
      await end("--seed", "4294967295"),
    ]).toEqual([9096.919, 9096.919, 8857.577, 9099.805]);
  });

  test("sleeps, jobs of a pool and what calls take vary; sleeping for no time takes none", async () => {
    const call = { call: { module: "./any.ts", takes: "1s" } };
    const document = (step: object) => ({
      name: "one",
      main: ["launch", { print: "over" }],
      tasks: { one: [step] },
    });
    const over = async (step: object, ...words: string[]): Promise<number> =>
      (await lines(document(step), "-d", "virtual", ...words))[0]!.at;
    for (const step of [{ sleep: "1s" }, { block: "1s" }, call])
      for (const strategy of ["await", "await,offload=threads"]) {
        expect(await over(step, "-s", strategy)).toBe(1000);
        const varied = await over(step, "-s", strategy, "--jitter", "10%");
        expect(varied).not.toBe(1000);
        expect(Math.abs(varied - 1000)).toBeLessThanOrEqual(100);
      }
    expect(await over({ sleep: 0 }, "--jitter", "100%")).toBe(0);
  });

  test("timeouts and grace are limits, and stay what they are", async () => {
    const document = {
      name: "limits",
      channels: { box: {} },
      main: ["launch"],
      tasks: { long: [{ sleep: "1m" }] },
      strategy: { use: "thread", grace: "3s" },
    };
    const grace = await odds(document, "--jitter", "50%", "--runs", "100");
    expect([grace.wall.min, grace.wall.max]).toEqual([3000, 3000]);
    const main = ["launch", { receive: "box", timeout: "2s" }];
    const timeout = await odds({ ...document, main }, "--jitter", "50%", "--runs", "100");
    expect([timeout.main.endedAt.min, timeout.main.endedAt.max]).toEqual([2000, 2000]);
    const settle = { use: "await", timeout: "1s" };
    const settled = await odds(
      { ...document, strategy: settle },
      "--jitter",
      "50%",
      "--runs",
      "100",
    );
    expect([settled.wall.min, settled.wall.max]).toEqual([1000, 1000]);
  });

  test("without it nothing is random, and a verdict does not speak of it", async () => {
    const plain = await tandemHere(["run", "threaded", "-d", "virtual"]);
    expect(plain.stderr).not.toContain("jitter");
    expect(plain.stderr).toContain("fell on the\n  same instant");
    const varied = await tandemHere(["run", "threaded", "--jitter", "5%"]);
    expect(varied.stderr.replaceAll("\n  ", " ")).toContain(
      "in virtual time with jitter 5%, seed 1: ",
    );
    expect(varied.stderr).not.toContain("fell on the\n  same instant");
  });

  test("a recorded run remembers its jitter", async () => {
    using folder = temporaryFolder();
    const file = folder.file("events.ndjson");
    const run = await tandemHere([
      "run",
      "threaded",
      "--jitter",
      "5%",
      "--seed",
      "9",
      "--events",
      file,
    ]);
    expect((await tandemHere(["report", file])).stdout).toBe(run.stderr.replace(/^\n/, ""));
  });

  test("words that do not go together are told, with what would", async () => {
    const refused = {
      "--jitter 5": "did you mean 5%?",
      "--jitter 0%": "above 0% and up to 100%",
      "--jitter 101%": "above 0% and up to 100%",
      "--jitter 5% --driver real": "leave out --driver real",
      "--runs 10": "say how much durations vary: --jitter 5%",
      "--seed 10": "say how much durations vary: --jitter 5%",
      "--jitter 5% --runs 0": "a whole number from 1 to 1000000",
      "--jitter 5% --runs 1e3": "a whole number from 1 to 1000000",
      "--jitter 5% --seed 4294967296": "a whole number from 0 to 4294967295",
      "--jitter 5% --runs 2 --timeline": "--timeline is about one run",
      "--jitter 5% --runs 2 --events x": "--events is about one run",
    };
    for (const [words, message] of Object.entries(refused)) {
      const { status, stdout, stderr } = await tandemHere(["run", "threaded", ...words.split(" ")]);
      expect([words, status, stdout]).toEqual([words, 2, ""]);
      expect(stderr).toContain(message);
    }
  });
});

describe("--jitter with --runs", () => {
  const words = ["--jitter", "5%", "--runs", "2000"];

  test("the same seed gives the same report, byte for byte; another seed gives another", async () => {
    const report = async (seed: string): Promise<string> =>
      (await tandemHere(["run", "threaded", ...words, "--seed", seed])).stdout;
    expect(await report("4")).toBe(await report("4"));
    expect(await report("4")).not.toBe(await report("5"));
  });

  test("seeds agree within sampling error on what luck decides", async () => {
    const counts = await Promise.all(
      ["1", "2", "3", "4"].map(async (seed) => {
        const result = await odds(toss, ...words, "--seed", seed);
        return result.tasks[0]!.statuses["finished"]! * result.runs;
      }),
    );
    // A fair coin: of 2000 tosses 1000, give or take 4 standard deviations of sqrt(2000)/2 = 22.4.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(4 * 22.4);
    expect(new Set(counts).size).toBeGreaterThan(1);
  });

  test("an order that ought to come out even does, and a certain one is told as such", async () => {
    const { luck, always, tasks, lost } = await odds("threaded", ...words);
    expect(luck.map(({ first, second }) => [first.text, second.text])).toEqual([
      ["Background task iteration 3", "Main program iteration 0"],
    ]);
    // sqrt(0.25/2000) = 0.0112
    expect(Math.abs(luck[0]!.share - 0.5)).toBeLessThan(4 * 0.0112);
    expect(tasks).toEqual([{ name: "task", statuses: { finished: 1 }, lost: 0 }]);
    expect(lost).toBe(0);
    const ends = always.find(({ first }) => first.kind === "end")!;
    expect([ends.first.of, ends.second.of, ends.share]).toEqual(["task", "main", 1]);
    // Of 5 sleeps and 3 blocks, were all of them as unlike as can be: 3 × 2.85 s less 5 × 1.05 s.
    expect(ends.leastGap).toBeGreaterThan(8550 - 5250);
    const order = (first: string): Order => always.find((pair) => pair.first.text === first)!;
    expect(order("Main program started Bun 1.4.5")).toMatchObject({ by: "waits" });
    expect(order("Main program started Bun 1.4.5").second.text).toBe("a");
    expect(order("Background task iteration 2")).toMatchObject({ by: "time", share: 1 });
    expect(order("finished")).toMatchObject({ by: "thread", second: { text: "b" } });
  });

  test("the seed of an outcome shows a run that came to it, as a run of its own", async () => {
    const { outcomes } = await odds(toss, ...words);
    expect(outcomes).toHaveLength(2);
    for (const { seed, tasks } of outcomes) {
      const again = ["run", "-", "--jitter", "5%", "--seed", String(seed), "--json"];
      const stdin = JSON.stringify(toss);
      const alone = await tandemHere([...again, "--driver", "virtual", "--runs", "1"], { stdin });
      expect(alone.stdout).toBe((await tandemHere(again, { stdin })).stdout);
      const run = JSON.parse(alone.stdout) as { jitter: object; tasks: { status: string }[] };
      expect(run.jitter).toEqual({ share: 0.05, seed });
      expect(tasks).toMatchObject([{ name: "work", copies: 1, status: run.tasks[0]!.status }]);
    }
  });

  test("the durations of the strategy are milliseconds, as all times are, and as one run tells them", async () => {
    const strategy = ["-s", "thread,timeout=3s,grace=250ms"];
    const expected = { timeout: 3000, grace: 250 };
    expect(await odds(toss, ...strategy, ...words)).toMatchObject({ strategy: expected });
    expect(await odds(toss, ...strategy, "--driver", "virtual")).toMatchObject({
      strategy: expected,
    });
  });

  test("the command that shows one of the runs is told, and does", async () => {
    using folder = temporaryFolder();
    folder.file("a b's.yaml", JSON.stringify(toss));
    const { stdout } = await tandemHere(
      ["run", "a b's.yaml", "-s", "thread,atExit=cancel", "--timeout", "20s", ...words],
      { cwd: folder.path },
    );
    const line = /^To see one of them: (.*(?:\n .*)*)/m.exec(stdout)![1]!.replaceAll(/\n +/g, " ");
    const seed = / --jitter 5% --seed (\d+)$/.exec(line)![1]!;
    const { status, stderr } = shell(line, { cwd: folder.path });
    expect(status).toBe(0);
    expect(stderr).toContain("toss, strategy thread,atExit=cancel (");
    expect(stderr.replaceAll(/\n +/g, " ")).toContain(`with jitter 5%, seed ${seed}: `);
  });

  test("shares are of all runs, and times have their bounds", async () => {
    const result = await odds(toss, ...words);
    const sum = (shares: number[]): number => shares.reduce((a, b) => a + b, 0);
    expect(sum(result.outcomes.map(({ share }) => share))).toBeCloseTo(1, 9);
    expect(sum(Object.values(result.tasks[0]!.statuses))).toBeCloseTo(1, 9);
    for (const share of sharesOf(result))
      expect(share * 2000).toBeCloseTo(Math.round(share * 2000));
    const { min, median, p95, max } = result.main.endedAt;
    expect([min >= 950, min < median, median < p95, p95 < max, max <= 1050]).toEqual(
      Array(5).fill(true),
    );
    // The quantiles of a uniform distribution: 4 standard deviations of 100·sqrt(q(1-q)/2000) ms.
    expect(Math.abs(median - 1000)).toBeLessThan(4 * 1.12);
    expect(Math.abs(p95 - 1045)).toBeLessThan(4 * 0.49);
  });

  test("an order that nothing secures is luck, though jitter never changes it", async () => {
    const document = {
      name: "near",
      main: ["launch", { print: "main goes on" }, { block: "1s" }],
      tasks: { work: [{ print: "work begins" }] },
      strategy: "thread",
    };
    const { luck, always } = await odds(document, "--jitter", "5%", "--runs", "100");
    expect(luck).toMatchObject([
      { first: { text: "main goes on" }, second: { text: "work begins" }, share: 1, leastGap: 0 },
    ]);
    expect(always.filter(({ first }) => first.kind === "line")).toEqual([]);
    const { stdout } = await tandemHere(["run", "-", "--jitter", "5%", "--runs", "100"], {
      stdin: JSON.stringify(document),
    });
    expect(stdout.replaceAll(/\n +/g, " ")).toContain(
      `"main goes on" before "work begins"; only 0ms lay between them, and neither waits for the other`,
    );
  });

  test("a task that ends at the instant at which main does is luck, unless main waits for it", async () => {
    const handing = {
      name: "handing",
      channels: { box: {} },
      main: ["launch", { receive: "box" }],
      tasks: { a: [{ sleep: "300ms" }, { send: { channel: "box", value: 1 } }] },
      strategy: "daemon",
    };
    const words = ["--jitter", "5%", "--runs", "200"];
    expect((await odds(handing, ...words)).luck).toMatchObject([
      {
        first: { kind: "end", of: "a" },
        second: { kind: "end", of: "main" },
        share: 1,
        leastGap: 0,
      },
    ]);
    const joining = { ...handing, main: ["launch", "join"], strategy: "thread" };
    expect((await odds(joining, ...words)).luck).toEqual([]);
  });

  test("a share of those runs only in which both come about says so, beside the share of these", async () => {
    const report = async (document: object): Promise<string> => {
      const words = ["run", "-", "--jitter", "5%", "--runs", "200"];
      const { stdout } = await tandemHere(words, { stdin: JSON.stringify(document) });
      return stdout.replaceAll(/\s+/g, " ");
    };
    const text = await report(toss);
    const [, finished] = /work finished ([\d.]+ %)/.exec(text)!;
    expect(text).toContain(
      `100 % work ends before main ends, of the runs in which both end by themselves (${finished} of all)`,
    );
    expect(await report({ ...toss, strategy: "thread" })).not.toContain("of the runs in which");
  });

  test("a deadlock that comes now and then is counted, and makes the exit status 1", async () => {
    const document = {
      name: "now-and-then",
      channels: { box: {} },
      main: ["launch", { receive: "box" }],
      tasks: { work: [{ sleep: "1s" }, { send: { channel: "box", value: 1 } }] },
      strategy: { use: "await", timeout: "1s", settle: "settled" },
      launch: [{ start: "work" }, "settle"],
    };
    const stdin = JSON.stringify(document);
    const { status, stdout } = await tandemHere(["run", "-", ...words, "--json"], { stdin });
    const { main, tasks } = JSON.parse(stdout) as Odds;
    expect(status).toBe(1);
    expect(Object.keys(main.statuses).toSorted()).toEqual(["failed", "finished"]);
    // What the timeout cancels is given up, not lost.
    expect(tasks[0]!.statuses["cancelled"]).toBe(main.statuses["failed"]!);
    expect(tasks[0]!.lost).toBe(0);
    const stuck = { ...document, main: [...document.main, { receive: "box" }] };
    const found = await odds(stuck, ...words);
    expect(found.deadlocked).toBe(found.main.statuses["deadlocked"]!);
    expect(found.deadlocked).toBeGreaterThan(0);
  });

  test("--strict: work lost in any run makes the exit status 1", async () => {
    const stdin = JSON.stringify(toss);
    expect((await tandemHere(["run", "-", ...words], { stdin })).status).toBe(0);
    expect((await tandemHere(["run", "-", ...words, "--strict"], { stdin })).status).toBe(1);
    expect((await tandemHere(["run", "threaded", ...words, "--strict"])).status).toBe(0);
  });

  test("what was never seen is not called impossible", async () => {
    const { stdout } = await tandemHere(["run", "threaded", ...words]);
    expect(stdout.replaceAll("\n", " ")).toContain(
      "never seen in 2,000 runs happens in fewer than 0.15 % (95 % confidence",
    );
  });

  test("copies are interchangeable: outcomes count them, whichever they were", async () => {
    const document = {
      ...toss,
      tasks: { work: { copies: 3, steps: [{ sleep: "1s" }] } },
    };
    const { outcomes, tasks } = await odds(document, ...words);
    expect(tasks).toHaveLength(3);
    expect(outcomes.length).toBeLessThanOrEqual(10);
    for (const { tasks } of outcomes) {
      const copies = tasks.map((task) => (task as { copies: number }).copies);
      expect(copies.reduce((a, b) => a + b, 0)).toBe(3);
    }
  });

  test("in a terminal a line tells how far it is, and Ctrl-C what has been gathered so far: 130", async () => {
    await using run = new TandemInTerminal([
      ...["run", "threaded", "--jitter", "5%", "--runs", "1000000", "--large"],
    ]);
    await run.shows(/^[\d,]+ of 1,000,000 runs$/m);
    run.type("\u0003");
    expect(await run.exited()).toBe(130);
    const [, count] = /tandem: interrupted after (\d+) of 1000000 runs/.exec(run.text)!;
    const runs = Number(count).toLocaleString("en");
    expect(run.text).toContain(`jitter 5%: ${runs} runs in virtual time, seed 1`);
    expect(run.text).not.toMatch(/^[\d,]+ of 1,000,000 runs$/m);
  });
});
