/**
 * No scenario, however wrong, leaves anything behind: no process, no temporary file, no changed
 * terminal. Seen in the process table, by a mark in the environment that every descendant inherits.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { allRounds, rounds } from "../support/laws.ts";
import { Lanes } from "../support/real.ts";
import { command, temporaryFolder } from "../support/tandem.ts";
import { unlessLinux } from "../support/skipped.ts";

// The last one waits for all the others, and where a machine is busy, to start a process takes long.
setDefaultTimeout(300_000);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

folder.file(
  "bad.ts",
  `export async function never() { await new Promise(() => {}); }
export function spins() { for (;;); }
export function throws() { setTimeout(() => { throw new Error("late"); }, 20); throw new Error("now"); }
export function sleeps() { Bun.sleepSync(60_000); }
`,
);

/** Descendants may take this long to hear of a parent that was killed. */
const patience = 20_000;

/** How many processes the pools have that are killed. */
const workers = 2;

/** The mark is looked for in /proc, which other systems do not have. */
const onLinux = process.platform === "linux";
let marks = 0;

/** Every process of the system that carries the mark. */
function marked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && isMarked(pid, mark) && !isOver(pid))
    .map(Number);
}

function isMarked(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TANDEM_MARK=${mark}\0`);
  } catch {
    return false;
  }
}

/** Whether a process is gone, or waits for its parent to take notice. */
function isOver(pid: string): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1").replace(/\(.*\)/, ""));
  } catch {
    return true;
  }
}

async function until(what: () => boolean, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await Bun.sleep(100))
    if (what()) return true;
  return what();
}

interface Ending {
  strategy?: string;
  args?: string[];
  /** What is sent to one of the processes when they all are there. */
  kill?: { signal: NodeJS.Signals; who: "tandem" | "__child" | "__pool" };
}

/** Each document is several processes. */
const lanes = new Lanes(4);

/** Runs a document, and holds that nothing of it is there afterwards. */
function leavesNothing(document: object, ending: Ending = {}): Promise<string> {
  return lanes.run(() => runMarked(document, ending));
}

async function runMarked(document: object, ending: Ending): Promise<string> {
  const mark = `${process.pid}-${++marks}`;
  // A folder for temporary files that nobody else uses.
  const temporary = folder.file(`temporary-${marks}`);
  mkdirSync(temporary);
  const file = folder.file(
    `scenario-${marks}.json`,
    JSON.stringify({ name: "wrong", ...document }),
  );
  const { strategy = "await", args = [], kill } = ending;
  const tandem = Bun.spawn([...command(), "run", file, "--strategy", strategy, "--json", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TANDEM_MARK: mark, TMPDIR: temporary, TMP: temporary, TEMP: temporary },
  });
  if (kill !== undefined) {
    // Told apart by what they were started as: their numbers begin anew at the system's limit.
    const startedAs = (word: string): number[] =>
      marked(mark).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word));
    expect(await until(() => startedAs("__pool").length === workers, patience)).toBe(true);
    // What has been started has something to do before it is ended.
    await Bun.sleep(150);
    process.kill(kill.who === "tandem" ? tandem.pid : startedAs(kill.who)[0]!, kill.signal);
  }
  const output = await new Response(tandem.stdout).text();
  await tandem.exited;
  expect(await until(() => marked(mark).length === 0, patience)).toBe(true);
  expect(readdirSync(temporary)).toEqual([]);
  return output;
}

const calls = (name: string): object => ({
  main: ["launch"],
  tasks: { bad: { steps: [{ call: { module: "./bad.ts", export: name } }], copies: 2 } },
});
const long = {
  main: ["launch", { block: "60s" }],
  tasks: { worker: { steps: [{ block: "60s" }], copies: 3 }, sleeper: [{ sleep: "60s" }] },
};
const everyLoop = [
  "await",
  "thread,offload=threads",
  "portal,offload=processes,workers=3",
  "float",
  "thread",
  "portal",
  "daemon",
  "await,offload=processes",
];
/** How many of them the suite tries with each ending. */
const tried = everyLoop.slice(0, rounds(3, everyLoop.length));

describe.skipIf(!onLinux)(`law: nothing is left behind${unlessLinux}`, () => {
  test.concurrent.each(tried)("by a run that --timeout ends, with %s", async (strategy) => {
    await leavesNothing(long, { strategy, args: ["--timeout", "300ms"] });
  });

  const strategies = ["await", "thread", "thread,offload=threads", "await,offload=processes"];
  // Each under one of them in the suite.
  for (const [index, name] of ["never", "spins", "throws", "sleeps"].entries())
    test.concurrent.each(allRounds ? strategies : [strategies[index]!])(
      `by user code that ${name}, with %s`,
      async (strategy) => {
        await leavesNothing(calls(name), { strategy, args: ["--timeout", "400ms"] });
      },
    );

  test.concurrent.each(tried)("by a deadlock, with %s", async (strategy) => {
    const document = {
      main: ["launch", { receive: "none" }],
      tasks: { task: [{ block: 10 }, { receive: "none" }] },
      channels: { none: {} },
    };
    expect(JSON.parse(await leavesNothing(document, { strategy })).interruptedBy).toBe("deadlock");
  });

  const pooled = { strategy: `await,offload=processes,workers=${workers}` };
  test.concurrent.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "by tandem that gets %s",
    async (signal) => {
      await leavesNothing(long, { ...pooled, kill: { signal, who: "tandem" } });
    },
  );

  test.concurrent("by a child of tandem that is killed", async () => {
    await leavesNothing(long, { ...pooled, kill: { signal: "SIGKILL", who: "__child" } });
  });

  test.concurrent(
    "by a process of the pool that is killed: its job fails, and the pool with it",
    async () => {
      const document = {
        main: ["launch", { print: "main goes on" }],
        tasks: { first: [{ block: "20s" }], second: [{ block: "20s" }], third: [{ block: 1 }] },
      };
      const output = await leavesNothing(document, {
        strategy: `await,settle=settled,offload=processes,workers=${workers}`,
        kill: { signal: "SIGKILL", who: "__pool" },
      });
      const result = JSON.parse(output) as {
        tasks: { status: string; error: string }[];
        main: object;
      };
      expect(result.main).toMatchObject({ status: "finished" });
      for (const { status, error } of result.tasks) {
        expect(status).toBe("failed");
        expect(error).toStartWith("A process in the process pool was terminated abruptly");
      }
    },
  );
});
