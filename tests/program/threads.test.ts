/** What threads of a run do to each other, in virtual time and so to the millisecond: pools, channels, portals. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { simulate, type RunResult } from "../support/simulate.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const lines = ({ prints }: RunResult): [number, string][] =>
  prints.map(({ at, text }) => [at, text]);
const statuses = ({ tasks }: RunResult): string[] => tasks.map(({ status }) => status);

describe("a pool", () => {
  const jobs = (count: number, steps: object[]) => ({
    name: "jobs",
    main: ["launch", { print: "main" }],
    tasks: { job: { copies: count, steps } },
  });

  test("does as many jobs at once as it has workers, the first that came first", () => {
    const document = jobs(5, [{ block: 100 }, { print: "{copy}" }]);
    const result = simulate(document, { use: "await", offload: "threads", workers: 2 });
    expect(lines(result)).toEqual([
      [100, "0"],
      [100, "1"],
      [200, "2"],
      [200, "3"],
      [300, "4"],
      [300, "main"],
    ]);
  });

  test("goes on while the loop's own thread is blocked, and its results come late", () => {
    const document = {
      name: "busy",
      main: ["launch"],
      launch: [{ start: "job" }, { sleep: 10 }, { block: 500 }, "settle"],
      tasks: { job: [{ block: 100 }, { block: 100 }, { print: "done" }] },
    };
    const result = simulate(document, { use: "await", offload: "threads" });
    // The second job begins only when the loop has heard of the first one's end.
    expect(lines(result)).toEqual([[610, "done"]]);
  });

  test("is not stopped by a cancelled task: its job goes on, and the closing loop waits for it", () => {
    const document = {
      ...jobs(1, [{ block: 300 }, { print: "never" }]),
      launch: [{ start: "job" }, "settle", { sleep: 50 }],
    };
    const result = simulate(document, { use: "detach", offload: "threads" });
    expect(statuses(result)).toEqual(["cancelled"]);
    expect(result.tasks[0]!.endedAt).toBe(50);
    expect(lines(result)).toEqual([[300, "main"]]);
  });

  test("drops a job that nobody has begun when its task is cancelled", () => {
    const document = {
      ...jobs(3, [{ block: 300 }]),
      launch: [{ start: "job" }, "settle", { sleep: 50 }],
    };
    const result = simulate(document, { use: "detach", offload: "threads", workers: 1 });
    expect(statuses(result)).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(result.wall).toBe(300);
  });

  test("performs the clean-up's blocking steps as well, and none of launch's or main's", () => {
    const document = {
      name: "places",
      main: [{ block: 10 }, "launch", { block: 10 }],
      launch: [{ start: "task" }, { block: 100 }, "settle"],
      tasks: { task: { steps: [{ sleep: 10 }], finally: [{ block: 200 }] } },
    };
    const result = simulate(document, { use: "await", offload: "threads" });
    expect(result.metrics.longestBlock).toMatchObject({ by: "launch", duration: 100 });
    expect(result.wall).toBe(10 + 100 + 10 + 200 + 10);
  });
});

describe("a channel", () => {
  test("wakes who waited first, one for each value", () => {
    const document = {
      name: "fair",
      main: ["launch"],
      launch: [
        { start: ["first", "second"] },
        { sleep: 10 },
        { send: { channel: "c", value: "a" } },
        { sleep: 10 },
        { send: { channel: "c", value: { b: 1 } } },
        "settle",
      ],
      tasks: {
        first: [{ receive: "c" }, { print: "first {value}" }],
        second: [{ receive: "c" }, { print: "second {value}" }],
      },
      channels: { c: {} },
    };
    expect(lines(simulate(document, "await"))).toEqual([
      [10, "first a"],
      [20, 'second {"b":1}'],
    ]);
  });

  test("with room takes any number of values from a task that never waits", () => {
    const document = {
      name: "flood",
      main: ["launch"],
      tasks: { task: [{ repeat: 100_000, steps: [{ send: { channel: "c", value: 1 } }] }] },
      channels: { c: {} },
    };
    expect(statuses(simulate(document, "await"))).toEqual(["finished"]);
  });

  test("that is full makes a task wait and its loop go on, and makes main's thread stand still", () => {
    const send = (value: number) => ({ send: { channel: "c", value } });
    const document = {
      name: "full",
      main: [
        "launch",
        { block: 100 },
        { receive: "c" },
        { print: "main got {value}" },
        { receive: "c" },
        { receive: "c" },
        { print: "main got {value}" },
      ],
      tasks: {
        sender: [send(1), send(2), send(3), { print: "all sent" }],
        ticker: [{ repeat: 3, steps: [{ sleep: 40 }, { print: "tick" }] }],
      },
      channels: { c: { capacity: 1 } },
    };
    const result = simulate(document, "thread");
    expect(lines(result)).toEqual([
      [40, "tick"],
      [80, "tick"],
      [100, "main got 1"],
      [100, "all sent"],
      [100, "main got 3"],
      [120, "tick"],
    ]);
    const other = simulate(
      {
        name: "full",
        main: ["launch", send(1), send(2), { print: "main sent two" }],
        tasks: { receiver: [{ sleep: 70 }, { receive: "c" }, { receive: "c" }] },
        channels: { c: { capacity: 1 } },
      },
      "thread",
    );
    expect(lines(other)).toEqual([[70, "main sent two"]]);
    expect(other.main.blocked).toBe(70);
  });

  test("gives up after its timeout, which raises, in a task as in main", () => {
    const receive = { receive: "c", timeout: 30 };
    const inTask = simulate(
      { name: "late", main: ["launch"], tasks: { task: [receive] }, channels: { c: {} } },
      { use: "await", settle: "settled" },
    );
    expect(inTask.tasks[0]).toMatchObject({ status: "failed", endedAt: 30 });
    expect(inTask.tasks[0]!.error).toBe('nothing came from "c" within 30ms');
    const inMain = simulate({ name: "late", main: [receive], channels: { c: {} } }, "await");
    expect(inMain.main).toMatchObject({ status: "failed", endedAt: 30 });
  });

  test("loses nothing when who was woken for a value is cancelled on the way: the next gets it", () => {
    const document = {
      name: "passed-on",
      main: ["launch"],
      launch: [
        { start: ["impatient", "patient"] },
        { sleep: 50 },
        { send: { channel: "c", value: 7 } },
        "settle",
      ],
      tasks: {
        impatient: [{ receive: "c", timeout: 50 }, { print: "impatient {value}" }],
        patient: [{ receive: "c" }, { print: "patient {value}" }],
      },
      channels: { c: {} },
    };
    const result = simulate(document, { use: "await", settle: "settled" });
    const got = lines(result).map(([, text]) => text);
    expect(got).toHaveLength(1);
    expect(result.interruptedBy).toBe(got[0] === "patient 7" ? null : "deadlock");
  });
});

describe("a portal", () => {
  const document = {
    name: "open",
    main: [
      "launch",
      { block: 100 },
      { submit: "work" },
      { result: "work" },
      { result: "work" },
      { print: "main ends" },
    ],
    launch: [{ start: "early" }],
    tasks: { early: [{ sleep: 400 }, { print: "early" }], work: [{ sleep: 50 }] },
  };

  test("stays open after launch, gives a result as often as asked, and closes when its tasks are done", () => {
    const result = simulate(document, "portal");
    expect(lines(result)).toEqual([
      [150, "main ends"],
      [400, "early"],
    ]);
    expect(result).toMatchObject({ wall: 400, launch: { endedAt: 0 } });
  });

  test("whose launch fails is closed: a submission raises what Python raises", () => {
    const result = simulate({ ...document, launch: [{ fail: "no" }] }, "portal");
    expect(result.main).toMatchObject({ status: "failed", error: "Event loop is closed" });
    expect(result.failures.map(({ of, heard }) => [of, heard.map(({ where }) => where)])).toEqual([
      ["launch", ["thread-failed"]],
      ["main", ["main-failed"]],
    ]);
  });

  test("raises a task's error in main, as often as its result is taken", () => {
    const failing = {
      ...document,
      tasks: { early: [], work: [{ sleep: 50 }, { fail: "broken" }] },
    };
    const result = simulate(failing, "portal");
    expect(result.main).toMatchObject({ status: "failed", error: "broken", endedAt: 150 });
    expect(result.tasks[1]).toMatchObject({ heard: "raised", heardAt: 150 });
  });

  test("is joined at exit no longer than the grace allows", () => {
    const result = simulate(document, { use: "portal", grace: 100 });
    expect(result).toMatchObject({ wall: 250 });
    expect(statuses(result)).toEqual(["abandoned", "finished"]);
  });
});

test("where nothing can come any more the run is deadlocked, and everybody is named", () => {
  const document = {
    name: "stuck",
    main: ["launch", { submit: "other" }, { result: "other" }],
    launch: [{ start: "one" }],
    tasks: {
      one: [{ sleep: 20 }, { receive: "c" }],
      other: [{ send: { channel: "d", value: 1 } }, { send: { channel: "d", value: 2 } }],
    },
    channels: { c: {}, d: { capacity: 1 } },
  };
  const result = simulate(document, "portal");
  expect(result).toMatchObject({
    interruptedBy: "deadlock",
    wall: 20,
    main: { status: "deadlocked" },
  });
  expect(result.waiting).toEqual([
    { who: "main", for: "result", of: "other", since: 0 },
    { who: "other", for: "send", of: "d", since: 0 },
    { who: "one", for: "receive", of: "c", since: 20 },
  ]);
});
