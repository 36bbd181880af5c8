/** The file of a report, as `--report` and `tandem report -o` name it: refused before anything runs, written when it is over. */
import { isAbsolute, relative, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { lookAt } from "../base/paths.ts";
import { either } from "../base/sentences.ts";
import type { Output } from "../base/texts.ts";
import type { Report } from "../report/model/report.ts";
import type { FindSource } from "../report/model/sources.ts";
import { UsageError } from "./errors.ts";
import { formatOf, type ReportFormatName, reportFormats } from "./report-formats.ts";
import { checkFile, writeUntilSignal } from "./events-file.ts";
import { version } from "./version.ts";

/** The largest source, in bytes, that is taken into a report. */
const mostSource = 2e6;

/** Refuses a file of which it is not known how to write it, or that cannot be written. @param option with its value. */
export function checkReportFile(option: string, file: string, command: string): void {
  const endings = Object.values(reportFormats).map(({ ending }) => ending);
  if (formatOf(file) === null)
    throw new UsageError(
      `${option}: the name says what is written; it ends in ${either(endings)}`,
      command,
    );
  checkFile(option, file, command);
}

/** Refuses what the options of a report say together, as `checkReportFile` does. */
export function checkReport(
  options: { report: string | null; "full-paths": boolean; live?: boolean },
  command: string,
): void {
  const { report, "full-paths": full, live = false } = options;
  if (report !== null) checkReportFile(`--report ${report}`, report, command);
  else if (full && !live)
    throw new UsageError("--full-paths is about the file of --report, and none is named", command);
}

/** Refuses what the options of a page that is served say together. */
export function checkLive(options: { live: boolean; open: boolean }, command: string): void {
  if (options.open && !options.live)
    throw new UsageError("--open is about the page of --live; add --live", command);
}

/** Writes a report in the format that the file's name says, for its user alone: it holds texts of the program. */
export async function writeReport(
  file: string,
  report: Report,
  { fullPaths }: { fullPaths: boolean },
): Promise<void> {
  const pieces = await piecesOf(formatOf(file)!, report, fullPaths ? null : process.cwd());
  await writeUntilSignal(file, pieces, true);
}

async function piecesOf(
  format: ReportFormatName,
  report: Report,
  within: string | null,
): Promise<Iterable<Output | Uint8Array>> {
  switch (format) {
    case "html": {
      const { htmlFile } = await import("../report/html/file.ts");
      const { pageParts } = await import("../report/page/parts.ts");
      return htmlFile(report, { parts: await pageParts(), within });
    }
    case "svg":
      return [(await import("../report/files/svg.ts")).svgFile(report, within)];
    case "markdown":
      return [(await import("../report/files/markdown.ts")).markdownFile(report, within)];
    case "csv":
      return (await import("../report/files/csv.ts")).csvFile(report, within);
    case "sarif":
      return [
        (await import("../report/files/sarif.ts")).sarifFile(report, { within, tandem: version }),
      ];
    case "chrome":
      return (await import("../report/files/chrome-trace.ts")).chromeTraceFile(report, within);
    case "perfetto":
      return (await import("../report/files/perfetto-trace.ts")).perfettoFile(report, within);
  }
}

/** Finds sources in the working folder; what lies elsewhere is not shown. */
export const sourceInFolder: FindSource = (file) => {
  const folder = process.cwd();
  const path = resolve(folder, file);
  const way = relative(folder, path);
  if (way.startsWith("..") || isAbsolute(way)) return null;
  const there = lookAt(path);
  if (there.kind !== "file" || there.stats.size > mostSource) return null;
  try {
    return { text: readFileSync(path, "utf8"), changedAt: there.stats.mtimeMs };
  } catch {
    return null;
  }
};

/** The same, where the document of a scenario is known. */
export function sourceOrDocument(document: { file: string; text: string }): FindSource {
  return (file) =>
    file === document.file ? { text: document.text, changedAt: null } : sourceInFolder(file);
}
