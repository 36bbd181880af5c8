/** Errors of the system that no caller has foreseen: what it refused, in a sentence. */
import { UserError } from "./user-error.ts";

/** A refusal of the system: something has run out, or is not allowed. */
export class SystemRefused extends UserError {
  override readonly status = 1;
}

/** What has run out, or is in the way, by the system's code. */
const reasons: Readonly<Record<string, string>> = {
  EMFILE: "this process may open no more files (EMFILE); `ulimit -n` says how many it may",
  ENFILE: "the system can open no more files (ENFILE)",
  EAGAIN: "no more processes and threads may be started (EAGAIN); `ulimit -u` says how many may",
  ENOMEM: "no memory is left (ENOMEM)",
  ENOSPC: "no space is left on the disk (ENOSPC)",
  EDQUOT: "your quota of the disk is used up (EDQUOT)",
};

/**
 * The user's error for one that the system, or the runtime on its behalf, has thrown; null for any other,
 * which is a mistake of tandem's own.
 */
export function systemRefused(error: unknown): SystemRefused | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof RangeError && /out of memory/i.test(error.message))
    return new SystemRefused("no memory is left");
  // The runtime gives it no code.
  if (error.message === "Failed to spawn worker thread")
    return new SystemRefused(reasons["EAGAIN"]!);
  const { code, errno, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || (errno === undefined && syscall === undefined)) return null;
  return new SystemRefused(reasons[code] ?? `the system refused it: ${message}`);
}
