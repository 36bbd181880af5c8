/** What is said of findings in a program that has no scenario: findings made by hand, whole sentences. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Hold } from "../../src/reading/holds.ts";
import type { Victim } from "../../src/reading/victims.ts";
import type { AnyOf, End, Finding, NeverBegun, Rule } from "../../src/reading/findings/finding.ts";
import { wordsOf } from "../../src/remedies/context.ts";
import { programContext } from "../../src/remedies/program/context.ts";
import { Names } from "../../src/remedies/program/names.ts";
import { rules } from "../../src/remedies/rules.ts";
import type { ActorDefinition, Place } from "../../src/trace/definitions.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const places: Place[] = [
  { file: "app.py", line: 30, column: null, function: "main" },
  { file: "app.py", line: 10, column: 5, function: "upload" },
  { file: "app.py", line: 2, column: null, function: null },
];

function actor(kind: string, name: string, rest: Partial<ActorDefinition> = {}): ActorDefinition {
  const common = { function: null, parent: null, place: null, until: null, cleanup: null };
  return { kind, name, ...common, ...rest };
}

const upload = { function: "upload", parent: 1, place: 0 };
const actors: ActorDefinition[] = [
  actor("main", "main"),
  actor("launch", "run"),
  actor("task", "upload#1", upload),
  actor("task", "upload#2", upload),
  actor("task", "watch", { function: "watch", parent: 1, place: 2 }),
];
const [MAIN, RUN, FIRST, SECOND, WATCH] = [0, 1, 2, 3, 4];

const context = programContext(
  new Names({
    actors: { get: (number) => actors[number] },
    places: { get: (number) => places[number] },
    threads: { get: () => undefined },
    resources: { get: () => undefined },
  }),
);

const made = [{ is: "made", place: 0 }] as const;
const stood = [...made, { is: "stood", place: 1 }] as const;
/** About a task that stood somewhere. */
const one = { actors: [FIRST], places: stood, at: 100_000 };
/** About two of one function, of which it is not known where they stood. */
const two = { actors: [FIRST, SECOND], places: made, at: 100_000 };
const nobody = { actors: [], places: [], at: 100_000 };

const say = (finding: Finding): string => {
  const { message, remedies, otherwise } = wordsOf(context, finding);
  expect(remedies).toEqual([]);
  return `${message}; ${otherwise}`;
};

/** A call for an exit of which there is nothing more to say. */
const calledByMain = { by: null, thread: null, place: null };

const hold = (by: number, ms: number, place: number | null = null): Hold => ({
  at: 0,
  ticks: ms * 1000,
  actor: by,
  source: place === null ? null : { place, at: places[place]!, text: "in a scenario's words" },
  parts: [{ actor: by, ticks: ms * 1000 }],
});

const victim = (of: number, more: Partial<Victim> = {}): Victim => ({
  actor: of,
  tasks: 1,
  times: 1,
  by: 150_000,
  late: 150_000,
  due: 50_000,
  how: "woke",
  alike: true,
  ...more,
});

const left = {
  actor: WATCH,
  function: "poll",
  what: "interval",
  source: null,
  over: false,
} as const;

/** For every rule: findings, and what is said of each. */
const said: { [R in Rule]: [AnyOf<R>, string][] } = {
  deadlock: [
    [
      {
        ...nobody,
        rule: "deadlock",
        evidence: {
          waits: [
            { actor: MAIN, for: "join", of: null, whom: null, since: 0 },
            { actor: FIRST, for: "receive", of: "jobs", whom: null, since: 0 },
            { actor: SECOND, for: "receive", of: "jobs", whom: null, since: 0 },
          ],
        },
      },
      "nothing can ever happen again: main waits for another thread to end; 2 tasks of upload wait for a value in jobs; send what is waited for, or bound the wait with a timeout",
    ],
  ],
  killed: [
    [
      { ...one, rule: "killed", evidence: { began: true, cleanupCut: false } },
      "the process was killed while it stood at app.py:10 in upload, and upload#1 (made at app.py:30 in main) with it; hand it to something that outlives the process",
    ],
  ],
  "failed-though-done": [
    [
      { ...one, rule: "failed-though-done", evidence: { error: "late", held: null } },
      'upload#1 (made at app.py:30 in main) failed for good ("late") although all of its steps had been done; give it a longer lease, or let its steps give way now and then: what holds the loop also holds up the renewal',
    ],
  ],
  "gave-up": [
    [
      { ...one, rule: "gave-up", evidence: { attempts: 6, held: null } },
      "upload#1 (made at app.py:30 in main) was given up after 6 attempts of which none came to an end; find out what in it ends or holds its worker",
    ],
  ],
  "lease-lost": [
    [
      { ...one, rule: "lease-lost", evidence: { attempts: 2, held: null, together: true } },
      "upload#1 (made at app.py:30 in main) was given to another attempt while one went on, and performed 2 times; give it a longer lease, or let its steps give way now and then: what holds the loop also holds up the renewal",
    ],
    [
      { ...one, rule: "lease-lost", evidence: { attempts: 2, held: null, together: false } },
      "upload#1 (made at app.py:30 in main) had lost its lease when it ended, so its end was refused, and it was performed 2 times; give it a longer lease, or let its steps give way now and then: what holds the loop also holds up the renewal",
    ],
  ],
  "acknowledged-early": [
    [
      { ...one, rule: "acknowledged-early", evidence: { began: true, cleanupCut: false } },
      "upload#1 (made at app.py:30 in main) was acknowledged before it was done, and its worker ended with it: nobody performs it again; acknowledge it when it is done",
    ],
  ],
  "enqueue-unawaited": [
    [
      { ...one, rule: "enqueue-unawaited", evidence: { killed: false } },
      "upload#1 (made at app.py:30 in main) was never stored in its queue: nothing awaited the write, and the process ended before it was done; await the write before the program goes on",
    ],
    [
      { ...one, rule: "enqueue-unawaited", evidence: { killed: true } },
      "upload#1 (made at app.py:30 in main) was never stored in its queue: nothing awaited the write, and the process was killed before it was done; await the write before the program goes on",
    ],
  ],
  "done-twice": [
    [
      { ...one, rule: "done-twice", evidence: { because: "killed", steps: 1 } },
      "upload#1 (made at app.py:30 in main) was performed again from its first step, since its worker was killed; make its steps such that they do no harm a second time",
    ],
    [
      { ...one, rule: "done-twice", evidence: { because: "failed", steps: 1 } },
      "upload#1 (made at app.py:30 in main) was performed again from its first step, since an attempt failed; make its steps such that they do no harm a second time",
    ],
  ],
  "no-retry": [
    [
      { ...one, rule: "no-retry", evidence: { error: "down", acknowledged: false } },
      'upload#1 (made at app.py:30 in main) failed ("down") at its only attempt; say how often it is to be tried again',
    ],
  ],
  "lost-at-close": [
    [
      {
        ...one,
        rule: "lost-at-close",
        evidence: {
          launch: RUN,
          launchFailed: false,
          launchError: null,
          began: true,
          cleanupCut: true,
        },
      },
      "the loop closed when run returned, and nothing had waited for upload#1 (made at app.py:30 in main): cancelled while it stood at app.py:10 in upload; its clean-up did not run to its end; await it before the loop closes, or keep the loop open until it is done",
    ],
    [
      {
        ...two,
        rule: "lost-at-close",
        evidence: {
          launch: RUN,
          launchFailed: true,
          launchError: "no",
          began: false,
          cleanupCut: false,
        },
      },
      'run failed ("no"), so its loop closed and cancelled 2 tasks of upload (made at app.py:30 in main) before they had a turn; keep run from failing before the tasks of its loop are done, or catch the error in it',
    ],
  ],
  abandoned: [
    [
      { ...one, rule: "abandoned", evidence: { end: { by: "main-ended" }, cleanupCut: false } },
      "the process ended when main did, and upload#1 (made at app.py:30 in main) simply stopped at app.py:10 in upload; wait for it before main ends",
    ],
  ],
  "destroyed-pending": [
    [
      { ...one, rule: "destroyed-pending", evidence: { launchFailed: false, cleanupCut: false } },
      "the loop was closing by the time it took upload#1 (made at app.py:30 in main): nothing waited for it or cancelled it, and it was destroyed while pending; hand it over before the loop's entry returns, and wait for it",
    ],
  ],
  "cancelled-at-exit": [
    [
      { ...two, rule: "cancelled-at-exit", evidence: { cleanupCut: false } },
      "main ended and had 2 tasks of upload (made at app.py:30 in main) cancelled before they were done; wait for it before main ends",
    ],
  ],
  "never-started": [
    [
      { ...two, rule: "never-started", evidence: { why: "nobody-starts" } },
      "2 tasks of upload (made at app.py:30 in main) never began: nobody started or awaited it; await it, or start it as a task",
    ],
  ],
  "given-up": [
    [
      { ...one, rule: "given-up", evidence: { by: "group-failed", failed: WATCH } },
      "watch (made at app.py:2) failed, and its group cancelled upload#1 (made at app.py:30 in main) while it stood at app.py:10 in upload; catch the error where it is raised, or gather without cancelling the others",
    ],
    [
      { ...one, rule: "given-up", evidence: { by: "timed-out", failed: null } },
      "a timeout ran out and cancelled upload#1 (made at app.py:30 in main) while it stood at app.py:10 in upload; let it come to its end before the timeout, or give it longer",
    ],
  ],
  "cleanup-cut": [
    [
      { ...one, rule: "cleanup-cut", evidence: { by: "main-ended", began: true } },
      "main ended and had upload#1 (made at app.py:30 in main) cancelled in the middle of its clean-up; wait for it before main ends",
    ],
  ],
  "nobody-heard": [
    [
      {
        ...one,
        rule: "nobody-heard",
        evidence: { of: "actor", error: "no\nway", raisedBy: [], isRejection: false },
      },
      'upload#1 (made at app.py:30 in main) failed ("no\\nway"), and its error reached nobody; await it where its error can be raised and caught',
    ],
  ],
  "thread-failed": [
    [
      {
        ...nobody,
        actors: [RUN],
        rule: "thread-failed",
        evidence: { of: "actor", error: "no", raisedBy: [FIRST, SECOND], isRejection: false },
      },
      'run failed ("no", raised by upload) and ended its thread: a line on stderr tells of it, but main, which went on, is told nothing; catch the error in it, or in upload',
    ],
    [
      {
        ...nobody,
        rule: "thread-failed",
        evidence: {
          of: "thread",
          end: { by: "exit", ended: "thread", code: 3, call: calledByMain },
        },
      },
      "a call to exit (status 3) ended its thread, and main, which went on, is told nothing; return instead of calling exit, and let what is under way come to its end",
    ],
  ],
  "only-logged": [
    [
      {
        ...one,
        rule: "only-logged",
        evidence: { of: "actor", error: "no", raisedBy: [], isRejection: true },
      },
      'upload#1 (made at app.py:30 in main) failed ("no"), and as nobody had handled it by then, the rejection ended the process; await it where its error can be raised and caught',
    ],
  ],
  "result-timed-out": [
    [
      {
        ...one,
        rule: "result-timed-out",
        evidence: { waited: 50_000, status: "cancelled", endedAt: 90_000 },
      },
      "main waited 50ms for the result of upload#1 (made at app.py:30 in main) and gave up; the work went on, and was cancelled at 90ms; give it longer, or cancel the work as well: a timeout alone does not",
    ],
  ],
  "promise-not-awaited": [
    [
      { ...nobody, actors: [MAIN], rule: "promise-not-awaited", evidence: { function: "save" } },
      "save returned a promise to synchronous code: what it does from its first await on, nobody waits for; call it where its promise can be awaited, or make the function synchronous",
    ],
  ],
  outlived: [
    [
      {
        ...one,
        rule: "outlived",
        evidence: { function: "fetch", endedAt: null, until: 400_000, lines: 2, inPool: true },
      },
      "upload#1 (made at app.py:30 in main) was cancelled at 100ms, but fetch went on for 300ms and wrote 2 lines, and had not ended when the run did, at 400ms: a job that a pool has begun cannot be called off; let a job be short, or look now and then whether it is still wanted",
    ],
  ],
  "left-behind": [
    [
      {
        ...one,
        rule: "left-behind",
        evidence: { how: "went-on", function: "fetch", lines: 1, values: 2, last: 200_000 },
      },
      "fetch, called by upload#1 (made at app.py:30 in main), wrote 1 line and sent or asked for 2 values after its call had ended, the last at 200ms: nobody waits for what it sets going; await in the function what it sets going",
    ],
    [
      { ...two, rule: "left-behind", evidence: { how: "cut-off", left } },
      "poll, called by 2 tasks of upload (made at app.py:30 in main), had ended and left an interval behind, which the end of the process cut off; await in the function what it is for, or clear it before the function ends",
    ],
  ],
  "kept-alive": [
    [
      {
        ...nobody,
        rule: "kept-alive",
        evidence: {
          stayed: 2_000_000,
          hasEnded: true,
          because: { ...left, source: { place: 2, at: places[2]!, text: "app.js:7" } },
        },
      },
      "all else was over at 100ms, and the process stayed for 2s more because of an interval (app.js:7) of poll; close or clear it when it is no longer needed, or let it not keep the process",
    ],
  ],
  unsettled: [
    [
      { ...one, rule: "unsettled", evidence: { function: "fetch", waited: 900_000 } },
      "upload#1 (made at app.py:30 in main) had waited 900ms for fetch when the run was ended; whether it would ever have come to its end is not known; settle it in every case, or bound the wait with a timeout",
    ],
  ],
  "loop-blocked": [
    [
      {
        ...one,
        rule: "loop-blocked",
        evidence: {
          holder: {
            longest: hold(FIRST!, 200, 1),
            holds: 1,
            tasks: 1,
            victims: [victim(WATCH!, { late: 200_000 })],
          },
          more: 1,
        },
      },
      "upload#1 (made at app.py:30 in main), at app.py:10 in upload, held its loop's thread for 200ms: watch woke 200ms late, 150ms of it through this (and 1 more hold it likewise); hand what blocks to a thread or a process, or let it give way now and then",
    ],
  ],
  starved: [
    [
      {
        ...one,
        rule: "starved",
        evidence: {
          by: "crowd",
          victims: [victim(WATCH!)],
          crowd: { steps: 1200, actors: [FIRST!, SECOND!], longest: 4000, victims: [] },
        },
      },
      "watch woke 150ms late: before the latest came 1,200 steps of upload, none longer than 4ms; let fewer tasks run at a time, or block elsewhere than on the loop's thread",
    ],
    [
      {
        ...one,
        rule: "starved",
        evidence: {
          by: "sums",
          victims: [victim(WATCH!)],
          sum: { from: 0, to: 1_000_000, count: 9000, busy: 950_000, longest: 4000, place: null },
        },
      },
      "watch woke 150ms late: short steps kept the thread, 9,000 of them for 950ms of the 1s up to 1s, none longer than 4ms; let fewer tasks run at a time, or block elsewhere than on the loop's thread",
    ],
    [
      {
        ...one,
        rule: "starved",
        evidence: { by: "nobody", victims: [victim(FIRST!, { tasks: 2, times: 3, alike: false })] },
      },
      "2 tasks of upload were up to 150ms late: no step is known to have held the thread meanwhile, and what did is not in the record; run it again when less else runs, or with a smaller --blocks, which tells of shorter steps",
    ],
  ],
  "joined-too-long": [
    [
      {
        ...nobody,
        actors: [MAIN],
        rule: "joined-too-long",
        evidence: { waited: 3_000_000, wall: 4_000_000, atExit: true },
      },
      "main waited 3s of the run's 4s for the background to end, its own work being over; let main do something meanwhile, or the background take less time",
    ],
  ],
  race: [
    [
      {
        ...nobody,
        rule: "race",
        evidence: {
          race: {
            at: 0,
            gap: 1000,
            between: [
              { type: "printed", thread: 0, actor: MAIN!, text: "done" },
              { type: "task-ended", thread: 1, actor: FIRST!, text: null },
            ],
          },
          others: 2,
        },
      },
      '"done" and the end of upload#1 (made at app.py:30 in main) came within 1ms of each other on two threads, so their order is luck (and 2 more such); put them in order: a join, a result or a queue makes one wait for the other',
    ],
  ],
};

describe("a finding in a program without a scenario", () => {
  for (const rule of Object.keys(rules) as Rule[])
    test(`is told with names, places and advice that holds of any program: ${rule}`, () => {
      for (const [finding, sentence] of said[rule]) expect(say(finding)).toBe(sentence);
    });

  test("says what ended the process, whatever that was", () => {
    const whys = (
      [
        { by: "exit", ended: "process", code: null, call: calledByMain },
        { by: "uncaught", ended: "process", error: "no" },
        { by: "rejection" },
        { by: "main-failed", error: "no" },
        { by: "grace" },
        { by: "nothing-left" },
        { by: "loop-closing" },
        { by: "unknown" },
      ] satisfies End[]
    ).map((end) => {
      const finding = { ...one, rule: "abandoned", evidence: { end, cleanupCut: false } } as const;
      return wordsOf(context, finding).message.split(", and upload#1")[0]!;
    });
    expect(whys).toEqual([
      "a call to exit ended the process",
      'an error that nobody could catch ended the process ("no")',
      "a rejection that nobody handled ended the process",
      'an exception that main did not catch ended the process ("no")',
      "the process had waited at its end for as long as it may, and ended",
      "nothing was left that could still happen, so the process ended",
      "the loop was closing when it came, and ran it no more",
      "the process ended",
    ]);
  });

  test("says why work never began, whatever that was", () => {
    const whys = (
      [
        { why: "never-launched", mainError: null },
        { why: "never-launched", mainError: "no" },
        { why: "not-submitted", mainError: "no" },
        { why: "not-taken" },
        { why: "launch-failed", error: "no" },
        { why: "launch-cancelled", launchBegan: false },
        { why: "process-ended", end: { by: "main-ended" }, launchBegan: true },
      ] satisfies NeverBegun[]
    ).map((evidence) => {
      const finding = { ...one, rule: "never-started", evidence } as const;
      return wordsOf(context, finding).message.split("never began: ")[1]!;
    });
    expect(whys).toEqual([
      "main ended before it had started a loop",
      'main failed ("no") before it had started a loop',
      'main failed ("no") before it had handed it over',
      "the loop had closed, or the process ended, before the loop took it",
      'the loop\'s entry failed ("no") before it came to start it',
      "main ended and had the loop's entry cancelled before its first turn",
      "the process ended when main did, before it was started",
    ]);
  });

  test("tells three places, and how many there are beside", () => {
    const stood = [0, 1, 2, 3].map((place) => ({ is: "stood", place }) as const);
    const finding = {
      rule: "cancelled-at-exit",
      actors: [7],
      places: stood,
      at: 0,
      evidence: { cleanupCut: false },
    } as const;
    expect(wordsOf(context, finding).message).toBe(
      "main ended and had actor 7 cancelled while it stood at app.py:30 in main, app.py:10 in upload, app.py:2 and 1 other place",
    );
  });
});
