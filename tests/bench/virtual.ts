/**
 * Virtual time: a million sleeps by tandem, against a fake clock for tests and against a loop that does
 * nothing else; and how the time grows with the number of tasks.
 */
import { join } from "node:path";
import type { Benchmark, Budget } from "./budget.ts";
import { type Load, type Measured, toArguments } from "./engines/engine.ts";
import { byHand, ways } from "./engines/fake-timers.ts";
import { formatSamples, interleave, median, medianRatio } from "./measure.ts";

const rounds = 7;
const tasks = 1000;
const sleeps = 1000;
/** Numbers of tasks between which the time per sleep may at most double. */
const growth = [100, 1000, 3000];
/** How many sleeps a process that measures growth performs: small loads run more often, so that all are warm. */
const sleepsOfGrowth = Math.max(...growth) * sleeps;

/** How many tasks a crowd has that is measured by what each of them costs. */
const crowdOf = 1_000_000;

export const virtual: Benchmark = {
  includes: [
    "each figure is one run of a fresh process, which is what a cold `tandem run` pays:",
    "the warm-up of the JIT is included, start-up and the reading of the document are not;",
    "tandem records every event and reads the outcome. Growth alone is measured warm, in the last",
    "of several runs of a process: the smallest load would else be little but warm-up",
  ].join("\n  "),
  async run() {
    const budgets: Budget[] = [];
    for (const durations of ["same", "varied"] as const)
      budgets.push(
        ...(await comparePeers({ tasks, sleeps, durations })),
        await compareSizes(durations),
      );
    budgets.push(...(await measureCrowd()));
    return budgets;
  },
};

async function comparePeers(load: Load): Promise<Budget[]> {
  const each = load.durations === "same" ? "10 ms each" : "7 to 19 ms each, by task";
  console.log(`\n${load.tasks} tasks × ${load.sleeps} sleeps, ${each}`);
  const way = await fastestWay(load);
  const measured = await interleave(rounds, {
    tandem: () => measure("tandem", load),
    bare: () => measure("bare-loop", load),
    fake: () => measure("fake-timers", load, 1, way),
    byHand: () => measure("fake-timers", load, 1, byHand),
  });
  tell("tandem", measured.tandem, load);
  tell("bare loop", measured.bare, load);
  tell(`fake-timers, ${way}`, measured.fake, load);
  tell("fake-timers, by hand", measured.byHand, load);
  const [tandem, bare, fake, hand] = [
    measured.tandem.map(ms),
    measured.bare.map(ms),
    measured.fake.map(ms),
    measured.byHand.map(ms),
  ];
  console.log(
    `  fake-timers by hand / tandem: ${medianRatio(hand, tandem).toFixed(2)} × (no budget: right for this load only)`,
  );
  return [
    {
      of: `virtual, ${load.durations} durations: fake-timers / tandem`,
      figure: medianRatio(fake, tandem),
      unit: "×",
      bound: { least: 6 },
    },
    {
      of: `virtual, ${load.durations} durations: tandem / bare loop`,
      figure: medianRatio(tandem, bare),
      unit: "×",
      bound: { most: 1.3 },
    },
    {
      of: `virtual, ${load.durations} durations: tandem's peak memory`,
      figure: Math.max(...measured.tandem.map(({ peakMB }) => peakMB)),
      unit: "MB",
      bound: { most: 300 },
    },
  ];
}

/** The way of driving fake-timers to be compared with; the ways are so far apart that two rounds tell. */
async function fastestWay(load: Load): Promise<(typeof ways)[number]> {
  const contenders = ways.map((way) => [way, () => measure("fake-timers", load, 1, way)]);
  const measured: Record<string, Measured[]> = await interleave(2, Object.fromEntries(contenders));
  const best = ways.map((way) => ({ way, ms: Math.min(...measured[way]!.map(ms)) }));
  console.log(
    `  ways to drive fake-timers: ${best.map(({ way, ms }) => `${way} ${ms.toFixed(0)} ms`).join(", ")}`,
  );
  return best.toSorted((a, b) => a.ms - b.ms)[0]!.way;
}

async function compareSizes(durations: Load["durations"]): Promise<Budget> {
  const loads = growth.map((count): Load => ({ tasks: count, sleeps, durations }));
  const contenders = loads.map((load) => [
    load.tasks,
    () => measure("tandem", load, Math.round(sleepsOfGrowth / countSleeps(load))),
  ]);
  const measured: Record<string, Measured[]> = await interleave(
    rounds,
    Object.fromEntries(contenders),
  );
  for (const load of loads) tell("tandem, warm", measured[load.tasks]!, load);
  const perSleep = loads.map((load) => median(measured[load.tasks]!.map(ms)) / countSleeps(load));
  return {
    of: `virtual, ${durations} durations: time per sleep, ${growth.join(" to ")} tasks`,
    figure: Math.max(...perSleep) / Math.min(...perSleep),
    unit: "×",
    bound: { most: 2 },
  };
}

/** Tasks of one sleep each: what one costs in memory, and whether more of them cost more each in time. */
async function measureCrowd(): Promise<Budget[]> {
  const loadOf = (count: number): Load => ({ tasks: count, sleeps: 1, durations: "same" });
  const [none, some, crowd] = [loadOf(1), loadOf(crowdOf / 10), loadOf(crowdOf)];
  console.log(`\n${crowdOf.toLocaleString("en")} tasks × 1 sleep`);
  const measured = await interleave(3, {
    none: () => measure("tandem", none),
    some: () => measure("tandem", some),
    crowd: () => measure("tandem", crowd),
  });
  tell("tandem", measured.some, some);
  tell("tandem", measured.crowd, crowd);
  const peak = (samples: readonly Measured[]): number =>
    median(samples.map(({ peakMB }) => peakMB));
  return [
    {
      of: "virtual, a million tasks of one sleep: peak memory a task",
      figure: ((peak(measured.crowd) - peak(measured.none)) * 1024 ** 2) / crowdOf,
      unit: "B",
      bound: { most: 400 },
    },
    {
      of: "virtual, tasks of one sleep: time a task, of a million / of a tenth of it",
      figure: medianRatio(measured.crowd.map(ms), measured.some.map(ms)) / 10,
      unit: "×",
      bound: { most: 1.2 },
    },
  ];
}

function tell(what: string, samples: readonly Measured[], load: Load): void {
  const times = samples.map(ms);
  const ns = (median(times) / countSleeps(load)) * 1e6;
  const peak = median(samples.map(({ peakMB }) => peakMB)).toFixed(0);
  console.log(
    `  ${what}, ${load.tasks} × ${load.sleeps}: ${formatSamples(times)}, ${ns.toFixed(0)} ns a sleep, ${peak} MB`,
  );
}

function countSleeps(load: Load): number {
  return load.tasks * load.sleeps;
}

function ms(sample: Measured): number {
  return sample.ms;
}

/** Has an engine perform a load in a fresh process: none inherits another's JIT state or heap. */
async function measure(engine: string, load: Load, runs = 1, ...rest: string[]): Promise<Measured> {
  const file = join(import.meta.dir, "engines", `${engine}.ts`);
  const child = Bun.spawn([process.execPath, file, ...toArguments(load, runs), ...rest], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`the engine ${engine} failed`);
  return JSON.parse(output) as Measured;
}
