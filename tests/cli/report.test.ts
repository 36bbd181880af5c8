/** A run read again from its own file of events: `tandem report` says what the run itself said. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { findFindings } from "../../src/remedies/findings.ts";
import { type Outcome, type Performed, readOutcome } from "../../src/outcome/outcome.ts";
import { readRecording } from "../../src/runs/report.ts";
import { encodeRun } from "../../src/cli/event-file.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
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

const runtime = "test";

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
function sameAgain(performed: Performed, text: string, log: EventLog): void {
  const outcome = readOutcome(performed, log);
  const file = [...encodeRun(outcome, { file: "test.yaml", text }, log)].join("");
  const recording = readRecording([file], "events.ndjson");
  if (recording.of !== "scenario") throw new Error("it is the record of a scenario's run");
  const again = recording.run;
  expect(eventsOf(again.log)).toEqual(eventsOf(log));
  expect(told(again.outcome)).toEqual(told(outcome));
}

function virtual(
  text: string,
  strategy?: Strategy,
  timeout: Ticks | null = null,
  jitter?: Jitter,
): [Performed, string, EventLog] {
  const scenario = parseScenario(text, "test.yaml");
  const chosen = strategy ?? scenario.strategy;
  const log = runVirtually({ scenario, strategy: chosen, runtime }, timeout, jitter);
  const performed = { scenario, strategy: chosen, driver: "virtual", speed: 1 } as const;
  return [{ ...performed, ...(jitter === undefined ? {} : { jitter }) }, text, log];
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
      const scenario = parseScenario(text, "test.yaml");
      const speed = [3, 7, 11][seed % 3]!;
      const log = await performForReal({ scenario, strategy, runtime }, speed);
      sameAgain({ scenario, strategy, driver: "real", speed }, text, log);
    }
  });

  test("knows which task's result main has waited for: no race and no finding more or less", () => {
    const submitting = virtual(textOf("submit"));
    sameAgain(...submitting);
    expect(readOutcome(submitting[0], submitting[2]).races).toEqual([]);
    sameAgain(...virtual(textOf("result-timeout")));
  });
});
