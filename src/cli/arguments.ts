/** Reading a command's words: options and operands, with a sentence for every mistake. */
import { nearest } from "../base/suggest.ts";
import { UsageError } from "./errors.ts";

export interface OptionSpec {
  type: "string" | "boolean";
  short?: string;
}

export interface ParsedArguments<Name extends string> {
  operands: string[];
  options: { [name in Name]?: string | boolean };
}

/**
 * Splits a command's words into options and operands.
 *
 * @param command null for tandem without a command.
 * @throws UsageError for an unknown option, a missing value, an option given twice, or a number of
 * operands outside of `operands`.
 */
export function readArguments<Name extends string>(
  command: string | null,
  argv: string[],
  specs: Record<Name, OptionSpec>,
  operands: { least: number; most: number; what: string },
): ParsedArguments<Name> {
  const found: ParsedArguments<Name> = { operands: [], options: {} };
  for (const token of argv.length === 0 ? [] : tokensOf(argv, specs)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      found.operands.push(token.value);
      continue;
    }
    const name = token.name as Name;
    const spec: OptionSpec | undefined = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined)
      throw new UsageError(unknownOption(token.rawName, Object.keys(specs)), command);
    if (found.options[name] !== undefined)
      throw new UsageError(`${token.rawName} is given twice; give it once`, command);
    if (spec.type === "boolean" && token.value !== undefined)
      throw new UsageError(
        `${token.rawName} takes no value, and "${token.value}" was given`,
        command,
      );
    // Without this, `--events --json` would name a file "--json".
    if (
      spec.type === "string" &&
      (!token.value || (!token.inlineValue && token.value.startsWith("--")))
    )
      throw new UsageError(
        `${token.rawName} needs a value${token.value === "" ? `, and "" is none` : ""}`,
        command,
      );
    found.options[name] = token.value ?? true;
  }
  const { least, most, what } = operands;
  if (found.operands.length < least) throw new UsageError(`${what} is missing`, command);
  if (found.operands.length > most)
    throw new UsageError(
      `"${found.operands[most]}" is one word too many: ${most === 0 ? `${command} takes none` : `${command} takes ${what}`}`,
      command,
    );
  return found;
}

/** The words as options and operands. The module that knows them apart loads for this alone. */
function tokensOf(argv: string[], specs: Record<string, OptionSpec>) {
  const { parseArgs } = process.getBuiltinModule("node:util");
  const rules = { allowPositionals: true, strict: false, tokens: true } as const;
  return parseArgs({ args: argv, options: specs, ...rules }).tokens;
}

/** The speed of a real run, as an option says; 1 where it is left out. @throws UsageError for what is none. */
export function readSpeed(command: string, word: string | boolean | undefined): number {
  const written = String(word ?? 1);
  const speed = /^[\d.]+$/.test(written) ? Number(written) : NaN;
  if (speed >= 0.001 && speed <= 10_000) return speed;
  throw new UsageError(`--speed is a number from 0.001 to 10000, not "${written}"`, command);
}

/** What performs a run, as an option says. @throws UsageError for what does not. */
export function readDriver(command: string, word: string | boolean): "real" | "virtual" {
  if (word === "real" || word === "virtual") return word;
  const near = nearest(String(word), ["real", "virtual"]);
  throw new UsageError(
    `--driver is "real" or "virtual", not "${String(word)}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    command,
  );
}

function unknownOption(written: string, known: string[]): string {
  const near = nearest(written.replace(/^-+/, ""), known);
  const options = known.map((name) => `--${name}`).join(", ");
  const instead = known.length === 0 ? "there is none here" : `options: ${options}`;
  return `there is no option ${written}; ${near === undefined ? instead : `did you mean --${near}?`}`;
}
