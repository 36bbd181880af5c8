/** Observing Python: which interpreter runs a program, how the recorder comes into it, and why it may not. */
import { accessSync, constants } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { shellWords } from "../../base/texts.ts";
import { described } from "../folders.ts";
import { type ObservedLanguage, settingVariables, type UnseenProcess } from "../language.ts";
import { prepared } from "./prepared.ts";

/** The first minor version of Python 3 that the recorder runs in. */
export const leastMinor = 9;

export const python: ObservedLanguage = {
  name: "python",
  suffix: ".rec",
  async recorder() {
    const load = async () => (await import("./recorder.ts")).recorderFiles();
    return { ...(prepared ?? described(await load())), load };
  },
  variables(folders, settings, { PYTHONPATH: path, PYTEST_ADDOPTS: ofPytest = "" }) {
    const { recorder, overlay = null } = folders;
    return {
      // To explain assertions pytest compiles files of tests from what it reads of them itself.
      ...(overlay === null ? {} : { PYTEST_ADDOPTS: `--assert=plain ${ofPytest}`.trimEnd() }),
      PYTHONPATH: path ? `${recorder}${delimiter}${path}` : recorder,
      ...settingVariables(folders, settings),
    };
  },
  isOfIt: ({ executable, words }) => isPython(executable) || isPython(words[0] ?? null),
  isHelper: (command) => command.includes("multiprocessing.resource_tracker"),
  isLauncher: () => false,
  whyUnseen,
  whyNoModule: () => "none was imported",
};

function isPython(path: string | null): boolean {
  return path !== null && /^(?:python|pypy)[\d.]*(?:\.exe)?$/.test(basename(path));
}

function whyUnseen({ executable, words, environment }: UnseenProcess): string {
  const option = keepsOut(words);
  if (option !== null) return `it was started with ${option}, which keeps the recorder out`;
  if (environment !== null && environment["TANDEM_RECORD"] === undefined)
    return "it was started with an environment of its own, which lacks the recorder's variables";
  const name = basename(executable ?? words[0] ?? "");
  if (name.startsWith("pypy")) return "it is PyPy, and the recorder runs in CPython";
  const [, major, minor] = /^python(\d)\.?(\d+)?/.exec(name) ?? [];
  if (major === "2" || (minor !== undefined && Number(minor) < leastMinor))
    return `it is Python ${major}${minor === undefined ? "" : `.${minor}`}, and the recorder needs 3.${leastMinor}`;
  return `it did not load the recorder (another implementation than CPython, a version below 3.${leastMinor}, no room for its file, or an end before it could)`;
}

/** The option of an interpreter by which it does not look at PYTHONPATH, or does not import site. */
function keepsOut(words: readonly string[]): string | null {
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    if (!/^-[^-]/.test(word)) return null;
    // Behind c and m stands what is run; W and X take the rest of the word, or the next one.
    const [, letters, taker, rest] = /^-([^cmWX]*)([cmWX]?)(.*)$/.exec(word)!;
    const found = [..."IES"].find((letter) => letters!.includes(letter));
    if (found !== undefined) return `-${found}`;
    if (taker === "c" || taker === "m") return null;
    if (taker !== "" && rest === "") at++;
  }
  return null;
}

/** The interpreter of the first process that Python runs; null where there is none among these command lines. */
export function pythonIn(commands: readonly string[]): string | null {
  const interpreters = commands.map((command) => shellWords(command)[0] ?? null);
  return interpreters.find(isPython) ?? null;
}

/** The command that runs Python: what was named, the active virtual environment's, or what the PATH has. */
export function findInterpreter(
  named: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const path = environment["PATH"] ?? "";
  if (named !== null) return Bun.which(named, { PATH: path });
  const { VIRTUAL_ENV: venv } = environment;
  const ofVenv =
    venv === undefined || venv === ""
      ? []
      : process.platform === "win32"
        ? [join(venv, "Scripts", "python.exe")]
        : [join(venv, "bin", "python")];
  return (
    ofVenv.find(isExecutable) ??
    Bun.which("python3", { PATH: path }) ??
    Bun.which("python", { PATH: path })
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
