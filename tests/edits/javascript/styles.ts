/** Styles that a text may be written in instead of its own, without another meaning. */

export const styles: Readonly<Record<string, (text: string) => string>> = {
  "line ends of Windows": (text) => text.replaceAll("\n", "\r\n"),
  tabs: (text) => text.replaceAll(/^(?: {2})+/gm, (lead) => "\t".repeat(lead.length / 2)),
  "a mark of the byte order": (text) => `\uFEFF${text}`,
  "wide characters": (text) =>
    text.replaceAll(/(?<!["\w])(id|ready|x)\b(?!["\w])/g, "$1漢").replaceAll("log(", "log(/*😀*/"),
  "no line end behind the last line": (text) => text.replace(/\n$/, ""),
  "single quotes": (text) => text.replaceAll('"', "'"),
  "a comment of several bytes before": (text) =>
    text.startsWith("#!") ? text : `/* 😀 ünd */\n${text}`,
};
