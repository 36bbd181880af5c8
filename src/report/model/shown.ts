/** A report as a file shows it: no text in it hides anything, and no path leads out of the working folder. */
import { printable } from "../../base/texts.ts";
import { Paths, withTexts } from "./paths.ts";
import type { Report } from "./report.ts";

/**
 * All texts are changed but those of sources and of what edits insert, which have lines of their own.
 *
 * @param within the working folder, out of which no path is to be shown; null where all are shown as they are.
 */
export function shownReport(report: Report, within: string | null): Report {
  const paths = within === null ? null : new Paths(within);
  const change = (text: string): string => printable(paths?.within(text) ?? text);
  const { sources, findings, ...others } = report;
  return {
    ...withTexts(others, change),
    findings: findings.map(({ edits, ...finding }) => ({
      ...withTexts(finding, change),
      edits: edits.map(({ change: { file, parts }, ...edit }) => ({
        ...withTexts(edit, change),
        change: { file: change(file), parts },
      })),
    })),
    sources: sources.map(({ text, ...source }) => ({ ...withTexts(source, change), text })),
  };
}
