/**
 * Commands that may compute for long: a Worker performs them, and the main thread hears signals beside it.
 *
 * A handler of a signal runs only where the event loop turns, and to read what became of a million events, and to
 * tell it, takes seconds in which it does not. Handlers are called in the Worker, where it is known what is to be
 * done; only where that computes for too long does the main thread end the process.
 */
import { rmSync } from "node:fs";
import { openCommandWorker } from "../open-worker.ts";
import { exitStatus, signalStatus } from "./command.ts";
import { isOwnTerminal, writeErrLine, written } from "./output.ts";
import { type EndingSignal, endingSignals, HeardSignals } from "./signals.ts";
import { showCursorNow } from "./terminal.ts";

/** A command that a Worker is to perform. */
export interface CommandInput {
  argv: string[];
  /** A document that has been read already, and the word that means it: a stream gives it only once. */
  read: { word: string; text: string } | null;
}

/** The messages of the main thread to the Worker of a command. */
export type ToCommand = CommandInput | { signal: NodeJS.Signals };

/** The messages of that Worker. */
export type FromCommand =
  /** The handlers of a signal have been called. */
  | { heard: NodeJS.Signals }
  /** A file that is being written begins or ends to be one that nobody may find. */
  | { unfinished: string; isThere: boolean }
  | { status: number }
  /** It failed by a mistake of tandem's own. */
  | { failed: string };

/** For how long, in ms, a Worker may leave a signal unheard; and where a record would be lost by its end. */
const patienceMs = { usual: 300, forRecord: 3000 };

/** The least time, in ms, between two signals of a user, who means the second one. */
const apartMs = 200;

/** For how long, in ms, an end by force waits for the Worker and for whoever reads its sentence. */
const endMs = 50;

/** The number of steps from which on a user would notice how long it takes to tell of a run. */
export const manySteps = 5000;

/** Whether a command can be performed beside this thread: it is no Worker, and nobody brought other streams. */
export function canBeBeside(): boolean {
  return Bun.isMainThread && isOwnTerminal();
}

/**
 * Has a Worker perform a command.
 *
 * @param about a document that has been read already; and whether what the command records is written to a file, which the
 *   first signal must not take away.
 * @returns its exit status.
 */
export async function performBeside(
  argv: string[],
  { read = null, keepsRecord = false }: { read?: CommandInput["read"]; keepsRecord?: boolean } = {},
): Promise<number> {
  const worker = new CommandWorker();
  worker.say({ argv, read });
  let unheard: { since: number; timer: ReturnType<typeof setTimeout> } | undefined;
  worker.onHeard = () => {
    clearTimeout(unheard?.timer);
    unheard = undefined;
  };
  using _ = new HeardSignals([...endingSignals, "SIGWINCH"], (name) => {
    worker.say({ signal: name });
    if (name === "SIGWINCH") return;
    const now = performance.now();
    if (unheard === undefined) {
      const ms = keepsRecord && !worker.hasWritten ? patienceMs.forRecord : patienceMs.usual;
      unheard = { since: now, timer: setTimeout(() => worker.endBy(name), ms) };
    } else if (now - unheard.since > apartMs) void worker.endBy(name);
  });
  const status = await worker.over;
  clearTimeout(unheard?.timer);
  return status;
}

/** The Worker of a command. */
class CommandWorker {
  /** Its exit status. */
  readonly over: Promise<number>;
  onHeard: () => void = () => undefined;
  readonly #worker = openCommandWorker();
  readonly #closed = Promise.withResolvers<void>();
  /** Whether it has come to the end of a file. */
  hasWritten = false;
  /** The files that it is writing. */
  readonly #unfinished = new Set<string>();
  readonly #end: (status: number) => void;
  #isEnding = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.over = promise;
    this.#end = resolve;
    this.#worker.onmessage = ({ data }: MessageEvent<FromCommand>) => this.#hear(data);
    this.#worker.addEventListener("error", ({ message }) => this.#fail(message));
    this.#worker.addEventListener("close", ({ code }) => {
      this.#closed.resolve();
      // By process.exit, as a signal has it that nobody else hears there.
      if (!this.#isEnding) resolve(code);
    });
  }

  say(message: ToCommand): void {
    this.#worker.postMessage(message);
  }

  /** Ends it wherever it is, as a signal that it does not hear. */
  async endBy(signal: EndingSignal): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#worker.terminate();
    await Promise.race([this.#closed.promise, Bun.sleep(endMs)]);
    for (const file of this.#unfinished) rmSync(file, { force: true });
    showCursorNow();
    writeErrLine("tandem: interrupted before all was told");
    await Promise.race([written().catch(() => undefined), Bun.sleep(endMs)]);
    this.#end(signalStatus[signal]);
  }

  #hear(message: FromCommand): void {
    if ("status" in message) this.#end(message.status);
    else if ("heard" in message) this.onHeard();
    else if ("failed" in message) this.#fail(message.failed);
    else if (message.isThere) this.#unfinished.add(message.unfinished);
    else {
      this.#unfinished.delete(message.unfinished);
      this.hasWritten = true;
    }
  }

  #fail(why: string): void {
    for (const line of why.split("\n")) writeErrLine(line);
    this.#end(exitStatus.fellShort);
  }
}
