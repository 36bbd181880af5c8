/** The interactive session, by its keys, in a pseudo-terminal of 80 columns and 24 lines. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { withoutExpectations } from "../../src/cli/questions/edit.ts";
import { command, fromSource, tandem, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const enter = "\r";
const down = "\u001b[B";
const interrupt = "\u0003";
const escape = "\u001b";

/** What a user does at a question. */
function at(session: TandemInTerminal, question: string | RegExp, ...keys: string[]) {
  return session.at(question, ...keys);
}

/** From the first question to a run for real that has begun. */
async function runForReal(session: TandemInTerminal, name: string, speed?: string): Promise<void> {
  await at(session, "What would you like to do?", down, enter);
  await at(session, "Which scenario?", name, enter);
  await at(session, "Under which strategy?", enter);
  if (speed !== undefined) {
    await at(session, "Run it", down, down, enter);
    await at(session, "How many times as fast?", "\u007f", speed, enter);
  }
  await at(session, /● Run it[^]*$/, enter);
  await at(session, "Predict first", enter);
}

/** A document whose texts take other numbers of columns than they have characters. */
const wideDocument = `name: wide
title: "日本語"
main:
  - print: "日本語の長い行です。日本語の長い行です。"
  - launch
  - block: 20ms
  - print: "e\u0301te\u0301 cafe\u0301 👩‍👩‍👧 family"
tasks:
  a-task-of-a-name-longer-than-a-quarter-of-most-terminals:
    - sleep: 10ms
    - print: "ＦＵＬＬＷＩＤＴＨ"
strategy: thread
`;

/** From the first question to the end of a run of `lost`, quick. */
async function runLost(session: TandemInTerminal): Promise<void> {
  await at(session, "What would you like to do?", down, enter);
  await at(session, "Which scenario?", "lost", enter);
  await at(session, "Under which strategy?", enter);
  await at(session, "lost, strategy detach", down, enter); // in virtual time instead
  await at(session, "For real instead", enter);
  await at(session, "Predict first", enter);
  await session.shows("What next?");
}

describe("tandem, without arguments", () => {
  test("from the first question over a lost task and its remedy to a saved file", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal([], { cwd: folder.path });
    await runLost(session);
    expect(session.text).toContain("1 of 1 task lost");
    await at(session, "What next?", enter);
    await at(session, /Under which strategy\?[^]*Under which strategy\?/, down, down, down, enter);
    await at(session, /Predict first[^]*Predict first/, enter);
    await session.shows("0 of 1 task lost");
    await at(session, /What next\?[^]*What next\?/, down, down, down, down, enter);
    await at(session, "Write the scenario to which file?", enter);
    await session.shows("Saved. Run it: tandem run ./lost.yaml");
    await at(session, /Saved[^]*What next\?/, "\u001b[A", enter);
    expect(await session.exited()).toBe(0);
    const saved = folder.file("lost.yaml");
    expect(readFileSync(saved, "utf8")).toContain("\nstrategy: thread\n");
    expect(readFileSync(saved, "utf8")).toStartWith("# The article's first listing");
    expect(tandem(["run", saved, "--driver", "virtual"]).stderr).toContain("0 of 1 task lost");
    // "lost" expects a loss, of its own strategy: what was saved is not held to that.
    expect(session.text).toContain('Without its "expect", which does not hold under thread.');
    expect(tandem(["check", saved]).status).toBe(0);
  });

  test.each([
    [
      "name: x # a\n# b\nexpect: # c\n  lost: 1 # d\n# e\nmain: []\n",
      "name: x # a\n# b\n# e\nmain: []\n",
    ],
    ["name: x\nexpect: { lost: 1 } # c\n", "name: x\n"],
    ["name: x\nexpect: { lost: 1 }", "name: x\n"],
    ['{ "expect": { "lost": 1 }, "name": "x" }', '{ "name": "x" }'],
    ['{ "name": "x", "expect": { "lost": 1 }, "main": [] }', '{ "name": "x", "main": [] }'],
    ['{ "expect": { "lost": 1 } }', "{  }"],
    ["name: x\n", "name: x\n"],
  ])('%j without its "expect" keeps all else', (text, rest) => {
    expect(withoutExpectations(text)).toBe(rest);
  });

  test("a run for real is drawn while it goes on, and Ctrl-C in it comes back to the session", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", down, enter);
    await at(session, "Which scenario?", "threaded", enter);
    await at(session, "Under which strategy?", enter);
    await at(session, "Run it", enter);
    await at(session, "Predict first", enter);
    await session.shows("of 9s expected");
    await session.shows("Background task iteration 0");
    session.type(interrupt);
    await session.shows("Interrupted at");
    await at(session, "What next?", interrupt);
    expect(await session.exited()).toBe(130);
    expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
  });

  test("a prediction is shown beside what happened, with what explains the difference", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", down, enter);
    await at(session, "Which scenario?", "lost", enter);
    await at(session, "Under which strategy?", enter);
    await at(session, "lost, strategy detach", down, enter);
    await at(session, "For real instead", enter);
    await at(session, "Predict first", "y");
    await at(session, "Which tasks will finish?", " ", enter);
    await at(session, "Which lines will you see?", " ", enter);
    await session.shows("Your prediction, and what happened");
    await session.shows(/! task finishes +you: yes +truth: cancelled/);
    // The lines are asked in the order of the alphabet, which tells nothing of what happens.
    await session.shows(/Which lines[^]*Background task iteration 0/);
    await session.shows(/ {3}"Background task iteration 0" +you: yes +truth: yes/);
    await session.shows(/\* the loop closed when launch returned/);
    await session.shows(/\* main goes through its own steps/);
    await at(session, "What next?", interrupt);
    expect(await session.exited()).toBe(130);
  });

  /** The keys from the first question to another. */
  const ways: [string, [string, ...string[]][]][] = [
    ["What would you like to do?", []],
    ["Which scenario?", [["What would you like to do?", down, enter]]],
    [
      "Under which strategy?",
      [
        ["What would you like to do?", down, enter],
        ["Which scenario?", enter],
      ],
    ],
    ["Which file?", [["What would you like to do?", down, down, down, down, enter]]],
    ["What is it called?", [["What would you like to do?", down, down, down, enter]]],
  ];

  test.each(ways)("Ctrl-C at %j leaves with 130", async (question, way) => {
    await using session = new TandemInTerminal([]);
    for (const [before, ...keys] of way) await at(session, before, ...keys);
    await at(session, question, interrupt);
    expect(await session.exited()).toBe(130);
    expect(session.text).toEndWith("Left.");
    expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
  });

  test.each(ways.filter(([question]) => question !== "What is it called?"))(
    "Ctrl-D at %j, where nothing is written, leaves as Ctrl-C does",
    async (question, way) => {
      await using session = new TandemInTerminal([]);
      for (const [before, ...keys] of way) await at(session, before, ...keys);
      await at(session, question, "\u0004");
      expect(await session.exited()).toBe(130);
      expect(session.text).toEndWith("Left.");
      expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
    },
  );

  test.each(ways)(
    "SIGTERM at %j leaves with 143, and the terminal as it was",
    async (question, way) => {
      await using session = new TandemInTerminal([]);
      for (const [before, ...keys] of way) await at(session, before, ...keys);
      await session.shows(question);
      expect(session.isCooked).toBe(false);
      session.signal("SIGTERM");
      expect(await session.exited()).toBe(143);
      expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
    },
  );

  test.each(ways)("Ctrl-Z and fg at %j go on where it was", async (question, way) => {
    // Only a shell with job control stops a program and goes on with it.
    const shell = ["bash", "--norc", "--noprofile", "-i"];
    await using session = new TandemInTerminal([], { program: shell, env: { PS1: "shell> " } });
    await session.shows("shell>");
    session.type(`${command().join(" ")}\r`);
    for (const [before, ...keys] of way) await at(session, before, ...keys);
    await at(session, question, "\u001a");
    await session.shows(/Stopped[^]*shell>/);
    expect(session.hasCursor).toBe(true);
    session.type("fg\r");
    // It is asked again, below, and listens.
    const again = session.shows(new RegExp(`Stopped[^]*${RegExp.escape(question)}[^]*└`));
    await again;
    await at(session, question, interrupt);
    await session.shows(/Left\.[^]*shell>/);
  });

  test("SIGTERM in a run shows the verdict and leaves with 143", async () => {
    await using session = new TandemInTerminal([]);
    await runForReal(session, "threaded");
    await session.shows("of 9s expected");
    session.signal("SIGTERM");
    expect(await session.exited()).toBe(143);
    expect(session.text).toContain("Interrupted at");
    expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
  });

  test("a second Ctrl-C leaves", async () => {
    await using session = new TandemInTerminal([]);
    await runForReal(session, "threaded");
    await session.shows("of 9s expected");
    session.type(interrupt + interrupt);
    expect(await session.exited()).toBe(130);
    expect(session.text).toContain("Interrupted at");
    expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
  });

  test("what is typed while a run is drawn is not shown, and answers no question after it", async () => {
    await using session = new TandemInTerminal([]);
    await runForReal(session, "lost", "20");
    await session.shows("expected");
    session.type(`zzz${enter}${enter}`);
    await session.shows("1 of 1 task lost");
    await session.shows("What next?");
    await Bun.sleep(200);
    expect(session.screen).toEndWith("└");
    expect(session.text).not.toContain("zzz");
    await at(session, "What next?", "\u001b[A", enter);
    expect(await session.exited()).toBe(0);
  });

  test("the program is shown in Python, saved where one says, and does what the run did", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal([], { cwd: folder.path });
    await runLost(session);
    await at(session, "What next?", down, down, down, enter);
    await at(session, "See what?", down, enter);
    await at(session, "Save the program?", "y");
    await at(session, "Write the program to which file?", enter);
    await session.shows("Saved. Run it: python3 ./lost.py");
    const program = readFileSync(folder.file("lost.py"), "utf8");
    expect(session.text).toContain("asyncio.run(main())");
    expect(program).toContain("asyncio.run(main())");
    await at(session, /Saved[^]*What next\?/, down, down, down, enter);
    await at(session, /See what\?[^]*See what\?/, enter);
    await session.shows("# The article's first listing");
  });

  test("going back does nothing again that was done before", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal([], { cwd: folder.path });
    await runLost(session);
    await at(session, "What next?", down, down, down, down, enter);
    await at(session, "Write the scenario to which file?", enter);
    await at(session, /Saved[^]*What next\?/, down, down, down, enter);
    await at(session, "See what?", escape);
    await at(session, /See what\?[^]*◆ {2}What next\?/, escape);
    // Back over the file that was written, and the choice to write it.
    await at(session, /◆ {2}Write the scenario/, escape);
    const toQuit = [down, down, down, enter];
    await at(session, /■ {2}Write the scenario[^]*◆ {2}What next\?[^]*● Save/, ...toQuit);
    expect(await session.exited()).toBe(0);
    expect(session.text.split("1 of 1 task lost")).toHaveLength(2);
  });

  test("a run is gone back from to the question before it, as one that compares is", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal([], { cwd: folder.path });
    await runLost(session);
    await at(session, "What next?", escape);
    await at(session, /What next[^]*◆ {2}Predict first/, escape);
    await at(session, /◆ {2}lost, strategy detach[^]*For real instead/, escape);
    await at(session, /◆ {2}lost, strategy detach[^]*In virtual time instead/, escape);
    await at(session, /What next[^]*◆ {2}Under which strategy\?/, escape);
    await at(session, /What next[^]*◆ {2}Which scenario\?/, escape);
    await at(session, /What next[^]*◆ {2}What would you like[^]*● Run a scenario/, down, enter);
    await at(session, /like to do[^]*◆ {2}Which scenario\?/, "awaited", enter);
    await at(session, "What must hold?", enter);
    await at(session, "Save the scenario in which that would be wrong?", enter);
    const toLast = "\u001b[A".repeat(2).match(/.../g)!;
    await at(session, "Run it under which of them?", ...toLast, enter);
    await at(session, /none of them now[^]*◆ {2}What next\?/, "\u001b[A", enter);
    expect(await session.exited()).toBe(0);
  });

  test("a report to share holds picture, verdict and document", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal([], { cwd: folder.path });
    await runLost(session);
    await at(session, "What next?", "\u001b[A", "\u001b[A", "\u001b[A", enter);
    await at(session, "Write the report to which file?", enter);
    await session.shows("Written to ./lost-report.md");
    const report = readFileSync(folder.file("lost-report.md"), "utf8");
    expect(report).toStartWith("# A task that nobody awaits is lost\n");
    expect(report).toMatch(/^main +█+✓ finished 9s$/m);
    expect(report).toContain("1 of 1 task lost");
    expect(report).toContain("strategy: detach");
    expect(report).toContain("\nBackground task iteration 0\n");
    const [, document] = /^````yaml\n([^]*?)^````$/m.exec(report)!;
    const again = tandem(["run", "-", "--driver", "virtual"], { stdin: document! });
    expect(again.stderr).toContain("1 of 1 task lost");
    expect(report).not.toContain("\u001b");
  });

  test.each([
    ["--ascii", ["--ascii", "--no-color"], {}],
    ["a locale without Unicode", ["--no-color"], { LC_ALL: "C" }],
    ["the Linux console", [], { TERM: "linux", NO_COLOR: "1" }],
  ])("%s: nothing but ASCII, and no colours", async (_, options, env) => {
    await using session = new TandemInTerminal(options, { env });
    await runLost(session);
    await at(session, "What next?", interrupt);
    expect(await session.exited()).toBe(130);
    // oxlint-disable-next-line no-control-regex
    expect(session.written).toMatch(/^[\x00-\x7f]*$/);
    // oxlint-disable-next-line no-control-regex
    expect(session.written).not.toMatch(/\x1b\[[\d;]*m/);
  });

  test("how questions are drawn is none of the program's concern: it has the environment that tandem was given", async () => {
    using folder = temporaryFolder();
    folder.file(
      "env.ts",
      "export default () => console.log(`${process.env.TERM} ${process.env.NO_COLOR}`);\n",
    );
    folder.file(
      "env.yaml",
      "name: env\nmain: [launch]\nlaunch: [start: t, settle]\ntasks: { t: [call: { module: ./env.ts }] }\nstrategy: await\n",
    );
    await using session = new TandemInTerminal(["--ascii", "--no-color"], {
      cwd: folder.path,
      env: { TERM: "xterm", NO_COLOR: undefined },
    });
    await at(session, "What would you like to do?", down, down, down, down, enter);
    await at(session, "Which file?", "./env.yaml", enter);
    await at(session, "env, strategy await", enter);
    await session.shows("What next?");
    expect(session.text).toContain("xterm undefined");
  });

  test("wide and combining characters, emoji and long words tear no line", async () => {
    using folder = temporaryFolder();
    folder.file("wide.yaml", wideDocument);
    await using session = new TandemInTerminal([], { cwd: folder.path, columns: 60 });
    await at(session, "What would you like to do?", down, down, down, down, enter);
    await at(session, "Which file?", "./wide.yaml", enter);
    await at(session, "wide, strategy thread", down, enter);
    await at(session, "For real instead", enter);
    await at(session, "Predict first", "y");
    await at(session, "Which tasks will finish?", enter);
    await at(session, "Which lines will you see?", enter);
    await session.shows("Your prediction, and what happened");
    await session.shows("What next?");
    const box = session.lines.filter((line) => /^│.*(?:you|truth): /.test(line));
    expect(box.length).toBeGreaterThanOrEqual(4);
    expect(new Set(box.map((line) => Bun.stringWidth(line))).size).toBe(1);
    expect(session.wrapped).toEqual([]);
    expect(session.text).toContain("日本語の長い行");
  });

  test("strategies are compared, what must hold is asked, and the choice comes with its reasons", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal([], { cwd: folder.path });
    await at(session, "What would you like to do?", down, down, enter);
    await at(session, "Which scenario?", "awaited", enter);
    await session.shows("What must hold?");
    expect(session.text).toMatch(/detach +0 +1 +0 +1\.5s/);
    expect(session.text).toMatch(/await \(own\) +1 \* +0 \* +0 +2s/);
    await at(session, "What must hold?", enter);
    await session.shows("Choose await: of 9 strategies");
    await session.shows("would be right");
    await at(session, "Save the scenario in which that would be wrong?", "y");
    const otherName = [..."-unless.yaml"].map(() => "\u007f");
    await at(session, "Write it to which file?", ...otherName, " unless.yaml", enter);
    await session.shows('tandem compare "./awaited unless.yaml"');
    await at(session, "Run it under which of them?", interrupt);
    expect(await session.exited()).toBe(130);
    const { stdout } = tandem(["compare", "awaited unless.yaml"], { cwd: folder.path });
    expect(stdout).toContain("Choose thread:");
  });

  test("a search that finds no scenario is told so, and goes on", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", down, enter);
    await at(session, "Which scenario?", "zzz", enter);
    await at(session, "No scenario has that", "\u007f", "\u007f", "\u007f", "awaited", enter);
    await at(session, "Under which strategy?", interrupt);
    expect(await session.exited()).toBe(130);
    expect(session.text).toContain("awaited: Awaited, the task finishes");
  });

  test("a search finds names before other words, and the cursor is on the best", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", down, enter);
    // result-timeout comes first in the list, and has the word in what to watch for.
    await at(session, "Which scenario?", ..."abandon");
    await session.shows(/● abandon[^]*○ /);
    await at(session, "Which scenario?", enter);
    await session.shows(/Which scenario[^]*abandon[^]*Under which strategy/);
  });

  test("a strategy that is advised is not called the document's own, which can still be chosen", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal([], { cwd: folder.path });
    await at(session, "What would you like to do?", down, down, enter);
    await at(session, "Which scenario?", "blocking", enter);
    const toBlock = [down, down, down, down, down];
    await at(session, "the loop is held for at most 50ms", ...toBlock, " ", enter);
    await session.shows("await,offload=threads  as advised");
    expect(session.text).toMatch(/Choose await,offload=threads: none of the 9 compared/);
    await at(session, "Run it under which of them?", interrupt);
    expect(await session.exited()).toBe(130);
  });

  test("what must hold is the user's to say", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", down, down, enter);
    await at(session, "Which scenario?", "lost", enter);
    // Time is no wish of everybody's, so the last is not ticked by itself.
    const toLast = Array.from({ length: 7 }, () => down);
    await at(session, "main finishes after at most 9s", ...toLast, " ", enter);
    await session.shows("Choose thread: of 9 strategies");
    await at(session, "Save the scenario in which that would be wrong?", enter);
    await at(session, "Run it under which of them?", interrupt);
    expect(await session.exited()).toBe(130);
  });

  test("a number of the scenario is changed where it stands, and what is wrong is told at once", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", down, enter);
    await at(session, "Which scenario?", "lost", enter);
    await at(session, "Under which strategy?", enter);
    await at(session, "lost, strategy detach", down, enter);
    await at(session, "For real instead", down, down, enter);
    await at(session, "Which number?", down, enter);
    await at(session, "main: block\n", "x", enter);
    await at(session, "is not a duration", "\u007f", "\u007f", "\u007f", "5s", enter);
    await at(session, /5s\n[^]*◆ {2}lost, strategy detach/, enter);
    await at(session, "Predict first", enter);
    await session.shows("in virtual time: 15s");
    await at(session, "What next?", down, down, down, enter);
    await at(session, "See what?", enter);
    await session.shows('title: "A task that nobody awaits is lost (edited)"');
    await session.shows("(Edited: some numbers are others than this says.)");
    await at(session, "What next?", "\u001b[A", enter);
    await at(session, "changed are in no file. Leave all the same?", enter);
    await at(session, /same\?[^]*◆ {2}What next\?/, interrupt);
    await at(session, /same\?[^]*same\?/, "y");
    expect(await session.exited()).toBe(130);
  });
});

describe("where nobody can be asked", () => {
  test.each([
    ["a dumb terminal", { TERM: "dumb" }],
    ["CI, even with a terminal", { CI: "true" }],
  ])(
    "%s: tandem alone says how it is used, without escape codes, and exits with 2",
    async (_, env) => {
      await using session = new TandemInTerminal([], { env });
      expect(await session.exited()).toBe(2);
      expect(session.text).toContain("Usage: tandem");
      expect(session.written).not.toContain("\u001b");
    },
  );

  test.each([
    ["stdin", "tandem < /dev/null"],
    ["stdout", "tandem | cat; exit ${PIPESTATUS[0]}"],
  ])("without a terminal on %s, so does it", async (_, line) => {
    const words = command()
      .map((word) => `'${word}'`)
      .join(" ");
    const program = ["bash", "-c", `tandem() { ${words} "$@"; }\n${line}`];
    await using session = new TandemInTerminal([], { program });
    expect(await session.exited()).toBe(2);
    expect(session.text).toContain("Usage: tandem");
  });

  test("an option before a command is told to stand behind it", () => {
    const { status, stderr } = tandem(["--ascii", "run", "lost"]);
    expect([status, stderr]).toEqual([
      2,
      'tandem: --ascii stands before "run"; write it behind (see: tandem help)\n',
    ]);
  });
});

test("an error of tandem's own in the middle of a question leaves the terminal as it was", async () => {
  using folder = temporaryFolder();
  const fails = folder.file("fails.ts", `setTimeout(() => { throw new Error("boom"); }, 1500);`);
  // An executable takes no --preload to fail by.
  const [bun, main] = fromSource;
  await using session = new TandemInTerminal([], { program: [bun, "--preload", fails, main] });
  await session.shows("What would you like to do?");
  expect(session.isCooked).toBe(false);
  expect(await session.exited()).toBe(1);
  expect(session.text).toContain("boom");
  expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
});

describe("a stranger's session", () => {
  const sizes = [
    [60, 24],
    [80, 24],
    [200, 50],
  ] as const;
  const nextOptions = [
    ...["What next?", "The same under another strategy", "Change a number", "Compare"],
    ...["See the document", "Save the scenario", "Write a report", "Something else", "Quit"],
  ];
  const strategies = ["detach", "await", "group", "thread", "daemon", "portal", "float", "exit"];

  test.each(sizes)(
    "reads at %d columns and %d lines, question by question",
    async (columns, rows) => {
      using folder = temporaryFolder();
      await using session = new TandemInTerminal([], { cwd: folder.path, columns, rows });
      /** At a question, all that is needed to answer it can be seen. */
      const sees = async (what: string | RegExp, words: string[], ...keys: string[]) => {
        await session.shows(what);
        await session.until(
          () => words.every((word) => session.screen.includes(word)),
          words.join(),
        );
        await at(session, what, ...keys);
      };
      await sees(
        "What would you like to do?",
        ["Observe a program of yours", "Run a scenario", "Compare", "Make your own", "Quit"],
        down,
        enter,
      );
      await sees("Which scenario?", ["lost: A task", "watch for", "threaded"], "lost");
      await sees(/\d matches/, ["lost: A task", "choosing"], enter);
      await sees("Under which strategy?", ["Under which", ...strategies, "nobody"], enter);
      await sees(
        "Run it",
        ["strategy detach", "In virtual time", "Another speed", "number"],
        down,
        enter,
      );
      await sees("For real instead", ["Run it", "Change a number"], enter);
      await sees("Predict first", ["Yes", "No"], enter);
      await sees("What next?", ["1 of 1 task lost", "To change that", ...nextOptions], enter);
      await sees(
        /next\?[^]*Under which strategy\?/,
        ["Under which", ...strategies],
        down,
        down,
        down,
        enter,
      );
      await sees(/Predict first[^]*Predict first/, ["Yes", "No"], enter);
      await sees(
        /What next\?[^]*What next\?/,
        ["0 of 1 task lost", ...nextOptions],
        ...[down, down, down, down, enter],
      );
      await sees("Write the scenario", ["./lost.yaml"], enter);
      await sees(
        /Saved[^]*What next\?/,
        ["Saved. Run it: tandem run ./lost.yaml", ...nextOptions],
        "\u001b[A",
        enter,
      );
      expect(await session.exited()).toBe(0);
      expect(session.wrapped).toEqual([]);
      expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
      expect(readFileSync(folder.file("lost.yaml"), "utf8")).toContain("strategy: thread\n");
    },
  );
});

describe("tandem new", () => {
  /** The plainest answers to all questions, in their order. */
  async function acceptAll(session: TandemInTerminal): Promise<void> {
    for (const question of [
      "What is it called?",
      "Main launches its tasks.",
      "main: for how long?",
      "main: how many such rounds?",
      "Does main do something else",
      "Task 1: what is it called?",
      "task1: what does it do",
      "task1: for how long?",
      "task1: how many such rounds?",
      "How many such tasks at once?",
      "Does task1 fail at its end?",
      "something to clean up?",
      "One more task?",
      "Which strategy?",
    ])
      await at(session, question, enter);
  }

  test.each([60, 80])(
    "at %d columns, asks, checks each answer, and writes a file that runs",
    async (columns) => {
      using folder = temporaryFolder();
      await using session = new TandemInTerminal(["new"], { cwd: folder.path, columns });
      await at(session, "What is it called?", ..."\u007f\u007f\u007f\u007f", "My Own", enter);
      await at(session, "is not a name in kebab-case", ..."\u007f".repeat(6), "own", enter);
      await at(session, "Main launches its tasks.", enter);
      await at(session, "main: for how long?", enter);
      await at(session, "main: how many such rounds?", enter);
      await at(session, "Does main do something else", "y");
      await at(session, "And after that?", down, enter);
      await at(session, /And after that[^]*main: for how long\?/, ..."\u007f\u007f", "x", enter);
      await at(session, "is not a duration", "\u007f", "50ms", enter);
      await at(session, /And after that[^]*main: how many such rounds\?/, "\u007f", "2", enter);
      await at(session, /And after that[^]*Does main do something else/, "n");
      await at(session, "Task 1: what is it called?", ..."\u007f".repeat(5), "main", enter);
      await at(session, "the name of tandem's own part", ..."\u007f".repeat(4), "beat", enter);
      await at(session, "beat: what does it do", enter);
      await at(session, "beat: for how long?", enter);
      await at(session, "beat: how many such rounds?", enter);
      await at(session, "How many such tasks at once?", "\u007f", "2", enter);
      await at(session, "Does beat fail", "y");
      await at(session, "With which message?", enter);
      await at(session, "something to clean up", "y");
      await at(session, "One more task?", "y");
      await at(session, "Task 2: what is it called?", ..."\u007f".repeat(5), "beat", enter);
      await at(session, "There is a task named beat already", ..."\u007f".repeat(4), "hog", enter);
      await at(session, "hog: what does it do", down, enter);
      await at(session, "hog: for how long?", enter);
      await at(session, "hog: how many such rounds?", "\u007f", "1", enter);
      await at(session, /hog: how many[^]*tasks at once\?/, enter);
      await at(session, "Does hog fail", "n");
      await at(session, "Has hog something", "n");
      await at(session, /Has hog[^]*One more task\?/, "n");
      await at(session, "Which strategy?", enter);
      await at(session, "to which file?", enter);
      expect(await session.exited()).toBe(0);
      expect(session.wrapped).toEqual([]);
      const file = folder.file("own.yaml");
      const document = readFileSync(file, "utf8");
      expect(document).toContain("- block: 1s # the whole thread stands still");
      const { stderr, stdout } = tandem(["run", file, "--driver", "virtual"]);
      expect(stderr).toMatch(/main +\w+ +3\.1s/);
      expect(stderr).toMatch(/beat#1 +failed .*its clean-up ran/s);
      expect(stdout.split("\n")).toContain("main, part 2, round 1");
      expect(stdout.split("\n")).toContain("beat#1, round 4");
    },
  );

  test("never replaces a file without a yes", async () => {
    using folder = temporaryFolder();
    const file = folder.file("mine.yaml", "precious");
    await using session = new TandemInTerminal(["new", "mine.yaml"], { cwd: folder.path });
    await acceptAll(session);
    await at(session, "to which file?", enter);
    await at(session, "mine.yaml exists. Replace it?", enter);
    await at(session, /to which file\?[^]*to which file\?/, interrupt);
    await at(session, "written nowhere yet. Leave all the same?", interrupt);
    expect(await session.exited()).toBe(130);
    expect(readFileSync(file, "utf8")).toBe("precious");
  });

  test("Escape goes back as far as one likes, with the answers proposed that were given", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal(["new"], { cwd: folder.path });
    await at(session, "What is it called?", "s", enter);
    await at(session, "Main launches its tasks.", down, enter);
    await at(session, "main: for how long?", escape);
    await at(session, /for how long[^]*◆ {2}Main launches[^]*● It computes/, escape);
    await at(session, /◆ {2}What is it called[^]*mines/, "\u007f", enter);
    await at(session, /mine\n[^]*◆ {2}Main launches[^]*● It stands/, escape);
    await at(session, /◆ {2}What is it called[^]*mine[^s]/, escape);
    expect(await session.exited()).toBe(130);
    expect([session.hasCursor, session.isCooked]).toEqual([true, true]);
  });

  test("Ctrl-C asks before answers are lost, and goes on after a no", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal(["new"], { cwd: folder.path });
    await at(session, "What is it called?", enter);
    await at(session, "Main launches its tasks.", interrupt);
    await at(session, "Leave all the same?", enter);
    await at(session, /same\?[^]*◆ {2}Main launches its tasks/, interrupt);
    await at(session, /same\?[^]*◆[^]*same\?/, "y");
    expect(await session.exited()).toBe(130);
    expect(session.text).toEndWith("Left. Nothing was written.");
  });

  test("a file that cannot be written is told, and another asked for", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal(["new"], { cwd: folder.path });
    await acceptAll(session);
    const full = "/dev/full";
    await at(session, "to which file?", ..."\u007f".repeat("./mine.yaml".length), full, enter);
    await at(session, "/dev/full exists. Replace it?", "y");
    await session.shows("/dev/full: cannot be written");
    await at(session, /cannot be written[^]*◆ {2}Write it to which file/, escape);
    await at(session, /◆ {2}\/dev\/full exists/, escape);
    await at(session, /◆ {2}Write it to which file/, ..."\u007f".repeat(9), "./x.yaml", enter);
    expect(await session.exited()).toBe(0);
    expect(existsSync(folder.file("x.yaml"))).toBe(true);
  });

  test("a file below a file is refused before anything is asked", async () => {
    using folder = temporaryFolder();
    folder.file("file", "");
    await using session = new TandemInTerminal(["new", "./file/below/mine.yaml"], {
      cwd: folder.path,
    });
    expect(await session.exited()).toBe(2);
    expect(session.text).toContain("There is no folder ./file/below (see:");
  });

  test("replaces it after a yes", async () => {
    using folder = temporaryFolder();
    const file = folder.file("mine.yaml", "worthless");
    await using session = new TandemInTerminal(["new", "mine.yaml"], { cwd: folder.path });
    await acceptAll(session);
    await at(session, "to which file?", enter);
    await at(session, "mine.yaml exists. Replace it?", "y");
    expect(await session.exited()).toBe(0);
    expect(tandem(["run", file, "--driver", "virtual"]).stderr).toContain("0 of 1 task lost");
  });

  test("without a terminal it asks nothing, and says what to do instead", () => {
    using folder = temporaryFolder();
    const { status, stderr } = tandem(["new", "mine.yaml"], { cwd: folder.path });
    expect(status).toBe(2);
    expect(stderr).toContain("tandem show lost > mine.yaml");
    expect(existsSync(folder.file("mine.yaml"))).toBe(false);
  });
});
