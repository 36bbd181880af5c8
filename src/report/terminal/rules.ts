/** The rules of findings as a page of help. */
import { rules } from "../../remedies/findings.ts";
import { wrap } from "../../base/layout.ts";
import { joined, terminal, type TerminalText } from "../../base/texts.ts";

/** @returns lines, each ending in a newline and none wider than `width` where words allow it. */
export function renderRules(width: number): TerminalText {
  const entries = Object.entries(rules).map(([id, { about, fix }]) =>
    joined(
      [
        terminal`${id}`,
        terminal`  ${[wrap(`${about}.`, width - 2, "  ")]}`,
        terminal`  ${[wrap(`What to do: ${fix}.`, width - 2, "  ")]}`,
        "",
      ],
      "\n",
    ),
  );
  return joined(
    [
      wrap(
        "What a verdict can find, the gravest first. The ids stand in the JSON's findings.",
        width,
      ),
      "",
      ...entries,
    ],
    "\n",
  );
}
