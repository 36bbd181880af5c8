/** Commands and processes as they are told: a program by its own name, and not by that of what runs it. */
import { shellWords } from "../base/texts.ts";
import type { ProcessReport } from "./program.ts";

/** Whether a command of this name runs the file that is its first argument. */
function isRunBy(name: string, file: string): boolean {
  if (/^python[\d.]*$/.test(name)) return file !== "" && !file.startsWith("-");
  // What else Bun and Node.js are given first may be a command of theirs.
  return /^(?:node|nodejs|bun)$/.test(name) && /[\\/]|\.[cm]?[jt]sx?'?$/.test(file);
}

/** `app.py --fast` of `/usr/bin/python3 app.py --fast`; of a module or another command its name without folders. */
export function shownCommand(command: string): string {
  const [first = "", ...rest] = shellWords(command);
  const name = first.slice(first.lastIndexOf("/") + 1);
  const [file = "", ...others] = rest;
  if (!isRunBy(name, file)) return [name, ...rest].join(" ");
  // A file that is called like a command is one: `npm`, and not the folder that it lies in.
  const isCommand = !name.startsWith("python") && /^\/.*\/[\w-]+$/.test(file);
  return [isCommand ? file.slice(file.lastIndexOf("/") + 1) : file, ...others].join(" ");
}

/** A process by its program, where its own name is that of what runs it. */
export function processName({ name, command }: Pick<ProcessReport, "name" | "command">): string {
  return command !== null && /^(?:python[\d.]*|node|nodejs|bun)$/.test(name)
    ? shownCommand(command)
    : name;
}
