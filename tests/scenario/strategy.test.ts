// Completion strategies: named points, their refinements, and what has no meaning.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { parseScenario } from "../../src/scenario/parse.ts";
import {
  allStrategies,
  changeStrategy,
  isSamePoint,
  neighboursOf,
  parseStrategy,
  resolveStrategy,
  type Strategy,
  StrategyError,
  type StrategyInput,
  toDocument,
} from "../../src/scenario/strategy.ts";
import { holds } from "../support/property.ts";
import { tandemHere } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** What each name means. */
const points: Record<string, Partial<Strategy>> = {
  detach: { loop: "inline", settle: "none" },
  await: { loop: "inline", settle: "gather" },
  group: { loop: "inline", settle: "group" },
  thread: { loop: "thread", settle: "gather", atExit: "wait" },
  daemon: { loop: "thread", settle: "gather", atExit: "abandon" },
  portal: { loop: "portal", settle: "none", atExit: "wait" },
  float: { loop: "float", settle: "none", atExit: "wait" },
  exit: { loop: "float", settle: "none", atExit: "abandon" },
  durable: {
    loop: "durable",
    settle: "none",
    engine: "sqlite",
    consumers: 1,
    slots: 4,
    lease: 30_000_000,
    acks: "late",
    enqueue: "awaited",
  },
};

const loops = ["inline", "thread", "portal", "float", "durable"];
const settles = ["none", "gather", "group", "settled"];
const atExits = ["wait", "cancel", "abandon"];
const offloads = ["none", "threads", "processes"];

/** The sentence that refuses a strategy; fails the test when it is none. */
function refusal(written: StrategyInput | string): { key: string | null; message: string } {
  try {
    if (typeof written === "string") parseStrategy(written);
    else resolveStrategy(written);
  } catch (error) {
    if (!(error instanceof StrategyError)) throw error;
    return { key: error.key, message: error.message };
  }
  throw new Error(`${JSON.stringify(written)} was taken for a strategy`);
}

function resolveOrRefuse(written: StrategyInput): Strategy | undefined {
  try {
    return resolveStrategy(written);
  } catch (error) {
    if (error instanceof StrategyError) return undefined;
    throw error;
  }
}

/** Every way to choose one value, or none, of each axis. */
function* everyInput(): Generator<StrategyInput> {
  const maybe = (values: unknown[]): unknown[] => [undefined, ...values];
  for (const use of maybe(Object.keys(points)))
    for (const loop of maybe(loops))
      for (const settle of maybe(settles))
        for (const atExit of maybe(atExits))
          for (const offload of maybe(offloads))
            for (const timeout of maybe(["1.5s"]))
              for (const grace of maybe([250]))
                for (const workers of maybe([4])) {
                  const all = { use, loop, settle, atExit, offload, timeout, grace, workers };
                  const written = Object.entries(all).filter(([, value]) => value !== undefined);
                  yield Object.fromEntries(written) as StrategyInput;
                }
}

describe("a named point", () => {
  test.each(Object.entries(points))("%s is where people look for it", (name, axes) => {
    const queue = {
      engine: null,
      consumers: null,
      slots: null,
      retry: null,
      backoff: null,
      lease: null,
      acks: null,
      enqueue: null,
    };
    const rest = { timeout: null, grace: null, offload: "none", workers: null };
    const expected = { name, atExit: null, ...queue, ...axes, ...rest };
    expect(parseStrategy(name)).toEqual(expected as Strategy);
    expect(resolveStrategy({ use: name })).toEqual(expected as Strategy);
  });

  test("that is unknown is answered with the nearest there is, or with all of them", () => {
    expect(refusal("thraed").message).toContain('did you mean "thread"?');
    expect(refusal("Await").message).toContain('did you mean "await"?');
    const { message } = refusal("xyzzy");
    for (const name of Object.keys(points)) expect(message).toContain(name);
    for (const word of ["", "constructor", "toString", "__proto__", " "])
      expect(refusal(word).message).toContain(JSON.stringify(word.trim()));
  });

  test("is what equal axes are called, however they were written", () => {
    for (const [name, { loop, settle, atExit }] of Object.entries(points)) {
      const axes = { loop, settle, ...(atExit === undefined ? {} : { atExit }) };
      expect(resolveStrategy(axes).name).toBe(name);
    }
    expect(parseStrategy("thread,atExit=abandon").name).toBe("daemon");
    expect(parseStrategy("exit,atExit=wait").name).toBe("float");
    expect(parseStrategy("detach,settle=group").name).toBe("group");
  });
});

describe("a name refined", () => {
  const refined: [text: string, written: StrategyInput, axes: Partial<Strategy>][] = [
    ["await,offload=threads", { use: "await", offload: "threads" }, { loop: "inline", workers: 2 }],
    [
      "thread,offload=processes,workers=8",
      { use: "thread", offload: "processes", workers: 8 },
      { offload: "processes", workers: 8 },
    ],
    ["group,timeout=1.5s", { use: "group", timeout: "1.5s" }, { timeout: 1_500_000 }],
    ["await,timeout=250", { use: "await", timeout: 250 }, { timeout: 250_000 }],
    [
      "thread,atExit=cancel,grace=500ms",
      { use: "thread", atExit: "cancel", grace: "500ms" },
      { settle: "gather", atExit: "cancel", grace: 500_000 },
    ],
    ["await,settle=settled", { use: "await", settle: "settled" }, { settle: "settled" }],
    ["exit,atExit=cancel", { use: "exit", atExit: "cancel" }, { loop: "float", atExit: "cancel" }],
    ["await,loop=thread", { use: "await", loop: "thread" }, { loop: "thread", atExit: "wait" }],
    ["loop=float,settle=gather", { loop: "float", settle: "gather" }, { atExit: "wait" }],
  ];

  test.each(refined)("%s is the same on the command line and in a document", (...row) => {
    const [text, written, axes] = row;
    const inDocument = JSON.stringify({ name: "sample", main: [], strategy: written });
    const strategy = parseStrategy(text);
    expect(strategy).toMatchObject(axes);
    expect(parseScenario(inDocument, "sample.json").strategy).toEqual(strategy);
  });

  test("takes its name along into the result, where it means the same", async () => {
    const args = ["--strategy", "thread,atExit=cancel,grace=1.5s", "--driver", "virtual", "--json"];
    const { status, stdout } = await tandemHere(["run", "lost", ...args]);
    expect(status).toBe(0);
    const { strategy } = JSON.parse(stdout) as { strategy: Record<string, unknown> };
    expect(strategy).toMatchObject({ loop: "thread", settle: "gather", atExit: "cancel" });
    expect(strategy).toMatchObject({ grace: 1500, timeout: null, offload: "none" });
    expect(parseStrategy(String(strategy["name"]))).toMatchObject({ grace: 1_500_000 });
  });

  test("offloads to two workers when it does not say to how many", () => {
    expect(parseStrategy("await,offload=threads").workers).toBe(2);
    expect(parseStrategy("await,offload=processes,workers=1").workers).toBe(1);
    expect(parseStrategy("await").workers).toBeNull();
  });

  test("names an axis and a value that exist", () => {
    expect(refusal("thread,atexit=wait").message).toContain('did you mean "atExit"?');
    expect(refusal("thread,atExit=wiat").message).toContain('did you mean "wait"?');
    expect(refusal("thread,atExit=").message).toContain('""');
    expect(refusal("thread,atExit").message).toContain("needs a value, as atExit=cancel");
    expect(refusal("await,settle=gatehr").message).toContain('did you mean "gather"?');
    expect(refusal("loop=inlien").message).toContain('did you mean "inline"?');
    expect(refusal("await,offload=thread").message).toContain('did you mean "threads"?');
    for (const value of ["soon", "-1s", "", "1d"])
      for (const axis of ["await,timeout", "thread,grace"])
        expect(refusal(`${axis}=${value}`).message).toContain(JSON.stringify(value));
    for (const value of ["0", "-1", "1.5", "many", ""])
      expect(refusal(`await,offload=threads,workers=${value}`).message).toContain(value);
    for (const text of ["await,", "await,threads", "thread wait", ",", "await,=1"])
      expect(refusal(text).message).not.toBe("");
  });

  test("names each axis once", () => {
    expect(refusal("thread,grace=1s,grace=2s").message).toContain("grace");
    expect(refusal("thread,use=await").message).toContain("use");
  });
});

describe("a combination without meaning", () => {
  const senseless: [text: string, key: string, why: string[]][] = [
    ["await,atExit=wait", "atExit", ["inline", "main"]],
    ["detach,atExit=abandon", "atExit", ["inline", "main"]],
    ["loop=inline,atExit=cancel", "atExit", ["inline", "main"]],
    ["await,grace=1s", "grace", ["inline", "exit"]],
    ["daemon,grace=1s", "grace", ["abandon"]],
    ["detach,timeout=1s", "timeout", ["none", "completion point"]],
    ["await,workers=4", "workers", ["offload", "pool"]],
  ];
  test.each(senseless)("%s is refused, and the sentence says why", (text, key, why) => {
    const { message, ...rest } = refusal(text);
    expect(rest).toEqual({ key });
    for (const words of why) expect(message).toContain(words);
  });

  test("on the command line is told with the option, in one sentence, and the status is 2", async () => {
    const { status, stdout, stderr } = await tandemHere([
      "run",
      "lost",
      "--strategy",
      "await,atExit=wait",
    ]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^tandem: --strategy await,atExit=wait: [^\n]*inline[^\n]*\n$/);
  });

  test("is one of the four, and all others have a meaning", () => {
    let [meant, refused] = [0, 0];
    for (const written of everyInput()) {
      const { use, loop, settle, atExit, offload, timeout, grace, workers } = written;
      if (use === undefined && loop === undefined) continue;
      const base =
        points[use === undefined ? (loop === "inline" ? "detach" : String(loop)) : String(use)]!;
      const where = loop ?? base.loop;
      const isOver = where === "inline" || where === "durable";
      const exit = isOver ? null : (atExit ?? base.atExit ?? "wait");
      const senseless =
        (isOver && atExit !== undefined) ||
        (where === "durable" && (offload ?? "none") !== "none") ||
        (grace !== undefined && (exit === null || exit === "abandon")) ||
        (timeout !== undefined && (settle ?? base.settle) === "none") ||
        (workers !== undefined && (offload ?? "none") === "none");
      const strategy = resolveOrRefuse(written);
      if ((strategy === undefined) !== senseless) expect(written).toBe(senseless as never);
      if (strategy === undefined) {
        refused++;
        continue;
      }
      meant++;
      expect(strategy).toMatchObject({
        loop: where as Strategy["loop"],
        settle: (settle ?? base.settle) as Strategy["settle"],
        atExit: exit as Strategy["atExit"],
        offload: (offload ?? "none") as Strategy["offload"],
        timeout: timeout === undefined ? null : 1_500_000,
        grace: grace === undefined ? null : 250_000,
      });
    }
    expect(meant).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
  });
});

describe("changing a strategy", () => {
  test("gives the strategy that one would have written, with what means nothing left out", () => {
    const all = [
      ...allStrategies(),
      parseStrategy("thread,grace=1s"),
      parseStrategy("await,timeout=1s"),
    ];
    for (const from of all)
      for (const to of allStrategies()) {
        const { name: _, timeout, grace, workers, ...words } = to;
        const changed = changeStrategy(from, words);
        expect(changed).toMatchObject({
          ...words,
          timeout: to.settle === "none" ? null : from.timeout,
        });
        expect(parseStrategy(changed.name)).toEqual(changed);
        if (from.timeout === null && from.grace === null)
          expect(isSamePoint(changed, to)).toBe(true);
      }
  });

  test("on one axis of words gives its neighbours, and no other point", () => {
    for (const strategy of allStrategies())
      for (const other of neighboursOf(strategy)) {
        const axes = ["loop", "settle", "atExit", "offload", "engine", "timeout", "grace"] as const;
        expect(axes.filter((axis) => strategy[axis] !== other[axis])).toHaveLength(1);
        expect(other.loop).toBe(strategy.loop);
      }
  });
});

describe("a strategy's name", () => {
  test("means that strategy, for every combination of axes", () => {
    const names = new Map<string, string>();
    for (const written of everyInput()) {
      const strategy = resolveOrRefuse(written);
      if (strategy === undefined) continue;
      const { name, ...axes } = strategy;
      // Many inputs come to one strategy; reading each name once keeps this quick.
      const known = names.get(name);
      if (known !== undefined) {
        expect(JSON.stringify(axes)).toBe(known);
        continue;
      }
      names.set(name, JSON.stringify(axes));
      expect(name).toMatch(/^\S+$/);
      expect(parseStrategy(name)).toEqual(strategy);
      // Written into a document it is the same as well.
      const document = toDocument(strategy);
      const read = resolveStrategy(typeof document === "string" ? { use: document } : document);
      expect(read).toEqual(strategy);
    }
    expect(names.size).toBeGreaterThan(300);
  });

  test("means that strategy, whatever its durations and its number of workers", () => {
    const ticks = fc.oneof(fc.nat({ max: 3_000_000 }), fc.nat({ max: 20_000_000_000 }));
    const input = fc.record({
      timeout: ticks,
      grace: ticks,
      workers: fc.integer({ min: 1, max: 64 }),
    });
    holds(
      fc.property(input, ({ timeout, grace, workers }) => {
        const strategy = resolveStrategy({
          use: "thread",
          timeout: `${timeout}us`,
          grace: `${grace}us`,
          offload: "threads",
          workers,
        });
        expect(strategy).toMatchObject({ timeout, grace, workers });
        expect(parseStrategy(strategy.name)).toEqual(strategy);
      }),
      { examples: [[{ timeout: 60_020_000, grace: 0, workers: 2 }]] },
    );
  });
});
