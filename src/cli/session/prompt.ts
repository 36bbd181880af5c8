/**
 * Asking with clack, and leaving.
 *
 * Invariant: whoever presses Ctrl-C (or Esc) in a question has `Left` thrown, and nothing else
 * happens; nobody has to look for clack's own sign of it.
 */
import { confirm, isCancel, text } from "@clack/prompts";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The user has left in the middle of a question. */
export class Left extends Error {}

/** The answer to a question of clack's. @throws Left when there is none. */
export async function answer<Value>(question: Promise<Value>): Promise<Exclude<Value, symbol>> {
  const given = await question;
  if (isCancel(given)) throw new Left();
  return given as Exclude<Value, symbol>;
}

/** Most lists must leave room for their question on a terminal of 24 lines. */
export const maxItems = 10;

/**
 * Asks where to write a text, and writes it. A file that exists is replaced only after a yes.
 *
 * @returns the file, or null where it could not be written, which `tell` has been told.
 */
export async function save(
  what: string,
  proposed: string,
  content: string,
  tell: (message: string) => void,
): Promise<string | null> {
  for (;;) {
    const file = await answer(
      text({
        message: `Write ${what} to which file?`,
        initialValue: proposed,
        validate: (name) => fileProblem(name ?? ""),
      }),
    );
    if (existsSync(file)) {
      const replace = confirm({ message: `${file} exists. Replace it?`, initialValue: false });
      if (!(await answer(replace))) continue;
    }
    try {
      writeFileSync(file, content);
      return file;
    } catch (error) {
      tell(`${file}: cannot be written: ${(error as Error).message}`);
      return null;
    }
  }
}

/** Why nothing can be written there, as far as one can see before. */
export function fileProblem(file: string): string | undefined {
  if (file.trim() === "") return "Write a file's name, as ./mine.yaml";
  const folder = dirname(file);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return `There is no folder ${folder}`;
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
    return "It is a folder; name a file in it";
  return undefined;
}
