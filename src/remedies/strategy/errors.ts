/** Words about failures that nobody could act on, and about promises that nobody awaits. */
import type { FindingOf, Stray, Unheard } from "../../reading/findings/finding.ts";
import { documentName, type Outcome, type TaskOutcome } from "../../outcome/outcome.ts";
import type { Scenario } from "../../scenario/model.ts";
import { type Axes, does, type Strategy } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import type { WayOut, Words } from "../context.ts";
import { quote } from "../words.ts";
import { changing, type Remedy, subject, tasksOf } from "./remedy.ts";
import { unbounded } from "./waits.ts";

export function nobodyHeard(outcome: Outcome, finding: FindingOf<"nobody-heard">): Words<Remedy> {
  const what = does(outcome.strategy, "outlives")
    ? ", and nobody asked for its result, which is in its queue"
    : ", and its error reached nobody";
  return unheard(outcome, finding, finding.evidence, what);
}

export function onlyLogged(outcome: Outcome, finding: FindingOf<"only-logged">): Words<Remedy> {
  const { evidence } = finding;
  if (evidence.of === "thread") {
    const { why, otherwise } = strayCause(evidence.end);
    return { message: why, remedies: [], otherwise };
  }
  const line = evidence.isRejection
    ? ", and as nobody had handled it by then, the rejection ended the process"
    : ", and only a line on stderr told of it: nobody could act on it";
  return unheard(outcome, finding, evidence, line);
}

export function threadFailed(outcome: Outcome, finding: FindingOf<"thread-failed">): Words<Remedy> {
  const { evidence } = finding;
  if (evidence.of === "thread") {
    const { why, otherwise } = strayCause(evidence.end);
    const message = `${why}, and main, which went on, is told nothing`;
    return { message, remedies: [], otherwise };
  }
  const what =
    " and ended the loop's thread: a line on stderr tells of it, but main, which went on, is told nothing";
  return unheard(outcome, finding, evidence, what);
}

/** @param what came of it, as the end of the sentence. */
function unheard(
  outcome: Outcome,
  finding: FindingOf<"nobody-heard" | "only-logged" | "thread-failed">,
  { error, raisedBy }: Unheard,
  what: string,
): Words<Remedy> {
  if (outcome.tasks[finding.actors[0]!] === undefined)
    return {
      message: `launch failed (${quote(error)}${raisedByWords(outcome, raisedBy)})${what}`,
      ...whoCouldHearLaunch(outcome, raisedBy),
    };
  const tasks = tasksOf(outcome, finding);
  return {
    message: `${subject(tasks)} failed (${quote(error)})${what}`,
    ...whoCouldHear(outcome, tasks[0]),
  };
}

function raisedByWords(outcome: Outcome, raisedBy: readonly number[]): string {
  const names = [...new Set(raisedBy.map((actor) => documentName(outcome, actor)))];
  if (names.length === 0) return "";
  return `, raised by ${names.length > 3 ? `${names.length} tasks` : names.join(" and ")}`;
}

/** How the error with which launch ended its thread would come to where somebody can act on it. */
function whoCouldHearLaunch({ strategy }: Outcome, raisedBy: readonly number[]): WayOut<Remedy> {
  return {
    remedies: [
      { does: "collect the errors of tasks in launch", axes: { settle: "settled" } },
      { does: "await launch where main can catch its error", axes: inMain(strategy) },
    ],
    otherwise:
      raisedBy.length === 0
        ? "catch the error in launch"
        : "catch the error in launch, or in the task",
  };
}

/** That it ended its thread, as the beginning of a sentence, and what to do about that. */
export function strayCause(end: Stray["end"]): { why: string; otherwise: string } {
  const ended = end.ended === "process" ? "the process" : "the event loop's thread";
  return end.by === "exit"
    ? {
        why: `a function ended ${ended} (process.exit(${end.code}) in user code ended the thread)`,
        otherwise: "return from the function instead",
      }
    : {
        why: `an error that nobody could catch ended ${ended} (${end.error})`,
        otherwise: "catch it in the function it comes from",
      };
}

/** How a task's error would come to where somebody can act on it. */
function whoCouldHear(
  { scenario, strategy }: Outcome,
  { spec: { name } }: TaskOutcome,
): WayOut<Remedy> {
  const isSubmitted = hasMainStep(scenario, "submit", name);
  const isTaken = hasMainStep(scenario, "result", name);
  const take: Remedy[] = !isSubmitted
    ? []
    : isTaken
      ? [{ does: "give main's wait for its result longer", program: unbounded(name) }]
      : [
          {
            does: `take its result in main ("result: ${name}"), where its error is raised again`,
            program: takingResult(name),
          },
        ];
  return {
    remedies: [
      ...take,
      { does: "collect every error", axes: { settle: "settled" } },
      changing("settle", { settle: "group" }),
      { does: "await it where its error is raised", axes: { settle: "gather" } },
      changing("loop", inMain(strategy)),
    ],
    otherwise: "await it where its error can be raised and caught",
  };
}

/** A loop that main waits for, and whose launch waits for its tasks. */
function inMain({ settle }: Strategy): Partial<Axes> {
  return { loop: "inline", settle: settle === "none" ? "gather" : settle };
}

function hasMainStep({ main }: Scenario, kind: "submit" | "result", task: string): boolean {
  return leaves(main).some((step) => step.kind === kind && step.task === task);
}

/** A change of main that takes a task's result when its own steps are done. */
function takingResult(task: string): (scenario: Scenario) => Scenario {
  return (scenario) => ({
    ...scenario,
    main: [...scenario.main, { kind: "result", task, position: { line: 1, column: 1 } }],
  });
}

export function promiseNotAwaited({ evidence }: FindingOf<"promise-not-awaited">): Words<Remedy> {
  return {
    message: `${evidence.function} returned a promise to main, which is synchronous: what it does from its first await on, nobody waits for`,
    remedies: [],
    otherwise: "call it from a task, which awaits it, or make the function synchronous",
  };
}
