/** Reading a command's words as its row of the table says, with a sentence for every mistake. */
import { nearest, suggestion } from "../base/suggest.ts";
import type { Command, OperandOf, OptionsOf, OptionWords } from "./command.ts";
import { UsageError } from "./errors.ts";
import { ValueError, valuedOption } from "./options.ts";
import { type OptionSpec, tokensOf } from "./tokens.ts";

/** The arguments that a command was given. */
export interface Arguments<Row extends Command> {
  operands: OperandOf<Row>[];
  /** All its options, those that were left out as well. */
  options: OptionsOf<Row>;
  /** The options that were given, as they were written; true for a flag. */
  given: ReadonlyMap<keyof Row["options"], string | true>;
}

/**
 * Reads a command's words.
 *
 * @throws UsageError for an unknown option, a missing value, an option given twice, a number of
 * operands that the command does not take, and a value or operand that means nothing.
 */
export function readArguments<Row extends Command>(row: Row, argv: string[]): Arguments<Row> {
  const { operands, values } = split(row, argv);
  checkOperands(row, operands);
  const options = Object.entries(row.options).map(([name, { default: own }]) => [
    name,
    valueOf(row, name, values.get(name), own),
  ]);
  return {
    operands: operands as OperandOf<Row>[],
    options: Object.fromEntries(options),
    given: values,
  };
}

/** Splits words into operands and options with their text; true for one that has none. */
function split(
  { name: command, options, operand }: Command,
  argv: string[],
): { operands: string[]; values: Map<string, string | true> } {
  const names = Object.keys(options);
  const operands: string[] = [];
  const values = new Map<string, string | true>();
  const isProgram = operand?.isProgram === true;
  for (const token of tokensOf(argv, specsOf(options), isProgram)) {
    if (token.kind === "operand") {
      operands.push(token.value);
      continue;
    }
    const { name, rawName, value, inlineValue } = token;
    if (!names.includes(name)) throw new UsageError(unknownOption(rawName, names), command);
    if (values.has(name)) throw new UsageError(`${rawName} is given twice; give it once`, command);
    if (!takesValue(name, options[name]!)) {
      if (value !== undefined)
        throw new UsageError(`${rawName} takes no value, and "${value}" was given`, command);
    } else if (!value || (!inlineValue && value.startsWith("--"))) {
      // A value that looks like an option is refused: `--events --json` would name a file "--json".
      const none = value === "" ? `, and "" is none` : "";
      throw new UsageError(`${rawName} needs a value${none}`, command);
    }
    values.set(name, value ?? true);
  }
  return { operands, values };
}

function specsOf(options: Command["options"]): Record<string, OptionSpec> {
  return Object.fromEntries(
    Object.entries(options).map(([name, words]) => {
      const type = takesValue(name, words) ? "string" : "boolean";
      return [name, { type, short: valuedOption(name)?.short }];
    }),
  );
}

function takesValue(name: string, { file }: OptionWords): boolean {
  return valuedOption(name) !== null || file !== undefined;
}

/** The words that are a command's own: not those of the program that it runs, and not what stands behind "--". */
export function ownWords({ options, operand }: Command, argv: string[]): string[] {
  const tokens = [...tokensOf(argv, specsOf(options), operand?.isProgram === true)];
  const end = argv.indexOf("--");
  if (operand?.isProgram !== true) return end < 0 ? argv : argv.slice(0, end);
  return argv.slice(0, argv.length - tokens.filter(({ kind }) => kind === "operand").length);
}

function checkOperands({ name, operand }: Command, operands: string[]): void {
  const { least, most, what } = operand ?? { least: 0, most: 0, what: "nothing" };
  if (operands.length < least) throw new UsageError(`${what} is missing`, name);
  if (operands.length > most)
    throw new UsageError(
      `"${operands[most]}" is one word too many: ${name} takes ${most === 0 ? "none" : what}`,
      name,
    );
  if (operand === null || !("words" in operand)) return;
  const [noSuch, all] = operand.refusal;
  for (const word of operands)
    if (!operand.words.includes(word))
      throw new UsageError(`${noSuch} "${word}"; ${suggestion(word, operand.words, all)}`, name);
}

/** @param own the command's own default. */
function valueOf(
  { name: command }: Command,
  name: string,
  written: string | true | undefined,
  own: unknown,
): unknown {
  const valued = valuedOption(name);
  // A flag of other commands, which names a file here.
  if (valued === null) return typeof written === "string" ? written : written === true;
  if (written === undefined) return own ?? valued.default ?? null;
  try {
    return valued.parse(String(written), `--${name}`);
  } catch (error) {
    if (error instanceof ValueError) throw new UsageError(error.message, command);
    throw error;
  }
}

function unknownOption(written: string, known: string[]): string {
  const near = nearest(written.replace(/^-+/, ""), known);
  const options = known.map((name) => `--${name}`).join(", ");
  const instead = known.length === 0 ? "there is none here" : `options: ${options}`;
  return `there is no option ${written}; ${near === undefined ? instead : `did you mean --${near}?`}`;
}
