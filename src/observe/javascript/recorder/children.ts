/** Child processes: who waits for one, and how it ended. */
import { constants } from "node:os";
import { now } from "./clock.ts";
import { write } from "./writer.ts";

interface Child {
  pid: number;
  of: Record<string, unknown>;
}
let children: Child[] = [];

export function childMade(of: Record<string, unknown>): void {
  const { pid } = of;
  if (typeof pid === "number") children.push({ pid, of });
}

/** Tells of the children that have ended since. */
export function tellChildren(): void {
  if (children.length === 0) return;
  const at = Math.round(now());
  children = children.filter(({ pid, of }) => {
    const status = statusOf(of);
    if (status !== null) write(["child", at, pid, status]);
    return status === null;
  });
}

function statusOf({ exitCode, signalCode }: Record<string, unknown>): number | null {
  if (typeof signalCode === "string") {
    const signal = constants.signals[signalCode as NodeJS.Signals];
    return signal === undefined ? null : -signal;
  }
  return typeof exitCode === "number" ? exitCode : null;
}
