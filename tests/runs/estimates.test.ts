/**
 * What tandem says that a scenario takes, held against what it uses: of random scenarios of each kind, at random
 * sizes. `TANDEM_CASES` says how many, `TANDEM_CASE` which one alone.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { parseScenario } from "../../src/scenario/parse.ts";
import { sizeOf } from "../../src/scenario/size.ts";
import { randomFrom } from "../drivers/arbitrary.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { command, environment, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(allRounds ? 2 * 3_600_000 : 300_000);

const only = process.env["TANDEM_CASE"];
const cases = Number(process.env["TANDEM_CASES"] ?? rounds(0, 150));

/** By how much, at most, more or less is used than is told; and what is used in any case, which nobody need be told. */
const factor = 2.5;
const anyway = { seconds: 0.7, bytes: 110e6 };

type Steps = unknown[];
interface Kind {
  tasks?: Record<string, unknown>;
  main?: Steps;
  channels?: object;
  strategy?: unknown;
}

const repeat = (times: number, ...steps: Steps): object => ({
  repeat: Math.max(1, Math.round(times)),
  steps,
});
const many = (copies: number, ...steps: Steps): Record<string, unknown> => ({
  t: { steps, copies: Math.max(1, Math.min(100_000, Math.round(copies))) },
});
const text = (length: number): string => "x".repeat(length);
const durable = (more: object): object => ({ use: "durable", ...more });

/** Scenarios of `n` steps or more, in whatever they consist. */
const kinds: Record<string, (n: number, random: () => number) => Kind> = {
  sleeps: (n) => ({ tasks: { t: [repeat(n, { sleep: 1 })] } }),
  "sleeps of many": (n) => ({ tasks: many(n / 10, repeat(10, { sleep: 1 })) }),
  tasks: (n) => ({ tasks: many(n / 10, { sleep: 1 }) }),
  prints: (n, random) => ({
    tasks: { t: [repeat(n, { print: text(1 + Math.floor(300 * random() ** 3)) })] },
  }),
  "prints of each": (n) => ({ tasks: { t: [repeat(n, { print: "{i} of {task}" })] } }),
  "prints of main": (n) => ({ main: [repeat(n, { print: "x" })] }),
  blocks: (n) => ({ main: [repeat(n, { block: 1 })] }),
  "blocks in a pool": (n, random) => ({
    tasks: many(10, repeat(n / 50, { block: 1 })),
    strategy: { use: "thread", offload: random() < 0.5 ? "threads" : "processes" },
  }),
  "sends and receives": (n) => ({
    tasks: {
      t: [repeat(n / 4, { send: { channel: "c", value: text(50) } })],
      u: [repeat(n / 4, { receive: "c" }, { print: "{value}" })],
    },
    channels: { c: {} },
  }),
  "sends that wait": (n) => ({
    tasks: {
      t: [repeat(n / 8, { send: { channel: "c", value: 1 } })],
      u: [repeat(n / 8, { receive: "c" })],
    },
    channels: { c: { capacity: 1 } },
  }),
  "waiting tasks": (n) => ({ tasks: many(n / 20, { receive: "c" }), channels: { c: {} } }),
  "waiting tasks with a limit": (n) => ({
    tasks: many(n / 40, { receive: "c", timeout: "1s" }),
    channels: { c: {} },
  }),
  failures: (n) => ({ tasks: many(n / 20, { fail: "no" }) }),
  "lost tasks": (n) => ({ tasks: many(n / 10, { sleep: "1h" }), strategy: "detach" }),
  repeats: (n) => ({ tasks: { t: [repeat(Math.sqrt(n), repeat(Math.sqrt(n), { sleep: 1 }))] } }),
  "durable tasks": (n) => ({ tasks: many(n / 50, { sleep: 1 }), strategy: durable({}) }),
  "durable tasks that are long": (n) => ({
    tasks: { t: [{ sleep: `${Math.round(n / 60)}m` }] },
    strategy: durable({ consumers: 4 }),
  }),
  "durable tasks tried again": (n, random) => ({
    tasks: many(n / 400, { sleep: 1 }, { fail: "x" }),
    strategy: durable({ retry: 1 + Math.floor(5 * random()), backoff: 1 }),
  }),
};

interface Case {
  name: string;
  document: string;
}

function caseOf(number: number): Case {
  const random = randomFrom(20261130 + 7919 * number);
  for (let k = 0; k < 5; k++) random();
  const names = Object.keys(kinds);
  const name = names[number % names.length]!;
  // Up to a million and a half, small ones as often as large ones.
  const steps = Math.round(1000 * 1500 ** random());
  const { main = [], ...others } = kinds[name]!(steps, random);
  const usual = { tasks: { t: [{ sleep: 1 }] }, strategy: "thread" };
  const document = { name: "sized", ...usual, ...others, main: ["launch", ...main] };
  return { name: `${name}, ${steps}`, document: JSON.stringify(document) };
}

test.skipIf(!allRounds)(
  "law: what is told of the time and the memory of a scenario is right within a factor",
  async () => {
    using folder = temporaryFolder();
    const numbers =
      only === undefined ? Array.from({ length: cases }, (_, number) => number) : [Number(only)];
    const wrong: object[] = [];
    for (const number of numbers) {
      const { name, document } = caseOf(number);
      const file = folder.file("sized.json", document);
      const { ms, bytes } = sizeOf(parseScenario(document, file), "virtual");
      const child = Bun.spawn([...command(), "run", file, "--driver", "virtual", "--large"], {
        ...{ stdin: "ignore", stdout: Bun.file("/dev/null"), stderr: "pipe" },
        env: environment(),
      });
      await child.stderr.text();
      await child.exited;
      const { cpuTime, maxRSS } = child.resourceUsage()!;
      const used = { seconds: Number(cpuTime.total) / 1e6, bytes: maxRSS };
      const told = { seconds: ms / 1000, bytes };
      const isRight = (["seconds", "bytes"] as const).every(
        (what) =>
          used[what] <= anyway[what] + factor * told[what] &&
          told[what] <= anyway[what] + factor * used[what],
      );
      if (!isRight || only !== undefined)
        wrong.push({
          again: `TANDEM_LAWS=1 TANDEM_CASE=${number} bun test tests/runs/estimates.test.ts`,
          name,
          used,
          told,
        });
    }
    expect(wrong).toEqual([]);
  },
);
