/**
 * Aborts: whether an error comes from an AbortSignal, and who aborted that.
 *
 * Only identity says so: the error is the reason of the signal, or an AbortError that has it for its cause, as the
 * runtime's own functions make it.
 */
import { isObject } from "./errors.ts";
import type { Call } from "./model.ts";

export interface Abort {
  reason: "program" | "timed-out";
  /** Where it was aborted; of a timeout, where that was made. */
  site: number;
  by: Call | null;
  /** When it was aborted; null where that is not known, as of a timeout. */
  at: number | null;
}

/** By the reason of a signal. */
const aborts = new WeakMap<object, Abort>();

/** Signals that a line was about to abort, and that have not been looked at since. */
let asked: { signal: AbortSignal; abort: Abort }[] = [];
const mostAsked = 64;

/** Signals of timeouts, the oldest first; as weak as the runtime holds them. */
let limited: { signal: WeakRef<AbortSignal>; abort: Abort }[] = [];
/** Beyond so many those that are gone or over are forgotten. */
let most = 64;

/** Notes that a controller is about to abort its signal. */
export function willAbort(controller: unknown, abort: Abort): void {
  if (!(controller instanceof AbortController) || controller.signal.aborted) return;
  if (asked.length >= mostAsked) settleAborts();
  asked.push({ signal: controller.signal, abort });
}

/** Notes a signal of `AbortSignal.timeout` or `AbortSignal.abort`. */
export function signalMade(signal: unknown, abort: Abort): void {
  if (!(signal instanceof AbortSignal)) return;
  if (signal.aborted) return isAborted(signal, abort);
  limited.push({ signal: new WeakRef(signal), abort });
  if (limited.length <= most) return;
  limited = limited.filter((one) => isOpen(one.signal.deref(), one.abort));
  most = Math.max(64, limited.length * 2);
}

/** Looks at the signals that were about to be aborted: what has not been by now may be by somebody else. */
export function settleAborts(): void {
  if (asked.length === 0) return;
  const looked = asked;
  asked = [];
  for (const { signal, abort } of looked) isOpen(signal, abort);
}

/** The abort that an error comes from; null where none is known to be behind it. */
export function abortOf(error: unknown): Abort | null {
  try {
    if (!isObject(error)) return null;
    const { name, cause } = error as { name?: unknown; cause?: unknown };
    return abortFor(error) ?? (name === "AbortError" && isObject(cause) ? abortFor(cause) : null);
  } catch {
    // A getter of the program's own.
    return null;
  }
}

/** The abort of the signal that has this reason. */
function abortFor(reason: object): Abort | null {
  const known = aborts.get(reason);
  if (known !== undefined) return known;
  const found = asked.find(({ signal }) => signal.aborted && signal.reason === reason);
  if (found !== undefined) return found.abort;
  if (limited.length === 0 || !isTimeout(reason)) return null;
  const index = limited.findIndex(({ signal }) => signal.deref()?.reason === reason);
  const one = limited[index];
  if (one === undefined) return null;
  limited.splice(index, 1);
  aborts.set(reason, one.abort);
  return one.abort;
}

const isTimeout = (reason: object): boolean =>
  reason instanceof DOMException && reason.code === DOMException.TIMEOUT_ERR;

/** Whether a signal may still be aborted. */
function isOpen(signal: AbortSignal | undefined, abort: Abort): boolean {
  if (signal?.aborted === true) isAborted(signal, abort);
  return signal?.aborted === false;
}

function isAborted({ reason }: AbortSignal, abort: Abort): void {
  if (isObject(reason)) aborts.set(reason, abort);
}

/** Where calls stood when a rejection last came to them, and which it was. */
const rejections = new WeakMap<Call, { at: number; error: unknown }>();

/** What a `finally` block has of the error that it goes by. */
export const anyError = Symbol("any error");

/** Notes that what a call stands at has rejected. */
export function rejectedAt(call: Call, error: unknown): void {
  rejections.set(call, { at: call.at, error });
}

/** The site at which a call stood when the error came to it that it has ended with; null where it came up within. */
export function standingOf(call: Call, error: unknown): number | null {
  const last = rejections.get(call);
  return last !== undefined && (last.error === error || last.error === anyError) ? last.at : null;
}
