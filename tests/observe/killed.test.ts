/**
 * Whatever is killed, and whenever: what was known is told, and that it was cut off; and the program never
 * waits for tandem.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { pythons, whyNoPython } from "../support/python.ts";
import { Lanes } from "../support/real.ts";
import { command, environment, temporaryFolder, type TemporaryFolder } from "../support/tandem.ts";
import type { Result } from "./truth.ts";

setDefaultTimeout(patience * 4);

const installed = pythons().filter(({ minor }) => minor >= 9);
const kills = rounds(3, 100);

/** Says where its process is, starts tasks, threads and jobs, and tells in a file that it came to its end. */
const busy = `
import asyncio, os, pathlib, sys, threading, time
from concurrent.futures import ThreadPoolExecutor

async def work(number):
    for turn in range(20):
        await asyncio.sleep(0.001 * number)

def tell():
    with open("pid", "w") as file:
        file.write(str(os.getpid()))
    os.rename("pid", "is-running")

async def main():
    with ThreadPoolExecutor(2) as pool:
        loop = asyncio.get_running_loop()
        for turn in range(4):
            tasks = [loop.create_task(work(number)) for number in range(30)]
            if turn == 0:
                tell()
            jobs = [loop.run_in_executor(pool, time.sleep, 0.01) for _ in range(4)]
            await asyncio.gather(*tasks, *jobs)

asyncio.run(main())
pathlib.Path("is-over").touch()
`;

function observe(folder: TemporaryFolder, python: string, options: readonly string[] = []) {
  const app = folder.file("app.py", busy);
  return Bun.spawn([...command(), "observe", "--python", python, ...options, app], {
    cwd: folder.path,
    env: environment({}),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
}

async function exists(folder: TemporaryFolder, name: string, ms = 60_000): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 10) {
    if (existsSync(folder.file(name))) return true;
    await Bun.sleep(10);
  }
  return false;
}

test.skipIf(installed.length === 0)(
  `law: a program killed at ${kills} random moments is told as far as it was known, and as cut off${whyNoPython(9)}`,
  async () => {
    const random = randomFrom(20261129);
    const moments = Array.from({ length: kills }, () => Math.floor(random() * 900));
    await new Lanes(2).each(moments, async (after) => {
      using folder = temporaryFolder();
      const python = installed[after % installed.length]!;
      const tandem = observe(folder, python.path, ["--json", folder.file("result.json")]);
      expect(await exists(folder, "is-running")).toBe(true);
      const program = Number(readFileSync(folder.file("is-running"), "utf8"));
      await Bun.sleep(after);
      const isOver = existsSync(folder.file("is-over"));
      try {
        process.kill(program, "SIGKILL");
      } catch {
        // It had come to its end.
      }
      const [stderr, status] = await Promise.all([tandem.stderr.text(), tandem.exited]);
      const what = `killed after ${after} ms on 3.${python.minor}:\n${stderr}`;
      expect(stderr, what).not.toMatch(/TypeError|at .*\.ts:|error:/);
      const result = JSON.parse(readFileSync(folder.file("result.json"), "utf8")) as Result;
      if (isOver) return;
      if (status === 0) return expect(existsSync(folder.file("is-over")), what).toBe(true);
      expect(status, what).toBe(137);
      expect(result.exit.signal, what).toBe("SIGKILL");
      expect(stderr, what).toContain("SIGKILL");
      expect(
        result.kinds.find((kind) => kind.function === "work"),
        what,
      ).toBeDefined();
    });
  },
);

test.skipIf(installed.length === 0)(
  `a program whose tandem is killed goes on to its end${whyNoPython(9)}`,
  async () => {
    using folder = temporaryFolder();
    const tandem = observe(folder, installed[0]!.path);
    expect(await exists(folder, "is-running")).toBe(true);
    tandem.kill("SIGKILL");
    expect(await exists(folder, "is-over")).toBe(true);
    await tandem.exited;
  },
);

test.skipIf(installed.length === 0)(
  `a program does not wait for a tandem that is stopped, and is told when that goes on${whyNoPython(9)}`,
  async () => {
    using folder = temporaryFolder();
    const tandem = observe(folder, installed[0]!.path);
    expect(await exists(folder, "is-running")).toBe(true);
    tandem.kill("SIGSTOP");
    expect(await exists(folder, "is-over")).toBe(true);
    tandem.kill("SIGCONT");
    const [stderr, status] = await Promise.all([tandem.stderr.text(), tandem.exited]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("work") });
  },
);

/** Makes tasks as fast as it can. */
const flood = `
import asyncio, sys, time

async def nothing():
    pass

async def main():
    end = time.monotonic() + float(sys.argv[1])
    count = 0
    while time.monotonic() < end:
        await asyncio.gather(*(nothing() for _ in range(500)))
        count += 500
    print(count)

asyncio.run(main())
`;

test.skipIf(installed.length === 0)(
  `law: of a flood of tasks what does not fit is counted and said, and the end is told all the same${whyNoPython(9)}`,
  async () => {
    using folder = temporaryFolder();
    const app = folder.file("flood.py", flood);
    const result = folder.file("result.json");
    const tandem = Bun.spawn(
      [
        ...command(),
        "observe",
        "--python",
        installed[0]!.path,
        "--json",
        result,
        app,
        String(rounds(1, 30)),
      ],
      { cwd: folder.path, env: environment({}), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
    const [stdout, stderr, status] = await Promise.all([
      tandem.stdout.text(),
      tandem.stderr.text(),
      tandem.exited,
    ]);
    expect(status, stderr).toBe(0);
    const { kinds, dropped } = JSON.parse(readFileSync(result, "utf8")) as {
      kinds: { function: string; total: number; finished: number }[];
      dropped: { events: number } | { events: number }[] | null;
    };
    const told = kinds
      .filter((kind) => kind.function === "nothing")
      .reduce((sum, { total }) => sum + total, 0);
    const missing = [dropped ?? []].flat().reduce((sum, { events }) => sum + events, 0);
    const made = Number(stdout);
    expect(told).toBeLessThanOrEqual(made);
    if (told < made) expect(missing).toBeGreaterThanOrEqual(made - told);
    expect(stderr).toContain("exit status 0");
  },
);
