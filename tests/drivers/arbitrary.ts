/**
 * Random scenarios over all four axes, for both drivers.
 *
 * Invariant: every document is valid, takes about a second at most, and gives each print and failure
 * a text of its own. Which scenarios are free of luck is found out by performing them with their
 * durations shaken (`isRobust`), not by how they are made.
 */
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { toJson } from "../../src/report/json.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy, type Strategy, type StrategyInput } from "../../src/scenario/strategy.ts";

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Step = string | { [key: string]: unknown };

export interface Drawn {
  document: { [key: string]: unknown };
  strategy: StrategyInput;
}

/** Draws a scenario and a strategy. */
export function draw(random: () => number): Drawn {
  const pick = <Value>(...values: Value[]): Value => values[Math.floor(random() * values.length)]!;
  const chance = (share: number): boolean => random() < share;
  const times = <Value>(least: number, most: number, make: () => Value): Value[] =>
    Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, make);
  const duration = (): number => pick(60, 120, 180, 240) + pick(0, 20, 40);
  let label = 0;
  const print = (): Step => ({ print: `line ${label++}${chance(0.3) ? " {value}" : ""}` });
  const channels = { inbox: chance(0.5) ? { capacity: pick(1, 2) } : {}, outbox: {} };
  const names = ["one", "two", "three"].slice(0, pick(1, 2, 2, 3));

  const taskStep = (): Step => {
    const kind = random();
    if (kind < 0.28) return print();
    if (kind < 0.55) return { sleep: duration() };
    if (kind < 0.7) return { block: duration() };
    if (kind < 0.74) return { compute: 3 };
    if (kind < 0.79) return { fail: `failure ${label++}` };
    if (kind < 0.87) return { receive: "inbox", ...(chance(0.6) ? { timeout: duration() } : {}) };
    if (kind < 0.94)
      return { send: { channel: pick("outbox", "outbox", "inbox"), value: label++ } };
    return { repeat: pick(0, 2, 2), steps: times(1, 2, taskStep) };
  };
  const tasks = Object.fromEntries(
    names.map((name) => {
      const steps = times(1, 4, taskStep);
      if (chance(0.5)) return [name, steps];
      return [
        name,
        {
          steps,
          ...(chance(0.7) ? { finally: times(1, 2, taskStep) } : {}),
          ...(chance(0.2) ? { copies: 2 } : {}),
        },
      ];
    }),
  );

  const loop = pick("inline", "thread", "thread", "portal", "portal", "float");
  const beside = loop === "thread" || loop === "portal";
  const submitted = beside || chance(0.1) ? names.filter(() => chance(0.35)) : [];
  const started = names.filter((name) => !submitted.includes(name));
  const launch: Step[] = [];
  for (const name of started) {
    if (chance(0.3)) launch.push(chance(0.5) ? print() : { sleep: duration() });
    launch.push({ start: name });
  }
  if (chance(0.2)) launch.push({ block: duration() });
  if (chance(0.1)) launch.push({ send: { channel: "inbox", value: "from launch" } });
  if (chance(0.06)) launch.push({ fail: "launch fails" });
  launch.push("settle");
  if (chance(0.4)) launch.push({ sleep: duration() }, print());

  const mainStep = (): Step => {
    const kind = random();
    if (kind < 0.3) return print();
    if (kind < 0.65) return { block: duration() };
    if (kind < 0.7) return { compute: 3 };
    if (kind < 0.74) return { fail: "main fails" };
    if (kind < 0.86) return { send: { channel: "inbox", value: label++ } };
    return { receive: "outbox", ...(chance(0.7) ? { timeout: duration() } : {}) };
  };
  const main: Step[] = [...(chance(0.3) ? times(1, 1, mainStep) : []), "launch"];
  main.push({ block: duration() });
  for (const name of submitted) {
    main.push({ submit: name });
    if (chance(0.4)) main.push({ block: duration() });
    if (chance(0.6)) main.push({ result: name, ...(chance(0.5) ? { timeout: duration() } : {}) });
  }
  main.push(...times(0, 3, mainStep));
  if (chance(0.25)) main.push({ join: null, ...(chance(0.6) ? { timeout: duration() } : {}) });
  main.push(...times(0, 2, mainStep));

  const settle =
    loop === "portal" ? pick("none", "gather") : pick("none", "gather", "group", "settled");
  const atExit = loop === "inline" ? undefined : pick("wait", "wait", "cancel", "abandon");
  const offload = pick("none", "none", "none", "threads", "threads", "processes");
  return {
    document: { name: "random", main, launch, tasks, channels },
    strategy: {
      loop,
      settle,
      ...(settle !== "none" && chance(0.3) ? { timeout: duration() } : {}),
      ...(atExit === undefined ? {} : { atExit }),
      ...(atExit !== undefined && atExit !== "abandon" && chance(0.3) ? { grace: duration() } : {}),
      ...(offload === "none" ? {} : { offload, workers: pick(1, 2) }),
    },
  };
}

/** Where a performance is shaken by small delays before steps. */
const delays = [[], ["main"], ["launch", "tasks"], ["main", "launch", "tasks"]];

/**
 * Whether the scenario comes out the same however its steps are delayed a little, and soon enough.
 *
 * @param rounds how often it is shaken: where nothing is late, less will do.
 */
export function isRobust(
  { document, strategy }: Drawn,
  random: () => number,
  rounds = 48,
): boolean {
  const resolved = resolveStrategy(strategy);
  const told = outcomeOf(document, resolved);
  if (told.wall > 1500) return false;
  for (let round = 0; round < rounds; round++) {
    const delayed = delays[round % delays.length]!;
    const onlyLater = round % 8 < 4;
    const other = outcomeOf(
      Object.fromEntries(
        Object.entries(document).map(([key, value]) => [
          key,
          shaken(value, { random, onlyLater, delays: delayed.includes(key) }, key),
        ]),
      ),
      resolved,
    );
    if (other.outcome !== told.outcome) return false;
    // Delays are steps as well, so with them progress is another.
    if (delayed.length === 0 && other.progress !== told.progress) return false;
    // If all takes longer, what is over sooner hung by a thread.
    if (onlyLater && (other.wall < told.wall || other.wall > told.wall + 200)) return false;
  }
  return true;
}

/** What came of a scenario, for comparing. */
function outcomeOf(document: Drawn["document"], strategy: Strategy) {
  const scenario = parseScenario(JSON.stringify(document), "random.json");
  const log = runVirtually({ scenario, strategy, runtime: "test" });
  const result = toJson(runOf(planOf(scenario, { strategy }), log).outcome, []);
  const outcome = JSON.stringify([
    result.main.status,
    // A timeout tells how long it was, and that is shaken.
    result.main.error?.replace(/[\d.]+m?s\b/, "a while"),
    result.launch.status,
    result.launch.error,
    result.exitCode,
    result.interruptedBy,
    result.tasks.map(({ status, error, heard, cleanup }) => [status, error, heard, cleanup]),
    ["main", "loop"].map((thread) =>
      result.prints.filter((one) => one.thread === thread).map(({ text }) => text),
    ),
  ]);
  const progress = result.tasks.map((task) => task.stepsDone).join();
  return { wall: result.wall, outcome, progress };
}

interface Shaking {
  random: () => number;
  /** Durations are lengthened, not shortened. */
  onlyLater: boolean;
  /** Small delays come before steps. */
  delays: boolean;
}

/** A part of a document with its durations changed a little. */
function shaken(value: unknown, how: Shaking, key = ""): unknown {
  const { random, onlyLater, delays } = how;
  if (typeof value === "number" && ["sleep", "block", "timeout", "compute"].includes(key))
    return Math.max(1, value + Math.floor(random() * 20) - (onlyLater ? 0 : 10));
  if (Array.isArray(value)) {
    const isSteps = ["main", "launch", "steps", "finally", "one", "two", "three"].includes(key);
    return value.flatMap((item) => {
      const shakenItem = shaken(item, how);
      if (!delays || !isSteps || random() < 0.5) return [shakenItem];
      return [{ block: Math.floor(random() * 8) }, shakenItem];
    });
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, shaken(inner, how, name)]),
  );
}
