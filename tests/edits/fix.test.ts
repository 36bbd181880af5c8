/** Proven edits, through the command line: what is offered has been run, and nothing else is. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { allRounds } from "../support/laws.ts";
import { leastMinor } from "../../src/observe/python/python.ts";
import { patience } from "../support/patience.ts";
import { findPython } from "../support/python.ts";
import { call, command, tandem, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { undisturbed } from "../support/undisturbed.ts";

setDefaultTimeout(patience);

const cases = join(import.meta.dir, "../observe/cases");

type Verdict = "proven" | "heals" | "refuted" | "unproven";

interface FixedProgram {
  findings: { rule: string }[];
  edits: {
    finding: number;
    pattern: string;
    diff: string;
    choice: boolean;
    price: string | null;
    proof: {
      verdict: Verdict;
      but: string | null;
      runs: number;
      before: { findings: { rule: string }[] }[];
      after: { findings: { rule: string }[]; served: { path: string; pid: number }[] }[];
    };
  }[];
  noEdits: { finding: number; reason: string }[];
}

/** The program of a case, alone in a folder of its own; its name. */
function copied(folder: string, name: string): string {
  const filter = (path: string): boolean => !/(?:truth\.json|scenario\.yaml)$/.test(path);
  cpSync(join(cases, name), folder, { recursive: true, filter });
  return readdirSync(folder).find((file) => /^app\./.test(file))!;
}

function fix(folder: string, file: string, ...options: string[]) {
  const result = join(folder, "..", "result.json");
  const words = ["observe", "--fix", "--yes", "--json", result, ...options, file];
  const called = tandem(words, { cwd: folder });
  return { ...called, result: JSON.parse(readFileSync(result, "utf8")) as FixedProgram };
}

/** Everything that stands in a folder, with its bytes. */
function treeOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .map((path) => [path, readFileSync(path, "latin1")]),
  );
}

/** The edits that each case has, by their patterns, and as what they are offered. */
const promised: Record<string, Record<string, Verdict>> = {
  "01-gc-lost-reader": { "keep-and-await": "proven" },
  "02-result-on-own-loop": { "run-in-executor": "proven" },
  "03-heartbeat-missed": { "to-thread": "heals" },
  "05-bridge-future-dropped": { "done-callback": "proven" },
  "08-daemon-sender": { "join-queue": "proven" },
  "09-atexit-never-comes": { "call-handlers": "proven" },
  "16-cleanup-task-of-signal": { "keep-and-await": "proven" },
  "18-run-inside-running-loop": { "run-in-thread": "proven" },
  "23-group-takes-all": { "take-all": "proven" },
  "25-foreach-async": { "all-of-map": "proven" },
  "26-all-rejects-siblings-go-on": { "all-settled": "proven" },
  "30-caught-too-late": { "handle-at-once": "proven" },
  "32-atomics-wait-for-own-loop": { "await-blocked": "proven" },
  "38-awaits-starve-timers": { "turn-of-the-loop": "proven" },
};

/** Those that the suite tries as well. */
const usual = new Set(["01-gc-lost-reader", "03-heartbeat-missed", "38-awaits-starve-timers"]);

describe("tandem observe --fix", () => {
  const tried = Object.entries(promised).filter(([name]) => allRounds || usual.has(name));
  for (const [name, patterns] of tried)
    test(`law: offers what heals ${name}, as it was run, and leaves the folder as it was`, () =>
      undisturbed(async () => {
        using folder = temporaryFolder();
        const place = folder.file("program");
        const file = copied(place, name);
        const before = treeOf(place);
        const { result } = fix(place, file, "--timeout", "8s");
        expect(treeOf(place)).toEqual(before);
        const verdicts = result.edits.map(({ pattern, proof }) => [pattern, proof.verdict]);
        expect(Object.fromEntries(verdicts)).toMatchObject(patterns);
        for (const { finding, proof } of result.edits) {
          const { rule } = result.findings[finding]!;
          const shows = ({ findings }: { findings: { rule: string }[] }): boolean =>
            findings.some((one) => one.rule === rule);
          expect(proof.before.every(shows)).toBe(true);
          if (proof.verdict === "proven") expect(proof.after.some(shows)).toBe(false);
          for (const { served } of proof.after)
            expect(served.map(({ path }) => path)).toContain(realpathSync(join(place, file)));
        }
      }));

  test("writes what was proven where that is wanted, and observed again nothing is found", () => {
    using folder = temporaryFolder();
    const place = folder.file("program");
    const file = copied(place, "25-foreach-async");
    const { result, stderr } = fix(place, file, "--write");
    expect(stderr).toContain(`${file} is changed.\n`);
    expect(readFileSync(join(place, file), "utf8")).toContain("await Promise.all(users.map(async");
    expect(fix(place, file).result.findings).toEqual([]);
    expect(result.edits[0]!.diff).toStartWith(`--- a/${file}\n+++ b/${file}\n@@ `);
  });

  test("writes the diff that patch takes with --patch, and the file stays", () => {
    using folder = temporaryFolder();
    const place = folder.file("program");
    const file = copied(place, "01-gc-lost-reader");
    const before = readFileSync(join(place, file), "utf8");
    fix(place, file, "--patch", "../heal.patch");
    expect(readFileSync(join(place, file), "utf8")).toBe(before);
    const patched = Bun.spawnSync(["patch", "-p1", "-i", "../heal.patch"], { cwd: place });
    expect(patched.exitCode).toBe(0);
    expect(readFileSync(join(place, file), "utf8")).toContain("    await task\n");
  });

  test("writes no choice that nobody has made, and says how to make it", () => {
    using folder = temporaryFolder();
    const place = folder.file("program");
    const file = copied(place, "26-all-rejects-siblings-go-on");
    const before = treeOf(place);
    const { stderr, status } = fix(place, file, "--write");
    expect(stderr).toContain("for you to choose; add --edit all-settled");
    expect([status, treeOf(place)]).toEqual([1, before]);
    expect(fix(place, file, "--write", "--edit", "all-settled").stderr).toContain("is changed");
  });

  test("leaves a file alone that is read-only", () => {
    using folder = temporaryFolder();
    const place = folder.file("program");
    const file = copied(place, "25-foreach-async");
    chmodSync(join(place, file), 0o444);
    const before = treeOf(place);
    expect(fix(place, file, "--write").stderr).toContain(`${file} is left alone: it is read-only`);
    expect(treeOf(place)).toEqual(before);
  });

  test("gives every run the same input", () => {
    using folder = temporaryFolder();
    const place = folder.file("program");
    const file = copied(place, "25-foreach-async");
    const path = join(place, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, `console.log("read", (await Bun.stdin.text()).length);\n${text}`);
    const result = join(place, "..", "result.json");
    const words = ["observe", "--fix", "--yes", "--json", result, file];
    const called = tandem(words, { cwd: place, stdin: "some input\n" });
    expect(called.stdout).toStartWith("read 11\n");
    const { edits } = JSON.parse(readFileSync(result, "utf8")) as FixedProgram;
    expect(edits.map(({ proof }) => proof.verdict)).toEqual(["proven"]);
  });

  test("offers nothing by which the program does not come to its end, where only that would show that it heals", () => {
    using folder = temporaryFolder();
    const place = folder.file("program");
    mkdirSync(place);
    const text = `import { EventEmitter, once } from "node:events";

const jobs = new EventEmitter();

async function wait() {
  await once(jobs, "stored");
}

wait();
setTimeout(() => process.exit(0), 30);
`;
    writeFileSync(join(place, "app.mjs"), text);
    const { result, stderr } = fix(place, "app.mjs");
    const awaited = result.edits.find(({ diff }) => diff.includes("\n+await wait();\n"));
    expect(awaited?.proof, stderr).toMatchObject({
      verdict: "unproven",
      but: expect.stringMatching(
        /^it had not ended after [\d.]+m?s, and only its end would show that it heals$/,
      ),
    });
  });

  test.skipIf(!allRounds)(
    "law: gives a program whose runtime is slow to start the time for that again",
    () => {
      using folder = temporaryFolder();
      const place = folder.file("program");
      const file = copied(place, "01-gc-lost-reader");
      const slow = ["--", "sh", "-c", `sleep 6; exec "$0" "$1"`, findPython(leastMinor)!.path];
      const { result } = fix(place, file, ...slow);
      expect(result.edits.map(({ proof }) => proof.verdict)).toEqual(["proven"]);
    },
  );

  test("does not wait for the end of a standard input by which nothing comes", () => {
    using folder = temporaryFolder();
    const place = folder.file("program");
    const file = copied(place, "25-foreach-async");
    const result = join(place, "..", "result.json");
    const words = [...command(), "observe", "--fix", "--yes", "--json", result, file];
    // Whoever holds the pipe open ends when it is told to, and not before.
    const script =
      'mkfifo held; sleep 300 > held & "$@" < held; status=$?; kill $!; rm held; exit $status';
    const { status, stderr } = call(["sh", "-c", script, "sh", ...words], { cwd: place });
    expect(status, stderr).toBe(0);
    const { edits } = JSON.parse(readFileSync(result, "utf8")) as FixedProgram;
    expect(edits.map(({ proof }) => proof.verdict)).toEqual(["proven"]);
  });

  test.each([
    ["Ctrl-C", "\u0003", 130],
    ["Escape", "\u001b", 130],
    ["Ctrl-D", "\u0004", 130],
    ["SIGTERM", null, 143],
    ["SIGHUP", null, 129],
  ])("is left at its question by %s, in the status that says so", async (name, key, status) => {
    using folder = temporaryFolder();
    const file = copied(folder.file("program"), "25-foreach-async");
    const cwd = folder.file("program");
    await using session = new TandemInTerminal(["observe", "--fix", file], { cwd });
    if (key === null) {
      await session.at("To prove");
      session.signal(name as NodeJS.Signals);
    } else await session.at("To prove", key);
    expect(await session.exited()).toBe(status);
    expect(session.text).toContain("Interrupted: nothing was proven, and nothing is written.");
    expect(session.text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    expect([session.isCooked, session.hasCursor]).toEqual([true, true]);
  });

  test("has nothing to edit where nothing was found", () => {
    using folder = temporaryFolder();
    const file = folder.file("fine.ts", "console.log(await Promise.resolve(1));\n");
    const { status, stderr } = tandem(["observe", "--fix", "--yes", file]);
    expect([status, stderr]).toEqual([0, expect.stringContaining("nothing to edit")]);
  });

  test.each([
    [["--fix"], "nobody can be asked here; add --yes"],
    [["--write"], "--write is about the edits of --fix; add --fix"],
    [["--fix", "--yes", "--edit", "x"], "--edit says which edit is written"],
    [["--fix", "--yes", "--patch", "-"], "add --quiet-program"],
    [["--fix", "--yes", "--patch", "nowhere/x.patch"], "there is no folder nowhere"],
  ])("%j is refused before anything runs: %s", (options, why) => {
    using folder = temporaryFolder();
    const file = folder.file("app.py", "print('ran')\n");
    const { status, stdout, stderr } = tandem(["observe", ...options, file]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(why);
  });
});
