/** The rules of findings as a page of help. */
import { rules } from "../../remedies/findings.ts";
import { wrap } from "../../base/text.ts";

/** @returns lines, each ending in a newline and none wider than `width` where words allow it. */
export function renderRules(width: number): string {
  const entries = Object.entries(rules).map(([id, { about, fix }]) =>
    [
      id,
      `  ${wrap(`${about}.`, width - 2, "  ")}`,
      `  ${wrap(`What to do: ${fix}.`, width - 2, "  ")}`,
      "",
    ].join("\n"),
  );
  return [
    wrap(
      "What a verdict can find, the gravest first. The ids stand in the JSON's findings.",
      width,
    ),
    "",
    ...entries,
  ].join("\n");
}
