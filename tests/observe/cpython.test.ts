/**
 * CPython's own tests of what the recorder has its hooks in, bare and observed: each test ends the same.
 *
 * They are run by the laws alone, on every installed Python that brings its tests. What cannot end the
 * same, because no observer survives the way in which it looks, is listed here with its reason.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { allRounds } from "../support/laws.ts";
import { pythons } from "../support/python.ts";
import { Lanes } from "../support/real.ts";
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

/** Tests that end otherwise when observed, by their names, and why. */
const different: Record<string, string> = {
  test_clear_threads_states_after_fork:
    "counts sys._current_frames() in the child of a fork, where the recorder's thread has one",
};

/** A test of this name that needs what the machine does not have ends by chance. */
interface Ends {
  [test: string]: string;
}

const lanes = new Lanes(2);
const only = process.env["TANDEM_CASE"];
const installed = pythons().filter(({ minor }) => minor >= 9);

for (const { path, minor } of installed)
  for (const module of modules) {
    if (only !== undefined && !`${minor} ${module}`.includes(only)) continue;
    test.skipIf(!allRounds)(
      `law: on Python 3.${minor} ${module} ends the same observed`,
      async () => {
        await lanes.run(async () => {
          const bare = await endsOf([path], module);
          if (bare === null) return;
          let worse = differences(bare, await endsOf(observed(path), module));
          // A test that depends on time is tried again before it counts.
          for (let again = 0; worse.length > 0 && again < 2; again++) {
            const before = new Set(worse);
            worse = differences(bare, await endsOf(observed(path), module)).filter((one) =>
              before.has(one),
            );
          }
          expect(worse).toEqual([]);
        });
      },
    );
  }

function observed(python: string): string[] {
  return [...command(), "observe", "--quiet", "--", python];
}

/** Runs the tests of a module. @returns null where this Python does not bring them. */
async function endsOf(python: readonly string[], module: string): Promise<Ends | null> {
  using folder = temporaryFolder();
  const child = Bun.spawn([...python, "-m", "unittest", "-v", module], {
    cwd: folder.path,
    env: environment({}),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: 900_000,
    killSignal: "SIGKILL",
  });
  const told = await child.stderr.text();
  await child.exited;
  if (/ModuleNotFoundError: No module named '(test\.|test')/.test(told)) return null;
  const ends: Ends = {};
  // `test_x (test.module.Class.test_x) ... ok`, with a docstring's first line between, or output.
  const pattern =
    /^(\w+ \([\w.]+\))(?:\n[^\n]*?)? \.\.\. ([\s\S]*?)(?=^\w+ \([\w.]+\)|^={20}|^-{20})/gm;
  for (const [, name, rest] of told.matchAll(pattern))
    ends[name!] = /\b(ok|FAIL|ERROR|skipped|expected failure)\b/.exec(rest!)?.[1] ?? "?";
  return ends;
}

/** The tests that end otherwise than bare; `cut off` where nothing is known of them. */
function differences(bare: Ends, other: Ends | null): string[] {
  return Object.entries(bare)
    .filter(([name]) => different[name.split(" ")[0]!] === undefined)
    .filter(([name, end]) => end !== "?" && end !== (other?.[name] ?? "cut off"))
    .map(([name, end]) => `${name}: ${other?.[name] ?? "cut off"} instead of ${end}`);
}
