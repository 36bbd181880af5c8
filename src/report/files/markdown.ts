/** A report in Markdown, for a pull request: verdict, findings, edits as diffs, and the table of everything. */
import { counted } from "../../base/sentences.ts";
import {
  joined,
  markdown,
  markdownBlock,
  markdownLines,
  type MarkdownText,
  printable,
} from "../../base/texts.ts";
import type { Report, ReportedFinding } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";

/** The most that is written, in characters: a comment of GitHub's holds 65,536. */
const most = 60_000;

/** @param within the working folder; null: paths as they are. */
export function markdownFile(report: Report, within: string | null): MarkdownText {
  const { title, verdict, record, findings, matrix } = shownReport(report, within);
  const head = [
    markdown`## ${title}\n`,
    markdown`${verdict.headline}\n`,
    ...[...verdict.sentences, ...record].map((sentence) => markdown`${sentence}\n`),
  ];
  const told = limited(findings.map(findingOf), most / 2, "finding");
  const table = matrix?.rows ?? [
    ["Who", "Status", "When", "What is known"],
    ...verdict.rows.map(({ who, status, when, story }) => [who, status, when, story]),
  ];
  const [titles, ...rows] = table.map((cells) => {
    const written = cells.map((cell) => markdown` ${cell} |`);
    return markdown`|${written}`;
  });
  return joined(
    [
      ...head,
      ...(findings.length === 0 ? [] : [markdown`### ${counted(findings.length, "finding")}\n`]),
      ...told,
      ...(matrix?.hint == null ? [] : [markdown`${matrix.hint}\n`]),
      ...(rows.length === 0
        ? []
        : [titles!, rule(table[0]!.length), ...limited(rows, most / 2, "row")]),
      "",
    ],
    "\n",
  );
}

function rule(columns: number): MarkdownText {
  return markdownLines(`|${" --- |".repeat(columns)}`);
}

/** As many as there is room for, and how many more there are. */
function limited(texts: readonly MarkdownText[], room: number, what: string): MarkdownText[] {
  let length = 0;
  const first = texts.findIndex((text) => (length += text.length + 1) > room);
  if (first < 0) return [...texts];
  return [
    ...texts.slice(0, first),
    markdown`\n${counted(texts.length - first, `more ${what}`)}.\n`,
  ];
}

function findingOf(
  { rule, message, fix, places, edits }: ReportedFinding,
  index: number,
): MarkdownText {
  const where = [...new Set(places.map(({ is, file, line }) => `${is} ${file}:${line}`))];
  return joined(
    [
      markdown`#### ${index + 1}. ${rule}\n`,
      markdown`${message}.\n`,
      ...(where.length === 0 ? [] : [markdown`${where.join(", ")}\n`]),
      ...(fix === null ? [] : [markdown`To change that: ${fix}.\n`]),
      ...edits.flatMap(({ does, proof, diff }) => [
        markdown`**${does}** ${proof.join(" ")}\n`,
        markdownBlock("diff", joined(diff.map(printable), "\n")),
      ]),
    ],
    "\n",
  );
}
