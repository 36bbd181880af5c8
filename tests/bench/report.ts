/** Reading a file of a million events: `tandem report` beside `JSON.parse` of the same lines. */
import { join } from "node:path";
import { temporaryFolder } from "./executable.ts";
import type { Benchmark } from "./budget.ts";
import { formatSamples, interleave, medianRatio } from "./measure.ts";

const rounds = 5;

/** A thousand tasks that sleep 500 times each: a sleep is two events. */
const document = {
  name: "million",
  main: ["launch"],
  tasks: { task: { copies: 1000, steps: [{ repeat: 500, steps: [{ sleep: 1 }] }] } },
};

export const report: Benchmark = {
  includes:
    "each figure is the wall time of a whole process, from its start to its exit; the file is in\n  the page cache",
  async run() {
    using folder = temporaryFolder();
    const tandem = join(import.meta.dir, "../../src/main.ts");
    const scenario = join(folder.path, "million.json");
    const events = join(folder.path, "million.ndjson");
    await Bun.write(scenario, JSON.stringify(document));
    await measure([tandem, "run", scenario, "--driver", "virtual", "--events", events]);
    const measured = await interleave(rounds, {
      report: () => measure([tandem, "report", events]),
      parse: () => measure([join(import.meta.dir, "engines/parse-lines.ts"), events]),
    });
    const ms = (of: keyof typeof measured): number[] => measured[of].map((one) => one.ms);
    console.log(`  tandem report: ${formatSamples(ms("report"))}`);
    console.log(`  JSON.parse of each line: ${formatSamples(ms("parse"))}`);
    return [
      {
        of: "report of a million events / JSON.parse of its lines",
        figure: medianRatio(ms("report"), ms("parse")),
        unit: "×",
        bound: { most: 2 },
      },
      {
        of: "report of a million events: peak memory",
        figure: Math.max(...measured.report.map(({ peakMB }) => peakMB)),
        unit: "MB",
        bound: { most: 300 },
      },
    ];
  },
};

/** Runs a program by this Bun to its end. */
async function measure(args: string[]): Promise<{ ms: number; peakMB: number }> {
  const began = performance.now();
  const child = Bun.spawn([process.execPath, ...args], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  if ((await child.exited) !== 0) throw new Error(`${args.join(" ")} failed`);
  return { ms: performance.now() - began, peakMB: child.resourceUsage()!.maxRSS / 1e6 };
}
