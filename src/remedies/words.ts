/** Words that every context shares: what the evidence says in any language. */
import { formatCount } from "../base/count.ts";
import { formatTime, type Ticks } from "../base/duration.ts";
import { counted } from "../base/sentences.ts";
import type { Evidence } from "../reading/findings/finding.ts";
import type { Summed } from "../reading/sums.ts";
import type { LeftBehind } from "../reading/user-code.ts";
import { printable } from "../base/texts.ts";
import type { Words } from "./context.ts";

/** A text of the program's, in quotes and on one line. */
export function quote(text: string | null): string {
  return printable(JSON.stringify(text));
}

/** How often, behind what was done. */
export function times(count: number): string {
  return count === 1 ? "once" : `${formatCount(count)} times`;
}

/** That a clean-up was cut, behind what cut it. */
export function cutWords(cleanupCut: boolean): string {
  return cleanupCut ? "; its clean-up did not run to its end" : "";
}

/** What work came to that nobody waited for any more. */
export function afterwards({ status, endedAt }: Evidence["result-timed-out"]): string {
  if (status === "unstarted") return "never had a turn";
  const passive = status === "cancelled" || status === "abandoned";
  return `${passive ? "was " : ""}${status} at ${formatTime(endedAt!)}`;
}

/** What a function did when its call had ended. */
function deeds({ lines, values }: { lines: number; values: number }): string {
  return [
    ...(lines > 0 ? [`wrote ${counted(lines, "line")}`] : []),
    ...(values > 0 ? [`sent or asked for ${counted(values, "value")}`] : []),
  ].join(" and ");
}

/** What a call left going. */
export function thing({ what, source }: LeftBehind): string {
  const name =
    what === "interval" ? "an interval" : what === "timeout" ? "a timer" : `something (${what})`;
  return `${name}${source === null ? "" : ` (${source.text})`}`;
}

/** What a function went on with, or left, after its call had ended. @param who who called it. */
export function leftBehindWords(who: string, evidence: Evidence["left-behind"]): Words<never> {
  if (evidence.how === "cut-off") {
    const { left } = evidence;
    return {
      message: `${left.function}, called by ${who}, had ended and left ${thing(left)} behind, which the end of the process cut off`,
      remedies: [],
      otherwise: "await in the function what it is for, or clear it before the function ends",
    };
  }
  return {
    message: `${evidence.function}, called by ${who}, ${deeds(evidence)} after its call had ended, the last at ${formatTime(evidence.last)}: nobody waits for what it sets going`,
    remedies: [],
    otherwise: "await in the function what it sets going",
  };
}

/** How long a process stayed because of something. @param why what was left alive. */
export function stayedWords(
  at: Ticks,
  { stayed, hasEnded }: Evidence["kept-alive"],
  why: string,
): string {
  return hasEnded
    ? `all else was over at ${formatTime(at)}, and the process stayed for ${formatTime(stayed)} more because of ${why}`
    : `all else was over at ${formatTime(at)}, and the process had not ended ${formatTime(stayed)} later, because of ${why}`;
}

/** That a call had not ended when the run was. @param who who called. */
export function unsettledWords(who: string, evidence: Evidence["unsettled"]): string {
  return `${who} had waited ${formatTime(evidence.waited)} for ${evidence.function} when the run was ended; whether it would ever have come to its end is not known`;
}

/** What steps that are told in sums only did. */
export function sumWords({ sum }: Summed): string {
  const { from, to, count, busy, longest } = sum;
  return `short steps kept the thread, ${formatCount(count)} of them for ${formatTime(busy)} of the ${formatTime(to - from)} up to ${formatTime(to)}, none longer than ${formatTime(longest)}`;
}
