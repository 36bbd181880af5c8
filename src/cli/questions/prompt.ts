/**
 * Asking and telling with clack, and leaving.
 *
 * Invariant: whoever presses Ctrl-C, Ctrl-D or Esc in a question has `Left` thrown, and nothing else
 * happens; nobody has to look for clack's own sign of it. However the questions end, the terminal is
 * as it was: its cursor is seen, and its keys are a line's again. All texts are made safe here.
 */
import type { CANCEL_SYMBOL } from "@clack/prompts";
import { wrap } from "../../base/layout.ts";
import { joined, printable, printableLines, type TerminalText } from "../../base/texts.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { textWidth } from "../output.ts";
import { showCursor } from "../terminal.ts";
import { clack, screen } from "./screen.ts";

/** The end of all questions: the user has left one, or a signal has ended tandem. */
export class Left extends Error {
  /** The exit status that says so. */
  readonly status: number;

  constructor(signal: keyof typeof signalStatus = "SIGINT") {
    super(`left: ${signal}`);
    this.status = signalStatus[signal];
  }
}

/** The controller of all questions. Its signal is aborted when they are to end, with the error to throw. */
const leaving = new AbortController();

/** A conversation: what is said at its beginning, and when it is left. */
interface Conversation {
  title: string;
  left: string;
}

/**
 * Has questions asked.
 *
 * @param questions gives what is said at the end; null where nothing came of them.
 * @returns the exit status.
 * @throws what is thrown in answer to a key: Bun would print that, and go on with a question that
 *   nobody hears the answer to.
 */
export async function converse(
  { title, left }: Conversation,
  questions: () => Promise<string | null>,
): Promise<number> {
  clack.intro(printable(title), { output: screen });
  try {
    const farewell = await asking(questions);
    if (farewell === null) return exitStatus.fellShort;
    clack.outro(printable(farewell), { output: screen });
    return exitStatus.done;
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    clack.cancel(printable(left), { output: screen });
    return error.status;
  }
}

/** Asks questions, throws whatever is thrown or signalled meanwhile, and gives the terminal back. */
async function asking<Value>(questions: () => Promise<Value>): Promise<Value> {
  const leave = (error: unknown): void => leaving.abort(error);
  const handlers = {
    SIGHUP: (): void => leave(new Left("SIGHUP")),
    SIGTERM: (): void => leave(new Left("SIGTERM")),
    // Ctrl-C is a key while a question stands; while a run goes on, the signal ends that alone.
    SIGINT: (): void => {
      if (process.listenerCount("SIGINT") === 1) leave(new Left("SIGINT"));
    },
    uncaughtException: leave,
    unhandledRejection: leave,
  };
  for (const [name, handler] of Object.entries(handlers)) process.on(name, handler);
  try {
    return await questions();
  } finally {
    if (process.stdin.isRaw) process.stdin.setRawMode(false);
    showCursor();
    for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
  }
}

/** The options that every question of clack's is given. */
interface Seat {
  output: typeof screen;
  signal: AbortSignal;
}

/** The answer to a question of clack's. @throws Left when there is none. */
async function answer<Value>(
  ask: (seat: Seat) => Promise<Value | typeof CANCEL_SYMBOL>,
): Promise<Value> {
  // Each question has a signal of its own, since clack goes on listening to that of one that is over.
  const question = new AbortController();
  const left = Promise.withResolvers<never>();
  const leave = (): void => {
    left.reject(leaving.signal.reason);
    question.abort();
  };
  // Ctrl-D where nothing is written closes clack's readline, of which clack does not hear: the
  // question would stand there, and take no key any more.
  const hear = (_: unknown, key: { ctrl?: boolean; name?: string } | undefined): void => {
    if (key?.ctrl !== true || key.name !== "d") return;
    setImmediate(() => {
      if (!process.stdin.isRaw) leaving.abort(new Left());
    });
  };
  leaving.signal.throwIfAborted();
  leaving.signal.addEventListener("abort", leave);
  process.stdin.on("keypress", hear);
  try {
    const asked = ask({ output: screen, signal: question.signal });
    const given = await Promise.race([asked, left.promise]);
    if (clack.isCancel(given)) throw new Left();
    return given;
  } finally {
    process.stdin.off("keypress", hear);
    leaving.signal.removeEventListener("abort", leave);
  }
}

/** One of the answers among which is chosen. */
export interface Choice<Value> {
  value: Value;
  label: string;
  hint?: string;
}

/** The most lines of a list, which leaves room for the question on a terminal of 24 lines. */
const maxItems = 10;

/** Asks for one of a few. @param initial the one that is proposed; left out, the first. */
export async function askOne<Value>(
  message: string,
  choices: readonly Choice<Value>[],
  initial?: Value,
): Promise<Value> {
  const index = await answer((seat) =>
    clack.select<number>({
      ...seat,
      message: printable(message),
      options: choices.map((choice, value) => ({ value, ...wordsOf(choice) })),
      maxItems,
      initialValue: Math.max(
        0,
        choices.findIndex(({ value }) => value === initial),
      ),
    }),
  );
  return choices[index]!.value;
}

/** An action that is offered. */
export interface Offer<Result> {
  label: string;
  hint?: string;
  /** Does it. */
  take(): Result;
}

/** Asks what to do, and does it. */
export async function askWhatToDo<Result>(
  message: string,
  offers: readonly Offer<Result>[],
): Promise<Awaited<Result>> {
  const taken = await askOne(
    message,
    offers.map((offer) => ({ ...offer, value: offer })),
  );
  return await taken.take();
}

/** Asks for one of many, which the user can search. @param none is said where nothing is found. */
export async function askFound(
  message: string,
  choices: readonly Choice<string>[],
  none: string,
): Promise<string> {
  return answer((seat) =>
    clack.autocomplete({
      ...seat,
      message: printable(message),
      options: choices.map((choice) => ({ value: choice.value, ...wordsOf(choice) })),
      maxItems,
      validate: (found) => (found === undefined ? none : undefined),
    }),
  );
}

/** Asks for any number of them. @param initial those that are proposed. */
export async function askSome(
  message: string,
  choices: readonly Choice<string>[],
  initial: readonly string[] = [],
): Promise<string[]> {
  return answer((seat) =>
    clack.multiselect({
      ...seat,
      message: printable(message),
      options: choices.map((choice) => ({ value: choice.value, ...wordsOf(choice) })),
      initialValues: [...initial],
      required: false,
      maxItems,
    }),
  );
}

function wordsOf({ label, hint }: Pick<Choice<unknown>, "label" | "hint">): {
  label: TerminalText;
  hint?: TerminalText;
} {
  const words = { label: printable(label) };
  return hint === undefined ? words : { ...words, hint: printable(hint) };
}

/** The words around a text that is asked for. */
interface TextWords {
  initial?: string;
  placeholder?: string;
  /** The problem of an answer; undefined where it has none. */
  problem(answer: string): string | undefined;
}

export async function askText(
  message: string,
  { initial, placeholder, problem }: TextWords,
): Promise<string> {
  return answer((seat) =>
    clack.text({
      ...seat,
      message: printable(message),
      ...(initial === undefined ? {} : { initialValue: initial }),
      ...(placeholder === undefined ? {} : { placeholder }),
      validate(word) {
        const found = problem(word ?? "");
        return found === undefined ? undefined : printable(found);
      },
    }),
  );
}

/** Asks whether; who just presses Enter says no. */
export async function askWhether(message: string): Promise<boolean> {
  return answer((seat) =>
    clack.confirm({ ...seat, message: printable(message), initialValue: false }),
  );
}

/** Sentences beside clack's bar, wrapped, which clack does not do. */
export const tell = {
  error: (sentences: string): void => clack.log.error(fitted(sentences), { output: screen }),
  warning: (sentences: string): void => clack.log.warn(fitted(sentences), { output: screen }),
  info: (sentences: string): void => clack.log.info(fitted(sentences), { output: screen }),
  /**
   * That something is done.
   *
   * @param line is not wrapped: it may be one to copy.
   */
  success(line: string, sentences?: string): void {
    const lines = [printable(line), ...(sentences === undefined ? [] : [fitted(sentences)])];
    clack.log.success(joined(lines, "\n"), { output: screen });
  },
};

/** Shows sentences in a box. */
export function note(sentences: string, title: string): void {
  clack.note(fitted(sentences), printable(title), { output: screen });
}

/** Shows a text of lines that fit in a box, in its own colours. */
export function noteAsItIs(lines: string, title: string): void {
  noteDrawn(printableLines(lines), title);
}

/** The same of a text that is safe already, as one in colours. */
export function noteDrawn(lines: TerminalText, title: string): void {
  const format = (line: string): string => line;
  clack.note(lines, printable(title), { format, output: screen });
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
      // The signal is only emitted: on Windows `process.kill` would end tandem.
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

/** Sentences, each on lines of its own, as wide as they may be beside clack's bar. */
function fitted(sentences: string): TerminalText {
  const lines = sentences.split("\n").map((line) => wrap(line, noteWidth()));
  return joined(lines, "\n");
}

/** The width of a text in a box. */
export function noteWidth(): number {
  return Math.min(textWidth(), 80) - 8;
}
