/**
 * CPython's own tests of what the recorder has its hooks in, bare and observed: each test ends the same, and
 * the recorder does not fail.
 *
 * They are run by the laws alone, one module after another, on every installed Python that brings them: some ten
 * minutes for each on an idle machine. stderr tells how far it is. What has held of an executable is kept beside
 * it, so that a run that was broken off goes on where it was. `TANDEM_CASE="11 test.test_asyncio.test_tasks"`
 * picks one, and then what is kept counts for nothing.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allRounds } from "../support/laws.ts";
import { pythons } from "../support/python.ts";
import { command, environment, temporaryFolder } from "../support/tandem.ts";
import { unless } from "../support/skipped.ts";

setDefaultTimeout(7_200_000);

/** What is run of the folder of CPython's tests: modules, and packages with all of their modules. */
const modules = [
  "test_asyncio",
  "test_concurrent_futures",
  "test_threading",
  "test_threading_local",
  "test_thread",
  "test_threadsignals",
  "test_threadedtempfile",
  "test_queue",
  "test_coroutines",
  "test_asyncgen",
  "test_contextlib_async",
  "test_unittest/test_async_case",
  "test_atexit",
  "test_fork1",
  "test_sys_settrace",
  "test_weakref",
];

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

for (const { path, minor } of pythons().filter((one) => one.minor >= 9)) {
  if (!allRounds) {
    test.skip(`law: on Python 3.${minor} CPython's own tests end the same observed`, () => {});
    continue;
  }
  const folder = Bun.spawnSync([path, "-c", "import test; print(test.__path__[0])"]).stdout;
  let compared = 0;
  for (const module of modules) {
    const found = namesOf(folder.toString().trimEnd(), module);
    if (found.length === 0 && only === undefined)
      test.skip(`law: on Python 3.${minor} ${module} ends the same (it does not bring it)`, () => {});
    for (const name of found)
      if (only === undefined || `${minor} ${name}`.includes(only))
        test(`law: on Python 3.${minor} ${name} ends the same observed`, async () => {
          const kept = `${command()[0]}-${minor}-${name}`;
          const { tests, worse } =
            only === undefined && existsSync(kept)
              ? { tests: Number(await Bun.file(kept).text()), worse: [] }
              : await compare(path, minor, name);
          compared += tests;
          expect(worse).toEqual([]);
          writeFileSync(kept, String(tests));
        });
  }
  test.skipIf(only !== undefined)(
    `law: on Python 3.${minor} at least ${leastTests} of its tests are compared, if it brings them${unless(only === undefined, "only some are wanted")}`,
    () => {
      if (compared > 0) expect(compared).toBeGreaterThan(leastTests);
    },
  );
}

/** The names to import of a module, or of those of a package; none where they are not in the folder. */
function namesOf(folder: string, module: string): string[] {
  const name = `test.${module.replace("/", ".")}`;
  if (existsSync(join(folder, `${module}.py`))) return [name];
  if (!existsSync(join(folder, module))) return [];
  const files = readdirSync(join(folder, module)).toSorted();
  return files.flatMap((file) => {
    const [, inner] = /^(test_\w+)\.py$/.exec(file) ?? [];
    return inner === undefined ? [] : [`${name}.${inner}`];
  });
}

/** How a test ended, and why. */
interface End {
  end: string;
  why: string;
}

/** What of a module's tests ends otherwise than bare, as it is to be told, and how many there are. */
async function compare(
  python: string,
  minor: number,
  module: string,
): Promise<{ tests: number; worse: string[] }> {
  const record = new Map<string, { bare: Set<string>; observed: End[] }>();
  /** Runs tests in both ways. @returns how many, and those of them that end differently. */
  const round = async (name: string): Promise<{ tests: number; found: string[] }> => {
    const began = performance.now();
    const bare = await endsOf([python], name);
    const between = performance.now();
    const observed = await endsOf(observing(python), name);
    const seconds = [between - began, performance.now() - between].map((ms) =>
      (ms / 1000).toFixed(1),
    );
    tell(`3.${minor} ${name}: ${bare.size} tests, ${seconds.join(" s bare, ")} s observed`);
    const never = { end: "not run", why: "" };
    const found = [];
    for (const test of new Set([...bare.keys(), ...observed.keys()])) {
      const known = record.get(test) ?? { bare: new Set(), observed: [] };
      record.set(test, known);
      const { end } = bare.get(test) ?? never;
      known.bare.add(end);
      known.observed.push(observed.get(test) ?? never);
      if (known.observed.at(-1)!.end !== end && !isKnown(test, minor)) found.push(test);
    }
    return { tests: bare.size, found };
  };

  const { tests, found } = await round(module);
  if (found.length === 0) return { tests, worse: [] };
  // What depends on time, or on what else the machine does, is tried again before it counts: after the tests
  // that ran before it, and by itself.
  for (const test of new Set([...found, ...(await round(module)).found])) {
    if (/^[\w.]+$/.test(test)) for (let times = 0; times < 3; times++) await round(test);
    else await round(module);
  }
  const worse = [];
  for (const [test, { bare, observed }] of record) {
    const others = observed.filter(({ end }) => !bare.has(end));
    if (others.length < 2 || isKnown(test, minor)) continue;
    const [{ end, why } = others[0]!] = others;
    worse.push(`${test}: ${end} instead of ${[...bare].join(" or ")}\n${why}`);
  }
  return { tests, worse };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Observed with all that can be: with the tests as the program's own code, and the verdict told. */
function observing(python: string): string[] {
  return [...command(), "observe", "--timeout", "10m", "--include", "*/test/*", "--", python];
}

/** Runs a module, or one test. @returns how each test ended, by its name, and what else there is to be compared. */
async function endsOf(python: readonly string[], name: string): Promise<Map<string, End>> {
  using folder = temporaryFolder();
  const told = folder.file("ends.jsonl", "");
  // No pipe: whatever a test leaves running would keep it open.
  const errors = join(folder.path, "stderr");
  const child = Bun.spawn(
    [...python, join(import.meta.dir, "programs", "tests_of.py"), told, name],
    {
      cwd: folder.path,
      env: environment({}),
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(errors),
      timeout: 660_000,
      killSignal: "SIGKILL",
    },
  );
  await child.exited;
  const stderr = await Bun.file(errors).text();
  const ends = new Map<string, End>();
  for (const line of (await Bun.file(told).text()).split("\n").filter((text) => text !== "")) {
    const { test, end, why } = JSON.parse(line) as {
      test: string;
      end: string | null;
      why: string;
    };
    const known = ends.get(test)?.end;
    // A test that has failed once, or a part of it, has failed.
    if (end === null) ends.set(test, { end: "cut off", why });
    else if (known === undefined || known === "cut off" || known === "ok")
      ends.set(test, { end, why });
  }
  const failures = stderr.split("\n").filter((line) => line.startsWith("The recorder failed"));
  if (failures.length > 0) ends.set("the recorder", { end: "failed", why: failures.join("\n") });
  // 0 or 1 is said by the tests.
  const status = String(child.signalCode ?? child.exitCode);
  if (status !== "0" && status !== "1")
    ends.set("the process", { end: status, why: stderr.slice(-2000) });
  return ends;
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
