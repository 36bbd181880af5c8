/**
 * Programs in JavaScript and TypeScript made after public reports, each observed on the runtimes that its truth
 * names and held against it: what it prints and its exit status are those of its bare run, all that is true is
 * told with its line, and nothing else is.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allRounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { Lanes } from "../support/real.ts";
import { environment, temporaryFolder } from "../support/tandem.ts";
import { casesWith, isUsual, observeCase, onlyCase } from "./observed-case.ts";
import { type Truth, truthOn } from "./truth.ts";
import { withoutTypes } from "./without-types.ts";
import { undisturbed } from "../support/undisturbed.ts";

setDefaultTimeout(patience);

const lanes = new Lanes(3);

interface Runtime {
  name: "bun" | "node";
  /** As truths name it, with its version. */
  version: string;
  path: string;
}

function runtimes(): Runtime[] {
  const bun: Runtime = { name: "bun", version: "bun1.4.5", path: process.execPath };
  const path = Bun.which("node");
  if (path === null) return [bun];
  const { stdout } = Bun.spawnSync([path, "--version"]);
  const [, major] = /^v(\d+)\./.exec(stdout.toString()) ?? [];
  // The truths about Node are those of its version 20; what ends a process is the same on others, but not all else.
  return major === "20" ? [bun, { name: "node", version: "node20", path }] : [bun];
}

const installed = runtimes();
const files = ["app.ts", "app.tsx", "app.mjs", "app.cjs", "app.test.mjs"];

// Each case of the suite is observed on one runtime, by turns, and by the laws on all.
for (const [turn, { name, folder, file, truth }] of casesWith(files).filter(isUsual).entries()) {
  const about = installed.flatMap((runtime) => {
    const there = truthOn(truth, runtime.version);
    return there === null ? [] : [{ runtime, there }];
  });
  for (const [k, { runtime, there }] of about.entries()) {
    const isInTurn = allRounds || onlyCase !== undefined || turn % about.length === k;
    test.concurrent.skipIf(!isInTurn)(`law: on ${runtime.name} the truth is told of ${name}`, () =>
      lanes.run(() => undisturbed(() => tried(folder, file, there, runtime))),
    );
  }
}

if (installed.length < 2)
  test.skip("the truth is told of programs on Node (skipped: no Node 20 was found)", () => {});

async function tried(
  original: string,
  file: string,
  truth: Truth,
  { name, path }: Runtime,
): Promise<void> {
  using home = temporaryFolder();
  const cwd = join(home.path, "case");
  cpSync(original, cwd, { recursive: true });
  const program = name === "node" ? stripped(cwd, file) : file;
  const before = truth.arguments?.[name];
  const bare = bareRun([path, ...(before ?? []), program], cwd, truth);
  const words = before === undefined ? [program] : ["--", path, ...before, program];
  const options = name === "node" && before === undefined ? ["--runtime", path] : [];
  const observed = await observeCase({ truth, cwd, options, words });
  const { status, stdout, stderr } = await bare;
  if (truth.exit !== null) expect(status).toBe(truth.exit);
  if (truth.stdout === null) return;
  expect(observed.stdout).toBe(stdout);
  // The verdict stands behind what the program says itself.
  const said = linesOf(stderr);
  expect(linesOf(observed.stderr).slice(0, said.length)).toEqual(said);
}

/** Node 20 knows no types: the name of a file beside, in which they are blanks. */
function stripped(folder: string, file: string): string {
  if (!file.endsWith(".ts")) return file;
  const name = file.replace(/\.ts$/, ".mjs");
  writeFileSync(join(folder, name), withoutTypes(readFileSync(join(folder, file), "utf8")));
  return name;
}

/** Runs the program by itself; one that does not end is ended once it has said what it says. */
async function bareRun(words: string[], cwd: string, { exit }: Truth) {
  const limit = exit === null ? 5_000 : 60_000;
  const child = Bun.spawn(words, {
    cwd,
    env: environment(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: limit,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { status: await child.exited, stdout, stderr };
}

/**
 * What stands in stderr, without what may be otherwise: columns, the source that a runtime prints of an uncaught error,
 * the words that it has for the functions of its stack, and those of its own in it.
 */
function linesOf(stderr: string): string[] {
  const lines = stderr.split("\n");
  return lines
    .filter(
      (line, k) =>
        !/^\s*\^+$|^\s*\d+ \| |^\s+at .*node:internal/.test(line) &&
        !isSource(line) &&
        !isSource(lines[k - 1] ?? ""),
    )
    .map((line) =>
      line
        .replaceAll(/(:\d+):\d+/g, "$1")
        .replaceAll(/\(node:\d+\)/g, "(node)")
        .replace(/^\s+at (?:.*\()?([^()]*)\)?$/, "at $1"),
    );
}

/** Whether it is the place that Node prints above the line of an uncaught error. */
const isSource = (line: string): boolean => /^(?:file:\/\/|\/|node:)\S*:\d+$/.test(line);
