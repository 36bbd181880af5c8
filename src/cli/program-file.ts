/**
 * Which program `tandem observe` is to run, and what runs it: a file of a language that is observed, or any command
 * behind "--".
 *
 * Whatever cannot be run has a sentence that says what would be right.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { lookAt } from "../base/paths.ts";
import { nearest } from "../base/suggest.ts";
import {
  findInterpreter,
  findRuntime,
  javascript,
  type ObservedLanguage,
  python,
} from "../runs/observe.ts";
import { commands } from "./commands.ts";
import { UsageError } from "./errors.ts";

/** A program as it is started. */
export interface ProgramToStart {
  command: string[];
  /** The same as it is told. */
  told: string[];
  /** All languages that are observed, the program's own first. */
  languages: readonly ObservedLanguage[];
  /** What it needs in its environment. */
  variables: Readonly<Record<string, string>>;
}

/** Which of the options were given that say what runs a program. */
export interface NamedRuntimes {
  python: string | null;
  runtime: string | null;
}

type LanguageName = "python" | "javascript";

const inOrder: Record<LanguageName, readonly ObservedLanguage[]> = {
  python: [python, javascript],
  javascript: [javascript, python],
};

export function refusal(message: string): UsageError {
  return new UsageError(message, commands.observe.name);
}

/** What a runtime takes in the place of a file, and which one does. */
const runtimeOptions: Readonly<Record<string, { of: string; name: string }>> = {
  ...optionsOf("python3", "Python", "-m", "-c"),
  ...optionsOf(
    "node",
    "Node.js and Bun",
    ...["-e", "--eval", "-p", "--print", "-r", "--require", "--import"],
  ),
  ...optionsOf(
    "node",
    "Node.js",
    ...[
      "--test",
      "--loader",
      "--experimental-loader",
      "--enable-source-maps",
      "--conditions",
      "-C",
    ],
  ),
  ...optionsOf("node", "Node.js", "--inspect", "--inspect-brk", "--experimental-strip-types"),
  ...optionsOf("bun", "Bun", "--preload", "--bun", "--smol", "--tsconfig-override"),
  ...optionsOf("bun", "Bun", "--watch", "--hot", "--env-file"),
};

function optionsOf(of: string, name: string, ...options: string[]) {
  return Object.fromEntries(options.map((option) => [option, { of, name }]));
}

/**
 * Refuses what a runtime takes in the place of a file, or before it, with the command that does it.
 *
 * @param own the words that are tandem's, and no program's.
 */
export function checkRuntimeOptions(own: readonly string[]): void {
  const known = Object.keys(commands.observe.options).map((name) => `--${name}`);
  for (const word of own) {
    const [option] = word.split("=", 1) as [string];
    const found = Object.hasOwn(runtimeOptions, option) ? runtimeOptions[option] : undefined;
    if (found === undefined || known.includes(option)) continue;
    const { of, name } = found;
    throw refusal(`${option} is an option of ${name}; write: tandem observe -- ${of} ${option} …`);
  }
}

/** A command behind "--". @throws UsageError where there is none. */
export function commandOf(words: readonly string[], named: NamedRuntimes): ProgramToStart {
  for (const option of ["python", "runtime"] as const)
    if (named[option] !== null)
      throw refusal(`--${option} says what runs a file; behind -- the command says it itself`);
  const [name, ...rest] = words as [string, ...string[]];
  if (Bun.which(name, { PATH: process.env["PATH"] ?? "" }) === null)
    throw refusal(
      name.includes("/")
        ? `${name}: ${missing(name)}`
        : `there is no command "${name}" on the PATH`,
    );
  const isJavaScript =
    javascript.isOfIt({ executable: null, words, environment: null }) ||
    javascript.isLauncher(words.join(" "));
  return toStart([name, ...rest], isJavaScript ? "javascript" : "python");
}

/** A program in a file, with what runs it. @throws UsageError where it is none. */
export function programOf(words: readonly string[], named: NamedRuntimes): ProgramToStart {
  const [file] = words as [string];
  const found = file === "-" ? asNamed(named) : languageOf(file, named);
  const other = found.language === "python" ? "runtime" : "python";
  if (named[other] !== null)
    throw refusal(
      `--${other} runs programs of ${spoken[found.language === "python" ? "javascript" : "python"]}, and ${file} is one of ${spoken[found.language]}`,
    );
  return found.language === "python"
    ? pythonProgram(words, named.python)
    : javascriptProgram(words, named.runtime ?? found.runtime);
}

const spoken: Record<LanguageName, string> = {
  python: "Python",
  javascript: "JavaScript or TypeScript",
};

/** What a file is written in, and what its first line says that runs it. */
interface Written {
  language: LanguageName;
  runtime: string | null;
}

const writtenInPython: Written = { language: "python", runtime: null };

/** What nothing else is known of, as what comes by standard input, is for what is to run it. */
function asNamed({ runtime }: NamedRuntimes): Written {
  return runtime === null ? writtenInPython : { language: "javascript", runtime: null };
}

function pythonProgram(words: readonly string[], named: string | null): ProgramToStart {
  const interpreter = findInterpreter(named, process.env);
  if (interpreter !== null) return toStart([interpreter, ...words], "python");
  throw named === null
    ? refusal(
        "there is no Python: neither python3 nor python is on the PATH; name one: --python PATH",
      )
    : refusal(`--python ${named}: there is no such program`);
}

function javascriptProgram(words: readonly string[], named: string | null): ProgramToStart {
  if (named !== null && /^deno(?:\.exe)?$/.test(basename(named)))
    throw refusal(`--runtime ${named}: programs are observed on Bun and on Node.js`);
  const runtime = findRuntime(named, process.env);
  if (runtime === null) throw refusal(`--runtime ${named}: there is no such program`);
  const [file, ...rest] = words as [string, ...string[]];
  // A name alone may be one of the runtime's own commands, as `test`.
  const path = extname(file) === "" && !file.includes("/") && file !== "-" ? `./${file}` : file;
  const { command, variables } = runtime;
  const isBun = variables["BUN_BE_BUN"] !== undefined || /^bun/.test(basename(command[0]!));
  const program = isBun && file === "-" ? ["run", file, ...rest] : [path, ...rest];
  // The Bun inside this executable goes by the name of that.
  const told = command[0] === process.execPath ? ["bun"] : command;
  return {
    ...toStart([...command, ...program], "javascript"),
    told: [...told, ...program],
    variables,
  };
}

function toStart(command: string[], language: LanguageName): ProgramToStart {
  return { command, told: command, languages: inOrder[language], variables: {} };
}

/** The same, with no cache of its modules written beside them: what is run for a proof leaves nothing behind. */
export function leavingNothing(program: ProgramToStart): ProgramToStart {
  return { ...program, variables: { ...program.variables, PYTHONDONTWRITEBYTECODE: "1" } };
}

const pythonNames = /^\.py[wz]?$/;
const javascriptNames = /^\.[cm]?[jt]sx?$/;

function languageOf(file: string, named: NamedRuntimes): Written {
  const there = lookAt(file);
  if (there.kind === "nothing") throw refusal(`${file}: ${missing(file)}`);
  if (there.kind === "unreachable") throw refusal(`${file}: it cannot be read: ${there.why}`);
  if (there.kind === "folder") {
    if (lookAt(join(file, "__main__.py")).kind !== "nothing") return writtenInPython;
    throw refusal(`${file}: ${ofFolder(file)}`);
  }
  if (pythonNames.test(extname(file))) return writtenInPython;
  if (javascriptNames.test(extname(file))) return { language: "javascript", runtime: null };
  const written = byFirstLine(file, named);
  if (written !== null) return written;
  throw refusal(
    `${file}: it is no program of Python, JavaScript or TypeScript; to observe what a command starts, write: tandem observe -- ${commandFor(file)}`,
  );
}

/** A file as the name of a command. */
function commandFor(file: string): string {
  return file.includes("/") ? file : `./${file}`;
}

/** What a file without a name that says so is written in, by its first line; null for neither language. */
function byFirstLine(file: string, named: NamedRuntimes): Written | null {
  const first = firstLineOf(file);
  if (!first.startsWith("#!")) return asNamed(named);
  if (first.includes("python")) return writtenInPython;
  const [command = "", ...rest] = first.slice(2).trim().split(/\s+/);
  const words =
    basename(command) === "env" ? rest.filter((one) => one !== "-S") : [command, ...rest];
  const [name = "", ...options] = [basename(words[0] ?? ""), ...words.slice(1)];
  if (!/^(?:node|nodejs|bun)$/.test(name)) return null;
  if (options.length > (name === "bun" && options[0] === "run" ? 1 : 0))
    throw refusal(
      `${file}: its first line gives ${name} options of its own; write: tandem observe -- ${commandFor(file)}`,
    );
  return { language: "javascript", runtime: name };
}

function firstLineOf(file: string): string {
  const bytes = Buffer.alloc(256);
  const descriptor = openSync(file, "r");
  try {
    const length = readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytes.toString("latin1", 0, length).split("\n")[0]!;
  } finally {
    closeSync(descriptor);
  }
}

/** The end of a sentence about a folder that Python cannot run. */
function ofFolder(folder: string): string {
  const entry = entryOf(folder);
  if (entry !== null) return `a folder is no program; write: tandem observe ${join(folder, entry)}`;
  const { scripts } = packageIn(folder) ?? {};
  if (typeof scripts === "object" && scripts !== null && "start" in scripts)
    return `a folder is no program; write, in it: tandem observe -- npm start`;
  return "the folder holds no __main__.py, so Python cannot run it, and no index.ts or index.js";
}

/** The file that a folder's package begins with; null where it has none. */
function entryOf(folder: string): string | null {
  const { module, main } = packageIn(folder) ?? {};
  const names = ["index.ts", "index.tsx", "index.mts", "index.js", "index.mjs", "index.cjs"];
  const isThere = (name: unknown): name is string =>
    typeof name === "string" && lookAt(join(folder, name)).kind === "file";
  return [module, main, ...names].find(isThere) ?? null;
}

/** The size, in bytes, up to which a package.json is one that somebody wrote. */
const largestPackage = 1024 * 1024;

function packageIn(folder: string): Record<string, unknown> | null {
  const file = join(folder, "package.json");
  const there = lookAt(file);
  if (there.kind !== "file" || there.stats.size > largestPackage) return null;
  try {
    const read: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The end of a sentence about a file that is not there. */
function missing(file: string): string {
  let near: string | undefined;
  try {
    near = nearest(basename(file), readdirSync(dirname(file)));
  } catch {
    return "there is no such file";
  }
  if (near !== undefined)
    return `there is no such file; did you mean "${join(dirname(file), near)}"?`;
  const isCommand = !file.includes("/") && Bun.which(file) !== null;
  return isCommand
    ? `there is no such file; to observe a command, write: tandem observe -- ${file}`
    : "there is no such file";
}
