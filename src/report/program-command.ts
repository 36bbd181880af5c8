/** Commands and processes as they are told: a program by its own name, and not by that of what runs it. */
import type { ProcessReport } from "./program.ts";

/** Whether a command of this name runs the file that is its first argument. */
function isRunBy(name: string, file: string): boolean {
  if (/^python[\d.]*$/.test(name)) return !file.startsWith("-");
  // What else Bun and Node.js are given first may be a command of theirs.
  return /^(?:node|nodejs|bun)$/.test(name) && /[\\/]|\.[cm]?[jt]sx?$/.test(file);
}

/** `app.py --fast` of `/usr/bin/python3 app.py --fast`; of a module or another command its name without folders. */
export function shownCommand(command: string): string {
  const [first = "", ...rest] = command.split(" ");
  const name = first.slice(first.lastIndexOf("/") + 1);
  const isFile = rest.length > 0 && isRunBy(name, rest[0]!);
  return (isFile ? rest : [name, ...rest]).join(" ");
}

/** A process by its program, where its own name is that of what runs it. */
export function processName({ name, command }: Pick<ProcessReport, "name" | "command">): string {
  return command !== null && /^(?:python[\d.]*|node|nodejs|bun)$/.test(name)
    ? shownCommand(command)
    : name;
}
