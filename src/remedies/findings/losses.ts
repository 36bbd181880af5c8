/** Findings about work that was lost: at the close of a loop, at the end of the process, before it began. */
import type { LeafStep, Scenario } from "../../scenario/model.ts";
import { type Axes, isBeside } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import { type Outcome, precisionOf, type TaskOutcome } from "../../reading/outcome.ts";
import { strayCause } from "./errors.ts";
import {
  cutWords,
  type Found,
  found,
  ownThread,
  progress,
  quote,
  type Remedy,
  subject,
} from "./finding.ts";

/** Why something came to its end, as the beginning of a sentence, and what to do about that. */
type Cause = { why: string } & Pick<Found, "otherwise"> & { remedies: Remedy[] };

export function lostAtClose(outcome: Outcome, tasks: TaskOutcome[]): Found {
  const [first] = tasks as [TaskOutcome];
  const { launch, strategy } = outcome;
  const failed = launch.status === "failed";
  const when = tasks.every((task) => task.startedAt === null)
    ? "before it had a turn"
    : `with ${progress(tasks)} done`;
  const { name } = first.spec;
  const anyFailed = failed || outcome.tasks.some(({ status }) => status === "failed");
  const remedies: Remedy[] = [
    { does: "wait at the completion point", axes: { settle: "gather" } },
    ...(anyFailed
      ? [
          {
            does: "wait for all tasks whatever becomes of them",
            axes: { settle: "settled" },
          } as const,
        ]
      : []),
    { does: "give the completion point as long as it takes", axes: { timeout: null } },
    { does: `start it before the completion point, "settle"`, program: startedEarly(name) },
    isBeside(strategy)
      ? {
          does: "wait at the completion point and at exit",
          axes: { settle: "gather", atExit: "wait" },
        }
      : { does: "give the loop a thread of its own and join it", axes: ownThread(strategy) },
    {
      does: "keep the loop open until main has ended and all tasks have",
      axes: { loop: "portal", atExit: "wait" },
    },
  ];
  return found("lost-at-close", tasks, first.cancelled!.at, {
    message: failed
      ? `launch failed (${quote(launch.error)}), so the loop closed and cancelled ${subject(tasks)} ${when}${cutWords(tasks)}`
      : `the loop closed${strategy.loop === "portal" ? "" : " when launch returned"}, and nothing had waited for ${subject(tasks)}: cancelled ${when}${cutWords(tasks)}`,
    remedies,
    otherwise: failed
      ? "keep launch from failing before its tasks are done"
      : "let something wait for it before the loop closes",
  });
}

/** A change of launch that starts a task right before the completion point instead of behind it. */
function startedEarly(task: string): (scenario: Scenario) => Scenario {
  return (scenario) => {
    const { launch } = scenario;
    const settle = launch.findIndex(({ kind }) => kind === "settle");
    const isBehind = launch.some(
      (step, index) => index > settle && step.kind === "start" && step.tasks.includes(task),
    );
    if (settle < 0 || !isBehind) return scenario;
    const { position } = launch[settle]!;
    const behind = launch
      .slice(settle)
      .map((step) =>
        step.kind === "start" ? { ...step, tasks: step.tasks.filter((one) => one !== task) } : step,
      );
    const start = { kind: "start" as const, tasks: [task], position };
    return { ...scenario, launch: [...launch.slice(0, settle), start, ...behind] };
  };
}

export function abandonedAtExit(outcome: Outcome, tasks: TaskOutcome[]): Found {
  const [first] = tasks as [TaskOutcome];
  const { why, remedies, otherwise } = endOfProcess(outcome, tasks);
  return found("abandoned", tasks, first.endedAt!, {
    message: `${why}, and ${subject(tasks)} simply stopped, with ${progress(tasks)} done${cutWords(tasks)}`,
    remedies,
    otherwise,
  });
}

export function destroyedPending({ launch }: Outcome, tasks: TaskOutcome[]): Found {
  const [first] = tasks as [TaskOutcome];
  return found("destroyed-pending", tasks, first.submittedAt!, {
    message: `the loop was closing by the time it took ${subject(tasks)} from main: nothing waited for it or cancelled it, and it was destroyed while pending, with ${progress(tasks)} done${cutWords(tasks)}`,
    remedies: [
      {
        does: "keep the loop open until main has ended and all tasks have",
        axes: { loop: "portal", atExit: "wait" },
      },
    ],
    otherwise:
      launch.status === "failed"
        ? "keep launch from failing, which closes the loop"
        : "submit it before launch returns",
  });
}

/** What ended the process while something had not come to its end. */
export function endOfProcess(outcome: Outcome, tasks: readonly TaskOutcome[]): Cause {
  const { main, launch, strategy, rejected } = outcome;
  const floats = strategy.loop === "float";
  const stray = outcome.strays.at(0);
  const wait: Remedy = { does: "wait at exit", axes: { atExit: "wait", grace: null } };
  // Cancelled it is lost as well, but not without a word.
  const cancel = (axes: Partial<Axes>): Remedy[] =>
    tasks.some(({ spec }) => spec.finally.length > 0)
      ? [{ does: "cancel it, so that its clean-up runs", axes }]
      : [];
  if (stray !== undefined) return { remedies: [], ...strayCause(stray) };
  if (main.status === "interrupted" && main.error !== null)
    return {
      why: `${main.error} ended the process`,
      remedies: [],
      otherwise: "return from the function instead",
    };
  if (rejected)
    return {
      why: "a rejection that nobody handled ended the process",
      remedies: [
        { does: "await the tasks where their errors can be caught", axes: { settle: "settled" } },
      ],
      otherwise:
        launch.status === "failed"
          ? "keep launch from failing"
          : "handle it: await what may fail where its error can be caught",
    };
  if (main.status === "failed" && floats)
    return {
      why: "an exception that main did not catch ended the process",
      remedies: [
        {
          does: "give the loop a thread of its own, which main's failure does not end",
          axes: ownThread(strategy),
        },
      ],
      otherwise: "keep main from failing",
    };
  if (strategy.atExit === "abandon")
    return {
      why: "the process ended when main's steps did",
      remedies: [wait, ...cancel({ atExit: "cancel", grace: null })],
      otherwise: "let main wait for it before its own steps end",
    };
  if (graceRanOut(outcome))
    return {
      why: "the grace ran out and the process ended",
      remedies: [
        { does: "wait at exit for as long as it takes", axes: { grace: null } },
        ...cancel({ atExit: "cancel" }),
      ],
      otherwise: "let it come to its end before the grace runs out",
    };
  if (floats)
    return {
      why: "nothing was left that could still happen, so the process ended",
      remedies: [],
      otherwise: whatWouldWake(tasks),
    };
  return {
    why: "the loop was closing when it came, and ran it no more",
    remedies: [
      {
        does: "keep the loop open until main has ended and all tasks have",
        axes: { loop: "portal", atExit: "wait" },
      },
    ],
    otherwise: "submit it before the loop closes",
  };
}

/** Whether the process has waited at exit for all of its grace. */
function graceRanOut(outcome: Outcome): boolean {
  const { main, wall, strategy } = outcome;
  const waited = wall - (main.endedAt ?? wall);
  return strategy.grace !== null && waited >= strategy.grace - precisionOf(outcome);
}

/** What would let those go on that nothing can wake any more. */
function whatWouldWake(tasks: readonly TaskOutcome[]): string {
  const stands = (kind: LeafStep["kind"]): boolean =>
    tasks.some(({ stoodAt }) => stoodAt?.step.kind === kind);
  if (stands("receive")) return "send what it waits for, or bound its receive with a timeout";
  if (stands("send")) return "receive what it sends, or make room for it in the channel";
  if (stands("call")) return "see that what its function returns settles in every case";
  return "let somebody send or receive what it waits for";
}

export function neverStarted(outcome: Outcome, tasks: TaskOutcome[]): Found {
  const { why, remedies, otherwise } = whyNeverStarted(outcome, tasks);
  return found("never-started", tasks, outcome.wall, {
    message: `${subject(tasks)} never began: ${why}`,
    remedies,
    otherwise,
  });
}

function whyNeverStarted(outcome: Outcome, tasks: TaskOutcome[]): Cause {
  const { main, launch, launched, scenario } = outcome;
  const [first] = tasks as [TaskOutcome];
  const error = main.status === "failed" ? ` (${quote(main.error)})` : "";
  const wait: Remedy = { does: "wait at exit", axes: { atExit: "wait" } };
  const patient: Remedy = {
    does: "wait at exit for as long as it takes",
    axes: { atExit: "wait", grace: null },
  };
  const stayOpen: Remedy = {
    does: "keep the loop open for what main submits",
    axes: { loop: "portal", atExit: "wait" },
  };
  if (!launched)
    return error === ""
      ? {
          why: "main never came to a launch step",
          remedies: [],
          otherwise: `let main come to a "launch" step`,
        }
      : {
          why: `main failed${error} before it came to a launch step`,
          remedies: [],
          otherwise: "keep main from failing before that",
        };
  const isSubmitted = leaves(scenario.main).some(
    (step) => step.kind === "submit" && step.task === first.spec.name,
  );
  if (isSubmitted)
    return tasks.every(({ submittedAt }) => submittedAt === null)
      ? {
          why: `main ${error === "" ? "ended" : `failed${error}`} before it had submitted it`,
          remedies: [stayOpen],
          otherwise: `let main come to its "submit" while the loop is open`,
        }
      : {
          why: "the loop had closed, or the process ended, before the loop took it from main",
          remedies: [wait, patient, stayOpen],
          otherwise: "submit it while the loop is open, and wait for its result",
        };
  if (launch.status === "failed")
    return {
      why: `launch failed (${quote(launch.error)}) before it came to start it`,
      remedies: [
        { does: "wait for all tasks whatever becomes of them", axes: { settle: "settled" } },
      ],
      otherwise: "start it before anything in launch can fail",
    };
  const [its, when] =
    launch.startedAt === null
      ? ["its first turn", "the loop had its first turn"]
      : ["it came to start it", "launch came to start it"];
  if (launch.status === "cancelled")
    return {
      why: `main ended and had launch cancelled before ${its}`,
      remedies: [wait],
      otherwise: "let main wait for the background before its steps end",
    };
  if (launch.status === "finished")
    return {
      why: "nothing in launch starts it",
      remedies: [],
      otherwise: `start it in "launch"`,
    };
  const end = endOfProcess(outcome, []);
  return { ...end, why: `${end.why}, before ${when}` };
}
