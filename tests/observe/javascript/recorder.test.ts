/** What the recorder of a JavaScript process tells of programs, in Bun and in Node. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  type RecordedProgram,
  recordProgram,
  type Runtime,
} from "../../support/recorded-javascript.ts";
import type { RecordLine } from "../../../src/observe/javascript/record.ts";
import { allRounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { undisturbed } from "../../support/undisturbed.ts";
import { unless } from "../../support/skipped.ts";

setDefaultTimeout(patience);

const runtimes: Runtime[] = Bun.which("node") === null ? ["bun"] : ["bun", "node"];

const sleeping = `import { setTimeout as sleep } from "node:timers/promises";`;

/** The events of some types, and the definitions of actors, in the order of time. */
const told = ({ events }: Pick<RecordedProgram, "events">, ...types: string[]): string[] =>
  events.filter((event) => types.includes(event.slice(0, event.indexOf(" "))));

/** What can wake the main thread, as it was told last. */
const aliveIn = (lines: readonly RecordLine[]): readonly string[] =>
  lines.flatMap((line) => (line[0] === "alive" && line[1] === 1 ? [line[2]] : [])).at(-1) ?? [];

describe.each(runtimes)("in %s", (runtime) => {
  let turn = 0;
  /** In the suite on one of the runtimes, by turns, and by the laws on each. */
  const testByTurns = (title: string, body: () => Promise<void>): void => {
    const isInTurn = turn++ % runtimes.length === runtimes.indexOf(runtime);
    if (allRounds || isInTurn) test(`law: ${title}`, body);
  };
  const record = (source: string, options: Parameters<typeof recordProgram>[2] = {}) =>
    recordProgram(runtime, { "app.mjs": source }, options);

  /** A test of what computes: a busy machine may leave too few looks at it. */
  const testOfComputing = (title: string, body: () => Promise<void>): void =>
    testByTurns(title, () => undisturbed(body));

  testByTurns(
    "a call that is cut off stands at its await, was made where it was called, and floats where its promise was dropped",
    async () => {
      const run = await record(`${sleeping}
async function inner() {
  await sleep(5000);
}
async function outer() {
  await inner();
}
outer();
void inner();
const kept = inner();
await sleep(30);
process.exit(3);
`);
      expect(run.exitCode).toBe(3);
      expect(told(run, "=", "floated", "exit-called")).toEqual([
        "= main main",
        "= outer call at 8 code 5 by main",
        "= inner call at 6 code 2 by outer",
        "= inner#2 call at 9 code 2 by main",
        "= inner#3 call at 10 code 2 by main",
        `floated outer at 8 "statement"`,
        `floated inner#2 at 9 "void"`,
        "exit-called 3 main at 12",
      ]);
      expect(told(run, "stood-at", "waits-for")).toEqual(
        expect.arrayContaining([
          `stood-at inner at 3 "inner"`,
          `waits-for inner "timer"`,
          `stood-at outer at 6 "outer"`,
          "waits-for outer whom inner",
          `stood-at inner#3 at 3 "inner"`,
        ]),
      );
      expect(told(run, "task-ended")).toEqual([]);
    },
  );

  testByTurns(
    "calls that are over before anything is written are summed up by function and place",
    async () => {
      const run = await record(`
async function quick(value) {
  await null;
  return value;
}
for (let i = 0; i < 50; i++) await quick(i);
for (let i = 0; i < 3; i++) await quick(i);
`);
      expect(told(run, "=", "task-ended")).toEqual([
        "= main main",
        "= quick call at 6 code 2 by main",
        "= quick#2 call at 7 code 2 by main",
        "task-ended finished quick",
        "task-ended finished quick#2",
      ]);
      expect(told(run, "alike").map((event) => event.replace(/ longest.*/, ""))).toEqual([
        "alike 49 quick",
        "alike 2 quick#2",
      ]);
    },
  );

  testByTurns(
    "a call that has come to another wait waits no longer for what it waited for before, whether the new one is known or not",
    async () => {
      const run = await record(`${sleeping}
const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
// The recorder writes every 20 ms of what is 10 ms old: once at least before the last of these.
async function load() {
  for (let times = 0; times < 4; times++) await sleep(30);
}
async function through() {
  await load();
  for await (const each of never) each();
}
async function besides() {
  await load();
  const then = { then() {} };
  await then;
}
through();
besides();
`);
      expect(told(run, "waits-for").filter((event) => !event.includes("timer"))).toEqual([
        "waits-for through whom load",
        "waits-for besides whom load#2",
        `waits-for through "next value"`,
        "waits-for besides",
      ]);
    },
  );

  testByTurns("a callback whose promise is ignored floats, at what ignores it", async () => {
    const run = await record(`${sleeping}
async function update() {
  await sleep(5000);
}
[1, 2].forEach(async (each) => {
  await update(each);
});
process.on("custom", async () => {
  await update();
});
process.emit("custom");
process.exit();
`);
    expect(told(run, "floated")).toEqual([
      `floated forEach callback at 5 "forEach"`,
      `floated forEach callback#2 at 5 "forEach"`,
      `floated custom listener at 8 "on"`,
    ]);
  });

  testByTurns(
    "listeners for the end are registered, and begin where the process comes to them",
    async () => {
      const run = await record(`${sleeping}
process.on("beforeExit", () => console.log("never"));
process.on("exit", () => console.log("at exit"));
process.once("exit", async () => {
  await sleep(10);
});
process.exit(0);
`);
      expect(run.stdout).toBe("at exit\n");
      expect(told(run, "handler-registered", "handler-began", "handler-ended", "stood-at")).toEqual(
        [
          `handler-registered 0 at 2 "beforeExit listener" < 2`,
          `handler-registered 1 at 3 "exit listener" < 3`,
          `handler-registered 2 at 4 "exit listener" < 4`,
          "handler-began 1",
          "handler-ended 1",
          "handler-began 2",
          `stood-at exit listener at 5 "exit listener"`,
        ],
      );
    },
  );

  testByTurns(
    "a failure has the line that threw, and is heard at the catch that takes it; who passes it on fails with it",
    async () => {
      const run = await record(`${sleeping}
function check(value) {
  if (value > 1) throw new TypeError("too large");
}
async function work(value) {
  await sleep(60);
  check(value);
}
async function middle() {
  await work(2);
}
async function top() {
  try {
    await middle();
  } catch (error) {
    return error.message;
  }
}
await top();
await work(5).catch(() => {});
`);
      expect(told(run, "task-ended", "heard")).toEqual([
        `task-ended failed work at 3 "too large"`,
        `task-ended failed middle at 10 "too large" from work`,
        "heard raised work at 15 in top",
        "task-ended finished top",
        `task-ended failed work#2 at 3 "too large"`,
        "heard raised work#2 at 20",
      ]);
    },
  );

  testByTurns(
    "what is given to code that is not seen fails, and that code hears of it",
    async () => {
      const run = await record(`
const library = new Function("f", "const given = f(); given.then(null, (error) => console.log(error.message));");
library(async () => {
  await null;
  throw new Error("taken");
});
setTimeout(() => {}, 60);
`);
      expect(run.exitCode).toBe(0);
      expect(told(run, "task-ended", "heard", "error-logged")).toEqual([
        `task-ended failed library callback at 5 "taken"`,
        "heard raised library callback",
      ]);
    },
  );

  testByTurns(
    "a rejection that a library takes and does not handle ends the process, and is logged",
    async () => {
      const run = await record(`
const library = new Function("f", "(async () => { await f(); })();");
setTimeout(() => {
  library(async () => {
    await null;
    throw new Error("passed on");
  });
}, 10);
setTimeout(() => {}, 5000);
`);
      expect(run.exitCode).toBe(1);
      expect(told(run, "task-ended", "heard", "error-logged")).toEqual([
        `task-ended failed library callback at 6 "passed on"`,
        expect.stringMatching(
          /^error-logged .*unhandled-rejection|^error-logged unhandled-rejection/,
        ),
      ]);
    },
  );

  testByTurns(
    "a runner's own module is told to have ended, and what it hears of before its process.exit as heard",
    async () => {
      const run = await recordProgram(runtime, {
        "node_modules/runner/run.mjs": `
import { test } from "../../app.mjs";
test().then(null, () => {});
setTimeout(() => {
  const until = Date.now() + 5;
  while (Date.now() < until);
  process.exit(0);
}, 20);
await new Promise(() => {});
`,
        "app.mjs": `export async function test() {
  await new Promise((go) => setTimeout(go, 10));
  throw new Error("no");
}
`,
      });
      expect(run.exitCode).toBe(0);
      // What then() returned is told as well, where there is time for it before the exit.
      const all = told(run, "main-ended", "task-ended", "heard");
      expect(all.filter((line) => line !== "task-ended finished test#2")).toEqual([
        `task-ended failed test at 3 "no"`,
        "heard raised test",
        "main-ended finished main",
      ]);
    },
  );

  testByTurns(
    "what a listener for unhandled rejections or for uncaught exceptions hears of is told as heard",
    async () => {
      const run = await record(`
process.on("unhandledRejection", (error) => console.log(error.message));
process.on("uncaughtException", (error) => console.log(error.message));
async function fails() {
  await null;
  throw new Error("rejected");
}
void fails();
setTimeout(() => {
  throw new Error("thrown");
}, 10);
setTimeout(() => {}, 60);
`);
      expect(run.exitCode).toBe(0);
      expect(told(run, "task-ended", "heard", "error-logged")).toEqual([
        `task-ended failed fails at 6 "rejected"`,
        "heard raised fails",
        `task-ended failed timer callback at 10 "thrown"`,
        "heard raised timer callback",
      ]);
    },
  );

  testByTurns(
    "what Promise.all has failed without goes on, and a second failure is heard by nobody",
    async () => {
      const run = await record(`${sleeping}
async function insert(name, ms) {
  await sleep(ms);
  if (name.startsWith("bad")) throw new Error(name);
}
async function save() {
  await Promise.all(["good", "bad one", "slow", "bad two"].map((row, i) => insert(row, 60 + 60 * i)));
}
try {
  await save();
} catch {}
await sleep(300);
`);
      expect(told(run, "settled-race", "task-ended", "heard")).toEqual([
        "task-ended finished insert",
        `task-ended failed insert#2 at 4 "bad one"`,
        `settled-race insert#3 at 7 "all"`,
        `settled-race insert#4 at 7 "all"`,
        `task-ended failed save at 7 "bad one" from insert#2`,
        "heard raised insert#2 at 11 in main",
        "task-ended finished insert#3",
        `task-ended failed insert#4 at 4 "bad two"`,
        "heard nobody insert#4",
      ]);
    },
  );

  testByTurns("the losers of a race are those that have not ended when it settles", async () => {
    const run = await record(`${sleeping}
async function fetched(ms) {
  await sleep(ms);
}
async function limit() {
  await sleep(60);
}
await Promise.race([fetched(150), fetched(5000), limit()]);
await sleep(200);
process.exit();
`);
    expect(told(run, "settled-race", "task-ended", "used")).toEqual([
      `used fetched at 8 "race" by main`,
      `used fetched#2 at 8 "race" by main`,
      `used limit at 8 "race" by main`,
      "task-ended finished limit",
      `settled-race fetched at 8 "race"`,
      `settled-race fetched#2 at 8 "race"`,
      "task-ended finished fetched",
    ]);
  });

  testByTurns(
    "whoever wins a race is told, however quick it was: its like are no longer wanted then",
    async () => {
      const run = await record(`${sleeping}
async function mirror(ms) {
  await sleep(ms);
}
await Promise.race([mirror(1), mirror(150)]);
await sleep(200);
`);
      expect(told(run, "settled-race", "task-ended", "used").sort()).toEqual([
        `settled-race mirror#2 at 5 "race"`,
        "task-ended finished mirror",
        "task-ended finished mirror#2",
        `used mirror at 5 "race" by main`,
        `used mirror#2 at 5 "race" by main`,
      ]);
    },
  );

  testByTurns(
    "a rejection that nobody has handled in time ends the process, and is logged",
    async () => {
      const run = await record(`${sleeping}
async function price() {
  await sleep(60);
  throw new Error("down");
}
const early = price();
try {
  await sleep(200);
  await early;
} catch {}
`);
      expect(run.exitCode).toBe(1);
      expect(told(run, "task-ended", "error-logged")).toEqual([
        `task-ended failed price at 4 "down"`,
        "error-logged unhandled-rejection price",
      ]);
    },
  );

  testOfComputing(
    "a turn of awaits that never gives way holds the loop, at its await, and makes timers late",
    async () => {
      const run = await record(`
const began = Date.now();
async function poll() {
  while (Date.now() - began < 700) {
    await null;
  }
}
setTimeout(() => {}, 50);
await poll();
`);
      // A machine may have kept the first slice waiting for its memory as well.
      const steps = told(run, "step-began", "step-ended").slice(-2);
      expect(steps.map((event) => event.replace(/ (cpu|turns).*/, ""))).toEqual([
        "step-began poll at 5",
        "step-ended poll at 5",
      ]);
      expect(Number(/turns (\d+)/.exec(steps[1]!)![1])).toBeGreaterThan(1000);
      const [late] = told(run, "late");
      expect(late).toEndWith("timer callback at 8");
      expect(Number(/late (\d+)/.exec(late!)![1])).toBeGreaterThan(300_000);
    },
  );

  testOfComputing(
    "a blocking call holds the loop, by whoever is in it, and calls behind timers are late",
    async () => {
      const run = await record(`${sleeping}
import { execFileSync } from "node:child_process";
async function probe() {
  for (let i = 0; i < 3; i++) {
    await sleep(50);
  }
}
function render() {
  return execFileSync("sleep", ["0.4"]);
}
async function route() {
  return render();
}
const probing = probe();
await sleep(20);
await route();
await probing;
`);
      expect(
        told(run, "step-began", "step-ended").map((event) => event.replace(/ cpu.*/, "")),
      ).toEqual(["step-began route at 9", `step-ended route at 9 "execFileSync"`]);
      const [late, ...others] = told(run, "late");
      expect(late).toEndWith("probe at 5");
      expect(Number(/late (\d+)/.exec(late!)![1])).toBeGreaterThan(300_000);
      expect(others).toEqual([]);
    },
  );

  testByTurns(
    "an error in a timer's callback is its failure, one at the top of the module main's",
    async () => {
      const inTimer = await record(`
function broken() {
  throw new Error("in a timer");
}
setTimeout(() => {
  broken();
}, 5);
`);
      expect(inTimer.exitCode).toBe(1);
      expect(told(inTimer, "main-ended", "task-ended", "error-logged")).toEqual([
        "main-ended finished main",
        `task-ended failed timer callback at 3 "in a timer"`,
        "error-logged uncaught-exception timer callback",
      ]);
      const atTop = await record(`
async function load() {
  await null;
  throw new Error("at the top");
}
await load();
`);
      expect(atTop.exitCode).toBe(1);
      expect(told(atTop, "main-ended", "task-ended", "error-logged")).toEqual([
        `task-ended failed load at 4 "at the top"`,
        `main-ended failed main at 4 "at the top"`,
        "error-logged main-failed load",
      ]);
    },
  );

  testByTurns(
    "what keeps a program whose main has ended is told with the line that made it, and nothing that was stopped",
    async () => {
      const run = await record(
        `
import { createServer } from "node:http";
import { Worker } from "node:worker_threads";
const stopped = createServer();
stopped.listen(0, () => stopped.close());
const cleared = setInterval(() => {}, 10);
clearInterval(cleared);
setInterval(() => {}, 100_000).unref();
setInterval(() => {}, 100_000);
createServer().listen(0);
new Worker("setTimeout(() => {}, 100_000)", { eval: true });
`,
        {
          until: ({ lines, events }) =>
            told({ events }, "handle-alive").length === 3 && !aliveIn(lines).includes("other"),
        },
      );
      expect(run.lines.filter(([is]) => is === "trouble")).toEqual([]);
      expect(told(run, "handle-alive").toSorted()).toEqual([
        `handle-alive main at 10 "server"`,
        `handle-alive main at 11 "worker"`,
        `handle-alive main at 9 "interval"`,
      ]);
      expect(aliveIn(run.lines)).toEqual(
        runtime === "bun" ? ["interval", "server", "worker"] : ["server", "timer", "worker"],
      );
    },
  );

  testByTurns("a Worker is a thread, with calls of its own and the line that made it", async () => {
    const run = await recordProgram(runtime, {
      "app.mjs": `
import { once } from "node:events";
import { Worker } from "node:worker_threads";
const worker = new Worker(new URL("./job.mjs", import.meta.url));
await once(worker, "exit");
`,
      "job.mjs": `${sleeping}
async function work(ms) {
  await sleep(ms);
}
async function drift() {
  await sleep(5000);
}
drift().then(() => {});
await work(60);
process.exit(0);
`,
    });
    expect(run.lines.filter(([is]) => is === "trouble")).toEqual([]);
    const events = told(run, "=", "thread-started", "thread-ended", "floated", "exit-called");
    expect(events.toSorted()).toEqual([
      "= drift call at 8 code 5 by thread",
      "= main main",
      "= thread thread at 4 by main",
      "= work call at 9 code 2 by thread",
      `exit-called 0 thread at 10 "exit"`,
      `floated drift at 8 "statement"`,
      "thread-ended thread",
      "thread-started thread",
    ]);
    const threads = run.lines.filter(([is]) => is === "thread").map(([, , name]) => name);
    expect(threads).toEqual(["main", "worker 1"]);
  });

  testByTurns(
    "whoever ends a Worker is told with the line, also where a function does it that is handed on",
    async () => {
      const run = await recordProgram(runtime, {
        "app.mjs": `
import { once } from "node:events";
import { Worker } from "node:worker_threads";
const workers = [1, 2].map(() => new Worker(new URL("./job.mjs", import.meta.url)));
await Promise.all(workers.map((worker) => once(worker, "message")));
const end = (worker) => worker.terminate();
await Promise.all(workers.map(end));
workers[0].terminate();
`,
        "job.mjs": `
import { parentPort } from "node:worker_threads";
parentPort.on("message", () => {});
parentPort.postMessage("ready");
`,
      });
      expect(run.lines.filter(([is]) => is === "trouble")).toEqual([]);
      const ends = run.lines.filter(([, , type]) => type === "exit-called");
      expect(new Set(ends.map(([, , , thread]) => thread)).size).toBe(2);
      const terminated = `exit-called 1 main at 6 "terminate"`;
      expect(told(run, "exit-called")).toEqual([terminated, terminated]);
    },
  );

  testByTurns("what has just begun is told before the process kills itself", async () => {
    const run = await record(`${sleeping}
async function store() {
  await sleep(5000);
}
async function work() {
  await sleep(50);
  store();
  process.kill(process.pid, "SIGKILL");
}
await work();
`);
    expect(told(run, "floated")).toEqual(['floated store at 7 "statement"']);
    expect(told(run, "stood-at")).toContain('stood-at store at 3 "store"');
  });

  test.skipIf(runtime === "bun")(
    `what process.exit cuts off of the output is counted${unless(runtime !== "bun", "Bun writes all of it")}`,
    async () => {
      const run = await record(`
process.stdout.write("x".repeat(4_000_000));
process.exit(0);
`);
      const [cut] = told(run, "output-cut");
      expect(cut).toMatch(/^output-cut \d+ main at 3 "stdout"$/);
      const bytes = Number(cut!.split(" ")[1]);
      expect(run.stdout.length).toBeLessThan(4_000_000);
      expect(bytes).toBe(4_000_000 - run.stdout.length);
      const short = await record(`console.log("all of it"); process.exit(0);`);
      expect(told(short, "output-cut")).toEqual([]);
    },
  );

  testOfComputing(
    "what computes for long holds the loop at the line where it stood, in whichever function that is",
    async () => {
      const program = `${sleeping}
const text = JSON.stringify(Array.from({ length: 20_000 }, (_, key) => ({ key, of: "key " + key })));
const begin = () => performance.now() + 1000;
function parse(until) {
  while (performance.now() < until)
    JSON.parse(text);
}
function match(until) {
  const letters = "a".repeat(18) + "b";
  while (performance.now() < until)
    /^(a+)+$/.test(letters);
}
function sort(until) {
  while (performance.now() < until) {
    const list = Array.from({ length: 1000 }, (_, at) => (at * 7919) % 1000);
    list.sort((a, b) => {
      return String(a).padStart(30).localeCompare(String(b).padStart(30));
    });
  }
}
async function handle(compute) {
  await sleep(100);
  compute(begin());
}
for (const compute of [parse, match, sort]) await handle(compute);
`;
      const run = await record(program);
      expect(told(run, "step-ended").map((event) => event.replace(/ cpu.*/, ""))).toEqual([
        "step-ended handle at 6",
        "step-ended handle#2 at 11",
        "step-ended handle#3 at 17",
      ]);
      expect(run.stderr).toBe("");
      expect(told(run, "step-began")).toHaveLength(3);
    },
  );

  testByTurns(
    "a promise that a library gives whoever calls it by a parameter's name is not that of a call which the loop has made before",
    async () => {
      const run = await record(`${sleeping}
setTimeout(async () => {
  await sleep(200);
}, 10);
async function wait(run) {
  await sleep(50);
  await run(30);
}
await wait(sleep);
process.exit();
`);
      expect(told(run, "waits-for").filter((event) => event.includes("whom"))).toEqual([
        "waits-for main whom wait",
      ]);
    },
  );

  testOfComputing(
    "what holds the loop when main is over is not main, but a callback where no site tells of it",
    async () => {
      const run = await record(`import { readFile } from "node:fs";
readFile(process.argv[1], () => {
  const until = Date.now() + 1000;
  while (Date.now() < until);
});
setTimeout(() => {}, 200);
`);
      // On a busy machine what looks gets no core, and the line is not told.
      const [hold, ...more] = told(run, "step-ended");
      expect(hold).toMatch(/^step-ended callback(?: at 4)? cpu/);
      expect(more).toEqual([]);
      expect(told(run, "=")).toContain("= callback callback");
    },
  );

  testOfComputing(
    "a loop holds by its function, and its line if there is time to look, where its process ends right behind it, of which nothing shows",
    async () => {
      const run = await record(`${sleeping}
async function spin() {
  await sleep(60);
  let sum = 0;
  const until = Date.now() + 500;
  while (Date.now() < until) sum += Math.hypot(sum, until) % 7;
  return sum;
}
setTimeout(async () => {
  await spin();
  process.exit(3);
}, 100);
`);
      expect(run.exitCode).toBe(3);
      expect(run.stderr).toBe("");
      const [hold, ...more] = told(run, "step-ended");
      // What looks gets no core on a busy machine, and main does not wait for it: then it is where the function begins.
      expect(hold).toMatch(/^step-ended spin at [26] /);
      expect(more).toEqual([]);
    },
  );

  testOfComputing(
    "a turn of callbacks that no site tells of holds the loop all the same",
    async () => {
      const run = await record(`
const until = performance.now() + 700;
function parse() {
  if (performance.now() < until) process.nextTick(parse);
}
setTimeout(() => {}, 50);
parse();
`);
      // At the line where it stood, or where its function begins, where samples say so.
      const steps = told(run, "step-began", "step-ended").map((event) =>
        event.replace(/ cpu.*/, "").replace(/ at [34]$/, ""),
      );
      expect(steps).toEqual(["step-began callback", "step-ended callback"]);
      const [late] = told(run, "late");
      expect(late).toEndWith("timer callback at 6");
      expect(Number(/late (\d+)/.exec(late!)![1])).toBeGreaterThan(400_000);
    },
  );

  testByTurns(
    "main that stands in Atomics.wait for ever is told to, with what it was about before",
    async () => {
      const run = await record(
        `${sleeping}
async function work() {
  await sleep(10);
}
function block(flag) {
  Atomics.wait(flag, 0, 0);
}
work();
block(new Int32Array(new SharedArrayBuffer(4)));
`,
        { until: (run) => told(run, "waits-for").includes(`waits-for main "Atomics.wait"`) },
      );
      expect(run.exitCode).toBe(null);
      expect(told(run, "step-began", "step-ended", "stood-at", "waits-for", "floated")).toEqual([
        "step-began main at 6",
        `floated work at 8 "statement"`,
        `stood-at work at 3 "work"`,
        `waits-for work "timer"`,
        "stood-at main at 6",
        `waits-for main "Atomics.wait"`,
      ]);
    },
  );

  testByTurns("what computes for ever is told while it does", async () => {
    const run = await record(
      `
function spin() {
  for (let n = 1; ; n++) if (n < 0) return n;
}
async function route() {
  await null;
  return spin();
}
await new Promise((go) => setTimeout(go, 80));
await route();
`,
      { until: (run) => told(run, "stood-at").at(-1) === "stood-at main at 5" },
    );
    expect(run.exitCode).toBe(null);
    const last = told(run, "step-began", "step-ended", "stood-at").slice(-2);
    // It is known which function of those that are followed main went into, and no more.
    expect(last).toEqual(["step-began main at 5", "stood-at main at 5"]);
  });

  testByTurns(
    "a new Promise that a handler waits for is told while it is pending, by the call that it came out of",
    async () => {
      const run = await record(`${sleeping}
function answer() {
  return new Promise(() => {});
}
function soon() {
  return new Promise((resolve) => setTimeout(resolve, 300));
}
answer().then(() => {});
soon().then(() => {});
const all = Promise.all([answer()]);
all.catch(() => {});
void new Promise(() => {});
await sleep(700);
process.exit();
`);
      expect(run.lines.filter(([is]) => is === "trouble")).toEqual([]);
      expect(told(run, "=").toSorted()).toEqual([
        "= answer promise at 8 code 3 by main",
        "= answer#2 promise at 10 code 3 by main",
        "= main main",
        "= soon promise at 9 code 6 by main",
      ]);
      expect(told(run, "task-ended")).toEqual(["task-ended finished soon"]);
      expect(told(run, "used")).toEqual([
        `used answer at 8 "then" by main`,
        `used soon at 9 "then" by main`,
        `used answer#2 at 10 "all" by main`,
      ]);
    },
  );

  testByTurns(
    "a method that is handed over as it stands was called by way of where that is, and floats there",
    async () => {
      const run = await recordProgram(runtime, {
        "app.mjs": `import { EventEmitter } from "node:events";
import { other } from "./other.mjs";
class Store {
  constructor(events) {
    events.on("save", this.save);
    events.on("load", this.#load.bind(this));
  }
  async save() {
    await new Promise(() => {});
  }
  async #load() {
    await new Promise(() => {});
  }
}
const events = new EventEmitter();
new Store(events);
other(events);
for (const each of ["save", "load", "other"]) events.emit(each);
setTimeout(() => process.exit(), 60);
`,
        "other.mjs": `const listeners = { async save() { await new Promise(() => {}); } };
export const other = (events) => Reflect.apply(events.on, events, ["other", listeners.save]);
`,
      });
      expect(told(run, "floated")).toEqual([
        `floated Store.save at 5 "on"`,
        `floated Store.#load at 6 "on"`,
      ]);
      expect(told(run, "=").filter((event) => / call (?:at|code)/.test(event))).toEqual([
        "= Store.save call at 5 code 8 by main",
        "= Store.#load call at 6 code 11 by main",
        "= save call code 1 by main",
      ]);
    },
  );

  testByTurns(
    "what ends by an abort is cancelled by who aborted it; where that is not known it has failed",
    async () => {
      const run = await recordProgram(runtime, {
        "app.mjs": `${sleeping}
import { stopped } from "lib";
async function load(signal) {
  await sleep(5000, null, { signal });
}
async function save(signal) {
  const end = await load(signal).catch(() => new Error("not saved"));
  throw end;
}
async function settle(...all) {
  await Promise.allSettled(all);
}
const controllers = [1, 2].map(() => new AbortController());
async function stop() {
  for (const each of controllers) each?.abort();
}
const all = settle(load(controllers[0].signal), save(controllers[1].signal));
await stop();
await all;
await settle(load(stopped), load(AbortSignal.timeout(1)));
`,
        "node_modules/lib/package.json": `{"type":"module","main":"index.js"}`,
        "node_modules/lib/index.js": `const own = new AbortController();
own.abort();
export const stopped = own.signal;
`,
      });
      expect(run.lines.filter(([is]) => is === "trouble")).toEqual([]);
      expect(told(run, "cancel-requested")).toEqual([
        "cancel-requested program load at 15 by stop",
        "cancel-requested program load#2 at 15 by stop",
        "cancel-requested timed-out load#4 at 20 by main",
      ]);
      expect(told(run, "task-ended").filter((event) => /load|save/.test(event))).toEqual([
        `task-ended cancelled load "The operation was aborted"`,
        `task-ended cancelled load#2 "The operation was aborted"`,
        `task-ended failed save at 7 "not saved"`,
        `task-ended failed load#3 at 4 "The operation was aborted"`,
        `task-ended cancelled load#4 "The operation was aborted"`,
      ]);
    },
  );

  testByTurns(
    "of a program that awaits all it begins nothing is told but what it did",
    async () => {
      const run = await record(`${sleeping}
async function step(ms) {
  await sleep(ms);
  return ms;
}
class Server {
  async handle(ms) {
    const parts = await Promise.all([step(ms), step(ms + 1)]);
    return parts.length;
  }
  async *stream() {
    yield await step(1);
    yield await step(2);
  }
}
const server = new Server();
await server.handle(1);
for await (const each of server.stream()) await server.handle(each);
await Promise.allSettled([1, 2, 3].map(async (ms) => step(ms)));
`);
      expect(run.stderr).toBe("");
      expect(
        told(run, "floated", "heard", "settled-race", "step-began", "late", "error-logged"),
      ).toEqual([]);
      expect(run.lines.filter(([is]) => is === "trouble")).toEqual([]);
      expect(told(run, "main-ended")).toEqual(["main-ended finished main"]);
      const begun = told(run, "task-created").length;
      expect(told(run, "task-ended")).toHaveLength(begun);
    },
  );
});
