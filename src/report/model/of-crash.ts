/** The report on what crashes cost: the table with a chart in each row, and the run of each worst moment. */
import { formatTime } from "../../base/duration.ts";
import { crashName, crashRows, spanOf, sparkline, targets } from "../terminal/crash.ts";
import { joinedTimelines } from "./joined.ts";
import type { ToldCrash } from "../crash-json.ts";
import type { Report } from "./report.ts";
import { type FindSource, Notes } from "./sources.ts";
import type { Timeline } from "./timeline.ts";

interface About {
  headline: string;
  sentences: readonly string[];
  /** The name of the scenario's document. */
  document: string;
  find: FindSource;
}

/** @param timelines of the runs that are killed at the worst moments. */
export function crashReport(
  scenario: string,
  crashes: readonly (ToldCrash & { timeline: Timeline | null })[],
  { headline, sentences, document, find }: About,
): Report {
  const notes = new Notes();
  notes.show(document);
  const span = spanOf(crashes);
  const [titles = [], ...rows] = crashRows(crashes);
  return {
    title: scenario,
    verdict: { headline, rows: [], sentences },
    matrix: {
      title: "Crashes",
      hint: `The last column shows the share of tasks lost, by when the kill comes, up to ${formatTime(span)}; the timeline, each strategy killed at its worst moment.`,
      rows: [
        [...titles, "lost if killed then"],
        ...rows.map((row, index) => [...row, sparkline(crashes[index]!, span)]),
      ],
    },
    findings: [],
    timeline: joinedTimelines(
      crashes.flatMap((one) =>
        one.timeline === null
          ? []
          : [
              {
                name: crashName(one),
                story: `${targets[one.killed]} killed at ${formatTime(one.worst!.at)}`,
                timeline: one.timeline,
              },
            ],
      ),
    ),
    sources: notes.sources(find, null),
    record: [],
  };
}
