/** Whatever user code throws is a failure that can be told: of that task, in a text of bounded length. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { allRounds, rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { temporaryFolder } from "../support/tandem.ts";
import { runCode } from "../support/user-code.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** What is thrown, as an expression, and a part of the text that tells of it. */
const things: Record<string, [expression: string, text: string]> = {
  undefined: ["undefined", "undefined (thrown in ./throws.ts)"],
  null: ["null", "null (thrown in"],
  symbol: ["Symbol('sign')", "Symbol(sign)"],
  bigint: ["10n", "10 (thrown in"],
  empty: ["''", "(thrown in"],
  databases: [
    "Object.assign(new Error('syntax error'), { position: '17' })",
    "syntax error (throws.ts:",
  ],
  nowhere: [
    "Object.assign(new Error('nowhere'), { position: { file: 5 } })",
    "nowhere (throws.ts:",
  ],
  manyOfNothing: ["Object.assign(new Error('many'), { errors: [null] })", "many (throws.ts:"],
  closed: ["closed", "something that cannot be told"],
  closedParts: ["Object.assign(new Error('parts'), { errors: closed })", "parts (throws.ts:"],
  closedJson: [
    "({ toJSON() { throw new Error('json'); }, toString() { throw new Error('string'); } })",
    "something that cannot be told",
  ],
  closedMessage: [
    "Object.defineProperty(new Error(''), 'message', { get() { throw new Error('m'); } })",
    "undefined (throws.ts:",
  ],
  closedStack: [
    "Object.defineProperty(new Error('kept'), 'stack', { get() { throw new Error('s'); } })",
    "kept",
  ],
  strangeParts: [
    "Object.assign(new Error('a'), { message: { a: 1 }, name: 3, stack: 12 })",
    '{"a":1}',
  ],
  strangeStack: ["Object.assign(new Error('b'), { stack: 'at x (file://%zz/%:1:2)' })", "b"],
  circular: ["circular", "[object Object]"],
  bare: ["Object.create(null)", "{}"],
  ownCause: ["circularError", "its own cause (throws.ts:"],
  long: ["new Error('x'.repeat(5_000_000))", "(5,000,000 characters) (throws.ts:"],
  longText: ["'y'.repeat(5_000_000)", "(5,000,000 characters) (thrown in"],
  longName: ["Object.assign(new Error('n'), { name: 'z'.repeat(5_000_000) })", ": n (throws.ts:"],
};

folder.file(
  "throws.ts",
  `const refuse = () => { throw new Error("closed"); };
const closed = new Proxy({}, { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse });
const circular: any = {}; circular.self = circular;
const circularError: any = new Error("its own cause"); circularError.cause = circularError;
${Object.entries(things)
  .map(
    ([name, [expression]]) => `
export function ${name}_thrown() { throw ${expression}; }
export async function ${name}_rejected() { return Promise.reject(${expression}); }
export async function ${name}_stray() { void Promise.reject(${expression}); await Bun.sleep(20); }
export async function ${name}_timer({ sleep }: any) { setTimeout(() => { throw ${expression}; }, 1); await sleep("300ms"); }
export async function ${name}_aborted({ sleep }: any) { try { await sleep("9s"); } catch { throw ${expression}; } }
export function ${name}_then() { return { get then() { throw ${expression}; } }; }
`,
  )
  .join("")}`,
);

const call = (name: string): object => ({ call: { module: "./throws.ts", export: name } });
const longest = 5000;

const everywhere = [
  "await",
  "thread",
  "float",
  "await,offload=threads",
  "thread,offload=processes",
];

describe("whatever a function throws", () => {
  for (const strategy of everywhere)
    test(`fails its task, and no other, in a text of bounded length, with ${strategy}`, async () => {
      const ways = ["thrown", "rejected", "then"];
      const tasks = Object.fromEntries(
        Object.keys(things).flatMap((name) =>
          ways.map((way) => [`${name.toLowerCase()}-${way}`, [call(`${name}_${way}`)]]),
        ),
      );
      const { result, stderr } = await runCode(
        folder,
        {
          main: ["launch", { print: "main ends" }],
          launch: [{ start: Object.keys(tasks) }],
          tasks,
        },
        strategy.includes("float") ? strategy : `${strategy},settle=settled`,
      );
      expect(stderr).not.toMatch(/\n\s+at /);
      if (!strategy.includes("float")) expect(result.interruptedBy).toBeNull();
      for (const [name, [, text]] of Object.entries(things))
        for (const way of ways) {
          const told = result.tasks.find((task) => task.name === `${name.toLowerCase()}-${way}`)!;
          // In JavaScript the first rejection that nobody handles ends the process.
          if (strategy.includes("float") && told.status !== "failed") continue;
          expect(told).toMatchObject({ status: "failed" });
          expect(told.error).toContain(text);
          expect(told.error!.length).toBeLessThan(longest);
        }
    });

  test("fails main in the same way", async () => {
    for (const name of Object.keys(things).slice(0, rounds(4, Infinity))) {
      const document = {
        main: [call(`${name}_thrown`), "launch"],
        tasks: { task: [{ sleep: 1 }] },
      };
      const { result, status } = await runCode(folder, document, "await");
      expect(result.main.status).toBe("failed");
      expect(result.main.error).toContain(things[name]![1]);
      expect(status).toBe(1);
    }
  });
});

describe("whatever is thrown where nobody can catch it", () => {
  const every = Object.keys(things).flatMap((name) =>
    ["stray", "timer"].flatMap((way) => everywhere.map((strategy) => ({ name, way, strategy }))),
  );
  /** Each way and each strategy, of things that go round. */
  const some = every.filter((_, k) => k % 19 === 0);

  test.each(allRounds ? every : some)(
    `${allRounds ? "law: " : ""}ends what it must, and is told: $name, $way, with $strategy`,
    async ({ name, way, strategy }) => {
      const document = {
        main: ["launch", { block: 30 }],
        launch: [{ start: "task" }],
        tasks: { task: [call(`${name}_${way}`)] },
      };
      const settled = strategy.includes("float") ? strategy : `${strategy},settle=settled`;
      const { result, stderr } = await runCode(folder, document, settled);
      expect(stderr).not.toMatch(/\n\s+at /);
      const whole = JSON.stringify(result);
      expect(whole).toContain(JSON.stringify(things[name]![1]).slice(1, -1));
      expect(whole).not.toMatch(/must be of type|terminated abruptly|bunfs|undefined is not/);
    },
  );
});

describe("a function that is aborted", () => {
  test("and throws whatever it likes then is told with that", async () => {
    const names = Object.keys(things);
    const tasks = Object.fromEntries(
      names.map((name) => [name.toLowerCase(), [call(`${name}_aborted`)]]),
    );
    const document = {
      main: ["launch"],
      launch: [{ start: Object.keys(tasks) }, { sleep: 20 }],
      tasks,
    };
    const { result } = await runCode(folder, document, "detach");
    for (const name of names)
      expect(result.tasks.find((task) => task.name === name.toLowerCase())).toMatchObject({
        status: "failed",
        error: expect.stringContaining(things[name]![1]),
      });
  });
});
