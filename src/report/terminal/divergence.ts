/** What a comparison of model and reality found, as lines of text. */
import type { Verification, Verified } from "../../strategies/divergence.ts";
import { formatTime } from "../../base/duration.ts";
import { pad, wrap } from "../../base/layout.ts";
import { joined, terminal, type TerminalText } from "../../base/texts.ts";
import { formatCount } from "../../base/count.ts";

/** Whether something differs and nobody knows why. */
export function isUnexplained({ divergences, cause }: Verification): boolean {
  return divergences.length > 0 && cause === null;
}

/** As many divergences of one strategy are told; the others are counted. */
const mostTold = 10;

/** @returns lines, none of them wider than `width` where words allow it. */
export function renderVerification(verified: readonly Verified[], width: number): TerminalText {
  const names = verified.reduce((most, { strategy }) => Math.max(most, strategy.length), 0);
  const rows = verified.flatMap(({ strategy, divergences, cause, late, lateBecause }) => {
    const name = pad(strategy, names);
    if (divergences.length === 0) {
      const times =
        late === null
          ? ", but for the times: your functions take what they take"
          : `, at most ${formatTime(late)} late${lateBecause === null ? "" : ` (${lateBecause})`}`;
      const story = wrap(`alike${times}`, width - names - 2, " ".repeat(names + 2));
      return [terminal`${[name]}  ${[story]}`];
    }
    const indented = (text: string): TerminalText =>
      terminal`    ${[wrap(text, width - 4, "    ")]}`;
    return [
      terminal`${[name]}  differs`,
      ...divergences
        .slice(0, mostTold)
        .map(({ of, virtual, real }) =>
          indented(`${of}: in virtual time ${virtual}, for real ${real}`),
        ),
      ...(divergences.length > mostTold
        ? [indented(`and ${formatCount(divergences.length - mostTold)} more`)]
        : []),
      indented(cause ?? "No cause is known: tandem may be wrong here."),
    ];
  });
  const unexplained = verified.filter(isUnexplained).length;
  const differ = verified.filter(({ divergences }) => divergences.length > 0).length;
  const sum =
    differ === 0
      ? `Model and reality agree under ${verified.length === 1 ? "this strategy" : `all ${verified.length} strategies`}${toleranceWords(verified)}.`
      : `${differ} of ${verified.length} differ, ${unexplained} of them for no known cause.`;
  return terminal`${[joined(rows, "\n")]}\n\n${[wrap(sum, width)]}\n`;
}

/** Why what was late is no difference. */
function toleranceWords(verified: readonly Verified[]): string {
  const [first] = verified;
  if (first === undefined || verified.every(({ late }) => late === null || late === 0)) return "";
  return `: threads wake and messages travel in no time only there, so late by up to ${formatTime(first.tolerance)} is no difference`;
}
