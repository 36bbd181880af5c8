/**
 * Writing to stdout and stderr, whole and in order, and beside whatever else goes on: a reader that takes
 * nothing keeps no signal from being heard.
 *
 * `process.stdout.write` would lose what a pipe has not taken when the process exits.
 */
import {
  constants,
  fstatSync,
  openSync,
  readFileSync,
  stat,
  type Stats,
  statSync,
  write,
  writeSync,
} from "node:fs";
import { joined, type Output, printable } from "../base/texts.ts";
import { failureOf, OutputClosed, OutputError } from "../base/files.ts";
import { SignalWatch } from "./signals.ts";

/** A stream that tandem writes to. */
export interface Stream {
  readonly isTTY: boolean;
  /** The size of the terminal; undefined where it is none, or has not been told its size, as by `script` in a CI. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /**
   * Has a text written behind all that was written before, to either stream; `written` waits for that.
   *
   * @throws OutputClosed when nobody is known to read it any more, OutputFailed.
   */
  write(text: Output): void;
  /** Writes a part of some bytes without blocking, and calls back with their number. */
  writeSome(
    bytes: Buffer,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void;
  /** The user's error for a failed write. */
  failureOf(error: NodeJS.ErrnoException): OutputError;
}

/** The two streams that a command line speaks to. */
export interface Terminal {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

class ProcessStream implements Stream {
  readonly #descriptor: number;
  readonly #what: string;
  readonly #stream: () => NodeJS.WriteStream;
  #open: number | "blocking" | "closed" | undefined;

  /** @param stream is asked for its size alone, and only when that is wanted: to make it takes time. */
  constructor(descriptor: number, what: string, stream: () => NodeJS.WriteStream) {
    this.#descriptor = descriptor;
    this.#what = what;
    this.#stream = stream;
  }

  get isTTY(): boolean {
    return mayBeTerminal(this.#descriptor) && this.#stream().isTTY === true;
  }

  get columns(): number | undefined {
    return mayBeTerminal(this.#descriptor) ? this.#stream().columns || undefined : undefined;
  }

  get rows(): number | undefined {
    return mayBeTerminal(this.#descriptor) ? this.#stream().rows || undefined : undefined;
  }

  write(text: Output): void {
    toProcess ??= new QueuedOutput(() => undefined, own.stdout);
    if (this === own.stdout && toProcess.broken !== null) throw toProcess.broken;
    toProcess.write(text, this);
  }

  writeSome(
    bytes: Buffer,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void {
    this.#open ??= openWithoutBlocking(this.#descriptor);
    const open = this.#open;
    const writeNow = (descriptor: number): void => {
      try {
        done(null, writeSync(descriptor, bytes));
      } catch (error) {
        done(error as NodeJS.ErrnoException, 0);
      }
    };
    if (open === "closed") setImmediate(done, closedError(), 0);
    else if (open !== "blocking") setImmediate(writeNow, open);
    else
      void canUseThreads().then((can) =>
        can
          ? write(this.#descriptor, bytes, 0, bytes.length, null, done)
          : writeNow(this.#descriptor),
      );
  }

  failureOf(error: NodeJS.ErrnoException): OutputError {
    return failureOf(error, this.#what);
  }
}

/**
 * Whether a descriptor can be that of a terminal: not that of a file, a pipe or the null device.
 *
 * The streams of `process`, which know for certain, take longer to make than a small scenario takes
 * to run in virtual time.
 */
function mayBeTerminal(descriptor: number): boolean {
  if (process.platform === "win32") return true;
  try {
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && !isNullDevice(stats);
  } catch {
    return true;
  }
}

/**
 * A descriptor of the same stream on which a write does not wait for anybody, as that of a file is. A pipe or a
 * terminal is opened once more: the mode would else be that of all who have it. `blocking` where that cannot be
 * done, and a thread has to wait in the place of this one; `closed` where there is no stream.
 */
function openWithoutBlocking(descriptor: number): number | "blocking" | "closed" {
  if (wasClosed(descriptor)) return "closed";
  try {
    if (fstatSync(descriptor).isFile()) return descriptor;
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return "blocking";
  }
}

function closedError(): NodeJS.ErrnoException {
  return Object.assign(new Error("it is closed"), { code: "EBADF" });
}

/** The longest, in ms, that the runtime takes to start a thread. */
const startingMs = 500;

let threads: Promise<boolean> | undefined;

/** Whether the runtime has threads that can wait in the place of this one: where no more may be started it says nothing. */
function canUseThreads(): Promise<boolean> {
  const looked = new Promise<boolean>((resolve) => stat("/", () => resolve(true)));
  return (threads ??= Promise.race([looked, Bun.sleep(startingMs).then(() => false)]));
}

function isNullDevice({ rdev }: Stats): boolean {
  return rdev === statSync("/dev/null").rdev;
}

/**
 * Whether a descriptor was closed when the process started (`>&-`). The runtime opens the null device in its
 * place, and for itself alone: none that was handed on is to be closed by exec.
 */
function wasClosed(descriptor: number): boolean {
  try {
    if (!isNullDevice(fstatSync(descriptor))) return false;
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"));
    return (parseInt(flags?.[1] ?? "0", 8) & closedByExec) !== 0;
  } catch {
    return false;
  }
}

/** O_CLOEXEC of Linux, which alone says so of a descriptor. */
const closedByExec = 0o2000000;

/** The process's own streams. */
const own: Terminal = {
  stdout: new ProcessStream(1, "standard output", () => process.stdout),
  stderr: new ProcessStream(2, "standard error", () => process.stderr),
};

/** All that is on its way to them, in one order. */
let toProcess: QueuedOutput | undefined;

/** The streams of the command line that runs now: the process's own, unless its caller brought others. */
export let terminal = own;

/** Whether these are the process's own. */
export function isOwnTerminal(): boolean {
  return terminal === own;
}

/**
 * Waits until all that tandem has written stands where it was written to, as before another program writes there.
 *
 * @throws OutputClosed, OutputFailed for standard output.
 */
export async function written(): Promise<void> {
  await toProcess?.drain();
  const broken = toProcess?.broken ?? null;
  if (broken !== null) throw broken;
}

/** Writes a sequence to the process's terminal as the process ends, unless the terminal takes nothing. */
export function writeToTerminalNow(text: Output): void {
  try {
    writeSync(openSync("/dev/tty", constants.O_WRONLY | constants.O_NONBLOCK), text);
  } catch {
    // There is none, or it is stopped (Ctrl-S): nothing can be done for it.
  }
}

/** Does something with other streams in the place of the process's own. Calls must not overlap. */
export async function speakingTo<Result>(
  other: Terminal,
  body: () => Promise<Result>,
): Promise<Result> {
  const before = terminal;
  terminal = other;
  try {
    return await body();
  } finally {
    terminal = before;
  }
}

/** Writes text to stdout. @throws OutputClosed when nobody reads it any more. */
export function writeOut(text: Output): void {
  terminal.stdout.write(text);
}

/** The streams that did not take all that was written to them, although nobody had closed them. */
const incomplete = new Set<Stream>();

/** Whether something that was to be told on stderr stands nowhere, as there is no room or no stream. */
export function isErrLost(): boolean {
  return incomplete.has(terminal.stderr);
}

/** Writes text to stderr, if that can be done: there is nowhere else to complain, and only the status can tell. */
export function writeErr(text: Output): void {
  try {
    terminal.stderr.write(text);
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
  }
}

/** Writes a line to stderr, made safe, as `writeErr` does. */
export function writeErrLine(line: string): void {
  writeErr(joined([printable(line), ""], "\n"));
}

/** The longest, in ms, that a stream is left alone that takes nothing. */
const mostPatienceMs = 16;

/**
 * Standard output or error that is written beside whatever else goes on: a reader that takes nothing must
 * not keep tandem from ending a run.
 */
export class QueuedOutput {
  /** The error since which nothing can be written; null while there is none. */
  broken: OutputError | null = null;
  readonly #onBroken: () => void;
  readonly #stream: Stream;
  readonly #queue: { stream: Stream; text: Output }[] = [];
  #writing = false;
  /** For how long, in ms, a stream was left alone that took nothing. */
  #patienceMs = 0.5;
  #idle: PromiseWithResolvers<void> | undefined;

  /** @param onBroken called once, when writing has failed. */
  constructor(onBroken: () => void, stream: Stream = terminal.stdout) {
    this.#onBroken = onBroken;
    this.#stream = stream;
  }

  /** Whether something written before is still on its way. */
  get isBusy(): boolean {
    return this.#writing;
  }

  /** @param stream another one than its own: what is written to the two keeps its order. */
  write(text: Output, stream: Stream = this.#stream): void {
    const last = this.#queue.at(-1);
    if (last?.stream === stream) last.text = joined([last.text, text], "");
    else if (text !== "") this.#queue.push({ stream, text });
    if (!this.#writing) this.#next();
  }

  /** Resolves when all has been written, or nothing more can be. */
  async drain(): Promise<void> {
    while (this.#writing) await (this.#idle ??= Promise.withResolvers()).promise;
  }

  #next(): void {
    let next = this.#queue.shift();
    while (this.broken !== null && next?.stream === this.#stream) next = this.#queue.shift();
    this.#writing = next !== undefined;
    if (next === undefined) {
      this.#idle?.resolve();
      this.#idle = undefined;
      return;
    }
    this.#write(next.stream, Buffer.from(next.text));
  }

  #write(stream: Stream, bytes: Buffer): void {
    stream.writeSome(bytes, (error, written) => {
      if (error?.code === "EAGAIN") {
        // Nobody reads just now, and perhaps not for long.
        this.#patienceMs = Math.min(2 * this.#patienceMs, mostPatienceMs);
        setTimeout(() => this.#write(stream, bytes), this.#patienceMs);
      } else if (error !== null) {
        const failure = stream.failureOf(error);
        if (!(failure instanceof OutputClosed)) incomplete.add(stream);
        // Without the other one its own goes on.
        if (stream === this.#stream) {
          this.broken = failure;
          this.#onBroken();
        }
        this.#next();
      } else {
        this.#patienceMs = 0.5;
        if (written < bytes.length) this.#write(stream, bytes.subarray(written));
        else this.#next();
      }
    });
  }
}

/**
 * Writes a line to stderr before something that may take long, and waits until it stands there. A signal that comes
 * meanwhile is for what follows, which can say how far it came.
 */
export async function announce(line: string): Promise<void> {
  using watch = new SignalWatch();
  writeErrLine(line);
  await written();
  if (watch.heard !== null) process.kill(process.pid, watch.heard);
}

/** The width of a line of text: what COLUMNS says, or else the terminal's, within what can be read. */
export function textWidth(): number {
  const said = Number(process.env["COLUMNS"] ?? "");
  const columns = Number.isInteger(said) && said > 0 ? said : undefined;
  const width = columns ?? terminal.stderr.columns ?? terminal.stdout.columns ?? 80;
  return Math.max(40, Math.min(width, 120));
}
