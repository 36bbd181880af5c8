/** What the system says of processes. Where it says nothing, as elsewhere than on Linux, less is known. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { UnseenProcess } from "./language.ts";

/** The processes below one, itself left out. */
export function descendantsOf(pid: number): number[] {
  const found = new Set<number>();
  const visit = (parent: number): void => {
    for (const child of childrenOf(parent))
      if (!found.has(child)) {
        found.add(child);
        visit(child);
      }
  };
  visit(pid);
  return [...found];
}

function childrenOf(pid: number): number[] {
  const tasks = entriesOf(`/proc/${pid}/task`);
  return tasks.flatMap((task) =>
    readProc(`/proc/${pid}/task/${task}/children`)
      .split(" ")
      .filter((word) => word !== "")
      .map(Number),
  );
}

/** The processor time of a process, in ms; 0 where nobody knows. */
export function cpuOf(pid: number): number {
  return statOf(pid)?.cpuMs ?? 0;
}

/**
 * Whether a process's main thread has a use for a processor, waits for its disk or for a child that is being started, or
 * was stopped; false where nobody knows.
 */
export function isAwake(pid: number): boolean {
  return "RDTt".includes(statOf(pid)?.state ?? "S");
}

/** A tick of the system's clock, in ms (USER_HZ is 100 on every Linux that tandem runs on). */
const clockTickMs = 10;

/** The process that started one, or has taken it over; null where nobody knows. */
export function parentOf(pid: number): number | null {
  return statOf(pid)?.parent ?? null;
}

interface Stat {
  state: string;
  parent: number;
  cpuMs: number;
  group: number;
  foreground: number;
}

function statOf(pid: number): Stat | null {
  const stat = readProc(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (stat === "" || fields.length < 13) return null;
  const cpuMs = (Number(fields[11]) + Number(fields[12])) * clockTickMs;
  const [parent, group, , , foreground] = fields.slice(1, 6).map(Number);
  return {
    state: fields[0]!,
    parent: parent!,
    cpuMs,
    group: group!,
    foreground: foreground!,
  };
}

/**
 * Whether what is typed at the terminal reaches this process's group, and so its children too, as signals.
 * Where nobody knows, a terminal on standard input says so.
 */
export function isInForeground(): boolean {
  const stat = statOf(process.pid);
  // The module of terminals takes longer to load than most of tandem, and a signal comes rarely.
  if (stat === null) return process.getBuiltinModule("node:tty").isatty(0);
  return stat.foreground > 0 && stat.foreground === stat.group;
}

/** What is to be known of a process while it is there. */
export function lookAtProcess(pid: number): UnseenProcess {
  const split = (text: string): string[] => text.split("\0").slice(0, -1);
  const variables = split(readProc(`/proc/${pid}/environ`));
  // A file that cannot be read, and that of a process that has ended, is as empty as that of an empty environment.
  const words = withoutRest(split(readProc(`/proc/${pid}/cmdline`)));
  return {
    executable: executableOf(pid),
    words,
    environment:
      variables.length === 0 && words.length === 0
        ? null
        : Object.fromEntries(
            variables.map((one) => [one.split("=", 1)[0]!, one.slice(one.indexOf("=") + 1)]),
          ),
  };
}

/** A command line without what a process that has given itself a title leaves of it: empty words behind that. */
function withoutRest(words: readonly string[]): string[] {
  return words.slice(0, words.findLastIndex((word) => word !== "") + 1);
}

/**
 * The descriptors beyond standard error that a command is given, from 3 on: those that this process was
 * started with without a gap, and those that the command names (`/dev/fd/63`, a shell's `<(…)`).
 */
export function descriptorsFor(words: readonly string[]): (number | "ignore")[] {
  const named = new Set(
    words.flatMap((word) => /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(word)?.[1] ?? []).map(Number),
  );
  // What the runtime has opened for itself is of no file.
  const own = new Set(
    entriesOf("/proc/self/fd")
      .map(Number)
      .filter((descriptor) => isHandedOn(descriptor)),
  );
  const given: (number | "ignore")[] = [];
  for (let next = 3; own.has(next); next++) given.push(next);
  for (const descriptor of [...named].filter((one) => own.has(one)).toSorted((a, b) => a - b)) {
    while (given.length + 3 < descriptor) given.push("ignore");
    if (given.length + 3 === descriptor) given.push(descriptor);
  }
  return given;
}

function isHandedOn(descriptor: number): boolean {
  try {
    return !readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("anon_inode:");
  } catch {
    return false;
  }
}

function executableOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null;
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
