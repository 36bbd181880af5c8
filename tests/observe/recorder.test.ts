/** The recorder inside real Pythons: what it writes, and that the program notices nothing. */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recorderFiles } from "../../src/observe/python/recorder.ts";
import { patience } from "../support/patience.ts";
import { pythons, whyNoPython } from "../support/python.ts";
import { testByTurns } from "../support/python-turns.ts";
import { record, type Slot } from "../support/recorded.ts";

setDefaultTimeout(patience);

const folder = mkdtempSync(join(tmpdir(), "tandem-programs-"));

/** A program in a file of its own. */
function program(name: string, lines: string): string {
  const path = join(folder, name);
  writeFileSync(path, lines);
  return path;
}

const lost = program(
  "lost.py",
  `import asyncio
async def task():
    await asyncio.sleep(1)
async def main():
    asyncio.create_task(task())
    await asyncio.sleep(0)
asyncio.run(main())
`,
);

const looking = program(
  "looking.py",
  `import asyncio, gc, os, re, signal, sys, threading, traceback, warnings
print(sys.argv, sys.path, sorted(vars(sys.modules["__main__"])), sys.flags)
print(sorted(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else "")
print([t.name for t in threading.enumerate()], threading.active_count())
print(signal.getsignal(signal.SIGINT), warnings.filters, sys.gettrace(), sys.getprofile())
print(asyncio.Task, asyncio.tasks.Task is asyncio.Task, asyncio.Task.__name__)

async def wait():
    await asyncio.sleep(0.01)

async def fail():
    await asyncio.sleep(0)
    raise ValueError("no")

def told(call, *arguments):
    try:
        call(*arguments)
    except (TypeError, RuntimeError):
        traceback.print_exc()

async def main():
    task = asyncio.create_task(wait(), name="named")
    print(sys.getrefcount(task), len(gc.get_referrers(task)))
    await asyncio.sleep(0)
    print(sys.getrefcount(task), len(gc.get_referrers(task)), type(task) is asyncio.Task)
    print(sorted(one.get_name() for one in asyncio.all_tasks()), asyncio.current_task().get_name())
    print(re.sub("0x[0-9a-f]+", "", repr(task)))
    await task
    print(sys.getrefcount(task), len(gc.get_referrers(task)))
    for awaited in (asyncio.create_task(fail()), asyncio.gather(fail(), fail()), asyncio.wait_for(wait(), 0.001)):
        try:
            await awaited
        except (ValueError, asyncio.TimeoutError):
            traceback.print_exc()
    told(asyncio.create_task, 3)
    told(asyncio.Task)
    told(asyncio.run, wait())
    cancelled = asyncio.create_task(wait())
    await asyncio.sleep(0)
    cancelled.cancel("why")
    try:
        await cancelled
    except asyncio.CancelledError:
        traceback.print_exc()
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    asyncio.create_task(fail())
    wait()
    await asyncio.sleep(0.02)
    asyncio.create_task(asyncio.sleep(10))
    gc.collect()

async def leave():
    sys.exit(3)

# Code of the program's in the place of asyncio's runs when asyncio calls it, and at no other time.
everybody = asyncio.tasks.all_tasks
asyncio.tasks.all_tasks = lambda loop=None: print("asked for all tasks") or everybody(loop)

asyncio.run(main())
asyncio.run(leave())
`,
);

/** Addresses differ from process to process, and on a busy machine asyncio's debug mode tells of slow steps. */
const plain = (text: string): string =>
  text.replaceAll(/0x[0-9a-f]+/g, "0x").replaceAll(/^Executing .* seconds\n/gm, "");

const eager = program(
  "eager.py",
  `import asyncio
async def quick():
    return 1
async def child():
    await asyncio.sleep(0.001)
async def slow():
    await asyncio.create_task(child())
async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    one = asyncio.create_task(quick())
    await asyncio.create_task(slow())
asyncio.run(main())
`,
);

const ofPython = program(
  "of_python.py",
  `import asyncio
from asyncio.tasks import _PyTask
async def child():
    await asyncio.sleep(0.001)
async def main():
    asyncio.get_running_loop().set_task_factory(lambda loop, coro, **named: _PyTask(coro, loop=loop, **named))
    task = asyncio.create_task(child())
    await asyncio.sleep(0)
    print(len(task._callbacks))
    await task
asyncio.run(main())
`,
);

const elsewhere = program(
  "elsewhere.py",
  `import asyncio, threading
async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    def other():
        loop.call_soon_threadsafe(print, "well")
        loop.call_soon(print, "badly")
        future.set_result(1)
    threading.Thread(target=other).start()
    await asyncio.sleep(0.1)
asyncio.run(main())
`,
);

const abandoned = program(
  "abandoned.py",
  `import asyncio
async def values():
    try:
        while True:
            yield 1
    finally:
        await asyncio.sleep(0)
async def main():
    async for _ in values():
        break
asyncio.run(main())
`,
);

const doubles = program(
  "doubles.py",
  `import asyncio, math, queue, sys, threading, time
from unittest.mock import Mock

endless = queue.Queue(math.inf)
strange = queue.Queue("1")
three = asyncio.Queue(2.5)

asyncio.runners._cancel_all_tasks(Mock(get_debug=lambda: False, is_running=lambda: False))

async def left():
    await asyncio.sleep(10)
loop = asyncio.new_event_loop()
task = loop.create_task(left())
loop.run_until_complete(asyncio.sleep(0.01))
tasks = sys.modules.pop("asyncio.tasks")
loop.close()
task._log_destroy_pending = False
sys.modules["asyncio.tasks"] = tasks

def thread():
    raise ValueError("no")
one = threading.Thread(target=thread)
del sys.modules["threading"]
sys.stderr, stderr = Mock(), sys.stderr
one.start()
one.join()
sys.stderr = stderr

asyncio.Handle(time.sleep, (0.03,), asyncio.new_event_loop())._run()

# It is collected when no module can be imported any more, nor was its file seen before.
exec(compile("def __del__(self):\\n    self.loop.close()", "/unseen.py", "exec"))
Closing = type("Closing", (), {"__del__": __del__})
closing = Closing()
closing.loop = asyncio.new_event_loop()
print("done")
`,
);

/** What became of the tasks of a function, as types of events, in order. */
const fates = (slots: readonly Slot[], of: string): string[][] =>
  slots
    .filter(({ kind, text }) => kind === "ACTOR" && text === of)
    .map(({ actor }) =>
      slots
        .filter(({ actor: whose, kind }) => whose === actor && /^task-|^DONE$/.test(kind))
        .map(({ kind, word }) => (word === undefined ? kind : `${kind} ${word}`)),
    );

const many = program("many.py", "for k in range(3000):\n    print(k)\n");

/** Whether this user may mount a file system of its own: a small one, in which memory runs out. */
const canMount =
  Bun.which("unshare") !== null &&
  Bun.spawnSync(["unshare", "-rm", "mount", "-t", "tmpfs", "none", folder]).exitCode === 0;

/** Runs a program whose record is in a file system of so many kB; its status, and how many slots were dropped. */
function recordIn(kB: number, python: string, argv: string[]): { exit: number; dropped: bigint } {
  const place = mkdtempSync(join(folder, "small-"));
  const stub = mkdtempSync(join(folder, "stub-"));
  for (const [name, text] of Object.entries(recorderFiles())) writeFileSync(join(stub, name), text);
  const script =
    'mount -t tmpfs -o size=$1k none "$0" && shift && { "$@" >/dev/null; code=$?; head -c 80 "$0"/*.rec; exit $code; }';
  const { exitCode, stdout } = Bun.spawnSync(
    ["unshare", "-rm", "sh", "-c", script, place, String(kB), python, ...argv],
    { env: { ...process.env, PYTHONPATH: stub, TANDEM_RECORD: place } },
  );
  return { exit: exitCode, dropped: stdout.readBigUInt64LE(64) + stdout.readBigUInt64LE(72) };
}

describe.skipIf(pythons().length === 0)(`the recorder${whyNoPython(9)}`, () => {
  testByTurns("tells where a task was created and how it ended", ({ path }) => {
    const { exitCode, stderr, processes } = record(path, [lost]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const slots = processes[0]!;
    expect(slots.filter(({ kind }) => kind === "TROUBLE")).toEqual([]);
    const task = slots.find(({ kind, text }) => kind === "ACTOR" && text === "task")!;
    expect(task.place).toBe("lost.py:5 main");
    const ofTask = slots.filter(
      ({ kind, actor }) => kind.startsWith("task-") && actor === task.actor,
    );
    expect(ofTask.map(({ kind, word }) => [kind, word])).toEqual([
      ["task-started", undefined],
      ["task-ended", "cancelled"],
    ]);
  });

  testByTurns(
    "eager tasks start and end where they are created",
    ({ path }) => {
      const { exitCode, processes } = record(path, [eager]);
      expect(exitCode).toBe(0);
      const slots = processes[0]!;
      for (const of of ["quick", "slow", "child"])
        expect(fates(slots, of)).toEqual([["task-started", "DONE"]]);
      const [slow, child] = ["slow", "child"].map((of) =>
        slots.find(({ kind, text }) => kind === "ACTOR" && text === of),
      );
      expect(child!.value % 2 ** 32).toBe(slow!.actor);
    },
    12,
  );

  testByTurns("tasks of asyncio's Python class are told, and keep their callbacks", ({ path }) => {
    const { stdout, processes } = record(path, [ofPython]);
    expect(stdout).toBe("0\n");
    expect(fates(processes[0]!, "child")).toEqual([["task-started", "DONE"]]);
  });

  testByTurns(
    "a task of the loop's own, as one that closes a generator, is not told",
    ({ path }) => {
      const { processes } = record(path, [abandoned]);
      const actors = processes[0]!.filter(({ kind }) => kind === "ACTOR");
      expect(actors.map(({ text }) => text)).toEqual(["<module>", "main"]);
    },
  );

  testByTurns(
    "whoever uses a running loop from another thread is told with the line",
    ({ path }) => {
      const { processes } = record(path, [elsewhere]);
      const misused = processes[0]!.filter(({ kind }) => kind === "misused");
      expect(misused.map(({ word, place }) => [word, place])).toEqual([
        ["wrong-thread", "elsewhere.py:7 other"],
      ]);
    },
  );

  for (const flags of [[], ["-X", "dev"], ["-W", "error"]])
    testByTurns(
      `${["python3", ...flags].join(" ")}: a program that looks around itself finds nothing changed`,
      ({ path }) => {
        const argv = [...flags, looking, "--flag"];
        const bare = Bun.spawnSync([path, ...argv], { stdout: "pipe", stderr: "pipe" });
        const { exitCode, stdout, stderr, processes } = record(path, argv);
        expect(plain(stdout)).toBe(plain(bare.stdout.toString()));
        expect(plain(stderr)).toBe(plain(bare.stderr.toString()));
        expect(exitCode).toBe(bare.exitCode);
        expect(processes[0]!.filter(({ kind }) => kind === "TROUBLE")).toEqual([]);
      },
    );

  testByTurns(
    `whatever a program's tests put in place of things, no hook fails by that`,
    ({ path }) => {
      const { stdout, stderr, processes } = record(path, [doubles], {
        env: { TANDEM_INCLUDE: "/unseen/*" },
      });
      expect([stdout, stderr]).toEqual(["done\n", ""]);
      const slots = processes[0]!;
      expect(slots.filter(({ kind }) => kind === "TROUBLE")).toEqual([]);
      expect(
        slots
          // What has no place is the library's own, and told where a thread had to wait for it.
          .filter(({ kind, place }) => kind === "RESOURCE" && place !== null)
          .map(({ text, value }) => [text, value % 2 ** 32]),
      ).toEqual([
        ["endless", 0],
        ["strange", 0],
        ["three", 3],
      ]);
      const left = slots.find(({ kind, text }) => kind === "ACTOR" && text === "left")!;
      const stood = slots.filter(({ kind, actor }) => kind === "stood-at" && actor === left.actor);
      expect(stood.at(-1)?.place).toBe("doubles.py:11 left");
      expect(fates(slots, "thread")).toEqual([["task-started", "task-ended failed"]]);
    },
  );

  testByTurns(
    "what an earlier process has compiled of the standard library serves as well, and where it is damaged nothing does",
    ({ path }) => {
      const recorder = mkdtempSync(join(folder, "recorder-"));
      const woven = () => readdirSync(recorder).filter((name) => name.endsWith(".woven"));
      const bare = Bun.spawnSync([path, looking], { stdout: "pipe", stderr: "pipe" });
      const expectNothingChanged = (): void => {
        const { exitCode, stdout, stderr, processes } = record(path, [looking], { recorder });
        expect([plain(stdout), plain(stderr)]).toEqual([
          plain(bare.stdout.toString()),
          plain(bare.stderr.toString()),
        ]);
        expect(exitCode).toBe(bare.exitCode);
        expect(processes[0]!.filter(({ kind }) => kind === "TROUBLE")).toEqual([]);
        expect(fates(processes[0]!, "wait")[0]).toEqual(["task-started", "DONE"]);
      };
      expectNothingChanged();
      const first = woven().map((name) => [name, statSync(join(recorder, name)).ino]);
      expect(first.length).toBeGreaterThan(5);
      expectNothingChanged();
      expect(woven().map((name) => [name, statSync(join(recorder, name)).ino])).toEqual(first);
      for (const name of woven()) {
        expect(statSync(join(recorder, name)).mode & 0o777).toBe(0o600);
        const bytes = readFileSync(join(recorder, name));
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(join(recorder, name), bytes);
      }
      expectNothingChanged();
      for (const [name, ino] of first)
        expect(statSync(join(recorder, String(name))).ino).not.toBe(Number(ino));
    },
  );

  testByTurns("what was compiled of a module serves no other text of it", ({ path }) => {
    const recorder = mkdtempSync(join(folder, "recorder-"));
    const own = mkdtempSync(join(folder, "own-"));
    const find = "import queue; print(open(queue.__file__).read(), end='')";
    const text = Bun.spawnSync([path, "-c", find]).stdout.toString();
    const before = "        with self.not_full:";
    expect(text).toContain(before);
    writeFileSync(join(own, "app.py"), "import queue; queue.Queue().put(1)");
    // The same names and constants, by which alone the two could not be told apart.
    for (const [words, printed] of [
      ["self.maxsize - 7", "-7"],
      ["7 - self.maxsize", "7"],
    ]) {
      writeFileSync(
        join(own, "queue.py"),
        text.replace(before, `        print(${words})\n${before}`),
      );
      for (let time = 0; time < 2; time++) {
        // Python's own bytecode goes by time and size.
        const { stdout, processes } = record(path, ["-B", join(own, "app.py")], { recorder });
        expect(stdout).toBe(`${printed}\n`);
        expect(
          processes[0]!.some(({ kind, text }) => kind === "RESOURCE" && text === "Queue"),
        ).toBeTrue();
      }
    }
  });

  testByTurns("what needs more pages than there are at first is written whole", ({ path }) => {
    const { processes } = record(path, [many]);
    const printed = processes[0]!.filter(({ kind }) => kind === "printed");
    expect(printed.map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 3000 }, (_, k) => k),
    );
  });

  if (canMount)
    testByTurns(
      "where there is no memory for more, the program runs on, and what was dropped is counted",
      ({ path }) => {
        expect(recordIn(1024, path, [many])).toEqual({ exit: 0, dropped: 0n });
        const { exit, dropped } = recordIn(100, path, [many]);
        expect(exit).toBe(0);
        expect(dropped).toBeGreaterThan(1000n);
      },
    );
});
