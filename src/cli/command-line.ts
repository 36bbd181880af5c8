/**
 * The command line: which command is meant, and what becomes of its errors.
 *
 * Invariant: an error a user can cause ends in one sentence on stderr and exit status 2, never in a
 * stack trace.
 */
import { existsSync, statSync } from "node:fs";
import { catalogue } from "../scenario/catalogue.ts";
import { DocumentError, printable } from "../scenario/problem.ts";
import { suggestion } from "../base/suggest.ts";
import { readArguments } from "./arguments.ts";
import { exitStatus } from "./command.ts";
import { commands, findingsTopic, overview } from "./commands.ts";
import { UsageError } from "./errors.ts";
import { canAsk, lookOptions, prepareForQuestions } from "./terminal.ts";
import {
  OutputClosed,
  speakingTo,
  type Terminal,
  textWidth,
  writeErr,
  writeOut,
} from "./output.ts";

/** Errors whose message says all: what could not be read, or a run that broke. Known by name, so that nothing is loaded for them. */
const plainErrors: Record<string, number> = {
  EventsError: exitStatus.wrong,
  OutputFailed: exitStatus.fellShort,
};

/** The most problems of one document that are told at once. */
const mostProblems = 20;

/**
 * Runs the command that `argv` means. @returns the exit status.
 *
 * @param on what it speaks to, where that is not the process's own terminal. Standard input, the
 *   environment and the current folder are the process's in any case.
 */
export async function runCommandLine(argv: string[], on?: Terminal): Promise<number> {
  if (on !== undefined) return speakingTo(on, () => runCommandLine(argv));
  try {
    return await dispatch(argv);
  } catch (error) {
    if (error instanceof OutputClosed) return exitStatus.outputClosed;
    if (error instanceof DocumentError) {
      const lines = error.message.split("\n");
      const more = lines.length - mostProblems;
      writeErr(`${lines.slice(0, mostProblems).join("\n")}\n`);
      if (more > 0)
        writeErr(`… and ${more} more problem${more === 1 ? "" : "s"} in ${error.file}\n`);
      return exitStatus.wrong;
    }
    if (error instanceof UsageError) {
      const help = error.command === null ? "tandem help" : `tandem help ${error.command}`;
      writeErr(`tandem: ${printable(error.message)} (see: ${help})\n`);
      return exitStatus.wrong;
    }
    const plain = plainErrors[(error as Error).name];
    if (plain === undefined) throw error;
    writeErr(`tandem: ${(error as Error).message}\n`);
    return plain;
  }
}

async function dispatch(argv: string[]): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined || sessionOptions.includes(word)) return session(argv);
  if (word === "--help" || word === "-h") return dispatch(["help", ...rest]);
  if (word === "--version" || word === "-V") return dispatch(["version", ...rest]);
  const command = commandNamed(word);
  const end = rest.indexOf("--");
  const words = end < 0 ? rest : rest.slice(0, end);
  if (words.includes("--help") || words.includes("-h")) {
    writeOut(command.help);
    return exitStatus.done;
  }
  return command.load === null ? help(rest) : (await command.load()).run(rest);
}

/** Those with which `tandem` alone may be called. */
const sessionOptions = Object.keys(lookOptions).map((name) => `--${name}`);

/** `tandem`, with nothing to do said. */
async function session(argv: string[]): Promise<number> {
  const any = { least: 0, most: Infinity, what: "nothing" };
  const { options, operands } = readArguments(null, argv, lookOptions, any);
  const [command] = operands;
  if (command !== undefined)
    throw new UsageError(`${argv[0]} stands before "${command}"; write it behind`);
  if (!canAsk()) {
    writeErr(overview());
    return exitStatus.wrong;
  }
  prepareForQuestions(options);
  return (await import("./session/session.ts")).runSession();
}

/** `tandem help [command|findings]` */
async function help(argv: string[]): Promise<number> {
  const { operands } = readArguments("help", argv, {}, { least: 0, most: 1, what: "a command" });
  const [word] = operands;
  if (word === undefined) writeOut(overview());
  else if (word === findingsTopic)
    writeOut((await import("../report/terminal/rules.ts")).renderRules(textWidth()));
  else writeOut(commandNamed(word, [findingsTopic]).help);
  return exitStatus.done;
}

/** @param others words that would have been right as well. */
function commandNamed(word: string, others: string[] = []): (typeof commands)[number] {
  const command = commands.find(({ name }) => name === word);
  if (command !== undefined) return command;
  if (word.startsWith("-")) throw new UsageError(`there is no option ${word} before a command`);
  const names = [...commands.map(({ name }) => name), ...others];
  // Whoever names a scenario alone means to run it, though "lost" is near to "list".
  const instead = isScenario(word)
    ? `did you mean "tandem run ${word}"?`
    : suggestion(word, names, "commands");
  throw new UsageError(`there is no command "${word}"; ${instead}`);
}

function isScenario(word: string): boolean {
  const isFile = existsSync(word) && statSync(word).isFile();
  return isFile || catalogue.some(({ name }) => name === word);
}
