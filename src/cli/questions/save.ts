/** Writing a text to a file that the user names. */
import { dirname } from "node:path";
import { OutputError, writeFile } from "../../base/files.ts";
import { lookAt } from "../../base/paths.ts";
import { type Output, quotedForShell } from "../../base/texts.ts";
import { askText, askWhether, done, tell } from "./prompt.ts";

/**
 * Asks where to write a text, and writes it. A file that exists is replaced only after a yes, and where
 * it cannot be written, the user is told and asked for another.
 *
 * @returns the file.
 */
export async function save(what: string, proposed: string, content: Output): Promise<string> {
  for (;;) {
    const file = await askText(`Write ${what} to which file?`, {
      initial: proposed,
      problem: fileProblem,
    });
    const replace = await done(() => lookAt(file).kind !== "nothing");
    if (replace && !(await askWhether(`${file} exists. Replace it?`))) continue;
    const failure = await done(() => failureOfWriting(file, content, replace));
    if (failure === null) return file;
    tell.error(failure);
  }
}

/** Writes a file. @returns why that failed, in a sentence; null where it did not. */
async function failureOfWriting(
  file: string,
  content: Output,
  replace: boolean,
): Promise<string | null> {
  try {
    await writeFile(file, [content], { replace });
    return null;
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    return error.message;
  }
}

/** A file's name as a word of a command line. */
export function asWord(file: string): string {
  return /[^\w./\\:-]/.test(file) ? quotedForShell(file) : file;
}

/** The reason why a file cannot be written, as far as that can be seen before. */
export function fileProblem(file: string): string | undefined {
  if (file.trim() === "") return "Write a file's name, as ./mine.yaml";
  const folder = dirname(file);
  if (lookAt(folder).kind !== "folder") return `There is no folder ${folder}`;
  const there = lookAt(file);
  if (there.kind === "unreachable") return `It cannot be written: ${there.why}`;
  return there.kind === "folder" ? "It is a folder; name a file in it" : undefined;
}
