/** The context that the user's function is called with. */
import { MAIN } from "../../../scenario/numbers.ts";
import type { ChannelRequest } from "../../../program/operation.ts";
import {
  durationExamples,
  parseDuration,
  type Ticks,
  TICKS_PER_MS,
} from "../../../base/duration.ts";
import { suggestion } from "../../../base/suggest.ts";
import { after } from "../timer.ts";

/** A call's context. In main all of its functions are synchronous. */
export interface Context {
  args: unknown;
  signal: AbortSignal;
  sleep(duration: unknown): unknown;
  print(...what: unknown[]): void;
  send(channel: unknown, value: unknown): unknown;
  receive(channel: unknown, options?: { timeout?: unknown }): unknown;
}

/** The parts that a context is made of. */
export interface ContextParts {
  actor: number;
  args: unknown;
  signal: AbortSignal;
  speed: number;
  channelNames: readonly string[];
  print(text: string): void;
  /** Blocks the thread for a stretch of scenario time. */
  block(ticks: Ticks): void;
  ask(request: ChannelRequest): unknown;
}

export function contextOf(parts: ContextParts): Context {
  const { actor, args, signal, speed, channelNames } = parts;
  const channel = (name: unknown): { channel: number } => {
    const index = channelNames.indexOf(String(name));
    if (index < 0)
      throw new Error(
        `no channel is named ${JSON.stringify(name)}; ${suggestion(String(name), channelNames, "channels")}`,
      );
    return { channel: index };
  };
  return {
    args,
    signal,
    print: (...what) => parts.print(what.map(String).join(" ")),
    sleep: (duration) => {
      const ticks = toTicks(duration);
      if (actor !== MAIN) return sleep(ticks / TICKS_PER_MS / speed, signal);
      return parts.block(ticks);
    },
    send: (name, value) =>
      parts.ask({ kind: "send", ...channel(name), value: structuredClone(value) }),
    receive: (name, { timeout } = {}) =>
      parts.ask({
        kind: "receive",
        ...channel(name),
        timeout: timeout === undefined ? null : toTicks(timeout),
      }),
  };
}

/** @throws RangeError for what is no duration. */
function toTicks(duration: unknown): Ticks {
  const ticks = parseDuration(duration);
  if (ticks === undefined)
    throw new RangeError(
      `${JSON.stringify(duration)} is not a duration; write ${durationExamples}, or milliseconds`,
    );
  return ticks;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      takeBack();
      reject(signal.reason as Error);
    };
    const takeBack = after(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
