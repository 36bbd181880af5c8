/** The interactive session, by its keys, in a pseudo-terminal of 80 columns and 24 lines. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { tandem, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";

// A terminal is waited for by what it shows, with a patience of its own.
setDefaultTimeout(120_000);

const enter = "\r";
const down = "\u001b[B";
const interrupt = "\u0003";

/** What a user does at a question. */
function at(session: TandemInTerminal, question: string | RegExp, ...keys: string[]) {
  return session.at(question, ...keys);
}

/** From the first question to the end of a run of `lost`, quick. */
async function runLost(session: TandemInTerminal): Promise<void> {
  await at(session, "What would you like to do?", enter);
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
  });

  test("a run for real is drawn while it goes on, and Ctrl-C in it comes back to the session", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", enter);
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
    expect(session.written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(
      session.written.lastIndexOf("\u001b[?25l"),
    );
  });

  test("a prediction is shown beside what happened, with what explains the difference", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", enter);
    await at(session, "Which scenario?", "lost", enter);
    await at(session, "Under which strategy?", enter);
    await at(session, "lost, strategy detach", down, enter);
    await at(session, "For real instead", enter);
    await at(session, "Predict first", "y");
    await at(session, "Which tasks will finish?", " ", enter);
    await at(session, "Which lines will you see?", " ", enter);
    await session.shows("Your prediction, and what happened");
    await session.shows(/! task finishes +yes +cancelled/);
    await session.shows("the loop closed when launch returned");
    await at(session, "What next?", interrupt);
    expect(await session.exited()).toBe(130);
  });

  test.each(["What would you like to do?"])("Ctrl-C at %j leaves with 130", async (question) => {
    await using session = new TandemInTerminal([]);
    await at(session, question, interrupt);
    expect(await session.exited()).toBe(130);
    expect(session.text).toContain("Left.");
  });

  test("strategies are compared in a table that fits", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", down, enter);
    await at(session, "Which scenario?", "lost", enter);
    await at(session, "Run it under which of them?", interrupt);
    expect(await session.exited()).toBe(130);
    expect(session.text).toMatch(/detach +0 +1 +0 +9s \* +0ms +9s/);
    expect(session.text).toMatch(/thread +1 \* +0 \* +0 +9s \* +5s \* +9s/);
  });

  test("a number of the scenario is changed where it stands, and what is wrong is told at once", async () => {
    await using session = new TandemInTerminal([]);
    await at(session, "What would you like to do?", enter);
    await at(session, "Which scenario?", "lost", enter);
    await at(session, "Under which strategy?", enter);
    await at(session, "lost, strategy detach", down, enter);
    await at(session, "For real instead", down, down, enter);
    await at(session, "Which number?", down, enter);
    await at(session, "main block:", "x", enter);
    await at(session, "is not a duration", "\u007f", "\u007f", "\u007f", "5s", enter);
    await at(session, /for real[^]*lost, strategy detach|lost, strategy detach/i, enter);
    await at(session, "Predict first", enter);
    await session.shows("in virtual time: 15s");
  });
});

describe("tandem new", () => {
  test("asks for a scenario, checks each answer, and writes a file that runs", async () => {
    using folder = temporaryFolder();
    await using session = new TandemInTerminal(["new"], { cwd: folder.path, rows: 60 });
    await at(session, "What is it called?", ..."\u007f\u007f\u007f\u007f", "My Own", enter);
    await at(session, "is not a name in kebab-case", ..."\u007f".repeat(6), "own", enter);
    await at(session, "How many rounds does main go?", enter);
    await at(session, "For how long does main stand still", enter);
    await at(session, "Task 1: what is it called?", enter);
    await at(session, "task1: how many rounds?", enter);
    await at(session, "for how long does it sleep", enter);
    await at(session, "Does task1 fail", "y");
    await at(session, "With which message?", enter);
    await at(session, "something to clean up", "y");
    await at(session, "One more task?", "n");
    await at(session, "Which strategy?", enter);
    await at(session, "to which file?", enter);
    expect(await session.exited()).toBe(0);
    const file = folder.file("own.yaml");
    expect(readFileSync(file, "utf8")).toContain("# the whole thread stands still");
    const { stderr } = tandem(["run", file, "--driver", "virtual"]);
    expect(stderr).toContain("task1   failed    2.5s");
  });

  test("never replaces a file without a yes", async () => {
    using folder = temporaryFolder();
    const file = folder.file("mine.yaml", "precious");
    await using session = new TandemInTerminal(["new", "mine.yaml"], {
      cwd: folder.path,
      rows: 60,
    });
    for (const question of [
      "called?",
      "main go?",
      "stand still",
      "Task 1",
      "how many rounds?",
      "it sleep",
    ])
      await at(session, question, enter);
    await at(session, "fail at its end", enter);
    await at(session, "clean up", enter);
    await at(session, "One more task?", enter);
    await at(session, "Which strategy?", enter);
    await at(session, "to which file?", enter);
    await at(session, "mine.yaml exists. Replace it?", enter);
    await at(session, /to which file\?[^]*to which file\?/, interrupt);
    expect(await session.exited()).toBe(130);
    expect(readFileSync(file, "utf8")).toBe("precious");
  });

  test("without a terminal it asks nothing, and says what to do instead", () => {
    using folder = temporaryFolder();
    const { status, stderr } = tandem(["new", "mine.yaml"], { cwd: folder.path });
    expect(status).toBe(2);
    expect(stderr).toContain("tandem show lost > mine.yaml");
    expect(existsSync(folder.file("mine.yaml"))).toBe(false);
  });
});
