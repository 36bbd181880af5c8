/**
 * Asking with clack, and leaving.
 *
 * Invariant: whoever presses Ctrl-C (or Esc) in a question has `Left` thrown, and nothing else
 * happens; nobody has to look for clack's own sign of it. However the questions end, the terminal is
 * as it was: its cursor is seen, and its keys are a line's again.
 */
import { confirm, isCancel, text } from "@clack/prompts";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { OutputError, writeFile } from "../../base/files.ts";
import { wrap } from "../../base/text.ts";
import {
  joined,
  type Output,
  printable,
  quotedForShell,
  type TerminalText,
} from "../../base/texts.ts";
import { signalStatus } from "../command.ts";
import { textWidth } from "../output.ts";
import { showCursor } from "../terminal.ts";

/** The user has left in the middle of a question, or tandem was told to end there. */
export class Left extends Error {
  /** The exit status that says so. */
  readonly status: number;

  constructor(signal: keyof typeof signalStatus = "SIGINT") {
    super(`left: ${signal}`);
    this.status = signalStatus[signal];
  }
}

/** Rejects once there is to be no further question. */
const broken = Promise.withResolvers<never>();
// That may come about while no question is asked.
broken.promise.catch(() => undefined);

/**
 * Has questions asked.
 *
 * @throws Left, also when tandem is told to end (SIGTERM) while it asks, and whatever is thrown in
 * answer to a key: Bun would print that, and go on with a question that nobody hears the answer to.
 */
export async function asking<Value>(questions: () => Promise<Value>): Promise<Value> {
  const handlers = {
    SIGTERM: (): void => broken.reject(new Left("SIGTERM")),
    uncaughtException: (error: unknown): void => broken.reject(error),
    unhandledRejection: (error: unknown): void => broken.reject(error),
  };
  for (const [name, handler] of Object.entries(handlers)) process.on(name, handler);
  try {
    return await questions();
  } finally {
    restoreTerminal();
    for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
  }
}

function restoreTerminal(): void {
  if (process.stdin.isRaw) process.stdin.setRawMode(false);
  showCursor();
}

/** The answer to a question of clack's, which listens already. @throws Left when there is none. */
export async function answer<Value>(question: Promise<Value>): Promise<Exclude<Value, symbol>> {
  const ended = Promise.withResolvers<never>();
  // Ctrl-D where nothing is written closes clack's readline, of which clack does not hear: the
  // question would stand there, and take no key any more.
  const hear = (_: unknown, key: { ctrl?: boolean; name?: string } | undefined): void => {
    if (key?.ctrl !== true || key.name !== "d") return;
    setImmediate(() => {
      if (!process.stdin.isRaw) ended.reject(new Left());
    });
  };
  process.stdin.on("keypress", hear);
  try {
    const given = await Promise.race([question, broken.promise, ended.promise]);
    if (isCancel(given)) throw new Left();
    return given as Exclude<Value, symbol>;
  } finally {
    process.stdin.off("keypress", hear);
  }
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
  content: Output,
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
    const replace = existsSync(file);
    if (replace) {
      const agree = confirm({
        message: printable(`${file} exists. Replace it?`),
        initialValue: false,
      });
      if (!(await answer(agree))) continue;
    }
    try {
      await writeFile(file, [content], { replace });
      return file;
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      tell(error.message);
      return null;
    }
  }
}

/** A file's name as a word of a command line. */
export function asWord(file: string): string {
  return /[^\w./\\:-]/.test(file) ? quotedForShell(file) : file;
}

/** Why nothing can be written there, as far as one can see before. */
export function fileProblem(file: string): string | undefined {
  if (file.trim() === "") return "Write a file's name, as ./mine.yaml";
  const folder = dirname(file);
  if (!isFolder(folder)) return `There is no folder ${folder}`;
  return isFolder(file) ? "It is a folder; name a file in it" : undefined;
}

/** By itself, statSync throws where a folder on the way is a file. */
function isFolder(file: string): boolean {
  return existsSync(file) && statSync(file).isDirectory();
}

/** Sentences, each on lines of its own, that clack, which wraps none, is to show beside its bar. */
export function fitted(sentences: string): TerminalText {
  const lines = sentences.split("\n").map((line) => wrap(line, noteWidth()));
  return joined(lines, "\n");
}

/** How wide a text in a box may be. */
export function noteWidth(): number {
  return Math.min(textWidth(), 80) - 8;
}
