/** The help as text: the table of commands, set out for a terminal of 80 columns. */
import { wrap } from "../base/layout.ts";
import { type Command, type Entry, exitStatus, type Operand, signalStatus } from "./command.ts";
import { type CommandName, commands, environment, tandem } from "./commands.ts";
import { examples, firstExamples } from "./examples.ts";
import { valuedOption } from "./options.ts";

/** The width of a line. It is the same on every terminal, since the manual page has the same lines. */
const width = 80;

const indent = "  ";

/** The indentation of what stands below an option. */
const below = " ".repeat(8);

/** All of `tandem help NAME`. */
export function renderHelp(command: Command & { name: CommandName }): string {
  const { name, about, operand, sections = [], exitStatus: statuses, more } = command;
  const parts = [
    usageLineOf(command),
    paragraph(about),
    ...(operand?.says === undefined
      ? []
      : [columns([{ head: usageOf(operand)[0]!, says: operand.says }])]),
    ...(hasOptions(command) ? [`Options\n${renderOptions(command)}`] : []),
    ...sections.map(({ title, column, entries }) => `${title}\n${columns(entries, { column })}`),
    ...(statuses === undefined ? [] : [renderStatuses(statuses)]),
    ...(more === undefined ? [] : [paragraph(more)]),
    renderExamples(examples[name]),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** All of `tandem help`. */
export function overview(): string {
  const rows = Object.values(commands).map(({ name, summary }) => ({ head: name, says: summary }));
  const own = optionNames(tandem).map((name) => `[--${name}]`);
  return `${paragraph(tandem.about)}

Usage: tandem ${own.join(" ")}   asks what to do, in a terminal
       tandem <command> [...]

Commands
${columns(rows)}

Environment
${columns(environment)}

${renderExamples(firstExamples)}
`;
}

/** The ways to call tandem, a line each. */
export function synopsis(): string {
  const own = optionNames(tandem).map((name) => `[--${name}]`);
  return [
    ["tandem", ...own].join(" "),
    ...Object.values<Command>(commands).map(usageLineOf),
    "tandem --help | --version",
  ].join("\n");
}

/** Entries in two columns, as in the help. */
export function listed(entries: readonly Entry[]): string {
  return columns(entries);
}

/** The names of a command's options, in the order in which the help tells them. */
export function optionNames(command: Command): string[] {
  return optionLines(command).flat();
}

/** The names of options, those together that stand on one line of the help. */
function optionLines({ options, last = [] }: Command): string[][] {
  const names = Object.keys(options).filter((name) => options[name]!.beside === undefined);
  return [...names.filter((name) => !last.includes(name)), ...last].map((name) => [
    name,
    ...Object.keys(options).filter((other) => options[other]!.beside === name),
  ]);
}

/** Options stand behind what a command is about, but before a program, whose own would follow it. */
function usageLineOf(command: Command): string {
  const { name, operand } = command;
  const options = hasOptions(command) ? ["[options]"] : [];
  const operands = usageOf(operand);
  const words = operand?.isProgram ? [...options, ...operands] : [...operands, ...options];
  return [`tandem ${name}`, ...words].join(" ");
}

function hasOptions({ options }: Command): boolean {
  return Object.keys(options).length > 0;
}

function usageOf(operand: Operand | null): string[] {
  if (operand === null) return [];
  const { name, least, isProgram } = operand;
  if (isProgram) return [`<${name}>`, "[arguments]"];
  if (least === 0) return [`[${name}]`];
  return ["words" in operand ? name : `<${name}>`];
}

function renderOptions(command: Command): string {
  const lines = optionLines(command).map((names) => {
    const { says = "", below: more = [] } = command.options[names[0]!]!;
    return { head: names.map((name) => headOf(command, name)).join(", "), says, below: more };
  });
  // The head of an option with more below it may be wider than the column.
  const column = widthOf(lines.filter((line) => line.below.length === 0));
  return lines
    .flatMap((line) => [
      columns([line], { column }),
      ...line.below.map((part) =>
        typeof part === "string" ? paragraph(part, below) : columns(part, { before: below }),
      ),
    ])
    .join("\n");
}

/** `--driver, -d virtual|real`, the default first. */
function headOf({ options }: Command, name: string): string {
  const valued = valuedOption(name);
  const { file } = options[name]!;
  if (file !== undefined) return `--${name} ${file}`;
  if (valued === null) return `--${name}`;
  const { short, offers, value = Array.isArray(offers) ? wordsOf(offers) : "" } = valued;
  return `--${name}${short === undefined ? "" : `, -${short}`} ${value}`;

  function wordsOf(words: readonly string[]): string {
    const first = words.filter((word) => word === options[name]!.default);
    return [...new Set([...first, ...words])].join("|");
  }
}

function renderStatuses(statuses: NonNullable<Command["exitStatus"]>): string {
  const numbers = { ...exitStatus, ...signalStatus };
  const told = Object.entries(statuses).map(
    ([name, says]) => `${numbers[name as keyof typeof numbers]} ${says}`,
  );
  return paragraph(`Exit status: ${told.join(", ")}.`);
}

function renderExamples(all: readonly string[]): string {
  const lines = all.map((example) => `${indent}${example}`);
  return [all.length === 1 ? "Example" : "Examples", ...lines].join("\n");
}

/** Words in two columns, the second at `column`, or where the widest head lets it be. */
function columns(
  entries: readonly Entry[],
  { column, before = indent }: { column?: number | undefined; before?: string } = {},
): string {
  const at = column ?? widthOf(entries, before);
  return entries
    .map(({ head, says }) => {
      const start = `${before}${head}`.padEnd(at - 3) + "   ";
      return start + reflowed(says, width - at, " ".repeat(at));
    })
    .join("\n");
}

/** Where the second of two columns begins. */
function widthOf(entries: readonly Entry[], before = indent): number {
  return before.length + Math.max(...entries.map(({ head }) => head.length)) + 3;
}

function paragraph(text: string, before = ""): string {
  return before + reflowed(text, width - before.length, before);
}

/** Sets a text of the table anew, its lines after the first behind `before`. */
function reflowed(text: string, room: number, before: string): string {
  return wrap(text.trim().replaceAll(/\s+/g, " "), room, before);
}
