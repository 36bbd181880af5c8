/**
 * `tandem code`: the program it prints in TypeScript is run, and prints what a run in virtual time
 * prints. Those in Python are held to the instant, in python.test.ts.
 *
 * What is compared is each thread's own lines in order; a program does not say which thread a line
 * is of, so that is known by its text.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { findFindings } from "../../src/analysis/findings.ts";
import { readOutcome } from "../../src/analysis/outcome.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { emitProgram } from "../../src/emit/emit.ts";
import { type RunResult, toJson } from "../../src/export/json.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import { sideBySide } from "../support/real.ts";
import { documents } from "./documents.ts";
import { call, environment, tandem, temporaryFolder } from "../support/tandem.ts";

// The last one may wait for all the others.
setDefaultTimeout(180_000);

/** How many times as fast the programs run as their scenarios say: gaps of 250 ms become 50 ms. */
const fast = 5;

const folder = temporaryFolder();
process.on("exit", () => folder[Symbol.dispose]());

/** Every duration divided by `speed`. */
function faster<Plain>(plain: Plain, speed: number): Plain {
  return JSON.parse(JSON.stringify(plain), (key, value: unknown) =>
    ["ticks", "timeout", "grace", "takes"].includes(key) && typeof value === "number"
      ? Math.round(value / speed)
      : value,
  ) as Plain;
}

interface Case {
  scenario: Scenario;
  strategy: Strategy;
}

interface Ended {
  program: string;
  lines: string[];
  status: number;
  stderr: string;
}

function model({ scenario, strategy }: Case): RunResult {
  const log = runVirtually({ scenario, strategy, runtime: `Bun ${Bun.version}` });
  const outcome = readOutcome({ scenario, strategy, driver: "virtual", speed: 1 }, log);
  return toJson(outcome, findFindings(outcome, null));
}

let files = 0;

async function perform({ scenario, strategy }: Case, speed: number): Promise<Ended> {
  const program = emitProgram(faster(scenario, speed), faster(strategy, speed), "typescript");
  const file = folder.file(`program-${files++}.ts`, program);
  const child = Bun.spawn([process.execPath, file], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: environment(),
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { program, lines: stdout.split("\n").slice(0, -1), status, stderr };
}

/** What a program printed on each thread, and how it ended, beside what it should have. */
function essences(expected: RunResult, { lines, status }: Ended) {
  const of = (thread: string): string[] =>
    expected.prints.filter((print) => print.thread === thread).map(({ text }) => text);
  const main = of("main");
  const loop = of("loop");
  expect(main.filter((line) => loop.includes(line))).toEqual([]);
  const found = {
    main: lines.filter((line) => main.includes(line)),
    loop: lines.filter((line) => !main.includes(line)),
    status,
  };
  return { found, expected: { main, loop, status: expected.exitCode! } };
}

/** Programs that run side by side as soon as the first of them is asked for. */
class Programs {
  readonly #cases: Case[] = [];
  readonly #ended = new Map<Case, PromiseWithResolvers<Ended>>();
  /** When every program has ended. */
  #all: Promise<void> | undefined;

  /** A test for each of the cases that come to an end. */
  add(cases: Case[]): void {
    for (const one of cases) {
      const { scenario, strategy } = one;
      const expected = model(one);
      const title = `${scenario.name} under ${strategy.name}`;
      if (expected.main.status === "deadlocked") continue;
      this.#cases.push(one);
      this.#ended.set(one, Promise.withResolvers());
      test(title, async () => this.#compare(one, expected));
    }
  }

  /** A machine that is busy may take up a gap between two events; hardly one that is five times as long. */
  async #compare(one: Case, model: RunResult): Promise<void> {
    const first = essences(model, await this.#endOf(one));
    if (Bun.deepEquals(first.found, first.expected)) return;
    // Nor one that has the machine to itself.
    await this.#all;
    const ended = await perform(one, 1);
    const { found, expected } = essences(model, ended);
    if (!Bun.deepEquals(found, expected)) console.error(`${ended.program}\n${ended.stderr}`);
    expect(found).toEqual(expected);
  }

  #endOf(one: Case): Promise<Ended> {
    this.#all ??= sideBySide(this.#cases, 10, async (next) => {
      const { resolve, reject } = this.#ended.get(next)!;
      await perform(next, fast).then(resolve, reject);
    });
    return this.#ended.get(one)!.promise;
  }
}

const programs = new Programs();

function casesOf(scenario: Scenario, strategies: Strategy[]): Case[] {
  return strategies.map((strategy) => ({ scenario, strategy }));
}

describe("the program prints what the scenario prints, and ends as it does:", () => {
  for (const { text, file } of catalogue) {
    const scenario = parseScenario(text, file);
    programs.add(casesOf(scenario, scenario.compare!));
  }
});

describe("beyond the catalogue:", () => {
  for (const [strategies, document] of documents)
    programs.add(
      casesOf(
        parseScenario(document, "document.yaml"),
        strategies.split(" ").map((text) => parseStrategy(text)),
      ),
    );
});

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

  test("says in one sentence what a language cannot express, and what can", () => {
    expect(refused(["floating", "--lang", "python"])).toContain("use --lang typescript");
    const calls = "name: own\nmain: [{ call: { module: ./own.ts } }]\n";
    expect(refused(["-", "--lang", "python"], calls)).toContain("line 2 calls ./own.ts");
    const back = `name: back
main: [launch, { receive: box }]
tasks: { a: [{ send: { channel: box, value: 1 } }] }
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
