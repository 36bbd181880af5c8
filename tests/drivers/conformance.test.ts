/**
 * One suite for both drivers: what a scenario does in virtual time it does for real.
 *
 * Compared are statuses, who heard of failures, and each thread's lines in order; real times only
 * from below. What must not coincide is kept apart by 80 ms of real time or more, since machines are
 * busy; so the runs take a while, and several go at once.
 */
import { describe, expect, test } from "bun:test";
import { findDivergences } from "../../src/analysis/divergence.ts";
import { readOutcome } from "../../src/analysis/outcome.ts";
import type { EventLog } from "../../src/events/log.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { essence, performTwice, sideBySide, tooEarly } from "../support/real.ts";

const strategies = [
  "detach",
  "await",
  "group",
  "await,settle=settled",
  "thread",
  "thread,settle=none",
  "thread,settle=group",
  "thread,atExit=cancel",
  "daemon",
  "float",
  "float,settle=gather",
  "float,atExit=cancel",
  "exit",
  "portal",
  "portal,atExit=cancel",
  "thread,offload=threads",
  "await,offload=processes",
];

/** Scenarios that go where the catalogue does not. */
const further = [
  {
    name: "overslept",
    // The task's timer falls due while launch blocks, and launch returns: too late to be woken.
    main: ["launch", { block: 400 }, { print: "main ends" }],
    launch: [{ start: "task" }, { sleep: 80 }, { block: 240 }, { print: "launch ends" }],
    tasks: {
      task: { steps: [{ sleep: 200 }, { print: "woken" }], finally: [{ print: "cleaned" }] },
    },
  },
  {
    name: "failing",
    main: ["launch", { block: 600 }, { print: "main ends" }],
    tasks: {
      first: [{ sleep: 100 }, { fail: "first" }],
      second: {
        steps: [{ sleep: 200 }, { fail: "second" }],
        finally: [{ print: "second cleans" }],
      },
      third: {
        steps: [{ sleep: 300 }, { print: "third" }],
        finally: [{ sleep: 50 }, { print: "third cleans" }],
      },
    },
  },
  {
    name: "crowded",
    main: [
      { print: "start" },
      "launch",
      { repeat: 3, steps: [{ block: 200 }, { print: "main {i}" }] },
    ],
    tasks: {
      worker: {
        copies: 5,
        steps: [{ repeat: 3, steps: [{ sleep: 30 }, { print: "{task} {i}" }] }],
      },
    },
  },
];

/** As fast as each may go. */
const speeds: Record<string, number> = {
  lost: 10,
  awaited: 2,
  threaded: 10,
  floating: 5,
  "exit-early": 2,
  choosing: 4,
  blocking: 2.5,
  offloaded: 2.5,
  processes: 2.5,
  queue: 2.5,
  submit: 4,
  "result-timeout": 4,
  unretrieved: 4,
  reraised: 5,
  "group-failure": 2.5,
  "cancel-cleanup": 2.5,
  abandon: 4,
  "join-timeout": 4,
};

const documents = [
  ...catalogue.map((entry) => ({ ...entry, speed: speeds[entry.name]! })),
  ...further.map((one) => ({
    name: one.name,
    file: one.name,
    text: JSON.stringify(one),
    speed: 1,
  })),
];

/** As many runs at once as leave each the time it needs: they sleep nearly always, but for one that computes. */
const sideways = (name: string): number => (name === "processes" ? 1 : 10);

/** How often a run is made again that a busy machine has kept from ending alike. */
const mostTries = 5;

describe("both drivers", () => {
  for (const { name, file, text, speed } of documents)
    test(`${name} ends alike under every strategy, virtually and for real`, async () => {
      const scenario = parseScenario(text, file);
      await sideBySide(strategies, sideways(name), async (word) => {
        const strategy = parseStrategy(word);
        const plan = { scenario, strategy, runtime: "test" };
        for (let tries = 1; ; tries++) {
          const { model, modelLog, real, realLog } = await performTwice(plan, speed);
          const outcome = (log: EventLog) => readOutcome({ ...plan, driver: "real", speed }, log);
          const { cause } = findDivergences(
            { outcome: outcome(modelLog), log: modelLog },
            { outcome: outcome(realLog), log: realLog },
            () => [],
          );
          if (cause?.startsWith("the machine was busy") && tries < mostTries) continue;
          expect([word, essence(real)]).toEqual([word, essence(model)]);
          expect([word, tooEarly(model, real)]).toEqual([word, []]);
          return;
        }
      });
    }, 120_000);
});
