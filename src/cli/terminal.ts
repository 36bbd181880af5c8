/** The abilities of the terminal, found out from the environment and overruled by options. */
import type { Look } from "../report/terminal/timeline.ts";
import { cursorShown } from "../base/layout.ts";
import { terminal, textWidth, writeToTerminalNow } from "./output.ts";

/** The options that overrule the environment. */
interface LookWords {
  ascii?: boolean;
  "no-color"?: boolean;
}

/** The options of the command that asks questions. */
let asking: LookWords = {};

/** Sets the options for all that the session draws from now on: questions, and the runs between them. */
export function prepareForQuestions(words: LookWords): void {
  asking = words;
}

/** How to draw on a stream. */
export function lookOf(stream: { isTTY?: boolean }, words: LookWords = asking): Look {
  return {
    width: textWidth() - 1,
    unicode: words.ascii !== true && knowsUnicode(process.env, process.platform),
    colour: words["no-color"] !== true && knowsColour(stream, process.env),
  };
}

/** Whether a picture can be drawn over itself there. */
export function canRedraw(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && process.env["TERM"] !== "dumb" && !process.env["CI"];
}

/** See no-color.org; FORCE_COLOR is what Node and Bun go by. */
function knowsColour(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && env["TERM"] !== "dumb" && !env["CI"];
}

/** POSIX: the first of these that is set names the encoding. The Linux console has few characters. */
function knowsUnicode(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (env["TERM"] === "dumb" || env["TERM"] === "linux") return false;
  if (platform === "win32") return Boolean(env["WT_SESSION"] ?? env["TERM_PROGRAM"] ?? env["TERM"]);
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"];
  return !locale || /utf-?8/i.test(locale);
}

/** Whether somebody is there to be asked, on a terminal where a question can be drawn. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && canRedraw(terminal.stdout);
}

/** Shows the cursor of the terminal, as the process ends by whatever ends it. */
export function showCursorNow(): void {
  if (terminal.stderr.isTTY || terminal.stdout.isTTY) writeToTerminalNow(cursorShown);
}
