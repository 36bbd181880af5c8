/** What the recorder tells of threads, pools, queues, processes and ways out, and that programs do not notice. */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recorderFiles } from "../../src/observe/python/recorder.ts";
import { allRounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { testByTurns } from "../support/python-turns.ts";
import { record, type Slot } from "../support/recorded.ts";

setDefaultTimeout(patience);

const programs = join(import.meta.dir, "programs");
const folder = mkdtempSync(join(tmpdir(), "tandem-ends-"));

/** What a program printed and how it ended, without addresses. */
async function outcome(python: string, program: string, env: Record<string, string>) {
  const run = Bun.spawn([python, program], {
    cwd: programs,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([run.stdout.text(), run.stderr.text()]);
  const plain = (text: string): string => text.replaceAll(/0x[0-9a-f]+/g, "0x");
  await run.exited;
  return {
    stdout: plain(stdout),
    stderr: plain(stderr),
    exit: run.exitCode,
    signal: run.signalCode,
  };
}

describe.skipIf(findPython(9) === null)(`a recorded program${whyNoPython(9)}`, () => {
  const slow = new Set(["processes.py"]);
  const names = readdirSync(programs).filter((name) => name.endsWith(".py"));
  for (const name of names.filter((one) => allRounds || !slow.has(one)))
    testByTurns(
      `${name} prints the same and ends the same as without a recorder`,
      async ({ path }) => {
        const into = mkdtempSync(join(tmpdir(), "tandem-recorded-"));
        for (const [file, text] of Object.entries(recorderFiles()))
          writeFileSync(join(into, file), text);
        const [bare, observed] = await Promise.all([
          outcome(path, name, {}),
          outcome(path, name, { PYTHONPATH: into, TANDEM_RECORD: into }),
        ]);
        rmSync(into, { recursive: true });
        expect(observed).toEqual(bare);
      },
    );
});

/** Runs lines of Python, which stand in app.py; what was recorded of its first process, and troubles of all. */
function slotsOf(python: string, lines: string, processes = false): Slot[] {
  const file = join(mkdtempSync(join(folder, "p")), "app.py");
  writeFileSync(file, lines);
  const run = record(python, [file], { cwd: programs });
  expect(run.processes.flat().filter(({ kind }) => kind === "TROUBLE")).toEqual([]);
  return processes ? run.processes.flat() : run.processes[0]!;
}

/** Slots of some kinds in short: `heard nobody app.py:3 f KeyError`. */
function told(slots: readonly Slot[], ...kinds: string[]): string[] {
  return slots
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ kind, word, place, text }) => [kind, word, place, text].filter(Boolean).join(" "));
}

describe.skipIf(findPython(9) === null)(`the recorder${whyNoPython(9)}`, () => {
  testByTurns(
    "tells where a thread was started, and how it ended, and who heard of that",
    ({ path }) => {
      const slots = slotsOf(
        path,
        `import threading, sys
def fails(): raise KeyError("k")
def leaves(): sys.exit(3)
for target in (fails, leaves, print):
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
`,
      );
      expect(told(slots, "ACTOR").slice(1)).toEqual([
        "ACTOR app.py:6 <module> fails",
        "ACTOR app.py:6 <module> leaves",
        "ACTOR app.py:6 <module> print",
      ]);
      expect(told(slots, "CODE")).toEqual(["CODE app.py:2 fails", "CODE app.py:3 leaves"]);
      expect(told(slots, "task-ended", "heard")).toEqual([
        "task-ended failed app.py:2 fails KeyError: 'k'",
        "heard logged",
        "task-ended failed app.py:3 leaves SystemExit: 3",
        "heard nobody",
        "task-ended finished",
      ]);
      expect(told(slots, "thread-ended")).toHaveLength(3);
    },
  );

  testByTurns(
    "tells of a pool's jobs: where each was submitted, how it ended, who heard",
    ({ path }) => {
      const slots = slotsOf(
        path,
        `from concurrent.futures import ThreadPoolExecutor
def divide(by):
    return 1 // by
with ThreadPoolExecutor(1) as pool:
    pool.submit(divide, 0)
    asked = pool.submit(divide, 0)
    try:
        asked.result()
    except ZeroDivisionError:
        pass
    called = pool.submit(divide, 0)
    called.add_done_callback(print)
    pool.submit(divide, 1)
`,
      );
      const jobs = slots.filter(({ kind, value }) => kind === "ACTOR" && value > 4 * 2 ** 32);
      expect(jobs.map(({ place }) => place)).toEqual(
        [5, 6, 11, 13].map((line) => `app.py:${line} <module>`),
      );
      const heard = jobs.map(({ actor }) =>
        told(
          slots.filter((slot) => slot.actor === actor),
          "heard",
        ),
      );
      expect(heard).toEqual([
        ["heard nobody"],
        ["heard raised app.py:9 <module>"],
        ["heard raised app.py:12 <module>"],
        [],
      ]);
      // What has no place is the library's own, and told where a thread had to wait for it.
      const placed = slots.filter(({ place }) => place !== null);
      expect(told(placed, "RESOURCE")).toEqual(["RESOURCE app.py:4 <module> pool"]);
    },
  );

  testByTurns("a job goes on when the timeout of whoever waits for it has run out", ({ path }) => {
    const slots = slotsOf(
      path,
      `import asyncio, time
def work():
    time.sleep(0.1)
async def main():
    try:
        await asyncio.wait_for(asyncio.to_thread(work), 0.02)
    except asyncio.TimeoutError:
        pass
asyncio.run(main())
`,
    );
    const job = slots.find(({ kind, text }) => kind === "ACTOR" && text === "work")!;
    const kinds = slots
      .filter(({ actor, kind }) => actor === job.actor && /^(task|cancel)-/.test(kind))
      .map(({ kind, word }) => [kind, word].filter(Boolean).join(" "));
    expect(kinds[0]).toBe("task-started");
    expect(kinds[1]).toStartWith("cancel-requested");
    expect(kinds[2]).toBe("task-ended finished");
  });

  testByTurns(
    "a failed job that a task awaits is heard of by that task, where it stands",
    ({ path }) => {
      const slots = slotsOf(
        path,
        `import asyncio
def work():
    raise OSError("disk")
async def main():
    loop = asyncio.get_running_loop()
    try:
        await loop.run_in_executor(None, work)
    except OSError:
        pass
asyncio.run(main())
`,
      );
      expect(told(slots, "heard")).toEqual(["heard raised app.py:8 main"]);
    },
  );

  testByTurns(
    "values left in a queue are told with its name and line, and what is taken is not",
    ({ path }) => {
      const slots = slotsOf(
        path,
        `import asyncio, queue
outbox = queue.Queue()
empty = queue.Queue()
simple: queue.SimpleQueue = queue.SimpleQueue()
def gone():
    local = queue.PriorityQueue()
    local.put(1)
for number in range(3):
    outbox.put(number)
outbox.get()
simple.put(1)
empty.put(1)
empty.get()
gone()
async def main():
    events = asyncio.Queue()
    events.put_nowait(1)
asyncio.run(main())
`,
      );
      const resources = new Map(
        slots.filter(({ kind }) => kind === "RESOURCE").map((slot) => [slot.actor, slot]),
      );
      expect([...resources.values()].map(({ text, place }) => `${text} ${place}`)).toEqual([
        "outbox app.py:2 <module>",
        "empty app.py:3 <module>",
        "simple app.py:4 <module>",
        "local app.py:6 gone",
        "events app.py:16 main",
      ]);
      expect(
        slots
          .filter(({ kind }) => kind === "left")
          .map(({ value }) => value)
          .sort(),
      ).toEqual([1, 1, 1, 2]);
      expect(told(slots, "attached").filter((one) => one.includes("getter"))).toEqual([
        "attached getter app.py:10 <module>",
        "attached getter app.py:13 <module>",
      ]);
    },
  );

  testByTurns(
    "a handler at exit is told where it was registered, when it begins and when it has ended",
    ({ path }) => {
      const slots = slotsOf(
        path,
        `import atexit
def first(): pass
def second(): pass
atexit.register(first)
atexit.register(second)
atexit.register(print)
atexit.unregister(print)
`,
      );
      expect(told(slots, "STACK", "handler-registered")).toEqual([
        "STACK app.py:2 first",
        "handler-registered app.py:4 <module> first",
        "STACK app.py:3 second",
        "handler-registered app.py:5 <module> second",
        "handler-registered app.py:6 <module> print",
      ]);
      const order = slots
        .filter(({ kind }) => kind.startsWith("handler-") || kind === "main-ended")
        .slice(3)
        .map(({ kind, value }) => `${kind} ${value}`);
      expect(order).toEqual([
        "handler-ended 3",
        "main-ended 0",
        "handler-began 2",
        "handler-ended 2",
        "handler-began 1",
        "handler-ended 1",
      ]);
    },
  );

  testByTurns("an uncaught error ends main at the line that raised it", ({ path }) => {
    const slots = slotsOf(
      path,
      `def deep():
    return {}["missing"]
deep()
`,
    );
    expect(told(slots, "main-ended", "error-logged", "heard")).toEqual([
      "main-ended failed app.py:2 deep KeyError: 'missing'",
      "error-logged main-failed app.py:2 deep KeyError: 'missing'",
      "heard logged",
    ]);
  });

  testByTurns(
    "a call of sys.exit or os._exit that ends its process is told with its line and status, one that is caught is not",
    ({ path }) => {
      const slots = slotsOf(
        path,
        `import os, sys
try:
    sys.exit("words")
except SystemExit:
    pass
if os.fork() == 0:
    os._exit(7)
os.wait()
sys.exit(5)
`,
        true,
      );
      expect(
        slots
          .filter(({ kind }) => kind === "exit-called")
          .map(({ value, place }) => `${value} ${place}`),
      ).toEqual(["5 app.py:9 <module>", "7 app.py:7 <module>"]);
    },
  );

  testByTurns(
    "a process that starts others tells how each ended that it has waited for",
    ({ path }) => {
      const slots = slotsOf(
        path,
        `import multiprocessing, os, signal, subprocess, sys, time
def work():
    time.sleep(30)
child = multiprocessing.get_context("fork").Process(target=work, name="worker")
child.start()
child.terminate()
child.join()
subprocess.run([sys.executable, "-c", "raise SystemExit(3)"])
`,
        true,
      );
      const ended = slots.filter(({ kind }) => kind === "CHILD").map(({ value }) => value);
      expect(ended).toEqual([-15, 3]);
      const main = slots.findLast(({ kind, text }) => kind === "ACTOR" && text === "work");
      // It may be ended before it comes to its own code.
      expect(main?.place ?? "app.py:5 <module>").toBe("app.py:5 <module>");
    },
  );

  testByTurns(
    "what is printed is told by line and by thread, and not where that is not wanted",
    ({ path }) => {
      const lines = `import threading
print("a", 1, end="")
threading.Thread(target=print, args=("of the thread",)).run()
print(" b")
print("end", end="")
`;
      expect(told(slotsOf(path, lines), "printed")).toEqual([
        "printed a 1of the thread",
        "printed  b",
        "printed end",
      ]);
    },
  );
});
