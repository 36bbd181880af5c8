/** The picture of a real run in a terminal, and the finished timeline. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { tandem, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const escape = "\u001b";

describe("the live picture", () => {
  test("goes on while main stands still, and leaves the program's lines, timeline and verdict", async () => {
    await using run = new TandemInTerminal(["run", "threaded", "--speed", "6"]);
    await run.shows(/threaded, strategy thread: .* of 9s expected/);
    await run.shows("Main program started");
    const before = run.pieces;
    await run.until(() => run.pieces >= before + 2, "two more frames");
    // Between two frames it may be away, where a line of the program has come.
    await run.shows("main  ");
    // Main is in its first blocking step all this time.
    expect(run.text).not.toContain("Main program iteration 0");
    expect(await run.exited()).toBe(0);
    const { text } = run;
    expect(text).not.toContain("expected");
    expect(text.match(/^Main program iteration/gm)).toHaveLength(3);
    expect(text.match(/^Background task iteration/gm)).toHaveLength(5);
    expect(text).toMatch(/main +█+·*✓/);
    expect(text).toContain("0 of 1 task lost");
    expect(run.written).toEndWith("\n");
    expect(run.written.lastIndexOf(`${escape}[?25h`)).toBeGreaterThan(
      run.written.lastIndexOf(`${escape}[?25l`),
    );
  });

  test("stays whole below lines that would move the cursor, and those keep their colours", async () => {
    using folder = temporaryFolder();
    const moving = `${escape}[3A${escape}[2Kup\rback ${escape}[31mred`;
    const file = folder.file(
      "moving.json",
      JSON.stringify({
        name: "moving",
        main: [
          { print: "first" },
          "launch",
          { block: "300ms" },
          { print: moving },
          { block: "300ms" },
          { print: "last" },
        ],
        launch: [{ start: "task" }],
        tasks: { task: [{ sleep: "500ms" }] },
        strategy: "thread",
      }),
    );
    await using run = new TandemInTerminal(["run", file]);
    expect(await run.exited()).toBe(0);
    const lines = run.text.split("\n").map((line) => line.trimEnd());
    expect(lines.slice(0, 3)).toEqual([
      "first",
      String.raw`\u001b[3A\u001b[2Kup\u000dback red`,
      "last",
    ]);
    expect(run.written).toContain(`${escape}[31mred${escape}[0m`);
    expect(run.text).not.toContain("expected");
  });

  test("Ctrl-C ends the run with its verdict, gives the cursor back, and exits with 130", async () => {
    await using run = new TandemInTerminal(["run", "threaded"]);
    await run.shows("Background task iteration 0");
    run.type("\u0003");
    expect(await run.exited()).toBe(130);
    expect(run.text).toContain("Interrupted at");
    expect(run.written).toEndWith("\n");
    expect(run.written).toContain(`${escape}[?25h`);
  });

  test("a terminal that becomes narrower in the middle keeps every line of the program", async () => {
    await using run = new TandemInTerminal(["run", "threaded", "--speed", "6"], { columns: 120 });
    await run.shows("Background task iteration 0");
    run.resize(60, 20);
    expect(await run.exited()).toBe(0);
    expect(run.text.match(/^Main program iteration/gm)).toHaveLength(3);
    // A frame that was under way to a terminal of another width nobody can take back; all others are gone.
    expect((run.text.match(/expected/g) ?? []).length).toBeLessThanOrEqual(1);
  });

  test.each([
    ["--no-live", ["--no-live"], {}],
    ["a dumb terminal", [], { TERM: "dumb" }],
    ["CI", [], { CI: "true" }],
  ])("%s: nothing but lines, without escape codes", async (_, options, env) => {
    await using run = new TandemInTerminal(["run", "lost", "--speed", "100", ...options], { env });
    expect(await run.exited()).toBe(0);
    expect(run.text).toContain("1 of 1 task lost");
    expect(run.written).not.toContain(escape);
  });

  test.each([
    ["--no-color", ["--no-color"], {}],
    ["NO_COLOR", [], { NO_COLOR: "1" }],
  ])("%s: a picture without colours", async (_, options, env) => {
    await using run = new TandemInTerminal(["run", "lost", "--speed", "20", ...options], { env });
    expect(await run.exited()).toBe(0);
    expect(run.written).toContain(`${escape}[J`);
    expect(run.written).not.toMatch(/\u001b\[\d+m/);
  });
});

describe("run --timeline", () => {
  const timeline = (...words: string[]): string =>
    tandem(["run", ...words, "--driver", "virtual", "--timeline"]).stderr.split("\n\n")[0]!;

  test("is a lane for each thread, with launch and the tasks below theirs", () => {
    expect(timeline("threaded", "--ascii")).toMatchInlineSnapshot(`
      "
      main      #######################################################+ finished 9s
      loop
        launch  ...............................+                         finished 5s
        task    -------------------------------+                         finished 5s
                +-----------+-----------+------------+-----------+------
                0           2s          4s           6s          8s
                # stands still, holding its thread   . waits   - sleeps   + finished"
    `);
  });

  test("tells a starved sleep from one that sleeps", () => {
    expect(timeline("blocking", "--strategy", "await", "--ascii")).toMatch(/orders +-+!+/);
  });

  test("has a lane for each thread of a pool", () => {
    expect(timeline("blocking", "--strategy", "thread,offload=threads,workers=2")).toMatch(
      /pool#0 +▚+\npool#1 +▚+/,
    );
  });

  test("in a pipe it has no escape codes", () => {
    expect(timeline("lost")).not.toContain(escape);
  });
});
