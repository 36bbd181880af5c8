/** Model against reality: what differs is found, and nothing is excused that has no cause. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { findDivergences } from "../../src/strategies/divergence.ts";
import { simulate, simulateVaried } from "../../src/runs/simulate.ts";
import { type Run, runOf } from "../../src/outcome/run.ts";
import { EventLog } from "../../src/trace/log.ts";
import type { Disturbance } from "../../src/trace/trace.ts";
import { renderVerification } from "../../src/report/terminal/divergence.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { tandem, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const base = {
  name: "base",
  main: ["launch", { block: "1s" }, { print: "end" }],
  tasks: { a: [{ sleep: "400ms" }, { print: "first" }, { sleep: "400ms" }, { print: "second" }] },
};

function perform(document: object, strategy: string): Run {
  const scenario = parseScenario(JSON.stringify(document), "test.json");
  return simulate({ scenario, strategy: parseStrategy(strategy) });
}

/** Another program's virtual run in the place of a real one: what differs is known exactly. */
function verify(model: object, real: object, strategy = "daemon") {
  const scenario = parseScenario(JSON.stringify(model), "test.json");
  return findDivergences(perform(model, strategy), perform(real, strategy), () =>
    simulateVaried(scenario, parseStrategy(strategy)),
  );
}

describe("a run beside its model", () => {
  test("that is the same has no divergence", () => {
    expect(verify(base, base)).toEqual({
      divergences: [],
      cause: null,
      late: 0,
      lateBecause: null,
      tolerance: 20_000,
      onlyLate: false,
    });
  });

  test("that printed another line differs there, thread by thread, for no cause", () => {
    const other = { ...base, tasks: { a: [...base.tasks.a.slice(0, 3), { print: "third" }] } };
    expect(verify(base, other)).toEqual({
      divergences: [{ of: "line 2 of thread loop", virtual: '"second"', real: '"third"' }],
      cause: null,
      late: null,
      lateBecause: null,
      tolerance: 20_000,
      onlyLate: false,
    });
  });

  test("whose task is abandoned, and would have ended with main, is luck; not so one that ends before", () => {
    const handing = (before: object[], after: object[]) => ({
      name: "handing",
      channels: { box: {} },
      main: ["launch", { receive: "box" }, ...before],
      tasks: { a: [{ sleep: "300ms" }, { send: { channel: "box", value: 1 } }, ...after] },
    });
    const late = handing([], [{ sleep: "1ms" }]);
    const found = verify(handing([], []), late);
    expect(found.divergences).toContainEqual({ of: "a", virtual: "finished", real: "abandoned" });
    expect(found.cause).toStartWith("luck: it ends at the same instant as main");
    const apart = verify(handing([{ block: "50ms" }], []), handing([], [{ sleep: "1ms" }]));
    expect(apart.divergences).toContainEqual({ of: "a", virtual: "finished", real: "abandoned" });
    expect(apart.cause).toBeNull();
  });

  test("whose task came to another end differs in all that follows from it", () => {
    const other = { ...base, tasks: { a: [{ sleep: "400ms" }, { fail: "no" }] } };
    const { divergences, cause } = verify(base, other);
    expect(cause).toBeNull();
    expect(divergences).toContainEqual({ of: "a", virtual: "finished", real: 'failed ("no")' });
    expect(divergences).toContainEqual({
      of: "who heard of a",
      virtual: "nobody had to",
      real: "logged",
    });
  });

  test("in which something happened too early, or later than any machine is, differs in time", () => {
    const slower = { ...base, main: ["launch", { block: "1.5s" }, { print: "end" }] };
    const times = (one: ReturnType<typeof verify>) =>
      one.divergences.map(({ of, virtual, real }) => [of, virtual, real]);
    expect(times(verify(base, slower))).toEqual([
      ["the end of main", "1s", "1.5s"],
      ["the end of the process", "1s", "1.5s"],
      ['the line "end"', "1s", "1.5s"],
    ]);
    expect(times(verify(slower, base))).toContainEqual(["the end of main", "1.5s", "1s"]);
    expect(verify(base, slower)).toMatchObject({ cause: null, onlyLate: true });
    expect(verify(slower, base)).toMatchObject({ cause: null, onlyLate: false });
  });

  test("that a tie decided is luck: durations a little different give the same", () => {
    const tie = (sleep: string) => ({
      ...base,
      tasks: { a: [{ sleep }, { print: "woke" }] },
    });
    const { divergences, cause } = verify(tie("1s"), tie("999ms"));
    expect(divergences).toContainEqual({ of: "a", virtual: "abandoned", real: "finished" });
    expect(cause).toStartWith("luck: ");
    // Far from a tie, the same difference is no luck.
    expect(verify(tie("1.2s"), tie("999ms"))).toMatchObject({ cause: null });
  });
});

describe("a run in which the same happened, but later", () => {
  /** A run on a machine on which everything takes so many times as long. */
  function slowed({ plan, trace }: Run, times: number, disturbed: Disturbance | null): Run {
    const slow = new EventLog();
    for (const { length, at, type, thread, actor, value, texts } of trace.log.chunks)
      for (let k = 0; k < length; k++)
        slow.record(at[k]! * times, type[k]!, thread[k]!, actor[k]!, value[k]!, {
          text: texts.get(k),
        });
    return runOf(plan, slow, { disturbed });
  }
  const told = (times: number, disturbed: Disturbance | null = null): string => {
    const model = perform(base, "await");
    const found = findDivergences(model, slowed(model, times, disturbed), () => []);
    return renderVerification([{ strategy: "await", ...found }], 80);
  };

  test("agrees with its model, and it is said why that is no difference", () => {
    expect(told(1)).toBe(
      "await  alike, at most 0ms late\n\nModel and reality agree under this strategy.\n",
    );
    expect(told(1.01)).toBe(
      `await  alike, at most 18ms late

Model and reality agree under this strategy: threads wake and messages travel in
no time only there, so late by up to 20ms is no difference.
`,
    );
  });

  test("by more than that agrees, and it is said by how much sleeps were late, and what was measured", () => {
    expect(told(1.3)).toStartWith(
      `await  alike, at most 540ms late (sleeps and blocks ended 540ms late in all)
`,
    );
    expect(told(1.3, { waited: 0.3, stopped: 0 })).toBe(told(1.3));
    expect(told(1.3, { waited: 400, stopped: 0 })).toStartWith(
      `await  alike, at most 540ms late (one of its threads waited 400ms for a core of
       the busy machine, and sleeps and blocks ended 540ms late in all)
`,
    );
    expect(told(1.3, { waited: null, stopped: 500 })).toStartWith(
      `await  alike, at most 540ms late (its processes were stopped for 500ms, and
       sleeps and blocks ended 540ms late in all)
`,
    );
  });
});

test("of many divergences ten are told, and the others counted", () => {
  const many = (step: object) => ({ ...base, tasks: { a: { steps: [step], copies: 40 } } });
  const found = verify(many({ sleep: "400ms" }), many({ fail: "no" }), "await");
  const text = renderVerification([{ strategy: "await", ...found }], 80);
  expect(text.split("\n").filter((line) => line.includes("in virtual time"))).toHaveLength(10);
  expect(text).toContain(`and ${found.divergences.length - 10} more`);
});

test("where functions take what they take, no lateness is claimed", () => {
  const calling = {
    ...base,
    tasks: { a: [{ call: { module: "./job.ts", takes: "100ms" } }] },
  };
  const found = verify(calling, calling);
  expect(found.late).toBeNull();
  expect(renderVerification([{ strategy: "daemon", ...found }], 80)).toStartWith(
    "daemon  alike, but for the times: your functions take what they take\n",
  );
});

describe("tandem compare --verify", () => {
  test("runs every strategy on both drivers; model and reality agree", () => {
    const { status, stdout } = tandem(["compare", "choosing", "--verify", "--speed", "4"]);
    // A busy machine may hesitate, and then luck may decide; no other cause is allowed for here.
    expect(stdout).toMatch(/agree under all 8 strategies[:.]|, 0 of them for no known cause\.\n$/);
    const causes =
      stdout.match(
        /^ +(performed again, |when it was killed, |luck: |one of its threads |its processes |sleeps and blocks )/gm,
      )?.length ?? 0;
    expect(stdout.match(/^\S+ +differs$/gm)?.length ?? 0).toBe(causes);
    expect(status).toBe(0);
  });

  test("--json has each strategy with what differs", () => {
    const { stdout } = tandem(["compare", "queue", "--verify", "--speed", "4", "--json"]);
    const { verified, speed } = JSON.parse(stdout) as {
      speed: number;
      verified: { strategy: string; divergences: object[]; cause: string | null }[];
    };
    expect(speed).toBe(4);
    expect(verified.map(({ strategy }) => strategy)).toEqual(["thread", "daemon", "await"]);
    // As above, a busy machine may be late.
    for (const { divergences, cause } of verified)
      if (divergences.length > 0)
        expect(cause).toMatch(
          /^(performed again, |when it was killed, |luck: |one of its threads |its processes |sleeps and blocks )/,
        );
  });

  test("needs both: durations for virtual time, and functions that are there", () => {
    using folder = temporaryFolder();
    const call = (more: string): string =>
      folder.file(
        "own.yaml",
        `name: own\nmain: [launch]\ntasks: { a: [call: { module: ./job.ts${more} }] }\n`,
      );
    expect(tandem(["compare", call(""), "--verify"]).stderr).toContain("there is no file");
    folder.file("job.ts", "export default () => {};");
    expect(tandem(["compare", call(""), "--verify"]).stderr).toContain("takes: 250ms");
    expect(
      tandem(["compare", call(", takes: 1ms"), "--verify", "--strategies", "await"]),
    ).toMatchObject({ status: 0 });
  });

  test.each(["--driver=real", "--must=finish", "--sort=main", "--markdown", "--counter-example"])(
    "%s does not go with it",
    (word) => {
      const { status, stderr } = tandem(["compare", "lost", "--verify", word]);
      expect([status, stderr.includes("--verify")]).toEqual([2, true]);
    },
  );
});
