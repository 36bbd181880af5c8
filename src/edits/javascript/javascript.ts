/** Edits of JavaScript and TypeScript: the patterns, and the editor, which goes by the recorder's parser. */
import { type Editor, Refusal } from "../pattern.ts";

export const javascriptEditor: Editor = {
  language: "javascript",
  patterns: [],
  edit: async (asks) => asks.map(() => new Refusal("nothing is edited yet")),
};
