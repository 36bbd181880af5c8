/**
 * The report as one file of HTML, which opens from disk and asks no network; or as the page that is served while
 * its program runs, and what comes to it then.
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
import type { LiveHead, LiveStage } from "../page/format.ts";
import type { PageParts } from "../page/prepared.ts";
import { bodyOf } from "./body.ts";
import { packed } from "./packed.ts";

export interface FileOptions {
  parts: PageParts;
  /** The working folder, out of which no path is to be shown; null where all are shown as they are. */
  within: string | null;
  /** Where the page hears of more (`ws:`), of a program that runs; null for a file, which asks for nothing. */
  socket?: string | null;
}

/** @returns the file in pieces. */
export function htmlFile(
  report: Report,
  { parts, within, socket = null }: FileOptions,
): HtmlText[] {
  const shown = shownReport(report, within);
  const { head, block } = packed(shown);
  const style = styleText(parts.style);
  const script = scriptText(parts.script);
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    ...(socket === null ? [] : [`connect-src ${socket}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return [
    htmlText`<!doctype html>
<html lang="en"${socket === null ? [] : [htmlText` data-live="${socket}"`]}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
${
  socket === null
    ? []
    : [
        htmlText`<link rel="icon" href="data:,">
`,
      ]
}<title>${shown.title} · tandem</title>
<style>${[style]}</style>
</head>
<body>
${[bodyOf(shown, { isOver: socket === null })]}
<script type="application/json" id="head">${[htmlJson(head)]}</script>
<script>${[script]}</script>
`,
    htmlText`<script type="text/plain" id="data">${[htmlBytes(block)]}</script>
</body>
</html>
`,
  ];
}

/** What comes to the page of a program that runs (`LiveHead` says how). */
export function liveMessage(
  report: Report,
  { within, stage }: Pick<FileOptions, "within"> & { stage: LiveStage },
): Uint8Array<ArrayBuffer> {
  const shown = shownReport(report, within);
  const { head, block } = packed(shown);
  const words: LiveHead = { head, body: bodyOf(shown, { isOver: stage === "over" }), stage };
  const json = new TextEncoder().encode(JSON.stringify(words));
  const message = new Uint8Array(4 + json.length + block.length);
  new DataView(message.buffer).setUint32(0, json.length, true);
  message.set(json, 4);
  message.set(block, 4 + json.length);
  return message;
}

function hashOf(text: string): string {
  return `sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}`;
}
