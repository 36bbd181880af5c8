/**
 * `tandem code`: the text of its programs. What they do when they are run is held to the instant in
 * python.test.ts and typescript.test.ts.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { call, tandem, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** The code that `tandem code` prints for a scenario of the catalogue. */
function code(...words: string[]): string {
  const { status, stdout, stderr } = tandem(["code", ...words]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.trimEnd().split("\n").length).toBeLessThan(40);
  return stdout;
}

describe("the article's listings in Python are what its author would have written:", () => {
  test("lost", () => {
    expect(code("lost", "--lang", "python")).toMatchInlineSnapshot(`
      "# lost, strategy detach: A task that nobody awaits is lost
      import asyncio
      import sys
      import time

      if sys.version_info < (3, 11):
          print("This program needs Python 3.11 or later.", file=sys.stderr)
          sys.exit(2)


      async def background_task():
          for i in range(5):
              print(f"Background task iteration {i}")
              await asyncio.sleep(1)
          print("finished")


      async def main():
          print("a")
          asyncio.create_task(background_task())  # nobody awaits it: the loop closes and cancels it
          print("b")


      print("Main program started python")
      asyncio.run(main())  # the main program stands still until the loop has closed
      for i in range(3):
          time.sleep(3)
          print(f"Main program iteration {i}")
      "
    `);
  });
  test("awaited", () => {
    expect(code("awaited", "-l", "python")).toMatchInlineSnapshot(`
      "# awaited, strategy await: Awaited, the task finishes, and main waits for it
      import asyncio
      import sys
      import time

      if sys.version_info < (3, 11):
          print("This program needs Python 3.11 or later.", file=sys.stderr)
          sys.exit(2)


      async def background_task():
          for i in range(5):
              print(f"Background task iteration {i}")
              await asyncio.sleep(0.1)
          print("finished")


      async def main():
          print("a")
          task = asyncio.create_task(background_task())
          print("task scheduled")
          await task
          print("b")


      print("Main program started python")
      asyncio.run(main())  # the main program stands still until the loop has closed
      for i in range(3):
          time.sleep(0.5)
          print(f"Main program iteration {i}")
      "
    `);
  });
  test("threaded", () => {
    expect(code("threaded", "--lang=python")).toMatchInlineSnapshot(`
      "# threaded, strategy thread: The loop in its own thread, beside a main that blocks
      import asyncio
      import sys
      import threading
      import time

      if sys.version_info < (3, 11):
          print("This program needs Python 3.11 or later.", file=sys.stderr)
          sys.exit(2)


      async def background_task():
          for i in range(5):
              print(f"Background task iteration {i}")
              await asyncio.sleep(1)
          print("finished")


      async def main():
          print("a")
          task = asyncio.create_task(background_task())
          await task
          print("b")


      print("Main program started python")
      thread = threading.Thread(target=asyncio.run, args=(main(),))
      thread.start()  # the main program goes on at once
      for i in range(3):
          time.sleep(3)
          print(f"Main program iteration {i}")
      thread.join()
      "
    `);
  });
});

describe("the article's listings in TypeScript say what JavaScript lacks:", () => {
  test("lost", () => {
    expect(code("lost")).toMatchInlineSnapshot(`
      "// lost, strategy detach: A task that nobody awaits is lost
      import { setTimeout as delay } from "node:timers/promises";

      // JavaScript has no loop that closes, and cancels nothing by itself: this signal does.
      const closing = new AbortController();
      const { signal } = closing;
      const tasks: Promise<void>[] = [];
      const sleep = (ms: number) => delay(ms, undefined, { signal });

      /** As asyncio's create_task: the first step comes when the current one gives way. */
      function start(task: () => Promise<void>) {
        const started = Promise.resolve().then(task);
        started.catch(() => {}); // it can only have been cancelled
        tasks.push(started);
        return started;
      }

      async function backgroundTask() {
        for (let i = 0; i < 5; i++) {
          console.log(\`Background task iteration \${i}\`);
          await sleep(1000);
        }
        console.log("finished");
      }

      async function launch() {
        console.log("a");
        start(backgroundTask); // nobody awaits it: what closes the loop cancels it
        console.log("b");
      }

      console.log(\`Main program started Bun \${Bun.version}\`);
      await launch();
      closing.abort(); // the loop closes: what is left is cancelled, and cleans up
      await Promise.allSettled(tasks);
      for (let i = 0; i < 3; i++) {
        Bun.sleepSync(3000);
        console.log(\`Main program iteration \${i}\`);
      }
      "
    `);
  });
  test("awaited", () => {
    expect(code("awaited")).toMatchInlineSnapshot(`
      "// awaited, strategy await: Awaited, the task finishes, and main waits for it

      /** As asyncio's create_task: the first step comes when the current one gives way. */
      const start = (task: () => Promise<void>) => Promise.resolve().then(task);

      async function backgroundTask() {
        for (let i = 0; i < 5; i++) {
          console.log(\`Background task iteration \${i}\`);
          await Bun.sleep(100);
        }
        console.log("finished");
      }

      async function launch() {
        console.log("a");
        const task = start(backgroundTask);
        console.log("task scheduled");
        await task;
        console.log("b");
      }

      console.log(\`Main program started Bun \${Bun.version}\`);
      await launch(); // main goes on when launch returns
      for (let i = 0; i < 3; i++) {
        Bun.sleepSync(500);
        console.log(\`Main program iteration \${i}\`);
      }
      "
    `);
  });
  test("threaded", () => {
    expect(code("threaded")).toMatchInlineSnapshot(`
      "// threaded, strategy thread: The loop in its own thread, beside a main that blocks

      async function backgroundTask() {
        for (let i = 0; i < 5; i++) {
          console.log(\`Background task iteration \${i}\`);
          await Bun.sleep(1000);
        }
        console.log("finished");
      }

      async function launch() {
        console.log("a");
        await backgroundTask();
        console.log("b");
      }

      if (Bun.isMainThread) {
        console.log(\`Main program started Bun \${Bun.version}\`);
        // main goes on at once
        new Worker(import.meta.url);
        for (let i = 0; i < 3; i++) {
          Bun.sleepSync(3000);
          console.log(\`Main program iteration \${i}\`);
        }
        // the process ends only when the Worker has: that is the join
      } else {
        await launch();
      }
      "
    `);
  });
});

describe("tandem code", () => {
  const refused = (words: string[], stdin = ""): string => {
    const { status, stdout, stderr } = tandem(["code", ...words], { stdin });
    expect({ status, stdout, lines: stderr.trim().split("\n").length }).toEqual({
      status: 2,
      stdout: "",
      lines: 1,
    });
    return stderr;
  };

  test("takes a strategy in place of the document's own", () => {
    expect(code("lost", "-l", "python", "-s", "thread,atExit=abandon")).toContain("daemon=True");
  });

  test("writes BullMQ for a durable queue, in one file for main and for workers", () => {
    const written = (...words: string[]): string => tandem(["code", ...words]).stdout;
    const text = written("asked-for", "-s", "durable,settle=gather,retry=2,backoff=500ms,lease=5s");
    for (const line of [
      `  async "report"() {`,
      `    console.log("report is done");`,
      "    concurrency: 4,",
      "    lockDuration: 5000, // renewed after half of that, by a timer: what holds the loop holds it up",
      `    defaultJobOptions: { attempts: 3, backoff: { type: "exponential", delay: 500 } },`,
      `    await hand("report", 1);`,
      `    for (const job of handed.get("report")!) await job.waitUntilFinished(events);`,
    ])
      expect(text.split("\n")).toContain(line);
    const copies = written("handed-over");
    expect(copies.split("\n")).toContain(`    await hand("mail", 2);`);
    // Nobody asks for a result, so nothing of results is there.
    expect(copies).not.toContain("events");
    for (const program of [text, copies])
      expect(new Bun.Transpiler({ loader: "ts" }).scanImports(program)).toMatchObject([
        { path: "bun" },
        { path: "bullmq" },
      ]);
  });

  test("says in one sentence what a language cannot express, and what can", () => {
    expect(refused(["handed-over", "--lang", "python"])).toContain("which has BullMQ");
    expect(refused(["queue", "--strategy", "durable"])).toContain("memory of one process");
    expect(refused(["floating", "--lang", "python"])).toContain("use --lang typescript");
    const calls = "name: own\nmain: [{ call: { module: ./own.ts } }]\n";
    expect(refused(["-", "--lang", "python"], calls)).toContain("line 2 calls ./own.ts");
    const back = `name: back
main: [launch, { receive: box }]
tasks: { a: [{ send: { channel: box, value: 1 } }, { receive: box }] }
channels: { box: {} }
strategy: thread
`;
    expect(refused(["-"], back)).toContain("use --lang python");
  });

  test("refuses a language or strategy that is none, with the nearest that is", () => {
    expect(refused(["lost", "--lang", "pyhton"])).toContain('did you mean "python"?');
    expect(refused(["lost", "--strategy", "thraed"])).toContain('did you mean "thread"?');
  });

  test("calls your own functions, in main and in tasks, from beside the document", () => {
    using own = temporaryFolder();
    own.file(
      "own.ts",
      `export default ({ args, print, sleep }: any) => { print("main", args.n); sleep(10); };
export async function work({ args, print, sleep, signal }: any) {
  print("work", args.n);
  try { await sleep(5000); } catch { print("aborted", signal.aborted); }
}
`,
    );
    const document = `name: own
main: [launch, { call: { module: ./own.ts, args: { n: 1 } } }]
tasks: { a: [{ call: { module: ./own.ts, export: work, args: { n: 2 } } }, print: never] }
strategy: detach
`;
    const program = own.file("program.ts", tandem(["code", "-"], { stdin: document }).stdout);
    expect(call([process.execPath, program])).toEqual({
      status: 0,
      stdout: "work 2\naborted true\nmain 1\n",
      stderr: "",
    });
  });
});
