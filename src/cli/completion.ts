/**
 * Completion for shells: what may stand behind `tandem`, taken from the help that users read.
 *
 * Each script asks nothing of tandem while a user types; it knows all words by itself.
 */
import { demandWords } from "../strategies/demand-words.ts";
import { sortable } from "../report/terminal/comparison.ts";
import { catalogue } from "../scenario/catalogue.ts";
import { type Command, commands, findingsTopic } from "./commands.ts";
import { strategyWords } from "./strategy-words.ts";
import { lookOptions } from "./terminal.ts";

/** An option of a command, as its help names it. */
export interface HelpedOption {
  long: string;
  short: string | null;
  takesValue: boolean;
}

/** The options that a command's help lists: lines that begin with them. */
export function optionsOf({ help }: Command): HelpedOption[] {
  return help
    .split("\n")
    .filter((line) => /^ {2}--/.test(line))
    .flatMap((line) => {
      // What they mean stands behind two spaces.
      const [words] = line.trim().split(/ {2,}/) as [string];
      const short = /, (-\w)\b/.exec(words)?.[1] ?? null;
      const takesValue = words.includes(" ") && /^--[\w-]+(?:, -\w)? \S/.test(words);
      return [...words.matchAll(/--([\w-]+)/g)].map(([long]) => ({ long, short, takesValue }));
    });
}

/** The words that a command's operand may be; scenarios where its help says so. */
function operandsOf({ name, help }: Command): string[] {
  if (/^ {2}<.*"tandem list"/m.test(help)) return catalogue.map((entry) => entry.name);
  if (name === "help") return [...commands.map((command) => command.name), findingsTopic];
  if (name === "schema") return ["scenario", "events"];
  return name === "completion" ? Object.keys(shells) : [];
}

/** Whether a command's operand may be a file. */
function takesFile({ help }: Command): boolean {
  return /^ {2}<.*\bfiles?\b/m.test(help) || /^tandem .*\[file\]/.test(help);
}

/** The values of options that have few. */
const valuesOf: Readonly<Record<string, string[]>> = {
  "--strategy": Object.keys(strategyWords),
  "--driver": ["real", "virtual"],
  "--lang": ["typescript", "python"],
  "--reporter": ["text", "junit", "github", "json"],
  "--strategies": Object.keys(strategyWords),
  "--sort": [...sortable],
  "--must": [...demandWords],
};

/** The options whose value is a file. */
const fileOptions = ["--events", "--takes-from"];

/** The options whose value is the user's own: nothing is offered for it. */
function freeOptions(): string[] {
  const valued = commands.flatMap(optionsOf).filter(({ takesValue }) => takesValue);
  const free = new Set(valued.map(({ long }) => long));
  for (const known of [...Object.keys(valuesOf), ...fileOptions]) free.delete(known);
  return [...free];
}

/** What may stand behind "tandem" itself. */
const firstOptions = [
  "--help",
  "--version",
  ...Object.keys(lookOptions).map((name) => `--${name}`),
];

function wordsOf(command: Command): string[] {
  return [...operandsOf(command), ...optionsOf(command).map(({ long }) => long), "--help"];
}

const shortOf: Readonly<Record<string, string[]>> = {
  "--strategy": ["-s"],
  "--driver": ["-d"],
  "--lang": ["-l"],
};

const names = (): string => commands.map(({ name }) => name).join(" ");

function bash(): string {
  const values = Object.entries(valuesOf).map(
    ([option, words]) =>
      `    ${[option, ...(shortOf[option] ?? [])].join("|")}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word")); return ;;`,
  );
  const cases = commands.map(
    (command) =>
      `    ${command.name}) words="${wordsOf(command).join(" ")}"${takesFile(command) ? " files=yes" : ""} ;;`,
  );
  return `# tandem: completion for bash. In ~/.bashrc: eval "$(tandem completion bash)"
_tandem() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words="" files=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    case "$word" in
    -*) COMPREPLY=($(compgen -W "${firstOptions.join(" ")}" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "${names()}" -- "$word")) ;;
    esac
    return
  fi
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("\n")}
    ${fileOptions.join("|")}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${freeOptions().join("|")}) return ;;
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

function zsh(): string {
  const cases = commands.map(
    (command) =>
      `    ${command.name}) compadd -- ${wordsOf(command).join(" ")}${takesFile(command) ? "; _files" : ""} ;;`,
  );
  const described = commands
    .map(({ name, summary }) => `"${name}:${summary.replaceAll(/["\\$\`]/g, "")}"`)
    .join(" ");
  return `#compdef tandem
# tandem: completion for zsh. In ~/.zshrc, after compinit: eval "$(tandem completion zsh)"
_tandem() {
  local -a described
  if (( CURRENT == 2 )); then
    described=(${described})
    _describe command described
    return
  fi
  case "$words[CURRENT-1]" in
${Object.entries(valuesOf)
  .map(
    ([option, words]) =>
      `    ${[option, ...(shortOf[option] ?? [])].join("|")}) compadd -- ${words.join(" ")}; return ;;`,
  )
  .join("\n")}
    ${fileOptions.join("|")}) _files; return ;;
    ${freeOptions().join("|")}) return ;;
  esac
  case "$words[2]" in
${cases.join("\n")}
  esac
}
compdef _tandem tandem
`;
}

function fish(): string {
  const lines = commands.flatMap((command) => {
    const { name, summary } = command;
    const inside = `complete -c tandem -n '__fish_seen_subcommand_from ${name}'`;
    const operands = operandsOf(command);
    return [
      `complete -c tandem -n __fish_use_subcommand -f -a ${name} -d '${summary.replaceAll("'", "")}'`,
      ...(takesFile(command) ? [] : [`${inside} -f`]),
      ...(operands.length === 0 ? [] : [`${inside} -a '${operands.join(" ")}'`]),
      ...optionsOf(command).map(({ long, short, takesValue }) =>
        [
          `${inside} -l ${long.slice(2)}`,
          ...(short === null ? [] : [`-s ${short.slice(1)}`]),
          ...(takesValue ? ["-r"] : []),
          ...(takesValue && !fileOptions.includes(long) ? ["-f"] : []),
          ...(valuesOf[long] === undefined ? [] : [`-a '${valuesOf[long].join(" ")}'`]),
        ].join(" "),
      ),
    ];
  });
  return `# tandem: completion for fish. Write it to ~/.config/fish/completions/tandem.fish\n${lines.join("\n")}\n`;
}

/** The script for each shell. */
export const shells: Readonly<Record<string, () => string>> = { bash, zsh, fish };
