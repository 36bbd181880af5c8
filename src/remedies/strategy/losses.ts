/** Words about work that was lost: at the close of a loop, at the end of the process, before it began. */
import type { End, FindingOf } from "../../reading/findings/finding.ts";
import type { Outcome, TaskOutcome } from "../../outcome/outcome.ts";
import type { LeafStep, Scenario } from "../../scenario/model.ts";
import { type Axes, does, isBeside } from "../../scenario/strategy.ts";
import { canOutlive, standpoint } from "../../scenario/walk.ts";
import type { WayOut, Words } from "../context.ts";
import { strayCause } from "./errors.ts";
import { cutWords, quote } from "../words.ts";
import { changing, ownThread, portal, progress, type Remedy, subject, tasksOf } from "./remedy.ts";

/** Why something came to its end, as the beginning of a sentence, and what to do about that. */
type Cause = { why: string } & WayOut<Remedy>;

export function lostAtClose(outcome: Outcome, finding: FindingOf<"lost-at-close">): Words<Remedy> {
  const { strategy } = outcome;
  const { launchFailed: failed, launchError, began, cleanupCut } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  const when = began ? `with ${progress(tasks)} done` : "before it had a turn";
  const { name } = tasks[0].spec;
  const anyFailed = failed || outcome.tasks.some(({ status }) => status === "failed");
  const remedies: Remedy[] = [
    changing("settle", { settle: "gather" }),
    ...(anyFailed ? [changing("settle", { settle: "settled" })] : []),
    changing("timeout", { timeout: null }),
    { does: `start it before the completion point, "settle"`, program: startedEarly(name) },
    isBeside(strategy)
      ? {
          does: "wait at the completion point and at exit",
          axes: { settle: "gather", atExit: "wait" },
        }
      : changing("loop", ownThread(strategy), " and join it"),
    changing("loop", portal),
  ];
  const what = subject(tasks);
  return {
    message: failed
      ? `launch failed (${quote(launchError)}), so the loop closed and cancelled ${what} ${when}${cutWords(cleanupCut)}`
      : `the loop closed${does(strategy, "staysOpen") ? "" : " when launch returned"}, and nothing had waited for ${what}: cancelled ${when}${cutWords(cleanupCut)}`,
    remedies,
    otherwise: failed
      ? "keep launch from failing before its tasks are done"
      : "let something wait for it before the loop closes",
  };
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

export function killed(outcome: Outcome, finding: FindingOf<"killed">): Words<Remedy> {
  const { began, cleanupCut } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  return {
    message: began
      ? `the process was killed, and ${subject(tasks)} stopped with ${progress(tasks)} done${lastDone(tasks)}${cutWords(cleanupCut)}`
      : `the process was killed before ${subject(tasks)} had a turn`,
    remedies: canOutlive(outcome.scenario) ? [changing("loop", { loop: "durable" })] : [],
    otherwise: began
      ? "hand it to something that outlives the process, and make its steps such that they may be done twice"
      : "hand it to something that outlives the process",
  };
}

/** Which step they all had done last; nothing where that differs, or none was done. */
function lastDone(tasks: readonly [TaskOutcome, ...TaskOutcome[]]): string {
  const [{ spec, stepsDone }] = tasks;
  if (stepsDone === 0 || tasks.some((task) => task.stepsDone !== stepsDone)) return "";
  const last = standpoint(spec.steps, stepsDone - 1);
  return last === undefined ? "" : ` (the last in line ${last.step.position.line})`;
}

export function abandoned(outcome: Outcome, finding: FindingOf<"abandoned">): Words<Remedy> {
  const { end, cleanupCut } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  const { why, ...advice } = causeOf(outcome, end, tasks);
  return {
    message: `${why}, and ${subject(tasks)} simply stopped, with ${progress(tasks)} done${cutWords(cleanupCut)}`,
    ...advice,
  };
}

export function destroyedPending(
  outcome: Outcome,
  finding: FindingOf<"destroyed-pending">,
): Words<Remedy> {
  const { launchFailed, cleanupCut } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  return {
    message: `the loop was closing by the time it took ${subject(tasks)} from main: nothing waited for it or cancelled it, and it was destroyed while pending, with ${progress(tasks)} done${cutWords(cleanupCut)}`,
    remedies: [changing("loop", portal)],
    otherwise: launchFailed
      ? "keep launch from failing, which closes the loop"
      : "submit it before launch returns",
  };
}

/** What code did that ended the process: it called for the exit, or raised what nobody caught. */
function causeInCode(
  { launch, strategy }: Outcome,
  end: Extract<End, { by: "exit" | "uncaught" | "rejection" | "main-failed" }>,
): Cause {
  switch (end.by) {
    case "exit":
      return end.ended === "thread"
        ? { remedies: [], ...strayCause(end) }
        : {
            why: `process.exit(${end.code}) in user code ended the process`,
            remedies: [],
            otherwise: "return from the function instead",
          };
    case "uncaught":
      return { remedies: [], ...strayCause(end) };
    case "rejection":
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
    case "main-failed":
      return {
        why: "an exception that main did not catch ended the process",
        remedies: [changing("loop", ownThread(strategy), ", which main's failure does not end")],
        otherwise: "keep main from failing",
      };
  }
}

/** What ended the process while tasks had not come to their end, and what to do about that. */
function causeOf(outcome: Outcome, end: End, tasks: readonly TaskOutcome[]): Cause {
  // Cancelled it is lost as well, but not without a word.
  const cancel = (axes: Partial<Axes>): Remedy[] =>
    tasks.some(({ spec }) => spec.finally.length > 0)
      ? [{ does: "cancel it, so that its clean-up runs", axes }]
      : [];
  switch (end.by) {
    case "exit":
    case "uncaught":
    case "rejection":
    case "main-failed":
      return causeInCode(outcome, end);
    case "main-ended":
      return {
        why: "the process ended when main's steps did",
        remedies: [
          changing("atExit", { atExit: "wait", grace: null }),
          ...cancel({ atExit: "cancel", grace: null }),
        ],
        otherwise: "let main wait for it before its own steps end",
      };
    case "grace":
      return {
        why: "the grace ran out and the process ended",
        remedies: [changing("grace", { grace: null }), ...cancel({ atExit: "cancel" })],
        otherwise: "let it come to its end before the grace runs out",
      };
    case "nothing-left":
      return {
        why: "nothing was left that could still happen, so the process ended",
        remedies: [],
        otherwise: whatWouldWake(tasks),
      };
    case "loop-closing":
      return {
        why: "the loop was closing when it came, and ran it no more",
        remedies: [changing("loop", portal)],
        otherwise: "submit it before the loop closes",
      };
    case "terminated":
    case "unknown":
      return {
        why: "the process ended",
        remedies: [],
        otherwise: "let it come to its end before the process does",
      };
  }
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

export function neverStarted(outcome: Outcome, finding: FindingOf<"never-started">): Words<Remedy> {
  const { why, ...advice } = whyNeverStarted(outcome, finding);
  return { message: `${subject(tasksOf(outcome, finding))} never began: ${why}`, ...advice };
}

function whyNeverStarted(outcome: Outcome, { evidence }: FindingOf<"never-started">): Cause {
  const wait = changing("atExit", { atExit: "wait" });
  const patient = changing("grace", { atExit: "wait", grace: null });
  const stayOpen: Remedy = { does: "keep the loop open for what main submits", axes: portal };
  switch (evidence.why) {
    case "never-launched":
      return evidence.mainError === null
        ? {
            why: "main never came to a launch step",
            remedies: [],
            otherwise: `let main come to a "launch" step`,
          }
        : {
            why: `main failed (${quote(evidence.mainError)}) before it came to a launch step`,
            remedies: [],
            otherwise: "keep main from failing before that",
          };
    case "not-submitted": {
      const { mainError } = evidence;
      const ended = mainError === null ? "ended" : `failed (${quote(mainError)})`;
      return {
        why: `main ${ended} before it had submitted it`,
        remedies: [stayOpen],
        otherwise: `let main come to its "submit" while the loop is open`,
      };
    }
    case "not-taken":
      return {
        why: "the loop had closed, or the process ended, before the loop took it from main",
        remedies: [wait, patient, stayOpen],
        otherwise: "submit it while the loop is open, and wait for its result",
      };
    case "launch-failed":
      return {
        why: `launch failed (${quote(evidence.error)}) before it came to start it`,
        remedies: [changing("settle", { settle: "settled" })],
        otherwise: "start it before anything in launch can fail",
      };
    case "launch-cancelled":
      return {
        why: `main ended and had launch cancelled before ${evidence.launchBegan ? "it came to start it" : "its first turn"}`,
        remedies: [wait],
        otherwise: "let main wait for the background before its steps end",
      };
    case "nobody-starts":
      return {
        why: "nothing in launch starts it",
        remedies: [],
        otherwise: `start it in "launch"`,
      };
    case "process-ended": {
      const end = causeOf(outcome, evidence.end, []);
      const when = evidence.launchBegan ? "launch came to start it" : "the loop had its first turn";
      return { ...end, why: `${end.why}, before ${when}` };
    }
  }
}
