/**
 * The user's own modules on one thread: loading them, calling their functions, and catching all that
 * comes out of them: results, errors with their place in the source, lines on the console, and the
 * time for which they hold the thread.
 *
 * Invariant: nothing that user code throws, rejects or prints leaves this file in any other way.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Console } from "node:console";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { MAIN, typeNumber } from "../../events/event.ts";
import type { CallOperation, ChannelRequest } from "../../program/operation.ts";
import { type CallStep, functionName } from "../../scenario/calls.ts";
import {
  durationExamples,
  parseDuration,
  type Ticks,
  TICKS_PER_MS,
} from "../../scenario/duration.ts";
import { suggestion } from "../../scenario/suggest.ts";
import { Deadlock } from "./board.ts";

/** What a thread does for the user code on it. */
export interface Host {
  record(type: number, actor: number, value: number, text?: string): void;
  /** Stands still for a stretch of scenario time. */
  block(ticks: Ticks): void;
  /** A send or receive that a promise waits for. */
  ask(actor: number, request: ChannelRequest): Promise<unknown>;
  /** The same in main, which stands still meanwhile. */
  askNow(request: ChannelRequest): unknown;
  /** Something failed that nobody called or awaits: a stray promise, a timer's callback. */
  onStray(reason: "unhandled-rejection" | "uncaught-exception", error: string): void;
}

/** What the user's function is called with. In main all of it is synchronous. */
interface Context {
  args: unknown;
  signal: AbortSignal;
  sleep(duration: unknown): unknown;
  print(...what: unknown[]): void;
  send(channel: unknown, value: unknown): unknown;
  receive(channel: unknown, options?: { timeout?: unknown }): unknown;
}

type UserFunction = (context: Context) => unknown;

/** How long a module may take to load, in ms: an await at its top level may never end. */
const longestLoad = 10_000;

/** From how many ms on it is told that user code held its thread. */
const tellFrom = 1;

/** How often, in ms, it is looked whether the continuation of a promise holds the thread. */
const heartbeat = 10;

export class UserCode {
  readonly #folder: string;
  readonly #channelNames: readonly string[];
  readonly #speed: number;
  /** By module as written in the document: what it exports, or why it could not be loaded. */
  readonly #modules = new Map<string, Record<string, unknown> | string>();
  readonly #signals = new Map<number, AbortController>();
  /** For whom the code that runs now was called. */
  readonly #caller = new AsyncLocalStorage<{ actor: number; step: CallStep }>();
  #latest: { actor: number; step: CallStep } | undefined;
  /** Calls whose promises have not settled. */
  #pending = 0;
  /** For how long the thread has been held by what was told already, in this stretch. */
  #told = 0;
  #host!: Host;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #lastBeat = 0;
  /** Fails the job that this thread of the pool is doing. */
  #failJob: ((error: string) => void) | undefined;

  constructor(options: { folder: string; channelNames: readonly string[]; speed: number }) {
    this.#folder = options.folder;
    this.#channelNames = options.channelNames;
    this.#speed = options.speed;
  }

  /** Whether there are calls that wait for the thread's native event loop. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Loads the modules of these steps. What cannot be loaded fails when it is called. */
  async load(steps: readonly CallStep[]): Promise<void> {
    this.#catchOutput();
    this.#measureSleeps();
    for (const { module } of steps) {
      if (this.#modules.has(module)) continue;
      const loading: Promise<Record<string, unknown> | string> = import(
        resolve(this.#folder, module)
      ).catch((error: unknown) => this.#describe(error, module));
      const late = Bun.sleep(longestLoad).then(
        () =>
          `${module} was not loaded within ${longestLoad / 1000} s: an await at its top level does not end`,
      );
      this.#modules.set(module, await Promise.race([loading, late]));
    }
  }

  /** Must come before the first call. */
  attach(host: Host): void {
    this.#host = host;
    process.on("unhandledRejection", (error) => this.#stray("unhandled-rejection", error));
    process.on("uncaughtException", (error) => this.#stray("uncaught-exception", error));
  }

  /**
   * Calls a function for main or for a task of the loop on this thread.
   *
   * @param onSettled hears when the promise that it returned to a task has settled, and with what error.
   */
  call(operation: CallOperation, onSettled: (error: string | null) => void): void {
    const { actor, step } = operation;
    const controller = new AbortController();
    const returned = this.#run(actor, step, controller.signal);
    if ("error" in returned) operation.error = returned.error;
    if (!isThenable(returned.value)) return;
    operation.promised = true;
    // Nobody awaits what main's call returned; if it fails, it fails as a stray promise does.
    if (actor === MAIN) return;
    this.#signals.set(operation.call, controller);
    this.#pending++;
    void this.#settle(returned.value, step).then((error) => {
      this.#pending--;
      this.#signals.delete(operation.call);
      onSettled(error);
    });
  }

  /** Calls a function as a job of the pool. @returns why it failed, or null. */
  async callInPool(actor: number, step: CallStep): Promise<string | null> {
    this.#host.record(typeNumber["call-began"], actor, 0, functionName(step));
    const returned = this.#run(actor, step, new AbortController().signal);
    let error: string | null = returned.error ?? null;
    if (error === null) {
      this.#pending++;
      const stray = Promise.withResolvers<string>();
      this.#failJob = stray.resolve;
      const done = isThenable(returned.value)
        ? this.#settle(returned.value, step)
        : // What was left behind and rejects at once belongs to the job as well.
          new Promise<null>((resolve) => setImmediate(() => resolve(null)));
      error = await Promise.race([done, stray.promise]);
      this.#failJob = undefined;
      this.#pending--;
    }
    this.#host.record(typeNumber["call-ended"], actor, error === null ? 0 : 2, error ?? undefined);
    return error;
  }

  /** Aborts the signal that a call was given. */
  abort(call: number): void {
    this.#signals.get(call)?.abort();
  }

  /** While the thread is left to its native event loop: sees to it that continuations are measured. */
  watch(): void {
    if (!this.isBusy || this.#pulse !== undefined) return;
    this.#lastBeat = performance.now();
    this.#told = 0;
    this.#pulse = setInterval(() => this.#beat(), heartbeat);
  }

  unwatch(): void {
    if (this.#pulse === undefined) return;
    clearInterval(this.#pulse);
    this.#pulse = undefined;
    this.#beat();
  }

  /** A beat that comes late was held up, by what ran last. */
  #beat(): void {
    const now = performance.now();
    const held = now - this.#lastBeat - this.#told;
    this.#lastBeat = now;
    this.#told = 0;
    // A busy machine wakes late as well; a few heartbeats are none of user code's doing.
    if (held > 3 * heartbeat) this.#tellHeld(held, this.#latest);
  }

  /** Runs the function up to where it returns. */
  #run(actor: number, step: CallStep, signal: AbortSignal): { value?: unknown; error?: string } {
    const caller = { actor, step };
    this.#latest = caller;
    const began = performance.now();
    this.#told = 0;
    try {
      const called = this.#functionOf(step);
      return { value: this.#caller.run(caller, () => called(this.#context(caller, signal))) };
    } catch (error) {
      if (error instanceof Deadlock) throw error;
      return { error: this.#describe(error, step.module) };
    } finally {
      const held = performance.now() - began - this.#told;
      if (held >= tellFrom) this.#tellHeld(held, caller);
    }
  }

  async #settle(promise: PromiseLike<unknown>, step: CallStep): Promise<string | null> {
    try {
      await promise;
      return null;
    } catch (error) {
      return this.#describe(error, step.module);
    }
  }

  #functionOf({ module, export: name }: CallStep): UserFunction {
    const loaded = this.#modules.get(module)!;
    if (typeof loaded === "string") throw new LoadError(loaded);
    const found = loaded[name];
    if (typeof found === "function") return found as UserFunction;
    const names = Object.keys(loaded).filter((key) => typeof loaded[key] === "function");
    throw new LoadError(
      found === undefined
        ? `${module} exports no "${name}"; ${names.length === 0 ? "it exports no function" : suggestion(name, names, "functions it exports")}`
        : `the export "${name}" of ${module} is no function`,
    );
  }

  #context({ actor }: { actor: number }, signal: AbortSignal): Context {
    const request = (channel: unknown): { channel: number } => {
      const index = this.#channelNames.indexOf(String(channel));
      if (index < 0)
        throw new Error(
          `no channel is named ${JSON.stringify(channel)}; ${suggestion(String(channel), this.#channelNames, "channels")}`,
        );
      return { channel: index };
    };
    const host = this.#host;
    /** What main waits for is none of its function's doing. */
    const apart = <Value>(wait: () => Value): Value => {
      const began = performance.now();
      try {
        return wait();
      } finally {
        this.#told += performance.now() - began;
      }
    };
    const ask = (what: ChannelRequest): unknown =>
      actor === MAIN ? apart(() => host.askNow(what)) : host.ask(actor, what);
    return {
      args: this.#caller.getStore()?.step.args,
      signal,
      print: (...what) => this.#print(actor, what.map(String).join(" ")),
      sleep: (duration) => {
        const ticks = toTicks(duration);
        if (actor !== MAIN) return sleep(ticks / TICKS_PER_MS / this.#speed, signal);
        return apart(() => host.block(ticks));
      },
      send: (channel, value) =>
        ask({ kind: "send", ...request(channel), value: structuredClone(value) }),
      receive: (channel, { timeout } = {}) =>
        ask({
          kind: "receive",
          ...request(channel),
          timeout: timeout === undefined ? null : toTicks(timeout),
        }),
    };
  }

  #print(actor: number, text: string): void {
    for (const line of text.split("\n")) this.#host.record(typeNumber.printed, actor, 0, line);
  }

  /** What goes to the console becomes lines that the program prints. */
  #catchOutput(): void {
    let partial = "";
    const write = (text: string): void => {
      const actor = (this.#caller.getStore() ?? this.#latest)?.actor ?? MAIN;
      const lines = (partial + text).split("\n");
      partial = lines.pop()!;
      for (const line of lines) this.#host?.record(typeNumber.printed, actor, 0, line);
    };
    const stdout = new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        write(chunk);
        done();
      },
    });
    globalThis.console = new Console({ stdout, stderr: process.stderr }) as typeof console;
    process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      write(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));
      const done = rest.at(-1);
      if (typeof done === "function") queueMicrotask(done as () => void);
      return true;
    }) as never;
  }

  /** Bun.sleepSync in user code is told with the line it stands on. */
  #measureSleeps(): void {
    const { sleepSync } = Bun;
    Bun.sleepSync = (ms: number) => {
      const began = performance.now();
      sleepSync(ms);
      const held = performance.now() - began;
      this.#told += held;
      const caller = this.#caller.getStore() ?? this.#latest;
      if (caller !== undefined)
        this.#host.record(
          typeNumber["call-held"],
          caller.actor,
          this.#toTicks(held),
          this.#place(new Error().stack) ?? undefined,
        );
    };
  }

  #tellHeld(ms: number, caller: { actor: number; step: CallStep } | undefined): void {
    if (caller === undefined) return;
    const { module, export: name } = caller.step;
    const source = `${this.#shorten(resolve(this.#folder, module))}:${lineOf(resolve(this.#folder, module), name)}`;
    this.#host.record(typeNumber["call-held"], caller.actor, this.#toTicks(ms), source);
  }

  #toTicks(ms: number): Ticks {
    return Math.round(ms * TICKS_PER_MS * this.#speed);
  }

  #stray(reason: "unhandled-rejection" | "uncaught-exception", error: unknown): void {
    const text = this.#describe(error, this.#latest?.step.module ?? "");
    if (this.#failJob !== undefined) this.#failJob(text);
    else this.#host.onStray(reason, text);
  }

  /** An error in a sentence that ends in its place in the user's source. */
  #describe(error: unknown, module: string): string {
    if (error instanceof LoadError) return error.message;
    // Bun.build's errors, which a failed import may hold several of.
    const { errors, position } = error as {
      errors?: { message: string; position?: BuildPosition }[];
      position?: BuildPosition;
    };
    const first = position === undefined ? errors?.[0] : undefined;
    if (first?.position) return `${first.message} (${this.#at(first.position)})`;
    if (position) return `${(error as Error).message} (${this.#at(position)})`;
    if (!(error instanceof Error)) return `${describeValue(error)} (thrown in ${module})`;
    const name = error.name === "Error" ? "" : `${error.name}: `;
    const place = this.#place(error.stack);
    return `${name}${error.message}${place === null ? "" : ` (${place})`}`;
  }

  #at({ file, line, column }: BuildPosition): string {
    return `${this.#shorten(file)}:${line}:${column}`;
  }

  /** The first place of a stack that is not tandem's own. */
  #place(stack: string | undefined): string | null {
    for (const [, file, line, column] of (stack ?? "").matchAll(
      /(?:\(|at )(?:async )?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()\n]*?):(\d+):(\d+)/g,
    )) {
      const path = file!.startsWith("file:") ? fileURLToPath(file!) : file!;
      if (isOwn(path) || !existsSync(path)) continue;
      return `${this.#shorten(path)}:${line}:${column}`;
    }
    return null;
  }

  /** A path relative to the scenario's folder, if it is inside. */
  #shorten(path: string): string {
    const short = relative(this.#folder, path);
    return short.startsWith("..") || isAbsolute(short) ? path : short;
  }
}

interface BuildPosition {
  file: string;
  line: number;
  column: number;
}

/** The user's function cannot be called at all; the message says why and where. */
class LoadError extends Error {}

/** Tandem's own sources: from source the folder they lie in, in the executable its own file system. */
function isOwn(path: string): boolean {
  if (Bun.isStandaloneExecutable) return /[\\/](\$bunfs|~BUN)[\\/]/.test(path);
  return path.startsWith(ownFolder);
}
const ownFolder = fileURLToPath(new URL("../../", import.meta.url));

function describeValue(value: unknown): string {
  try {
    return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return String(value);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
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
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    // Rounded up: a timer cuts off fractions, and nobody may wake before their time.
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, Math.ceil(ms));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** The line on which a module defines an export, as far as one can tell by looking. */
function lineOf(file: string, name: string): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return 1;
  }
  const definition =
    name === "default"
      ? /export\s+default\b/
      : new RegExp(
          String.raw`export\s+(?:async\s+)?(?:function\s*\*?|const|let|var|class)\s+${name}\b`,
        );
  const index = text.search(definition);
  return index < 0 ? 1 : text.slice(0, index).split("\n").length;
}
