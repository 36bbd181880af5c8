/** A run of a scenario as detectors see it: what a trace would tell of it, joined to what its document says. */
import type { ActorDefinition, Table } from "../../trace/definitions.ts";
import { LAUNCH, MAIN, MAIN_THREAD } from "../../trace/event.ts";
import type { Case } from "../../reading/findings/case.ts";
import type { End, Stray } from "../../reading/findings/finding.ts";
import { type Outcome, precisionOf } from "../../outcome/outcome.ts";
import { leaves } from "../../scenario/walk.ts";

export function caseOf(outcome: Outcome): Case {
  const { main, launch, strategy } = outcome;
  const entry = { ...launch, actor: LAUNCH, failedWith: launchFailedWith(outcome) };
  const exit = main.status === "interrupted" ? exitIn(main.error) : null;
  return {
    wall: outcome.wall,
    precision: precisionOf(outcome),
    interruptedBy: outcome.interruptedBy,
    main: { ...main, actor: MAIN },
    launches: [entry],
    launchOf: () => entry,
    tasks: tableOf(outcome.tasks),
    actors: actorsOf(outcome),
    placesOf: () => [],
    floats: strategy.loop === "float",
    exit: { waits: strategy.atExit !== "abandon", grace: strategy.grace },
    launched: outcome.launched,
    rejected: outcome.rejected,
    strays: outcome.strays.map((stray) => ({
      at: stray.at,
      end: endOf(stray),
      failedMain: stray.error === main.error,
    })),
    mainExit: exit === null ? null : { ...exit, ended: "process" },
    failures: outcome.failures,
    waiting: outcome.waiting,
    blame: outcome.blame,
    races: outcome.races,
    aftermath: outcome.aftermath,
    droppedPromises: outcome.droppedPromises,
    left: outcome.left,
  };
}

/** The tasks whose errors launch has failed with; what it has collected is none of these. */
function launchFailedWith({ failures, launch, strategy }: Outcome): number[] {
  if (launch.status !== "failed" || strategy.settle === "settled") return [];
  return failures.flatMap(({ actor, heard }) =>
    actor >= 0 && heard.some(({ where }) => where === "launch") ? [actor] : [],
  );
}

function endOf({ thread, error }: Outcome["strays"][number]): Stray["end"] {
  const ended = thread === MAIN_THREAD ? "process" : "thread";
  const exit = exitIn(error);
  return exit === null ? { by: "uncaught", ended, error } : { ...exit, ended };
}

/** The exit that a recorded error tells of; null when it is another error. */
function exitIn(error: string | null): Omit<Extract<End, { by: "exit" }>, "ended"> | null {
  const code = error?.match(/^process\.exit\((\d+)\) in user code/)?.[1];
  return code === undefined ? null : { by: "exit", code: Number(code) };
}

function actorsOf({ tasks, scenario }: Outcome): Case["actors"] {
  const submitted = new Set(
    leaves(scenario.main).flatMap((step) => (step.kind === "submit" ? [step.task] : [])),
  );
  const common = { place: null, until: null, cleanup: null } as const;
  const main: ActorDefinition = {
    ...common,
    kind: "main",
    name: "main",
    function: null,
    parent: null,
  };
  const launch: ActorDefinition = { ...main, kind: "launch", name: "launch", parent: MAIN };
  return {
    get(actor) {
      if (actor === MAIN) return main;
      if (actor === LAUNCH) return launch;
      const task = tasks[actor];
      if (task === undefined) return undefined;
      const { name, spec } = task;
      return {
        ...common,
        kind: "task",
        name,
        function: spec.name,
        parent: submitted.has(spec.name) ? MAIN : LAUNCH,
        until: spec.until,
        cleanup: spec.finally.length > 0,
      };
    },
  };
}

function tableOf<Item>(items: readonly Item[]): Table<Item> {
  return {
    size: items.length,
    get: (index) => items[index],
    [Symbol.iterator]: () => items.entries(),
  };
}
