/** Edits of JavaScript and TypeScript: the patterns, and the editor, which goes by the recorder's parser. */
import type { Editor } from "../pattern.ts";
import { patterns } from "./patterns.ts";
import { whyNone } from "./reasons.ts";

export const javascriptEditor: Editor = {
  language: "javascript",
  patterns,
  whyNone,
  async edit(asks, files) {
    if (asks.length === 0) return [];
    const { answersTo } = await import("./editing.ts");
    return answersTo(asks, files);
  },
};
