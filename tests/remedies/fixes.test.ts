/** What findings say that one can do: each of it has been tried, and none of it is there already. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { wordsOf } from "../../src/remedies/context.ts";
import { detect, type ToldFinding, findFindings } from "../../src/remedies/findings.ts";
import { strategyContext } from "../../src/remedies/strategy/context.ts";
import type { Outcome } from "../../src/outcome/outcome.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import type { LeafStep, Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import {
  allStrategies,
  parseStrategy,
  resolveStrategy,
  type Strategy,
} from "../../src/scenario/strategy.ts";
import { leaves, leavesOf } from "../../src/scenario/walk.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { simulate } from "../support/simulate.ts";

setDefaultTimeout(240_000);

/** The axes of a strategy as they are written. */
function written(strategy: Strategy): Record<string, unknown> {
  const { name: _, ...axes } = strategy;
  return Object.fromEntries(
    Object.entries(axes).flatMap(([axis, value]) =>
      value === null
        ? []
        : [
            [
              axis,
              ["timeout", "grace", "backoff", "lease"].includes(axis)
                ? `${Number(value)}us`
                : value,
            ],
          ],
    ),
  );
}

/** The strategies that a sentence names, each read as a user would: a name, or what to change. */
function namedIn(fix: string, own: Strategy): Strategy[] {
  return [...fix.matchAll(/\((--strategy [^)]+|(?:no )?[a-zA-Z]+(?:=[^)]+)?)\)/g)].map(
    ([, words]) => {
      if (words!.startsWith("--strategy ")) return parseStrategy(words!.slice(11));
      const axes = written(own);
      for (const word of words!.split(",")) {
        const [axis, value] = word.split("=");
        if (value === undefined) delete axes[axis!.replace("no ", "")];
        else axes[axis!] = /^\d+$/.test(value) ? Number(value) : value;
      }
      if (axes["loop"] !== "durable")
        for (const axis of ["engine", "consumers", "slots", "retry", "backoff", "lease"])
          delete axes[axis];
      // An axis that has come to mean nothing is left out by whoever writes it down.
      if (axes["loop"] === "inline") delete axes["atExit"];
      if (axes["loop"] === "inline" || axes["atExit"] === "abandon") delete axes["grace"];
      if (axes["settle"] === "none") delete axes["timeout"];
      return resolveStrategy(axes);
    },
  );
}

/** Words of advice, and what must not be there already for them to be any. */
const prose: [RegExp, (outcome: Outcome, finding: ToldFinding) => boolean][] = [
  [/grace/, ({ strategy }) => strategy.grace !== null],
  [/take its result/, ({ scenario }, { task }) => !inMain(scenario, "result", task)],
  [/wait for its result longer/, ({ scenario }, { task }) => hasTimeout(scenario, task)],
  [
    /start it in "launch"/,
    ({ scenario }, { task }) =>
      !leaves(scenario.launch).some((step) => step.kind === "start" && step.tasks.includes(task!)),
  ],
  [/come to its "submit"/, ({ scenario }, { task }) => inMain(scenario, "submit", task)],
  [/come to a "launch" step/, ({ launch }) => launch.startedAt === null],
  [/join with a timeout/, ({ scenario }) => inMain(scenario, "join", null)],
  [/leave out the join/, ({ scenario }) => inMain(scenario, "join", null)],
  [
    /receive with a timeout/,
    ({ scenario }) =>
      [scenario.main, scenario.launch, ...scenario.tasks.map(leavesOf)].some((steps) =>
        leaves(steps).some((step) => step.kind === "receive" && step.timeout === undefined),
      ),
  ],
  [/keep launch from failing/, ({ launch }) => launch.status === "failed"],
  [/keep main from failing/, ({ main }) => main.status === "failed"],
];

function inMain({ main }: Scenario, kind: LeafStep["kind"], task: string | null): boolean {
  return leaves(main).some(
    (step) => step.kind === kind && (task === null || ("task" in step && step.task === task)),
  );
}

function hasTimeout({ main }: Scenario, task: string | null): boolean {
  return leaves(main).some(
    (step) => step.kind === "result" && step.task === task && step.timeout !== undefined,
  );
}

/** What is wrong with what the findings of a run say one can do. */
function faults(scenario: Scenario, strategy: Strategy): string[] {
  const outcome = tryOut(scenario, strategy);
  const context = strategyContext(outcome);
  const detected = detect(outcome);
  return findFindings(outcome, tryOut).flatMap((finding, index) => {
    const { rule, task, fix, remedies } = finding;
    const stands = (run: Outcome): boolean =>
      findFindings(run, null).some((one) => one.rule === rule && one.task === task);
    const fault = (what: string): string =>
      `${scenario.name}, ${strategy.name}: ${rule} of ${task}: ${what}: ${fix}`;
    const programs = wordsOf(context, detected[index]!).remedies.filter(({ program, does }) =>
      remedies.some((one) => program !== undefined && one.does === does),
    );
    const named = namedIn(fix, strategy);
    const told = remedies.flatMap((one) => one.strategy ?? []);
    return [
      ...(named.map((one) => JSON.stringify(written(one))).join() ===
      told.map((name) => JSON.stringify(written(parseStrategy(name)))).join()
        ? []
        : [fault(`the words are not those of the data (${told.join(", ")})`)]),
      ...named.flatMap((other) => {
        if (JSON.stringify(written(other)) === JSON.stringify(written(strategy)))
          return [fault("it is so already")];
        const run = tryOut(scenario, other);
        if (stands(run)) return [fault(`it stands under ${other.name}`)];
        const ends = run.interruptedBy === null || outcome.interruptedBy !== null;
        return ends ? [] : [fault(`deadlock under ${other.name}`)];
      }),
      ...programs.flatMap(({ program }) =>
        stands(tryOut(program!(scenario), strategy))
          ? [fault("it stands when the program is changed")]
          : [],
      ),
      ...prose
        .filter(([words, fits]) => words.test(fix) && !fits(outcome, finding))
        .map(([words]) => fault(`nothing for ${String(words)}`)),
    ];
  });
}

describe("what to do about a finding", () => {
  test("law: heals it and is not so already: the catalogue under every strategy", () => {
    const strategies = allStrategies().filter((_, index) => index % rounds(5, 1) === 0);
    const wrong = catalogue.flatMap(({ text, file }) => {
      const scenario = parseScenario(text, file);
      return [scenario.strategy, ...strategies].flatMap((one) => faults(scenario, one));
    });
    expect(wrong).toEqual([]);
  });

  test("law: heals it and is not so already: random scenarios", () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= rounds(60, 1000); seed++) {
      const { document, strategy } = draw(randomFrom(seed));
      const scenario = parseScenario(
        JSON.stringify({ ...document, name: `random-${seed}` }),
        "random.json",
      );
      wrong.push(...faults(scenario, resolveStrategy(strategy)));
    }
    expect(wrong).toEqual([]);
  });
});

/** The findings of a run, each as its rule, what it says and what to do. */
function told(document: object, strategy: Parameters<typeof simulate>[1]): string[] {
  return simulate({ name: "x", ...document }, strategy).findings.map(
    ({ rule, message, fix }) => `${rule}: ${message}; ${fix}`,
  );
}

describe("a fix is not offered", () => {
  const receiver = { main: ["launch"], channels: { box: {} }, tasks: { t: [{ receive: "box" }] } };

  test("as a longer grace where there is none, and nothing is left to wait for", () => {
    const nothingLeft =
      "abandoned: nothing was left that could still happen, so the process ended, and t simply stopped, with 0 of 1 step done; send what it waits for, or bound its receive with a timeout";
    expect(told(receiver, "float")).toEqual([nothingLeft]);
    expect(told(receiver, { use: "float", grace: 500 })).toEqual([nothingLeft]);
  });

  test("as no grace where the task would then never end, or as clean-up where there is none", () => {
    expect(told(receiver, { use: "portal", grace: 500 })[0]).toBe(
      "abandoned: the grace ran out and the process ended, and t simply stopped, with 0 of 1 step done; let it come to its end before the grace runs out",
    );
  });

  test("about launch where main had failed before its submit", () => {
    const document = {
      main: ["launch", { fail: "early" }, { submit: "t" }],
      launch: [{ print: "open" }],
      tasks: { t: [{ sleep: 10 }] },
    };
    expect(told(document, "portal")).toEqual([
      `never-started: t never began: main failed ("early") before it had submitted it; let main come to its "submit" while the loop is open`,
    ]);
    const late = { ...document, main: ["launch", { block: 10 }, { submit: "t" }] };
    expect(told(late, "thread")[0]).toBe(
      `never-started: t never began: main failed ("Event loop is closed") before it had submitted it; keep the loop open for what main submits (loop=portal)`,
    );
  });

  test("as settle=settled where it is in use, or where launch fails by a step of its own", () => {
    const failing = {
      main: ["launch"],
      launch: [{ start: "t" }, { sleep: 10 }, { fail: "own" }],
      tasks: { t: [{ sleep: 50 }] },
    };
    for (const settle of ["settled", "gather"] as const)
      expect(told(failing, { loop: "inline", settle })).toEqual([
        `lost-at-close: launch failed ("own"), so the loop closed and cancelled t with 0 of 1 step done; keep launch from failing before its tasks are done`,
      ]);
  });

  test("as a join with a timeout, which leaves main's wait at exit as long as it was", () => {
    const document = {
      main: ["launch", { block: 500 }, { join: null, timeout: 1000 }],
      tasks: { t: [{ sleep: 6000 }] },
    };
    expect(told(document, "thread")).toEqual([
      "joined-too-long: main waited 4.5s of the run's 6s for the background to end, its own steps being over; let main do something meanwhile, or the background take less time",
    ]);
  });

  test("as waiting at the completion point for a task that main submits to a loop that closes", () => {
    const document = {
      main: ["launch", { block: 10 }, { submit: "late" }, { block: 200 }],
      launch: [{ sleep: 50 }],
      tasks: { late: [{ sleep: 100 }] },
    };
    expect(told(document, "thread")).toEqual([
      "lost-at-close: the loop closed when launch returned, and nothing had waited for late: cancelled with 0 of 1 step done; keep the loop open until main has ended and all tasks have (loop=portal)",
    ]);
  });

  test("as a strategy where nobody knows how long calls take", () => {
    const scenario = parseScenario(
      JSON.stringify({ name: "x", main: ["launch"], tasks: { t: [{ sleep: 10 }] } }),
      "x.json",
    );
    const lost = tryOut(scenario, parseStrategy("detach"));
    expect(findFindings(lost, tryOut)[0]).toMatchObject({
      fix: "wait at the completion point (--strategy await), or give the loop a thread of its own and join it (--strategy thread)",
      remedies: [
        { does: "wait at the completion point", strategy: "await" },
        { does: "give the loop a thread of its own and join it", strategy: "thread" },
      ],
    });
    expect(findFindings(lost, null)[0]).toMatchObject({
      fix: "let something wait for it before the loop closes",
      remedies: [],
    });
    const calling = parseScenario(
      JSON.stringify({
        name: "x",
        main: ["launch"],
        tasks: { t: [{ call: { module: "./x.ts" } }] },
      }),
      "x.json",
    );
    expect(findFindings({ ...lost, scenario: calling }, tryOut)[0]!.remedies).toEqual([]);
  });
});

describe("a finding is known by its rule and by whom it is about", () => {
  test("so what frees the loop of main is told, although launch holds it as well", () => {
    const document = {
      main: ["launch", { block: 300 }],
      launch: [{ start: "t" }, { sleep: 400 }, { block: 200 }],
      tasks: { t: [{ repeat: 40, steps: [{ sleep: 20 }] }] },
    };
    expect(told(document, "float")).toEqual([
      "loop-blocked: main held the event loop's thread for 300ms: t woke 280ms late; give the loop a thread of its own (--strategy thread)",
      "loop-blocked: launch held the event loop's thread for 200ms: t woke 200ms late; move the blocking step out of launch into a task, and hand it to a pool",
    ]);
  });
});

describe("a failure that only a line on stderr tells of", () => {
  const payment = {
    main: ["launch", { block: 500 }],
    tasks: { t: [{ sleep: 10 }, { fail: "no" }] },
  };

  test("is a finding where it ends the loop's thread, told once with those who raised it", () => {
    const { findings, tasks, launch, exitCode } = simulate({ name: "x", ...payment }, "thread");
    expect(exitCode).toBe(0);
    expect(launch).toMatchObject({ status: "failed", heard: "logged", heardAt: 10 });
    expect(tasks[0]).toMatchObject({ heard: "logged", heardAt: 10 });
    expect(findings).toMatchObject([
      {
        rule: "thread-failed",
        task: null,
        at: 10,
        message: `launch failed ("no", raised by t) and ended the loop's thread: a line on stderr tells of it, but main, which went on, is told nothing`,
        fix: "collect the errors of tasks in launch (settle=settled), or await launch where main can catch its error (--strategy await)",
      },
    ]);
  });

  test("is none where launch has collected it, or where main is told", () => {
    for (const strategy of [{ use: "thread", settle: "settled" }, "await", "group"]) {
      const { findings, tasks } = simulate({ name: "x", ...payment }, strategy);
      expect([findings, tasks[0]!.heard]).toEqual([[], "raised"]);
    }
  });

  test("stays collected when launch fails by a step of its own afterwards", () => {
    const { tasks, launch, findings } = simulate(
      { name: "x", ...payment, launch: [{ start: "t" }, "settle", { fail: "own" }] },
      { use: "thread", settle: "settled" },
    );
    expect([tasks[0]!.heard, launch.heard]).toEqual(["raised", "logged"]);
    expect(findings.map(({ message }) => message)).toEqual([
      `launch failed ("own") and ended the loop's thread: a line on stderr tells of it, but main, which went on, is told nothing`,
    ]);
  });

  test("is one where nobody had awaited the task: logged by the loop, or at its shutdown", () => {
    expect(told(payment, "portal")).toEqual([
      `only-logged: t failed ("no"), and only a line on stderr told of it: nobody could act on it; collect every error (settle=settled), or await it in main (--strategy await)`,
    ]);
    const cleaning = {
      main: ["launch"],
      tasks: { t: { steps: [{ sleep: 10 }], finally: [{ fail: "no" }] } },
    };
    expect(told(cleaning, "detach")[0]).toStartWith(
      `only-logged: t failed ("no"), and only a line on stderr told of it`,
    );
  });

  test("is nobody's where the process ends before the thread could say it", () => {
    const document = {
      main: ["launch", { block: 20 }],
      tasks: {
        t: [{ sleep: 10 }, { fail: "no" }],
        u: { steps: [{ sleep: 50 }], finally: [{ sleep: 50 }] },
      },
    };
    const { tasks, launch } = simulate({ name: "x", ...document }, "daemon");
    expect([tasks[0]!.heard, launch.heard]).toEqual(["nobody", "nobody"]);
  });
});
