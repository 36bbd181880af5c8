/** The real driver through the command line: real blocking, real exits, real signals. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { disordered, performForReal, Lanes } from "../support/real.ts";
import { command, tandem, temporaryFolder } from "../support/tandem.ts";
import type { RunResult } from "../support/simulate.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { unlessLinux } from "../support/skipped.ts";

setDefaultTimeout(patience);

interface Running {
  process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** Resolves when the program has printed a line that holds this text. */
  printed(text: string): Promise<void>;
  /** All of stdout, when the process has ended. */
  output(): Promise<string>;
}

function start(args: string[], before: string[] = []): Running {
  const process = Bun.spawn([...before, ...command(), ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let text = "";
  const waiting: { text: string; resolve: () => void }[] = [];
  const reading = (async () => {
    for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream() as never)) {
      text += String(chunk);
      for (const one of waiting) if (text.includes(one.text)) one.resolve();
    }
  })();
  return {
    process,
    printed: (wanted) =>
      new Promise((resolve) => {
        if (text.includes(wanted)) resolve();
        else waiting.push({ text: wanted, resolve });
      }),
    output: async () => {
      await reading;
      return text;
    },
  };
}

/** Process ids of the children that perform a run for the process with this id. */
function runsOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent;
      } catch {
        return false;
      }
    });
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; it only waits to be collected.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function gone(pids: number[]): Promise<void> {
  while (pids.some(isAlive)) await Bun.sleep(10);
}

/** What needs the process table in /proc, or setsid, is skipped elsewhere. */
const linux = process.platform === "linux";

describe("an interrupted run", () => {
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    test(`${signal} in main's blocking sleep ends it, tells what had happened, and exits with ${status}`, async () => {
      const run = start(["run", "lost"]);
      await run.printed("Background task iteration 0");
      const children = linux ? runsOf(run.process.pid) : [];
      run.process.kill(signal);
      const stderr = await new Response(run.process.stderr).text();
      expect(await run.process.exited).toBe(status);
      expect(stderr).toContain("Interrupted at");
      expect(stderr).toMatch(/main +interrupted/);
      expect(stderr).toMatch(/task +cancelled/);
      expect(await run.output()).not.toContain("Main program iteration 0");
      if (linux) expect(children.length).toBeGreaterThan(0);
      expect(children.filter(isAlive)).toEqual([]);
    });

  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    test.skipIf(!linux)(
      `${signal} to every process of the terminal is told the same${unlessLinux}`,
      async () => {
        for (let repetition = 0; repetition < 5; repetition++) {
          const run = start(["run", "threaded"], ["setsid"]);
          await run.printed("Background task iteration 0");
          process.kill(-run.process.pid, signal);
          const stderr = await new Response(run.process.stderr).text();
          expect([await run.process.exited, stderr]).toEqual([
            status,
            expect.stringContaining("Interrupted at"),
          ]);
        }
      },
    );

  test.skipIf(!linux)(
    `a run whose process is killed by somebody else keeps what it had told${unlessLinux}`,
    async () => {
      const run = start(["run", "threaded"]);
      await run.printed("Background task iteration 0");
      const [child] = runsOf(run.process.pid);
      process.kill(child!, "SIGKILL");
      const stderr = await new Response(run.process.stderr).text();
      expect(await run.process.exited).toBe(1);
      expect(stderr).toContain("ended unexpectedly");
      expect(stderr).toContain("SIGKILL");
      expect(stderr).toMatch(/task +abandoned/);
    },
  );

  test("a reader that takes nothing keeps nobody from ending the run", async () => {
    const document = {
      name: "loud",
      main: [{ repeat: 5000, steps: [{ print: "x".repeat(100) }] }, { block: "60s" }],
    };
    const run = Bun.spawn([...command(), "run", "-"], {
      stdin: Buffer.from(JSON.stringify(document)),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [child] = await (async () => {
      for (;;) {
        const children = linux ? runsOf(run.pid) : [];
        if (children.length > 0 || !linux) return children;
        await Bun.sleep(10);
      }
    })();
    await Bun.sleep(500);
    run.kill("SIGTERM");
    expect(await run.exited).toBe(143);
    if (child !== undefined) await gone([child]);
  });

  test.skipIf(!linux)(
    `killed outright, tandem leaves no process behind${unlessLinux}`,
    async () => {
      const run = start(["run", "threaded"]);
      await run.printed("Background task iteration 0");
      const children = runsOf(run.process.pid);
      expect(children.length).toBeGreaterThan(0);
      run.process.kill("SIGKILL");
      await run.process.exited;
      await gone(children);
    },
  );

  test("a timeout ends a run in the middle of a blocking step, and main has not finished", () => {
    const { status, stdout, stderr } = tandem([
      "run",
      "threaded",
      "--speed",
      "2",
      "--timeout",
      "1.5s",
    ]);
    expect(status).toBe(1);
    expect(stdout).not.toContain("Main program iteration 0");
    // A busy machine may be late with that.
    const [, seconds] = /Ended by --timeout at ([\d.]+)s\./.exec(stderr)!;
    expect(Number(seconds)).toBeGreaterThanOrEqual(1.5);
  });
});

function run(args: string[], stdin = ""): RunResult {
  const { status, stdout, stderr } = tandem(["run", ...args, "--json"], { stdin });
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as RunResult;
}

describe("a real run", () => {
  test("is not ended by a watchdog however long its tasks could take", () => {
    const document = {
      name: "long",
      main: ["launch", { block: 20 }, { print: "main ends" }],
      tasks: { patient: [{ repeat: 3_000_000, steps: [{ sleep: "1s" }] }] },
    };
    const { status, stdout } = tandem(["run", "-", "--strategy", "daemon"], {
      stdin: JSON.stringify(document),
    });
    expect([status, stdout]).toEqual([0, "main ends\n"]);
  });

  test("keeps long lines of two threads apart", () => {
    const text = (letter: string): string => letter.repeat(40_000);
    const printing = (letter: string) => ({ repeat: 20, steps: [{ print: text(letter) }] });
    const document = {
      name: "long-lines",
      main: ["launch", printing("m")],
      tasks: { task: [printing("t")] },
    };
    const { status, stdout } = tandem(["run", "-", "--strategy", "thread"], {
      stdin: JSON.stringify(document),
    });
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    const expected = [...Array<string>(20).fill(text("m")), ...Array<string>(20).fill(text("t"))];
    expect(lines.toSorted()).toEqual(expected);
    // Where nobody watches, what comes is read when the run is over.
    const { prints } = run(["-", "--strategy", "thread"], JSON.stringify(document));
    expect(prints.map((print) => print.text).toSorted()).toEqual(expected);
  });

  test("records all that a crowd does, task by task, whether somebody watches or not", () => {
    using folder = temporaryFolder();
    const steps = [{ repeat: 5, steps: [{ sleep: 3 }, { print: "{i}" }] }];
    const stdin = JSON.stringify({
      name: "crowd",
      main: ["launch"],
      tasks: { sleeper: { copies: 1000, steps } },
    });
    /** For each task, what happened to it, in its order. */
    const happened = (...args: string[]): Map<string, string> => {
      const events = folder.file(`${args.join("")}.ndjson`);
      const { status } = tandem(["run", "-", "--events", events, ...args], { stdin });
      expect(status).toBe(0);
      const byActor = new Map<string, string>();
      for (const line of readFileSync(events, "utf8").trimEnd().split("\n").slice(1)) {
        const { type, actor, text } = JSON.parse(line) as Record<string, string>;
        // Definitions are about no actor.
        if (type === undefined || actor === undefined) continue;
        byActor.set(actor!, `${byActor.get(actor!) ?? ""}${type} ${text}\n`);
      }
      return byActor;
    };
    const expected = happened("--driver=virtual");
    expect(expected.size).toBe(1002);
    expect(happened()).toEqual(expected);
    // With --json nobody watches the run itself.
    expect(happened("--json")).toEqual(expected);
  });

  test("orders what two threads do although the wall clock was set while they started", () => {
    const folder = mkdtempSync(join(tmpdir(), "tandem-"));
    for (const shift of [-3, 3]) {
      // The main thread's zero is read off the wall clock before the others'.
      const preload = join(folder, "set-clock.ts");
      writeFileSync(
        preload,
        `import { isMainThread } from "node:worker_threads";
        if (isMainThread)
          Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + ${shift} });`,
      );
      const { stdout } = tandem(["run", "abandon", "--json"], {
        env: { BUN_OPTIONS: `--preload=${preload}` },
      });
      const { prints } = JSON.parse(stdout) as RunResult;
      expect(prints.map(({ text }) => text)).toEqual(["shop opens", "file is open", "shop closes"]);
    }
    rmSync(folder, { recursive: true });
  });

  test("law: a job of the pool is told of only with the task that handed it over, however soon the process ends", async () => {
    using folder = temporaryFolder();
    await new Lanes(3).each([...Array(rounds(4, 30)).keys()], async (k) => {
      const document = {
        name: "hurry",
        main: ["launch", { block: 20 + ((k * 7) % 30) / 3 }],
        tasks: {
          t: { copies: 10, steps: [{ repeat: 200, steps: [{ sleep: 0.5 }, { block: 0.1 }] }] },
        },
      };
      const events = folder.file(`${k}.ndjson`);
      const strategy = "portal,settle=none,atExit=abandon,offload=threads";
      const file = folder.file(`${k}.json`, JSON.stringify(document));
      const args = ["run", file, "--strategy", strategy, "--json", "--events", events];
      await Bun.spawn([...command(), ...args], { stdout: "ignore" }).exited;
      const told = readFileSync(events, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      const jobs = (type: string) =>
        new Set(told.filter((one) => one.type === type).map(({ job }) => job));
      expect([...jobs("job-began").difference(jobs("offload-began"))]).toEqual([]);
    });
  });

  test("law: causes come before their effects, however soon another thread hears of them", async () => {
    const chain = {
      steps: [{ repeat: 700, steps: [{ compute: 0.01 }, { send: { channel: "up", value: 1 } }] }],
    };
    const document = {
      name: "relay",
      channels: { up: { capacity: 2 } },
      main: ["launch", { repeat: 2100, steps: [{ receive: "up" }] }],
      tasks: { a: chain, b: chain, c: chain },
    };
    const scenario = parseScenario(JSON.stringify(document), "relay.json");
    const strategy = parseStrategy("thread,offload=threads,workers=2");
    // Alone most runs would be in order even if nobody saw to it.
    for (let k = 0; k < rounds(2, 30); k++) {
      const log = await performForReal({ scenario, strategy, runtime: "test" }, 1);
      expect(disordered(log, scenario)).toEqual([]);
    }
  });

  test("a pool begins and ends every job once, however often its threads run out of jobs", () => {
    // Each task offers its next job when its last one has ended, so the threads keep finding none.
    const document = {
      name: "trickle",
      main: ["launch"],
      tasks: { task: { copies: 3, steps: [{ repeat: 1000, steps: [{ block: 0 }] }] } },
    };
    for (const strategy of [
      "await,offload=threads,workers=2",
      "thread,offload=threads,workers=3",
    ]) {
      const events = join(mkdtempSync(join(tmpdir(), "tandem-")), "events.ndjson");
      const args = ["run", "-", "--strategy", strategy, "--events", events, "--timeout", "1m"];
      expect(tandem(args, { stdin: JSON.stringify(document) }).status).toBe(0);
      const lines = readFileSync(events, "utf8").trimEnd().split("\n");
      rmSync(dirname(events), { recursive: true });
      const jobs: Record<string, number[]> = { "job-began": [], "job-ended": [] };
      for (const line of lines) {
        const { type, job } = JSON.parse(line) as { type: string; job: number };
        jobs[type]?.push(job);
      }
      for (const numbers of Object.values(jobs))
        expect(numbers.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 3000 }, (_, k) => k),
        );
    }
  });

  test("threaded prints the article's lines, each thread's in order", () => {
    const { prints, tasks, main, wall } = run(["threaded", "--speed", "20"]);
    const of = (thread: string): string[] =>
      prints.filter((print) => print.thread === thread).map((print) => print.text);
    const main0 = `Main program started Bun ${Bun.version}`;
    expect(of("main")).toEqual([main0, ...[0, 1, 2].map((i) => `Main program iteration ${i}`)]);
    expect(of("loop")).toEqual([
      "a",
      ...[0, 1, 2, 3, 4].map((i) => `Background task iteration ${i}`),
      "finished",
      "b",
    ]);
    expect([tasks[0]!.status, main.status]).toEqual(["finished", "finished"]);
    expect(wall).toBeGreaterThanOrEqual(9000);
  });

  test("a blocking step is never shorter than it says", () => {
    const { prints } = run(["awaited", "--speed", "10"]);
    const times = prints
      .filter(({ text }) => text.startsWith("Main program it"))
      .map(({ at }) => at);
    expect(times.length).toBe(3);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(500);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(500);
  });

  test("while main blocks, nothing that floats moves", () => {
    const { prints, metrics } = run(["floating", "--speed", "20"]);
    expect(prints.map(({ text }) => text)).toEqual([
      "main starts",
      "task starts",
      "launched",
      "main ends",
      "task wakes",
      "task ends",
    ]);
    expect(metrics.lateness.max).toBeGreaterThanOrEqual(2000);
    expect(metrics.longestBlock).toMatchObject({ by: "main" });
  });

  test("a process that ends at once still tells every event of both threads", () => {
    const document = {
      name: "at-once",
      main: ["launch", { block: "300ms" }, { print: "main ends" }],
      tasks: { worker: { copies: 20, steps: [{ print: "{task}" }, { sleep: "10s" }] } },
    };
    for (let repetition = 0; repetition < 5; repetition++) {
      const { stdout } = tandem(["run", "-", "--strategy", "daemon", "--json"], {
        stdin: JSON.stringify(document),
      });
      const { prints, tasks } = JSON.parse(stdout) as RunResult;
      expect(prints.length).toBe(21);
      expect(tasks.map(({ status }) => status)).toEqual(Array<"abandoned">(20).fill("abandoned"));
    }
  });

  test("what main has heard of is told, however soon after that the process ends", () => {
    const names = Array.from({ length: 40 }, (_, index) => `task${index}`);
    const document = {
      name: "heard-of",
      main: ["launch", ...names.flatMap((name) => [{ submit: name }, { result: name }])],
      launch: [],
      tasks: Object.fromEntries(names.map((name) => [name, []])),
    };
    for (let repetition = 0; repetition < 5; repetition++) {
      const { status, stdout } = tandem(
        ["run", "-", "--strategy", "portal,atExit=abandon", "--json"],
        { stdin: JSON.stringify(document) },
      );
      const { tasks } = JSON.parse(stdout) as RunResult;
      expect([status, tasks.map((task) => task.status)]).toEqual([0, names.map(() => "finished")]);
    }
  });

  test("a deadlock that comes right after many answers still names everybody who waits", () => {
    const names = Array.from({ length: 40 }, (_, index) => `task${index}`);
    const document = {
      name: "stuck",
      main: [
        "launch",
        ...names.flatMap((name) => [{ submit: name }, { result: name }]),
        { submit: "waiter" },
        { result: "waiter" },
      ],
      launch: [],
      tasks: {
        ...Object.fromEntries(names.map((name) => [name, []])),
        waiter: [{ receive: "box" }],
      },
      channels: { box: {} },
    };
    for (let repetition = 0; repetition < 5; repetition++) {
      const { status, stderr } = tandem(["run", "-", "--strategy", "portal"], {
        stdin: JSON.stringify(document),
      });
      expect(status).toBe(1);
      const sentence = stderr.replace(/\s+/g, " ");
      expect(sentence).toContain("main waits for the result of waiter");
      expect(sentence).toContain('waiter waits for a value in the channel "box"');
      expect(sentence).toContain("1 of 41 tasks lost.");
    }
  });

  test("what threads did right before they came to rest is shown while they rest", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `task${index}`);
    const document = {
      name: "at-rest",
      main: [
        "launch",
        ...names.flatMap((name) => [{ submit: name }, { result: name }]),
        { submit: "waiter" },
        { print: "main rests" },
        { result: "waiter", timeout: "60s" },
      ],
      launch: [],
      tasks: {
        ...Object.fromEntries(names.map((name) => [name, []])),
        waiter: [{ print: "the loop rests" }, { receive: "box" }],
      },
      channels: { box: {} },
    };
    const folder = mkdtempSync(join(tmpdir(), "tandem-"));
    try {
      const [file, events] = [join(folder, "at-rest.json"), join(folder, "events.ndjson")];
      writeFileSync(file, JSON.stringify(document));
      const run = start(["run", file, "--strategy", "portal", "--events", events]);
      await run.printed("main rests");
      await run.printed("the loop rests");
      run.process.kill("SIGINT");
      expect(await run.process.exited).toBe(130);
      const waits = readFileSync(events, "utf8")
        .split("\n")
        .filter((line) => line.includes('"wait-began"'))
        .slice(-2)
        .map((line) => (JSON.parse(line) as { actor: string }).actor);
      expect(waits.toSorted()).toEqual(["main", "waiter"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a loop that is cancelled at exit runs the clean-up of its tasks, and main waits for it", () => {
    const document = {
      name: "clean-up",
      main: ["launch", { block: "300ms" }, { print: "main ends" }],
      tasks: {
        worker: {
          steps: [{ sleep: "10s" }],
          finally: [{ sleep: "50ms" }, { print: "cleaned up" }],
        },
      },
    };
    const { stdout } = tandem(["run", "-", "--strategy", "thread,atExit=cancel", "--json"], {
      stdin: JSON.stringify(document),
    });
    const { prints, tasks, wall } = JSON.parse(stdout) as RunResult;
    expect(prints.map(({ text }) => text)).toEqual(["main ends", "cleaned up"]);
    expect(tasks[0]).toMatchObject({ status: "cancelled", cleanup: "ran" });
    expect(wall).toBeGreaterThanOrEqual(350);
    expect(wall).toBeLessThan(10_000);
  });

  test("a main that fails ends the process with status 1, and tandem with it", () => {
    const document = { name: "failing", main: [{ print: "here" }, { fail: "no disk" }] };
    const { status, stdout, stderr } = tandem(["run", "-"], { stdin: JSON.stringify(document) });
    expect([status, stdout]).toEqual([1, "here\n"]);
    expect(stderr).toContain("no disk");
    expect(stderr).toContain("exit status is 1");
  });

  test("compute burns the thread's own CPU time", () => {
    const document = { name: "burning", main: [{ compute: "60ms" }] };
    const { stdout } = tandem(["run", "-", "--json"], { stdin: JSON.stringify(document) });
    expect((JSON.parse(stdout) as RunResult).main.blocked).toBeGreaterThanOrEqual(60);
  });
});
