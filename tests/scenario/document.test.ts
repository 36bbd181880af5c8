// The scenario document: what it may say, and how it is told what is wrong with it.
// In the texts below `▲` marks where a problem is expected; it is taken out before the text is read.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";
import { YAML } from "bun";
import fc from "fast-check";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { formatDuration, parseDuration } from "../../src/base/duration.ts";
import type { LeafStep, Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { DocumentError } from "../../src/scenario/problem.ts";
import { holds } from "../support/property.ts";
import { simulate } from "../support/simulate.ts";
import { shell, tandemHere, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const file = "scenario.yaml";

/** The lines of the error that a document causes; none when it is a scenario. */
function problemsOf(text: string): string[] {
  try {
    parseScenario(text, file);
    return [];
  } catch (error) {
    if (error instanceof DocumentError) return error.message.split("\n");
    throw error;
  }
}

/** `line:column` of every `▲` of a text, and the text without them. */
function unmark(marked: string): { text: string; places: string[] } {
  const [first, ...pieces] = marked.split("▲");
  let text = first!;
  const places = pieces.map((piece) => {
    const lines = text.split("\n");
    text += piece;
    return `${lines.length}:${lines.at(-1)!.length + 1}`;
  });
  return { text, places };
}

/** What is expected of one problem: its path, and what its message says. */
type Expected = [path: string, ...says: string[]];

/** Holds that a text has exactly the problems expected, one at each `▲`, in the order of the text. */
function expectProblems(marked: string, ...expected: Expected[]): void {
  const { text, places } = unmark(marked);
  expect(places).toHaveLength(expected.length);
  const found = problemsOf(text);
  const prefixes = expected.map(
    ([path], index) => `${file}:${places[index]}: ${path === "" ? "" : `${path}: `}`,
  );
  expect(found.map((line, index) => line.slice(0, prefixes[index]?.length))).toEqual(prefixes);
  for (const [index, [, ...says]] of expected.entries())
    for (const words of says) expect(found[index]).toContain(words);
}

/** A document with these steps in main; it has two tasks and a channel to speak of. */
function withMain(steps: string): string {
  return `name: sample
main:
${steps}
tasks:
  task: [{ sleep: 1s }]
  other: [{ sleep: 1s }]
channels: { inbox: { capacity: 10 } }
`;
}

/** A document that ends with these lines. */
function withTail(lines: string): string {
  return `name: sample
main: [launch]
tasks:
  task: [{ sleep: 1s }]
  other: [{ sleep: 1s }]
channels: { inbox: {} }
${lines}
`;
}

/** A scenario without the positions of its steps, for comparing what two texts say. */
function meaning(scenario: Scenario): unknown {
  return JSON.parse(
    JSON.stringify(scenario, (key, value: unknown) =>
      ["position", "positions", "strategyPosition"].includes(key) ? undefined : value,
    ),
  );
}

function accept(text: string): Scenario {
  expect(problemsOf(text)).toEqual([]);
  return parseScenario(text, file);
}

/** The one step of main's list. */
function firstOfMain(step: string): LeafStep {
  return accept(withMain(`  - ${step}`)).main[0] as LeafStep;
}

describe("a document", () => {
  test("needs a name and a main, and nothing else", () => {
    const scenario = accept("name: least\nmain: []\n");
    expect(scenario.main).toEqual([]);
    expect(scenario.tasks).toEqual([]);
    expect(simulate({ name: "least", main: [] })).toMatchObject({
      wall: 0,
      exitCode: 0,
      main: { status: "finished", endedAt: 0 },
      tasks: [],
      prints: [],
    });
  });

  test("without a main says that it is missing", () => {
    expectProblems("▲name: sample\n", ["main", "list of steps"]);
  });

  test("of the catalogue is the same scenario in YAML and in JSON", () => {
    expect(catalogue.length).toBeGreaterThanOrEqual(5);
    for (const { text } of catalogue)
      for (const indent of [0, 2])
        expect(meaning(accept(JSON.stringify(YAML.parse(text), null, indent)))).toEqual(
          meaning(accept(text)),
        );
  });

  test("whose launch is left out starts all tasks and settles", () => {
    const tasks = { first: [{ print: "1" }, { sleep: "1s" }], second: [{ print: "2" }] };
    const result = simulate({ name: "sample", main: ["launch"], tasks, strategy: "await" });
    expect(result.tasks.map((task) => [task.name, task.status, task.endedAt])).toEqual([
      ["first", "finished", 1000],
      ["second", "finished", 0],
    ]);
    expect(result.launch).toMatchObject({ status: "finished", endedAt: 1000 });
  });

  test("whose launch has no settle settles at its end", () => {
    const launch = [{ start: "task" }, { print: "before" }];
    const document = { name: "sample", main: ["launch"], launch, tasks: { task: [{ sleep: 5 }] } };
    const written = { ...document, launch: [...launch, "settle"] };
    expect(simulate(document, "await")).toEqual(simulate(written, "await"));
    expect(simulate(document, "await")).toMatchObject({ wall: 5, tasks: [{ status: "finished" }] });
  });

  test("whose main never launches leaves every task unstarted", () => {
    const result = simulate({ name: "sample", main: [{ block: 5 }], tasks: { task: [] } }, "await");
    expect(result.tasks).toMatchObject([{ name: "task", status: "unstarted" }]);
    expect(result.prints).toEqual([]);
  });

  test("may begin with a byte order mark, end its lines in CRLF, and hold comments", () => {
    const text = "# first\nname: sample # here\nmain:\n  - block: 3s\n";
    const plain = meaning(accept(text));
    expect(meaning(accept(text.replaceAll("\n", "\r\n")))).toEqual(plain);
    expect(meaning(accept(`\uFEFF${text}`))).toEqual(plain);
    expectProblems("name: sample\r\nmain:\r\n  - ▲slep: 3s\r\n", ["main[0].slep", '"slep"']);
  });

  test("may use an anchor and its alias", () => {
    const text = `name: sample
main: [launch]
tasks:
  one: &steps
    - sleep: 1s
    - print: done
  two: *steps
`;
    const [one, two] = accept(text).tasks;
    expect(meaning({ ...one!, name: "" } as never)).toEqual(
      meaning({ ...two!, name: "" } as never),
    );
  });

  test("launches at most once", () => {
    expectProblems(withMain("  - launch\n  - ▲launch"), ["main[1]", "launch", "line 3"]);
    expectProblems(withMain("  - repeat: 2\n    steps:\n      - ▲launch"), [
      "main[0].steps[0]",
      "launch",
      "repeat",
    ]);
  });

  test("settles at most once, and starts a task at most once", () => {
    expectProblems(withTail("launch: [settle, ▲settle]"), ["launch[1]", "settle"]);
    expectProblems(withTail("launch: [start: task, ▲start: task]"), ["launch[1]", '"task"']);
  });
});

describe("an error in a document", () => {
  test("names file, line, column and path, what was found and what would be right", () => {
    const text = `# The house's own example.
name: sample
title: A main that wants to sleep
launch:
  - start: task
tasks:
  task:
    - repeat: 2
      steps:
        - sleep: 1s
main:
    - print: "Main program started"
    - launch
    - sleep: 3s
`;
    expect(problemsOf(text)).toEqual([
      `scenario.yaml:14:7: main[2].sleep: main is synchronous, so it cannot sleep; use "block: 3s"`,
    ]);
  });

  test("is told the same way by the command line, on stderr alone, and the status is 2", async () => {
    using folder = temporaryFolder();
    const path = folder.file("sleepy.yaml", "name: sample\nmain:\n  - sleep: 3s\n");
    const stderr = `: main[0].sleep: main is synchronous, so it cannot sleep; use "block: 3s"\n`;
    for (const command of ["run", "show"]) {
      expect(await tandemHere([command, path])).toEqual({
        status: 2,
        stdout: "",
        stderr: `${path}:3:5${stderr}`,
      });
      expect(await tandemHere([command, "sleepy.yaml"], { cwd: folder.path })).toEqual({
        status: 2,
        stdout: "",
        stderr: `sleepy.yaml:3:5${stderr}`,
      });
    }
  });

  test("in JSON is told with JSON's own line and column", () => {
    expectProblems(`{ "name": "sample", "main": [\n  { ▲"sleep": "3s" } ] }`, [
      "main[0].sleep",
      `use "block: 3s"`,
    ]);
    expectProblems(`{\n  "name": "sample",\n  "main": [{ "block": ▲"3 parsecs" }]\n}`, [
      "main[0].block",
      `"3 parsecs"`,
    ]);
  });

  test("counts columns in characters, also behind letters beyond ASCII", () => {
    expectProblems(`name: sample\nmain: [{ print: "žluťoučký kůň" }, { ▲slep: 1s }]\n`, [
      "main[1].slep",
      '"slep"',
    ]);
  });

  test("comes together with the others, in the order of the text", () => {
    expectProblems(
      `name: ▲Two Words
▲titel: A title
main:
  - ▲sleep: 3s
  - block: ▲fast
  - ▲pirnt: hello
launch:
  - start: [task, ▲taks]
tasks:
  task:
    - repeat: ▲-1
      steps: []
strategy: ▲thraed
`,
      ["name", '"Two Words"', "kebab-case"],
      ["", '"titel"', 'did you mean "title"?'],
      ["main[0].sleep", "block: 3s"],
      ["main[1].block", '"fast"', "duration"],
      ["main[2].pirnt", '"pirnt"', 'did you mean "print"?'],
      ["launch[0].start[1]", '"taks"', 'did you mean "task"?'],
      ["tasks.task[0].repeat", "-1", "whole number"],
      ["strategy", '"thraed"', 'did you mean "thread"?'],
    );
  });

  test("comes together with the others, whatever kind of rule each breaks", () => {
    expectProblems(
      `name: sample
main:
  - launch
  - ▲launch
  - print: ▲"{tsk}"
  - ▲sleep: 3s
`,
      ["main[1]", "launch"],
      ["main[2].print", '"{tsk}"'],
      ["main[3].sleep", "block: 3s"],
    );
  });

  test("is one line without control characters, whatever the document holds", () => {
    const strange = "a\\u001b[31m\\nb";
    for (const text of [
      `{ "name": "${strange}", "main": [] }`,
      `{ "name": "sample", "main": [], "${strange}": 1 }`,
      `{ "name": "sample", "main": [{ "${strange}": 1 }] }`,
      `{ "name": "sample", "main": ["${strange}"] }`,
      `{ "name": "sample", "main": [{ "print": "a", "${strange}": 1 }] }`,
      `{ "name": "sample", "main": [], "tasks": { "${strange}": [] } }`,
      `{ "name": "sample", "main": [], "tasks": { "${strange}": 1 } }`,
      `{ "name": "sample", "main": [], "strategy": "${strange}" }`,
      `{ "name": "sample", "main": [], "strategy": { "${strange}": 1 } }`,
      `{ "name": "sample", "main": [{ "block": "${strange}" }] }`,
      `{ "name": "sample", "main": [{ "submit": "${strange}" }] }`,
      `{ "name": "sample", "main": [{ "sleep": "${strange}" }] }`,
      `{ "name": "sample", "main": [], "expect": { "tasks": "${strange}" } }`,
    ]) {
      const found = problemsOf(text);
      expect([text, found]).toEqual([
        text,
        found.map(() => expect.stringMatching(/^scenario\.yaml:1:\d+: [^\p{Cc}]+$/u)),
      ]);
      expect(found.length).toBeGreaterThan(0);
    }
  });

  test("never drowns the terminal: of a thousand problems the first are shown, and how many follow", async () => {
    const stdin = `name: sample\nmain:\n${"  - slep: 1s\n".repeat(1000)}`;
    const { status, stdout, stderr } = await tandemHere(["run", "-"], { stdin });
    const lines = stderr.trimEnd().split("\n");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(lines[0]).toStartWith("<stdin>:3:5: main[0].slep: ");
    expect(lines[1]).toStartWith("<stdin>:4:5: main[1].slep: ");
    expect(lines.length).toBeLessThan(100);
    expect(lines.at(-1)).toContain(String(1000 - (lines.length - 1)));
  });
});

describe("a key that is not known", () => {
  const cases: [title: string, text: string, path: string, found: string, right?: string][] = [
    ["of the document", "name: sample\nmain: []\n▲taks: {}\n", "", "taks", "tasks"],
    [
      "of a task",
      "name: sample\nmain: []\ntasks:\n  task:\n    steps: []\n    ▲finaly: []\n",
      "tasks.task",
      "finaly",
      "finally",
    ],
    [
      "of a repeat",
      withMain("  - repeat: 2\n    steps: []\n    ▲step: 1"),
      "main[0]",
      "step",
      "steps",
    ],
    ["of a join", withMain("  - join:\n    ▲timeuot: 1s"), "main[0]", "timeuot", "timeout"],
    [
      "of a result",
      withMain("  - submit: task\n  - { result: task, ▲timeotu: 1s }"),
      "main[1]",
      "timeotu",
      "timeout",
    ],
    [
      "of a receive",
      withMain("  - { receive: inbox, ▲tiemout: 1s }"),
      "main[0]",
      "tiemout",
      "timeout",
    ],
    ["of a print", withMain("  - { print: hello, ▲timeout: 1s }"), "main[0]", "timeout"],
    [
      "of a send",
      withMain("  - send: { channel: inbox, value: 1, ▲chanel: inbox }"),
      "main[0].send",
      "chanel",
      "channel",
    ],
    [
      "of a call",
      withMain("  - call: { module: ./job.ts, ▲exprot: run }"),
      "main[0].call",
      "exprot",
      "export",
    ],
    [
      "of a channel",
      "name: sample\nmain: []\nchannels: { inbox: { ▲capactiy: 1 } }\n",
      "channels.inbox",
      "capactiy",
      "capacity",
    ],
    [
      "of a strategy",
      withTail("strategy: { use: thread, ▲atexit: wait }"),
      "strategy",
      "atexit",
      "atExit",
    ],
    ["of expectations", withTail("expect: { ▲los: 0 }"), "expect", "los", "lost"],
    [
      "among the tasks expected",
      withTail("expect: { tasks: { ▲taks: finished } }"),
      "expect.tasks",
      "taks",
      "task",
    ],
    [
      "of the lines expected",
      withTail("expect: { prints: { contains: [a], ▲contain: [a] } }"),
      "expect.prints",
      "contain",
      "contains",
    ],
  ];
  test.each(cases)("%s is shown at the key, with the nearest there is", (...row) => {
    const [, text, path, found, right] = row;
    const words = right === undefined ? [] : [`did you mean "${right}"?`];
    expectProblems(text, [path, `"${found}"`, ...words]);
  });

  test("and is near none is answered with the keys there are", () => {
    expectProblems("name: sample\nmain: []\n▲xyzzy: 1\n", ["", '"xyzzy"', "tasks", "strategy"]);
  });

  test("is text: a list or an object in its place is refused, and nothing else is said", async () => {
    for (const key of ["? {a: 1}\n: 2", "[a, b]: 2", "? - a\n: 2"]) {
      const stdin = `name: sample\nmain: []\n${key}\n`;
      const { status, stdout, stderr } = await tandemHere(["show", "-"], { stdin });
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/^<stdin>:3:[1-3]: [^\n]+\n$/);
    }
  });

  test("is unknown also when every object in JavaScript has it", () => {
    for (const key of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expectProblems(`name: sample\nmain: []\n▲${key}: 1\n`, ["", `"${key}"`]);
      expectProblems(withMain(`  - ▲${key}: 1`), [`main[0].${key}`, `"${key}"`]);
      expectProblems(withMain(`  - ▲${key}`), ["main[0]", `"${key}"`]);
      expectProblems(withMain(`  - submit: ▲${key}`), ["main[0].submit", `"${key}"`]);
      expectProblems(withTail(`strategy: ▲${key}`), ["strategy", `"${key}"`]);
      expectProblems(withTail(`expect: { tasks: { ▲${key}: finished } }`), [
        "expect.tasks",
        `"${key}"`,
      ]);
    }
  });
});

describe("a step", () => {
  const steps: Record<string, string> = {
    print: "{ print: hello }",
    sleep: "{ sleep: 3s }",
    block: "{ block: 3s }",
    compute: "{ compute: 3s }",
    repeat: "{ repeat: 2, steps: [{ print: hello }] }",
    fail: "{ fail: no connection }",
    launch: "launch",
    start: "{ start: other }",
    settle: "settle",
    submit: "{ submit: other }",
    result: "{ result: other, timeout: 1s }",
    join: "{ join: , timeout: 1s }",
    send: "{ send: { channel: inbox, value: 1 } }",
    receive: "{ receive: inbox, timeout: 1s }",
    call: "{ call: { module: ./job.ts, export: run, args: [1], takes: 1s } }",
  };
  const everywhere = ["main", "launch", "task", "finally"];
  /** The steps that each part of a document may have; a task's clean-up is part of the task. */
  const allowed: Record<string, string[]> = {
    print: everywhere,
    sleep: ["launch", "task", "finally"],
    block: everywhere,
    compute: everywhere,
    repeat: everywhere,
    fail: everywhere,
    launch: ["main"],
    start: ["launch"],
    settle: ["launch"],
    submit: ["main"],
    result: ["main"],
    join: ["main"],
    send: everywhere,
    receive: everywhere,
    call: everywhere,
  };
  const lists: Record<string, { path: string; document: (step: string) => string }> = {
    main: { path: "main", document: (step) => withMain(`  - ${step}`) },
    launch: { path: "launch", document: (step) => withTail(`launch:\n  - ${step}`) },
    task: { path: "tasks.task", document: (step) => withTask(`\n    - ${step}`) },
    finally: {
      path: "tasks.task.finally",
      document: (step) => withTask(`\n    steps: []\n    finally:\n      - ${step}`),
    },
  };
  function withTask(task: string): string {
    return withTail("").replace(" [{ sleep: 1s }]", task);
  }

  for (const [kind, step] of Object.entries(steps))
    for (const [list, { path, document }] of Object.entries(lists)) {
      const may = allowed[kind]!.includes(list);
      test(`"${kind}" ${may ? "may" : "may not"} stand in ${list}`, () => {
        if (may) {
          // A result is of a task that has been submitted.
          accept(document(kind === "result" ? `submit: other\n  - ${step}` : step));
          return;
        }
        const marked = step.startsWith("{ ") ? step.replace("{ ", "{ ▲") : `▲${step}`;
        expectProblems(document(marked), [`${path}[0].${kind}`, kind]);
        if (kind === "launch") return; // main launches once already
        expectProblems(document(`{ repeat: 2, steps: [${marked}] }`), [
          `${path}[0].steps[0].${kind}`,
          kind,
        ]);
      });
    }

  test("that is unknown is answered with the nearest step", () => {
    expectProblems(withMain("  - ▲pirnt: hello"), ["main[0].pirnt", 'did you mean "print"?']);
    expectProblems(withMain("  - ▲lunch"), ["main[0]", 'did you mean "launch"?']);
    expectProblems(withTail("launch: [▲setle]"), ["launch[0]", 'did you mean "settle"?']);
    expectProblems(withMain("  - ▲xyzzyxyzzy: 1"), ["main[0].xyzzyxyzzy", "print", "block"]);
  });

  test("that needs a value is no bare word", () => {
    for (const word of ["print", "block", "compute", "repeat", "fail", "submit", "result", "call"])
      expectProblems(withMain(`  - ▲${word}`), ["main[0]", `"${word}"`, `${word}: `]);
  });

  test("that is a bare word takes no value", () => {
    expectProblems(withMain("  - launch: ▲now"), ["main[0].launch", '"now"']);
    expectProblems(withTail("launch: [settle: ▲5]"), ["launch[0].settle", "5"]);
    expectProblems(withMain("  - join: ▲thread"), ["main[0].join", '"thread"']);
    expect(firstOfMain("launch:").kind).toBe("launch");
  });

  test("is one: an object with two step keys says so", () => {
    expectProblems(withMain("  - print: hello\n    ▲block: 1s"), [
      "main[0].block",
      '"print"',
      '"block"',
    ]);
  });

  test("is a word or an object: nothing else is one", () => {
    for (const wrong of ["5", "[print, hello]", "true", "{}", "null", "2.5"])
      expectProblems(withMain(`  - ▲${wrong}`), ["main[0]", "step"]);
  });

  test("stands in a list", () => {
    expectProblems(withMain("").replace("main:\n", "main: ▲launch\n"), ["main", '"launch"']);
    expectProblems(withMain("").replace("main:\n", "main: ▲{ print: hello }\n"), [
      "main",
      "an object",
      "list of steps",
    ]);
  });

  test("prints text: a string, a number or a truth value", () => {
    const main = [{ print: "text" }, { print: 1.5 }, { print: true }, { print: "" }];
    const { prints } = simulate({ name: "sample", main });
    expect(prints.map(({ text }) => text)).toEqual(["text", "1.5", "true", ""]);
    expectProblems(withMain("  - print: ▲[a, b]"), ["main[0].print", "a list", "text"]);
    expectProblems(withMain("  - print: ▲{ a: 1 }"), ["main[0].print", "an object", "text"]);
    expectProblems(withMain("  - fail: ▲[]"), ["main[0].fail", "a list", "text"]);
  });

  test("repeats a whole number of times from 0, and nests", () => {
    const inner = { repeat: 2, steps: [{ print: "inner {i}" }] };
    const never = { repeat: 0, steps: [{ print: "never {i}" }, { fail: "never" }] };
    const main = [{ repeat: 3, steps: [{ print: "outer {i}" }, inner, never] }];
    const { prints, main: outcome } = simulate({ name: "sample", main });
    const outer = (i: number) => [`outer ${i}`, "inner 0", "inner 1"];
    expect(prints.map(({ text }) => text)).toEqual([...outer(0), ...outer(1), ...outer(2)]);
    expect(outcome.status).toBe("finished");
    for (const wrong of ["-1", "1.5", '"3"', "[]", "1e99", ".inf", ".nan", "true", ""])
      expectProblems(withMain(`  - { repeat: ▲${wrong}, steps: [] }`.replace("▲,", " ▲,")), [
        "main[0].repeat",
        "whole number",
      ]);
    expectProblems(withMain("  - ▲repeat: 3"), ["main[0].steps", "list of steps"]);
  });

  test("starts one task or a list of them, in that order", () => {
    const tasks = { a: [{ print: "a" }], b: [{ print: "b" }], c: [{ print: "c" }] };
    const launch = [{ start: ["c", "a"] }, { start: "b" }];
    const { prints } = simulate({ name: "sample", main: ["launch"], launch, tasks }, "await");
    expect(prints.map(({ text }) => text)).toEqual(["c", "a", "b"]);
  });

  test("that names a task that does not exist is answered with the nearest that does", () => {
    expectProblems(withTail("launch: [start: ▲taks]"), [
      "launch[0].start",
      '"taks"',
      'did you mean "task"?',
    ]);
    expectProblems(withTail("launch: [start: [task, ▲ohter]]"), [
      "launch[0].start[1]",
      '"ohter"',
      'did you mean "other"?',
    ]);
    for (const step of ["submit", "result"])
      expectProblems(withMain(`  - ${step}: ▲otehr`), [
        `main[0].${step}`,
        '"otehr"',
        'did you mean "other"?',
      ]);
    expectProblems("name: sample\nmain: [launch]\nlaunch: [start: ▲task]\n", [
      "launch[0].start",
      '"task"',
    ]);
    expectProblems(withTail("launch: [start: ▲5]"), ["launch[0].start", "5", "name"]);
  });

  test("that names a channel that does not exist is answered with the nearest that does", () => {
    expectProblems(withMain("  - receive: ▲inbxo"), [
      "main[0].receive",
      '"inbxo"',
      'did you mean "inbox"?',
    ]);
    expectProblems(withMain("  - send: { channel: ▲inbxo, value: 1 }"), [
      "main[0].send.channel",
      '"inbxo"',
      'did you mean "inbox"?',
    ]);
  });

  test("sends a value of any kind, and needs one", () => {
    for (const value of ["1", "text", "[1, 2]", "{ a: 1 }", "null", "false"])
      expect(firstOfMain(`send: { channel: inbox, value: ${value} }`)).toMatchObject({
        kind: "send",
        channel: "inbox",
        value: YAML.parse(value),
      });
    expectProblems(withMain("  - send: ▲{ channel: inbox }"), ["main[0].send.value"]);
    expectProblems(withMain("  - send: ▲{ value: 1 }"), ["main[0].send.channel"]);
    expectProblems(withMain("  - send: ▲inbox"), ["main[0].send", '"inbox"', "channel"]);
  });

  test("calls an export of a module, the default one when none is named", () => {
    expect(firstOfMain("call: { module: ./job.ts }")).toMatchObject({
      module: "./job.ts",
      export: "default",
    });
    expect(
      firstOfMain("call: { module: ./job.ts, export: run, args: { a: [1] }, takes: 1.5s }"),
    ).toMatchObject({ export: "run", args: { a: [1] }, takes: 1_500_000 });
    expectProblems(withMain("  - call: ▲{ export: run }"), ["main[0].call.module", "text"]);
    expectProblems(withMain("  - call: { module: ./job.ts, takes: ▲long }"), [
      "main[0].call.takes",
      '"long"',
    ]);
    expectProblems(withMain("  - call: ▲./job.ts"), ["main[0].call", '"./job.ts"', "module"]);
  });

  test("that waits in main may be given a timeout", () => {
    for (const step of ["result: task", "join: ", "receive: inbox"]) {
      const object = `{ ${step}, timeout: 1.5s }`;
      const main = `  - submit: task\n  - ${object}`;
      expect(accept(withMain(main)).main[1]).toMatchObject({ timeout: 1_500_000 });
      expectProblems(withMain(main.replace("1.5s", "▲soon")), [
        "main[1].timeout",
        '"soon"',
        "duration",
      ]);
    }
  });
});

describe("a kill", () => {
  test("is one or a list, told in the order of time", () => {
    const kills = (written: string) =>
      parseScenario(withTail(`kill: ${written}`), file).kills.map(({ what, at }) => [what, at]);
    expect(kills("{ what: main, at: 3s }")).toEqual([["main", 3_000_000]]);
    expect(kills("[{ what: process, at: 2s }, { what: worker, at: 500ms }]")).toEqual([
      ["worker", 500_000],
      ["process", 2_000_000],
    ]);
    expect(kills("[]")).toEqual([]);
    expect(parseScenario(withTail(""), file).kills).toEqual([]);
  });

  test("says of what and when, with a sentence for every mistake", () => {
    expectProblems(withTail("kill: { what: ▲maim, at: 1s }"), [
      "kill.what",
      `"maim" is nothing that can be killed; did you mean "main"?`,
    ]);
    expectProblems(withTail("kill: { what: main, at: ▲soon }"), ["kill.at", "is not a duration"]);
    expectProblems(
      withTail("kill: [{ what: main, at: 1s, ▲whta: main }, ▲{ at: 1s }]"),
      ["kill[0]", `unknown key "whta"; did you mean "what"?`],
      ["kill[1].what", "nothing"],
    );
    expectProblems(withTail("kill: ▲3s"), ["kill", `found "3s"; write { what: main, at: 3s }`]);
  });
});

describe("a result", () => {
  const withMain = (main: string): string => `name: sample
main:
  - launch
${main}
tasks:
  task: []
  other: { steps: [], copies: 3 }
`;

  test("is of a task that main has submitted before", () => {
    accept(withMain("  - submit: task\n  - submit: other\n  - result: task\n  - result: other"));
    expectProblems(withMain("  - result: ▲task\n  - submit: task"), [
      "main[1].result",
      "submit: task",
    ]);
  });

  test("may be asked for again, but its task is submitted only once", () => {
    accept(withMain("  - submit: task\n  - result: task\n  - result: task"));
    expectProblems(withMain("  - submit: task\n  - ▲submit: task"), ["main[2]", "a second time"]);
  });
});

describe("a duration", () => {
  const right: [text: string, ticks: number][] = [
    ["250ms", 250_000],
    ["3s", 3_000_000],
    ["1.5s", 1_500_000],
    ["2m", 120_000_000],
    ["1h", 3_600_000_000],
    ["500us", 500],
    ["1500", 1_500_000],
    ["0.5", 500],
    ["0", 0],
    ["0s", 0],
    ["0.25ms", 250],
    ["1.25m", 75_000_000],
    ["90m", 5_400_000_000],
  ];
  test.each(right)("%s is understood", (text, ticks) => {
    expect(parseDuration(text)).toBe(ticks);
    expect(firstOfMain(`block: ${text}`)).toMatchObject({ kind: "block", ticks });
    if (!Number.isNaN(Number(text))) expect(parseDuration(Number(text))).toBe(ticks);
  });

  test("is the same time in every step that takes one", () => {
    const tasks = { task: [{ sleep: "1.5s" }, { block: 250 }, { compute: "500us" }] };
    const result = simulate({ name: "sample", main: ["launch", { block: "2m" }], tasks }, "await");
    expect(result.tasks).toMatchObject([{ status: "finished", endedAt: 1750.5 }]);
    expect(result.wall).toBe(121_750.5);
  });

  const wrong = [
    "fast",
    "-1s",
    "-1",
    "3d",
    "1,5s",
    "s",
    '""',
    "1s2",
    "3 parsecs",
    "0x1fs",
    "1..5s",
  ];
  test.each([...wrong, ".nan", ".inf", "-.inf", "99999999999999999999m"])(
    "%s is not one, and the error says how one is written",
    (text) => {
      for (const step of ["block", "compute"])
        expectProblems(withMain(`  - ${step}: ▲${text}`), [`main[0].${step}`, "250ms", "3s"]);
    },
  );

  test.each(["true", "[1s]", "{ s: 1 }", "null"])("%s is not even text or a number", (text) => {
    expectProblems(withTail(`launch: [{ sleep: ▲${text} }]`), ["launch[0].sleep", "250ms"]);
  });

  test("in any unit is the same as in the next smaller one", () => {
    holds(
      fc.property(fc.nat({ max: 500_000 }), (n) => {
        expect(parseDuration(`${n}ms`)).toBe(parseDuration(`${n * 1000}us`)!);
        expect(parseDuration(n)).toBe(parseDuration(`${n}ms`)!);
        expect(parseDuration(`${n}s`)).toBe(parseDuration(`${n * 1000}ms`)!);
        expect(parseDuration(`${n}m`)).toBe(parseDuration(`${n * 60}s`)!);
      }),
    );
  });

  test("written out and read again is the same to the microsecond", () => {
    const ticks = fc.oneof(
      fc.nat({ max: 2_000_000 }),
      fc.nat({ max: 366 * 24 * 3600 }).map((seconds) => seconds * 1_000_000),
      fc.maxSafeNat().map((n) => n % (366 * 24 * 3_600_000_000)),
    );
    holds(
      fc.property(ticks, (n) => {
        expect(parseDuration(formatDuration(n))).toBe(n);
      }),
      { examples: [[0], [1], [999], [1_500], [60_020_000], [90_000_001], [3_600_000_001]] },
    );
  });
});

describe("a placeholder", () => {
  function linesOf(document: object): string[] {
    return simulate({ name: "sample", ...document }, "await").prints.map(({ text }) => text);
  }

  test("{i} is the index of the innermost repeat, and of the outer one again behind it", () => {
    const inner = { repeat: 2, steps: [{ print: "in {i}" }] };
    const main = [{ repeat: 2, steps: [{ print: "{i}" }, inner, { print: "{i} again {i}" }] }];
    expect(linesOf({ main })).toEqual([
      ...["0", "in 0", "in 1", "0 again 0"],
      ...["1", "in 0", "in 1", "1 again 1"],
    ]);
  });

  test("{task} and {copy} are the task's own name and number", () => {
    const steps = [{ print: "{task} is copy {copy}" }];
    const tasks = { one: steps, many: { steps, copies: 2 } };
    expect(linesOf({ main: ["launch"], tasks })).toEqual([
      "one is copy 0",
      "many#0 is copy 0",
      "many#1 is copy 1",
    ]);
  });

  test("{task} is known to a task's clean-up as well", () => {
    const task = { steps: [{ sleep: 1 }], finally: [{ print: "{task} closes" }] };
    expect(linesOf({ main: ["launch"], tasks: { task } })).toEqual(["task closes"]);
  });

  test("{runtime} names what the program runs on", async () => {
    expect(linesOf({ main: [{ print: "on {runtime}" }] })).toEqual(["on python"]);
    const { stdout } = await tandemHere(["run", "-", "--driver", "virtual"], {
      stdin: "name: sample\nmain: [{ print: '{runtime}' }]\n",
    });
    expect(stdout).toMatch(/^Bun \d+\.\d+\.\d+\n$/);
  });

  test("{value} may stand in a line", () => {
    accept(withMain(`  - receive: inbox\n  - print: "got {value}"`));
  });

  test("that does not exist is answered with the nearest that does", () => {
    expectProblems(withMain(`  - print: ▲"on {runtiem}"`), [
      "main[0].print",
      "{runtiem}",
      'did you mean "runtime"?',
    ]);
    expectProblems(withTail(`launch: [{ print: ▲"{taks}" }]`), ["launch[0].print", "{taks}"]);
  });

  test("without a meaning where it stands says so", () => {
    expectProblems(withMain(`  - print: ▲"{i}"`), ["main[0].print", "{i}", "repeat"]);
    expectProblems(withMain(`  - print: ▲"{task}"`), ["main[0].print", "{task}", "task"]);
    expectProblems(withTail(`launch: [{ print: ▲"{copy}" }]`), ["launch[0].print", "{copy}"]);
  });

  test("is only a whole word in braces: other braces are text", () => {
    const main = ["{", "}", "{}", "a { b", '{"json": 1}', "{ i }"].map((print) => ({ print }));
    expect(linesOf({ main })).toEqual(main.map(({ print }) => print));
  });
});

describe("a task", () => {
  test("may be a list, or an object of steps, clean-up and copies", () => {
    const [short, long] = accept(
      "name: sample\nmain: []\ntasks:\n  short: [{ sleep: 1s }]\n  long: { steps: [{ sleep: 1s }], finally: [{ sleep: 2s }], copies: 3 }\n",
    ).tasks;
    expect(short).toMatchObject({ name: "short", finally: [], copies: null });
    expect(long).toMatchObject({ name: "long", copies: 3, steps: [{ ticks: 1_000_000 }] });
    expect(long!.finally).toMatchObject([{ kind: "sleep", ticks: 2_000_000 }]);
  });

  test("may say that shutdown is its proper end, and nothing else", () => {
    const until = (word: string): string =>
      `name: sample\nmain: []\ntasks: { task: { steps: [], until: ${word} } }\n`;
    expect(accept(until("shutdown")).tasks[0]!.until).toBe("shutdown");
    expect(accept("name: sample\nmain: []\ntasks: { task: [] }\n").tasks[0]!.until).toBeNull();
    for (const wrong of ["▲main", "▲3", "▲{}"])
      expectProblems(until(wrong), ["tasks.task.until", "write shutdown"]);
  });

  test("with copies runs that many times, under numbered names; with one copy, too", () => {
    const document = (copies: number) => ({
      name: "sample",
      main: ["launch"],
      launch: [{ start: "task" }],
      tasks: { task: { steps: [{ print: "{task}" }, { sleep: 1 }], copies } },
    });
    const names = (copies: number) => Array.from({ length: copies }, (_, n) => `task#${n}`);
    for (const copies of [1, 3, 100]) {
      const result = simulate(document(copies), "await");
      expect(result.tasks.map(({ name }) => name)).toEqual(names(copies));
      expect(result.prints.map(({ text }) => text)).toEqual(names(copies));
    }
  });

  test("has at least one copy, and a whole number of them", () => {
    for (const wrong of ["0", "-1", "1.5", '"3"', "many", "[]", ".inf"])
      expectProblems(
        `name: sample\nmain: []\ntasks: { task: { steps: [], copies: ▲${wrong} } }\n`,
        ["tasks.task.copies", "whole number"],
      );
  });

  test("in its long form needs steps", () => {
    expectProblems("name: sample\nmain: []\ntasks: { task: ▲{ copies: 2 } }\n", [
      "tasks.task.steps",
      "list of steps",
    ]);
    expectProblems("name: sample\nmain: []\ntasks: { task: ▲sleep }\n", ["tasks.task", '"sleep"']);
  });

  test("has a name that nothing else in the output has", () => {
    for (const name of ["main", "launch"])
      expectProblems(`name: sample\nmain: []\ntasks: { ▲${name}: [] }\n`, [
        `tasks.${name}`,
        `"${name}"`,
      ]);
    for (const name of ["a b", "a#1", "1st", "é", '""'])
      expectProblems(
        `name: sample\nmain: []\ntasks: { ▲${name.startsWith('"') ? name : `"${name}"`}: [] }\n`,
        [`tasks.${name === '""' ? "" : name}`],
      );
    accept("name: sample\nmain: []\ntasks: { a-b_C9: [], constructor: [], toString: [] }\n");
  });

  test("may have a name that every object in JavaScript has", () => {
    const tasks = { constructor: [{ print: "{task}" }], toString: [{ print: "{task}" }] };
    const result = simulate({ name: "sample", main: ["launch"], tasks }, "await");
    expect(result.prints.map(({ text }) => text)).toEqual(["constructor", "toString"]);
  });
});

describe("a channel", () => {
  test("has a capacity, or is unbounded", () => {
    const { channels } = accept(
      "name: sample\nmain: []\nchannels: { bounded: { capacity: 10 }, one: { capacity: 1 }, open: {}, bare: }\n",
    );
    expect(channels).toEqual([
      { name: "bounded", capacity: 10 },
      { name: "one", capacity: 1 },
      { name: "open", capacity: null },
      { name: "bare", capacity: null },
    ]);
  });

  test("holds a whole number of values, at least one", () => {
    for (const wrong of ["0", "-1", "2.5", '"10"', "[]", "true"])
      expectProblems(`name: sample\nmain: []\nchannels: { inbox: { capacity: ▲${wrong} } }\n`, [
        "channels.inbox.capacity",
        "whole number",
      ]);
    expectProblems("name: sample\nmain: []\nchannels: { inbox: ▲10 }\n", [
      "channels.inbox",
      "10",
      "capacity",
    ]);
    expectProblems("name: sample\nmain: []\nchannels: ▲[inbox]\n", ["channels", "a list"]);
  });
});

describe("a strategy in a document", () => {
  test("is a name, or a name refined", () => {
    expect(accept(withTail("strategy: thread")).strategy).toMatchObject({
      loop: "thread",
      settle: "gather",
      atExit: "wait",
    });
    const text =
      "strategy: { use: thread, settle: group, timeout: 2s, atExit: cancel, grace: 500ms }";
    expect(accept(withTail(text)).strategy).toMatchObject({
      loop: "thread",
      settle: "group",
      timeout: 2_000_000,
      atExit: "cancel",
      grace: 500_000,
    });
  });

  test("may be left out", async () => {
    expect(
      (await tandemHere(["run", "-", "--driver", "virtual"], { stdin: withTail("") })).status,
    ).toBe(0);
  });

  test("that is wrong is shown where it is wrong", () => {
    expectProblems(withTail("strategy: ▲thraed"), ["strategy", 'did you mean "thread"?']);
    expectProblems(withTail("strategy: { use: ▲thraed }"), [
      "strategy.use",
      'did you mean "thread"?',
    ]);
    expectProblems(withTail("strategy: { use: await, settle: ▲gatehr }"), [
      "strategy.settle",
      'did you mean "gather"?',
    ]);
    expectProblems(withTail("strategy: { use: await, timeout: ▲soon }"), [
      "strategy.timeout",
      '"soon"',
      "250ms",
    ]);
    expectProblems(withTail("strategy: { use: await, offload: threads, workers: ▲0 }"), [
      "strategy.workers",
      "0",
    ]);
    expectProblems(withTail("strategy: ▲5"), ["strategy", "5", "name"]);
    expectProblems(withTail("strategy: ▲[thread]"), ["strategy", "a list", "name"]);
    expectProblems(withTail("strategy: ▲{}"), ["strategy", '"use"']);
  });

  test("without meaning says why, where it stands", () => {
    expectProblems(withTail("strategy: { use: await, atExit: ▲wait }"), [
      "strategy.atExit",
      "inline",
      "main",
    ]);
  });

  test("to compare with is one as well", () => {
    const scenario = accept(
      withTail("compare: [detach, { use: thread, atExit: cancel, grace: 1s }, portal]"),
    );
    expect(scenario.compare!.map(({ loop, atExit }) => [loop, atExit])).toEqual([
      ["inline", null],
      ["thread", "cancel"],
      ["portal", "wait"],
    ]);
    expectProblems(withTail("compare: [detach, ▲awiat]"), ["compare[1]", 'did you mean "await"?']);
    expectProblems(withTail("compare: ▲detach"), ["compare", '"detach"', "list"]);
    expectProblems(withTail("compare: [{ use: await, atExit: ▲wait }]"), [
      "compare[0].atExit",
      "inline",
    ]);
  });
});

describe("an expectation", () => {
  test.each([
    "{ tasks: finished }",
    "{ tasks: { task: finished, other: cancelled } }",
    "{ tasks: failed, lost: 0 }",
    '{ wall: "<= 9.5s", main: ">= 3s", longestBlock: "< 100ms", lateness.p99: "<= 5ms", overlap: ">= 50%" }',
    "{ prints: [a, b] }",
    "{ prints: { contains: [a] } }",
    "{ prints: [] }",
    "{ deadlock: false }",
    "{}",
  ])("%s is one", (text) => {
    accept(withTail(`expect: ${text}`));
  });

  const wrong: [text: string, path: string, ...says: string[]][] = [
    ["{ tasks: ▲finishd }", "expect.tasks", '"finishd"', 'did you mean "finished"?'],
    ["{ tasks: { task: ▲canceled } }", "expect.tasks.task", '"canceled"', '"cancelled"?'],
    ["{ tasks: ▲5 }", "expect.tasks", "5", "status"],
    ["{ lost: ▲-1 }", "expect.lost", "-1", "whole number"],
    ["{ lost: ▲1.5 }", "expect.lost", "1.5", "whole number"],
    ["{ lost: ▲none }", "expect.lost", '"none"', "whole number"],
    ["{ wall: ▲fast }", "expect.wall", '"fast"', "<= 9.5s"],
    ["{ main: ▲[3s] }", "expect.main", "a list", "<= 9.5s"],
    ['{ longestBlock: ▲"=< 3s" }', "expect.longestBlock", '"=< 3s"', "<= 9.5s"],
    ['{ overlap: ▲"half" }', "expect.overlap", '"half"', "%"],
    ["{ prints: ▲hello }", "expect.prints", '"hello"', "list"],
    ["{ prints: [a, ▲[b]] }", "expect.prints[1]", "a list", "text"],
    ["{ deadlock: ▲no way }", "expect.deadlock", '"no way"', "true or false"],
    ["▲finished", "expect", '"finished"'],
  ];
  test.each(wrong)("%s is not one", (text, path, ...says) => {
    expectProblems(withTail(`expect: ${text}`), [path, ...says]);
  });

  test("has the unit of what it is about: a share is no duration, and a time no percentage", () => {
    expectProblems(withTail(`expect: { wall: ▲"<= 50%" }`), ["expect.wall", '"<= 50%"']);
    expectProblems(withTail(`expect: { overlap: ▲">= 3s" }`), ["expect.overlap", '">= 3s"']);
  });
});

describe("a text that is no document", () => {
  const cases: [what: string, marked: string, ...says: string[]][] = [
    ["an empty text", "▲", "empty"],
    ["a text of comments", "▲# nothing here\n", "empty"],
    ["white space", "▲  \n\n", "empty"],
    ["null", "▲null\n", ""],
    ["a list", "▲- print: hello\n- launch\n", "a list"],
    ["a list in JSON", "▲[]", "a list"],
    ["a word", "▲hello\n", '"hello"'],
    ["a number", "▲42\n", "42"],
    ["two documents", "name: sample\nmain: []\n▲---\nname: other\nmain: []\n", "one scenario"],
    ["a key that stands twice", "name: sample\nmain: []\n▲name: other\n", "twice"],
    ["a bracket that is never closed", "name: sample\nmain: [launch\n▲", ""],
    ["JSON that ends in the middle", '{ "name": "sample", "main": []▲', ""],
    ["an alias without an anchor", "name: sample\nmain: ▲*steps\n", "steps"],
  ];
  test.each(cases)("%s is told at one place", (_, marked, ...says) => {
    expectProblems(marked, ["", ...says]);
  });

  test("a line indented by a tab is told at that line", () => {
    expect(problemsOf("name: sample\nmain:\n\t- launch\n")[0]).toStartWith("scenario.yaml:3:");
  });
});

describe("a hostile document is refused in one clear sentence, with status 2:", () => {
  const folder = temporaryFolder();
  afterAll(() => folder[Symbol.dispose]());

  /** Runs tandem on a word for a scenario and holds that it refuses it in one line, named first. */
  async function refused(
    word: string,
    options: { stdin?: string | Uint8Array; name?: string } = {},
  ) {
    const { name = word, ...rest } = options;
    const { status, stdout, stderr } = await tandemHere(["run", word, "--driver", "virtual"], rest);
    expect({ status, stdout, lines: stderr.trimEnd().split("\n").length, stderr }).toEqual({
      status: 2,
      stdout: "",
      lines: 1,
      stderr: expect.stringMatching(/^[^\p{Cc}]+\n$/u),
    });
    expect(stderr).toStartWith(`${name}:`);
    expect(stderr.length).toBeLessThan(400 + 2 * name.length);
    return stderr.slice(name.length + 1);
  }

  test("an empty file, and an empty stdin", async () => {
    expect(await refused(folder.file("empty.yaml", ""))).toStartWith("1:1: the document is empty");
    expect(await refused("-", { stdin: "", name: "<stdin>" })).toContain("empty");
  });

  test("a list", async () => {
    expect(await refused(folder.file("list.yaml", "- launch\n"))).toContain("1:1: found a list");
  });

  test("10 MB, in a file or on stdin", async () => {
    const long = `name: sample\nmain:\n${"  - print: hello\n".repeat(620_000)}`;
    expect(long.length).toBeGreaterThan(10 * 1024 * 1024);
    expect(await refused(folder.file("long.yaml", long))).toContain("MiB");
    expect(await refused("-", { stdin: long, name: "<stdin>" })).toContain("MiB");
  });

  test("one that never ends", async () => {
    expect(await refused("/dev/zero")).toMatch(/MiB|binary/);
    const { status, stdout, stderr } = shell("yes | tandem run - --driver virtual");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^<stdin>: [^\n]+\n$/);
  });

  test("a binary file", async () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, n) => (n * 7919) % 256);
    expect(await refused(folder.file("binary.yaml", bytes))).toContain("binary");
    expect(await refused(process.execPath)).toMatch(/binary|MiB/);
    const latin1 = Buffer.from("name: sample\ntitle: caf\xe9\nmain: []\n", "latin1");
    expect(await refused(folder.file("latin1.yaml", latin1))).toContain("UTF-8");
  });

  test("a folder", async () => {
    expect(await refused(folder.path)).toContain("folder");
  });

  test("a file that is not there", async () => {
    expect(await refused(folder.file("absent.yaml"))).toContain("no such file");
    expect(await refused("lsot")).toContain('did you mean "lost"?');
  });

  test("a file that cannot be read", async () => {
    // Nothing is forbidden to root, but even root cannot read its own memory from the beginning.
    const word = process.getuid!() === 0 ? "/proc/self/mem" : folder.file("secret.yaml", "name: a");
    if (process.getuid!() !== 0) chmodSync(word, 0o000);
    expect(await refused(word)).toContain("read");
  });

  test("a name that no file can have", async () => {
    expect(await refused("", { name: `""` })).not.toBe("");
    const endless = "x".repeat(5000);
    expect(await refused(endless)).not.toBe("");
  });

  const deep = 20_000;
  test.each([
    ["flow lists", `name: sample\nmain: ${"[".repeat(deep)}${"]".repeat(deep)}\n`],
    ["flow lists never closed", `name: sample\nmain: ${"[".repeat(deep)}`],
    ["flow objects", `name: sample\nmain: ${"{a: ".repeat(deep)}1${"}".repeat(deep)}\n`],
    ["block lists", `name: sample\nmain:\n  ${"- ".repeat(deep)}launch\n`],
    ["JSON", `{ "name": "sample", "main": ${"[".repeat(5000)}${"]".repeat(5000)} }`],
    [
      "repeats",
      `name: sample\nmain: ${"[{ repeat: 1, steps: ".repeat(2000)}[]${"}]".repeat(2000)}\n`,
    ],
  ])("one deeply nested in %s", async (_, text) => {
    expect(await refused("-", { stdin: text, name: "<stdin>" })).toMatch(/^\d+:\d+: .*nests/);
  });

  test.each([
    [
      "that grow tenfold nine times over",
      `name: sample\ntitle: &a0 x\n${Array.from({ length: 9 }, (_, n) => `k${n}: &a${n + 1} [${`*a${n}, `.repeat(10)}]\n`).join("")}main: *a9\n`,
    ],
    [
      "of repeats in repeats",
      `name: sample\nmain:\n  - &r0 { repeat: 9, steps: [{ print: x }] }\n${Array.from({ length: 20 }, (_, n) => `  - &r${n + 1} { repeat: 9, steps: [${`*r${n}, `.repeat(9)}] }\n`).join("")}`,
    ],
    ["that hold themselves", "name: sample\nmain: &m [{ repeat: 2, steps: *m }]\n"],
    ["that hold themselves as a whole", "&d { name: sample, main: [], tasks: *d }\n"],
  ])("one full of aliases %s", async (_, text) => {
    expect(await refused("-", { stdin: text, name: "<stdin>" })).toMatch(/^\d+:\d+: /);
  });

  test("one whose repeats and copies never end", async () => {
    const nested = `${"{ repeat: 1000000, steps: [".repeat(9)}{ print: x }${"] }".repeat(9)}`;
    expect(await refused("-", { stdin: withMain(`  - ${nested}`), name: "<stdin>" })).toContain(
      "repeat",
    );
    const copies =
      "name: sample\nmain: [launch]\ntasks: { task: { steps: [], copies: 9999999 } }\n";
    expect(await refused("-", { stdin: copies, name: "<stdin>" })).toContain("copies");
  });

  test("one that names a task that does not exist", async () => {
    const stdin = "name: sample\nmain: [launch]\nlaunch: [start: tsak]\ntasks: { task: [] }\n";
    expect(await refused("-", { stdin, name: "<stdin>" })).toBe(
      `3:17: launch[0].start: no task is named "tsak"; did you mean "task"?\n`,
    );
  });
});

describe("reading a document", () => {
  /** Holds that a text is a scenario, or that its problems are lines that point into it. */
  function readsOrExplains(text: string): void {
    const lines = text.split("\n").length;
    let found: DocumentError;
    try {
      parseScenario(text, file);
      return;
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      found = error;
    }
    expect(found.problems.length).toBeGreaterThan(0);
    expect(found.message.split("\n")).toHaveLength(found.problems.length);
    expect(found.message).not.toMatch(/[^\P{Cc}\n]/u);
    for (const { position, message } of found.problems) {
      expect(message).not.toBe("");
      expect(position!.line).toBeWithin(1, lines + 1);
      expect(position!.column).toBeGreaterThanOrEqual(1);
    }
  }

  const texts = fc.constantFrom(...catalogue.map(({ text }) => text));
  const words = fc.constantFrom(
    ...["name", "main", "launch", "tasks", "start", "settle", "repeat", "steps", "sleep", "block"],
    ...[
      "print",
      "strategy",
      "expect",
      "channels",
      "finally",
      "copies",
      "until",
      "use",
      "atExit",
      "thread",
    ],
    ...[
      ": ",
      "- ",
      "\n",
      "\n  ",
      "\n    - ",
      "{",
      "}",
      "[",
      "]",
      ", ",
      "&a ",
      "*a",
      "!!str ",
      "|\n",
    ],
    ...[
      "<<: ",
      "? ",
      "'",
      '"',
      "#",
      "---\n",
      "...\n",
      "%YAML 1.2\n",
      "\t",
      "\r\n",
      "\u0085",
      "\uFEFF",
    ],
    ...["1s", "-1", "0", "1e999", "null", "true", ".inf", "\u0000", "\ud800", "é", "💥"],
  );

  const bytes = fc
    .uint8Array({ maxLength: 60 })
    .map((array) => Buffer.from(array).toString("latin1"));

  test("of random text never fails but with an explanation", () => {
    holds(fc.property(bytes, readsOrExplains), {
      numRuns: 300,
    });
  });

  test("of random words of YAML never fails but with an explanation", () => {
    const soup = fc.array(words, { maxLength: 40 }).map((list) => list.join(""));
    holds(fc.property(soup, readsOrExplains), {
      numRuns: 500,
      includeErrorInReport: true,
    } as never);
  });

  test("of random JSON never fails but with an explanation", () => {
    const json = fc.json({ maxDepth: 5 });
    holds(fc.property(json, readsOrExplains), { numRuns: 150 });
  });

  test("of a catalogue scenario with some characters changed never fails but with an explanation", () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat({ max: 12 }),
      insert: fc.oneof(words, fc.constant(""), fc.string({ maxLength: 3 })),
    });
    const mutation = fc.tuple(texts, fc.array(edit, { minLength: 1, maxLength: 4 }));
    holds(
      fc.property(mutation, ([text, edits]) => {
        for (const { at, remove, insert } of edits) {
          const from = Math.floor(at * text.length);
          text = text.slice(0, from) + insert + text.slice(from + remove);
        }
        readsOrExplains(text);
      }),
      { numRuns: 300 },
    );
  });

  test("of a catalogue scenario with one value replaced never fails but with an explanation", () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>(null, -1, 0, 1.5, "", "launch", [], {}, "settle", ["launch"]),
    );
    const mutation = fc.tuple(texts, fc.nat(), value);
    holds(
      fc.property(mutation, ([text, which, replacement]) => {
        const document: unknown = YAML.parse(text);
        const places: { holder: Record<string, unknown>; key: string }[] = [];
        const visit = (holder: Record<string, unknown>): void => {
          for (const key of Object.keys(holder)) {
            places.push({ holder, key });
            if (typeof holder[key] === "object" && holder[key] !== null)
              visit(holder[key] as Record<string, unknown>);
          }
        };
        visit(document as Record<string, unknown>);
        const { holder, key } = places[which % places.length]!;
        holder[key] = replacement;
        readsOrExplains(JSON.stringify(document, null, 1));
      }),
      { numRuns: 200 },
    );
  });
});

test("a sentence repeats no more of a document than its reader needs, however long that is", () => {
  const long = "x".repeat(100_000);
  const text = JSON.stringify({
    name: "long",
    main: ["launch", { [long]: 1 }, { start: long }],
    tasks: { [long]: [{ receive: long }] },
    strategy: long,
    compare: [{ use: "thread", settle: `${"a b ".repeat(20_000)}` }],
    [long]: long,
  });
  const problems = problemsOf(text);
  expect(problems.length).toBeGreaterThan(4);
  for (const problem of problems) expect(problem.length).toBeLessThan(2000);
  expect(problems.join("\n")).toContain("is not a strategy; strategies: detach, await");
});

test("of a document with very many problems the first thousand are told, and how many there are", async () => {
  using folder = temporaryFolder();
  for (const text of [`main: [${"[], ".repeat(20_000)}]`, "%\n".repeat(20_000)]) {
    const file = folder.file("wrong.yaml", text);
    const { status, stdout } = await tandemHere(["check", file]);
    expect(status).toBe(2);
    expect(stdout).toMatch(/^\s*.*wrong\.yaml: … and 19\d{3} more problems$/m);
    expect(stdout.split("\n").length).toBeLessThan(1010);
  }
});

test("an object that has something else in the place of what every object has is told as any other", () => {
  const odd = { toString: 1, valueOf: 1, toJSON: 1, __proto__: null };
  const written = JSON.stringify(odd).replace("}", ',"__proto__":1}');
  for (const text of [
    `{"main":["launch"],"strategy":{"use":${written}}}`,
    `{"main":["launch"],"strategy":{"use":"await","settle":${written}}}`,
    `{"main":["launch"],"strategy":{"use":"thread","grace":${written}}}`,
    `{"main":["launch",{"submit":${written}},{"result":${written}},{"sleep":${written}}]}`,
    `{"main":["launch"],"launch":[{"start":${written}}],"tasks":{"t":[]}}`,
    `{"main":["launch"],"launch":[{"start":[${written}]}],"tasks":{"t":[]}}`,
    `{"main":["launch"],"tasks":{"t":[{"receive":${written}}]}}`,
    `{"main":["launch"],"expect":{"tasks":${written},"wall":${written},"prints":${written}}}`,
    `{"main":["launch"],"kill":{"what":${written},"at":${written}}}`,
    `{"main":["launch"],"channels":{"c":{"capacity":${written}}}}`,
    `{"main":[${written}],"name":${written},"title":${written},"compare":${written}}`,
  ])
    expect(problemsOf(text).length).toBeGreaterThan(0);
});
