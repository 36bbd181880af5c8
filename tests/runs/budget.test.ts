/** What a document would take is told before it is performed, by an estimate of time and memory. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { DocumentError } from "../../src/scenario/problem.ts";
import { sizeOf } from "../../src/scenario/size.ts";
import type { Strategy } from "../../src/scenario/strategy.ts";
import { checkBudget } from "../../src/runs/budget.ts";
import { patience } from "../support/patience.ts";
import { findPython } from "../support/python.ts";
import { command, tandem, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const source = { file: "big.yaml" };

/** A document of a main and one task. */
function document(main: string, task: string, copies = 1): string {
  return `name: big
main: [launch, ${main}]
launch: [start: t, settle]
tasks: { t: { copies: ${copies}, steps: [${task}] } }
channels: { c: {} }
strategy: thread
`;
}

/** What is told of it: before it is performed, or to refuse it. */
function told(text: string, times: number, large = false): string | null {
  try {
    const scenario = parseScenario(text, source.file);
    const under = Array<Strategy>(Math.max(1, times)).fill(scenario.strategy);
    const isReal = times === 0;
    return checkBudget(scenario, { under, isVirtual: !isReal, isReal, large }, source);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return error.message;
  }
}

const repeated = (count: number, step: string): string => `{ repeat: ${count}, steps: [${step}] }`;

describe("a document is refused with what it would take, at its largest part", () => {
  const attacks: [string, string, number, string][] = [
    [
      "a million prints under eight strategies",
      document(repeated(1e6, "print: x"), "sleep: 1s"),
      8,
      "big.yaml:2:16: main[1]: 1,000,004 steps under each of 8 strategies would take tandem about 25 s",
    ],
    [
      "a hundred thousand receivers under eight strategies",
      document("block: 1s", "receive: c", 100_000),
      8,
      "big.yaml:4:39: tasks.t: 100,004 steps under each of 8 strategies would take tandem about 55 s",
    ],
    [
      "a few lines that repeat a million times and more",
      document(
        repeated(1_000_001, "block: 1ms"),
        `${repeated(1_000_001, "print: a")}, ${repeated(1_000_001, "sleep: 2ms, print: b")}, ${repeated(1e6, "print: c")}`,
      ),
      1,
      "5,000,007 steps would take tandem about 2 GB of memory",
    ],
    [
      "long lines",
      document(repeated(100_000, `print: ${"x".repeat(100_000)}`), "sleep: 1s"),
      1,
      "about 6 GB of memory",
    ],
    [
      "a million prints for real, where each comes from another process",
      document(repeated(1e6, "print: x"), "sleep: 1s"),
      0,
      "1,000,004 steps would take tandem about 3 GB of memory",
    ],
    [
      "long values, also for real",
      document(
        repeated(1000, `send: { channel: c, value: ${"v".repeat(900_000)} }`),
        repeated(1000, `receive: c, print: "{value}"`),
      ),
      0,
      "about 46 GB of memory",
    ],
  ];
  test.each(attacks)("%s", (_, text, times, sentence) => {
    const refusal = told(text, times);
    expect(refusal).toContain(sentence);
    expect(refusal).toContain("add --large");
    expect(refusal!.includes("fewer strategies")).toBe(times > 1);
    expect(told(text, times, true) ?? "").not.toContain("add --large");
  });
});

test("what takes a second or more is told before, and what takes less is not spoken of", () => {
  expect(told(document(repeated(1e6, "print: x"), "sleep: 1s"), 1)).toBe(
    "big.yaml: 1,000,004 steps, which takes about 4 s; Ctrl-C ends it",
  );
  expect(told(document(repeated(1e5, "print: x"), "sleep: 1s"), 1)).toBeNull();
  for (const { text, file } of catalogue) {
    const scenario = parseScenario(text, file);
    const under = Array<Strategy>(100).fill(scenario.strategy);
    expect(
      checkBudget(scenario, { under, isVirtual: true, isReal: true, large: false }, { file }),
    ).toBeNull();
  }
});

test("what takes a while is told while it has only begun, and how often it is to run counts", async () => {
  using folder = temporaryFolder();
  const file = folder.file("big.yaml", document(repeated(1e6, "print: x"), "sleep: 1s"));
  for (const words of [
    ["check", file, "--must", "finish"],
    ["run", file, "--driver", "virtual"],
  ]) {
    const child = Bun.spawn([...command(), ...words], { stdout: "ignore", stderr: "pipe" });
    const { value } = await child.stderr.getReader().read();
    child.kill("SIGKILL");
    await child.exited;
    expect(new TextDecoder().decode(value)).toContain("Ctrl-C ends it");
    expect(child.signalCode).toBe("SIGKILL");
  }
  const { status, stderr } = tandem(["run", file, "--jitter", "5%", "--runs", "100"]);
  expect(status).toBe(2);
  expect(stderr).toContain("1,000,004 steps in each of 100 runs would take tandem about");
  expect(stderr).toContain("ask for fewer runs (--runs)");
});

test("what a large file of events takes to read is told before, and that of a small one is not", () => {
  using folder = temporaryFolder();
  for (const [count, told] of [
    [400_000, "events, which takes about 2 s; Ctrl-C ends it"],
    [4000, null],
  ] as const) {
    const file = folder.file("doc.yaml", document(repeated(count, "print: x"), "sleep: 1s"));
    const events = folder.file(`events-${count}.ndjson`);
    tandem(["run", file, "--driver", "virtual", "--events", events]);
    const { status, stderr } = tandem(["report", events]);
    expect(status).toBe(0);
    if (told === null) expect(stderr).toBe("");
    else expect(stderr).toContain(told);
  }
});

test.skipIf(findPython() === null)(
  "how long it takes to tell of very many events of a program is told when it has ended",
  () => {
    using folder = temporaryFolder();
    const program = (count: number): string => `import asyncio
async def task(): pass
async def main():
    for k in range(${count}):
        await asyncio.gather(*(task() for _ in range(1000)))
asyncio.run(main())
`;
    const told = /^tandem: [\d,]+ events were recorded, of which to tell takes about \d+ s\n/;
    const large = tandem(["observe", folder.file("large.py", program(50))], {
      timeoutMs: patience,
    });
    expect([large.status, told.test(large.stderr)]).toEqual([0, true]);
    const small = tandem(["observe", folder.file("small.py", program(1))]);
    expect([small.status, small.stderr.includes("events were recorded")]).toEqual([0, false]);
  },
);

test("the size of a document counts repeats within repeats, copies and clean-ups", () => {
  const text = `name: n
main: [launch, { repeat: 2, steps: [{ repeat: 3, steps: [block: 1ms, block: 1ms] }] }]
launch: [start: t, settle]
tasks: { t: { copies: 5, steps: [sleep: 1s], finally: [block: 1ms] } }
`;
  // Launch itself, 12 of main, two of launch, five times two of the tasks.
  expect(sizeOf(parseScenario(text, "n.yaml"), "virtual").steps).toBe(1 + 12 + 2 + 10);
});

test("compare, run and check say so and exit with 2, check beside the other documents", () => {
  using folder = temporaryFolder();
  const big = folder.file("big.yaml", document(repeated(6e6, "block: 1ms"), "sleep: 1s"));
  const small = folder.file("small.yaml", document("block: 1ms", "sleep: 1s"));
  for (const command of ["compare", "run"]) {
    const { status, stderr } = tandem([command, big]);
    expect([status, stderr.split("\n").length]).toEqual([2, 2]);
    expect(stderr).toContain("big.yaml:2:16: main[1]: 6,000,004 steps");
  }
  const { status, stdout } = tandem(["check", big, small, "--must", "finish"]);
  expect(status).toBe(2);
  expect(stdout).toContain("6,000,004 steps would take tandem about");
  expect(stdout).toMatch(/✓ .*small\.yaml/);
});

test("fifty thousand unknown keys are told, the first of them", () => {
  const keys = Array.from({ length: 50_000 }, (_, index) => `key${index}: 1\n`).join("");
  const { status, stderr } = tandem(["run", "-"], { stdin: `name: keys\nmain: [launch]\n${keys}` });
  expect(status).toBe(2);
  expect(stderr).toContain('<stdin>:3:1: unknown key "key0"');
  expect(stderr).toEndWith("… and 49980 more problems in <stdin>\n");
});

test("nine thousand misspelt tasks among a thousand are told, though each is like many", () => {
  const named = (letters: number, count: number, end: string): string =>
    Array.from({ length: count }, (_, n) => `    ${"t".repeat(letters)}${n}${end}\n`).join("");
  const text = `name: keys\nmain: [launch]\ntasks:\n${named(50, 990, ": []")}expect:\n  tasks:\n${named(45, 9000, "u: finished")}`;
  const { status, stderr } = tandem(["run", "-"], { stdin: text });
  expect(status).toBe(2);
  expect(stderr).toMatch(/more problems in <stdin>\n$/);
});
