/**
 * The JSON Schemas of results: what `--json` of run, compare and crash, `--reporter json` of check and `--json` of observe
 * write. A version stands in each `$id`; it changes when a key goes or comes to mean something else.
 */
import { z } from "zod";
import { killTargets } from "../scenario/kill.ts";
import { axisNames, axisOf, wordsOf, type AxisName } from "../scenario/axes.ts";

/** A moment and a duration; of scenarios both are scenario time. */
const at = (what: string): z.ZodNumber => z.number().describe(`${what}: ms from the beginning`);
const ms = (what: string): z.ZodNumber => z.number().nonnegative().describe(`${what}, in ms`);
const count = (what: string): z.ZodInt => z.int().nonnegative().describe(what);
const text = (what: string): z.ZodString => z.string().describe(what);
const flag = (what: string): z.ZodBoolean => z.boolean().describe(what);

const place = z
  .strictObject({
    file: text("the file, as the program's own tracebacks name it"),
    line: z.int().positive().describe("the line, from 1"),
    column: z.int().optional().describe("the column, from 1"),
    function: z.string().optional().describe("the function that the line is in"),
  })
  .meta({ id: "place", description: "A place in a source." });

const standpoint = z.strictObject({
  line: z.int(),
  column: z.int(),
  step: z.string(),
  iteration: z.int().nullable(),
});

const taskStatus = z.enum(["finished", "failed", "cancelled", "abandoned", "unstarted"]);
const heardBy = z
  .enum(["raised", "logged", "nobody"])
  .describe(
    "who heard of a failure: raised into somebody who can act, only logged on stderr, or nobody",
  );

function axisSchema(name: AxisName): z.ZodType {
  const axis = axisOf(name);
  switch (axis.kind) {
    case "word":
      return z.enum(wordsOf(name)).nullable().describe(axis.asks);
    case "duration":
      return z
        .number()
        .nullable()
        .describe(`${axis.asks} In ms; null: ${axis.absent ?? "no limit"}.`);
    case "count":
      return z.int().nullable().describe(axis.asks);
  }
}

const strategy = z
  .strictObject({
    name: text("a named strategy, or one refined, as thread,atExit=cancel"),
    ...Object.fromEntries(axisNames.map((name) => [name, axisSchema(name)])),
  })
  .meta({
    id: "strategy",
    description: "A strategy: a value on each axis; null where it means nothing.",
  });

const interruptedBy = z
  .string()
  .nullable()
  .describe("what ended the run before its end, as timeout or deadlock; null where nothing did");

const hold = {
  at: at("when it began"),
  duration: ms("for how long the thread was held"),
  by: text("who held it"),
  source: z
    .string()
    .nullable()
    .describe("the text of the user's code that did; null where it was a step"),
  place: place.optional(),
};

const finding = z
  .strictObject({
    rule: text("the rule, as in tandem help findings"),
    message: text("what was found, in a sentence without its full stop"),
    fix: z
      .string()
      .nullable()
      .describe("what to do about it; null where nothing that was tried helps"),
    at: at("when it came about"),
  })
  .catchall(z.unknown());

const strict = {
  scenario: text("the scenario's name"),
  strategy,
  driver: z.enum(["virtual", "real"]),
  speed: z
    .number()
    .positive()
    .describe("how many times as fast a real run was; its times are multiplied back"),
  jitter: z
    .strictObject({
      share: z.number().min(0).max(1).describe("by how much of themselves durations vary, 0 to 1"),
      seed: z.int().describe("the seed of the random durations"),
    })
    .optional(),
  disturbed: z
    .strictObject({
      waited: ms("the most that one of its threads waited for a core, in all").nullable(),
      stopped: ms("for how long its processes were stopped"),
    })
    .optional()
    .describe("what kept a real run from going on, as measured; waited: null where it is not"),
  wall: ms("when the process ended"),
  exitCode: z.int().nullable().describe("the program's exit status; null where it had none"),
  interruptedBy,
  interruption: z
    .string()
    .nullable()
    .describe("more about that; null where there is nothing to say"),
  killed: z
    .array(
      z.strictObject({
        process: text("main, or the name of the worker process"),
        at: at("when it was killed").nullable(),
      }),
    )
    .optional()
    .describe("the processes that were killed; left out where none was"),
  main: z.strictObject({
    status: z.enum([...taskStatus.options, "deadlocked", "interrupted"]),
    endedAt: at("when main ended").nullable(),
    blocked: ms("for how long main stood still"),
    error: z.string().nullable(),
  }),
  launch: z.strictObject({
    status: z.string().nullable(),
    startedAt: at("when launch began").nullable(),
    endedAt: at("when launch ended").nullable(),
    error: z.string().nullable(),
    heard: heardBy.nullable(),
    heardAt: at("when its failure was heard").nullable(),
  }),
  tasks: z.array(
    z.strictObject({
      name: text("the task, a copy as upload#1"),
      status: taskStatus,
      startedAt: at("when it began").nullable(),
      endedAt: at("when it ended").nullable(),
      progress: z.number().min(0).max(1).describe("the share of its steps that were done, 0 to 1"),
      error: z.string().nullable(),
      heard: heardBy.nullable(),
      heardAt: at("when its failure was heard").nullable(),
      lost: flag("whether it did not come to its end although nobody decided so"),
      givenUp: z
        .strictObject({ by: z.string(), at: at("when") })
        .nullable()
        .describe("what decided that it is not waited for any more"),
      cleanup: z.string().nullable().describe("what became of its clean-up; null: it has none"),
      destroyed: flag("whether the interpreter destroyed it while it was pending"),
      cleanupCut: z.strictObject({ by: z.string(), at: at("when") }).nullable(),
      steps: count("how many steps it has"),
      stepsDone: count("how many of them it did"),
      stoodAt: standpoint.nullable().describe("the step of the document where it stood last"),
      cancelled: z.strictObject({ reason: z.string(), at: at("when") }).nullable(),
      queuedAt: at("when a durable queue had stored it; left out with the next where there is none")
        .nullable()
        .optional(),
      attempts: z
        .array(
          z.strictObject({
            worker: z.string().describe("the worker process that performed it"),
            from: at("when the attempt began"),
            to: at("when it ended; null where it came to no end").nullable(),
            how: z
              .string()
              .nullable()
              .describe(
                "completed, failed, or refused where the queue had given the task to another attempt; null where it came to no end",
              ),
            error: z.string().nullable(),
            stepsDone: count("how many steps it did"),
          }),
        )
        .optional()
        .describe("the attempts at it, the first one first"),
      enqueueBeganAt: at(
        "when its write into a durable queue began that nobody awaited; left out where that was awaited",
      ).optional(),
      acknowledgedAt: at(
        "when its worker had the queue know that it was done, before it was; left out where it had not",
      ).optional(),
    }),
  ),
  prints: z.array(
    z.strictObject({
      at: at("when it was printed"),
      thread: z.string(),
      task: z.string().nullable().describe("who printed it; null: main or launch"),
      text: z.string(),
      stream: z.literal("stderr").optional(),
    }),
  ),
  metrics: z.strictObject({
    overlap: z
      .number()
      .nullable()
      .describe("the share of the background's time in which main goes on, 0 to 1"),
    longestBlock: z.strictObject(hold).nullable(),
    lateness: z.strictObject({
      count: count("how many sleeps ended"),
      p50: ms("how late the median sleep woke"),
      p99: ms("how late 99 of 100 sleeps woke at most"),
      max: ms("how late the last sleep woke"),
    }),
  }),
  blocks: z.array(
    z.strictObject({
      ...hold,
      shares: z.array(z.strictObject({ by: z.string(), duration: ms("its share") })),
      late: z.array(
        z.strictObject({
          task: z.string(),
          tasks: count("how many of that kind were late"),
          by: ms("by how much this hold made it late"),
        }),
      ),
    }),
  ),
  races: z.array(
    z.strictObject({
      at: at("when"),
      gap: ms("how much time lay between the two"),
      between: z.array(
        z.strictObject({
          type: z.string(),
          thread: z.string(),
          actor: z.string(),
          text: z.string().nullable(),
        }),
      ),
    }),
  ),
  failures: z.array(
    z.strictObject({
      of: text("who failed"),
      error: z.string(),
      at: at("when"),
      heard: z.array(
        z.strictObject({ by: heardBy, where: z.string().nullable(), at: at("when it was heard") }),
      ),
    }),
  ),
  waiting: z.array(
    z.strictObject({
      who: z.string(),
      for: z.string(),
      of: z.string().nullable(),
      since: at("since when"),
    }),
  ),
  findings: z.array(finding),
};

const run = z.strictObject(strict).meta({ id: "run", description: "One run." });

const position = z
  .strictObject({ line: z.int().positive(), column: z.int().positive() })
  .describe("line and column, from 1");

const compare = z.strictObject({
  scenario: text("the scenario's name"),
  driver: z.enum(["virtual", "real"]),
  runs: z.array(
    z.strictObject({ ...strict, own: flag("whether this is the document's own strategy") }),
  ),
  classes: z
    .array(
      z.strictObject({
        strategy: text("the simplest strategy of those that come to the same"),
        members: z.array(z.string()),
        own: z.boolean(),
      }),
    )
    .nullable()
    .optional()
    .describe("with --all: strategies under which the same happens"),
  advice: z
    .looseObject({
      because: z.array(z.string()).describe("why, in sentences"),
      cost: z.string().nullable().describe("what the choice costs, in a sentence"),
    })
    .describe("which strategy to choose, and what that costs; its times are µs"),
});

const check = z.strictObject({
  documents: z.array(
    z.strictObject({
      file: z.string(),
      strategy: z.string().nullable().describe("null where the document is wrong"),
      checks: z.array(
        z.strictObject({
          of: text("the expectation's name in the document"),
          met: z.boolean(),
          expected: z.string(),
          found: z.string(),
          position: position.nullable(),
        }),
      ),
      problems: z.array(
        z.strictObject({
          position: position.nullable(),
          path: text("where in the document, as tasks.upload; empty: the whole"),
          message: z.string(),
        }),
      ),
      undecided: z
        .string()
        .nullable()
        .describe(
          "why nothing is decided although a real run fell short: what kept it from going on; null where it is decided",
        ),
      seconds: z.number().nonnegative().describe("how long its run took, in seconds of real time"),
    }),
  ),
});

/** The keys of an observed program's result of which every item is an object of its own. */
const lists = {
  processes: "the processes, the one that was started first",
  threads: "the threads of all processes",
  loops: "the event loops, each with its longest block (at and ms: ms)",
  kinds:
    "tasks and calls by the function they run, with counts of what became of them; longest: ms",
  tasks: "the tasks that something is told of (with --all: each); startedAt, endedAt, heardAt: ms",
  resources: "queues, locks and what else somebody may wait for",
  blocks:
    "how long threads of loops were held: ms (null: to the end), and by how many ms others were late",
  failures: "errors, and who heard of them; at, heardAt: ms",
  left: "what was left in queues; at: ms",
  unrun: "functions that were to be called at the end of a process, and were not",
  outputCut: "output that was cut off; bytes: bytes, at: ms",
  holds: "what kept processes from their end; since: ms",
  waits: "who waits for what at the end; since: ms",
  unfinished: "what else had begun and not ended; since: ms",
  edits: "the edits of --fix with their diffs and proofs; ms of a run: ms",
  noEdits: "why findings have no edit, by their index",
  folded: "steps that are told in sums only; busy, longest: ms",
  dropped: "events that were not recorded; at: ms",
} as const;

const observe = z.strictObject({
  source: z.looseObject({
    kind: z.literal("observed"),
    language: z.string(),
    runtime: text("the runtime with its version"),
    command: text("how the program was started"),
    pid: z.int().nullable(),
    blocks: z.number().nullable().describe("from how many ms on a held loop is told (--blocks)"),
  }),
  wall: ms("how long it was observed"),
  exit: z.looseObject({
    code: z.int().nullable().describe("the exit status; null where a signal ended it"),
    signal: z.string().nullable(),
    interruptedBy,
    interruption: z.string().nullable(),
    place: place.nullable().describe("the line that called for the exit"),
  }),
  ...Object.fromEntries(
    Object.entries(lists).map(([key, says]) => [key, z.array(z.looseObject({})).describe(says)]),
  ),
  hang: z.unknown().describe("why nothing could go on; null where it could"),
  findings: z.array(
    z.strictObject({
      rule: text("the rule by which it was found"),
      place: place.nullable(),
      places: z.array(z.looseObject({ is: text("what the place is to it, as made or stood") })),
      task: z.string().nullable().describe("whom it is about, by function or name"),
      taskId: z.union([z.string(), z.int()]).nullable(),
      tasks: count("how many it is about"),
      at: at("when it came about"),
      message: text("what was found, in a sentence without its full stop"),
      fix: text("what to do about it"),
      evidence: z.array(
        z.strictObject({
          task: z.string().nullable(),
          taskId: z.union([z.string(), z.int()]).nullable(),
          is: z.string(),
          at: at("when").nullable(),
          place: place.nullable(),
          detail: z.unknown(),
        }),
      ),
    }),
  ),
  unseen: z.array(z.unknown()).describe("what was not observed, and why"),
  record: z.strictObject({
    cutOff: z.unknown().describe("whether the record breaks off"),
    unknown: z.array(z.unknown()).describe("what in the record this version does not know"),
  }),
});

const spread = z.strictObject({
  min: ms("the least"),
  median: ms("the median"),
  p95: ms("what 95 of 100 do not exceed"),
  max: ms("the most"),
});

const share = (what: string): z.ZodNumber => z.number().min(0).max(1).describe(`${what}, 0 to 1`);
const shares = z.record(z.string(), share("the share of runs"));

const moment = z.strictObject({
  kind: z.enum(["line", "end"]),
  of: text("who prints it, or ends"),
  thread: z.string(),
  text: z.string().nullable(),
  nth: count("which of its equal lines it is, from 1"),
});

const order = z.strictObject({
  first: moment,
  second: moment,
  share: share("how often they came in this order, of the runs in which both came"),
  runs: count("in how many runs both came"),
  leastGap: ms("the least time that lay between them"),
  by: z.enum(["waits", "thread", "time", "luck"]).describe("why they came in this order"),
});

const odds = z
  .strictObject({
    scenario: strict.scenario,
    strategy,
    driver: z.literal("virtual"),
    jitter: share("by how much of themselves durations vary"),
    seed: z.int(),
    runs: count("how many runs there were"),
    interrupted: z.boolean(),
    main: z.strictObject({ statuses: shares, endedAt: spread }),
    wall: spread,
    tasks: z.array(
      z.strictObject({ name: z.string(), statuses: shares, lost: share("how often it was lost") }),
    ),
    lost: share("how often work was lost"),
    deadlocked: share("how often there was a deadlock"),
    unseenBelow: share("what was never seen happens less often (95 % confidence)"),
    outcomes: z.array(
      z.strictObject({
        share: share("the share of runs"),
        runs: count("how many runs"),
        seed: z.int().describe("the seed of one of them"),
        main: z.string(),
        interruptedBy,
        tasks: z.array(
          z.strictObject({
            name: z.string(),
            copies: count("how many copies"),
            status: taskStatus,
            heard: heardBy.nullable(),
          }),
        ),
      }),
    ),
    outcomesLeftOut: count("how many outcomes more there were"),
    luck: z.array(order),
    always: z.array(order),
    notFollowed: count("how many lines were not followed"),
  })
  .meta({ id: "odds", description: "Many runs in virtual time: --jitter with --runs." });

const repetition = z
  .strictObject({
    of: text("what was run"),
    runs: count("how many runs there were"),
    interrupted: flag("whether there were to be more"),
    warmUp: ms("how long the first run took, which is left out of the spread").nullable(),
    wall: spread,
    endings: z.array(
      z.strictObject({
        ending: text("how the runs ended"),
        findings: z.array(z.string()).describe("the rules of what was found in them"),
        runs: count("how many"),
        first: count("the number of the first of them, from 1"),
      }),
    ),
    findings: z.array(
      z.strictObject({
        rule: z.string(),
        message: z.string(),
        runs: count("in how many runs it was found"),
        first: count("the number of the first of them, from 1"),
      }),
    ),
    rarest: z.strictObject({
      run: count("the number of the rarest run, from 1"),
      runs: count("how many ended as it did"),
      events: z.string().nullable().describe("the file that its trace is in"),
    }),
  })
  .meta({ id: "repetition", description: "Several runs for real: --runs." });

const verified = z.strictObject({
  strategy: z.string(),
  divergences: z.array(z.strictObject({ of: z.string(), virtual: z.string(), real: z.string() })),
  cause: z.string().nullable().describe("why they differ; null where nobody knows, or none does"),
  late: ms("how late the real run was").nullable(),
  lateBecause: z.string().nullable(),
  tolerance: ms("the lateness that is no difference"),
});

const verification = z
  .strictObject({
    scenario: strict.scenario,
    speed: strict.speed,
    verified: z.array(verified),
  })
  .meta({ id: "verification", description: "Real runs against virtual time: --verify." });

const crashMoment = z
  .strictObject({
    from: at("what happens at this instant has happened"),
    to: at("when the next thing would happen"),
    lost: count("how many tasks are lost"),
    handedOverLost: count("how many of these had been handed over, and were not still to be"),
    halfDone: count("of how many that are lost or fail some steps had been done"),
    failed: count("how many tasks fail by it"),
    twice: count("of how many tasks steps are done again that had been done"),
    unnoticed: ms("for how long nobody could know of it").nullable().describe("null: for good"),
  })
  .meta({
    id: "crashMoment",
    description: "A while in which a kill comes to the same, whenever it comes.",
  });

const crash = z.strictObject({
  scenario: strict.scenario,
  crashes: z.array(
    z.strictObject({
      strategy,
      members: z.array(z.string()).describe("the strategies under which it is the same"),
      own: flag("whether the document's own strategy is among them"),
      killed: z.enum(killTargets).describe("what is killed"),
      wall: ms("when the process ends without a kill").nullable(),
      tasks: count("how many tasks there are"),
      lostAnyway: count("how many of them are lost without a kill"),
      moments: z.array(crashMoment),
      passedOver: count("how many moments were not tried"),
      remains: z
        .array(
          z.strictObject({
            task: text("its name"),
            remains: z.array(
              z.strictObject({
                from: at("from when on, up to the next"),
                lost: flag("whether a kill loses it"),
                handedOver: flag("whether it had been handed over"),
                stepsDone: count("how many of its steps had been done"),
              }),
            ),
          }),
        )
        .nullable()
        .describe("what a kill of the whole process leaves of each task"),
      worst: z
        .strictObject({
          at: at("the instant at which it was killed"),
          moment: crashMoment,
          exitCode: strict.exitCode,
          tasks: z.array(
            z.strictObject({
              name: z.string(),
              status: taskStatus,
              lost: flag("whether it is lost"),
              stepsDone: count("how many of its steps had been done"),
              steps: count("how many it has"),
              lastDone: standpoint
                .nullable()
                .describe("the last of its steps that had been done; null where none had"),
            }),
          ),
          document: text("the scenario with this kill, ready to run"),
        })
        .nullable()
        .describe("the moment at which a kill does the most harm; null where none does any"),
      real: verified
        .extend({ at: at("the instant at which it was killed") })
        .nullable()
        .describe(
          "a kill for real, at the worst moment that can be hit; null where none was tried",
        ),
    }),
  ),
});

/** The results that have a schema, by the commands that write them; a command with several says which is whose. */
const results = {
  run: z.union([run, odds, repetition]),
  compare: z.union([compare, verification]),
  check,
  crash,
  observe: z.union([observe, repetition]),
};

export type ResultName = keyof typeof results;

/** JSON Schema (draft 2020-12) of a command's result. */
export function resultJsonSchema(name: ResultName): object {
  return {
    ...(z.toJSONSchema(results[name], { io: "input" }) as object),
    $id: `urn:tandem:result:${name}:1`,
    title: `the result of tandem ${name}`,
  };
}
