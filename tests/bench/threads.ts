/** Real runs beside what people would use instead: a crowd of sleepers, a pool that computes, results taken from another thread. */
import { join } from "node:path";
import type { Benchmark, Budget } from "./budget.ts";
import { compileTandem, temporaryFolder } from "./executable.ts";
import { formatSamples, interleave, median, medianRatio } from "./measure.ts";

const rounds = 15;

/** How many round trips are made, and how many of them are not counted. */
const calls = 3000;
const warmUp = 500;

/** What a program prints as its last line, a number. */
function figureOf(command: string[]): number {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed:\n${stderr.toString()}`);
  return Number(stdout.toString().trim().split("\n").at(-1));
}

const peerCommand = (name: string, ...args: number[]): string[] => [
  process.execPath,
  join(import.meta.dir, `peers/${name}.ts`),
  ...args.map(String),
];

const peer = (name: string, ...args: number[]): number => figureOf(peerCommand(name, ...args));

/** µs from one round trip's end to the next one's, that of the middle call, as the events tell it. */
function middleTrip(events: string): number {
  const ends: number[] = [];
  for (const line of events.split("\n"))
    if (line.includes('"type":"wait-ended"')) ends.push((JSON.parse(line) as { at: number }).at);
  // The last wait is for the end of the loop.
  return median(
    ends.slice(warmUp, calls).map((at, index) => (at - ends[warmUp - 1 + index]!) * 1000),
  );
}

export const threads: Benchmark = {
  includes:
    "makespans in ms as the programs themselves tell them (tandem: `wall`), in a fresh process each;\n  tandem is the executable, and records every event meanwhile",
  async run() {
    using folder = temporaryFolder();
    const [tandem] = (await compileTandem(folder.path)) as [string];
    /** Runs a document for real. @returns the result object. */
    const run = async (name: string, document: object, strategy: string) => {
      const file = join(folder.path, `${name}.json`);
      await Bun.write(file, JSON.stringify({ name, ...document }));
      return (): { wall: number; prints: { at: number }[] } => {
        const { exitCode, stdout, stderr } = Bun.spawnSync(
          [tandem, "run", file, "--strategy", strategy, "--json"],
          { maxBuffer: 1024 ** 3 },
        );
        if (exitCode !== 0) throw new Error(`${name} failed:\n${stderr.toString()}`);
        return JSON.parse(stdout.toString()) as ReturnType<Awaited<ReturnType<typeof run>>>;
      };
    };
    const budgets: Budget[] = [];

    for (const [count, most] of [
      [100_000, 1],
      [10_000, 1.07],
    ] as const) {
      const crowd = await run(
        "crowd",
        {
          main: ["launch"],
          tasks: { sleeper: { copies: count, steps: [{ repeat: 20, steps: [{ sleep: 10 }] }] } },
        },
        "await",
      );
      const ms = await interleave(rounds, {
        tandem: () => crowd().wall,
        byHand: () => peer("sleepers", count),
      });
      const tasks = count.toLocaleString("en");
      console.log(`  ${tasks} tasks, 20 sleeps of 10 ms: tandem ${formatSamples(ms.tandem)}`);
      console.log(`  ${tasks} async functions and Bun.sleep: ${formatSamples(ms.byHand)}`);
      budgets.push({
        of: `crowd of ${tasks}: tandem / async functions and Bun.sleep`,
        figure: medianRatio(ms.tandem, ms.byHand),
        unit: "×",
        bound: { most },
      });
    }

    const jobs = { main: ["launch"], tasks: { job: { copies: 200, steps: [{ compute: 5 }] } } };
    // How free the cores are, in this very hour: what the division of the jobs among two could bring.
    const bare = await interleave(rounds, {
      one: () => peer("computing", 1, 200, 5),
      two: () => peer("computing", 2, 200, 5),
    });
    const most = medianRatio(bare.one, bare.two);
    console.log(`  200 × 5 ms in bare Workers, without a word: 2 are ${most.toFixed(2)} × 1`);
    for (const offload of ["threads", "processes"]) {
      const [one, two] = await Promise.all(
        [1, 2].map((workers) =>
          run(`${offload}-${workers}`, jobs, `await,offload=${offload},workers=${workers}`),
        ),
      );
      const ms = await interleave(rounds, { one: () => one!().wall, two: () => two!().wall });
      console.log(`  200 jobs of 5 ms, ${offload}: 1 worker ${formatSamples(ms.one)}`);
      console.log(`  200 jobs of 5 ms, ${offload}: 2 workers ${formatSamples(ms.two)}`);
      budgets.push({
        of: `pool of ${offload}: 1 worker / 2 workers, on two free cores`,
        figure: medianRatio(ms.one, ms.two),
        unit: "×",
        bound: { least: offload === "threads" ? 1.9 : 1.8 },
      });
    }

    // A task may be submitted once, so each round trip has a task of its own.
    const names = Array.from({ length: calls }, (_, index) => `call${index}`);
    const results = join(folder.path, "result.json");
    const events = join(folder.path, "result.ndjson");
    await Bun.write(
      results,
      JSON.stringify({
        name: "result",
        main: ["launch", ...names.flatMap((name) => [{ submit: name }, { result: name }])],
        launch: [],
        tasks: Object.fromEntries(names.map((name) => [name, []])),
      }),
    );
    const trips = async (before: string[]): Promise<number> => {
      const command = [tandem, "run", results, "--strategy", "portal", "--force"];
      const { exitCode, stderr } = Bun.spawnSync([...before, ...command, "--events", events]);
      if (exitCode !== 0) throw new Error(`result failed:\n${stderr.toString()}`);
      return middleTrip(await Bun.file(events).text());
    };
    // Two threads that take turns are quickest on one core; on two, waking up is what takes time.
    // Where they run is the system's choice, so both are told, and the system's choice counts.
    const oneCore = Bun.which("taskset") === null ? null : ["taskset", "-c", "0"];
    for (const before of oneCore === null ? [[]] : [[], oneCore]) {
      const us = await interleave(rounds, {
        tandem: () => trips(before),
        synckit: () => figureOf([...before, ...peerCommand("synckit", calls, warmUp)]),
      });
      const where = before.length === 0 ? "" : ", held to one core";
      console.log(`  submit and result${where}: ${formatSamples(us.tandem, "µs")}`);
      console.log(`  synckit${where}: ${formatSamples(us.synckit, "µs")}`);
      if (before.length > 0) continue;
      budgets.push({
        of: "round trip: submit and result / synckit",
        figure: medianRatio(us.tandem, us.synckit),
        unit: "×",
        bound: { most: 1 },
      });
    }
    return budgets;
  },
};
