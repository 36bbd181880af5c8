/** Findings about failures that nobody could act on, and about promises that nobody awaits. */
import { type Failure, isLost, type Outcome, type TaskOutcome } from "../../reading/outcome.ts";
import { LAUNCH, MAIN_THREAD } from "../../trace/event.ts";
import type { Scenario } from "../../scenario/model.ts";
import type { Axes, Strategy } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import { type Found, found, quote, type Remedy, subject } from "./finding.ts";
import { unbounded } from "./waits.ts";

export function nobodyHeard(outcome: Outcome, tasks: TaskOutcome[]): Found {
  const [first] = tasks as [TaskOutcome];
  return found("nobody-heard", tasks, first.endedAt!, {
    message: `${subject(tasks)} failed (${quote(first.error)}), and its error reached nobody`,
    ...whoCouldHear(outcome, first),
  });
}

/** A task of whose failure a line on stderr told, and nobody who could act on it. */
export function onlyLogged(outcome: Outcome, tasks: TaskOutcome[]): Found {
  const [first] = tasks as [TaskOutcome];
  const failure = outcome.failures.findLast(({ actor }) => outcome.tasks[actor] === first);
  return found("only-logged", tasks, first.heard!.at!, {
    message: `${subject(tasks)} failed (${quote(first.error)}), and ${lineWords(failure)}`,
    ...whoCouldHear(outcome, first),
  });
}

/** Launch, where its failure ended no more than its thread, or the process, and main was told nothing. */
export function launchUnheard(outcome: Outcome): Found[] {
  const { launch, strategy } = outcome;
  if (launch.heard === null || launch.heard.by === "raised") return [];
  const failure = outcome.failures.findLast(({ actor }) => actor === LAUNCH);
  const of = namesOf(launchFailedWith(outcome));
  const error = `${quote(launch.error)}${of === "" ? "" : `, raised by ${of}`}`;
  const common = {
    task: null,
    at: launch.heard.at ?? launch.endedAt!,
    remedies: [
      { does: "collect the errors of tasks in launch", axes: { settle: "settled" } },
      {
        does: "await launch where main can catch its error",
        axes: inMain(strategy),
      },
    ] satisfies Remedy[],
    otherwise:
      of === "" ? "catch the error in launch" : "catch the error in launch, or in the task",
  };
  if (launch.heard.by === "nobody")
    return [
      {
        ...common,
        rule: "nobody-heard",
        message: `launch failed (${error}), and its error reached nobody`,
      },
    ];
  const isThread = failure?.heard.some(({ where }) => where === "thread-failed") ?? false;
  return [
    isThread
      ? {
          ...common,
          rule: "thread-failed",
          message: `launch failed (${error}) and ended the loop's thread: a line on stderr tells of it, but main, which went on, is told nothing`,
        }
      : {
          ...common,
          rule: "only-logged",
          message: `launch failed (${error}), and ${lineWords(failure)}`,
        },
  ];
}

/** The tasks whose errors launch has failed with; what it has collected is none of these. */
export function launchFailedWith({ failures, launch, tasks, strategy }: Outcome): TaskOutcome[] {
  if (launch.status !== "failed" || strategy.settle === "settled") return [];
  return failures.flatMap(({ actor, heard }) =>
    actor >= 0 && heard.some(({ where }) => where === "launch") ? [tasks[actor]!] : [],
  );
}

function namesOf(tasks: readonly TaskOutcome[]): string {
  const names = [...new Set(tasks.map(({ spec }) => spec.name))];
  return names.length > 3 ? `${names.length} tasks` : names.join(" and ");
}

function lineWords(failure: Failure | undefined): string {
  return failure?.heard.some(({ where }) => where === "unhandled-rejection")
    ? "as nobody had handled it by then, the rejection ended the process"
    : "only a line on stderr told of it: nobody could act on it";
}

/** What of user code nobody could catch and that ended its thread, where no loss by it tells of it. */
export function strays(outcome: Outcome): Found[] {
  const { main, tasks } = outcome;
  const isTold = tasks.some(
    (task) => isLost(task) && (task.status === "abandoned" || task.status === "unstarted"),
  );
  return outcome.strays.flatMap((stray): Found[] => {
    if (isTold || stray.error === main.error) return [];
    const { why, otherwise } = strayCause(stray);
    const inMain = stray.thread === MAIN_THREAD;
    return [
      {
        rule: inMain ? "only-logged" : "thread-failed",
        task: null,
        at: stray.at,
        message: inMain ? why : `${why}, and main, which went on, is told nothing`,
        remedies: [],
        otherwise,
      },
    ];
  });
}

/** That it ended its thread, as the beginning of a sentence, and what to do about that. */
export function strayCause({
  thread,
  error,
}: Outcome["strays"][number]): Pick<Found, "otherwise"> & { why: string } {
  const ended = thread === MAIN_THREAD ? "the process" : "the event loop's thread";
  return error.startsWith("process.exit(")
    ? { why: `a function ended ${ended} (${error})`, otherwise: "return from the function instead" }
    : {
        why: `an error that nobody could catch ended ${ended} (${error})`,
        otherwise: "catch it in the function it comes from",
      };
}

/** How a task's error would come to where somebody can act on it. */
function whoCouldHear(
  { scenario, strategy }: Outcome,
  { spec: { name } }: TaskOutcome,
): Pick<Found, "remedies" | "otherwise"> {
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
      { does: "raise all errors together", axes: { settle: "group" } },
      { does: "await it where its error is raised", axes: { settle: "gather" } },
      {
        does: "await it in main",
        axes: inMain(strategy),
      },
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

export function promisesNotAwaited({ droppedPromises }: Outcome): Found[] {
  return droppedPromises.map(({ function: name, at }) => ({
    rule: "promise-not-awaited",
    task: null,
    at,
    message: `${name} returned a promise to main, which is synchronous: what it does from its first await on, nobody waits for`,
    remedies: [],
    otherwise: "call it from a task, which awaits it, or make the function synchronous",
  }));
}
