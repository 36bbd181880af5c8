/** In a terminal: how soon the session asks its first question, and what the picture of a run costs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark } from "./budget.ts";
import { compileTandem, temporaryFolder } from "./executable.ts";
import { formatSamples, interleave, median } from "./measure.ts";

const rounds = 7;

/** How long main stands still, in one step, in the run that is drawn, in ms. */
const blockMs = 3000;

const blocking = `name: blocking
main: [launch, block: ${blockMs}ms]
tasks:
  beat: [{ repeat: 14, steps: [sleep: 200ms] }]
strategy: thread
`;

const env = { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8", CI: undefined };

/** Milliseconds from the start of a program in a terminal until it has written some words. */
async function msUntil(command: string[], words: string): Promise<number> {
  const shown = Promise.withResolvers<number>();
  const start = performance.now();
  let written = "";
  const child = Bun.spawn(command, {
    env,
    terminal: {
      cols: 80,
      rows: 24,
      data: (_pty, data) => {
        written += new TextDecoder().decode(data);
        if (written.includes(words)) shown.resolve(performance.now() - start);
      },
    },
  });
  const ms = await shown.promise;
  child.kill("SIGKILL");
  await child.exited;
  return ms;
}

export const terminal: Benchmark = {
  includes:
    "the executable in a pseudo-terminal; CPU time is that of tandem and its child together, and\n  makespans are those of the recorded events",
  async run() {
    using folder = temporaryFolder();
    const tandem = await compileTandem(folder.path);
    const start = await interleave(rounds, {
      session: () => msUntil(tandem, "What would you like to do?"),
    });
    console.log(`  start to first question: ${formatSamples(start.session)}`);

    const events = join(folder.path, "events.ndjson");
    const cpu: Record<string, number[]> = { drawn: [], plain: [] };
    const frames: number[] = [];
    const scenario = join(folder.path, "blocking.yaml");
    writeFileSync(scenario, blocking);
    /** @returns the makespan in ms. */
    const run = async (kind: "drawn" | "plain"): Promise<number> => {
      let pieces = 0;
      const child = Bun.spawn(
        [
          ...tandem,
          ...["run", scenario, "--events", events, "--force"],
          ...(kind === "plain" ? ["--no-live"] : []),
        ],
        { env, terminal: { cols: 100, rows: 30, data: () => void pieces++ } },
      );
      await child.exited;
      cpu[kind]!.push(Number(child.resourceUsage()!.cpuTime.total) / 1000);
      if (kind === "drawn") frames.push(pieces / (blockMs / 1000));
      const last = readFileSync(events, "utf8").trim().split("\n").at(-1)!;
      return (JSON.parse(last) as { at: number }).at;
    };
    const ms = await interleave(rounds, {
      drawn: () => run("drawn"),
      plain: () => run("plain"),
    });
    console.log(`  makespan, drawn: ${formatSamples(ms.drawn)}`);
    console.log(`  makespan, not drawn: ${formatSamples(ms.plain)}`);
    return [
      {
        of: "terminal: start to first question",
        figure: median(start.session),
        unit: "ms",
        bound: { most: 150 },
      },
      {
        of: "live picture: redrawn while main stands still",
        figure: median(frames),
        unit: "/s",
        bound: { least: 10 },
      },
      {
        of: "live picture: share of a core",
        figure: (100 * (median(cpu["drawn"]!) - median(cpu["plain"]!))) / blockMs,
        unit: "%",
        bound: { most: 5 },
      },
      {
        of: "live picture: makespan with it / without it",
        figure: median(ms.drawn) / median(ms.plain),
        unit: "×",
        bound: { most: 1.02 },
      },
    ];
  },
};
