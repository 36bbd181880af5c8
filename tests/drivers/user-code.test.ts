/** `call`: the user's own functions, wherever a step can stand, as a user meets them on the command line. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { RunResult } from "../support/simulate.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";
import { undisturbed } from "../support/undisturbed.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

mkdirSync(join(folder.path, "node_modules/shout"), { recursive: true });
folder.file("node_modules/shout/package.json", `{"name":"shout","main":"lib.js"}`);
folder.file("node_modules/shout/lib.js", `exports.shout = (text) => text.toUpperCase() + "!";\n`);
folder.file("helper.ts", `export enum Size { small = 1, large }\n`);
folder.file("data.json", `{ "answer": 42 }`);
folder.file("syntax.ts", `export default function ( {\n  return 1;\n}\n`);
folder.file("broken.ts", `\nthrow new Error("broken at load");\n`);
folder.file(
  "job.ts",
  `import { shout } from "shout";
import { Size } from "./helper.ts";
import data from "./data.json";

export default async function job({ args, print, sleep }: any) {
  print("args " + JSON.stringify(args));
  console.log("size %d", Size.large);
  await sleep(20);
  console.log(shout("ready"), data.answer);
}
export function sync({ print, sleep }: any) { print("before"); sleep("30ms"); print("after"); }
export function boom() {
  throw new TypeError("boom");
}
export async function rejects({ sleep }: any) { await sleep(5); throw new Error("too late"); }
export function text() { throw "just text"; }
export function promised() { return Bun.sleep(5); }
export function stray() { void Promise.reject(new Error("stray")); }
export async function timer({ sleep }: any) { setTimeout(() => { throw new Error("in a timer"); }, 5); await sleep(100); }
export function exits() { process.exit(7); }
export function blocks() {
  Bun.sleepSync(150);
}
export function spins() { const end = performance.now() + 150; while (performance.now() < end); }
export async function spinsLater({ sleep }: any) { await sleep(10); spins(); }
export async function obeys({ sleep, print }: any) {
  try { await sleep("30s"); } finally { print("cleaning up"); }
}
export async function produce({ send, args }: any) { for (const n of args) await send("line", { n }); }
export function consume({ receive, print, args }: any) { for (let k = 0; k < args; k++) print("got " + receive("line").n); }
export async function many() { for (let k = 0; k < 2000; k++) console.log("line " + k); }
`,
);

interface Called {
  status: number;
  result: RunResult;
  stderr: string;
}

/** Runs a document of the folder. */
async function run(document: object, strategy: string, ...args: string[]): Promise<Called> {
  const file = folder.file("scenario.json", JSON.stringify({ name: "user-code", ...document }));
  const called = await tandemHere(["run", file, "--strategy", strategy, "--json", ...args], {
    cwd: "/",
  });
  expect(called.stderr).not.toMatch(/\n\s+at /);
  return {
    status: called.status,
    stderr: called.stderr,
    result: (called.stdout === "" ? null : JSON.parse(called.stdout)) as RunResult,
  };
}

/** A document whose only task calls an export, and cleans up. */
function inTask(name: string, module = "./job.ts", args?: unknown): object {
  return {
    main: ["launch", { block: 10 }, { print: "main ends" }],
    tasks: {
      task: { steps: [{ call: { module, export: name, args } }], finally: [{ print: "cleaned" }] },
    },
  };
}

const lines = ({ prints }: RunResult): string[] => prints.map(({ text }) => text);
const everywhere = [
  "await",
  "thread",
  "portal",
  "await,offload=threads",
  "thread,offload=processes",
];

describe("a function that a task calls", () => {
  test.each(everywhere)(
    "finds its arguments, its imports and its packages, with %s",
    async (strategy) => {
      const { result } = await run(inTask("default", "./job.ts", { a: [1] }), strategy);
      expect(result.tasks[0]).toMatchObject({ status: "finished", progress: 1, cleanup: "ran" });
      const own = result.prints.filter(({ task }) => task === "task").map(({ text }) => text);
      expect(own).toEqual(['args {"a":[1]}', "size 2", "READY! 42", "cleaned"]);
    },
  );

  const failing: [name: string, module: string, error: string][] = [
    ["boom", "./job.ts", "TypeError: boom (job.ts:13:"],
    ["rejects", "./job.ts", "too late (job.ts:15:"],
    ["text", "./job.ts", "just text (thrown in ./job.ts)"],
    ["nothing", "./job.ts", './job.ts exports no "nothing"'],
    ["default", "./syntax.ts", "(syntax.ts:2:"],
    ["default", "./broken.ts", "broken at load (broken.ts:2:"],
  ];
  for (const strategy of everywhere)
    test.each(failing)(
      `that fails (%s of %s) fails its task, with ${strategy}`,
      async (name, module, error) => {
        const { result } = await run(inTask(name, module), `${strategy},settle=settled`);
        expect(result.tasks[0]).toMatchObject({
          status: "failed",
          cleanup: "ran",
          heard: "raised",
        });
        expect(result.tasks[0]!.error).toContain(error);
        expect(result.main.status).toBe("finished");
        expect(result.failures).toMatchObject([
          { of: "task", heard: [{ by: "raised", where: "launch" }] },
        ]);
      },
    );

  test.each(["detach", "portal,atExit=cancel", "float,atExit=cancel"])(
    "hears of its cancellation, and its own clean-up is waited for, with %s",
    async (strategy) => {
      const main = ["launch", { block: 300 }, { print: "main ends" }];
      const { result } = await run({ ...inTask("obeys"), main }, strategy);
      expect(result.tasks[0]).toMatchObject({ status: "cancelled", cleanup: "ran" });
      expect(lines(result)).toContain("cleaning up");
      expect(lines(result).indexOf("cleaning up")).toBeLessThan(lines(result).indexOf("cleaned"));
    },
  );

  test("that prints a lot loses nothing and mixes nothing up", async () => {
    for (const strategy of ["thread", "await,offload=processes"]) {
      const { result } = await run(inTask("many"), strategy);
      const own = lines(result).filter((line) => line.startsWith("line"));
      expect(own).toEqual(Array.from({ length: 2000 }, (_, k) => `line ${k}`));
    }
  });
});

describe("what nobody could catch in user code", () => {
  test("ends the process when it happens on main's thread, with its place in the source", async () => {
    for (const [name, words] of [
      ["timer", "in a timer (job.ts:19:"],
      ["stray", "stray (job.ts:18:"],
    ] as const) {
      const { result, status } = await run(inTask(name), "await");
      expect([name, result.exitCode, status]).toEqual([name, 1, 1]);
      expect(result.main.error).toContain(words);
      expect(JSON.stringify(result.findings)).toContain(words);
    }
  });

  test("ends the loop's thread when it happens there, and main goes on", async () => {
    for (const name of ["timer", "stray"]) {
      const { result } = await run(inTask(name), "thread");
      expect(result.main).toMatchObject({ status: "finished" });
      expect(result.tasks[0]).toMatchObject({ status: "abandoned" });
      expect(JSON.stringify(result.findings)).toContain("ended the event loop's thread");
    }
  });

  test("is told where no task is lost by it as well: the thread is gone, and main knows nothing", async () => {
    for (const [name, words] of [
      ["timer", "an error that nobody could catch ended the event loop's thread (in a timer"],
      ["exits", "a function ended the event loop's thread (process.exit(7)"],
    ] as const) {
      const launch = [{ call: { module: "./job.ts", export: name } }];
      const { result } = await run(
        { main: ["launch", { block: 300 }], launch, tasks: {} },
        "thread",
      );
      expect([name, result.exitCode, result.main.status]).toEqual([name, 0, "finished"]);
      expect(result.findings).toMatchObject([{ rule: "thread-failed", task: null }]);
      expect(result.findings[0]!.message).toStartWith(words);
    }
  });

  test("fails the job in a pool", async () => {
    for (const strategy of ["await,offload=threads", "await,offload=processes"]) {
      const { result } = await run(inTask("timer"), `${strategy},settle=settled`);
      expect(result.tasks[0]!.error).toContain("in a timer (job.ts:19:");
    }
  });
});

describe("process.exit in user code", () => {
  test("ends the process from main's thread, and its status is told", async () => {
    const { result } = await run(inTask("exits"), "await");
    expect(result).toMatchObject({ exitCode: 7, main: { status: "interrupted" } });
    expect(result.main.error).toContain("process.exit(7)");
  });

  test("ends the loop's thread alone, and main does not wait for ever", async () => {
    const { result } = await run(inTask("exits"), "thread");
    expect(result).toMatchObject({ exitCode: 0, main: { status: "finished" } });
    expect(result.tasks[0]!.status).toBe("abandoned");
  });

  test("breaks a pool, of threads or of processes: the job fails, and so do those that wait", async () => {
    for (const offload of ["threads", "processes"]) {
      const steps = [{ call: { module: "./job.ts", export: "exits" } }];
      const document = {
        main: ["launch"],
        tasks: { bad: steps, next: [{ sleep: 50 }, { block: 10 }], after: [{ print: "goes on" }] },
      };
      const { result } = await run(document, `await,settle=settled,offload=${offload},workers=1`);
      expect(result.tasks.map(({ status }) => status)).toEqual(["failed", "failed", "finished"]);
      if (offload === "processes")
        expect(result.tasks[0]!.error).toStartWith("A process in the process pool was terminated");
    }
  });
});

describe("a function that main calls", () => {
  const inMain = (name: string, args?: unknown) => ({
    main: [{ call: { module: "./job.ts", export: name, args } }, { print: "main goes on" }],
  });

  test("is synchronous: its sleep blocks, and its lines are main's", async () => {
    const { result } = await run(inMain("sync"), "await");
    expect(lines(result)).toEqual(["before", "after", "main goes on"]);
    expect(result.prints[1]!.at - result.prints[0]!.at).toBeGreaterThanOrEqual(30);
    expect(result.prints.every(({ thread, task }) => thread === "main" && task === null)).toBe(
      true,
    );
  });

  test("raises its error in main", async () => {
    const { result, status } = await run(inMain("boom"), "await");
    expect(status).toBe(1);
    expect(result.main.error).toContain("TypeError: boom (job.ts:13:");
  });

  test("and returns a promise is told: main cannot await it", async () => {
    const { result } = await run(inMain("promised"), "await");
    expect(result.main.status).toBe("finished");
    expect(result.findings).toMatchObject([{ rule: "promise-not-awaited" }]);
    expect(result.findings[0]!.message).toContain("./job.ts#promised");
  });
});

describe("channels of user code", () => {
  test.each(["thread", "portal", "thread,offload=threads", "thread,offload=processes"])(
    "join a task's function and main's, with %s",
    async (strategy) => {
      const document = {
        main: ["launch", { call: { module: "./job.ts", export: "consume", args: 3 } }],
        tasks: { task: [{ call: { module: "./job.ts", export: "produce", args: [1, 2, 3] } }] },
        channels: { line: { capacity: 1 } },
      };
      const { result } = await run(document, strategy);
      expect(lines(result)).toEqual(["got 1", "got 2", "got 3"]);
      expect(result.main.status).toBe("finished");
    },
  );
});

describe("blocking in user code", () => {
  test("is measured, and told with its file and line", async () => {
    for (const [name, source] of [
      ["blocks", "job.ts:22:"],
      ["spins", "job.ts:24"],
      ["spinsLater", "job.ts:24"],
    ] as const)
      await undisturbed(async () => {
        const { result } = await run(inTask(name), "thread");
        expect(result.metrics.longestBlock).toMatchObject({ by: "task" });
        expect(result.metrics.longestBlock!.duration).toBeGreaterThanOrEqual(120);
        expect(result.metrics.longestBlock!.source).toStartWith(source);
        expect(result.findings.find(({ rule }) => rule === "loop-blocked")!.message).toContain(
          source,
        );
      });
  });

  test("holds nobody's loop in a pool", async () => {
    const { result } = await run(inTask("blocks"), "thread,offload=threads");
    expect(result.metrics.longestBlock).toBeNull();
  });
});

describe("in virtual time nothing is called", () => {
  test("so a call says what it takes, or is refused where it stands", async () => {
    const call = { module: "./nowhere.ts", takes: "2s" };
    const document = { main: [{ call }, "launch"], tasks: { task: [{ call }] } };
    const { result } = await run(document, "await", "--driver", "virtual");
    expect(result).toMatchObject({ wall: 4000, main: { blocked: 4000 } });
    const refused = await run(inTask("default"), "await", "--driver", "virtual");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^\S*scenario\.json:1:\d+: .*"takes: .*--takes-from EVENTS/);
  });

  test("but a recorded run can say what calls took, and for how long they held their thread", async () => {
    const events = join(folder.path, "recorded.ndjson");
    await run(inTask("blocks"), "await", "--events", events, "--force");
    expect(existsSync(events)).toBe(true);
    const { result } = await run(
      inTask("blocks"),
      "await",
      "--driver",
      "virtual",
      "--takes-from",
      events,
    );
    expect(result.wall).toBeGreaterThanOrEqual(150);
    expect(result.metrics.longestBlock!.duration).toBeGreaterThanOrEqual(150);
  });
});

test("a module that is not there is an error of the document, at its place", async () => {
  const { status, stderr } = await run(inTask("default", "./nowhere.ts"), "await");
  expect(status).toBe(2);
  expect(stderr).toMatch(/^\S*scenario\.json:1:\d+: .*there is no file .*nowhere\.ts/);
  // The folder that it should lie in is a file.
  const below = await run(inTask("default", "./scenario.json/below/nowhere.ts"), "await");
  expect(below.status).toBe(2);
  expect(below.stderr).toMatch(/^\S*scenario\.json:1:\d+: .*there is no file .*nowhere\.ts/);
});
