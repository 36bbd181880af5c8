/** The report on a run of a scenario. */
import { formatCount } from "../../base/count.ts";
import { formatTime } from "../../base/duration.ts";
import { counted } from "../../base/sentences.ts";
import { headingOf } from "../../scenario/axes.ts";
import type { ActorOutcome } from "../../reading/entities.ts";
import type { Run } from "../../outcome/run.ts";
import type { ToldFinding } from "../../remedies/findings.ts";
import { outlivesRecord, wasStopped } from "../../outcome/outcome.ts";
import type { Hold } from "../../reading/holds.ts";
import { Names } from "../../remedies/program/names.ts";
import { renderRecord } from "../terminal/record.ts";
import { runVerdict } from "../terminal/verdict.ts";
import type { Report, ReportedFinding } from "./report.ts";
import { type FindSource, Notes } from "./sources.ts";
import type { Place } from "../../trace/definitions.ts";
import { type Fate, fates, states } from "../page/words.ts";
import { type Timeline, timelineOf } from "./timeline.ts";

const holding = states.indexOf("holding");

export function runReport(run: Run, findings: readonly ToldFinding[], find: FindSource): Report {
  const record = renderRecord(run.trace).map((line) => line.trimEnd());
  return { ...drawn(run, findings, find), verdict: runVerdict(run.outcome), record };
}

/** All of a report but what is told of the whole run in sentences. */
function drawn(
  run: Run,
  findings: readonly ToldFinding[],
  find: FindSource,
): Omit<Report, "verdict" | "record"> {
  const { outcome, trace, plan } = run;
  const timeline = runTimeline(run);
  const { places } = trace.definitions;
  const notes = new Notes();
  const held = new HeldPlaces(timeline);
  for (const loop of run.reading.loops)
    for (const { hold } of loop.blame.holds) {
      const inUserCode = places.get(hold.seen?.place ?? hold.source?.place ?? NaN);
      const place = inUserCode ?? held.of(hold);
      notes.add(place, "held", `held the loop for ${formatTime(hold.ticks)}`);
    }
  const told = findings.map((finding, index): ReportedFinding => {
    const { rule, message, fix, at, task } = finding;
    const tasks = outcome.tasks.filter(({ spec }) => spec.name === task);
    // Whoever came to an end of its own stood nowhere.
    const stopped = tasks.filter((one) => one.status === "failed" || wasStopped(one));
    const stood = new Set(stopped.flatMap(({ lastPlace }) => lastPlace ?? []));
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
    matrix: null,
    findings: told,
    timeline,
    sources: notes.sources(find, null),
  };
}

/** The report on a run that goes on: what it comes to is told at its end. */
export function growingReport(run: Run, find: FindSource): Report {
  const { tasks, scenario, strategy } = run.outcome;
  const over = tasks.filter((task) => !outlivesRecord(task, run.outcome)).length;
  const of = `${formatCount(over)} of ${counted(tasks.length, "task")}`;
  return {
    ...drawn(run, [], find),
    verdict: {
      headline: `${scenario.name}, strategy ${strategy.name} (${headingOf(strategy)})`,
      rows: [],
      sentences: [`It runs, and so far ${of} ended. What it comes to is told at its end.`],
    },
    record: [],
  };
}

/** What a run's threads and tasks were at. */
export function runTimeline(run: Run): Timeline {
  const { trace, reading } = run;
  const { definitions } = trace;
  return timelineOf({
    trace,
    reading,
    names: new Names(definitions),
    resources: new Map([...definitions.resources].map(([number, { name }]) => [number, name])),
    fateOf: (actor) => (outlivesRecord(actor, run.outcome) ? "alive" : fateOf(actor)),
    processName: ({ name }) => name,
  });
}

function fateOf({ lost, givenUp, status, cancelled }: ActorOutcome): Fate {
  if (lost) return "lost";
  if (givenUp !== null) return "given up";
  return fates.find((fate) => fate === status) ?? (cancelled !== null ? "cancelled" : "ended");
}

/** Where in the document the steps stand that held a thread. */
class HeldPlaces {
  readonly #timeline: Timeline;
  /** By entity: the index of its first stretch. */
  readonly #first: number[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    let first = 0;
    for (const count of timeline.entities.stretches) {
      this.#first.push(first);
      first += count;
    }
  }

  /** The place that most of a hold was at; undefined where none is told. */
  of({ actor, at, ticks, source, seen }: Hold): Place | undefined {
    const { ofActor, stretches, places, entities } = this.#timeline;
    const entity = ofActor.get(actor);
    // Of user code it is not known where in the document it stands.
    if (entity === undefined || source !== null || seen !== undefined) return undefined;
    let most = 0;
    let found: Place | undefined;
    const first = this.#first[entity]!;
    for (let k = first; k < first + entities.stretches[entity]!; k++) {
      const within = Math.min(stretches.to[k]!, at + ticks) - Math.max(stretches.from[k]!, at);
      if (stretches.state[k] !== holding || stretches.place[k]! < 0 || within <= most) continue;
      most = within;
      found = places[stretches.place[k]!];
    }
    return found;
  }
}
