/** Commands and processes as they are told: a program by its own name, and not by its interpreter's. */
import type { ProcessReport } from "./program.ts";

/** `app.py --fast` of `/usr/bin/python3 app.py --fast`; of a module or another command its name without folders. */
export function shownCommand(command: string): string {
  const [first = "", ...rest] = command.split(" ");
  const name = first.slice(first.lastIndexOf("/") + 1);
  const isScript = /^python[\d.]*$/.test(name) && rest.length > 0 && !rest[0]!.startsWith("-");
  return (isScript ? rest : [name, ...rest]).join(" ");
}

/** A process by its program, where its own name is its interpreter's. */
export function processName({ name, command }: Pick<ProcessReport, "name" | "command">): string {
  return command !== null && /^python[\d.]*$/.test(name) ? shownCommand(command) : name;
}
