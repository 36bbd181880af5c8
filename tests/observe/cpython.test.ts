/**
 * CPython's own tests of what the recorder has its hooks in, bare and observed: each test ends the same.
 *
 * `TANDEM_CASE="11 test.test_asyncio.test_tasks"` picks one. They are run by the laws alone, one after another,
 * on every installed Python that brings its tests. What cannot end the same, because no observer survives the
 * way in which it looks, is listed here with its reason.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { allRounds } from "../support/laws.ts";
import { pythons } from "../support/python.ts";
import { command, environment, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(3_600_000);

const modules = [
  "test.test_asyncio.test_tasks",
  "test.test_asyncio.test_futures",
  "test.test_asyncio.test_base_events",
  "test.test_asyncio.test_events",
  "test.test_asyncio.test_locks",
  "test.test_asyncio.test_queues",
  "test.test_asyncio.test_runners",
  "test.test_asyncio.test_streams",
  "test.test_asyncio.test_subprocess",
  "test.test_asyncio.test_taskgroups",
  "test.test_asyncio.test_threads",
  "test.test_asyncio.test_timeouts",
  "test.test_asyncio.test_waitfor",
  "test.test_asyncio.test_eager_task_factory",
  "test.test_asyncio.test_free_threading",
  "test.test_asyncio.test_context",
  "test.test_coroutines",
  "test.test_asyncgen",
  "test.test_threading",
  "test.test_threading_local",
  "test.test_threadedtempfile",
  "test.test_queue",
  "test.test_atexit",
  "test.test_concurrent_futures",
  "test.test_contextlib_async",
  "test.test_sys_settrace",
  "test.test_weakref",
] as const;

/**
 * Tests that end otherwise when observed, and why no observer survives them: by the end of a test's name, and
 * before it the minor versions that it is so for, where that is not all.
 */
const different: Record<string, string> = {
  "ThreadJoinOnShutdown.test_clear_threads_states_after_fork":
    "counts sys._current_frames() in the child of a fork, where the recorder's thread has one",
};

/** How many tests there are at least in all modules of one Python: fewer, and the comparison would say little. */
const leastTests = 1500;

const only = process.env["TANDEM_CASE"];
const installed = pythons().filter(({ minor }) => minor >= 9);

for (const { path, minor } of installed) {
  let compared = 0;
  for (const module of modules) {
    if (only !== undefined && !`${minor} ${module}`.includes(only)) continue;
    test.skipIf(!allRounds)(
      `law: on Python 3.${minor} ${module} ends the same observed`,
      async () => {
        const bare = await endsOf([path], module);
        if (bare === null) return;
        compared += bare.size;
        let worse = differences(bare, await endsOf(observed(path), module), minor);
        // A test that depends on time is tried again, bare as well, before it counts.
        for (let again = 0; worse.size > 0 && again < 2; again++) {
          const found = new Set(worse.keys());
          const second = await endsOf([path], module);
          worse = differences(second!, await endsOf(observed(path), module), minor);
          for (const name of [...worse.keys()]) if (!found.has(name)) worse.delete(name);
        }
        expect([...worse.values()]).toEqual([]);
      },
    );
  }
  test.skipIf(!allRounds || only !== undefined)(
    `law: on Python 3.${minor} at least ${leastTests} of its tests are compared, if it brings them`,
    () => {
      if (compared > 0) expect(compared).toBeGreaterThan(leastTests);
    },
  );
}

function observed(python: string): string[] {
  return [...command(), "observe", "--quiet", "--", python];
}

/** How a test ended, and why. */
interface End {
  end: string;
  why: string;
}

/** Runs the tests of a module. @returns how each test ended, by its name; null where this Python does not bring them. */
async function endsOf(python: readonly string[], module: string): Promise<Map<string, End> | null> {
  using folder = temporaryFolder();
  const runner = join(import.meta.dir, "programs", "tests_of.py");
  const told = join(folder.path, "ends.jsonl");
  const child = Bun.spawn([...python, runner, told, module], {
    cwd: folder.path,
    env: environment({}),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    timeout: 900_000,
    killSignal: "SIGKILL",
  });
  if ((await child.exited) === 77) return null;
  const ends = new Map<string, End>();
  for (const line of (await Bun.file(told).text()).split("\n").filter((text) => text !== "")) {
    const {
      test: name,
      end,
      why,
    } = JSON.parse(line) as { test: string; end: string | null; why: string };
    const known = ends.get(name)?.end;
    // A test that has failed once, or a part of it, has failed.
    if (end === null) ends.set(name, { end: "cut off", why });
    else if (known === undefined || known === "cut off" || known === "ok")
      ends.set(name, { end, why });
  }
  return ends;
}

/** What is to be said of each test that ends otherwise than bare, by its name. */
function differences(
  bare: Map<string, End>,
  other: Map<string, End> | null,
  minor: number,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, { end }] of bare) {
    const now = other?.get(name) ?? { end: "not run", why: "" };
    if (now.end !== end && !isKnown(name, minor))
      found.set(name, `${name}: ${now.end} instead of ${end}\n${now.why}`);
  }
  return found;
}

function isKnown(name: string, minor: number): boolean {
  return Object.keys(different).some((key) => {
    const [, versions, end] = /^(?:([\d,]+) )?(.*)$/.exec(key)!;
    return (
      name.endsWith(`.${end}`) &&
      (versions === undefined || versions.split(",").includes(String(minor)))
    );
  });
}
