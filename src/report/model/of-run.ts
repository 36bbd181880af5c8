/** The report on a run of a scenario. */
import { formatTime } from "../../base/duration.ts";
import { actorsByNumber, type ActorOutcome } from "../../reading/entities.ts";
import type { Run } from "../../outcome/run.ts";
import type { ToldFinding } from "../../remedies/findings.ts";
import { Names } from "../../remedies/program/names.ts";
import { renderRecord } from "../terminal/record.ts";
import { runVerdict } from "../terminal/verdict.ts";
import type { Report, ReportedFinding } from "./report.ts";
import { type FindSource, Notes } from "./sources.ts";
import { type Fate, fates } from "../page/words.ts";
import { type Timeline, timelineOf } from "./timeline.ts";

export function runReport(run: Run, findings: readonly ToldFinding[], find: FindSource): Report {
  const { outcome, trace, plan } = run;
  const timeline = runTimeline(run);
  const { places } = trace.definitions;
  const notes = new Notes();
  for (const loop of run.reading.loops)
    for (const { hold } of loop.blame.holds) {
      const place = hold.seen?.place ?? hold.source?.place ?? lastPlaceOf(run, hold.actor);
      notes.add(places.get(place ?? NaN), "held", `held the loop for ${formatTime(hold.ticks)}`);
    }
  const told = findings.map((finding, index): ReportedFinding => {
    const { rule, message, fix, at, task } = finding;
    const tasks = outcome.tasks.filter(({ spec }) => spec.name === task);
    const stood = new Set(tasks.flatMap(({ lastPlace }) => lastPlace ?? []));
    const where = [...stood].flatMap((place) => places.get(place) ?? []).slice(0, 3);
    for (const place of where) notes.add(place, "finding", `finding ${index + 1}: ${rule}`);
    return {
      rule,
      message,
      fix,
      at,
      entities: tasks.flatMap(({ number }) => timeline.ofActor.get(number) ?? []).slice(0, 1000),
      places: where.map(({ file, line }) => ({ is: "stood", file, line })),
      edits: [],
    };
  });
  for (const { lost, lastPlace, spec } of outcome.tasks)
    if (lost) notes.add(places.get(lastPlace ?? NaN), "stood", `${spec.name} stood here`);
  return {
    title: plan.scenario.name,
    verdict: runVerdict(outcome),
    matrix: null,
    findings: told,
    timeline,
    sources: notes.sources(find, null),
    record: renderRecord(trace).map((line) => line.trimEnd()),
  };
}

/** What a run's threads and tasks were at. */
export function runTimeline({ trace, reading }: Run): Timeline {
  const { definitions } = trace;
  return timelineOf({
    trace,
    reading,
    names: new Names(definitions),
    resources: new Map([...definitions.resources].map(([number, { name }]) => [number, name])),
    fateOf,
    processName: ({ name }) => name,
  });
}

function fateOf({ lost, givenUp, status, cancelled }: ActorOutcome): Fate {
  if (lost) return "lost";
  if (givenUp !== null) return "given up";
  return fates.find((fate) => fate === status) ?? (cancelled !== null ? "cancelled" : "ended");
}

function lastPlaceOf({ reading }: Run, actor: number): number | null {
  return actorsByNumber(reading.actors).get(actor)?.lastPlace ?? null;
}
