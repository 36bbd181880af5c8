/** `tandem crash`: what a kill at any moment costs, as a user sees it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { crash } from "../../src/runs/crash.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { strategiesToCrash } from "../../src/strategies/crash.ts";
import { patience } from "../support/patience.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

/** One task sends and then charges, the other only waits. */
const document = `name: paying
main: [launch, block: 1s]
tasks:
  pay: [{ print: sent }, { sleep: 2s }, { print: charged }, { sleep: 1s }]
  log: [{ sleep: 1s }]
strategy: await
compare: [thread, detach]
expect: { lost: 0 }
`;

/** The same with a channel, which is memory of one process, so that no durable queue is thought of. */
const within = `${document}channels: { unused: }\n`;

function crashed(args: readonly string[], stdin = document) {
  return tandemHere(["crash", "-", ...args], { stdin });
}

describe("tandem crash", () => {
  test("shows a table, a chart over time and the worst moment", async () => {
    const { status, stdout, stderr } = await crashed(["--ascii"], within);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`paying, killed at every moment under 3 strategies, in virtual time

strategy     lost at most  half done  at risk    lost anyway  noticed
await (own)  2 of 2        1          3s (75%)   -            at once
thread       2 of 2        1          3s (100%)  -            at once
detach       2 of 2        1          -          2            -

await (own)  lost  888888888888888444444444444444444444444444444...............
             half  444444444444444444444444444444444444444444444...............
thread       lost  888888888888888444444444444444444444444444444
             half  444444444444444444444444444444444444444444444
detach       lost  888888888888888
             half  444444444444444
                   +--------------+--------------+--------------+--------------
                   0              1s             2s             3s
                   . none   1 few of its tasks   8 all of them

The worst moment under await: the process is killed between 0ms and 1s, as at
500ms. Then pay is lost half done, after 1 of 4 steps, the last of them at line
4 (print: sent) and log is lost before its first step was done.
To have it as a scenario: tandem crash - -o worst.yaml (kill: { what: process,
at: 500ms })
`);
  });

  test("tells in JSON of each moment, and what is left of each task", async () => {
    const { stdout } = await crashed(["--strategy", "await", "--json"]);
    const { crashes } = JSON.parse(stdout) as { crashes: Record<string, unknown>[] };
    const moment = (from: number, to: number, lost: number, halfDone: number) => {
      return { from, to, lost, handedOverLost: lost, halfDone, failed: 0, unnoticed: 0 };
    };
    expect(crashes).toMatchObject([
      {
        own: true,
        killed: "process",
        wall: 4000,
        tasks: 2,
        lostAnyway: 0,
        moments: [
          moment(0, 1000, 2, 1),
          moment(1000, 2000, 1, 1),
          moment(2000, 3000, 1, 1),
          moment(3000, 4000, 0, 0),
        ],
        remains: [
          {
            task: "pay",
            remains: [
              { from: 0, lost: true, handedOver: true, stepsDone: 1 },
              { from: 2000, lost: true, handedOver: true, stepsDone: 3 },
              { from: 3000, lost: false, handedOver: true, stepsDone: 4 },
            ],
          },
          {
            task: "log",
            remains: [
              { from: 0, lost: true, handedOver: true, stepsDone: 0 },
              { from: 1000, lost: false, handedOver: true, stepsDone: 1 },
            ],
          },
        ],
        worst: { at: 500, exitCode: 137, tasks: [{ lost: true, stepsDone: 1 }, { lost: true }] },
        real: null,
      },
    ]);
  });

  test("writes the worst moment as a scenario that comes to it, over no file that is there", async () => {
    using folder = temporaryFolder();
    folder.file("paying.yaml", document);
    const args = ["crash", "paying.yaml", "-s", "thread", "-o", "worst.yaml"];
    const { cwd } = { cwd: folder.path };
    expect((await tandemHere(args, { cwd })).stdout).toContain(
      "To see it: tandem run worst.yaml --driver virtual\n",
    );
    const run = ["run", "worst.yaml", "-d", "virtual", "--json"];
    expect(JSON.parse((await tandemHere(run, { cwd })).stdout)).toMatchObject({
      strategy: { name: "thread" },
      interruptedBy: "kill",
      exitCode: 137,
      wall: 500,
      tasks: [{ lost: true }, { lost: true }],
    });
    const again = await tandemHere(args, { cwd });
    expect([again.status, again.stdout]).toEqual([2, ""]);
    expect(again.stderr).toContain("-o worst.yaml: the file exists; name another, or add --force");
    expect((await tandemHere([...args, "--force"], { cwd })).status).toBe(0);
  });

  test("writes the chart and the worst moments in every format of a report", async () => {
    using folder = temporaryFolder();
    folder.file("paying.yaml", document);
    const written = async (file: string): Promise<string> => {
      const args = ["crash", "paying.yaml", "--report", file];
      expect((await tandemHere(args, { cwd: folder.path })).status).toBe(0);
      return Bun.file(join(folder.path, file)).text();
    };
    const chart = "█".repeat(8) + "▄".repeat(16) + "·".repeat(8);
    for (const file of ["a.md", "a.html", "a.csv"])
      expect((await written(file)).includes(chart)).toBe(true);
    expect(await written("a.svg")).toContain("await (own)");
    for (const file of ["a.sarif", "a.perfetto.json"]) JSON.parse(await written(file));
  });

  test("has rows for the end of a worker, which the program may never hear of", async () => {
    const pooled = `name: jobs
main: [launch, block: 3s]
tasks: { a: [block: 1s], b: [block: 2s] }
strategy: { use: portal, offload: processes }
compare: []
`;
    const { stdout } = await crashed(["--json"], pooled);
    const { crashes } = JSON.parse(stdout) as { crashes: Record<string, unknown>[] };
    const harm = { lost: 0, handedOverLost: 0, halfDone: 0 };
    expect(crashes.slice(0, 2)).toMatchObject([
      { killed: "process", lostAnyway: 0 },
      {
        killed: "worker",
        remains: null,
        moments: [
          { ...harm, from: 0, to: 1000, failed: 2 },
          { ...harm, from: 1000, to: 2000, failed: 1 },
          { ...harm, from: 2000, to: 3000, failed: 0, unnoticed: 0 },
        ],
      },
    ]);
  });

  test("beside them shows a durable queue, which loses nothing and may do things twice", async () => {
    const { stdout } = await crashed(["--json"]);
    const { crashes } = JSON.parse(stdout) as { crashes: { killed: string; strategy: object }[] };
    const durable = { strategy: { name: "durable" }, lostAnyway: 0, remains: null };
    const kept = { lost: 0, handedOverLost: 0, halfDone: 0, failed: 0 };
    const worker = {
      ...durable,
      killed: "worker",
      moments: [
        { ...kept, from: 0, to: 75, twice: 0 },
        // Of the other task nothing has been done before its only step is.
        { ...kept, from: 75, to: 3075, twice: 1 },
      ],
      worst: { at: 1575, exitCode: 0, tasks: [{ status: "finished" }, { status: "finished" }] },
    };
    expect(crashes.slice(3)).toMatchObject([
      {
        ...durable,
        killed: "main",
        moments: [
          // The second task is stored from the third millisecond on.
          { from: 0, to: 2, lost: 1, handedOverLost: 0 },
          { ...kept, from: 2, to: 3075, twice: 0 },
        ],
      },
      worker,
      { ...worker, killed: "process", worst: { exitCode: 137 } },
    ]);
    const once = `name: once\nmain: [submit: a]\ntasks: { a: [print: x, sleep: 1s] }\n`;
    const { stdout: told } = await crashed(["--strategy", "durable"], once);
    expect(told).toContain("No kill at any moment loses more than is lost without one.");
    expect(told.replaceAll("\n", " ")).toContain(
      "Then a is performed again from its first step on, of which 1 of 2 steps had been done.",
    );
  });

  test("tells that nobody comes to know of what was acknowledged before it was done", async () => {
    const text = `name: once\nmain: [submit: a]\ntasks: { a: [print: x, sleep: 1s] }\n`;
    const { stdout } = await crashed(["--strategy", "durable,acks=early", "--json"], text);
    const { crashes } = JSON.parse(stdout) as { crashes: object[] };
    const lost = {
      moments: [
        { from: 0, lost: 0 },
        { from: 75, to: 1075, lost: 1, handedOverLost: 1, halfDone: 1, twice: 0, unnoticed: null },
      ],
    };
    expect(crashes.slice(1)).toMatchObject([
      { killed: "worker", ...lost },
      { killed: "process", worst: { tasks: [{ lost: true, status: "abandoned" }] } },
    ]);
    const told = (await crashed(["--strategy", "durable,acks=early"], text)).stdout;
    expect(told).toMatch(/a worker +1 of 1 +1 +1s \(9\d%\) +never/);
  });

  test("tells that a write which nobody awaits is lost with main, until its loop turns", async () => {
    const text = `name: once\nmain: [launch, block: 1s]\nlaunch: [start: a, sleep: 500ms]\ntasks: { a: [sleep: 1s] }\n`;
    const { stdout } = await crashed(["--strategy", "durable,enqueue=unawaited", "--json"], text);
    const { crashes } = JSON.parse(stdout) as { crashes: object[] };
    expect(crashes[0]).toMatchObject({ killed: "main", moments: [{ from: 0, lost: 0 }] });
    const late = text.replace("start: a, sleep: 500ms", "start: a");
    const { stdout: blocked } = await crashed(
      ["--strategy", "durable,enqueue=unawaited", "--json"],
      late,
    );
    expect(JSON.parse(blocked)).toMatchObject({
      crashes: [
        { killed: "main", lostAnyway: 1, moments: [{ lost: 1, handedOverLost: 1 }] },
        {},
        {},
      ],
    });
  });

  test("says that no kill costs anything where nothing is left to lose", async () => {
    const { stdout } = await crashed([], "name: bare\nmain: [block: 1s]\ncompare: []\n");
    expect(stdout).toContain("No kill at any moment loses more than is lost without one.");
    const { stderr, status } = await crashed(["-o", "x.yaml"], "name: bare\nmain: [block: 1s]\n");
    expect([status, stderr.split("\n")[0]]).toEqual([
      2,
      "tandem: -o x.yaml: no kill at any moment loses work, so there is no worst one to write (see: tandem help crash)",
    ]);
  });

  test.each([
    [["--all", "--strategy", "await"], "--all and --strategy exclude each other; leave one out"],
    [["--speed", "2"], "--speed is about real time; add --driver real"],
    [["--force"], "--force is about the file of -o, and none is named"],
  ])("refuses %p", async (args, sentence) => {
    const { stderr, status } = await crashed(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(sentence) as string]);
  });

  test("refuses what would take long, and tells what it passes over where others go on", async () => {
    const large = (copies: number) =>
      `name: large\nmain: [launch]\ntasks: { t: { copies: ${copies}, steps: [{ repeat: 50, steps: [sleep: 1s] }] } }\ncompare: []\n`;
    const { status, stderr } = await crashed(["--all"], large(1000));
    expect(status).toBe(2);
    expect(stderr).toContain("name one strategy (--strategy), let it do less");
    const { stdout } = await crashed(["--strategy", "durable"], large(40));
    expect(stdout.replaceAll("\n", " ")).toMatch(
      /Of the moments for a kill after which others go on, [\d,]+ were passed over, as that would have taken long\./,
    );
  });

  test("replays the worst moments for real, and both come to the same", async () => {
    for (let tries = 1; ; tries++) {
      const { stdout } = await crashed(["--driver", "real", "--speed", "2", "--json"], within);
      const { crashes } = JSON.parse(stdout) as { crashes: { real: { cause: string } | null }[] };
      // On a busy machine a signal may come so late that more has happened by then, which is told.
      if (tries < 6 && crashes.some(({ real }) => real?.cause?.includes("busy"))) continue;
      const real = { divergences: [], cause: null };
      expect(crashes).toMatchObject([{ real }, { real }, { real }]);
      return;
    }
  });

  test("takes under 5 s of the processor for the whole catalogue", async () => {
    const began = process.cpuUsage();
    for (const { name, text } of catalogue) {
      const scenario = parseScenario(text, name);
      const strategies = strategiesToCrash(scenario, { all: false, named: null });
      const watcher = { signal: new AbortController().signal };
      await crash({ plan: planOf(scenario), strategies }, watcher, ({ outcome }) => outcome.wall);
    }
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(5000);
  });
});
