/** A run read again from its own file of events: `tandem report` says what the run itself said. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { findFindings } from "../../src/remedies/findings.ts";
import type { Outcome } from "../../src/outcome/outcome.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { type Run, runOf } from "../../src/outcome/run.ts";
import { readRecording } from "../../src/runs/report.ts";
import { encodeRecord } from "../../src/runs/record.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { runInVirtualTime } from "../../src/runs/run.ts";
import { eventTypes } from "../../src/trace/event.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { toJson } from "../../src/report/json.ts";
import { renderVerdict } from "../../src/report/terminal/verdict.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import type { Ticks } from "../../src/base/duration.ts";
import type { Jitter } from "../../src/scenario/jitter.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { allStrategies, resolveStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { performForReal } from "../support/real.ts";

setDefaultTimeout(240_000);

const file = "test.yaml";

/** All that is told of a run. */
function told(outcome: Outcome): { json: string; verdict: string } {
  const findings = findFindings(outcome, tryOut);
  return {
    json: JSON.stringify(toJson(outcome, findings)),
    verdict: renderVerdict(outcome, findings, 80),
  };
}

/** Every event of a log, as a line for each. */
function eventsOf(log: EventLog): string[] {
  return log.chunks.flatMap(({ length, at, type, thread, actor, value, place, texts, resources }) =>
    Array.from({ length }, (_, k) =>
      [
        at[k],
        eventTypes[type[k]!],
        thread[k],
        actor[k],
        value[k],
        place[k],
        resources.get(k),
        texts.get(k),
      ].join(" "),
    ),
  );
}

/** Holds a run against what is read from its file of events. */
function sameAgain(run: Run, text: string): void {
  const record = [...encodeRecord(run, text, "1")].join("");
  const recording = readRecording([record], "events.ndjson");
  if (recording.of !== "scenario") throw new Error("it is the record of a scenario's run");
  const again = recording.run;
  expect(eventsOf(again.trace.log)).toEqual(eventsOf(run.trace.log));
  expect(told(again.outcome)).toEqual(told(run.outcome));
}

function virtual(
  text: string,
  strategy?: Strategy,
  timeout: Ticks | null = null,
  jitter: Jitter | null = null,
): [Run, string] {
  const scenario = parseScenario(text, file);
  const driver = { kind: "virtual", jitter } as const;
  const plan = planOf(scenario, { strategy: strategy ?? scenario.strategy, file, driver });
  return [runInVirtualTime(plan, timeout), text];
}

/** A random document and strategy, the same ones for the same seed. */
function random(seed: number): { text: string; strategy: Strategy } {
  const { document, strategy } = draw(randomFrom(seed));
  return { text: JSON.stringify(document), strategy: resolveStrategy(strategy) };
}

function textOf(name: string): string {
  return catalogue.find((entry) => entry.name === name)!.text;
}

describe("the report of a run's own events", () => {
  test("law: has the events, the verdict, the JSON and the findings of the run: the catalogue under every strategy", () => {
    const strategies = allStrategies().filter((_, index) => index % rounds(24, 1) === 0);
    for (const { text } of catalogue) {
      sameAgain(...virtual(text));
      for (const strategy of strategies) sameAgain(...virtual(text, strategy));
    }
  });

  test("law: has them of random scenarios in virtual time", () => {
    for (let seed = 1; seed <= rounds(60, 500); seed++) {
      const { text, strategy } = random(seed);
      sameAgain(...virtual(text, strategy));
    }
  });

  test("law: has them where durations vary, and where a timeout ends the run", () => {
    for (let seed = 1; seed <= rounds(10, 100); seed++) {
      const { text, strategy } = random(seed);
      sameAgain(...virtual(text, strategy, null, { share: 0.2, seed }));
      sameAgain(...virtual(text, strategy, 100_000 + 10_000 * seed));
    }
  });

  test("law: has them of random scenarios for real, times that no document has included", async () => {
    for (let seed = 1; seed <= rounds(2, 12); seed++) {
      const { text, strategy } = random(7000 + seed);
      const speed = [3, 7, 11][seed % 3]!;
      const driver = { kind: "real", speed } as const;
      const plan = planOf(parseScenario(text, file), { strategy, file, driver });
      sameAgain(runOf(plan, await performForReal(plan, speed)), text);
    }
  });

  test("knows which task's result main has waited for: no race and no finding more or less", () => {
    const submitting = virtual(textOf("submit"));
    sameAgain(...submitting);
    expect(submitting[0].outcome.races).toEqual([]);
    sameAgain(...virtual(textOf("result-timeout")));
  });
});
