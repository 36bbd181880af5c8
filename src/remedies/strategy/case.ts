/** A run of a scenario as detectors see it: its reading, joined to what its strategy says of the end. */
import { does } from "../../scenario/strategy.ts";
import type { Table } from "../../trace/definitions.ts";
import { LAUNCH, MAIN, MAIN_THREAD } from "../../scenario/numbers.ts";
import type { Actor, Case } from "../../reading/findings/case.ts";
import { exitCallOf, straysOf } from "../../reading/findings/of-trace.ts";
import type { Outcome } from "../../outcome/outcome.ts";

export function caseOf(outcome: Outcome): Case {
  const { main, launch, strategy, reading } = outcome;
  const failedWith = launch.status === "failed" ? (reading.raisedInto.get(LAUNCH) ?? []) : [];
  const entry = { ...launch, actor: LAUNCH, failedWith };
  return {
    wall: outcome.wall,
    precision: outcome.precision,
    interruptedBy: outcome.interruptedBy,
    main: { ...main, actor: MAIN },
    launches: [entry],
    launchOf: () => entry,
    tasks: tableOf(outcome.tasks),
    actors: {
      get: (actor) =>
        actor === MAIN ? mainActor : actor === LAUNCH ? launchActor : outcome.tasks[actor],
    },
    placesOf: () => [],
    floats: does(strategy, "floats"),
    exit: { waits: !does(strategy, "abandons"), grace: strategy.grace },
    launched: outcome.launched,
    rejected: reading.rejected && outcome.exitCode !== 0,
    strays: straysOf(reading, { thread: MAIN_THREAD, error: main.error }),
    exitCall: exitCallOf(reading, { thread: MAIN_THREAD, actor: MAIN }),
    failures: outcome.failures,
    waiting: outcome.waiting,
    blames: [outcome.blame],
    attempts: new Map(outcome.tasks.map(({ number, attempts }) => [number, attempts])),
    holds: reading.loops.flatMap(({ blame }) => blame.holds.map(({ hold }) => hold)),
    races: outcome.races,
    aftermath: outcome.aftermath,
    droppedPromises: reading.droppedPromises,
    left: outcome.left,
  };
}

const nothing = { function: null, parent: null, place: null, until: null } as const;
const mainActor: Actor = { ...nothing, kind: "main", name: "main" };
const launchActor: Actor = { ...nothing, kind: "launch", name: "launch", parent: MAIN };

function tableOf<Item>(items: readonly Item[]): Table<Item> {
  return {
    size: items.length,
    get: (index) => items[index],
    [Symbol.iterator]: () => items.entries(),
  };
}
