/** The shape of a command as data, from which parsing, help, completion and the manual page follow. */
import type { Offers, ValuedName, ValueOf, valuedOptions } from "./options.ts";

/** The exit statuses that tandem itself gives. */
export const exitStatus = {
  done: 0,
  fellShort: 1,
  wrong: 2,
  /** A real run fell short, and its machine had kept it from going on. */
  undecided: 3,
  /** A program was ended for its time or its hang; as of timeout(1). */
  overtime: 124,
  /** Tandem itself failed; a program's own status may be any other. */
  broken: 125,
  outputClosed: 141,
};

/** The exit statuses of a run that a signal ended early: 128 and the signal's number, as in shells. */
export const signalStatus = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 };

type StatusName = keyof typeof exitStatus | keyof typeof signalStatus;

/** Words beside a head, as the help sets them out in two columns. */
export interface Entry {
  head: string;
  says: string;
}

/** The words of a command about one of its options; `valuedOptions` has the rest of one with a value. */
export interface OptionWords {
  /** One sentence of the help. */
  says?: string;
  /** The lists and paragraphs below it. */
  below?: readonly (string | readonly Entry[])[];
  /** The option on whose line of the help this one stands, in the place of a sentence of its own. */
  beside?: string;
  /** Its value where it is left out. */
  default?: unknown;
  /** The placeholder of its value, where an option that is a flag elsewhere names a file here. */
  file?: string;
}

/** The words of a command that are no options. */
export interface Operand {
  /** Its name in the help. */
  name: string;
  /** Its name in a sentence. */
  what: string;
  /** The values that it may have, for a line of the help. */
  says?: string;
  least: number;
  most: number;
  offers?: Offers;
  /** Whether it may be the name of a file. */
  isFile?: true;
  /** Whether it is a program, to which all words behind it belong. */
  isProgram?: true;
}

/** An operand that is one of few words. */
export interface Choice<Word extends string = string> extends Operand {
  words: readonly Word[];
  /** The beginning of a sentence about another word, and what all words are. */
  refusal: readonly [noSuch: string, plural: string];
}

/** A part of the help: a title, and what stands below it in two columns. */
export interface Section {
  title: string;
  /** Where the second column begins; by itself beside the widest head. */
  column?: number;
  entries: readonly Entry[];
}

/** A command, as a row of the table says it. */
export interface Command {
  /** Null for tandem itself, without a command. */
  name: string | null;
  /** One line of `tandem help`. */
  summary: string;
  /** Paragraphs that say what it does. */
  about: string;
  operand: Operand | Choice | null;
  /** In the order in which a sentence names them, and their values are checked. */
  options: Readonly<Record<string, OptionWords>>;
  /** The options that the help tells last. */
  last?: readonly string[];
  /** More of the help, below the options. */
  sections?: readonly Section[];
  exitStatus?: Readonly<Partial<Record<StatusName, string>>>;
  /** Paragraphs below the exit status. */
  more?: string;
}

/** The value of one option: true or false for a flag; null for a value that is left out and has no default. */
type Parsed<Name, Words> = Name extends ValuedName
  ? ValueOf<Name> | (HasDefault<Name, Words> extends true ? never : null)
  : Words extends { file: string }
    ? string | false
    : boolean;

type HasDefault<Name extends ValuedName, Words> = Words extends { default: unknown }
  ? true
  : (typeof valuedOptions)[Name] extends { default: unknown }
    ? true
    : false;

/** The options that a command was given. */
export type OptionsOf<Row extends Pick<Command, "options">> = {
  readonly [Name in keyof Row["options"]]: Parsed<Name, Row["options"][Name]>;
};

/** The type of a command's operand: one of its few words, or any. */
export type OperandOf<Row extends Pick<Command, "operand">> =
  Row["operand"] extends Choice<infer Word> ? Word : string;

/** The exports of every file of `commands/`. */
export interface CommandModule {
  /** @returns the exit status. */
  run(argv: string[]): number | Promise<number>;
}

/** Options as a row says them: one that another stands beside exists, and a default is a value. */
type OptionsAsWritten<Options> = {
  readonly [Name in keyof Options]: OptionWords & {
    beside?: keyof Options;
    default?: Name extends ValuedName ? ValueOf<Name> : never;
  };
};

/** A row of the table of commands. What it does not let pass is not written rightly. */
export function command<
  const Name extends string | null,
  const Options extends OptionsAsWritten<Options>,
  const Taken extends Operand | Choice | null,
>(
  row: Omit<Command, "name" | "options" | "operand" | "last"> & {
    name: Name;
    options: Options;
    operand: Taken;
    last?: readonly (keyof Options)[];
  },
) {
  return row;
}

/** An operand that is one of a few words. */
export function choice<const Word extends string>(
  row: Pick<Choice<Word>, "words" | "what" | "least" | "refusal">,
): Choice<Word> {
  return { ...row, name: row.words.join("|"), most: 1, offers: row.words };
}

/** Words by their heads, in their order. */
export function entriesOf<Head extends string>(words: Readonly<Record<Head, string>>): Entry[] {
  return Object.entries<string>(words).map(([head, says]) => ({ head, says }));
}
