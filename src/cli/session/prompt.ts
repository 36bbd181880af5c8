/**
 * Asking with clack, and leaving.
 *
 * Invariant: whoever presses Ctrl-C (or Esc) in a question has `Left` thrown, and nothing else
 * happens; nobody has to look for clack's own sign of it. However the questions end, the terminal is
 * as it was: its cursor is seen, and its keys are a line's again.
 */
import { confirm, isCancel, text } from "@clack/prompts";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { signalStatus } from "../command.ts";
import { showCursor } from "../perform.ts";

/** The user has left in the middle of a question, or tandem was told to end there. */
export class Left extends Error {
  /** The exit status that says so. */
  readonly status: number;

  constructor(signal: keyof typeof signalStatus = "SIGINT") {
    super(`left: ${signal}`);
    this.status = signalStatus[signal];
  }
}

/** Rejects once tandem is told to end. */
const told = Promise.withResolvers<never>();
// It may be told when no question waits for it.
told.promise.catch(() => undefined);

/** Has questions asked. @throws Left, also when tandem is told to end (SIGTERM) while it asks. */
export async function asking<Value>(questions: () => Promise<Value>): Promise<Value> {
  const end = (): void => told.reject(new Left("SIGTERM"));
  process.on("SIGTERM", end);
  // An error of tandem's own, thrown in the middle of a question, comes by here only.
  process.on("exit", restoreTerminal);
  try {
    return await questions();
  } finally {
    restoreTerminal();
    process.off("SIGTERM", end);
    process.off("exit", restoreTerminal);
  }
}

function restoreTerminal(): void {
  if (process.stdin.isRaw) process.stdin.setRawMode(false);
  showCursor();
}

/** The answer to a question of clack's. @throws Left when there is none. */
export async function answer<Value>(question: Promise<Value>): Promise<Exclude<Value, symbol>> {
  const given = await Promise.race([question, told.promise]);
  if (isCancel(given)) throw new Left();
  return given as Exclude<Value, symbol>;
}

/**
 * Takes the keys of the terminal until it is disposed of: what is typed while a run goes on neither
 * tears its picture nor answers the question after it. Ctrl-C is the signal that it always is.
 */
export class KeysAside implements Disposable {
  /** How often Ctrl-C was pressed. */
  interrupts = 0;
  readonly #hear = (data: Uint8Array): void => {
    for (const byte of data) {
      if (byte !== 3) continue;
      this.interrupts++;
      // Not by `process.kill`: on Windows that would end tandem.
      process.emit("SIGINT");
    }
  };

  constructor() {
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.#hear);
    process.stdin.resume();
  }

  [Symbol.dispose](): void {
    process.stdin.off("data", this.#hear);
    process.stdin.pause();
    process.stdin.setRawMode(false);
  }
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
