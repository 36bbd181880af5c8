/**
 * The body of one thread of an emitted TypeScript program whose clock is patched: a Worker in the
 * place of the program's main thread, of its Worker, or of a thread of its pool.
 *
 * One thread runs at a time, the one whose instant comes first. Who stands still, or has nothing left
 * to do, gives the turn away; so even a program of several threads comes to the same end each time.
 * What has a thread of its own to go on in goes round as in Bun: messages, what setImmediate has put
 * there, timers that are due, with microtasks after each.
 */
import { writeFileSync } from "node:fs";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { Clock, MAIN, type Said, type ThreadInput } from "./clock.ts";

declare const self: Worker;

// From before the program's own are patched.
const native = { setImmediate, MessageChannel, Worker, postMessage };

type Callback = (...args: unknown[]) => void;

interface Timer {
  at: number;
  order: number;
  callback: () => void;
  isRef: boolean;
  every: number | null;
}

/** Another thread, or the other end of a line within this one. */
interface Source {
  port: MessagePort;
  /** Whether it keeps this thread alive. */
  isKept: () => boolean;
  hear: (data: unknown) => void;
}

/** setTimeout takes no more than this, and fires at once where it is given more. */
const longestTimer = 2 ** 31 - 1;

class PatchedThread {
  readonly #input: ThreadInput;
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  readonly #sources: Source[] = [];
  #immediates: { callback: () => void }[] = [];
  #isDone = false;
  #failure: unknown;
  /** What the program does about rejections that nobody handles, if it does anything. */
  #onRejection: Callback | undefined;
  /** The memory that this thread has handed to a pool. */
  readonly #poolMemory = new Set<ArrayBufferLike>();
  readonly #begun = Promise.withResolvers<void>();

  constructor(input: ThreadInput, clock: Clock) {
    this.#input = input;
    this.#clock = clock;
    if (input.port !== null)
      this.#sources.push({
        port: input.port,
        isKept: () => self.onmessage !== null,
        hear: (data) => self.onmessage?.({ data } as MessageEvent),
      });
  }

  async run(): Promise<void> {
    this.#patch();
    import(this.#input.program).then(
      () => this.#done(),
      (error: unknown) => this.#done(error),
    );
    await this.#begun.promise;
    await this.#settled();
    for (;;) {
      const messages = this.#messages();
      if (messages.length + this.#immediates.length + this.#dueTimers().length === 0) {
        if (!this.#isKept()) return this.#end(Number(process.exitCode ?? 0));
        this.#clock.rest(this.#nextTimer()?.at ?? Infinity, true);
        continue;
      }
      await this.#perform(messages);
      await this.#perform(this.#immediates.splice(0).map(({ callback }) => callback));
      await this.#perform(this.#dueTimers());
    }
  }

  #done(failure?: unknown): void {
    this.#isDone = true;
    this.#failure ??= failure;
    this.#begun.resolve();
  }

  async #perform(callbacks: readonly (() => void)[]): Promise<void> {
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        this.#failure ??= error;
      }
      await this.#settled();
    }
  }

  /** When microtasks have had their turn. @throws Over for a rejection that nobody handles. */
  async #settled(): Promise<void> {
    await new Promise((resolve) => native.setImmediate(resolve));
    if (this.#failure === undefined) return;
    this.#end(1);
    throw new Over();
  }

  #messages(): (() => void)[] {
    const found: (Said & { source: Source })[] = [];
    for (const source of this.#sources)
      for (let one; (one = receiveMessageOnPort(source.port)) !== undefined && one !== null;)
        found.push({ ...(one.message as Said), source });
    return found
      .toSorted((a, b) => a.order - b.order)
      .map(
        ({ source, data }) =>
          () =>
            source.hear(data),
      );
  }

  #dueTimers(): (() => void)[] {
    const { now } = this.#clock;
    const due = [...this.#timers].filter(({ at }) => at <= now).toSorted(sooner);
    return due.map((timer) => () => {
      // Another one that was due may have cleared it.
      if (!this.#timers.has(timer)) return;
      if (timer.every === null) this.#timers.delete(timer);
      else timer.at += timer.every;
      timer.callback();
    });
  }

  #nextTimer(): Timer | undefined {
    return [...this.#timers].toSorted(sooner)[0];
  }

  /** Whether something keeps the thread alive. A top-level await does in Bun, on the main thread. */
  #isKept(): boolean {
    if ([...this.#timers].some(({ isRef }) => isRef)) return true;
    if (this.#sources.some(({ isKept }) => isKept())) return true;
    return this.#input.number === MAIN && !this.#isDone;
  }

  #end(status: number): void {
    if (this.#failure !== undefined) this.#clock.note(String(this.#failure));
    // Only main opens a thread that ends by itself.
    if (this.#input.number !== MAIN) this.#clock.leave(MAIN);
    else if (this.#clock.isAlone) this.#clock.finish(status);
    else this.#clock.end(status);
  }

  /** Hears of a rejection that nobody handles. */
  reject(error: unknown): void {
    if (this.#onRejection !== undefined) this.#onRejection(error);
    else this.#failure ??= error ?? new Error("rejected with nothing");
  }

  #after(ms: number, callback: () => void, every: number | null = null): Timer {
    const { now } = this.#clock;
    const timer = { at: now + ms, order: this.#clock.next(), callback, isRef: true, every };
    this.#timers.add(timer);
    return timer;
  }

  #timer(callback: Callback, ms: number, args: unknown[], repeats: boolean) {
    const whole = ms > longestTimer || !(ms >= 1) ? 1 : Math.trunc(ms);
    const timer = this.#after(whole, () => callback(...args), repeats ? whole : null);
    const told = {
      timer,
      unref: () => ((timer.isRef = false), told),
      ref: () => ((timer.isRef = true), told),
    };
    return told;
  }

  #patch(): void {
    Object.assign(globalThis, this.#globals());
    this.#patchConsole();
    this.#patchProcess();
    const clock = this.#clock;
    performance.now = () => clock.now;
    Object.assign(Bun, {
      sleepSync: (ms: number) => clock.rest(clock.now + Math.trunc(ms), false),
      sleep: (ms: number) =>
        new Promise<void>((resolve) => void this.#after(Math.trunc(ms), resolve)),
      // A process of a pool, which does its work and ends.
      spawnSync: ([, , code]: string[]) => clock.rest(clock.now + takes(code!), false),
    });
    Object.assign(Atomics, {
      wait: (words: Int32Array, index: number, value: number, ms = Infinity) => {
        if (words[index] !== value) return "not-equal";
        return clock.waitFor(this.#word(words, index), clock.now + ms) ? "ok" : "timed-out";
      },
      notify: (words: Int32Array, index: number) => clock.notify(this.#word(words, index)),
    });
  }

  /** A word of memory by a number that all threads know; there is main's and the loop's, and the pool's. */
  #word(words: Int32Array, index: number): number {
    const isPools = this.#input.isPool || this.#poolMemory.has(words.buffer);
    return 1 + index + (isPools ? 1_000_000 : 0);
  }

  #globals() {
    const clear = ({ timer }: { timer?: Timer } = {}): void => void this.#timers.delete(timer!);
    const setTimer =
      (repeats: boolean) =>
      (callback: Callback, ms = 0, ...args: unknown[]) =>
        this.#timer(callback, ms, args, repeats);
    return {
      begins: () => this.#begun.resolve(),
      isMainThread: this.#input.number === MAIN,
      setTimeout: setTimer(false),
      setInterval: setTimer(true),
      clearTimeout: clear,
      clearInterval: clear,
      setImmediate: (callback: Callback, ...args: unknown[]) => {
        const immediate = { callback: () => callback(...args) };
        this.#immediates.push(immediate);
        return immediate;
      },
      clearImmediate: (immediate: { callback: () => void } | undefined) => {
        this.#immediates = this.#immediates.filter((one) => one !== immediate);
      },
      MessageChannel: this.#channelClass(),
      Worker: this.#workerClass(),
      postMessage: (data: unknown) => this.#say(this.#input.port!, this.#input.parent, data),
    };
  }

  #patchConsole(): void {
    const clock = this.#clock;
    console.log = (text: unknown) => clock.print(String(text));
    console.error = (...texts: unknown[]) => clock.note(texts.map(String).join(" "));
  }

  #patchProcess(): void {
    const clock = this.#clock;
    const isMain = this.#input.number === MAIN;
    let used = 0;
    process.exitCode = 0;
    Object.assign(process, {
      // Whoever asks what has been used since then is computing: a millisecond has gone by.
      threadCpuUsage(since?: { user: number }) {
        if (since === undefined) return { user: used, system: 0 };
        clock.rest(clock.now + 1, false);
        used += 1000;
        return { user: used - since.user, system: 0 };
      },
      exit(status?: number) {
        if (isMain) clock.end(status ?? Number(process.exitCode ?? 0));
        else clock.leave(MAIN);
      },
      on: (_event: "unhandledRejection", callback: Callback) => {
        this.#onRejection = callback;
      },
    });
  }

  #say(port: MessagePort, to: number, data: unknown): void {
    const said: Said = { order: this.#clock.next(), data };
    port.postMessage(said);
    this.#clock.wake(to);
  }

  /** A line within this thread; an end of it that is handed to another thread is an ordinary one there. */
  #channelClass() {
    const sources = this.#sources;
    const say = (port: MessagePort, data: unknown): void =>
      this.#say(port, this.#input.number, data);
    return class {
      readonly port1: MessagePort;
      readonly port2: MessagePort;

      constructor() {
        const { port1, port2 } = newLine();
        const { postMessage } = port2;
        let heard: ((event: MessageEvent) => void) | null = null;
        const source: Source = {
          port: port1,
          isKept: () => heard !== null,
          hear: (data) => heard?.({ data } as MessageEvent),
        };
        Object.defineProperty(port1, "onmessage", {
          set(listener: typeof heard) {
            heard = listener;
            sources.push(source);
          },
        });
        Object.assign(port1, { close: () => void sources.splice(sources.indexOf(source), 1) });
        const native = { postMessage: postMessage.bind(port2) } as unknown as MessagePort;
        Object.assign(port2, { postMessage: (data: unknown) => say(native, data) });
        this.port1 = port1;
        this.port2 = port2;
      }
    };
  }

  /** The program's own Worker is another thread like this one, and so is each of its pool. */
  #workerClass() {
    const clock = this.#clock;
    const { program, shared, number } = this.#input;
    const sources = this.#sources;
    const poolMemory = this.#poolMemory;
    const say = (port: MessagePort, to: number, data: unknown): void => this.#say(port, to, data);
    return class {
      onmessage: ((event: MessageEvent) => void) | null = null;
      readonly #port: MessagePort;
      readonly #number = clock.join();
      #isRef = true;

      constructor(url: string, options: { workerData?: unknown } = {}) {
        const isPool = url.startsWith("data:");
        if (isPool)
          for (const words of Object.values(options.workerData as Record<string, Int32Array>))
            poolMemory.add(words.buffer);
        const { port1, port2 } = newLine();
        this.#port = port1;
        sources.push({
          port: port1,
          isKept: () => this.#isRef && clock.isAlive(this.#number),
          hear: (data) => this.onmessage?.({ data } as MessageEvent),
        });
        const input: ThreadInput = {
          program: isPool ? poolProgram(program, url) : program,
          isPool,
          shared,
          number: this.#number,
          parent: number,
          port: port2,
        };
        openThread(input, options);
      }

      postMessage(data: unknown): void {
        say(this.#port, this.#number, data);
      }

      ref(): void {
        this.#isRef = true;
      }

      unref(): void {
        this.#isRef = false;
      }
    };
  }
}

function newLine(): { port1: MessagePort; port2: MessagePort } {
  return new native.MessageChannel() as unknown as { port1: MessagePort; port2: MessagePort };
}

function sooner(a: Timer, b: Timer): number {
  return a.at - b.at || a.order - b.order;
}

function openThread(input: ThreadInput, options: object): void {
  const worker = new native.Worker(import.meta.url, options);
  worker.postMessage(input, [input.port] as unknown as ArrayBuffer[]);
}

/** A module of what stands in a `data:` URL, which Bun does not import. */
function poolProgram(program: string, url: string): string {
  const file = `${program}.pool.ts`;
  writeFileSync(file, decodeURIComponent(url.slice(url.indexOf(",") + 1)));
  return file;
}

/** How long the code of a process takes: `(function)(ms)`, or a call of a function that takes so long. */
function takes(code: string): number {
  return Number(/\(([\d.]+)\)$/.exec(code)![1]);
}

/** Thrown where a thread has ended. */
class Over extends Error {}

let running: PatchedThread | undefined;
process.on("unhandledRejection", (error) => running?.reject(error));

/** Runs a program's thread; a program of one thread leaves this one to the next program. */
async function perform({ data }: MessageEvent<ThreadInput>): Promise<void> {
  self.onmessage = null;
  const clock = new Clock(data.shared, data.number, (isFree) => native.postMessage(isFree));
  if (data.number !== MAIN) clock.begin();
  running = new PatchedThread(data, clock);
  try {
    await running.run();
  } catch (error) {
    if (!(error instanceof Over)) throw error;
  }
  self.onmessage = perform;
}

self.onmessage = perform;
