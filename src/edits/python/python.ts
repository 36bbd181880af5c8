/** Edits of Python: the patterns, and the editor, which is the user's own interpreter. */
import type { Editor } from "../pattern.ts";
import { askInterpreter } from "./editor.ts";
import { patterns } from "./patterns.ts";
import { whyNone } from "./reasons.ts";

/** @param interpreter what ran the program: only it knows for certain the syntax that it ran. */
export function pythonEditor(interpreter: string): Editor {
  return {
    language: "python",
    patterns,
    edit: (asks, files) => askInterpreter(interpreter, asks, files),
    whyNone,
  };
}
