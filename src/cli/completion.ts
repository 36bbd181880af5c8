/**
 * Completion for shells: the words that may follow `tandem`, taken from the table of commands.
 *
 * Each script asks nothing of tandem while a user types; it knows all words by itself.
 */
import { axisNames, axisOf, wordsOf as wordsOfAxis } from "../scenario/axes.ts";
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
  /** What each of them is for, in their order. */
  says: string[];
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

/** The options whose value is a strategy, behind whose name axes may stand between commas. */
const strategyOptions = ["--strategy", "--strategies"];

/** The values of each axis, as they stand behind a comma: `atExit=wait`; of one that is a number, its beginning. */
const axisValues: readonly string[] = axisNames.flatMap((name) =>
  axisOf(name).kind === "word" ? wordsOfAxis(name).map((word) => `${name}=${word}`) : [`${name}=`],
);

/** The script for a shell. */
export async function renderCompletion(shell: (typeof shells)[number]): Promise<string> {
  return { bash, zsh, fish, powershell }[shell]({
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
    says: optionNames(command).map((option) => saysOf(command, option)),
    files: optionNames(command)
      .filter((option) => command.options[option]!.file !== undefined)
      .map((option) => `--${option}`),
  };
}

/** What an option is for, in one plain line without signs that a shell reads. */
function saysOf({ options }: Command, name: string): string {
  const { says, beside } = options[name]!;
  const words = says ?? options[beside ?? name]?.says ?? "";
  return plain(words.replaceAll(/\s+/g, " ").split(/[;:(]/)[0]!);
}

/** A text without the signs that mean something between double quotes of a shell. */
function plain(text: string): string {
  return text.replaceAll(/["\\$`]/g, "").trim();
}

/** A text between single quotes. @param quote how one within them is written. */
function inQuotes(text: string, quote: string): string {
  return `'${text.replaceAll("'", () => quote)}'`;
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
  const values = worded.map(({ pattern, words }) => `    ${pattern}) offered="${words}" ;;`);
  const cases = vocabulary.commands.map(
    (command) =>
      `    ${command.name}) offered="${behind(command)}"${command.takesFile ? " files=yes" : ""} ;;`,
  );
  const names = vocabulary.commands.map(({ name }) => name).join(" ");
  const filed = filedOptions(vocabulary)
    .map((words) => words.replace(" ", "\\ "))
    .join("|");
  return `# tandem: completion for bash. In ~/.bashrc: eval "$(tandem completion bash)"
_tandem() {
  local word="\${COMP_WORDS[COMP_CWORD]}" at=$COMP_CWORD offered="" files="" before="" option typed
  # Bash takes a word apart at "=", where COMP_WORDBREAKS says so.
  while [ "$at" -gt 1 ] && [[ "\${COMP_WORDS[at]}" == "=" || "\${COMP_WORDS[at-1]}" == "=" ]]; do
    at=$((at - 1))
    word="\${COMP_WORDS[at]}$word"
  done
  typed="$word"
  option="\${COMP_WORDS[at-1]}"
  case "$word" in
  --*=*) option="\${word%%=*}" before="$option=" word="\${word#*=}" ;;
  esac
  COMPREPLY=()
  if [ "$at" -eq 1 ]; then
    case "$word" in
    -*) offered="${firstOptions.join(" ")}" ;;
    *) offered="${names}" ;;
    esac
  else
    case "\${COMP_WORDS[1]} $option" in
    ${filed}) files=yes ;;
    *)
      case "$option" in
${values.map((line) => `  ${line}`).join("\n")}
      ${files}) files=yes ;;
      ${free}) return ;;
      *)
        case "\${COMP_WORDS[1]}" in
${cases.map((line) => `    ${line}`).join("\n")}
        esac ;;
      esac ;;
    esac
    case "$option" in
    ${strategyOptions.join("|")}|-s)
      if [[ "$word" == *,* ]]; then
        before="$before\${word%,*},"
        word="\${word##*,}"
        [ "$option" = --strategies ] || offered=""
        offered="$offered ${axisValues.join(" ")}"
      fi ;;
    esac
  fi
  COMPREPLY=($(compgen -P "$before" -W "$offered" -- "$word"))
  if [ -n "$files" ]; then
    # A line each, since names of files may have spaces.
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -P "$before" -f -- "$word"))
  fi
  if [[ "\${COMPREPLY[0]}" == *= ]]; then compopt -o nospace 2> /dev/null; fi
  # What stands before the last "=" is a word of its own.
  if [[ "$COMP_WORDBREAKS" == *=* && "$typed" == *=* ]]; then
    local cut="\${typed%"\${typed##*=}"}" index
    for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]="\${COMPREPLY[index]#"$cut"}"; done
  fi
}
complete -o filenames -F _tandem tandem
`;
}

function zsh(vocabulary: Vocabulary): string {
  const { worded, files, free } = patternsOf(vocabulary.options);
  const values = worded.map(
    ({ pattern, words }) => `    ${pattern}) compadd -- ${words}; return ;;`,
  );
  const describe = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([word, says]) => `"${word}:${says.replaceAll(":", "")}"`).join(" ");
  const cases = vocabulary.commands.map(({ name, operands, takesFile, options, says }) => {
    const described = describe([
      ...options.map((option, index) => [option, says[index]!] as const),
      ["--help", "what it does"] as const,
    ]);
    return `    ${name})
      described=(${described})
      _describe -o option described
      ${operands.length === 0 ? ":" : `compadd -- ${operands.join(" ")}`}${takesFile ? "\n      _files" : ""} ;;`;
  });
  const filed = filedOptions(vocabulary)
    .map((words) => words.replace(" ", "\\ "))
    .join("|");
  const commands = describe(vocabulary.commands.map(({ name, summary }) => [name, plain(summary)]));
  return `#compdef tandem
# tandem: completion for zsh. In ~/.zshrc, after compinit: eval "$(tandem completion zsh)"
_tandem() {
  local -a described
  local option="$words[CURRENT-1]"
  if (( CURRENT == 2 )); then
    described=(${commands})
    _describe command described
    return
  fi
  if [[ "$PREFIX" == --*=* ]]; then
    option="\${PREFIX%%=*}"
    compset -P 1 '*='
  fi
  case "$option" in
    ${strategyOptions.join("|")}|-s)
      if compset -P '*,'; then compadd -S '' -- ${axisValues.join(" ")}; return; fi ;;
  esac
  case "$words[2] $option" in
    ${filed}) _files; return ;;
  esac
  case "$option" in
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
    ({ name, summary, operands, takesFile, options, says, files }) => {
      const inside = `complete -c tandem -n '__fish_seen_subcommand_from ${name}'`;
      return [
        `complete -c tandem -n __fish_use_subcommand -f -a ${name} -d ${inQuotes(plain(summary), "\\'")}`,
        ...(takesFile ? [] : [`${inside} -f`]),
        ...(operands.length === 0 ? [] : [`${inside} -a '${operands.join(" ")}'`]),
        ...options.map((option, index) => {
          const valued = vocabulary.options.find((one) => one.name === option);
          const value = files.includes(option)
            ? " -r"
            : valued === undefined
              ? ""
              : fishValue(valued);
          const described = says[index] === "" ? "" : ` -d ${inQuotes(says[index]!, "\\'")}`;
          return `${inside} -l ${option.slice(2)}${value}${described}`;
        }),
      ];
    },
  );
  return `# tandem: completion for fish. Write it to ~/.config/fish/completions/tandem.fish
function __tandem_axes
  set -l word (string replace -r '^--[a-z]+=' '' -- (commandline -ct))
  string match -q '*,*' -- $word; or return
  printf '%s\\n' (string replace -r '[^,]*$' '' -- $word)${"{"}${axisValues.join(",")}}
end
${lines.join("\n")}
`;
}

function fishValue({ name, short, words, isFile }: CompletedOption): string {
  const axes = strategyOptions.includes(name) ? " (__tandem_axes)" : "";
  return [
    ...(short === null ? [] : [` -s ${short}`]),
    " -r",
    ...(isFile ? [] : [" -f"]),
    ...(words.length === 0 ? [] : [` -a '${words.join(" ")}${axes}'`]),
  ].join("");
}

function powershell(vocabulary: Vocabulary): string {
  const quoted = (words: readonly string[]): string =>
    `@(${words.map((word) => `'${word}'`).join(", ")})`;
  const commands = vocabulary.commands.map(({ name, summary, operands, options, says }) => {
    const described = options.map(
      (option, index) => `'${option}' = ${inQuotes(says[index]!, "''")}`,
    );
    return `    '${name}' = @{ says = ${inQuotes(plain(summary), "''")}; operands = ${quoted(operands)}; options = [ordered]@{ ${[...described, "'--help' = 'what it does'"].join("; ")} } }`;
  });
  const values = vocabulary.options.flatMap(({ name, short, words }) =>
    [name, ...(short === null ? [] : [`-${short}`])].map(
      (written) => `  $values['${written}'] = ${quoted(words)}`,
    ),
  );
  const axed = quoted([...strategyOptions, "-s"]);
  return `# tandem: completion for PowerShell. In $PROFILE: tandem completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName tandem -ScriptBlock {
  param($word, $line, $cursor)
  $commands = [ordered]@{
${commands.join("\n")}
  }
  # In a literal -s and -S would be one key.
  $values = [Collections.Hashtable]::new([StringComparer]::Ordinal)
${values.join("\n")}
  $axes = ${quoted(axisValues)}
  # The argument as far as it is typed. To PowerShell a comma begins another word, which alone is replaced.
  $until = $cursor - $line.Extent.StartOffset
  $typed = ''
  if ($until -le $line.Extent.Text.Length) { $typed = ($line.Extent.Text.Substring(0, $until) -split '\\s')[-1] }
  $start = $cursor - $typed.Length
  $kept = [Math]::Max(0, $typed.Length - $word.Length)
  $quote = ''
  if ($typed -match '^[''"]') { $quote = $Matches[0]; $typed = $typed.Substring(1); $kept = 0 }
  function Complete($text, $says) {
    if (-not $text.StartsWith($typed, [StringComparison]::Ordinal)) { return }
    $shown = if ($says) { $says } else { $text }
    [Management.Automation.CompletionResult]::new($quote + $text.Substring($kept) + $quote, $text, 'ParameterValue', $shown)
  }
  $before = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $start } | ForEach-Object { $_.ToString() })
  if ($before.Count -le 1) {
    $commands.GetEnumerator() | ForEach-Object { Complete $_.Key $_.Value.says }
    if ($typed.StartsWith('-')) { ${quoted(firstOptions)} | ForEach-Object { Complete $_ $null } }
    return
  }
  $option = $before[-1]
  $prefix = ''
  if ($typed -cmatch '^(--[a-z-]+)=') {
    $option = $Matches[1]
    $prefix = $Matches[0]
  }
  if ($values.ContainsKey($option)) {
    $words = $values[$option]
    $comma = $typed.LastIndexOf(',')
    if ($option -cin ${axed} -and $comma -ge $prefix.Length) {
      $words = if ($option -ceq '--strategies') { $words + $axes } else { $axes }
      $prefix = $typed.Substring(0, $comma + 1)
    }
    # Where none fits, PowerShell offers the names of files.
    $words | ForEach-Object { Complete "$prefix$_" $null }
    return
  }
  $command = $commands[$before[1]]
  if ($null -eq $command) { return }
  $command.operands | ForEach-Object { Complete $_ $null }
  $command.options.GetEnumerator() | ForEach-Object { Complete $_.Key $_.Value }
}
`;
}
