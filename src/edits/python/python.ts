/** Edits of Python: the patterns, and the editor, which is the user's own interpreter. */
import { type Editor, Refusal } from "../pattern.ts";

/** @param interpreter what ran the program: only it knows for certain the syntax that it ran. */
export function pythonEditor(interpreter: string): Editor {
  return {
    language: "python",
    patterns: [],
    edit: async (asks) => asks.map(() => new Refusal(`${interpreter} edits nothing yet`)),
  };
}
