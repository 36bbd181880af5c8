/** Advice on random scenarios: whatever the document, what is said of it has been run and is so. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import {
  askedFor,
  type Demands,
  demandsBeside,
  demandsOf,
  lacksOf,
  parseDemand,
} from "../../src/analysis/demands.ts";
import type { Outcome } from "../../src/analysis/outcome.ts";
import { adviseOn, defaultStrategies, judge } from "../../src/cli/compare.ts";
import { simulate } from "../../src/cli/perform-all.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";
import { holds } from "../support/property.ts";

const outcomeOf = (scenario: Scenario, strategy: Strategy): Outcome =>
  simulate({ scenario, strategy }).outcome;

/** The outcome with the task that a change makes fail counted as finished. */
function excused(outcome: Outcome, change: string): Outcome {
  const [, failing] = /^(\S+) fails at its /.exec(change) ?? [];
  const tasks = outcome.tasks.map((task) =>
    task.spec.name === failing && task.status === "failed"
      ? { ...task, status: "finished" as const }
      : task,
  );
  return { ...outcome, tasks };
}

const forms = ["yaml", "json", "aliases"] as const;

/** A document's text; with aliases, the second task is what the first one is. */
function written(document: Record<string, unknown>, form: (typeof forms)[number]): string {
  if (form === "json") return JSON.stringify(document);
  const tasks = { ...(document["tasks"] as Record<string, unknown>) };
  const [first, second] = Object.keys(tasks);
  if (form === "aliases" && second !== undefined) tasks[second] = tasks[first!];
  return stringify({ ...document, tasks });
}

const musts = [
  "",
  "finish",
  "lost==0,main",
  "heard,cleanup,wall<=900ms",
  "block<=50ms,overlap>=20%",
];

test("a choice keeps what must hold, and its counter-example is a document that lacks what it says", () => {
  const seen = { choices: 0, counterExamples: 0 };
  holds(
    fc.property(
      fc.nat(),
      fc.constantFrom(...musts),
      fc.constantFrom(...forms),
      (seed, words, form) => {
        const { document, strategy } = draw(randomFrom(seed));
        const text = written({ ...document, strategy }, form);
        const scenario = parseScenario(text, "random");
        const own = outcomeOf(scenario, scenario.strategy);
        const must: Demands =
          words === ""
            ? demandsOf(own, own)
            : askedFor(words.split(",").map((word) => parseDemand(word)!));
        const runs = defaultStrategies(scenario).map((one) =>
          judge(simulate({ scenario, strategy: one }), demandsBeside(must, own)),
        );
        const source = { text, file: "random", folder: "." };
        const { choose, because, unless } = adviseOn(source, scenario, runs, must, own);
        expect(because.length).toBeGreaterThan(0);
        if (choose === null) return expect(unless).toEqual([]);
        seen.choices++;
        const chosen = outcomeOf(scenario, parseStrategy(choose));
        expect(lacksOf(chosen, demandsBeside(must, own))).toEqual([]);

        for (const { change, message, instead, document: text } of unless) {
          seen.counterExamples++;
          const changed = parseScenario(text, "changed");
          expect(changed.strategy.name).toBe(choose);
          const wanted = demandsBeside(must, outcomeOf(changed, scenario.strategy));
          const lacksUnder = (name: string): string[] =>
            lacksOf(excused(outcomeOf(changed, parseStrategy(name)), change), wanted);
          const [lack] = lacksUnder(choose);
          expect(lack).toBeDefined();
          expect(message).toContain(`then under ${choose} ${lack!}`);
          if (instead !== null) expect(lacksUnder(instead)).toEqual([]);
        }
      },
    ),
    { numRuns: 80 },
  );
  expect(seen.choices).toBeGreaterThan(10);
  expect(seen.counterExamples).toBeGreaterThan(10);
});
