/** What a report is written as, by the end of its file's name. */

interface ReportFormat {
  /** The end that is named in help and messages. */
  ending: `.${string}`;
  pattern: RegExp;
  says: string;
}

export const reportFormats = {
  html: {
    ending: ".html",
    pattern: /\.html?$/i,
    says: "a page with a timeline to zoom into, and the sources of the places told",
  },
  svg: {
    ending: ".svg",
    pattern: /\.svg$/i,
    says: "the timeline as a still picture, for a README or a slide",
  },
  markdown: {
    ending: ".md",
    pattern: /\.(?:md|markdown)$/i,
    says: "verdict, findings, edits and tables, for a pull request",
  },
  sarif: {
    ending: ".sarif",
    pattern: /\.sarif(?:\.json)?$/i,
    says: "the findings at file and line, with what heals them, for code scanning",
  },
  csv: {
    ending: ".csv",
    pattern: /\.csv$/i,
    says: "a table: the strategies, or everybody with what they spent their time on",
  },
  chrome: {
    ending: ".perfetto.json",
    pattern: /\.perfetto\.json$/i,
    says: "the timeline for ui.perfetto.dev or chrome://tracing",
  },
  perfetto: {
    ending: ".pftrace",
    pattern: /\.(?:pftrace|perfetto-trace)$/i,
    says: "the same, smaller, with more arrows, for ui.perfetto.dev alone",
  },
} as const satisfies Record<string, ReportFormat>;

export type ReportFormatName = keyof typeof reportFormats;

/** The format of a file; null where its name says none. */
export function formatOf(file: string): ReportFormatName | null {
  const known = Object.entries(reportFormats) as [ReportFormatName, ReportFormat][];
  return known.find(([, { pattern }]) => pattern.test(file))?.[0] ?? null;
}
