/**
 * The timers of user code: a callback runs on behalf of the call that set its timer, and a timer that is
 * there when its call has ended is told as left behind.
 */
import type { Place } from "../../../trace/definitions.ts";
import { leftovers } from "../../../trace/event.ts";
import type { Call } from "./holds.ts";

export type Leftover = (typeof leftovers)[number];

interface Pending {
  call: Call;
  what: Leftover;
  place: Place | null;
  /** Whether it has been told as left behind, and whether it has been told that it ran after that. */
  told: boolean;
  ran: boolean;
}

export interface TimerOptions {
  /** The call on whose behalf the present code runs; undefined where there is none. */
  caller: () => Call | undefined;
  /** The place of the present code in the user's source. */
  place: () => Place | null;
  /** Hears that a callback begins. */
  onTurn: (call: Call) => void;
  /** Hears of a timer that is there although its call has ended. */
  onLeft: (call: Call, what: Leftover, place: Place | null) => void;
  /** Hears that such a timer has run, an interval for the first time, or has been cleared. */
  onWentOn: (call: Call, how: Leftover | "cleared", place: Place | null) => void;
}

type Callback = (...args: unknown[]) => unknown;
type Timer = ReturnType<typeof setTimeout>;

export class Timers {
  readonly #options: TimerOptions;
  readonly #pending = new Map<unknown, Pending>();

  constructor(options: TimerOptions) {
    this.#options = options;
  }

  /** Puts functions that follow timers in the place of the engine's, on this thread. */
  follow(): void {
    const { setTimeout, setInterval, setImmediate } = globalThis;
    this.#replace("setTimeout", (callback: Callback, ms?: number, ...args: unknown[]) =>
      this.#set("timeout", callback, (wrapped) => setTimeout(wrapped as never, ms, ...args)),
    );
    this.#replace("setInterval", (callback: Callback, ms?: number, ...args: unknown[]) =>
      this.#set("interval", callback, (wrapped) => setInterval(wrapped as never, ms, ...args)),
    );
    this.#replace("setImmediate", (callback: Callback, ...args: unknown[]) => {
      const call = this.#options.caller();
      if (call === undefined) return setImmediate(callback, ...args);
      const { onTurn } = this.#options;
      return setImmediate(
        (...given: unknown[]) => {
          onTurn(call);
          callback(...given);
        },
        ...args,
      );
    });
    for (const name of ["clearTimeout", "clearInterval"] as const) {
      const clear = globalThis[name] as (timer: unknown) => void;
      this.#replace(name, (timer: unknown) => {
        clear(timer);
        this.#forget(timer);
      });
    }
    const { sleep } = Bun;
    Bun.sleep = ((until: number | Date) => {
      if (this.#options.caller() === undefined) return sleep(until);
      const ms = typeof until === "number" ? until : until.getTime() - Date.now();
      return new Promise<void>((resolve) => globalThis.setTimeout(resolve, ms));
    }) as typeof Bun.sleep;
  }

  /** Tells of the timers that a call which has ended leaves behind. */
  ended(call: Call): void {
    for (const pending of this.#pending.values()) if (pending.call === call) this.#tell(pending);
  }

  #tell(pending: Pending): void {
    pending.told = true;
    this.#options.onLeft(pending.call, pending.what, pending.place);
  }

  #set(what: Leftover, callback: Callback, set: (wrapped: Callback) => Timer): Timer {
    const { caller, place, onTurn, onWentOn } = this.#options;
    const call = caller();
    if (call === undefined || typeof callback !== "function") return set(callback);
    const pending: Pending = { call, what, place: place(), told: false, ran: false };
    const pendingTimers = this.#pending;
    // Its `this` is the timer.
    const timer = set(function (this: unknown, ...args: unknown[]) {
      onTurn(call);
      if (what === "timeout") pendingTimers.delete(timer);
      if (pending.told && !pending.ran) onWentOn(call, what, pending.place);
      pending.ran = pending.told;
      callback.apply(this, args);
    });
    pendingTimers.set(timer, pending);
    if (call.ended) this.#tell(pending);
    return timer;
  }

  #forget(timer: unknown): void {
    // A timer may be cleared by its number.
    const key =
      typeof timer === "number"
        ? [...this.#pending.keys()].find((one) => Number(one) === timer)
        : timer;
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#pending.delete(key);
    if (pending.told) this.#options.onWentOn(pending.call, "cleared", pending.place);
  }

  /** Replaces a function of the engine's; its properties, as that of util.promisify, are kept. */
  #replace(name: keyof typeof globalThis, replacement: unknown): void {
    const original = globalThis[name] as object;
    for (const key of Reflect.ownKeys(original))
      if (!(key in (replacement as object)))
        Object.defineProperty(replacement, key, Object.getOwnPropertyDescriptor(original, key)!);
    Object.defineProperty(replacement, "name", { value: name, configurable: true });
    (globalThis as Record<string, unknown>)[name] = replacement;
  }
}
