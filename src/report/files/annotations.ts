/** Findings as GitHub's workflow commands: each shows at the line that it names first. */
import type { WorkflowText } from "../../base/texts.ts";
import { limitedAnnotations } from "../github.ts";
import type { Report } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";
import { levelOf } from "./level.ts";

/** @param within the working folder; null: paths as they are. */
export function annotationsOf(report: Report, within: string | null): WorkflowText {
  const inFolder = new Set(report.sources.map(({ file }) => file));
  const { findings } = shownReport(report, within);
  return limitedAnnotations(
    findings.map(({ rule, message, fix, edits, places }, index) => {
      // A place elsewhere is no line of the repository's.
      const at = places.find((_, k) => inFolder.has(report.findings[index]!.places[k]!.file));
      const words = [
        `${message}.`,
        ...(fix === null ? [] : [`To change that: ${fix}.`]),
        ...edits.flatMap(({ does, proof, diff }) => [does, ...proof, ...diff]),
      ];
      return {
        level: levelOf(rule),
        properties: { ...(at === undefined ? {} : { file: at.file, line: at.line }), title: rule },
        message: words.join("\n"),
      };
    }),
  );
}
