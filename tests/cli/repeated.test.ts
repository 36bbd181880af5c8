/** --runs for real: of a scenario, and of an observed program that loses a task now and then. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { patience } from "../support/patience.ts";
import { tandem, tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

/** It leaves before its work is done in its second run, and reads a line each time. */
const flaky = `import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
const run = existsSync("count") ? Number(readFileSync("count", "utf8")) + 1 : 1;
writeFileSync("count", String(run));
console.log(run, readFileSync(0, "utf8").trim());
async function upload() {
  await sleep(1);
  return run;
}
const uploading = upload();
if (run === 2) process.exit(0);
await uploading;
`;

interface Repeated {
  runs: number;
  warmUp: number | null;
  wall: Record<"min" | "median" | "p95" | "max", number>;
  findings: { runs: number; first: number }[];
  endings: { runs: number; first: number; findings: string[] }[];
  rarest: { run: number; runs: number; events: string | null };
}

test("observe --runs finds a loss that comes about in one run of three, and keeps the trace of that run", async () => {
  using folder = temporaryFolder();
  folder.file("app.mjs", flaky);
  const args = [
    "observe",
    "--runs",
    "3",
    "--events",
    "rare.ndjson",
    "--json",
    "all.json",
    "app.mjs",
  ];
  const { status, stdout, stderr } = tandem(args, { cwd: folder.path, stdin: "hello\n" });
  expect([status, stdout]).toEqual([0, "1 hello\n2 hello\n3 hello\n"]);
  expect(stderr).toContain("app.mjs: 3 runs, for real");
  expect(stderr).toContain("The same in all 3 runs:\n  exit status 0\n");
  expect(stderr).toMatch(/1 of 3 runs, first in run 2: floating: /);
  expect(stderr).toContain("The trace of run 2, which ended as 1 of 3 runs, is in");
  const all = (await Bun.file(folder.file("all.json")).json()) as Repeated;
  expect(all.endings.map(({ runs, first }) => [runs, first])).toEqual([
    [2, 1],
    [1, 2],
  ]);
  expect(all.rarest).toEqual({ run: 2, runs: 1, events: "rare.ndjson" });
  expect(all.wall.min).toBeGreaterThan(0);
  expect(all.warmUp).toBeGreaterThan(0);
  const kept = folder.file("rare.ndjson");
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  expect((await tandemHere(["report", kept])).stdout).toContain("1 of 1 async call lost");
});

test("observe --runs exits with the first status of its runs that is not 0, and counts demands that were not kept", () => {
  using folder = temporaryFolder();
  folder.file("app.mjs", `${flaky}process.exitCode = run;\n`);
  const one = tandem(["observe", "--runs", "3", "--must", "lost==0", "app.mjs"], {
    cwd: folder.path,
    stdin: "",
  });
  expect(one.status).toBe(1);
  expect(one.stderr).toContain("(in 1 of 3 runs)");
});

test("run --runs --driver real tells what was the same in all runs, and their spread", () => {
  using folder = temporaryFolder();
  folder.file(
    "mine.yaml",
    "name: mine\nmain: [launch, block: 20ms]\ntasks: { long: [sleep: 10s] }\nstrategy: detach\n",
  );
  const run = (...args: string[]) =>
    tandem(["run", "mine.yaml", "--driver", "real", "--runs", "3", ...args], { cwd: folder.path });
  const { status, stdout } = run("--events", "one.ndjson");
  expect(status).toBe(0);
  expect(stdout).toContain("mine, strategy detach: 3 runs, for real");
  expect(stdout).toContain("The first, which warms caches, took ");
  expect(stdout).toMatch(/The same in all 3 runs:\n {2}main finished; long lost \(\w+\)\n/);
  expect(existsSync(folder.file("one.ndjson"))).toBe(true);
  const strict = run("--strict", "--json");
  expect(strict.status).toBe(1);
  const told = JSON.parse(strict.stdout) as Repeated;
  expect([told.runs, told.endings.length]).toEqual([3, 1]);
  expect(told.wall.min).toBeGreaterThanOrEqual(20);
});

test("what is about one run is refused with --runs, before anything runs", async () => {
  for (const [args, why] of [
    [
      ["run", "lost", "--driver", "real", "--runs", "2", "--timeline"],
      "--timeline is about one run",
    ],
    [["run", "lost", "--driver", "virtual", "--runs", "2"], "--driver real"],
    [["observe", "--runs", "2", "--timeline", "app.py"], "--timeline is about one run"],
    [["observe", "--runs", "2", "--report", "a.html", "app.py"], "--report is about one run"],
  ] as const) {
    const { status, stderr } = await tandemHere(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  }
});
