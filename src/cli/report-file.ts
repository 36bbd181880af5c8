/** The file of a report, as `--report` and `tandem report -o` name it: refused before anything runs, written when it is over. */
import { isAbsolute, relative, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { writeFile } from "../base/files.ts";
import { lookAt } from "../base/paths.ts";
import type { Report } from "../report/model/report.ts";
import type { FindSource } from "../report/model/sources.ts";
import { UsageError } from "./errors.ts";
import { checkFile } from "./events-file.ts";

/** The largest source, in bytes, that is taken into a report. */
const mostSource = 2e6;

/** Refuses a file of which it is not known how to write it, or that cannot be written. @param option with its value. */
export function checkReportFile(option: string, file: string, command: string): void {
  if (!/\.html?$/i.test(file))
    throw new UsageError(
      `${option}: a report is a file of HTML; name one that ends in .html`,
      command,
    );
  checkFile(option, file, command);
}

/** Refuses what the options of a report say together, as `checkReportFile` does. */
export function checkReport(
  options: { report: string | null; "full-paths": boolean },
  command: string,
): void {
  const { report, "full-paths": full } = options;
  if (report !== null) checkReportFile(`--report ${report}`, report, command);
  else if (full)
    throw new UsageError("--full-paths is about the file of --report, and none is named", command);
}

/** Writes a report, for its user alone: it holds texts of the program. */
export async function writeReport(
  file: string,
  report: Report,
  { fullPaths }: { fullPaths: boolean },
): Promise<void> {
  const { htmlFile } = await import("../report/html/file.ts");
  const { pageParts } = await import("../report/page/parts.ts");
  const within = fullPaths ? null : process.cwd();
  const pieces = htmlFile(report, { parts: await pageParts(), within });
  await writeFile(file, pieces, { replace: true, isPrivate: true });
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
