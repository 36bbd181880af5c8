/**
 * The report as one file of HTML, which opens from disk and asks no network.
 *
 * Words come first and the data last, so that the page is there to be read while the rest comes. Its policy lets
 * nothing run but its own program, known by its hash, and nothing be fetched.
 */
import {
  htmlText,
  htmlBytes,
  htmlJson,
  type HtmlText,
  scriptText,
  styleText,
} from "../../base/texts.ts";
import type { Report } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";
import type { PageParts } from "../page/prepared.ts";
import { bodyOf } from "./body.ts";
import { packed } from "./packed.ts";

export interface FileOptions {
  parts: PageParts;
  /** The working folder, out of which no path is to be shown; null where all are shown as they are. */
  within: string | null;
}

/** @returns the file in pieces. */
export function htmlFile(report: Report, { parts, within }: FileOptions): HtmlText[] {
  const shown = shownReport(report, within);
  const { head, block } = packed(shown);
  const style = styleText(parts.style);
  const script = scriptText(parts.script);
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return [
    htmlText`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${shown.title} · tandem</title>
<style>${[style]}</style>
</head>
<body>
${[bodyOf(shown)]}
<script type="application/json" id="head">${[htmlJson(head)]}</script>
<script>${[script]}</script>
`,
    htmlText`<script type="text/plain" id="data">${[htmlBytes(block)]}</script>
</body>
</html>
`,
  ];
}

function hashOf(text: string): string {
  return `sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}`;
}
