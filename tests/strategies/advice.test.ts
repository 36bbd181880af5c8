/** Advice keeps its word: a counter-example, compared under the demands that were told, says what was said. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { stringify } from "yaml";
import { parseDemands, writeDemands } from "../../src/strategies/demand-words.ts";
import { demandsOf } from "../../src/strategies/wishes.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";
import { compareDocument, type CompareWords } from "../support/comparison.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { allStrategies } from "../../src/scenario/strategy.ts";

setDefaultTimeout(patience);

const musts = [null, "finish,block<=50ms", "finish,heard,main", "heard,lost==0,main<=3s,wall<=6s"];

interface Seen {
  /** How many counter-examples there were, and in how many of them no strategy is right. */
  examples: number;
  hopeless: number;
}

/** Compares a document, and holds its advice to its word. */
function keepsItsWord(text: string, words: CompareWords, seen: Seen): void {
  const { advice, scenario } = compareDocument(text, words);
  const told = writeDemands(advice.must);
  const names = scenario.tasks.map(({ name }) => name);
  expect(writeDemands(parseDemands(told, names))).toBe(told);
  const [unless] = advice.unless;
  if (unless === undefined) return;
  seen.examples++;
  if (unless.instead === null) seen.hopeless++;
  const { document, instead, message } = unless;
  const changed = compareDocument(document, { must: told }, "choice");
  expect(changed.scenario.strategy.name).toBe(advice.choose!);
  const choice = changed.runs.find(({ strategy }) => strategy.name === advice.choose)!;
  expect(message).toContain(`then under ${advice.choose} ${choice.lacks[0]!}`);
  expect(changed.advice.choose).toBe(instead);
  const then =
    instead === null ? "no strategy that was tried would keep it" : `${instead} would be right`;
  expect(message).toEndWith(`, and ${then}.`);
  // What the user did not type nobody has to type.
  if (words.must === null) expect(writeDemands(demandsOf(changed.scenario).all)).toBe(told);
  if (!allRounds) return;
  // It is the same among all strategies, where it is one of them.
  if (instead !== null && !allStrategies().some(({ name }) => name === instead)) return;
  const again = compareDocument(document, { must: told, all: true }, "choice");
  expect(again.advice.choose).toBe(instead);
}

describe("law: a counter-example, compared under the demands that were told, says what was said", () => {
  const cases = [false, true].flatMap((all) => musts.map((must) => [must, all] as const));
  test.each(cases.slice(0, rounds(1, cases.length)))(
    "for the catalogue, --must %p, --all %p",
    (must, all) => {
      const seen = { examples: 0, hopeless: 0 };
      // The suite tries one of three.
      const tried = catalogue.filter((_, index) => index % rounds(3, 1) === 0);
      for (const { text } of tried) keepsItsWord(text, { must, all }, seen);
      // Where every task is to finish, it can only be time that decides.
      expect(seen.examples).toBeGreaterThan(must === "finish,heard,main" ? -1 : rounds(1, 3));
    },
    600_000,
  );

  test("for random scenarios", () => {
    const seen = { examples: 0, hopeless: 0 };
    for (let seed = 0; seed < rounds(20, 300); seed++)
      for (const [k, must] of musts.entries())
        if (allRounds || seed % musts.length === k) keepsItsWord(written(seed), { must }, seen);
    expect(seen.examples).toBeGreaterThan(6);
    expect(seen.examples - seen.hopeless).toBeGreaterThan(3);
  }, 3_600_000);
});

const forms = ["yaml", "json", "aliases"] as const;

/** A random document as text, now and then with what it expects; with aliases, the second task is as the first. */
function written(seed: number): string {
  const { document, strategy } = draw(randomFrom(seed));
  const random = randomFrom(seed + 1_000_000);
  const form = forms[Math.floor(random() * forms.length)]!;
  const tasks = { ...(document["tasks"] as Record<string, unknown>) };
  const [first, second] = Object.keys(tasks);
  if (form === "aliases" && second !== undefined) tasks[second] = tasks[first!];
  const whole = { ...document, tasks, strategy };
  const text = (one: object): string => (form === "json" ? JSON.stringify(one) : stringify(one));
  return text(random() < 0.5 ? { ...whole, expect: expectation(text(whole), random) } : whole);
}

/** What a document may expect: some of what it comes to. */
function expectation(text: string, random: () => number): object {
  const scenario = parseScenario(text, "random");
  const outcome = tryOut(scenario, scenario.strategy);
  const later = (ticks: number): string => `<= ${Math.ceil((ticks / 1000) * 1.1)}ms`;
  const statuses = Object.fromEntries(outcome.tasks.map(({ spec, status }) => [spec.name, status]));
  const [line] = outcome.prints;
  const parts: [number, object][] = [
    [0.4, { tasks: statuses }],
    [0.2, { tasks: "finished" }],
    [0.6, { lost: 0 }],
    [0.4, { wall: later(outcome.wall) }],
    [0.3, { main: later(outcome.main.endedAt ?? outcome.wall) }],
    [0.2, { longestBlock: "<= 200ms" }],
    [0.2, { "lateness.p99": "<= 100ms" }],
    [0.2, { overlap: ">= 20%" }],
    [0.2, line === undefined ? {} : { prints: { contains: [line.text] } }],
    [0.1, { prints: outcome.prints.map((print) => print.text) }],
    [0.2, { deadlock: false }],
  ];
  return Object.assign({}, ...parts.map(([share, part]) => (random() < share ? part : {})));
}
