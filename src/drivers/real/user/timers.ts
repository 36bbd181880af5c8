/**
 * The timers that user code sets: their callbacks run for whoever set them, and those that a call
 * leaves behind are known.
 */
import { leftovers } from "../../../trace/event.ts";
import type { Call } from "./holds.ts";

export type Leftover = (typeof leftovers)[number];

interface Pending {
  call: Call;
  what: Leftover;
  place: string | null;
  /** Whether it has been told as left behind, and whether it has been told to have run then. */
  told: boolean;
  ran: boolean;
}

export interface TimerOptions {
  /** For whom the code that runs now was called; undefined where it is nobody's. */
  caller: () => Call | undefined;
  /** Where in the user's source the code that runs now stands. */
  place: () => string | null;
  /** A callback begins. */
  onTurn: (call: Call) => void;
  /** A timer is there although the call that it belongs to has ended. */
  onLeft: (call: Call, what: Leftover, place: string | null) => void;
  /** The same has run, an interval for the first time, or has been cleared. */
  onWentOn: (call: Call, how: Leftover | "cleared", place: string | null) => void;
}

type Callback = (...args: unknown[]) => unknown;
type Timer = ReturnType<typeof setTimeout>;

export class Timers {
  readonly #options: TimerOptions;
  readonly #pending = new Map<unknown, Pending>();

  constructor(options: TimerOptions) {
    this.#options = options;
  }

  /** From here on the timers of user code on this thread are followed. */
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

  /** A call has ended: what it leaves behind is told. */
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

  /** What hangs on the original, as util.promisify does, hangs on what stands in its place. */
  #replace(name: keyof typeof globalThis, replacement: unknown): void {
    const original = globalThis[name] as object;
    for (const key of Reflect.ownKeys(original))
      if (!(key in (replacement as object)))
        Object.defineProperty(replacement, key, Object.getOwnPropertyDescriptor(original, key)!);
    Object.defineProperty(replacement, "name", { value: name, configurable: true });
    (globalThis as Record<string, unknown>)[name] = replacement;
  }
}
