/** Hostile texts, wherever a document, a file's name or an argument may hold them: none reaches an output as it is. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import fc from "fast-check";
import { allDangers, dangersIn, hostileText } from "../support/hostile.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { findPython } from "../support/python.ts";
import { patience } from "../support/patience.ts";
import { call, tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

/** Text that is filled in where a step performs it; other braces would be placeholders that do not exist. */
const filledIn = hostileText.map((text) => text.replaceAll(/[{}$]/g, ""));

/** A document whose texts are hostile wherever they may be; it may fall short of what it expects, and lose work. */
const document = fc
  .record({
    title: hostileText,
    description: hostileText,
    printed: filledIn,
    sent: filledIn,
    failed: filledIn,
    expected: hostileText,
  })
  .map(({ title, description, printed, sent, failed, expected }) => ({
    name: "hostile",
    title,
    description,
    main: [
      { print: printed },
      "launch",
      { send: { channel: "values", value: { [sent]: [sent] } } },
      { block: "10ms" },
      { print: `${printed} again` },
    ],
    launch: [{ print: `launch ${printed}` }, { start: ["worker", "failing"] }],
    tasks: {
      worker: {
        steps: [
          { receive: "values" },
          { print: "{value}" },
          { print: `{task} ${printed}` },
          { sleep: "1s" },
        ],
        finally: [{ sleep: "5ms" }, { print: "cleaned" }],
      },
      failing: [{ sleep: "1ms" }, { fail: failed }],
    },
    channels: { values: null },
    strategy: "thread",
    expect: { prints: [expected], tasks: "finished" },
  }));

const printOf = (step: unknown): string[] =>
  typeof step === "object" && step !== null && "print" in step ? [String(step.print)] : [];

const virtual = ["--driver", "virtual"];

/** Every command that tells of a document, but for `run` without options, whose stdout is the program's. */
const commands: readonly (readonly string[])[] = [
  ["run", "FILE", ...virtual, "--json"],
  ["compare", "FILE"],
  ["compare", "FILE", "--json"],
  ["compare", "FILE", "--markdown"],
  ["compare", "FILE", "--counter-example", "--must", "main<=15ms"],
  ["check", "FILE"],
  ["check", "FILE", "--reporter", "json"],
  ["check", "FILE", "--reporter", "junit"],
  ["check", "FILE", "--reporter", "github"],
  ["code", "FILE"],
  ["code", "FILE", "--lang", "python"],
  ["show", "FILE"],
  ["run", "FILE", ...virtual, "--jitter", "5%", "--runs", "3"],
  ["report", "FILE"],
];

/** Further outputs of the same, that no text of a document reaches by another way. */
const furtherCommands: readonly (readonly string[])[] = [
  ["run", "FILE", ...virtual, "--timeline", "--json"],
  ["run", "FILE", ...virtual, "--jitter", "5%", "--runs", "3", "--json"],
  ["compare", "FILE", "--all"],
  ["compare", "FILE", "--all", "--markdown"],
  ["check", "FILE", "--reporter", "sarif"],
  ["check", "FILE", "--compare"],
  ["crash", "FILE"],
  ["crash", "FILE", "--json"],
];

describe("a hostile text", () => {
  test("law: of a document reaches no output of any command", async () => {
    using folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(document, async (value) => {
        const file = folder.file("hostile.json", JSON.stringify(value));
        for (const words of commands) {
          const args = words.map((word) => (word === "FILE" ? file : word));
          const { status, stdout, stderr } = await tandemHere(args);
          expect([args, dangersIn(stdout + stderr)]).toEqual([args, []]);
          expect([args, status === 2, stderr]).toEqual([args, words.includes("report"), stderr]);
          if (args.includes("--json") || args.includes("json")) JSON.parse(stdout);
          if (args.includes("junit")) Bun.XML.parse(stdout);
          if (args.includes("show")) expect(JSON.parse(stdout)).toEqual(value);
          if (args.includes("github"))
            expect(stdout.split("\n").filter((line) => /^\s*::(?!error file=)/.test(line))).toEqual(
              [],
            );
        }
      }),
      { numRuns: rounds(3, 300) },
    );
  });

  test("law: is the program's own on stdout, and in the record it is equal", async () => {
    using folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(document, async (value) => {
        const file = folder.file("hostile.json", JSON.stringify(value));
        const events = folder.file("events.ndjson");
        const ran = await tandemHere([
          "run",
          file,
          ...virtual,
          "--events",
          events,
          "--force",
          "--timeline",
        ]);
        expect(ran.stdout).toStartWith(`${value.main.flatMap(printOf)[0]!.toWellFormed()}
`);
        expect(dangersIn(ran.stderr)).toEqual([]);
        const record = await Bun.file(events).text();
        expect(dangersIn(record)).toEqual([]);
        for (const line of record.trimEnd().split("\n")) JSON.parse(line);
        const told = await tandemHere(["report", events]);
        expect(ran.stderr).toEndWith(told.stdout);
        expect(dangersIn(told.stdout + told.stderr)).toEqual([]);
      }),
      { numRuns: rounds(10, 500) },
    );
  });

  test("law: of dangerous code points alone reaches no output and no file, wherever it stands", async () => {
    using folder = temporaryFolder();
    // In the suite some of each kind: of C0, C1, what turns lines and hides, and tags.
    const dangers = allDangers.filter((_, index) => allRounds || index % 17 === 0);
    const every = dangers.join("");
    // A file's name has at most 255 bytes, and no NUL.
    const inNames = dangers.filter((one) => one !== "\0");
    const nameOf = (begin: number): string => inNames.slice(begin, begin + 40).join("");
    const call = {
      module: `./${every.replace("\0", "")}.ts`,
      takes: "5ms",
      args: { [every]: every },
    };
    const whole = {
      name: "hostile",
      title: every,
      description: `First.\n\n${every}`,
      main: [{ print: every }, "launch", { call }, { send: { channel: "values", value: every } }],
      tasks: {
        worker: [{ receive: "values" }, { print: `{value}${every}` }, { call }, { sleep: "1s" }],
        failing: [{ sleep: "1ms" }, { fail: every }],
      },
      channels: { values: null },
      strategy: "thread",
      compare: ["await", "thread"],
      expect: { prints: [every], tasks: "finished" },
    };
    const reports = ["html", "svg", "md", "csv", "sarif", "perfetto.json"];
    const without = (steps: (object | string)[]) =>
      steps.filter((step) => typeof step === "string" || !("call" in step));
    const { main, tasks } = whole;
    const worker = without(tasks.worker);
    const plain = folder.file(
      "plain.json",
      JSON.stringify({ ...whole, main: without(main), tasks: { ...tasks, worker } }),
    );
    for (let begin = 0; begin < inNames.length; begin += 40) {
      const file = folder.file(`${nameOf(begin)}.json`, JSON.stringify(whole));
      // Other names change nothing but where they stand.
      const all = begin === 0 ? [...commands, ...furtherCommands] : commands.slice(0, 10);
      for (const words of all) {
        // Python cannot import the modules that are called.
        const given = words.includes("python") ? plain : file;
        const args = words.map((word) => (word === "FILE" ? given : word));
        const { status, stdout, stderr } = await tandemHere(args);
        expect([words, dangersIn(stdout + stderr)]).toEqual([words, []]);
        // The document is no record, and there may be no counter-example.
        const isNone = words[0] === "report" || words.includes("--counter-example");
        if (!isNone) expect([words, status === 2, stderr]).toEqual([words, false, stderr]);
      }
      for (const ending of begin === 0 ? reports : []) {
        const report = folder.file(`report.${ending}`);
        for (const words of [
          ["run", file, ...virtual],
          ["compare", file],
          ["check", file],
        ]) {
          const { status, stderr } = await tandemHere([...words, "--report", report]);
          expect([words, status === 2, stderr]).toEqual([words, false, stderr]);
          const written = readFileSync(report, "utf8");
          expect([ending, words[0], dangersIn(written)]).toEqual([ending, words[0], []]);
          rmSync(report);
        }
      }
    }
    // Strings of the format for Perfetto are between bytes that are none of a text.
    const file = folder.file("hostile.json", JSON.stringify(whole));
    const binary = folder.file("report.pftrace");
    await tandemHere(["run", file, ...virtual, "--report", binary]);
    expect(readFileSync(binary).includes("\u202e")).toBeFalse();
    expect(readFileSync(binary).includes("\u001b[")).toBeFalse();
  });

  test("law: in an argument, a file's name or a document's keys reaches no message", async () => {
    using folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(hostileText, fc.boolean(), async (text, isKey) => {
        const word = text.replaceAll(/[\0/]/g, "") || "x";
        const wrong = isKey
          ? { name: "a", main: [], [word]: 1, tasks: { [word]: [] } }
          : { name: word, main: [word, { start: word }, { receive: word }], strategy: word };
        const file = folder.file("wrong.json", JSON.stringify(wrong));
        const named = folder.file(`${word.toWellFormed()}.json`, "{ nothing");
        for (const args of [
          ["run", file],
          ["run", named],
          ["check", file, named],
          ["check", file, named, "--reporter", "junit"],
          ["check", file, named, "--reporter", "github"],
          ["check", file, named, "--reporter", "json"],
          ["show", named],
          ["report", named],
          [word],
          ["run", word],
          ["run", "lost", "--strategy", word],
          ["run", "lost", ...virtual, "--timeout", word],
          ["run", "lost", `--${word}`],
          ["run", "lost", ...virtual, "--events", `/nowhere/${word}`],
          ["compare", "lost", "--must", word],
          ["compare", "lost", "--sort", word],
          ["code", "lost", "--lang", word],
          ["help", word],
        ]) {
          const { stdout, stderr } = await tandemHere(args);
          expect([args, dangersIn(stdout + stderr)]).toEqual([args, []]);
        }
      }),
      { numRuns: rounds(10, 1000) },
    );
  });

  test("in an emitted program means what it means in the document", async () => {
    using folder = temporaryFolder();
    const texts = fc.sample(filledIn, { numRuns: 60, seed: 1 }).map((text) => text.toWellFormed());
    const value = {
      name: "hostile",
      title: texts.join(" "),
      main: [{ print: texts.join("") }, "launch", { print: "over" }],
      launch: texts.map((text) => ({ print: text })),
      strategy: "await",
    };
    const file = folder.file("hostile.json", JSON.stringify(value));
    const { stdout } = await tandemHere(["run", file, ...virtual]);
    expect(stdout).toBe([texts.join(""), ...texts, "over", ""].join("\n"));
    const typescript = (await tandemHere(["code", file])).stdout;
    const program = folder.file("hostile.ts", typescript);
    expect(call([process.execPath, program]).stdout).toBe(stdout);
    const python = findPython();
    if (python === null) return;
    const { stdout: source } = await tandemHere(["code", file, "--lang", "python"]);
    // By itself Python writes the ends of lines as the system has them.
    const env = { PYTHONUTF8: "1" };
    expect(call([python.path, folder.file("hostile.py", source)], { env }).stdout).toBe(stdout);
  });
});
