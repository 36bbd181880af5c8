/** User code has the same descriptors as tandem's own code beside it, and can harm the run by none of them. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { allRounds, rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { temporaryFolder } from "../support/tandem.ts";
import { runCode } from "../support/user-code.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

folder.file(
  "writes.ts",
  `import { closeSync, openSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
const put = (bytes: string | Uint8Array) => { try { writeSync(3, Buffer.from(bytes as string)); } catch {} };
export function text() { put("hello\\n"); }
export function ones() { put(new Uint8Array(100).fill(255)); }
export function zeros() { put(new Uint8Array(64)); }
export function counts() { put(Buffer.from(Int32Array.of(0, -5, -1, 8, -3, 0, 0, 0).buffer)); }
export function huge() { put(Buffer.from(Int32Array.of(0, 2 ** 31 - 1, 2 ** 31 - 1, 8, 9, 0, 0, 0).buffer)); }
export function forged() {
  const block = Buffer.alloc(56);
  block.writeInt32LE(1, 4); block.writeInt32LE(8, 12); block.writeUInt8(3, 52);
  for (let k = 0; k < 20; k++) put(block);
}
export async function random({ args, sleep, print }: any) {
  let state = args;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16;
  for (let k = 0; k < 20; k++) {
    put(Uint8Array.from({ length: next() % 300 }, () => next() % 256));
    print("line " + k);
    await sleep(1);
  }
}
export async function beside({ print, sleep }: any) {
  const flood = new Worker(\`
    const { writeSync } = require("node:fs");
    const end = Date.now() + 300;
    while (Date.now() < end) try { writeSync(3, "torn"); } catch {}\`, { eval: true });
  const text = "long ".repeat(40_000);
  for (let k = 0; k < 30; k++) { print(text); await sleep(10); }
  await new Promise((resolve) => flood.on("exit", resolve));
}
export function closes({ args }: any) {
  closeSync(3);
  openSync(args, "w");
}
export function sends() { (process as any).send?.(null); (process as any).send?.({ kind: "done", error: null }); }
`,
);

const document = (name: string, args?: unknown): object => ({
  main: ["launch", { block: 30 }, { print: "main ends" }],
  launch: [{ start: ["task", "other"] }, "settle"],
  tasks: {
    task: [{ call: { module: "./writes.ts", export: name, args } }, { print: "done" }],
    other: [{ sleep: 20 }, { print: "other" }],
  },
});

/** The text with which a run tells that something else than events was written. */
const told = /that user code wrote to descriptor 3.* left out/;

describe("what user code writes to tandem's own descriptor", () => {
  for (const strategy of ["await", "thread", "thread,offload=threads"])
    for (const name of ["text", "ones", "zeros", "counts", "huge", "forged"])
      test(`is told, and changes nothing else: ${name}, with ${strategy}`, async () => {
        const { result, stderr, status } = await runCode(folder, document(name), strategy);
        expect(stderr.replaceAll(/\s+/g, " ")).toMatch(told);
        expect(stderr).not.toMatch(/\n\s+at /);
        expect(status).toBe(0);
        expect(result.interruptedBy).toBeNull();
        expect(result.tasks.map((task) => task.status)).toEqual(["finished", "finished"]);
        expect(result.prints.map(({ text }) => text).toSorted()).toEqual([
          "done",
          "main ends",
          "other",
        ]);
      });

  const seeds = Array.from({ length: rounds(2, 200) }, (_, seed) => seed + 1);
  test.each(seeds)(
    `${rounds(0, 1) === 1 ? "law: " : ""}is told from the events that stand between it, whatever it is (seed %p)`,
    async (seed) => {
      const { result, stderr } = await runCode(folder, document("random", seed), "thread");
      expect(stderr.replaceAll(/\s+/g, " ")).toMatch(told);
      const lines = result.prints.filter(({ task }) => task === "task");
      expect(lines.map(({ text }) => text)).toEqual([
        ...Array.from({ length: 20 }, (_, k) => `line ${k}`),
        "done",
      ]);
    },
  );

  test("may tear what another thread is writing, and nothing is misread then", async () => {
    const { result, stderr } = await runCode(folder, document("beside"), "thread");
    expect(stderr.replaceAll(/\s+/g, " ")).toMatch(told);
    for (const { text } of result.prints)
      expect(["done", "other", "main ends", "long ".repeat(40_000)]).toContain(text);
  });
});

test("user code that closes tandem's descriptor ends the run, is told of, and finds nothing of tandem's in the file that gets the number", async () => {
  for (const strategy of ["await", "thread"]) {
    const file = folder.file("users.txt", "");
    const { result, stderr, status } = await runCode(folder, document("closes", file), strategy);
    expect(stderr.replaceAll(/\s+/g, " ")).toMatch(/closed descriptor 3.* so the run was ended/);
    expect(result.interruptedBy).toBe("crash");
    expect(status).toBe(1);
    expect(readFileSync(file, "utf8")).toBe("");
  }
});

test("a process of the pool has no channel that user code could speak through", async () => {
  const { result } = await runCode(folder, document("sends"), "thread,offload=processes");
  expect(result.tasks.map((task) => task.status)).toEqual(["finished", "finished"]);
});

describe("a module that does not come to its end while it loads", () => {
  folder.file("spins.ts", `for (;;);\n`);
  folder.file("blocks.ts", `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n`);
  folder.file("exits.ts", `process.exit(3);\n`);
  const calling = (module: string): object => ({
    main: ["launch", { block: 10 }],
    tasks: { task: [{ call: { module } }] },
  });

  // Each takes the five seconds that a module has to load.
  const ended = [
    ["await", "./spins.ts"],
    ["await,offload=threads", "./blocks.ts"],
    ["thread", "./spins.ts"],
    ["await,offload=processes", "./spins.ts"],
  ] as const;
  test.each(allRounds ? ended : ended.slice(0, 2))(
    "law: is ended by the time limit, with %s and %s",
    async (strategy, module) => {
      const { result } = await runCode(folder, calling(module), strategy, "--timeout", "1s");
      expect(result.interruptedBy).toBe("timeout");
    },
  );

  test.each(["await", "thread", "await,offload=threads"])(
    "but ends its process is told, with %s",
    async (strategy) => {
      const { result, stderr, status } = await runCode(folder, calling("./exits.ts"), strategy);
      expect(result.interruptedBy).toBe("crash");
      expect(JSON.stringify(result) + stderr).toContain("3");
      if (strategy !== "await")
        expect(stderr).toContain("process.exit(3) in user code ended a thread");
      expect(status).toBe(1);
    },
  );
});
