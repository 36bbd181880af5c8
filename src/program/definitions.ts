/**
 * The definitions of a scenario's run, by the numbers that its programs give them.
 *
 * Threads are `threads` of `scenario/numbers.ts`, actors `MAIN`, `LAUNCH` and the tasks by their index,
 * resources the channels by theirs with the pool behind them, places the steps as the document was read;
 * places in user code are defined by a real run, which comes upon them (`drivers/real/wire.ts`).
 */
import {
  type ActorDefinition,
  type Definitions,
  type Place,
  type ProcessDefinition,
  type ResourceDefinition,
  tableOf,
  type ThreadDefinition,
} from "../trace/definitions.ts";
import {
  attemptActor,
  CONSUMER_THREAD,
  consumerActor,
  consumerThread,
  LAUNCH,
  LOOP_THREAD,
  MAIN,
  MAIN_THREAD,
  POOL_THREAD,
  taskOfActor,
  USER_PLACE,
  threads as threadNames,
} from "../scenario/numbers.ts";
import type { Convention, Id } from "../trace/read.ts";
import { lazyTable } from "../trace/trace.ts";
import { consumersOf } from "../scenario/kill.ts";
import { TaskInstances } from "../scenario/instances.ts";
import type { LeafStep, Scenario, Step, StepPosition } from "../scenario/model.ts";
import { does, isBeside, mayAbandon, type Strategy } from "../scenario/strategy.ts";
import { leaves } from "../scenario/walk.ts";

const loop = 0;

/** Up to how many actors have definitions that are kept: of more, each would take its memory. */
const fewActors = 1000;

/** The source of definitions. Neither of the two changes once it is made. */
interface Performed {
  scenario: Scenario;
  strategy: Strategy;
}

/** By scenario: the definitions that were made last, which the next of thousands of runs shares. */
const latest = new WeakMap<
  Scenario,
  { strategy: Strategy; file: string; definitions: Definitions }
>();

/**
 * The definitions of a run. Those of tasks are made when they are asked for, and again each time where
 * there are many.
 *
 * @param file what the document is called.
 */
export function definitionsOf({ scenario, strategy }: Performed, file: string): Definitions {
  const known = latest.get(scenario);
  if (known?.strategy === strategy && known.file === file) return known.definitions;
  const definitions = makeDefinitions({ scenario, strategy }, file);
  latest.set(scenario, { strategy, file, definitions });
  return definitions;
}

function makeDefinitions({ scenario, strategy }: Performed, file: string): Definitions {
  const workers = strategy.workers ?? 0;
  const places = placesOf(scenario, file);
  const hasProcesses = strategy.offload === "processes";
  const beside = isBeside(strategy);
  const processes: ProcessDefinition[] = ["main", ...(hasProcesses ? poolNames(workers) : [])].map(
    (name, number) => ({ name, parent: number === 0 ? null : 0, pid: null, command: null }),
  );
  const threads = new Map<number, ThreadDefinition>([
    [MAIN_THREAD, { process: 0, name: threadNames[MAIN_THREAD]!, daemon: false }],
  ]);
  if (beside) {
    const daemon = mayAbandon(strategy);
    threads.set(LOOP_THREAD, { process: 0, name: threadNames[LOOP_THREAD]!, daemon });
  }
  for (const [worker, name] of poolNames(workers).entries()) {
    const process = hasProcesses ? worker + 1 : 0;
    threads.set(POOL_THREAD + worker, { process, name, daemon: false });
  }
  const consumers = consumersOf(strategy, scenario.kills);
  for (let consumer = 0; consumer < consumers; consumer++) {
    const thread = CONSUMER_THREAD + consumer;
    const name = threadNames[thread]!;
    // Nobody of the program's starts it, and it goes on when that has ended.
    processes.push({ name, parent: null, pid: null, command: null });
    threads.set(thread, { process: processes.length - 1, name, daemon: false });
  }
  const actors = new Actors(scenario, consumers);
  return {
    processes: lazyTable(processes.length, (number) => processes[number]!),
    threads,
    loops: new Map([
      [
        loop,
        {
          thread: beside ? LOOP_THREAD : MAIN_THREAD,
          rules: does(strategy, "floats") ? "javascript" : "asyncio",
        },
      ],
      ...Array.from(
        { length: consumers },
        (_, consumer) =>
          [
            loop + 1 + consumer,
            { thread: CONSUMER_THREAD + consumer, rules: "asyncio" as const },
          ] as const,
      ),
    ]),
    actors: actors.toTable(),
    resources: resourcesOf(scenario, strategy),
    places,
  };
}

/** The convention by which a run read back from a file gets the same definitions and numbers. */
export function conventionOf(run: Performed, file: string): Convention {
  const definitions = definitionsOf(run, file);
  const actors = new Actors(run.scenario, consumersOf(run.strategy, run.scenario.kills));
  const named = Object.fromEntries(
    (["process", "thread", "resource"] as const).map((kind) => [
      kind,
      new Map<Id, number>(
        [...definitions[tableOf[kind]]].map(([number, { name }]) => [name, number]),
      ),
    ]),
  );
  return {
    definitions,
    numberOf(kind, id) {
      if (kind === "actor") return actors.numberOf(String(id));
      if (kind in named) return named[kind]!.get(id);
      const number = Number(id);
      if (kind === "place" && Number.isInteger(number) && number >= USER_PLACE) return number;
      return definitions[tableOf[kind]].get(number) === undefined ? undefined : number;
    },
  };
}

function poolNames(workers: number): string[] {
  return Array.from({ length: workers }, (_, worker) => threadNames[POOL_THREAD + worker]!);
}

function resourcesOf(
  { channels }: Scenario,
  { workers, offload }: Strategy,
): Definitions["resources"] {
  const resources: ResourceDefinition[] = channels.map(({ name, capacity }) => ({
    kind: "channel",
    name,
    capacity,
    place: null,
  }));
  if (workers !== null)
    resources.push({
      kind: "pool",
      // A channel's name has no space in it, so none can be equal to this one.
      name: offload === "processes" ? "process pool" : "thread pool",
      capacity: workers,
      place: null,
    });
  return lazyTable(resources.length, (number) => resources[number]!);
}

/** Every step that stands in the document, those that hold others included. */
function placesOf({ main, launch, tasks }: Scenario, file: string): Definitions["places"] {
  const found = new Map<number, Place>();
  const add = ({ position }: { position: StepPosition }): void => {
    const { place, line, column } = position;
    if (place !== undefined) found.set(place, { file, line, column, function: null });
  };
  const addAll = (steps: readonly Step[]): void => {
    for (const step of steps) {
      add(step);
      if (step.kind === "repeat") addAll(step.steps);
    }
  };
  for (const list of [main, launch, ...tasks.flatMap((task) => [task.steps, task.finally])])
    addAll(list);
  return found;
}

/** The name of the program of a worker process. */
function programName(thread: string): string {
  return `program of ${thread}`;
}

/** What stands between the name of a task and the number of a further attempt at it. No task has it in its name. */
const attemptSign = "@";

/**
 * Main, launch, and the tasks, whose copies follow each other; then the programs of worker processes, and further
 * attempts at tasks, as many as there come to be.
 */
class Actors {
  readonly size: number;
  readonly #consumers: number;
  readonly #tasks: TaskInstances;
  readonly #makers: ReadonlyMap<string, Pick<ActorDefinition, "parent" | "place">>;
  readonly #launchPlace: number | null;

  constructor({ main, launch, tasks }: Scenario, consumers: number) {
    this.#tasks = new TaskInstances({ tasks });
    this.#consumers = consumers;
    this.size = this.#tasks.size - MAIN;
    this.#makers = makersOf(main, launch);
    this.#launchPlace = leaves(main).find(({ kind }) => kind === "launch")?.position.place ?? null;
  }

  toTable(): Definitions["actors"] {
    if (this.#consumers > 0) return this.#withConsumers();
    if (this.size > fewActors) return lazyTable(this.size, (number) => this.get(number), MAIN);
    const actors = Array.from(
      { length: this.size },
      (_, k) => [k + MAIN, this.get(k + MAIN)] as const,
    );
    return new Map(actors);
  }

  /** Further attempts are there when they are asked for: nobody knows beforehand which there will be. */
  #withConsumers(): Definitions["actors"] {
    const own = lazyTable(this.size, (number) => this.get(number), MAIN);
    const consumers = Array.from({ length: this.#consumers }, (_, k) =>
      consumerActor(CONSUMER_THREAD + k),
    );
    return {
      size: own.size + consumers.length,
      get: (number) =>
        number < MAIN && !consumers.includes(number) ? undefined : this.get(number),
      *[Symbol.iterator]() {
        yield* own;
        for (const number of consumers) yield [number, this.get(number)] as const;
      },
    } as Definitions["actors"];
  }

  get(number: number): ActorDefinition {
    const plain = { function: null, until: null, cleanup: false } as const;
    if (number === MAIN) return { ...plain, kind: "main", name: "main", parent: null, place: null };
    if (number === LAUNCH)
      return { ...plain, kind: "launch", name: "launch", parent: MAIN, place: this.#launchPlace };
    if (number < MAIN) {
      // A task may have the name of a thread, but none has a space in it.
      const name = programName(threadNames[consumerThread(number)]!);
      return { ...plain, kind: "main", name, parent: null, place: null };
    }
    const { size } = this.#tasks;
    const task = taskOfActor(number, size);
    const { name, spec } = this.#tasks.at(task);
    const { until, finally: cleanUp } = spec;
    if (number !== task) {
      const attempt = 1 + (number - task) / size;
      return {
        kind: "attempt",
        name: `${name}${attemptSign}${attempt}`,
        function: spec.name,
        parent: task,
        place: null,
        until,
        cleanup: cleanUp.length > 0,
      };
    }
    return {
      kind: "task",
      name,
      function: spec.name,
      ...(this.#makers.get(spec.name) ?? { parent: null, place: null }),
      until,
      cleanup: cleanUp.length > 0,
    };
  }

  /** The number of the one with this name. */
  numberOf(name: string): number | undefined {
    if (name === "main") return MAIN;
    if (name === "launch") return LAUNCH;
    const consumer = threadNames
      .slice(CONSUMER_THREAD, CONSUMER_THREAD + this.#consumers)
      .findIndex((thread) => programName(thread) === name);
    if (consumer >= 0) return consumerActor(CONSUMER_THREAD + consumer);
    const [bare, attempt = "1"] = name.split(attemptSign) as [string, string?];
    const task = this.#tasks.indexOf(bare);
    if (task === undefined || attempt === "1") return task;
    const number = Number(attempt);
    return this.#consumers > 0 && Number.isInteger(number) && number > 1
      ? attemptActor(task, number, this.#tasks.size)
      : undefined;
  }
}

/** The first step that starts or submits each task, and whose it is, by the task's name in the document. */
function makersOf(
  main: readonly Step[],
  launch: readonly Step[],
): ReadonlyMap<string, Pick<ActorDefinition, "parent" | "place">> {
  const makers = new Map<string, Pick<ActorDefinition, "parent" | "place">>();
  const note = (name: string, parent: number, { position }: LeafStep): void => {
    if (!makers.has(name)) makers.set(name, { parent, place: position.place ?? null });
  };
  for (const step of leaves(launch))
    if (step.kind === "start") for (const name of step.tasks) note(name, LAUNCH, step);
  for (const step of leaves(main)) if (step.kind === "submit") note(step.task, MAIN, step);
  return makers;
}
