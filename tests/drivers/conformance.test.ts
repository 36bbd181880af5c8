/**
 * One suite for both drivers: what a scenario does in virtual time it does for real.
 *
 * Compared are statuses, who heard of failures, and each thread's lines in order; real times only
 * from below. What must not coincide is kept apart by 80 ms of real time or more, since machines are
 * busy; so the runs take a while, and several go at once.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { disordered, essence, Lanes, performUndisturbed, tooEarly } from "../support/real.ts";
import { allRounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** By the thread and the kind of their loop. */
const strategies = [
  ["detach", "await", "group", "await,settle=settled", "await,offload=processes"],
  ["thread", "thread,settle=none", "thread,settle=group", "thread,atExit=cancel"],
  ["daemon", "exit", "thread,offload=threads"],
  ["float", "float,settle=gather", "float,atExit=cancel"],
  ["portal", "portal,atExit=cancel"],
];

/** One of each of three kinds in the suite, others for each document; all in `bun run laws`. */
const strategiesOf = (document: number): string[] =>
  allRounds
    ? strategies.flat()
    : strategies
        .filter((_, kind) => (kind + document) % strategies.length < 3)
        .map((some) => some[document % some.length]!);

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
  // What a queue does for real is held in durable-real.test.ts.
  ...catalogue.flatMap((entry) => {
    const speed = speeds[entry.name];
    return speed === undefined ? [] : [{ ...entry, speed }];
  }),
  ...further.map((one) => ({
    name: one.name,
    file: one.name,
    text: JSON.stringify(one),
    speed: 1,
  })),
];

/** As many runs at once as leave each the time it needs: they sleep nearly always. */
const lanes = new Lanes(8);

/** The scenario that computes, and has the cores to itself. */
const computing = "processes";
const alone = new Lanes(1);

describe("both drivers", () => {
  for (const [index, { name, file, text, speed }] of documents.entries())
    (name === computing ? test : test.concurrent)(
      `law: ${name} ends alike under every strategy, virtually and for real`,
      async () => {
        const scenario = parseScenario(text, file);
        const holds = async (word: string): Promise<void> => {
          const plan = { scenario, strategy: parseStrategy(word), runtime: "test" };
          // That something happened before its cause is no machine's doing.
          const { model, real } = await performUndisturbed(plan, speed, ({ realLog }) =>
            expect([word, disordered(realLog, scenario)]).toEqual([word, []]),
          );
          expect([word, essence(real)]).toEqual([word, essence(model)]);
          expect([word, tooEarly(model, real)]).toEqual([word, []]);
        };
        await (name === computing ? alone : lanes).each(strategiesOf(index), holds);
      },
      300_000,
    );
});
