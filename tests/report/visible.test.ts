/** The page that says what a program can see of its recorder. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { javascript } from "../../src/observe/javascript/javascript.ts";
import { python } from "../../src/observe/python/python.ts";
import { renderVisible } from "../../src/report/terminal/visible.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

test("each variable that brings in a recorder is named, and no line is wider than the terminal", () => {
  const settings = { prints: false, blocksNs: 1, include: "a", exclude: "b" };
  for (const { variables } of [python, javascript])
    for (const name of Object.keys(variables({ recorder: "/r", run: "/run" }, settings, {})))
      expect(renderVisible(80)).toContain(name.replace(/^TANDEM_.*/, "TANDEM_"));
  for (const width of [40, 80, 120])
    for (const line of renderVisible(width).split("\n"))
      expect([line, Bun.stringWidth(line) <= width]).toEqual([line, true]);
});
