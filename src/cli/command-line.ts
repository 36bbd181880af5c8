/**
 * The command line: which command is meant, and what becomes of its errors.
 *
 * Invariant: an error that a user can cause is told by its own words on stderr and ends in its own exit
 * status, never in a stack trace.
 */
import { printableLines } from "../base/texts.ts";
import { systemRefused } from "../base/system-error.ts";
import { UserError } from "../base/user-error.ts";
import { ownWords, readArguments } from "./arguments.ts";
import { type CommandModule, exitStatus } from "./command.ts";
import { commandNamed } from "./command-named.ts";
import { type CommandName, commands, tandem } from "./commands.ts";
import { UsageError } from "./errors.ts";
import { overview, renderHelp } from "./help.ts";
import { checkSurroundings } from "./surroundings.ts";
import { canAsk, prepareForQuestions } from "./terminal.ts";
import {
  isErrLost,
  speakingTo,
  type Terminal,
  writeErr,
  writeErrLine,
  writeOut,
  written,
} from "./output.ts";

/**
 * Runs the command that `argv` means. @returns the exit status.
 *
 * @param on what it speaks to, where that is not the process's own terminal. Standard input, the
 *   environment and the current folder are the process's in any case.
 */
export async function runCommandLine(argv: string[], on?: Terminal): Promise<number> {
  if (on !== undefined) return speakingTo(on, () => runCommandLine(argv));
  try {
    checkSurroundings(argv);
    const status = await dispatch(argv);
    await written();
    return status === exitStatus.done && isErrLost() ? exitStatus.fellShort : status;
  } catch (error) {
    const told = error instanceof UserError ? error : systemRefused(error);
    for (const line of told?.told ?? []) writeErrLine(line);
    // What failed may have been standard output; what else there is to be told is told.
    await written().catch(() => undefined);
    if (told === null) throw error;
    return told.status;
  }
}

/** Where each command is loaded from when it is needed. */
const modules: Record<CommandName, () => Promise<CommandModule>> = {
  run: () => import("./commands/run.ts"),
  compare: () => import("./commands/compare.ts"),
  crash: () => import("./commands/crash.ts"),
  check: () => import("./commands/check.ts"),
  code: () => import("./commands/code.ts"),
  worker: () => import("./commands/worker.ts"),
  list: () => import("./commands/list.ts"),
  show: () => import("./commands/show.ts"),
  new: () => import("./commands/new.ts"),
  observe: () => import("./commands/observe.ts"),
  report: () => import("./commands/report.ts"),
  schema: () => import("./commands/schema.ts"),
  completion: () => import("./commands/completion.ts"),
  man: () => import("./commands/man.ts"),
  version: () => import("./commands/version.ts"),
  help: () => import("./commands/help.ts"),
};

async function dispatch(argv: string[]): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined || sessionOptions.includes(word)) return session(argv);
  if (word === "--help" || word === "-h") return dispatch(["help", ...rest]);
  if (word === "--version" || word === "-V") return dispatch(["version", ...rest]);
  const command = await commandNamed(word);
  const words = ownWords(commands[command], rest);
  if (words.includes("--help") || words.includes("-h")) {
    writeOut(printableLines(renderHelp(commands[command])));
    return exitStatus.done;
  }
  if (longComputing.has(command)) {
    const { canBeBeside, performBeside } = await import("./beside.ts");
    if (canBeBeside()) return performBeside([command, ...rest]);
  }
  return (await modules[command]()).run(rest);
}

/** The commands that may compute for long; of a run that is known when its document has been read. */
const longComputing: ReadonlySet<CommandName> = new Set(["compare", "crash", "check", "report"]);

/** The options of `tandem` without a command. */
const sessionOptions = Object.keys(tandem.options).map((name) => `--${name}`);

/** `tandem` without a command: the session, if somebody can be asked. */
async function session(argv: string[]): Promise<number> {
  const { options, operands } = readArguments(tandem, argv);
  const [command] = operands;
  if (command !== undefined)
    throw new UsageError(`${argv[0]} stands before "${command}"; write it behind`);
  if (!canAsk()) {
    writeErr(printableLines(overview()));
    return exitStatus.wrong;
  }
  prepareForQuestions(options);
  return (await import("./session/session.ts")).runSession();
}
