/** Random scenarios in virtual time, some of whose blocking steps are calls of the user's functions. */
import type { Outcome } from "../../src/outcome/outcome.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { type EventType, eventTypes } from "../../src/trace/event.ts";
import type { EventLog } from "../../src/trace/log.ts";
import type { CallTimes } from "../../src/scenario/calls.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";

export interface RandomRun {
  scenario: Scenario;
  strategy: Strategy;
  log: EventLog;
  outcome: Outcome;
}

/** Functions that hold their thread all the time, never, and at first. */
const takes: CallTimes = {
  byActor: {},
  byFunction: {
    "./x.ts#spins": { total: 110_000, held: 110_000 },
    "./x.ts#awaits": { total: 130_000, held: 0 },
    "./x.ts#both": { total: 170_000, held: 50_000 },
  },
};
const functions = Object.keys(takes.byFunction).map((name) => name.split("#")[1]!);

export function performRandom(seed: number): RandomRun {
  const random = randomFrom(seed);
  const { document, strategy: input } = draw(random);
  const scenario = parseScenario(JSON.stringify(withCalls(document, random)), "random.json");
  const strategy = resolveStrategy(input);
  const log = runVirtually({ scenario, strategy, runtime: "test", takes });
  const { outcome } = runOf(planOf(scenario, { strategy }), log);
  return { scenario, strategy, log, outcome };
}

/** The document with some of its `block` steps become calls. */
function withCalls(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => withCalls(item, random));
  if (typeof value !== "object" || value === null) return value;
  if ("block" in value && random() < 0.3) {
    const name = functions[Math.floor(random() * functions.length)];
    return { call: { module: "./x.ts", export: name, takes: 100 } };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withCalls(inner, random)]),
  );
}

/** An event as an object. */
export interface Happened {
  type: EventType;
  at: number;
  thread: number;
  actor: number;
  value: number;
}

export function eventsOf(log: EventLog): Happened[] {
  return log.chunks.flatMap(({ length, at, type, thread, actor, value }) =>
    Array.from({ length }, (_, k) => ({
      type: eventTypes[type[k]!]!,
      at: at[k]!,
      thread: thread[k]!,
      actor: actor[k]!,
      value: value[k]!,
    })),
  );
}
