/** Edits of Python programs that were observed: which are proposed, and that the edited program no longer has the fault. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pythonEditor } from "../../../src/edits/python/python.ts";
import { leastMinor } from "../../../src/observe/python/python.ts";
import { allRounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { pythons, whyNoPython } from "../../support/python.ts";
import { environment, temporaryFolder } from "../../support/tandem.ts";
import { changedLines, proposedFor } from "../observed-edits.ts";

setDefaultTimeout(patience);

const observe = join(import.meta.dir, "../../observe");

interface Wanted {
  /** The program, below the folder of the observed ones. */
  program: string;
  /** By pattern, the changed lines and what the edited program prints when it is over its fault. */
  edits: Record<string, { changes: string[]; prints: string; isChoice?: true }>;
  /** By rule, why there is no edit. */
  reasons?: Record<string, string>;
  /** Whether the edited program does not end by itself: it waits for its own fault. */
  staysOn?: true;
  /** The first minor version of Python 3 that it runs on. */
  since?: number;
}

const cases: Wanted[] = [
  {
    program: "cases/01-gc-lost-reader/app.py",
    edits: {
      "keep-and-await": {
        changes: [
          "-    asyncio.create_task(read_price())",
          "+    task = asyncio.create_task(read_price())",
          "+    await task",
        ],
        prints: "reader: stored 42",
      },
    },
  },
  {
    program: "cases/02-result-on-own-loop/app.py",
    edits: {
      "run-in-executor": {
        changes: [
          "-    loop.call_soon(meter.on_reading, 2)  # the loop's own thread: for ever",
          "+    loop.run_in_executor(None, meter.on_reading, 2)  # the loop's own thread: for ever",
        ],
        prints: "acknowledged 2",
        isChoice: true,
      },
    },
  },
  {
    program: "cases/03-heartbeat-missed/app.py",
    edits: {
      "to-thread": {
        changes: [
          '-    print("reply:", fetch_statistics())',
          '+    print("reply:", await asyncio.to_thread(fetch_statistics))',
        ],
        prints: "reply: 3 members",
        isChoice: true,
      },
    },
    staysOn: true,
  },
  {
    program: "cases/05-bridge-future-dropped/app.py",
    edits: {
      "done-callback": {
        changes: [
          "+import logging",
          "-        asyncio.run_coroutine_threadsafe(apply_event(event), loop)",
          '+        asyncio.run_coroutine_threadsafe(apply_event(event), loop).add_done_callback(lambda done: done.cancelled() or done.exception() and logging.getLogger(__name__).error("apply_event failed", exc_info=done.exception()))',
        ],
        prints: "KeyError: 'pause'",
      },
    },
  },
  {
    program: "cases/08-daemon-sender/app.py",
    edits: {
      "join-queue": { changes: ["+outbox.join()"], prints: "<event 9>", isChoice: true },
    },
  },
  {
    program: "cases/09-atexit-never-comes/app.py",
    edits: {
      "call-handlers": {
        changes: ["+close()"],
        prints: "worker: never printed",
        isChoice: true,
      },
    },
  },
  {
    program: "cases/11-join-with-dead-consumer/app.py",
    edits: {},
    reasons: {
      "dead-peer":
        "who is to hear that consume has come to its end, and what is to be done then, is for you to decide",
      "left-in-queue": "whoever takes from the queue may have come to its own end",
    },
  },
  {
    program: "cases/15-system-exit-in-bridge/app.py",
    edits: {},
    reasons: {
      "dead-peer":
        "who is to hear that check_licence has come to its end, and what is to be done then, is for you to decide",
    },
  },
  {
    program: "cases/16-cleanup-task-of-signal/app.py",
    edits: {
      "keep-and-await": {
        changes: [
          "+    tasks = set()",
          "-        loop.create_task(remove_containers())",
          "+        task = loop.create_task(remove_containers())",
          "+        tasks.add(task)",
          "+        task.add_done_callback(tasks.discard)",
          "+    await asyncio.gather(*tasks)",
        ],
        prints: "left behind: []",
      },
    },
  },
  {
    program: "cases/18-run-inside-running-loop/app.py",
    edits: {
      "run-in-thread": {
        changes: [
          "+import concurrent.futures",
          "-    return asyncio.run(download(name))",
          "+    return concurrent.futures.ThreadPoolExecutor(1).submit(asyncio.run, download(name)).result()",
        ],
        prints: "analysing 3 files",
        isChoice: true,
      },
    },
  },
  {
    program: "cases/20-loop-closed-under-task/app.py",
    edits: {
      "cancel-left": {
        changes: [
          "+    tasks = asyncio.all_tasks(loop)",
          "+    for task in tasks:",
          "+        task.cancel()",
          "+    if tasks:",
          "+        loop.run_until_complete(asyncio.wait(tasks))",
        ],
        prints: "'unsubscribed'",
      },
      "asyncio-run": {
        changes: [
          "-    loop = asyncio.new_event_loop()",
          "-    loop.run_until_complete(test())",
          "-    loop.close()",
          "+    asyncio.run(test())",
        ],
        prints: "'unsubscribed'",
      },
    },
  },
  {
    program: "cases/23-group-takes-all/app.py",
    edits: {
      "take-all": {
        changes: [
          "-    async with asyncio.TaskGroup() as handlers:",
          '-        handlers.create_task(terminate("c1"))',
          '-        handlers.create_task(rescan("no-such-registry"))',
          '-        handlers.create_task(terminate("c2"))',
          "+    results = await asyncio.gather(",
          '+        terminate("c1"),',
          '+        rescan("no-such-registry"),',
          '+        terminate("c2"),',
          "+        return_exceptions=True,",
          "+    )",
          "+    errors = [one for one in results if isinstance(one, Exception)]",
          "+    if errors:",
          '+        raise ExceptionGroup("unhandled errors in a TaskGroup", errors)',
        ],
        prints: "{'c1': 'terminated', 'c2': 'terminated'}",
        isChoice: true,
      },
    },
    since: 11,
  },
  {
    program: "cases/41-second-failure-swallowed/app.py",
    edits: {
      "take-all": {
        changes: [
          "+import traceback",
          "-        await asyncio.gather(",
          "+        results = await asyncio.gather(",
          "+            return_exceptions=True,",
          "+        errors = [error2 for error2 in results if isinstance(error2, BaseException)]",
          "+        for error2 in errors[1:]:",
          "+            traceback.print_exception(type(error2), error2, error2.__traceback__)",
          "+        if errors:",
          "+            raise errors[0]",
        ],
        prints: "OSError: b: disk full",
        isChoice: true,
      },
    },
  },
  {
    program: "cases/43-cancel-swallowed/app.py",
    edits: {
      "raise-again": {
        changes: ["+        except asyncio.CancelledError:", "+            raise"],
        prints: "",
      },
    },
  },
  {
    program: "cases/44-set-from-another-thread/app.py",
    edits: {
      "hand-to-loop": {
        changes: [
          "-    future.set_result(42)",
          "+    future.get_loop().call_soon_threadsafe(future.set_result, 42)",
        ],
        prints: "",
      },
    },
  },
  {
    program: "cases/49-daemon-loop-cut-off/app.py",
    edits: {
      "wait-for-thread": {
        changes: [
          '-threading.Thread(target=asyncio.run, args=(serve(),), daemon=True, name="loop").start()',
          '+threading.Thread(target=asyncio.run, args=(serve(),), daemon=False, name="loop").start()',
        ],
        prints: "done",
        isChoice: true,
      },
    },
  },
  {
    program: "cases/50-forgotten-await/app.py",
    edits: {
      "await-call": {
        changes: ["-        save(item)", "+        await save(item)"],
        prints: "[0, 1]",
      },
    },
  },
  {
    program: "cases/51-job-fails-unheard/app.py",
    edits: {
      "done-callback": {
        changes: [
          "+import logging",
          "-        pool.submit(resize, size)",
          '+        pool.submit(resize, size).add_done_callback(lambda done: done.cancelled() or done.exception() and logging.getLogger(__name__).error("resize failed", exc_info=done.exception()))',
        ],
        prints: "ZeroDivisionError",
      },
    },
  },
  {
    program: "cases/84-printed-and-not-flushed/app.py",
    edits: {
      "flush-first": { changes: ["+import sys", "+sys.stdout.flush()"], prints: "" },
    },
  },
];

/** Programs are observed on the newest; edited they run on the oldest that is observed as well. */
const [newest, ...older] = pythons().filter(({ minor }) => minor >= leastMinor);
const oldest = older.at(-1) ?? newest;

describe.if(newest !== undefined)("edits of Python" + whyNoPython(leastMinor), () => {
  // The suite tries one of three, the laws all.
  for (const wanted of cases.filter((_, index) => allRounds || index % 3 === 0))
    test(`law: ${wanted.program} is offered its edits, and is over its fault with each`, async () => {
      await check(join(observe, wanted.program), wanted);
    });

  test("the article's first listing becomes its second, and its third with the loop in a thread", async () => {
    using folder = temporaryFolder();
    const text = readFileSync(join(observe, "listings/lost.py"), "utf8");
    // A tenth of the time is enough.
    const shorter = text
      .replaceAll("asyncio.sleep(1)", "asyncio.sleep(0.1)")
      .replaceAll("time.sleep(3)", "time.sleep(0.3)");
    const kept = [
      "-    asyncio.create_task(background_task())",
      "+    task = asyncio.create_task(background_task())",
      "+    await task",
    ];
    await check(folder.file("lost.py", shorter), {
      program: "lost.py",
      edits: {
        "keep-and-await": { changes: kept, prints: "finished" },
        "entry-in-thread": {
          changes: [
            "+import threading",
            ...kept,
            "-    asyncio.run(background_task_wrapper())",
            "+    thread = threading.Thread(target=asyncio.run, args=(background_task_wrapper(),))",
            "+    thread.start()",
            "+    thread.join()",
          ],
          prints: "finished",
          isChoice: true,
        },
      },
    });
  });
});

async function check(file: string, wanted: Wanted): Promise<void> {
  const { path } = newest!;
  const { edits, reasons } = await proposedFor(file, pythonEditor(path), ["--python", path]);
  const changes = edits.map((one) => [one.pattern, changedLines(one.change), one.isChoice]);
  expect(changes).toEqual(
    Object.entries(wanted.edits).map(([pattern, edit]) => [
      pattern,
      edit.changes,
      edit.isChoice ?? false,
    ]),
  );
  expect(reasons).toEqual(wanted.reasons ?? {});
  const interpreters = [newest!, oldest!].filter(({ minor }) => minor >= (wanted.since ?? 0));
  const runs = edits.flatMap((edit) => interpreters.map(({ path }) => ({ ...edit, path })));
  await Promise.all(
    runs.map(async ({ pattern, change, path }) => {
      const told = await printed(path, change.after, wanted.staysOn ?? false);
      expect(told, `${pattern} on ${path}`).toContain(wanted.edits[pattern]!.prints);
    }),
  );
}

/** What a program prints to both streams; it ends by itself, or is ended after a while where it stays on. */
async function printed(interpreter: string, text: Uint8Array, staysOn: boolean): Promise<string> {
  using folder = temporaryFolder();
  const file = folder.file("app.py", text);
  const child = Bun.spawn([interpreter, "-u", file], {
    stdout: "pipe",
    stderr: "pipe",
    env: environment(),
    timeout: staysOn ? 3000 : 30_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  if (!staysOn) expect(child.signalCode, stderr).toBe(null);
  return `${stdout}${stderr}`;
}
