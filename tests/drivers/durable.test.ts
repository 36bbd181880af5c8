// Durable queues in virtual time: what is handed over when, who performs it, how often, and what a kill costs.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { planOf, sourceOf } from "../../src/outcome/plan.ts";
import { Run } from "../../src/outcome/run.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { allStrategies, neighboursOf, parseStrategy } from "../../src/scenario/strategy.ts";
import { detect, findFindings } from "../../src/remedies/findings.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { runInVirtualTime } from "../../src/runs/run.ts";
import type { Outcome } from "../../src/outcome/outcome.ts";
import { attemptsOf } from "../support/attempts.ts";
import { tandemHere } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const ms = 1000;

function outcomeOf(text: string, strategy = "durable"): Outcome {
  const scenario = parseScenario(`name: kept\n${text}`, "kept.yaml");
  return runInVirtualTime(planOf(scenario, { strategy: parseStrategy(strategy) })).outcome;
}

/** What is said of the findings, and what to do about them. */
function detectWords(text: string, strategy: string): string[] {
  return findFindings(outcomeOf(text, strategy), tryOut).map(
    ({ message, fix }) => `${message}; ${fix}`,
  );
}

const one = `main: [launch]
launch: [start: a]
tasks: { a: [sleep: 1s] }
`;

describe("a durable queue", () => {
  test("takes each task by a write of 2 ms, and main goes on and ends before it is performed", () => {
    const outcome = outcomeOf(`main: [launch]
launch: [start: [a, b]]
tasks: { a: [sleep: 1s], b: [sleep: 500ms] }
`);
    expect(outcome.main).toMatchObject({ status: "finished", endedAt: 4 * ms });
    expect(outcome.tasks.map(({ queuedAt }) => queuedAt)).toEqual([2 * ms, 4 * ms]);
    expect(attemptsOf(outcome)).toEqual([
      ["a", "finished", ["worker#0", 75, 1075, "completed"]],
      ["b", "finished", ["worker#0", 75, 575, "completed"]],
    ]);
    expect(outcome.wall).toBe(1075 * ms);
    expect(outcome.exitCode).toBe(0);
  });

  test("is empty at the end of the run, whatever main submits and however late", () => {
    const outcome = outcomeOf(`main: [block: 5s, submit: a]
tasks: { a: [sleep: 1s] }
`);
    // Looks at 0, 75, 225, 525, 1125 ms, and then every 750 ms.
    expect(attemptsOf(outcome)).toEqual([["a", "finished", ["worker#0", 5625, 6625, "completed"]]]);
  });

  test("has none of its tasks performed before main hands it over, nor any that main does not", () => {
    const outcome = outcomeOf(`main: [block: 1s, fail: no, launch]
launch: [start: a]
tasks: { a: [sleep: 1s] }
`);
    expect(attemptsOf(outcome)).toEqual([["a", "unstarted"]]);
    expect(outcome.tasks[0]!.lost).toBe(true);
    expect(outcome.wall).toBe(1000 * ms);
  });

  test("gives a worker as many tasks as it has slots, and the next ones to whoever looks first", () => {
    const outcome = outcomeOf(
      `main: [launch]
launch: [start: a]
tasks: { a: { copies: 3, steps: [sleep: 1s] } }
`,
      "durable,slots=1,consumers=2",
    );
    expect(attemptsOf(outcome)).toEqual([
      ["a#0", "finished", ["worker#0", 75, 1075, "completed"]],
      ["a#1", "finished", ["worker#1", 75, 1075, "completed"]],
      // 75 + 75 + 150 + 300 + 600 ms: a slot that gets free is seen at the next look.
      ["a#2", "finished", ["worker#0", 1200, 2200, "completed"]],
    ]);
  });

  test("tries a task again that failed, as often as retry says, each time after twice the backoff", () => {
    const text = `main: [launch]
launch: [start: a]
tasks: { a: [sleep: 100ms, fail: down] }
`;
    expect(attemptsOf(outcomeOf(text))).toEqual([["a", "failed", ["worker#0", 75, 175, "failed"]]]);
    const outcome = outcomeOf(text, "durable,retry=2,backoff=200ms");
    expect(attemptsOf(outcome)).toEqual([
      [
        "a",
        "failed",
        ["worker#0", 75, 175, "failed"],
        ["worker#0", 600, 700, "failed"],
        ["worker#0", 1125, 1225, "failed"],
      ],
    ]);
    expect(outcome.tasks[0]).toMatchObject({ error: "down", lost: false, heard: { by: "nobody" } });
  });

  test("tells a result only to whoever asks, which launch does every second", () => {
    const outcome = outcomeOf(one, "durable,settle=gather");
    expect(outcome.launch).toMatchObject({ status: "finished", endedAt: 2002 * ms });
    const asked = outcomeOf(`main: [submit: a, result: a]
tasks: { a: [sleep: 1s, fail: down] }
`);
    expect(asked.main).toMatchObject({ status: "failed", error: "down", endedAt: 2002 * ms });
    expect(asked.tasks[0]!.heard).toMatchObject({ by: "raised", into: "main" });
    const late = outcomeOf(`main: [submit: a, { result: a, timeout: 300ms }]
tasks: { a: [sleep: 1s] }
`);
    expect(late.main).toMatchObject({ status: "failed", endedAt: 302 * ms });
    expect(late.tasks[0]).toMatchObject({ status: "finished", lost: false });
  });

  test("raises in launch what settle says: the first error, all together, or none", () => {
    const text = `main: [launch]
launch: [start: [a, b, c]]
tasks: { a: [fail: one], b: [sleep: 1500ms, fail: two], c: [sleep: 3s] }
`;
    const launches = ["gather", "group", "settled"].map((settle) => {
      const { launch } = outcomeOf(text, `durable,settle=${settle}`);
      return [launch.status, launch.error, launch.endedAt! / ms];
    });
    expect(launches).toEqual([
      ["failed", "one", 1006],
      ["failed", "unhandled errors in a TaskGroup (2 sub-exceptions): one; two", 4006],
      ["finished", null, 4006],
    ]);
  });

  test("gives a task to another worker when its lease has run out, since a held loop renews none", () => {
    const text = `main: [launch]
launch: [start: a]
tasks: { a: [block: 3s] }
`;
    const outcome = outcomeOf(text, "durable,consumers=2,lease=2s");
    expect(attemptsOf(outcome)[0]).toEqual(
      expect.arrayContaining([
        ["worker#0", 75, 3075, "refused"],
        ["worker#1", 2625, 5625, "refused"],
      ]),
    );
    const rested = outcomeOf(text.replace("block", "sleep"), "durable,consumers=2,lease=2s");
    expect(attemptsOf(rested)).toEqual([["a", "finished", ["worker#0", 75, 3075, "completed"]]]);
  });

  test("gives up a task whose attempts come to no end, where the engine would go on for ever", () => {
    const outcome = outcomeOf(
      `main: [launch]
launch: [start: a]
tasks: { a: [block: 3s] }
`,
      "durable,consumers=2,lease=1s",
    );
    expect(outcome.tasks[0]!.attempts).toHaveLength(7);
    expect(outcome.tasks[0]).toMatchObject({
      status: "failed",
      error: "given up: 6 attempts at it came to no end",
    });
  });

  test("keeps what main had handed over when it is killed", () => {
    const outcome = outcomeOf(`${one.replace("[launch]", "[launch, block: 1m]")}
kill: { what: main, at: 500ms }
`);
    expect(outcome.main).toMatchObject({ status: "interrupted", endedAt: 500 * ms });
    expect(attemptsOf(outcome)).toEqual([["a", "finished", ["worker#0", 75, 1075, "completed"]]]);
    expect(outcome.exitCode).toBe(137);
  });

  test("performs what a killed worker had begun again from its first step, once the lease has run out", () => {
    const outcome = outcomeOf(
      `main: [launch]
launch: [start: a]
tasks: { a: { steps: [print: "begin", sleep: 1s, print: "end"], finally: [print: "clean"] } }
kill: { what: worker, at: 500ms }
`,
      "durable,lease=2s",
    );
    expect(attemptsOf(outcome)).toEqual([
      ["a", "finished", ["worker#0", 75, 500, null], ["worker#1", 2375, 3375, "completed"]],
    ]);
    expect(outcome.prints.map(({ text }) => text)).toEqual(["begin", "begin", "end", "clean"]);
    expect(outcome.tasks[0]).toMatchObject({ lost: false, cleanup: "ran", cleanupCut: null });
  });

  test("has what it did twice, held too long, gave up or tried once told as findings", () => {
    const rules = (steps: string, strategy: string, kill = ""): string[] => {
      const text = `main: [launch]\nlaunch: [start: a]\ntasks: { a: [${steps}] }\n${kill}`;
      return detect(outcomeOf(text, strategy)).map(({ rule }) => rule);
    };
    const kill = "kill: { what: worker, at: 500ms }\n";
    expect(rules("sleep: 1s", "durable")).toEqual([]);
    expect(rules("print: x, sleep: 1s", "durable,lease=1s", kill)).toEqual(["done-twice"]);
    expect(rules("sleep: 1s", "durable,lease=1s", kill)).toEqual([]);
    expect(rules("fail: x", "durable")).toEqual(["no-retry", "nobody-heard"]);
    expect(rules("print: x, fail: y", "durable,retry=1")).toEqual(["done-twice", "nobody-heard"]);
    const held = "durable,consumers=2,lease=1s";
    expect(rules("block: 1200ms", held)).toEqual(["lease-lost", "loop-blocked"]);
    expect(rules("block: 3s", held)).toEqual([
      "failed-though-done",
      "lease-lost",
      "nobody-heard",
      "loop-blocked",
    ]);
    const given = detectWords(
      "main: [launch]\nlaunch: [start: a]\ntasks: { a: [block: 3s] }",
      held,
    );
    expect(given[0]).toContain("although all of its steps had been done");
    expect(given[1]).toContain("give it a longer lease (lease=6s)");
  });

  test("refuses a channel, which is in the memory of one process", () => {
    const outcome = outcomeOf(`main: [launch]
launch: [start: a]
tasks: { a: [send: { channel: box, value: 1 }] }
channels: { box: {} }
`);
    expect(outcome.tasks[0]).toMatchObject({
      status: "failed",
      error: `channel "box" is in the memory of one process, and tasks are performed by others`,
    });
  });
});

describe("a durable queue whose tasks are acknowledged early", () => {
  const text = `main: [launch]
launch: [start: [mail, flaky]]
tasks:
  mail: { steps: [print: begun, sleep: 3s], finally: [print: closed] }
  flaky: [sleep: 100ms, fail: down]
`;
  const early = "durable,acks=early";

  test("loses for good what its worker performs when that is killed, while the queue is empty", () => {
    const killed = `${text}kill: { what: worker, at: 2s }\n`;
    const outcome = outcomeOf(killed, early);
    expect(attemptsOf(outcome)).toEqual([
      ["mail", "abandoned", ["worker#0", 75, 2000, null]],
      ["flaky", "failed", ["worker#0", 75, 175, "failed"]],
    ]);
    expect(outcome.tasks[0]).toMatchObject({ lost: true, acknowledgedAt: 75 * ms, stepsDone: 1 });
    expect([outcome.wall, outcome.exitCode]).toEqual([2000 * ms, 0]);
    expect(detectWords(killed, early)).toEqual([
      "the worker of mail ended with 1 of 2 steps done: mail was acknowledged when taken, and so off the queue, and nobody performs it again; its clean-up did not run to its end; acknowledge it when it is done (--strategy durable)",
      'flaky failed ("down") at its only attempt: it had been acknowledged when taken, so the queue has nothing to try again; acknowledge it when it is done, and try it again (acks=late,retry=3)',
      'flaky failed ("down"), and nobody asked for its result, which is in its queue; await it where its error is raised (settle=gather)',
    ]);
  });

  test("tells of a kill alone, and not that what was killed woke too late, however long main goes on", () => {
    const long = text.replace("main: [launch]", "main: [launch, block: 20s]");
    const scenario = parseScenario(`name: long\n${long}kill: { what: worker, at: 2s }\n`, "a.yaml");
    const plan = planOf(scenario, { strategy: parseStrategy(early) });
    const { trace } = runInVirtualTime(plan);
    // As if it had been for real, where a machine may be late.
    const source = { ...sourceOf(plan, null), driver: "real" as const };
    const real = new Run({ ...plan, driver: { kind: "real", speed: 1 } }, { ...trace, source });
    expect(detect(real.outcome).map(({ rule }) => rule)).toEqual([
      "acknowledged-early",
      "no-retry",
      "nobody-heard",
    ]);
  });

  test("keeps what tasks come to apart from that, for whoever asks", () => {
    const { launch } = outcomeOf(text, `${early},settle=gather`);
    expect(launch).toMatchObject({ status: "failed", error: "down", endedAt: 1004 * ms });
    const done = outcomeOf(text, `${early},settle=settled`);
    expect(done.launch).toMatchObject({ status: "finished", endedAt: 4004 * ms });
    expect(done.tasks.map(({ status, lost }) => [status, lost])).toEqual([
      ["finished", false],
      ["failed", false],
    ]);
  });

  test("has whoever waits for a task that a kill has lost wait for ever, or for as long as the timeout", () => {
    const killed = `${text}kill: { what: worker, at: 2s }\n`;
    const forEver = outcomeOf(killed, `${early},settle=settled`);
    expect([forEver.interruptedBy, forEver.wall]).toEqual(["deadlock", 2004 * ms]);
    const limited = outcomeOf(killed, `${early},settle=settled,timeout=4s`);
    expect(limited.launch).toMatchObject({ status: "failed", endedAt: 4004 * ms });
  });
});

describe("writes into a durable queue that nobody awaits", () => {
  const unawaited = "durable,enqueue=unawaited";
  const task = "tasks: { a: [sleep: 1s], b: [sleep: 1s], c: [sleep: 1s] }\n";

  test("are done once main's loop turns, one after the other, and never where main ends or is killed before", () => {
    const waits = outcomeOf(
      `main: [launch, block: 3s]\nlaunch: [start: [a, b], sleep: 100ms, start: c]\n${task}`,
      unawaited,
    );
    expect(waits.tasks.map(({ enqueueBeganAt, queuedAt }) => [enqueueBeganAt, queuedAt])).toEqual([
      [0, 2 * ms],
      [0, 4 * ms],
      [100 * ms, null],
    ]);
    expect(waits.tasks.map(({ status, lost }) => [status, lost])).toEqual([
      ["finished", false],
      ["finished", false],
      ["unstarted", true],
    ]);
    const text = (kill: string): string =>
      `main: [submit: a, block: 3s, submit: b]\ntasks: { a: [sleep: 1s], b: [sleep: 1s] }\n${kill}`;
    expect(detectWords(text(""), unawaited)).toEqual(
      ["a", "b"].map(
        (name) =>
          `${name} was never stored in the queue: main did not await the write, and ended before its loop turned again; await the write into the queue (--strategy durable)`,
      ),
    );
    expect(detectWords(text("kill: { what: main, at: 1s }\n"), unawaited)).toContain(
      "a was never stored in the queue: main did not await the write, and was killed before its loop turned again; await the write into the queue (--strategy durable)",
    );
  });

  test("cost by the rules of Redis what they cost by those of SQLite", () => {
    const text = `main: [launch, block: 3s]\nlaunch: [start: [a, b], sleep: 100ms, start: c]\n${task}`;
    for (const engine of ["sqlite", "redis"]) {
      const { tasks } = outcomeOf(text, `${unawaited},engine=${engine}`);
      expect(tasks.map(({ status, lost }) => [status, lost])).toEqual([
        ["finished", false],
        ["finished", false],
        ["unstarted", true],
      ]);
      const killed = outcomeOf(
        `main: [submit: a, block: 1s]\n${task}launch: []\nkill: { what: worker, at: 500ms }\n`,
        `durable,acks=early,engine=${engine}`,
      );
      expect(killed.tasks[0]).toMatchObject({ status: "abandoned", lost: true });
      expect(killed.exitCode).toBe(0);
    }
  });

  test("go on while main waits for a result", () => {
    const outcome = outcomeOf(`main: [submit: a, result: a]\n${task}launch: []\n`, unawaited);
    expect(outcome.main).toMatchObject({ status: "finished", endedAt: 2002 * ms });
    expect(outcome.tasks[0]).toMatchObject({ status: "finished", queuedAt: 2 * ms });
  });
});

test("axes of a durable queue that are mistakes are neither enumerated nor advised", () => {
  const all = [...allStrategies(), ...neighboursOf(parseStrategy("durable"))];
  expect(all.filter(({ acks, enqueue }) => acks === "early" || enqueue === "unawaited")).toEqual(
    [],
  );
  const names = neighboursOf(parseStrategy("durable,acks=early")).map(({ name }) => name);
  expect(names).toContain("durable");
  expect(() => parseStrategy("durable,acks=early,retry=3")).toThrow(
    "so it is tried again by nobody",
  );
  expect(() => parseStrategy("durable,acks=early,lease=3s")).toThrow('or use "acks: late"');
  expect(() => parseStrategy("thread,enqueue=unawaited")).toThrow('use "loop: durable"');
});

test("what is a mistake is not advised, even where nothing comes of it and nothing else was compared", async () => {
  for (const [axis, why] of [
    ["acks=early", "a task is off the queue when it is begun"],
    ["enqueue=unawaited", "nothing awaits the write into the queue"],
  ]) {
    const stdin = `name: fine\nmain: [launch]\nlaunch: [start: a, sleep: 10ms]\ntasks: { a: [sleep: 1s] }\n`;
    const args = ["compare", "-", "--json", "--strategies", `durable,${axis}`];
    const { stdout } = await tandemHere(args, { stdin });
    const { advice } = JSON.parse(stdout) as { advice: { choose: string; because: string[] } };
    expect(advice.choose).not.toContain(axis!);
    expect(advice.because.join(" ")).toContain(why!);
  }
});
