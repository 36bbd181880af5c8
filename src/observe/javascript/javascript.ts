/** Observing JavaScript and TypeScript: which runtime runs a program, how the recorder comes into it, and why it may not. */
import { basename, join } from "node:path";
import { described } from "../folders.ts";
import { type ObservedLanguage, settingVariables, type UnseenProcess } from "../language.ts";
import { prepared } from "./loading/prepared.ts";

export const javascript: ObservedLanguage = {
  name: "javascript",
  suffix: ".lines",
  async recorder() {
    const load = async () => (await import("./loading/files.ts")).recorderFiles();
    return { ...(prepared ?? described(await load())), load };
  },
  variables(folders, settings, environment) {
    const { recorder } = folders;
    const { NODE_OPTIONS: node, BUN_OPTIONS: bun } = environment;
    const ofNode = `--require=${quoted(join(recorder, "tandem-node.cjs"))}`;
    const ofBun = `--preload=${quoted(join(recorder, "tandem-bun.cjs"))}`;
    return {
      // Before the user's own: what those load is to be seen, too, and theirs are asked first for a module's text.
      NODE_OPTIONS: node ? `${ofNode} ${node}` : ofNode,
      BUN_OPTIONS: bun ? `${ofBun} ${bun}` : ofBun,
      ...settingVariables(folders, settings),
    };
  },
  isOfIt: ({ executable, words }) => isRuntime(executable) || isRuntime(words[0] ?? null),
  isHelper: () => false,
  isLauncher: (command) => launchers.some((each) => each.test(command)),
  whyUnseen,
  whyNoModule,
};

/**
 * Package managers, as what they are called by or as the file that they are; what starts a process for each file of tests;
 * and any program of a package.
 */
const launchers = [
  /^(?:npm|npx|yarn|yarnpkg|pnpm|pnpx|corepack)\b/,
  /[\\/](?:npm|npx|yarn|yarnpkg|pnpm|pnpx|corepack)(?:-cli)?(?:\.[cm]?js)?(?:\s|$)/,
  /^\S*bunx?(?:\.exe)? (?:run|x|install|i|add) /,
  /^\S*node(?:\.exe)? (?:-\S+ )*--test\b/,
  /^\S*(?:node|bun)(?:\.exe)? (?:-\S+ )*\S*\bnode_modules[\\/](?!.*\bjest\b)/,
];

function whyNoModule(command: string): string {
  if (/\bjest\b/.test(command))
    return "jest runs modules in contexts of its own, which the recorder does not reach";
  if (/\bvitest\b/.test(command))
    return "of vitest's pools the recorder reaches forks and threads, and not those that run modules in contexts of their own (vmForks, vmThreads)";
  if (/ (?:-e|-p|--eval|--print|-)(?: |=|$)/.test(command))
    return "its text stands in no file, and only modules in files are seen";
  return "none was loaded, but for those of packages (--include names more)";
}

/** A path as a word of the options that Node and Bun alike read from a variable. */
const quoted = (path: string): string =>
  /[\s"\\]/.test(path) ? `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"` : path;

const isRuntime = (path: string | null): boolean =>
  path !== null && /^(?:node|nodejs|bun|bun-debug)(?:\.exe)?$/.test(basename(path));

function whyUnseen({ executable, words, environment }: UnseenProcess): string {
  const variable = basename(executable ?? words[0] ?? "").startsWith("bun")
    ? "BUN_OPTIONS"
    : "NODE_OPTIONS";
  if (environment !== null && !environment[variable]?.includes("tandem-"))
    return `it was started with an environment of its own, which lacks the recorder's ${variable}`;
  return "it did not load the recorder (a Node.js below 20.6 or a Bun below 1.2, no room for its file, or an end before it could)";
}

/** How a program is run. */
export interface Runtime {
  /** The words that stand before the program's. */
  command: string[];
  /** What the process itself needs in its environment. */
  variables: Record<string, string>;
}

/**
 * The runtime that is asked for: the Bun inside this executable, if none is; else by its name, `node` or `bun` or another
 * on the PATH, or by its path. Null where there is no such executable.
 */
export function findRuntime(
  named: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): Runtime | null {
  if (named === null) return { command: [process.execPath], variables: { BUN_BE_BUN: "1" } };
  const path = Bun.which(named, { PATH: environment["PATH"] ?? "" });
  if (path !== null) return { command: [path], variables: {} };
  return named === "bun" ? findRuntime(null, environment) : null;
}
