/** The sampler inside real Pythons: where threads and tasks stand, which line holds a loop, and who is late by it. */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patience } from "../support/patience.ts";
import { recorderParts } from "../../src/observe/python/recorder.ts";
import { pythons, whyNoPython } from "../support/python.ts";
import { testByTurns } from "../support/python-turns.ts";
import { record, type Slot } from "../support/recorded.ts";

setDefaultTimeout(patience);

const folder = mkdtempSync(join(tmpdir(), "tandem-sampled-"));

/** Compares for each line of functions and modules: which calls differ, and how many lines there were. */
const readingCalls = String.raw`
import asyncio, contextlib, dis, threading, traceback, types
lines_of = {}
def source_lines(file):
    if file not in lines_of:
        lines_of[file] = open(file, encoding="utf-8").read().splitlines()
    return lines_of[file]
def codes(code):
    yield code
    for one in code.co_consts:
        if isinstance(one, types.CodeType) and not one.co_name.startswith("<"):
            yield from codes(one)
count = 0
for file in [module.__file__ for module in (asyncio.tasks, contextlib, threading, traceback)]:
    lines = source_lines(file)
    whole = _calls_Tree()
    assert _calls_read(lines, 0, len(lines), file, whole)
    for code in codes(compile("\n".join(lines), file, "exec")):
        _calls_parts.clear()
        for line in {line for _, line in dis.findlinestarts(code) if line}:
            _calls_trees.clear()
            function = 0 if code.co_name == "<module>" else code.co_firstlineno
            found = _calls_around(file, lines, line, function).get(line)
            count += 1
            if found != whole.calls.get(line):
                print(file, line, code.co_name, found, whole.calls.get(line))
assert count > 1000, count
`;

/** A program in a file of its own. */
function program(name: string, lines: string): string {
  const path = join(folder, name);
  writeFileSync(path, lines);
  return path;
}

const held = program(
  "held.py",
  `import asyncio, time
def fetch():
    time.sleep(0.2)  # two calls deep
async def beat():
    await asyncio.sleep(0.05)
async def reply():
    await asyncio.sleep(0.02)
    fetch()
async def count():
    end = time.thread_time() + 0.15
    while time.thread_time() < end:
        pass
async def main():
    await asyncio.gather(beat(), reply())
    await asyncio.create_task(count())
asyncio.run(main())
`,
);

const still = program(
  "still.py",
  `import threading, time
time.sleep(0.15)
threading.Event().wait(0.15)
end = time.thread_time() + 0.15
while time.thread_time() < end:
    pass
`,
);

const rests = program("rests.py", "import time\ntime.sleep(0.7)\ntime.sleep(0.7)\n");

const crowd = program(
  "crowd.py",
  `import asyncio, time
def again(loop):
    until = time.thread_time() + 0.001
    while time.thread_time() < until:
        pass
    if not come:
        loop.call_soon(again, loop)
async def beat():
    await asyncio.sleep(0.05)
async def main():
    for _ in range(250):
        asyncio.get_running_loop().call_soon(again, asyncio.get_running_loop())
    await beat()
    come.append(1)
come = []
asyncio.run(main())
`,
);

// A machine that is busy shows nothing of some of them.
const keeping = program(
  "keeping.py",
  `import asyncio, ctypes, threading, time
libc = ctypes.PyDLL(None)
async def nap():
    for _ in range(8):
        await asyncio.sleep(0.02)
        libc.usleep(150000)
async def add():
    max(range(12000000))
async def main():
    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    await asyncio.create_task(nap())
    await asyncio.create_task(add())
asyncio.run(main())
for _ in range(8):
    time.sleep(0.02)
    libc.usleep(150000)
`,
);

const stopped = program(
  "stopped.py",
  `import asyncio, os, signal, subprocess, time
async def stop():
    helper = subprocess.Popen(["sh", "-c", f"sleep 0.4; kill -CONT {os.getpid()}"])
    os.kill(os.getpid(), signal.SIGSTOP)
    return helper
async def main():
    await asyncio.sleep(0.05)
    helper = await asyncio.create_task(stop())
    await asyncio.sleep(0.05)
    helper.wait()
asyncio.run(main())
`,
);

const asked = program(
  "asked.py",
  `import threading, time
first = threading.Lock()
def keep():
    with first:
        time.sleep(0.4)
def ask():
    with first: pass
threading.Thread(target=keep).start()
time.sleep(0.05)
threading.Thread(target=ask).start()
`,
);

const killed = program(
  "killed.py",
  `import asyncio, os, signal
async def fetch():
    await asyncio.sleep(5)
async def main():
    asyncio.create_task(fetch())
    await asyncio.sleep(0.4)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
`,
);

const locked = program(
  "locked.py",
  `import threading, time
left, right, both = threading.Lock(), threading.RLock(), threading.Barrier(3)
def first():
    with left:
        both.wait()
        right.acquire()
def second():
    right.acquire()
    try:
        both.wait()
        with left:
            pass
    finally:
        right.release()
threading.Thread(target=first, daemon=True).start()
threading.Thread(target=second, daemon=True).start()
both.wait()
time.sleep(0.3)
`,
);

const forks = program(
  "forks.py",
  `import os, time
def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
fork()
fork()
many = [os.fork() or os._exit(0) for _ in range(3)]
time.sleep(0.1)
print(len(os.listdir("/proc/self/task")))
`,
);

const ms = 1e6;

const recorded = new Map<string, Slot[]>();

/** The slots of a program in which the recorder failed in nothing; each program is run once. */
function slotsOf(python: string, file: string): Slot[] {
  return recorded.getOrInsertComputed(`${python} ${file}`, () => run(python, file));
}

function run(python: string, file: string): Slot[] {
  const { exitCode, stderr, processes } = record(python, [file]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(processes[0]!.filter(({ kind }) => kind === "TROUBLE")).toEqual([]);
  return processes[0]!;
}

/** The slots of an actor by the name of its function. */
function actorOf(slots: Slot[], name: string): number {
  return slots.find(({ kind, text }) => kind === "ACTOR" && text === name)!.actor;
}

/** Details that were written before an event of the same thread. */
function moreOf(slots: Slot[], event: Slot): Slot | undefined {
  const before = slots[slots.indexOf(event) - 1];
  return before?.kind === "MORE" ? before : undefined;
}

describe.skipIf(pythons().length === 0)(`the sampler${whyNoPython(9)}`, () => {
  testByTurns(
    "a step that holds its loop is told with the line, the call and who was late",
    ({ path }) => {
      const slots = slotsOf(path, held);
      const step = slots.find(
        ({ kind, text }) => kind === "step-ended" && text?.startsWith("time"),
      )!;
      expect(step).toMatchObject({ place: "held.py:3 fetch", text: "time.sleep(0.2)" });
      expect(step.actor).toBe(actorOf(slots, "reply"));
      const began = slots.find(({ kind, actor }) => kind === "step-began" && actor === step.actor)!;
      expect(step.at - began.at).toBeGreaterThanOrEqual(200 * ms);
      // It blocked.
      expect(moreOf(slots, step)!.value).toBeLessThan(100 * ms);
      const late = slots.find(({ kind }) => kind === "late")!;
      expect(late).toMatchObject({ place: "held.py:5 beat", actor: actorOf(slots, "beat") });
      expect(late.value).toBeGreaterThanOrEqual(100 * ms);
      expect(moreOf(slots, late)!.actor).toBe(step.actor);
    },
  );

  testByTurns(
    "law: the call in a line is the same, read off its function alone or off its whole file",
    ({ path }) => {
      const file = program("calls.py", `${recorderParts.calls}\n${readingCalls}`);
      const { stdout, stderr } = Bun.spawnSync([path, file]);
      expect([stdout.toString(), stderr.toString()]).toEqual(["", ""]);
    },
  );

  testByTurns(
    "a step that computes is told from one that blocks, by the CPU time of its thread",
    ({ path }) => {
      const slots = slotsOf(path, held);
      const step = slots.find(
        ({ kind, actor }) => kind === "step-ended" && actor === actorOf(slots, "count"),
      )!;
      expect(step.place).toMatch(/^held.py:1[12] count$/);
      expect(moreOf(slots, step)!.value).toBeGreaterThanOrEqual(100 * ms);
    },
  );

  testByTurns(
    "a step that keeps the interpreter's lock in a call of C is told by what that does",
    ({ path }) => {
      const slots = slotsOf(path, keeping);
      const ended = (of: string) =>
        slots.filter(({ kind, actor }) => kind === "step-ended" && actor === actorOf(slots, of));
      const naps = ended("nap").filter((one) => one.place === "keeping.py:6 nap");
      const blocked = naps.filter((one) => {
        const { value: computed, extra: queued } = moreOf(slots, one)!;
        return computed + queued < 75 * ms;
      });
      expect(blocked[0]?.text).toContain("usleep");
      const [add] = ended("add");
      expect(moreOf(slots, add!)!.value).toBeGreaterThanOrEqual(100 * ms);
      expect(
        slots.some(
          ({ kind, place }) => kind === "block-ended" && place === "keeping.py:16 <module>",
        ),
      ).toBeTrue();
    },
  );

  testByTurns(
    "a timer that comes late behind a crowd of callbacks is told with the crowd",
    ({ path }) => {
      const slots = slotsOf(path, crowd);
      const crowded = slots.find(({ kind }) => kind === "crowded")!;
      expect(crowded).toMatchObject({ value: 250, place: "crowd.py:2 again" });
      expect(moreOf(slots, crowded)!.value).toBeGreaterThanOrEqual(250 * ms);
      const late = slots.findLast(({ kind, at }) => kind === "late" && at <= crowded.at)!;
      expect(late).toMatchObject({ actor: actorOf(slots, "main"), place: "crowd.py:9 beat" });
      expect(late.value).toBeGreaterThanOrEqual(150 * ms);
    },
  );

  testByTurns("a step whose thread got no core is told to have wanted one", ({ path }) => {
    const slots = slotsOf(path, stopped);
    const step = slots.find(
      ({ kind, actor }) => kind === "step-ended" && actor === actorOf(slots, "stop"),
    )!;
    const { value: computed, extra: queued } = moreOf(slots, step)!;
    expect(computed + queued).toBeGreaterThanOrEqual(300 * ms);
  });

  testByTurns("a lock that a with asks for is told by its name", ({ path }) => {
    const waits = slotsOf(path, asked).filter(
      ({ kind, place }) => kind === "wait-began" && place === "asked.py:7 ask",
    );
    expect(waits.map(({ word, text }) => [word, text])).toEqual([["lock", "first"]]);
  });

  testByTurns("where a task stands is told while it waits", ({ path }) => {
    const slots = slotsOf(path, held);
    const stood = slots.filter(
      ({ kind, actor }) => kind === "stood-at" && actor === actorOf(slots, "main"),
    );
    const at = "held.py:14 main";
    expect(stood.map(({ place }) => place)).toContain(at);
    const source = slots.find(({ kind, place }) => kind === "SOURCE" && place === at)!;
    expect(source.text).toBe("asyncio.gather(beat(), reply())");
  });

  testByTurns("main's blocking, waiting and computing are told with line and call", ({ path }) => {
    const slots = slotsOf(path, still);
    const spans = slots.filter(
      ({ kind, place }) =>
        /^(block|wait|compute)-(began|ended)$/.test(kind) && !place?.includes(":1 "),
    );
    expect(spans.slice(0, 4).map(({ kind, place, word }) => [kind, place, word])).toEqual([
      ["block-began", "still.py:2 <module>", undefined],
      ["block-ended", "still.py:2 <module>", undefined],
      ["wait-began", "still.py:3 <module>", "event"],
      ["wait-ended", "still.py:3 <module>", "event"],
    ]);
    expect(spans[4]!.kind).toBe("compute-began");
    const [began, ended] = spans;
    // Ticks may be far apart on a busy machine.
    expect(ended!.at - began!.at).toBeGreaterThan(30 * ms);
    const source = slots.find(
      ({ kind, place }) => kind === "SOURCE" && place === "still.py:2 <module>",
    )!;
    expect(source.text).toBe("time.sleep(0.15)");
  });

  testByTurns(
    "what a thread stands still in for long has its own time, and not its next's",
    ({ path }) => {
      const slots = slotsOf(path, rests);
      const [first, second] = ["rests.py:2 <module>", "rests.py:3 <module>"].map((line) => {
        const at = (kind: string): number =>
          slots.find((one) => one.kind === kind && one.place === line)!.at;
        return at("block-ended") - at("block-began");
      });
      expect(first).toBeGreaterThan(600 * ms);
      expect(second).toBeGreaterThan(600 * ms);
    },
  );

  testByTurns("of a program that is killed it is known where its tasks stood", ({ path }) => {
    const { processes } = record(path, [killed]);
    const slots = processes[0]!;
    const stood = slots.filter(
      ({ kind, actor }) => kind === "stood-at" && actor === actorOf(slots, "fetch"),
    );
    expect(stood.at(-1)!.place).toBe("killed.py:3 fetch");
  });

  testByTurns(
    "who waits for a lock is told with who has it, and where that one took it",
    ({ path }) => {
      const slots = slotsOf(path, locked);
      const [first, second] = [actorOf(slots, "first"), actorOf(slots, "second")];
      const holds = slots.filter(({ kind }) => kind === "holds");
      expect(holds.map(({ actor, place }) => [actor, place]).sort()).toEqual([
        [first, "locked.py:4 first"],
        [second, "locked.py:8 second"],
      ]);
      const waits = slots.filter(({ kind }) => kind === "waits-for");
      expect(waits.map((one) => [one.actor, one.place, moreOf(slots, one)!.actor]).sort()).toEqual([
        [first, "locked.py:6 first", second],
        [second, "locked.py:11 second", first],
      ]);
    },
  );

  if (process.platform === "linux")
    testByTurns(
      "a process that forks is warned of no thread of the recorder's, which goes on behind",
      ({ path }) => {
        const { stdout, stderr } = record(path, ["-Walways", forks]);
        expect([stdout, stderr]).toEqual(["2\n", ""]);
      },
    );
});
