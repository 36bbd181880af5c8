// The command line and its machine-readable output, as a user meets them.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { YAML } from "bun";
import { z } from "zod";
import manifest from "../../package.json";
import { demandWords } from "../../src/strategies/demand-words.ts";
import { boundedFigures } from "../../src/scenario/expectation.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { DocumentError } from "../../src/scenario/problem.ts";
import {
  call,
  command,
  shell,
  tandem,
  tandemHere,
  temporaryFolder,
  type Called,
} from "../support/tandem.ts";
import { patience } from "../support/patience.ts";
import { unless, unlessLinux } from "../support/skipped.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const catalogue = ["lost", "awaited", "threaded", "floating", "exit-early"];
const commands = [
  "run",
  "compare",
  "check",
  "list",
  "show",
  "new",
  "report",
  "schema",
  "completion",
  "man",
  "version",
  "help",
];
const virtual = ["--driver", "virtual"];

/** Main prints, launches, blocks and prints; its task waits for 3 s, and has a clean-up. */
const small = `name: small
main:
  - print: main begins
  - launch
  - block: 1s
  - print: main ends
launch: [start: task, settle]
tasks:
  task:
    steps: [{ print: task begins }, { sleep: 3s }, { print: task ends }]
    finally: [{ print: task closes }]
`;

const called = new Map<string, Called>();

/** A call that may have been made before. That it gives the same bytes again is a law of its own, below. */
async function once(args: string[], stdin?: string): Promise<Called> {
  const key = JSON.stringify([args, stdin]);
  const known = called.get(key) ?? (await tandemHere(args, stdin === undefined ? {} : { stdin }));
  called.set(key, known);
  return known;
}

/** Holds that a command was refused: one line on stderr that says these words, nothing on stdout, status 2. */
function expectRefusal({ status, stdout, stderr }: Called, ...words: (string | RegExp)[]): void {
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/^[^\n]+\n$/),
  });
  for (const word of words)
    if (typeof word === "string") expect(stderr).toContain(word);
    else expect(stderr).toMatch(word);
}

const noTrace = /^\s+at |Error:|node_modules|\/src\//m;
const escapes = /[\x1b\x9b]/;

const time = z.number().nonnegative();
const thread = z.enum(["main", "loop"]);
const strategyShape = z.looseObject({
  name: z.string().min(1),
  loop: z.enum(["inline", "thread", "portal", "float"]),
  settle: z.enum(["none", "gather", "group", "settled"]),
  atExit: z.enum(["wait", "cancel", "abandon"]).nullable(),
  offload: z.enum(["none", "threads", "processes"]),
});
/** What became of main or launch; one that was never reached is `unstarted`, as a task may be. */
const programStatus = z.enum([
  "finished",
  "failed",
  "cancelled",
  "deadlocked",
  "interrupted",
  "unstarted",
]);

/** The object that `--json` prints. */
const resultShape = z.strictObject({
  scenario: z.string(),
  strategy: strategyShape,
  driver: z.enum(["virtual", "real"]),
  speed: z.number().positive(),
  wall: time,
  exitCode: z.int().nullable(),
  interruptedBy: z.string().nullable(),
  interruption: z.string().nullable(),
  disturbed: z.strictObject({ waited: time.nullable(), stopped: time }).optional(),
  main: z.strictObject({
    status: programStatus,
    endedAt: time.nullable(),
    blocked: time,
    error: z.string().nullable(),
  }),
  launch: z.strictObject({
    status: programStatus,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    error: z.string().nullable(),
    heard: z.enum(["raised", "logged", "nobody"]).nullable(),
    heardAt: time.nullable(),
  }),
  tasks: z.array(
    z.looseObject({
      name: z.string(),
      status: z.enum(["finished", "failed", "cancelled", "abandoned", "unstarted"]),
      startedAt: time.nullable(),
      endedAt: time.nullable(),
      progress: z.number().min(0).max(1),
      error: z.string().nullable(),
      heard: z.enum(["raised", "logged", "nobody"]).nullable(),
    }),
  ),
  prints: z.array(
    z.strictObject({ at: time, thread, task: z.string().nullable(), text: z.string() }),
  ),
  metrics: z.looseObject({
    overlap: z.number().nullable(),
    longestBlock: z.unknown(),
    lateness: z.looseObject({ p50: time, p99: time, max: time }),
  }),
  blocks: z.array(
    z.strictObject({
      at: time,
      duration: time,
      by: z.string(),
      source: z.string().nullable(),
      // Only of user code, which has a source.
      place: z.strictObject({ file: z.string(), line: z.int() }).optional(),
      shares: z.array(z.strictObject({ by: z.string(), duration: time })),
      late: z.array(z.strictObject({ task: z.string(), tasks: z.int(), by: time })),
    }),
  ),
  races: z.array(z.unknown()),
  failures: z.array(
    z.strictObject({
      of: z.string(),
      error: z.string(),
      at: time,
      heard: z.array(
        z.strictObject({ by: z.enum(["raised", "logged"]), where: z.string(), at: time }),
      ),
    }),
  ),
  waiting: z.array(
    z.strictObject({ who: z.string(), for: z.string(), of: z.string().nullable(), since: time }),
  ),
  findings: z.array(
    z.strictObject({
      rule: z.string().min(1),
      task: z.string().nullable(),
      at: time,
      message: z.string().min(1),
      fix: z.string().min(1),
      remedies: z.array(
        z.strictObject({ does: z.string().min(1), strategy: z.string().nullable() }),
      ),
    }),
  ),
});
type Result = z.infer<typeof resultShape>;

function resultOf(stdout: string): Result {
  return resultShape.parse(JSON.parse(stdout));
}

/** Runs in virtual time with `--json` and gives the object; the status is part of it. */
async function run(
  word: string,
  args: string[] = [],
  stdin?: string,
): Promise<Result & { status: number }> {
  const { status, stdout, stderr } = await once(
    ["run", word, ...virtual, "--json", ...args],
    stdin,
  );
  expect(stderr).toBe("");
  return { status, ...resultOf(stdout) };
}

/** A document with these programs, as JSON. */
function document(parts: object): string {
  return JSON.stringify({ name: "sample", main: ["launch"], ...parts });
}

describe("tandem", () => {
  test("without a command, and without a terminal, prints its help to stderr and exits 2", async () => {
    const { status, stdout, stderr } = await tandemHere([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    for (const name of commands) expect(stderr).toContain(`  ${name} `);
  });

  test("answers an unknown command with the nearest there is", async () => {
    expectRefusal(await tandemHere(["rnu", "lost"]), '"rnu"', 'did you mean "run"?');
    expectRefusal(await tandemHere(["schmea"]), 'did you mean "schema"?');
    expectRefusal(await tandemHere(["frobnicate"]), '"frobnicate"', ...commands);
    for (const word of ["", " ", "constructor", "__proto__", "lost"])
      expectRefusal(await tandemHere([word]), `"${word}"`);
    expectRefusal(
      await tandemHere(["--frobnicate"]),
      "there is no option --frobnicate before a command",
    );
    expectRefusal(await tandemHere(["--vesion"]), 'did you mean "--version"?');
  });

  test("answers a scenario without a command with the command that runs it", async () => {
    const file = folder.file("alone.yaml", small);
    for (const word of ["lost", file])
      expectRefusal(await tandemHere([word]), `did you mean "tandem run ${word}"?`);
    expectRefusal(await tandemHere([`${file}/below`]), "there is no command");
  });

  test("shows every command in its help, and nothing of its own machinery", async () => {
    const { stdout } = await tandemHere(["help"]);
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
    expect(stdout).not.toContain("__");
  });
});

describe("tandem help", () => {
  test("is written to stdout with status 0, however it is asked for", async () => {
    const help = await tandemHere(["help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const name of commands) expect(help.stdout).toContain(`  ${name} `);
    expect(await tandemHere(["--help"])).toEqual(help);
    expect(await tandemHere(["-h"])).toEqual(help);
  });

  test.each(commands)("%s is the same as asking the command itself", async (name) => {
    const help = await tandemHere(["help", name]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toContain(`tandem ${name}`);
    expect(help.stdout).toEndWith("\n");
    for (const line of help.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(await tandemHere([name, "--help"])).toEqual(help);
    expect(await tandemHere([name, "-h"])).toEqual(help);
  });

  test("of a command that does not exist names the nearest", async () => {
    expectRefusal(await tandemHere(["help", "rnu"]), 'did you mean "run"?');
    expectRefusal(await tandemHere(["help", "run", "list"]), '"list"');
  });

  test("names every option of run and every strategy, and run knows each option named", async () => {
    const { stdout } = await tandemHere(["help", "run"]);
    const named = [...new Set(stdout.match(/--[a-z-]+/g))].sort();
    const specified = [
      "driver",
      "events",
      "json",
      "speed",
      "strategy",
      "strict",
      "takes-from",
      "timeout",
    ];
    for (const name of specified) expect(named).toContain(`--${name}`);
    for (const name of ["detach", "await", "group", "thread", "daemon", "portal", "float", "exit"])
      expect(stdout).toMatch(new RegExp(`^ +${name} +\\S`, "m"));
    for (const option of named) {
      // A folder as the scenario ends the run after its options were understood.
      const { stderr } = await tandemHere(["run", option, "1", folder.path, "--driver=virtual"]);
      expect(stderr).not.toContain("there is no option");
      expect(stderr).not.toBe("");
    }
  });
});

test("the help of compare says what every demand means, and that of check all one may expect", async () => {
  const { stdout: compare } = await tandemHere(["help", "compare"]);
  for (const word of demandWords) expect(compare).toMatch(new RegExp(`\\b${word}\\b`));
  const { stdout: check } = await tandemHere(["help", "check"]);
  for (const word of ["tasks", "lost", "prints", "deadlock", ...boundedFigures])
    expect(check).toMatch(new RegExp(`\\b${word}\\b`));
});

describe("tandem version", () => {
  test("is that of the package", async () => {
    const { status, stdout, stderr } = await tandemHere(["version"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^tandem \d+\.\d+\.\d+ [^\n]*\n$/);
    expect(stdout).toStartWith(`tandem ${manifest.version} `);
    expect((await tandemHere(["--version"])).stdout).toBe(stdout);
  });
});

describe("every command", () => {
  test.each(commands)("%s refuses an option it does not know", async (name) => {
    const option = name === "run" ? "-x" : "--frobnicate";
    expectRefusal(await tandemHere([name, option]), option);
  });

  test("without options says that it has none", async () => {
    expectRefusal(
      await tandemHere(["man", "--frobnicate"]),
      "--frobnicate; there is none here (see:",
    );
  });

  test.each([
    ["run", ["lost", "awaited"], "awaited"],
    ["list", ["lost"], "lost"],
    ["schema", ["events", "scenario"], "scenario"],
    ["version", ["please"], "please"],
  ])("%s refuses a word too many", async (name, words, extra) => {
    expectRefusal(await tandemHere([name, ...words]), `"${extra}"`);
  });

  test.each(["run", "show", "report"])("%s says what is missing", async (name) => {
    expectRefusal(await tandemHere([name]), "missing", `tandem help ${name}`);
  });
});

describe("a path that cannot be looked at", () => {
  const trouble = temporaryFolder();
  afterAll(() => trouble[Symbol.dispose]());
  const circle = trouble.file("circle");
  symlinkSync(circle, circle);

  test.each([
    ["a name too long", trouble.file("a".repeat(300))],
    ["a link in circles", circle],
    ["below a link in circles", `${circle}/x.yaml`],
    ["below a file", `${trouble.file("plain", "text")}/x.yaml`],
  ])("is told in a sentence, with exit status 2: %s", async (_, path) => {
    for (const args of [
      ["run", "lost", ...virtual, "--events", path],
      ["run", "lost", ...virtual, "--takes-from", path],
      ["run", path],
      ["show", path],
      ["compare", path],
      ["code", path],
      ["report", path],
      [path],
    ])
      expectRefusal(await tandemHere(args), path);
    const { status, stdout, stderr } = await tandemHere(["check", path]);
    expect([status, stderr]).toEqual([2, ""]);
    expect(stdout).toContain(`✗ ${path}: `);
  });

  test("in a folder that is checked keeps no other document from being checked", async () => {
    using documents = temporaryFolder();
    for (const name of ["circle", "circle.yaml"]) symlinkSync(name, documents.file(name));
    documents.file("good.yaml", small);
    const { status, stdout, stderr } = await tandemHere(["check", documents.path]);
    expect([status, stderr]).toEqual([2, ""]);
    expect(stdout).toContain("1 expects nothing, 1 cannot be read");
  });
});

describe("tandem list", () => {
  test("has a line for every scenario of the catalogue, and each can be shown", async () => {
    const { status, stdout, stderr } = await tandemHere(["list"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    const names = lines.map((line) => line.split(" ")[0]!);
    expect(names).toEqual(expect.arrayContaining(catalogue));
    expect(names).toHaveLength(new Set(names).size);
    for (const index of [0, names.length - 1]) {
      const document: unknown = YAML.parse((await once(["show", names[index]!])).stdout);
      const { title, name } = document as Record<string, string>;
      expect(name).toBe(names[index]!);
      expect(lines[index]).toContain(title!);
    }
  });
});

describe("tandem show", () => {
  test("prints a document that runs as its scenario does", async () => {
    const path = folder.file("shown-first.yaml");
    const { status, stderr } = shell(`tandem show exit-early > '${path}'`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await run(path)).toEqual(await run("exit-early"));
  });

  test("prints a file as it is", async () => {
    const text = `# A comment\n${small}`;
    expect(await tandemHere(["show", folder.file("shown.yaml", text)])).toEqual({
      status: 0,
      stdout: text,
      stderr: "",
    });
    expect((await tandemHere(["show", "-"], { stdin: text })).stdout).toBe(text);
  });

  test("refuses what is no scenario", async () => {
    expectRefusal(await tandemHere(["show", "lsot"]), 'did you mean "lost"?');
    expectRefusal(
      await tandemHere(["show", "-"], { stdin: "name: sample\nmain: [lunch]\n" }),
      "<stdin>:2:8:",
    );
  });
});

describe("tandem schema", () => {
  const schema = async (): Promise<z.ZodType> =>
    z.fromJSONSchema(JSON.parse((await once(["schema"])).stdout));

  test("is JSON Schema, and every catalogue document is valid by it", async () => {
    const { status, stdout, stderr } = await once(["schema"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
    });
    expect((await tandemHere(["schema", "scenario"])).stdout).toBe(stdout);
    const validator = await schema();
    for (const name of catalogue) {
      const { error } = validator.safeParse(YAML.parse((await once(["show", name])).stdout));
      expect(error).toBeUndefined();
    }
  });

  const everything = {
    name: "everything",
    title: "All of it",
    description: "…",
    main: [
      { print: "a" },
      "launch",
      { block: "3s" },
      { compute: 5 },
      { repeat: 2, steps: [{ repeat: 0, steps: [{ print: 1 }] }] },
      { submit: "handed" },
      { result: "handed", timeout: "1s" },
      { send: { channel: "inbox", value: { any: [1] } } },
      { receive: "inbox", timeout: 5 },
      { call: { module: "./job.ts", export: "run", args: [1], takes: "1s" } },
      "join",
      { fail: "no" },
    ],
    launch: [{ start: ["task", "long"] }, { sleep: "1s" }, "settle"],
    tasks: {
      handed: [],
      task: [{ sleep: 1 }],
      long: { steps: [], finally: [{ sleep: 1 }], copies: 3 },
    },
    channels: { inbox: { capacity: 10 }, open: {} },
    strategy: { use: "thread", atExit: "cancel", grace: "1s" },
    compare: ["detach", { use: "await", offload: "threads", workers: 2 }],
    expect: { tasks: { task: "finished" }, lost: 0, wall: "<= 9.5s", prints: { contains: ["a"] } },
  };

  test("allows all that a document may say", async () => {
    expect((await schema()).safeParse(everything).error).toBeUndefined();
    expect((await tandemHere(["show", "-"], { stdin: JSON.stringify(everything) })).status).toBe(0);
  });

  test("refuses what the program refuses", async () => {
    const validator = await schema();
    for (const wrong of [
      { main: undefined },
      { name: "Two Words" },
      { titel: "x" },
      { main: "launch" },
      { main: ["lunch"] },
      { main: [{ slep: 1 }] },
      { main: [{ print: "a", block: 1 }] },
      { main: [{ repeat: 2 }] },
      { main: [{ repeat: -1, steps: [] }] },
      { main: [{ repeat: 1, steps: [{ pirnt: 1 }] }] },
      { tasks: { "a b": [] } },
      { tasks: { task: { finally: [] } } },
      { tasks: { task: { steps: [], copies: 0 } } },
      { channels: { inbox: { capacity: 0 } } },
      { strategy: { use: "thread", atExit: "wiat" } },
      { strategy: 5 },
      { expect: { tasks: "finishd" } },
    ]) {
      const wrongDocument = { ...everything, ...wrong };
      expect([wrong, validator.safeParse(wrongDocument).success]).toEqual([wrong, false]);
      expect(() => parseScenario(JSON.stringify(wrongDocument), "wrong.json")).toThrow(
        DocumentError,
      );
    }
    expect(validator.safeParse([]).success).toBe(false);
  });

  test("of events is printed as well, and of nothing else", async () => {
    const { status, stdout } = await once(["schema", "events"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
    });
    expectRefusal(await tandemHere(["schema", "event"]), 'did you mean "events"?');
  });
});

describe("tandem run", () => {
  test("writes the program's own output to stdout, and all else to stderr", async () => {
    const { status, stdout, stderr } = await once(["run", "lost", ...virtual]);
    expect(status).toBe(0);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^Main program started Bun \d+\.\d+\.\d+$/),
      "a",
      "b",
      "Background task iteration 0",
      "Main program iteration 0",
      "Main program iteration 1",
      "Main program iteration 2",
      "",
    ]);
    expect(stderr).toMatch(/lost.*detach/);
    expect(stderr).toMatch(/task +cancelled/);
    expect(stderr).toContain("1 of 1 task lost");
  });

  test("prints the article's third listing, line for line", async () => {
    const { stdout } = await once(["run", "threaded", ...virtual]);
    expect(stdout.split("\n").slice(1)).toEqual([
      "a",
      "Background task iteration 0",
      "Background task iteration 1",
      "Background task iteration 2",
      "Main program iteration 0",
      "Background task iteration 3",
      "Background task iteration 4",
      "finished",
      "b",
      "Main program iteration 1",
      "Main program iteration 2",
      "",
    ]);
  });

  test("prints text as it is: empty lines, spaces, and letters of any script", async () => {
    const lines = ["", "  two spaces ", "tab\there", "žluťoučký kůň 💥", "two\nlines", "\\n %s {}"];
    const stdin = document({ main: lines.map((print) => ({ print })) });
    const { stdout } = await tandemHere(["run", "-", ...virtual], { stdin });
    expect(stdout).toBe(lines.map((line) => `${line}\n`).join(""));
  });

  test("reads a catalogue name, a file, a pipe or stdin", async () => {
    const path = folder.file("small.yaml", small);
    const expected = await tandemHere(["run", path, ...virtual]);
    expect(expected.stdout).toContain("main ends\n");
    expect(await tandemHere(["run", "-", ...virtual], { stdin: small })).toEqual(expected);
    expect(await tandemHere(["run", "small.yaml", ...virtual], { cwd: folder.path })).toEqual(
      expected,
    );
    expect(
      await tandemHere([...["run", ...virtual], "--", "small.yaml"], { cwd: folder.path }),
    ).toEqual(expected);
    expect(shell(`tandem run <(cat '${path}') ${virtual.join(" ")}`)).toEqual(expected);
    expect(shell(`tandem show lost | tandem run - ${virtual.join(" ")}`)).toEqual(
      await once(["run", "lost", ...virtual]),
    );
  });

  test("reads a file whose name begins with a dash, behind --", async () => {
    for (const name of ["-dash.yaml", "-h"]) {
      folder.file(name, small);
      const called = await tandemHere(["run", ...virtual, "--", name], { cwd: folder.path });
      expect(called.stdout).toStartWith("main begins\n");
    }
  });

  test("shows what a document says without its control characters, but prints it as it is", async () => {
    const text = "red \u001b[31m\u009b1m\u0007\nnext";
    const tasks = { task: [{ print: text }, { sleep: 5 }], failing: [{ fail: text }] };
    const main = ["launch", { print: text }, { fail: text }];
    const stdin = document({ main, launch: [{ start: ["task", "failing"] }], tasks });
    const args = ["run", "-", ...virtual, "--strategy"];
    const { stdout, stderr } = await tandemHere([...args, "detach"], { stdin });
    expect(stdout).toBe(`${text}\n${text}\n`);
    expect(stderr).toContain("red ");
    expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
    // The story of each stays one row.
    expect(stderr).not.toMatch(/^next/m);
  });

  test("takes its options before or behind the scenario, with = or without, long or short", async () => {
    const expected = await tandemHere([
      "run",
      "lost",
      "--driver",
      "virtual",
      "--strategy",
      "await",
      "--json",
    ]);
    expect(resultOf(expected.stdout).strategy.name).toBe("await");
    for (const args of [
      ["--json", "--strategy=await", "--driver=virtual", "lost"],
      ["-s", "await", "-d", "virtual", "lost", "--json"],
    ])
      expect(await tandemHere(["run", ...args])).toEqual(expected);
  });

  const mistakes: [title: string, args: string[], ...words: string[]][] = [
    ["an unknown option", ["--jsno"], "--jsno", "did you mean --json?"],
    ["another unknown option", ["--drvier", "virtual"], "--drvier", "did you mean --driver?"],
    ["an option far from any", ["--frobnicate"], "--frobnicate", "--strategy", "--events"],
    ["an unknown driver", ["--driver", "virtaul"], '"virtaul"', 'did you mean "virtual"?'],
    ["an unknown strategy", ["--strategy", "awiat"], '"awiat"', 'did you mean "await"?'],
    ["a value for a switch", ["--strict=yes"], "--strict", '"yes"'],
    ["an option twice", ["--json", "--json"], "--json", "twice"],
    ["an option without its value", ["--strategy"], "--strategy", "value"],
    ["an option whose value is the next one", ["--events", "--json"], "--events", "value"],
    ["an empty strategy", ["--strategy="], '""'],
    ["an empty file of events", ["--events="], "--events"],
    ...["soon", ""].map((value): [string, string[], string, string] => [
      `"${value}" for a timeout`,
      [`--timeout=${value}`],
      "--timeout",
      `"${value}"`,
    ]),
    ...["fast", "0", ""].map((value): [string, string[], string, string] => [
      `"${value}" for a speed`,
      [`--speed=${value}`],
      "--speed",
      `"${value}"`,
    ]),
  ];
  test.each(mistakes)("refuses %s before anything runs", async (...row) => {
    const [, args, ...words] = row;
    expectRefusal(await tandemHere(["run", "lost", ...args]), ...words);
  });

  test.each([
    [["run"], "strategy detach has none"],
    [["compare", "--strategies", "await,detach"], "no strategy here has one"],
    [["check"], "strategy detach has none"],
    [["crash", "--strategy", "await"], "strategy await has none"],
  ])("%p refuses a place for a durable queue where no strategy has one", async (words, why) => {
    const stdin = document({ main: ["launch"], strategy: "detach", expect: { lost: 0 } });
    const args = [...words, "-", "--engine", "sqlite:queue.db"];
    expectRefusal(await tandemHere(args, { stdin }), `${why}; use strategy durable`);
  });

  test("writes no escape codes into a pipe", async () => {
    const calls = [
      await tandemHere(["help"]),
      await tandemHere(["list"]),
      await tandemHere(["rnu"]),
      await tandemHere(["run", "lsot"]),
    ];
    for (const { stdout, stderr } of [...calls, await once(["run", "lost", ...virtual])]) {
      expect(stdout + stderr).not.toBe("");
      expect(stdout + stderr).not.toMatch(escapes);
    }
  });
});

describe("the exit status of a run", () => {
  const failing = { tasks: { task: [{ sleep: 1 }, { fail: "no connection" }] } };

  test("is 0 when main is done, whatever was lost", async () => {
    expect((await once(["run", "lost", ...virtual])).status).toBe(0);
    expect((await once(["run", "exit-early", ...virtual])).status).toBe(0);
  });

  test("is 1 with --strict when work was lost, and then only", async () => {
    for (const [name, strategy, status] of [
      ["lost", "detach", 1],
      ["lost", "await", 0],
      ["exit-early", "exit", 1],
      ["floating", "float", 0],
    ] as const)
      expect((await tandemHere(["run", name, ...virtual, "--strict", "-s", strategy])).status).toBe(
        status,
      );
    const unstarted = document({ main: [], tasks: { task: [] } });
    expect(await run("-", ["--strict"], unstarted)).toMatchObject({
      status: 1,
      tasks: [{ status: "unstarted" }],
    });
    expect(
      (await run("-", ["--strict", "-s", "await,settle=settled"], document({ tasks: {} }))).status,
    ).toBe(0);
  });

  test("with --strict is 0 when a task failed: it ended by itself", async () => {
    const stdin = document({
      ...failing,
      main: ["launch"],
      launch: [{ start: "task" }, { sleep: 5 }],
    });
    expect(await run("-", ["--strict", "-s", "detach"], stdin)).toMatchObject({
      status: 0,
      main: { status: "finished" },
      tasks: [{ status: "failed", error: "no connection" }],
    });
  });

  test("is 1 when main failed; what it had printed stands on stdout, the error on stderr", async () => {
    const stdin = document({
      main: [{ print: "so far" }, { fail: "no disk" }, { print: "never" }],
    });
    const { status, stdout, stderr } = await tandemHere(["run", "-", ...virtual], { stdin });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "so far\n" });
    expect(stderr).toMatch(/main +failed .*"no disk"/);
    expect(await run("-", [], stdin)).toMatchObject({
      status: 1,
      exitCode: 1,
      main: { status: "failed", error: "no disk", endedAt: 0 },
    });
  });

  test("is 1 when an error leaves launch into main, whose remaining steps do not run", async () => {
    const stdin = document({ ...failing, main: ["launch", { print: "never" }] });
    expect(await run("-", ["-s", "await"], stdin)).toMatchObject({
      status: 1,
      exitCode: 1,
      main: { status: "failed", endedAt: 1 },
      launch: { status: "failed", endedAt: 1 },
      tasks: [{ status: "failed", error: "no connection", heard: "raised" }],
      prints: [],
    });
  });

  test("is 0 when an error ends the loop's thread only, and main goes on", async () => {
    const stdin = document({ ...failing, main: ["launch", { block: 5 }, { print: "main ends" }] });
    expect(await run("-", ["-s", "thread"], stdin)).toMatchObject({
      status: 0,
      exitCode: 0,
      main: { status: "finished", endedAt: 5 },
      launch: { status: "failed", endedAt: 1 },
      prints: [{ at: 5, thread: "main", text: "main ends" }],
    });
  });

  test("is 2 when the command line or the document is wrong", async () => {
    expect((await tandemHere(["run", "lost", "--strict", "--frobnicate"])).status).toBe(2);
    expect((await tandemHere(["run", "-"], { stdin: "name: sample\n" })).status).toBe(2);
  });
});

describe("--json", () => {
  test.each(catalogue)(
    "of %s is one object of the specified shape, alone, and the same bytes again",
    async (name) => {
      const args = ["run", name, ...virtual, "--json"];
      const first = await once(args);
      expect(first).toMatchObject({ status: 0, stderr: "" });
      expect(first.stdout).toEndWith("}\n");
      const result = resultOf(first.stdout);
      expect(result).toMatchObject({ scenario: name, driver: "virtual", speed: 1, exitCode: 0 });
      expect(result.wall).toBe(
        Math.max(result.main.endedAt!, ...result.tasks.map((task) => task.endedAt ?? 0)),
      );
      if (name === "threaded" || name === "exit-early")
        expect(await tandemHere(args)).toEqual(first);
      const prints = result.prints.map(({ text }) => `${text}\n`).join("");
      expect((await once(["run", name, ...virtual])).stdout).toBe(prints);
    },
  );

  test("of lost says that the loop's end took the task", async () => {
    expect(await run("lost")).toMatchObject({
      strategy: { name: "detach", loop: "inline", settle: "none", atExit: null, offload: "none" },
      wall: 9000,
      main: { status: "finished", endedAt: 9000, blocked: 9000, error: null },
      launch: { status: "finished", startedAt: 0, endedAt: 0, error: null },
      tasks: [
        {
          name: "task",
          status: "cancelled",
          startedAt: 0,
          endedAt: 0,
          progress: 1 / 11,
          error: null,
          heard: null,
        },
      ],
      findings: [{ rule: "lost-at-close", task: "task", at: 0 }],
    });
  });

  test("of threaded says that everything finished beside a main that blocks", async () => {
    const result = await run("threaded");
    expect(result).toMatchObject({
      strategy: { name: "thread", loop: "thread", settle: "gather", atExit: "wait" },
      wall: 9000,
      main: { status: "finished", endedAt: 9000, blocked: 9000 },
      launch: { status: "finished", startedAt: 0, endedAt: 5000 },
      tasks: [{ status: "finished", startedAt: 0, endedAt: 5000, progress: 1 }],
    });
    expect(result.prints.filter(({ at }) => at === 3000)).toEqual([
      { at: 3000, thread: "main", task: null, text: "Main program iteration 0" },
      { at: 3000, thread: "loop", task: "task", text: "Background task iteration 3" },
    ]);
    expect(result.prints.find(({ text }) => text === "b")).toEqual({
      at: 5000,
      thread: "loop",
      task: null,
      text: "b",
    });
    expect(result.races).not.toEqual([]);
  });

  test("of awaited says that main stood still until the task was done", async () => {
    expect(await run("awaited")).toMatchObject({
      wall: 2000,
      main: { status: "finished", endedAt: 2000 },
      launch: { status: "finished", endedAt: 500 },
      tasks: [{ status: "finished", endedAt: 500, progress: 1 }],
      findings: [],
    });
  });

  test("of floating says how late the blocked loop woke its task", async () => {
    expect(await run("floating")).toMatchObject({
      wall: 4000,
      main: { status: "finished", endedAt: 3000, blocked: 3000 },
      tasks: [{ status: "finished", startedAt: 0, endedAt: 4000 }],
      metrics: { lateness: { max: 2000 } },
    });
  });

  test("of exit-early says that the task was abandoned, and its clean-up with it", async () => {
    const result = await run("exit-early");
    expect(result).toMatchObject({
      wall: 500,
      main: { status: "finished", endedAt: 500 },
      tasks: [{ name: "upload", status: "abandoned", startedAt: 0, progress: 1 / 3 }],
    });
    expect(result.prints.map(({ text }) => text)).not.toContain("closed");
  });

  test("has one entry for every copy of a task, in order", async () => {
    const task = { steps: [{ sleep: "1s" }], copies: 12 };
    const { tasks } = await run("-", ["-s", "await"], document({ tasks: { task, last: [] } }));
    expect(tasks.map(({ name }) => name)).toEqual([
      ...Array.from({ length: 12 }, (_, copy) => `task#${copy}`),
      "last",
    ]);
  });

  test("is as long as it must be: fifty thousand lines arrive whole in a pipe", async () => {
    const stdin = document({ main: [{ repeat: 50_000, steps: [{ print: "line {i}" }] }] });
    const { prints } = await run("-", [], stdin);
    expect(prints).toHaveLength(50_000);
    expect(prints.at(-1)).toMatchObject({ text: "line 49999" });
    const { stdout } = await tandemHere(["run", "-", ...virtual], { stdin });
    expect(stdout).toHaveLength(prints.reduce((sum, { text }) => sum + text.length + 1, 0));
  });
});

describe("--timeout", () => {
  test("ends the run at that time and tells what had happened", async () => {
    const args = ["run", "lost", ...virtual, "--timeout", "4s"];
    const { status, stdout, stderr } = await tandemHere(args);
    expect(status).toBe(1);
    expect(stdout).toEndWith("Main program iteration 0\n");
    expect(stderr).toMatch(/main +interrupted/);
    expect(stderr).toContain("--timeout");
    expect(await run("lost", ["--timeout", "4000ms"])).toMatchObject({
      status: 1,
      wall: 4000,
      main: { status: "interrupted", blocked: 4000 },
      launch: { status: "finished" },
      tasks: [{ status: "cancelled" }],
    });
  });

  test("changes nothing when the run is done by then", async () => {
    expect(await run("lost", ["--timeout", "10s"])).toEqual(await run("lost"));
    expect(await run("lost", ["--timeout", "9001ms"])).toEqual(await run("lost"));
  });

  test("is written with a unit, since who writes 5 does not mean milliseconds", async () => {
    const { status, stdout, stderr } = await tandemHere(["run", "lost", "--timeout", "5"]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--timeout needs a unit: did you mean 5s, or 5ms?");
  });

  test.each([
    [
      ["run", "lost", "-s", "await,timeout=5"],
      "--strategy: timeout needs a unit: did you mean 5s, or 5ms?",
    ],
    [
      ["run", "lost", "-s", "thread,atExit=cancel,grace= 1.5 "],
      "grace needs a unit: did you mean 1.5s",
    ],
    [["compare", "lost", "--strategies", "await,timeout=5,detach"], "did you mean 5s, or 5ms?"],
    [["compare", "lost", "--must", "main<=5"], "a time needs a unit, as main<=5s"],
  ])("as %j is", async (words, sentence) => {
    const { status, stdout, stderr } = await tandemHere(words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
  });

  test("of nothing ends the run before anything took time", async () => {
    expect(await run("lost", ["--timeout", "0"])).toMatchObject({
      status: 1,
      wall: 0,
      main: { status: "interrupted" },
    });
  });
});

describe("--speed", () => {
  test("is nothing to virtual time", async () => {
    expect(await run("lost", ["--speed", "10"])).toEqual(await run("lost"));
  });
});

describe("--events", () => {
  /** Records a run and gives the file and what stdout held. */
  async function record(
    name: string,
    word: string,
    args: string[] = [],
  ): Promise<{ file: string; stdout: string }> {
    const file = folder.file(name);
    const { status, stdout } = await tandemHere([
      "run",
      word,
      ...virtual,
      "--events",
      file,
      ...args,
    ]);
    expect(status).toBe(0);
    return { file, stdout };
  }

  test("writes lines that are valid by the schema of events, in the order of time", async () => {
    const line = z.fromJSONSchema(JSON.parse((await once(["schema", "events"])).stdout));
    for (const name of ["lost", "threaded"]) {
      const text = readFileSync((await record(`${name}.ndjson`, name)).file, "utf8");
      expect(text).toEndWith("}\n");
      const lines = text
        .trimEnd()
        .split("\n")
        .map((one) => JSON.parse(one) as Record<string, unknown>);
      for (const one of lines) expect([one, line.safeParse(one).error]).toEqual([one, undefined]);
      expect(lines[0]!["source"]).toMatchObject({
        document: expect.stringContaining(`name: ${name}\n`),
        driver: "virtual",
      });
      expect(lines[0]!["format"]).toMatch(/^tandem-events\/\d+$/);
      const events = lines.slice(1).filter(({ at }) => at !== undefined);
      const times = events.map(({ at }) => at as number);
      expect(times.length).toBeGreaterThan(20);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const wrong of [
        { ...events[1], at: -1 },
        { ...events[1], thread: undefined },
        { type: "slept" },
        [],
      ])
        expect(line.safeParse(wrong).success).toBe(false);
    }
  });

  test("leaves stdout, and --json, as they are without it", async () => {
    const plain = (await once(["run", "lost", ...virtual])).stdout;
    expect((await record("plain.ndjson", "lost")).stdout).toBe(plain);
    const json = (await once(["run", "lost", ...virtual, "--json"])).stdout;
    expect((await record("json.ndjson", "lost", ["--json"])).stdout).toBe(json);
  });

  test("writes the same bytes for the same run in virtual time", async () => {
    const [one, two] = await Promise.all(
      ["one", "two"].map(async (name) =>
        readFileSync((await record(`${name}.ndjson`, "threaded")).file, "utf8"),
      ),
    );
    expect(one).toBe(two!);
  });

  test("says of a real run when its main started, and of one in virtual time that it was never", async () => {
    const epochOf = (file: string): unknown =>
      (JSON.parse(readFileSync(file, "utf8").split("\n")[0]!) as { epoch: unknown }).epoch;
    expect(epochOf((await record("virtual-epoch.ndjson", "lost")).file)).toBeNull();
    const file = folder.file("when.ndjson");
    const before = Date.now();
    await tandemHere(["run", "lost", "--speed", "100", "--events", file]);
    expect(epochOf(file)).toBeWithin(before - 1, Date.now() + 1);
  });

  test("does not replace a file without --force, and says so before anything runs", async () => {
    const file = folder.file("precious.ndjson", "precious\n");
    const args = ["run", "lost", ...virtual, "--events", file];
    expectRefusal(await tandemHere(args), file, "exists", "--force");
    expect(readFileSync(file, "utf8")).toBe("precious\n");
    expect((await tandemHere([...args, "--force"])).status).toBe(0);
    expect(readFileSync(file, "utf8")).toStartWith('{"type":"trace-began"');
  });

  test("refuses a folder, and a file in a folder that does not exist, before anything runs", async () => {
    const args = ["run", "lost", ...virtual, "--events"];
    expectRefusal(await tandemHere([...args, folder.path]), folder.path, "folder");
    expectRefusal(await tandemHere([...args, folder.path, "--force"]), folder.path, "folder");
    expectRefusal(
      await tandemHere([...args, folder.file("absent/x.ndjson")]),
      folder.file("absent"),
    );
    expectRefusal(await tandemHere([...args, folder.file("small.yaml/x.ndjson")]), "--events");
  });

  test("refuses - as a file, since standard output is the program's", async () => {
    expectRefusal(
      await tandemHere(["run", "lost", ...virtual, "--events", "-"]),
      "--events -",
      "name a file",
    );
    expect(existsSync("-")).toBeFalse();
  });

  test("keeps the events when stdout cannot be written", async () => {
    for (const driver of ["virtual", "real"]) {
      const events = folder.file(`kept-${driver}.ndjson`);
      const line = `tandem run lost --driver ${driver} --speed 100 --events '${events}' > /dev/full`;
      const { status, stderr } = shell(line);
      expect(status).toBe(1);
      expect(stderr).toContain("standard output");
      expect((await tandemHere(["report", events])).status).toBe(0);
    }
  });

  test("refuses a file that cannot be written in one sentence", async () => {
    const { status, stderr } = await tandemHere([
      "run",
      "lost",
      ...virtual,
      "--events",
      "/dev/full",
    ]);
    expect(status).not.toBe(0);
    expect(stderr).not.toMatch(noTrace);
    expect(stderr).toContain("/dev/full");
  });

  test("makes no file when the document or the command line is wrong", async () => {
    const file = folder.file("never.ndjson");
    const args = ["run", "-", ...virtual, "--events", file];
    expect((await tandemHere(args, { stdin: "name: sample\n" })).status).toBe(2);
    expect((await tandemHere([...args, "--strategy", "protal"], { stdin: small })).status).toBe(2);
    expect((await tandemHere([...args, "--jsno"], { stdin: small })).status).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});

describe("tandem report", async () => {
  test("says of an empty file that it is empty, and quotes a name of no characters", async () => {
    const empty = folder.file("empty.ndjson", "");
    expectRefusal(await tandemHere(["report", empty]), `${empty}:1:1: it is empty`);
    expectRefusal(await tandemHere(["report", "-"], { stdin: "\n" }), "<stdin>:1:1: it is empty");
    expectRefusal(await tandemHere(["report", ""]), '"": no such file');
  });

  const file = folder.file("report.ndjson");
  const recorded = await tandemHere(["run", "lost", ...virtual, "--events", file]);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");

  /** A file of these lines. */
  function broken(name: string, ...changed: string[]): string {
    return folder.file(name, `${changed.join("\n")}\n`);
  }

  test.each([
    ["lost", "await,timeout=2.5s"],
    ["threaded", "thread,atExit=cancel,grace=61.5s"],
    ["exit-early", "exit"],
  ])("of %s, strategy %s, is the same object as the run's own", async (name, strategy) => {
    const path = folder.file(`${name}-${strategy}.ndjson`);
    const json = (
      await tandemHere(["run", name, ...virtual, "-s", strategy, "--json", "--events", path])
    ).stdout;
    expect(resultOf(json).prints.length).toBeGreaterThan(0);
    expect(await tandemHere(["report", path, "--json"])).toEqual({
      status: 0,
      stdout: json,
      stderr: "",
    });
  });

  test("is the run's verdict, on stdout", async () => {
    const { status, stdout, stderr } = await once(["report", file]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(recorded.stderr.trim()).toBe(stdout.trim());
    expect(stdout).toContain("1 of 1 task lost");
    expect((await tandemHere(["report", "-"], { stdin: `${lines.join("\n")}\n` })).stdout).toBe(
      stdout,
    );
    expect(shell(`tandem report <(cat '${file}')`).stdout).toBe(stdout);
  });

  test("passes over what a cut has left of the last line", async () => {
    const path = folder.file("cut-inside.ndjson");
    const whole = folder.file("whole.ndjson");
    await tandemHere(["run", "lost", ...virtual, "--events", whole]);
    writeFileSync(path, readFileSync(whole, "utf8").slice(0, -30));
    const { status, stdout } = await tandemHere(["report", path]);
    expect(status).toBe(0);
    expect(stdout).toContain("The record ends at");
    expect(stdout).toContain("breaks off within a line");
    const json = (await tandemHere(["report", path, "--json"])).stdout;
    expect((JSON.parse(json) as { record: object }).record).toEqual({ cutOff: true, unknown: [] });
  });

  test("counts and tells what it does not know, and reads the rest as it is", async () => {
    const path = broken(
      "newer.ndjson",
      lines[0]!,
      '{"define":"gpu","id":"gpu"}',
      ...lines.slice(1, 40).map((line) => line.replace('{"at"', '{"since":1,"at"')),
      '{"at":8000,"type":"gc-ran","thread":"main","actor":"main"}',
      '{"at":8000,"type":"gc-ran","bytes":[1]}',
      ...lines.slice(40),
    );
    const { status, stdout } = await tandemHere(["report", path]);
    expect(status).toBe(0);
    const known = (await once(["report", file])).stdout;
    expect(stdout).toStartWith(known);
    expect(stdout.slice(known.length)).toContain(
      "2 events of a type that this version does not know: gc-ran\n",
    );
    expect(stdout).toContain("1 definition of a kind that this version does not know: gpu\n");
    expect(stdout).toContain("that this version does not know: printed.since\n");
  });

  test("needs no newline at the end of the file", async () => {
    const path = folder.file("unended.ndjson", lines.join("\n"));
    expect(await tandemHere(["report", path])).toEqual(await once(["report", file]));
  });

  const eventAt = 2 + lines.findIndex((line) => line.includes('"main-started"'));
  const actorAt = 1 + lines.findIndex((line) => line.includes('"id":"task"'));
  const damages: [
    title: string,
    number: number,
    damage: (line: string) => string,
    ...words: string[],
  ][] = [
    ["is not JSON", 5, (line) => line.slice(0, -4), "JSON"],
    ["is neither event nor definition", 4, (line) => line.replace("define", "defined"), '"type"'],
    ["lacks a field", eventAt, (line) => line.replace(/"at":[^,]+,/, ""), '"at"', "missing"],
    [
      "has a field of another shape",
      eventAt,
      (line) => line.replace(/"at":[^,]+/, '"at":"0"'),
      '"at"',
    ],
    ["names no thread", eventAt, (line) => line.replace(/"thread":"[^"]+"/, '"thread":"x"'), '"x"'],
    [
      "names no task",
      eventAt,
      (line) => line.replace(/"actor":"[^"]+"/, '"actor":"ghost"'),
      '"ghost"',
    ],
    [
      "defines what its document has not",
      actorAt,
      (line) => line.replace('"id":"task"', '"id":"ghost"'),
      '"ghost"',
    ],
    ["is no header", 1, () => lines[1]!],
    [
      "is of an older version",
      1,
      (line) => line.replace("events/2", "events/1"),
      "tandem-events/1",
      "perform the run again",
    ],
    [
      "is of a newer version",
      1,
      (line) => line.replace("events/2", "events/99"),
      "tandem-events/2",
    ],
    ["has a driver that is none", 1, (line) => line.replace('"virtual"', '"imagined"'), "driver"],
  ];
  test.each(damages)(
    "names file and line when a line %s",
    async (title, number, damage, ...words) => {
      const damaged = lines.map((line, index) => (index === number - 1 ? damage(line) : line));
      expect(damaged).not.toEqual(lines);
      const path = broken(`${title}.ndjson`, ...damaged);
      const called = await tandemHere(["report", path]);
      expectRefusal(called, `${path}:${number}`, ...words);
      expect(called.stderr).not.toMatch(noTrace);
    },
  );

  test.each([
    ["a document that is none", { document: "name: sample\n" }],
    ["a strategy that is none", { strategy: "thraed" }],
    ["a strategy without meaning", { strategy: "await,atExit=wait" }],
    ["a source that is none", { kind: "dreamt" }],
  ])("refuses a header with %s in one sentence", async (title, change) => {
    const header = JSON.parse(lines[0]!) as { source: object };
    header.source = { ...header.source, ...change };
    const called = await tandemHere([
      "report",
      broken(`${title}.ndjson`, JSON.stringify(header), ...lines.slice(1)),
    ]);
    expectRefusal(called);
    expect(called.stderr).not.toMatch(noTrace);
  });

  test("tells what it can of a recording that was cut off", async () => {
    const half = Math.floor(lines.length / 2);
    for (const kept of [1, half, lines.length - 2]) {
      const path = broken(`cut-${kept}.ndjson`, ...lines.slice(0, kept));
      const { status, stdout, stderr } = await tandemHere(["report", path, "--json"]);
      expect({ kept, status, stderr }).toEqual({ kept, status: 0, stderr: "" });
      expect(resultOf(stdout).main.status).toBe(kept === 1 ? "unstarted" : "interrupted");
    }
  });

  test("explains an empty file, a folder, a file that is not there, and one of something else", async () => {
    expectRefusal(await tandemHere(["report", folder.file("empty.ndjson", "")]), "empty.ndjson");
    expectRefusal(await tandemHere(["report", "-"], { stdin: "" }), "<stdin>");
    expectRefusal(await tandemHere(["report", folder.path]), folder.path, "folder");
    expectRefusal(
      await tandemHere(["report", folder.file("absent.ndjson")]),
      "absent.ndjson",
      "no such file",
    );
    expectRefusal(
      await tandemHere(["report", folder.file("scenario.yaml", small)]),
      "scenario.yaml:1",
      "events",
    );
    expectRefusal(
      await tandemHere(["report", folder.file("binary.ndjson", new Uint8Array(4096).fill(0x80))]),
      "binary.ndjson",
    );
    expectRefusal(await tandemHere(["report", file, "--jsno"]), "did you mean --json?");
  });
});

describe("a reader that goes away", () => {
  test.each([
    `tandem run - ${virtual.join(" ")}`,
    `tandem run - ${virtual.join(" ")} --json`,
    "tandem run - --driver real",
  ])("ends %s without a word about it", (words) => {
    const stdin = document({
      main: [{ repeat: 20_000, steps: [{ print: "a rather long line {i}" }] }],
    });
    const padded = `${" ".repeat(200_000)}${stdin}`;
    const { stdout, stderr } = shell(`${words} | head -c 10`, { stdin: padded });
    expect(stdout).toHaveLength(10);
    expect(stderr).not.toMatch(noTrace);
    expect(stderr).not.toContain("EPIPE");
  });

  test("ends the run of a catalogue scenario as well", () => {
    const { stdout, stderr } = shell(`tandem run threaded ${virtual.join(" ")} | head -1`);
    expect(stdout).toMatch(/^Main program started [^\n]*\n$/);
    expect(stderr).not.toMatch(noTrace);
  });

  test("of stderr changes nothing on stdout", () => {
    const { status, stdout } = shell(`tandem run lost ${virtual.join(" ")} 2> >(exit)`);
    expect(status).toBe(0);
    expect(stdout).toEndWith("Main program iteration 2\n");
  });

  const lost = ["to a full disk", "to a closed descriptor"].map((where, index) => [
    where,
    ["> /dev/full", ">&-"][index]!,
    ["no space left", "it is closed"][index]!,
  ]);
  test.skipIf(process.platform !== "linux").each(lost)(
    `%s is told in one sentence, and the status is not 0${unlessLinux}`,
    (_, target, why) => {
      const program = `tandem run lost ${virtual.join(" ")}`;
      for (const words of [
        "tandem list",
        `${program} --json`,
        program,
        "tandem run lost --speed 100",
      ]) {
        const { status, stderr } = shell(`${words} ${target}`);
        expect(status).toBe(1);
        expect(stderr).toMatch(/tandem: standard output: cannot be written: [^\n]+\n$/);
        expect(stderr).toContain(why);
        expect(stderr).not.toMatch(noTrace);
      }
    },
  );

  // There is nowhere left to tell it but in the status.
  test.skipIf(process.platform !== "linux").each(["2> /dev/full", "2>&-"])(
    `of what stands on stderr is told by the status (%s)${unlessLinux}`,
    (target) => {
      const program = `tandem run lost ${virtual.join(" ")}`;
      for (const [words, expected] of [
        [program, 1],
        [`${program} --json --timeline`, 0],
        ["tandem run lost --speed 100", 1],
        [`${program} --jitter 5% --runs 2`, 0],
        ["tandem list", 0],
        ["tandem run nothing", 2],
        ["tandem observe -- true", 125],
        ["tandem observe --runs 2 -- true", 125],
        ["tandem observe --quiet -- true", 0],
        ["tandem observe -- sh -c 'exit 3'", 125],
      ] as const)
        expect([words, shell(`${words} ${target}`).status]).toEqual([words, expected]);
    },
  );
});

describe("a terminal", () => {
  /** What a line of shell shows on a terminal of that width; its lines, without carriage returns. */
  async function shownAt(cols: number, line: string): Promise<string[]> {
    const decoder = new TextDecoder();
    let shown = "";
    const words = command()
      .map((word) => `'${word}'`)
      .join(" ");
    const child = Bun.spawn(["bash", "-c", `tandem() { ${words} "$@"; }\n${line}`], {
      terminal: {
        cols,
        rows: 24,
        data: (_, bytes) => void (shown += decoder.decode(bytes, { stream: true })),
      },
      env: { ...process.env, TERM: "xterm-256color" },
      timeout: 30_000,
    });
    expect(await child.exited).toBe(0);
    child.terminal?.close();
    return shown.replaceAll("\r", "").split("\n");
  }

  const whyNoScript = unless(Bun.which("script") !== null, "there is no script");
  test.skipIf(whyNoScript !== "")(
    `that nobody has told its size is taken for one of 80 columns${whyNoScript}`,
    () => {
      const words = `${command()[0]} run lost ${virtual.join(" ")}`;
      const { stdout } = call(["script", "-qec", words, "/dev/null"], { stdin: "" });
      expect(stdout.replaceAll("\r", "")).toContain(
        "* the loop closed when launch returned, and nothing had waited for task:\n",
      );
    },
  );

  test("of 40 columns is not overrun by a verdict", async () => {
    const cols = 40;
    const lines = await shownAt(
      cols,
      ["lost", "threaded", "exit-early"]
        .map((name) => `tandem run ${name} ${virtual.join(" ")} > /dev/null`)
        .join("; "),
    );
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => Bun.stringWidth(line) > cols)).toEqual([]);
    expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain("1 of 1 task lost");
  });

  test("of a few columns is still given whole words", async () => {
    const lines = await shownAt(10, `tandem run lost ${virtual.join(" ")} > /dev/null`);
    expect(lines.join(" ")).toContain("cancelled");
  });
});

describe("a run for real", () => {
  test("prints what virtual time prints, is recorded, and is reported the same", async () => {
    const file = folder.file("real.ndjson");
    const path = folder.file("real.yaml", small);
    const args = ["run", path, "--speed", "20", "--strategy", "await", "--events", file];
    const real = await tandemHere(args);
    expect(real.status).toBe(0);
    expect(real.stdout).toBe((await tandemHere(["run", path, ...virtual, "-s", "await"])).stdout);
    const report = await tandemHere(["report", file, "--json"]);
    const result = resultOf(report.stdout);
    expect(result).toMatchObject({
      driver: "real",
      speed: 20,
      exitCode: 0,
      main: { status: "finished" },
      tasks: [{ status: "finished", progress: 1 }],
    });
    // Lower bounds only: a real clock is late, never early. Timers are whole milliseconds, hence the tolerance.
    expect(result.wall).toBeGreaterThanOrEqual(4000 - 20);
    expect((await tandemHere(["report", file])).stdout.trim()).toBe(real.stderr.trim());
  });

  test("is the default", async () => {
    const stdin = document({ main: [{ print: "hello" }] });
    const { status, stdout, stderr } = await tandemHere(["run", "-", "--json"], { stdin });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(resultOf(stdout)).toMatchObject({
      driver: "real",
      speed: 1,
      disturbed: { waited: process.platform === "linux" ? expect.any(Number) : null, stopped: 0 },
      prints: [{ text: "hello" }],
    });
  });

  test("fails as virtual time does, with status 1", async () => {
    const stdin = document({ main: [{ print: "so far" }, { fail: "no disk" }] });
    const { status, stdout, stderr } = await tandemHere(["run", "-"], { stdin });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "so far\n" });
    expect(stderr).toMatch(/main +failed .*"no disk"/);
    expect(stderr).not.toMatch(noTrace);
  });

  test("ends at its timeout, however long main would block", async () => {
    const stdin = document({ main: [{ print: "begins" }, { block: "366m" }, { print: "never" }] });
    const args = ["run", "-", "--json", "--timeout", "100ms"];
    const { status, stdout } = await tandemHere(args, { stdin });
    expect(status).toBe(1);
    const result = resultOf(stdout);
    expect(result.main.status).toBe("interrupted");
    expect(result.prints.map(({ text }) => text)).toEqual(["begins"]);
    expect(result.wall).toBeGreaterThanOrEqual(99);
  });
});

describe("a scenario named like a file that is there", () => {
  test("is the catalogue's; the file is meant with its path", async () => {
    mkdirSync(folder.file("names"));
    folder.file("names/lost", small);
    const cwd = folder.file("names");
    expect((await tandemHere(["run", "lost", ...virtual], { cwd })).stderr).toContain(
      "lost, strategy detach",
    );
    expect((await tandemHere(["run", "./lost", ...virtual], { cwd })).stderr).toContain(
      "small, strategy",
    );
  });
});

describe("a scenario", () => {
  test.each([
    ["My Report (2).v1.yaml", "my-report-2-v1"],
    ["Übung.yml", "u-bung"],
    ["日本.json", "unnamed"],
  ])("without a name has that of its file: %s is %s", async (file, name) => {
    using folder = temporaryFolder();
    const path = folder.file(file, '{ "main": ["launch"], "tasks": { "t": [{ "sleep": "1s" }] } }');
    const { status, stdout, stderr } = await tandemHere(["run", path, "-d", "virtual", "--json"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout).scenario).toBe(name);
  });

  test("of the catalogue is also named as check names it, unless such a file is there", async () => {
    const { stdout } = await tandemHere(["check", "lost"]);
    const [, named] = /^\S+ (\S+) /.exec(stdout)!;
    expect((await tandemHere(["show", named!])).stdout).toBe(
      (await tandemHere(["show", "lost"])).stdout,
    );
    using folder = temporaryFolder();
    folder.file("lost.yaml", "name: mine\nmain: [launch]\n");
    expect(tandem(["show", "lost.yaml"], { cwd: folder.path }).stdout).toContain("name: mine");
  });
});

test("COLUMNS says how wide texts are, and FORCE_COLOR that they are coloured where no terminal is", () => {
  const words = ["run", "lost", "-d", "virtual", "--timeline"];
  const widest = (env: Record<string, string>): number => {
    const { stderr } = tandem(words, { env });
    return Math.max(...stderr.split("\n").map((line) => Bun.stringWidth(line)));
  };
  expect(widest({ COLUMNS: "60" })).toBeLessThanOrEqual(60);
  expect(widest({ COLUMNS: "110" })).toBeGreaterThan(80);
  expect(widest({ COLUMNS: "0" })).toBe(widest({}));
  expect(widest({ COLUMNS: "wide" })).toBe(widest({}));
  const coloured = (env: Record<string, string>) =>
    tandem(words, { env }).stderr.includes("\u001b[");
  expect(coloured({})).toBe(false);
  expect(coloured({ FORCE_COLOR: "1" })).toBe(true);
  expect(coloured({ FORCE_COLOR: "0" })).toBe(false);
  expect(coloured({ FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
});
