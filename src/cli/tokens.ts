/**
 * The words of a command line told apart: options with their values, and operands.
 *
 * The tokens are those of `parseArgs` in `node:util` without `strict`. That module is not used, since it
 * takes longer to load than many a command to run.
 */

/** The specification of an option. */
export interface OptionSpec {
  type: "string" | "boolean";
  /** One letter. */
  short?: string | undefined;
}

export type Token =
  | { kind: "operand"; value: string }
  | {
      kind: "option";
      /** The long name, or what stands in its place where no such option is known. */
      name: string;
      /** The name as it is written: `--name`, `-n`. */
      rawName: string;
      value: string | undefined;
      /** Whether the value stands in the same word. */
      inlineValue: boolean;
    };

/**
 * Tells the words apart, in their order. An option that is not known takes a value behind "=" only.
 *
 * @param isProgram whether the first operand is a program, to which all words behind it belong.
 */
export function* tokensOf(
  argv: readonly string[],
  specs: Readonly<Record<string, OptionSpec>>,
  isProgram = false,
): Generator<Token, void> {
  const takesValue = (name: string): boolean =>
    Object.hasOwn(specs, name) && specs[name]!.type === "string";
  const longOf = (short: string): string =>
    Object.entries(specs).find(([, spec]) => spec.short === short)?.[0] ?? short;
  const left = [...argv];
  const option = (name: string, rawName: string, inline: string | undefined): Token => {
    const inlineValue = inline !== undefined;
    const value = inlineValue || !takesValue(name) ? inline : left.shift();
    return { kind: "option", name, rawName, value, inlineValue };
  };
  for (let word; (word = left.shift()) !== undefined;) {
    if (word === "--") {
      for (const value of left) yield { kind: "operand", value };
      return;
    }
    if (word.length < 2 || !word.startsWith("-")) {
      yield { kind: "operand", value: word };
      if (!isProgram) continue;
      for (const value of left) yield { kind: "operand", value };
      return;
    } else if (word.startsWith("--")) {
      // No name begins with "=": such a word is all name.
      const equals = word[2] === "=" ? -1 : word.indexOf("=");
      const rawName = equals < 0 ? word : word.slice(0, equals);
      yield option(rawName.slice(2), rawName, equals < 0 ? undefined : word.slice(equals + 1));
    } else {
      // "-ab" is "-a -b"; of the first that takes a value, what follows in the word is the value.
      for (let letter = 1, next = 1; letter < word.length; letter = next) {
        const name = longOf(word[letter]!);
        const rest = word.slice(letter + 1);
        const isLast = takesValue(name);
        next = isLast ? word.length : letter + 1;
        yield option(name, `-${word[letter]}`, isLast && rest !== "" ? rest : undefined);
      }
    }
  }
}
