/** What user code does beyond its calls, and what tandem says of it: never that all is well when it is not. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { allRounds, rounds } from "../support/laws.ts";
import { temporaryFolder } from "../support/tandem.ts";
import { runCode, verdictOf } from "../support/user-code.ts";
import type { RunResult } from "../support/simulate.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

folder.file(
  "after.ts",
  `export async function never() { await new Promise(() => {}); }
export async function waitsForValue({ receive }: any) { await receive("line"); }
export async function neverButAlive() { setInterval(() => {}, 1000); await new Promise(() => {}); }
export async function floats({ print }: any) {
  void (async () => { await Bun.sleep(200); print("late"); console.error("later"); })();
}
export async function ticks({ print }: any) {
  let n = 0;
  const timer = setInterval(() => { print("tick " + n); if (++n === 4) clearInterval(timer); }, 50);
}
export async function forever() { setInterval(() => {}, 50); }
export async function tidy() { const timer = setInterval(() => {}, 5); await Bun.sleep(30); clearInterval(timer); }
export async function unreferenced() { setInterval(() => {}, 50).unref(); }
export async function ignores({ print }: any) {
  for (let k = 0; k < 6; k++) { await Bun.sleep(100); print("still " + k); }
}
export async function obeys({ sleep, print }: any) {
  try { await sleep(30_000); } finally { await Bun.sleep(200); print("cleaned"); }
}
export async function breaks({ sleep }: any) {
  try { await sleep(30_000); } finally { throw new Error("no roll-back"); }
}
export function code() { process.exitCode = 3; }
export async function serves() { Bun.serve({ port: 0, fetch: () => new Response("") }); }
export async function floatsLong() { void Bun.sleep(20_000); }
`,
);

/** A task that calls this, and main for so long beside it. */
const one = (name: string, block = 300): object => ({
  main: ["launch", { block }, { print: "main ends" }],
  tasks: { t: [{ call: { module: "./after.ts", export: name } }] },
});

const rulesOf = ({ findings }: RunResult): string[] => findings.map(({ rule }) => rule);
const saysOf = ({ findings }: RunResult, rule: string): string =>
  findings.find((finding) => finding.rule === rule)?.message ?? "";

describe("a promise that nothing can settle any more", () => {
  test.each(["await", "thread", "portal", "await,offload=threads", "thread,offload=threads"])(
    "is a deadlock, with who waits for it (%s)",
    async (strategy) => {
      const { result, status } = await runCode(folder, one("never"), strategy);
      expect([result.interruptedBy, status]).toEqual(["deadlock", 1]);
      expect(result.waiting).toContainEqual(
        expect.objectContaining({ who: "t", for: "call", of: "./after.ts#never" }),
      );
      expect(saysOf(result, "deadlock")).toContain(
        "t waits for what ./after.ts#never has returned to settle, and nothing is alive that could settle it",
      );
    },
  );

  test("does not keep the process where the loop floats, as nowhere in JavaScript", async () => {
    const { result } = await runCode(folder, one("never"), "float");
    expect(result).toMatchObject({ interruptedBy: null, exitCode: 0 });
    expect(result.tasks[0]!.status).toBe("abandoned");
  });

  test("is one for those who wait for a value that nobody sends", async () => {
    const document = { ...one("waitsForValue"), channels: { line: {} } };
    const { result } = await runCode(folder, document, "await");
    expect(result.waiting).toContainEqual(expect.objectContaining({ who: "t", for: "receive" }));
  });

  test(
    "law: is not there where two threads of user code speak with each other",
    async () => {
      folder.file(
        "talk.ts",
        `export async function produce({ send }: any) { for (let n = 0; n < 40; n++) await send("line", n); }
export function consume({ receive, print }: any) {
  for (let n = 0; n < 40; n++) { if (n % 7 === 3) Bun.sleepSync(1); print("got " + receive("line")); }
}
`,
      );
      const call = (name: string): object => ({ call: { module: "./talk.ts", export: name } });
      const document = {
        main: ["launch", call("consume")],
        tasks: { task: [call("produce")] },
        channels: { line: { capacity: 1 } },
      };
      for (let round = 0; round < rounds(2, 30); round++)
        for (const strategy of ["thread", "portal", "thread,offload=threads"]) {
          const { result } = await runCode(folder, document, strategy);
          expect([strategy, result.interruptedBy, result.prints.length]).toEqual([
            strategy,
            null,
            40,
          ]);
        }
    },
    allRounds ? 600_000 : 60_000,
  );

  test.each([
    ["neverButAlive", "thread"],
    ["never", "await,offload=processes"],
  ])(
    "waits for --timeout where that cannot be known, and says so (%s, %s)",
    async (name, strategy) => {
      const { result } = await runCode(folder, one(name), strategy, "--timeout", "2s");
      expect(result.interruptedBy).toBe("timeout");
      expect(saysOf(result, "unsettled")).toContain(
        "whether it would ever have come to its end is not known",
      );
    },
  );
});

describe("what a function sets going and does not wait for", () => {
  test.each(["await", "thread", "portal", "float", "await,offload=threads"])(
    "keeps the process as it would, and is told (%s)",
    async (strategy) => {
      const { result } = await runCode(folder, one("ticks", 10), strategy);
      const ticks = result.prints.filter(({ text }) => text.startsWith("tick"));
      expect(ticks.map(({ text }) => text)).toEqual(["tick 0", "tick 1", "tick 2", "tick 3"]);
      expect(result.exitCode).toBe(0);
      expect(result.tasks[0]).toMatchObject({ status: "finished", stepsDone: 1 });
      expect(saysOf(result, "left-behind")).toMatch(
        /^\.\/after\.ts#ticks, called by t, wrote 4 lines after its call had ended/,
      );
    },
  );

  test("is told where it wrote after its call, and is no step of its task", async () => {
    const document = {
      main: ["launch", { print: "main ends" }],
      tasks: { t: [{ call: { module: "./after.ts", export: "floats" } }, { sleep: 400 }] },
    };
    const { result } = await runCode(folder, document, "thread");
    expect(result.tasks[0]).toMatchObject({ status: "finished", stepsDone: 2 });
    expect(saysOf(result, "left-behind")).toContain("wrote 2 lines");
  });

  test("is told where the end of the process cut it off, and no verdict counts it as kept", async () => {
    for (const strategy of ["daemon", "exit", "await,offload=processes"]) {
      const words = await verdictOf(folder, one("floatsLong", 800), strategy);
      expect(words).toContain(
        "What your functions set going without waiting for it is not among these",
      );
      if (strategy === "daemon")
        expect(words).toMatch(
          /left a timer \(after\.ts:25:\d+\) behind, which the end of the process cut off/,
        );
    }
  });

  test("keeps the process for ever where it goes on for ever, and is told by its place", async () => {
    const { result } = await runCode(folder, one("forever", 20), "thread", "--timeout", "1500ms");
    expect(result).toMatchObject({ interruptedBy: "timeout", main: { status: "finished" } });
    expect(saysOf(result, "kept-alive")).toMatch(
      /because of an interval \(after\.ts:11:\d+\) of \.\/after\.ts#forever$/,
    );
  });

  test("keeps the process where it is no timer, too", async () => {
    const { result } = await runCode(folder, one("serves", 20), "await", "--timeout", "4s");
    expect(saysOf(result, "kept-alive")).toContain(
      "because of something that user code had left alive: a timer, a socket, a process",
    );
  });

  test.each(["tidy", "unreferenced"])(
    "is nothing where it is cleared, or no reason to stay (%s)",
    async (name) => {
      for (const strategy of ["await", "thread"]) {
        const { result } = await runCode(folder, one(name, 100), strategy);
        expect(result).toMatchObject({ interruptedBy: null, exitCode: 0 });
        expect(rulesOf(result)).toEqual([]);
        const words = await verdictOf(folder, one(name, 100), strategy);
        expect(words).not.toContain("is not among these");
      }
    },
  );

  test("decides on the exit status as it would", async () => {
    for (const strategy of ["await", "thread"]) {
      const inMain = {
        main: [{ call: { module: "./after.ts", export: "code" } }, "launch"],
        tasks: {},
      };
      expect((await runCode(folder, inMain, strategy)).result.exitCode).toBe(3);
    }
  });
});

describe("a function whose task is cancelled", () => {
  test.each(["portal,atExit=cancel", "float,atExit=cancel"])(
    "and that goes on all the same is told, and what it has done is (%s)",
    async (strategy) => {
      const { result } = await runCode(folder, one("ignores", 150), strategy);
      expect(result.tasks[0]).toMatchObject({ status: "finished", stepsDone: 1, lost: false });
      expect(saysOf(result, "outlived")).toMatch(
        /^t was cancelled at \S+, but \.\/after\.ts#ignores went on for \S+ and wrote \d lines, until it had done all it does, at \S+: it does not heed its signal$/,
      );
    },
  );

  test("stops at its next wait when the function has come to its end", async () => {
    const document = {
      main: ["launch", { block: 150 }],
      tasks: {
        t: {
          steps: [
            { call: { module: "./after.ts", export: "ignores" } },
            { print: "b" },
            { sleep: 60_000 },
          ],
          finally: [{ print: "cleaned" }],
        },
      },
    };
    const { result } = await runCode(folder, document, "portal,atExit=cancel");
    expect(result.tasks[0]).toMatchObject({ status: "cancelled", stepsDone: 2, cleanup: "ran" });
    expect(result.prints.slice(-2).map(({ text }) => text)).toEqual(["b", "cleaned"]);
  });

  test("and that heeds its signal may take its time over its clean-up", async () => {
    const { result } = await runCode(folder, one("obeys", 150), "portal,atExit=cancel");
    expect(result.tasks[0]).toMatchObject({ status: "cancelled" });
    expect(result.prints.map(({ text }) => text)).toContain("cleaned");
    expect(rulesOf(result)).not.toContain("outlived");
  });

  test("and whose clean-up fails fails its task: the error is not lost", async () => {
    const { result } = await runCode(folder, one("breaks", 150), "portal,atExit=cancel");
    expect(result.tasks[0]).toMatchObject({ status: "failed" });
    expect(result.tasks[0]!.error).toContain("no roll-back (after.ts:21:");
  });
});
