/**
 * Commands that are ended at any moment, by a signal to tandem or to its whole group: nobody is left, nothing is torn,
 * and nothing lies about. `TANDEM_CASES` says how many, `TANDEM_CASE` which one alone.
 */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { randomFrom } from "../drivers/arbitrary.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { findPython } from "../support/python.ts";
import { Lanes } from "../support/real.ts";
import { command, environment, tandem, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(allRounds ? 2 * 3_600_000 : 300_000);

const only = process.env["TANDEM_CASE"];
const cases = Number(process.env["TANDEM_CASES"] ?? rounds(24, 2000));
const seed = 20261130;

/** How long tandem may take to end, and how long others may live on after it, in ms: ten times that on a busy machine is no hang. */
const patience = 30_000;

const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

interface Attacked {
  /** In a folder of their own, where the files below are. */
  words: readonly string[];
  /** The moments at which it is ended lie between none and this, in ms. */
  most: number;
  /** The statuses it ends in by itself. */
  own: readonly number[];
  /** Whether it runs a program of the user's, whose end by a signal is its own. */
  observes?: boolean;
}

const virtual = ["--driver", "virtual"];
const events = ["--events", "events.ndjson", "--force"];
const run = (name: string, ...words: string[]): string[] => ["run", name, ...words];
const fast = ["--speed", "20"];
const commands: readonly Attacked[] = [
  { words: run("lost", ...virtual, ...events), most: 200, own: [0] },
  { words: run("big.json", ...virtual, ...events), most: 900, own: [0] },
  { words: run("big.json", ...virtual, "--report", "report.html"), most: 900, own: [0] },
  { words: run("lost", ...fast, ...events, "--json"), most: 700, own: [0] },
  { words: run("processes", ...fast, ...events), most: 700, own: [0, 1] },
  { words: run("calls.json", ...events), most: 900, own: [0] },
  { words: run("handed-over", ...fast, ...events), most: 1500, own: [0] },
  {
    words: run("handed-over", ...fast, "--engine", "sqlite:queue.db", ...events),
    most: 1500,
    own: [0],
  },
  {
    words: ["worker", "handed-over", "--engine", "sqlite:queue.db", "--until-empty", ...fast],
    most: 900,
    own: [0, 2],
  },
  {
    words: run("threaded", "--driver", "real", ...fast, "--runs", "3", ...events),
    most: 1500,
    own: [0],
  },
  { words: run("threaded", "--jitter", "5%", "--runs", "3000"), most: 900, own: [0] },
  { words: ["compare", "threaded", "--all", "--report", "report.html"], most: 700, own: [0] },
  { words: ["compare", "lost", "--verify", ...fast], most: 1500, own: [0, 1] },
  { words: ["crash", "threaded", "--all", "-o", "worst.yaml", "--force"], most: 500, own: [0] },
  { words: ["crash", "lost", "--driver", "real", ...fast], most: 1500, own: [0, 1] },
  { words: ["check", "documents", "--reporter", "junit"], most: 400, own: [0, 1, 2] },
  { words: ["check", "documents", "--driver", "real", ...fast], most: 900, own: [0, 1, 2, 3] },
  { words: ["report", "whole.ndjson", "-o", "report.html"], most: 500, own: [0] },
  { words: ["report", "whole.ndjson", "-o", "report.pftrace"], most: 400, own: [0] },
  { words: ["observe", ...events, "app.py"], most: 1200, own: [0], observes: true },
  { words: ["observe", "--report", "report.html", "app.js"], most: 900, own: [0], observes: true },
  { words: ["observe", "--json", "told.json", "--runs", "2", "app.js"], most: 1500, own: [0] },
  { words: ["observe", "--live", "app.js"], most: 900, own: [0], observes: true },
  { words: run("lost", ...fast, "--live"), most: 700, own: [0] },
].filter(({ words }) => !words.includes("app.py") || findPython() !== null);

/** Their input, the same for all. */
const input = {
  "app.py": `import asyncio, threading, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.4)"])
async def work(n):
    for k in range(20):
        await asyncio.sleep(0.01)
async def main():
    await asyncio.gather(*(work(n) for n in range(20)))
asyncio.run(main())
child.wait()
`,
  "app.js": `const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function work() { for (let k = 0; k < 20; k++) await sleep(15); }
await Promise.all(Array.from({ length: 20 }, work));
`,
  "job.ts": `export function holds() { Bun.sleepSync(200); }
export async function waits({ sleep }) { await sleep("300ms"); }
`,
  "calls.json": JSON.stringify({
    name: "calls",
    main: ["launch", { call: { module: "./job.ts", export: "holds" } }],
    tasks: { task: { steps: [{ call: { module: "./job.ts", export: "waits" } }], copies: 3 } },
    strategy: { use: "thread", offload: "processes" },
  }),
  "big.json": JSON.stringify({
    name: "big",
    main: ["launch"],
    tasks: { task: { steps: [{ print: "a line" }, { sleep: 1 }], copies: 10_000 } },
  }),
};

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** A record and documents that commands read. */
const read = folder.file("whole.ndjson");
tandem(["run", "blocking", ...virtual, "--events", read]);
const documents = ["lost", "threaded", "blocking", "queue"].map(
  (name) => [`${name}.yaml`, tandem(["show", name]).stdout] as const,
);

/** Every process of the system that carries the mark and is not over. */
function marked(mark: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return (
        readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TANDEM_MARK=${mark}\0`) &&
        !/ Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1").replace(/\(.*\)/, ""))
      );
    } catch {
      return false;
    }
  });
}

function describeProcess(pid: string): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
    return `${pid} ${readlinkSync(`/proc/${pid}/exe`)} ${words}`.slice(0, 200);
  } catch {
    return pid;
  }
}

async function until(what: () => boolean): Promise<boolean> {
  for (const end = performance.now() + patience; performance.now() < end; await Bun.sleep(20))
    if (what()) return true;
  return what();
}

/** What is torn of the files that a command has written; they begin as `old`. */
function tornIn(here: string, old: string): string[] {
  const whole: Record<string, (text: string) => boolean> = {
    "events.ndjson": (text) =>
      text.endsWith("\n") && text.split("\n", 1)[0]!.includes("tandem") && isJson(text),
    "report.html": (text) => text.trimEnd().endsWith("</html>"),
    "worst.yaml": (text) => text.includes("kill:") && text.endsWith("\n"),
    "told.json": isJson,
  };
  return Object.entries(whole).flatMap(([name, isWhole]) => {
    const file = join(here, name);
    if (!existsSync(file)) return [];
    const text = readFileSync(file, "utf8");
    return text === old || isWhole(text) ? [] : [`${name}: ${text.slice(-200)}`];
  });
}

function isJson(text: string): boolean {
  try {
    if (text.startsWith("{\n")) JSON.parse(text);
    else for (const line of text.trimEnd().split("\n")) JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Ends a command at a moment. @returns what is not as it should be. */
async function faultsOf(number: number): Promise<object> {
  const random = randomFrom(seed + 7919 * number);
  for (let k = 0; k < 5; k++) random();
  const one = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)]!;
  const { words, most, own, observes = false } = commands[number % commands.length]!;
  const signal = one(["SIGHUP", "SIGINT", "SIGINT", "SIGTERM", "SIGTERM", "SIGKILL"] as const);
  const toGroup = random() < 0.5;
  const moment = Math.round(random() * most);
  const mark = `${process.pid}-${number}`;
  const here = join(folder.path, `here-${number}`);
  const temporary = join(folder.path, `temporary-${number}`);
  for (const each of [here, temporary, join(here, "documents")]) mkdirSync(each);
  for (const [name, text] of Object.entries(input)) writeFileSync(join(here, name), text);
  for (const [name, text] of documents) writeFileSync(join(here, "documents", name), text);
  writeFileSync(join(here, "whole.ndjson"), readFileSync(read));
  const old = "what stood there before\n";
  if (words.includes("--force"))
    for (const name of ["events.ndjson", "worst.yaml"]) writeFileSync(join(here, name), old);
  const child = Bun.spawn([...command(), ...words], {
    cwd: here,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...environment(),
      TANDEM_MARK: mark,
      ...{ TMPDIR: temporary, TMP: temporary, TEMP: temporary },
    },
  });
  const output = Promise.all([child.stdout.text(), child.stderr.text()]);
  await Bun.sleep(moment);
  try {
    process.kill(toGroup ? -child.pid : child.pid, signal);
  } catch {
    // It is over already.
  }
  const isKill = signal === "SIGKILL";
  const isOver = await until(() => child.exitCode !== null || child.signalCode !== null);
  // What a killed tandem was observing is the user's own, and lives on.
  const livesOn = observes && isKill && !toGroup;
  if (livesOn) await Bun.sleep(50);
  const left = (): string[] => (livesOn ? [] : marked(mark));
  const isAlone = await until(() => left().length === 0);
  const still = left().map(describeProcess);
  for (const pid of marked(mark)) process.kill(Number(pid), "SIGKILL");
  const [, stderr] = await output;
  const status = child.signalCode ?? child.exitCode!;
  // A signal before it hears any ends it as the system does.
  const expected: (number | string)[] = [...own, signal];
  if (!isKill) expected.push(statuses[signal]);
  const parts = readdirSync(here).filter((name) => name.endsWith(".part"));
  // The recorder's own folders carry the process that made them.
  const shared = readdirSync("/dev/shm").filter((name) =>
    name.startsWith(`tandem-observe-${child.pid}-`),
  );
  const faults = {
    isOver,
    isAlone,
    still,
    status: expected.includes(status) ? null : status,
    trace: /^ +at .*:\d+:\d+/m.exec(stderr)?.[0] ?? null,
    torn: tornIn(here, old),
    parts: isKill ? [] : parts,
    temporary: isKill ? [] : [...readdirSync(temporary), ...shared],
  };
  const what = `TANDEM_CASE=${number} bun test tests/cli/killed.test.ts (${words.join(" ")}, ${signal} ${toGroup ? "to all " : ""}after ${moment} ms)`;
  for (const each of [here, temporary]) rmSync(each, { recursive: true, force: true });
  return { what, ...faults, stderr: status === null ? stderr : "" };
}

const right = {
  isOver: true,
  isAlone: true,
  still: [],
  status: null,
  trace: null,
  torn: [],
  parts: [],
  temporary: [],
};

test.skipIf(process.platform !== "linux")(
  `${allRounds ? "law: " : ""}whatever ends a command, and when, nobody is left, no file is torn and none lies about`,
  async () => {
    const numbers =
      only === undefined ? Array.from({ length: cases }, (_, number) => number) : [Number(only)];
    const wrong: object[] = [];
    await new Lanes(3).each(numbers, async (number) => {
      const { stderr: _, ...found } = (await faultsOf(number)) as { stderr: string; what: string };
      if (!Bun.deepEquals(found, { what: found.what, ...right })) wrong.push(found);
    });
    expect(wrong).toEqual([]);
  },
);
