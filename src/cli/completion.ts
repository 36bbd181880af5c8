/**
 * Completion for shells: the words that may follow `tandem`, taken from the table of commands.
 *
 * Each script asks nothing of tandem while a user types; it knows all words by itself.
 */
import type { Command } from "./command.ts";
import { commands, type shells, tandem } from "./commands.ts";
import { optionNames } from "./help.ts";
import { type Offers, type ValuedOption, valuedOptions } from "./options.ts";

/** The words of a script. */
interface Vocabulary {
  commands: Completed[];
  options: CompletedOption[];
}

/** The words that may follow a command. */
interface Completed {
  name: string;
  summary: string;
  /** Its operands, where they have words. */
  operands: readonly string[];
  /** Whether an operand may be a file. */
  takesFile: boolean;
  /** Names of options, as `--speed`. */
  options: string[];
  /** Those of them that are flags elsewhere and name a file here. */
  files: string[];
}

/** The words that may follow an option that takes a value; none where the value is the user's own. */
interface CompletedOption {
  name: string;
  short: string | null;
  words: readonly string[];
  isFile: boolean;
}

/** The script for a shell. */
export async function renderCompletion(shell: (typeof shells)[number]): Promise<string> {
  return { bash, zsh, fish }[shell]({
    commands: await Promise.all(Object.values<Command>(commands).map(completed)),
    options: await Promise.all(Object.entries(valuedOptions).map(completedOption)),
  });
}

async function completed(command: Command): Promise<Completed> {
  const { name, summary, operand } = command;
  return {
    name: name!,
    summary,
    operands: await wordsOf(operand?.offers),
    takesFile: operand?.isFile === true,
    options: optionNames(command).map((option) => `--${option}`),
    files: optionNames(command)
      .filter((option) => command.options[option]!.file !== undefined)
      .map((option) => `--${option}`),
  };
}

async function completedOption([name, option]: [
  string,
  ValuedOption<unknown>,
]): Promise<CompletedOption> {
  const { short = null, offers, isFile = false } = option;
  return { name: `--${name}`, short, words: await wordsOf(offers), isFile };
}

async function wordsOf(offers: Offers = []): Promise<readonly string[]> {
  return typeof offers === "function" ? offers() : offers;
}

/** The options that may follow "tandem" itself. */
const firstOptions = [
  "--help",
  "--version",
  ...Object.keys(tandem.options).map((name) => `--${name}`),
];

function behind({ operands, options }: Completed): string {
  return [...operands, ...options, "--help"].join(" ");
}

/** A command and an option of it that names a file there alone, between which a space stands. */
function filedOptions({ commands }: Vocabulary): string[] {
  return commands.flatMap(({ name, files }) => files.map((option) => `${name} ${option}`));
}

/** The three kinds of options with a value, each as the patterns of a shell's `case`. */
function patternsOf(options: CompletedOption[]): {
  worded: { pattern: string; words: string }[];
  files: string;
  free: string;
} {
  const patternOf = ({ name, short }: CompletedOption): string =>
    short === null ? name : `${name}|-${short}`;
  const worded = options.filter(({ words }) => words.length > 0);
  const unworded = options.filter(({ words }) => words.length === 0);
  return {
    worded: worded.map((one) => ({ pattern: patternOf(one), words: one.words.join(" ") })),
    files: unworded
      .filter(({ isFile }) => isFile)
      .map(patternOf)
      .join("|"),
    free: unworded
      .filter(({ isFile }) => !isFile)
      .map(patternOf)
      .join("|"),
  };
}

function bash(vocabulary: Vocabulary): string {
  const { worded, files, free } = patternsOf(vocabulary.options);
  const values = worded.map(
    ({ pattern, words }) =>
      `    ${pattern}) COMPREPLY=($(compgen -W "${words}" -- "$word")); return ;;`,
  );
  const cases = vocabulary.commands.map(
    (command) =>
      `    ${command.name}) words="${behind(command)}"${command.takesFile ? " files=yes" : ""} ;;`,
  );
  const names = vocabulary.commands.map(({ name }) => name).join(" ");
  const filed = filedOptions(vocabulary)
    .map((words) => words.replace(" ", "\\ "))
    .join("|");
  return `# tandem: completion for bash. In ~/.bashrc: eval "$(tandem completion bash)"
_tandem() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words="" files=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    case "$word" in
    -*) COMPREPLY=($(compgen -W "${firstOptions.join(" ")}" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "${names}" -- "$word")) ;;
    esac
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
    ${filed}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("\n")}
    ${files}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${free}) return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _tandem tandem
`;
}

function zsh(vocabulary: Vocabulary): string {
  const { worded, files, free } = patternsOf(vocabulary.options);
  const values = worded.map(
    ({ pattern, words }) => `    ${pattern}) compadd -- ${words}; return ;;`,
  );
  const cases = vocabulary.commands.map(
    (command) =>
      `    ${command.name}) compadd -- ${behind(command)}${command.takesFile ? "; _files" : ""} ;;`,
  );
  const filed = filedOptions(vocabulary)
    .map((words) => words.replace(" ", "\\ "))
    .join("|");
  const described = vocabulary.commands.map(
    ({ name, summary }) => `"${name}:${summary.replaceAll(/["\\$`]/g, "")}"`,
  );
  return `#compdef tandem
# tandem: completion for zsh. In ~/.zshrc, after compinit: eval "$(tandem completion zsh)"
_tandem() {
  local -a described
  if (( CURRENT == 2 )); then
    described=(${described.join(" ")})
    _describe command described
    return
  fi
  case "$words[2] $words[CURRENT-1]" in
    ${filed}) _files; return ;;
  esac
  case "$words[CURRENT-1]" in
${values.join("\n")}
    ${files}) _files; return ;;
    ${free}) return ;;
  esac
  case "$words[2]" in
${cases.join("\n")}
  esac
}
compdef _tandem tandem
`;
}

function fish(vocabulary: Vocabulary): string {
  const lines = vocabulary.commands.flatMap(
    ({ name, summary, operands, takesFile, options, files }) => {
      const inside = `complete -c tandem -n '__fish_seen_subcommand_from ${name}'`;
      return [
        `complete -c tandem -n __fish_use_subcommand -f -a ${name} -d '${summary.replaceAll("'", "")}'`,
        ...(takesFile ? [] : [`${inside} -f`]),
        ...(operands.length === 0 ? [] : [`${inside} -a '${operands.join(" ")}'`]),
        ...options.map((option) => {
          const valued = vocabulary.options.find((one) => one.name === option);
          const value = files.includes(option)
            ? " -r"
            : valued === undefined
              ? ""
              : fishValue(valued);
          return `${inside} -l ${option.slice(2)}${value}`;
        }),
      ];
    },
  );
  return `# tandem: completion for fish. Write it to ~/.config/fish/completions/tandem.fish\n${lines.join("\n")}\n`;
}

function fishValue({ short, words, isFile }: CompletedOption): string {
  return [
    ...(short === null ? [] : [` -s ${short}`]),
    " -r",
    ...(isFile ? [] : [" -f"]),
    ...(words.length === 0 ? [] : [` -a '${words.join(" ")}'`]),
  ].join("");
}
