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
import { disordered, essence, Lanes, lateness, performTwice, tooEarly } from "../support/real.ts";
import { allRounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

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

/** Every third of them in the suite, beginning with another one for each document; all in `bun run laws`. */
const strategiesOf = (document: number): string[] =>
  allRounds ? strategies : strategies.filter((_, index) => (index + document) % 3 === 0);

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

/** As many runs at once as leave each the time it needs: they sleep nearly always. */
const lanes = new Lanes(8);

/** The scenario that computes, and has the cores to itself. */
const computing = "processes";

/** How late a busy machine may be before a run that ended otherwise is made again, in ms of real time. */
const slack = 20;

/** How often a run is made again. */
const mostTries = 8;

describe("both drivers", () => {
  for (const [index, { name, file, text, speed }] of documents.entries())
    (name === computing ? test : test.concurrent)(
      `law: ${name} ends alike under every strategy, virtually and for real`,
      async () => {
        const scenario = parseScenario(text, file);
        /** Performs it on both. @returns false where it did not end alike because the machine was late. */
        const endsAlike = async (word: string, mayBeLate: boolean): Promise<boolean> => {
          const plan = { scenario, strategy: parseStrategy(word), runtime: "test" };
          const twice = await performTwice(plan, speed);
          const { model, real, realLog } = twice;
          // That something happened before its cause is no machine's doing.
          expect([word, disordered(realLog, scenario)]).toEqual([word, []]);
          const isAlike = Bun.deepEquals(essence(real), essence(model));
          if (!isAlike && mayBeLate && lateness(twice) > slack * speed) return false;
          expect([word, essence(real)]).toEqual([word, essence(model)]);
          expect([word, tooEarly(model, real)]).toEqual([word, []]);
          return true;
        };
        const tries = async (word: string): Promise<void> => {
          for (let count = 1; !(await endsAlike(word, count < mostTries));) count++;
        };
        if (name === computing) for (const word of strategiesOf(index)) await tries(word);
        else await Promise.all(strategiesOf(index).map((word) => lanes.run(() => tries(word))));
      },
      300_000,
    );
});
