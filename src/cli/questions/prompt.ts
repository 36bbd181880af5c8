/**
 * Asking and telling with clack, going back, and leaving.
 *
 * Invariant: whoever presses Ctrl-C or Ctrl-D in a question has `Left` thrown, once that has been
 * confirmed where something would be lost, and Escape goes back to the question before; nobody has to
 * look for clack's own sign of it. However the questions end, the terminal is
 * as it was: its cursor is seen, and its keys are a line's again. All texts are made safe here.
 */
import type { CANCEL_SYMBOL } from "@clack/prompts";
import { cursorShown, wrap } from "../../base/layout.ts";
import { joined, printable, printableLines, type TerminalText } from "../../base/texts.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { textWidth } from "../output.ts";
import { type EndingSignal, endingSignals, HeardSignals } from "../signals.ts";
import { showCursorNow } from "../terminal.ts";
import { Answers } from "./answers.ts";
import { keys } from "./keys.ts";
import { clack, screen } from "./screen.ts";

/** The end of all questions: the user has left one, or a signal has ended tandem. */
export class Left extends Error {
  /** The exit status that says so. */
  readonly status: number;

  constructor(signal: EndingSignal = "SIGINT") {
    super(`left: ${signal}`);
    this.status = signalStatus[signal];
  }
}

/** The wish to go back to the question before; where there is none, to leave. */
class Back extends Left {}

/** The answers of the conversation that goes on. */
let answers = new Answers();

/** What would be lost if the conversation were left now, in a sentence; null where nothing would. */
let stake: string | null = null;

/** Says what would be lost if the conversation were left from now on; null where nothing would. */
export function setStake(sentence: string | null): void {
  stake = sentence;
}

/** Whether what is at stake may be lost; asked only where something is. */
export async function mayLose(): Promise<boolean> {
  if (stake !== null && !(await askWhether(leavingWords(stake)))) return false;
  stake = null;
  return true;
}

function leavingWords(lost: string): string {
  return `${lost} Leave all the same?`;
}

/** The result of something that is done between two questions, and once, however often one goes back. */
export function done<Value>(act: () => Value | Promise<Value>): Promise<Value> {
  return answers.done(act);
}

/** The controller of all questions. Its signal is aborted when they are to end, with the error to throw. */
const leaving = new AbortController();

/** A conversation: what is said at its beginning, and when it is left. */
interface Conversation {
  title: string;
  left: string;
}

/**
 * Has questions asked, each of which can go back to the one before.
 *
 * @param questions is performed again from its beginning to go back; what it does beside asking and
 *   telling, it does by `done`. Gives what is said at the end.
 * @returns the exit status.
 * @throws what is thrown in answer to a key: Bun would print that, and go on with a question that
 *   nobody hears the answer to.
 */
export async function converse(
  { title, left }: Conversation,
  questions: () => Promise<string>,
): Promise<number> {
  clack.intro(printable(title), { output: screen });
  clack.log.message(printable("Esc goes back one question, Ctrl-C leaves"), {
    output: screen,
    spacing: 0,
  });
  try {
    const farewell = await asking(() => retracing(questions));
    clack.outro(printable(farewell), { output: screen });
    return exitStatus.done;
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    clack.cancel(printable(left), { output: screen });
    return error.status;
  }
}

/** Has a question asked that belongs to no conversation. @returns its answer; what it was left by, where it has none. */
export async function askAlone<Value>(question: () => Promise<Value>): Promise<Value | Left> {
  try {
    return await asking(() => retracing(question));
  } catch (error) {
    if (error instanceof Left) return error;
    throw error;
  }
}

/** Performs questions, and performs them again each time that one goes back. */
async function retracing<Value>(questions: () => Promise<Value>): Promise<Value> {
  answers = new Answers();
  for (;;) {
    answers.begin();
    stake = null;
    try {
      return await questions();
    } catch (error) {
      if (!(error instanceof Back)) throw error;
      if (!answers.takeBack()) throw error;
    }
  }
}

/** Asks questions, throws whatever is thrown or signalled meanwhile, and gives the terminal back. */
async function asking<Value>(questions: () => Promise<Value>): Promise<Value> {
  const leave = (error: unknown): void => leaving.abort(error);
  const handlers = {
    uncaughtException: leave,
    unhandledRejection: leave,
    // Whatever else ends it, as a second signal.
    exit: giveBackNow,
  };
  for (const [name, handler] of Object.entries(handlers)) process.on(name, handler);
  using signals = new HeardSignals(endingSignals, (name) => {
    // Ctrl-C is a key while a question stands; while a run goes on, the signal ends that alone.
    if (name !== "SIGINT" || signals.isInnermost) leave(new Left(name));
  });
  try {
    return await questions();
  } finally {
    keys.setRawMode(false);
    screen.write(cursorShown);
    for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
  }
}

/** Gives the terminal back as the process ends. */
function giveBackNow(): void {
  if (process.stdin.isRaw) process.stdin.setRawMode(false);
  showCursorNow();
}

/** The options that every question of clack's is given. */
interface Seat {
  input: typeof keys;
  output: typeof screen;
  signal: AbortSignal;
}

/** A question of clack's, which gives a sign of its own where it is left. */
type Question<Value> = (seat: Seat) => Promise<Value | typeof CANCEL_SYMBOL>;

/**
 * The answer to a question.
 *
 * @param message tells it from others.
 * @param ask is given the answer that was taken back; undefined where none was.
 * @throws Left or Back when there is none.
 */
function answer<Value>(
  message: string,
  ask: (proposed: Value | undefined) => Question<Value>,
): Promise<Value> {
  return answers.question<Value>(message, async (proposed) => {
    for (;;) {
      const { given, key } = await pose(ask(proposed));
      if (!clack.isCancel(given)) return given;
      if (key === "escape") throw new Back();
      if (stake === null || (await isToLeave(stake))) throw new Left();
    }
  });
}

/** Asks whether all is to be left; whoever presses Ctrl-C again has answered that. */
async function isToLeave(lost: string): Promise<boolean> {
  const message = printable(leavingWords(lost));
  const { given, key } = await pose((seat) =>
    clack.confirm({ ...seat, message, initialValue: false }),
  );
  return clack.isCancel(given) ? key !== "escape" : given;
}

/** Poses a question of clack's. @returns what it gave, and the name of the last key. */
async function pose<Value>(
  ask: Question<Value>,
): Promise<{ given: Value | typeof CANCEL_SYMBOL; key: string | undefined }> {
  // Each question has a signal of its own, since clack goes on listening to that of one that is over.
  const question = new AbortController();
  const left = Promise.withResolvers<never>();
  const leave = (): void => {
    left.reject(leaving.signal.reason);
    question.abort();
  };
  let last: string | undefined;
  // Ctrl-D where nothing is written closes clack's readline, of which clack does not hear: the
  // question would stand there, and take no key any more.
  const hear = (_: unknown, key: { ctrl?: boolean; name?: string } | undefined): void => {
    last = key?.name;
    if (key?.ctrl !== true || key.name !== "d") return;
    setImmediate(() => {
      if (!keys.isRaw) question.abort();
    });
  };
  const hangUp = (): void => leaving.abort(new Left("SIGHUP"));
  leaving.signal.throwIfAborted();
  leaving.signal.addEventListener("abort", leave);
  keys.on("keypress", hear).on("hangup", hangUp);
  screen.begin();
  try {
    const asked = ask({ input: keys, output: screen, signal: question.signal });
    const given = await Promise.race([asked, left.promise]);
    return { given, key: last };
  } finally {
    keys.off("keypress", hear).off("hangup", hangUp);
    leaving.signal.removeEventListener("abort", leave);
  }
}

/** One of the answers among which is chosen. */
export interface Choice<Value> {
  value: Value;
  label: string;
  hint?: string;
}

/** Asks for one of a few. @param initial the one that is proposed; left out, the first. */
export async function askOne<Value>(
  message: string,
  choices: readonly Choice<Value>[],
  initial?: Value,
): Promise<Value> {
  const proposed = Math.max(
    0,
    choices.findIndex(({ value }) => value === initial),
  );
  const index = await answer<number>(
    message,
    (before = proposed) =>
      (seat) =>
        clack.select<number>({
          ...seat,
          message: printable(message),
          options: choices.map((choice, value) => ({ value, ...wordsOf(choice) })),
          initialValue: before,
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
  return answer<Found>(
    message,
    (before) => (seat) =>
      clack.autocomplete<Found>({
        ...seat,
        message: printable(message),
        options: searchable(choices),
        filter: (_, { value }) => value.isFound,
        ...(before === undefined ? {} : { initialUserInput: before.name }),
        validate: (found) => (found === undefined ? none : undefined),
      }),
  ).then(({ name }) => name);
}

/** A choice, and whether a search has found it. Each search has others, so that the cursor goes to the best of them. */
interface Found {
  name: string;
  isFound: boolean;
}

/** All choices as options of a search, the best match first. */
function searchable(choices: readonly Choice<string>[]) {
  let searched: string | null = null;
  let options: { value: Found; label: TerminalText; hint?: TerminalText }[] = [];
  return function (this: { userInput: string }) {
    if (this.userInput === searched) return options;
    searched = this.userInput;
    const found = ranked(searched, choices);
    options = [...new Set([...found, ...choices])].map((choice, index) => ({
      value: { name: choice.value, isFound: index < found.length },
      ...wordsOf(choice),
    }));
    return options;
  };
}

/** The choices in which a text is found: where a name begins with it, then in a name, in a label, in a hint. */
export function ranked<Some extends Choice<string>>(
  text: string,
  choices: readonly Some[],
): Some[] {
  const sought = text.trim().toLowerCase();
  const rank = ({ value, label, hint = "" }: Some): number => {
    const [name, words] = [value.toLowerCase(), label.toLowerCase()];
    if (name.startsWith(sought)) return 0;
    if (name.includes(sought)) return 1;
    if (words.includes(sought)) return 2;
    return hint.toLowerCase().includes(sought) ? 3 : Infinity;
  };
  return choices.filter((choice) => rank(choice) < Infinity).toSorted((a, b) => rank(a) - rank(b));
}

/** Asks for any number of them. @param initial those that are proposed. */
export async function askSome(
  message: string,
  choices: readonly Choice<string>[],
  initial: readonly string[] = [],
): Promise<string[]> {
  return answer<string[]>(
    message,
    (before = [...initial]) =>
      (seat) =>
        clack.multiselect({
          ...seat,
          message: printable(message),
          options: choices.map((choice) => ({ value: choice.value, ...wordsOf(choice) })),
          initialValues: before,
          required: false,
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
  return answer<string>(
    message,
    (before = initial) =>
      (seat) =>
        clack.text({
          ...seat,
          message: printable(message),
          ...(before === undefined ? {} : { initialValue: before }),
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
  return answer<boolean>(
    message,
    (before = false) =>
      (seat) =>
        clack.confirm({ ...seat, message: printable(message), initialValue: before }),
  );
}

/** Sentences beside clack's bar, wrapped, which clack does not do. */
export const tell = {
  error: (sentences: string): void =>
    draw(() => clack.log.error(fitted(sentences), { output: screen })),
  warning: (sentences: string): void =>
    draw(() => clack.log.warn(fitted(sentences), { output: screen })),
  info: (sentences: string): void =>
    draw(() => clack.log.info(fitted(sentences), { output: screen })),
  /**
   * That something is done.
   *
   * @param line is not wrapped: it may be one to copy.
   */
  success(line: string, sentences?: string): void {
    const lines = [printable(line), ...(sentences === undefined ? [] : [fitted(sentences)])];
    draw(() => clack.log.success(joined(lines, "\n"), { output: screen }));
  },
};

/** Draws what stands between questions, unless it has been seen before. */
function draw(act: () => void): void {
  if (!answers.isRetracing) act();
}

/** Shows sentences in a box. */
export function note(sentences: string, title: string): void {
  draw(() => clack.note(fitted(sentences), printable(title), { output: screen }));
}

/** Shows a text of lines that fit in a box, in its own colours. */
export function noteAsItIs(lines: string, title: string): void {
  noteDrawn(printableLines(lines), title);
}

/** The same of a text that is safe already, as one in colours. */
export function noteDrawn(lines: TerminalText, title: string): void {
  const format = (line: string): string => line;
  draw(() => clack.note(lines, printable(title), { format, output: screen }));
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
    screen.begin();
    keys.on("data", this.#hear).resume();
    keys.setRawMode(true);
  }

  [Symbol.dispose](): void {
    keys.setRawMode(false);
    keys.off("data", this.#hear).pause();
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
