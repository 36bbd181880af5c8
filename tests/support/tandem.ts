/**
 * The command line as a user meets it: a child process with its streams and its exit status.
 *
 * What is started is an executable, built from the sources as they stand, or the one that
 * `TANDEM_BINARY` names.
 */
import { closeSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "../../src/cli/command-line.ts";
import type { Stream } from "../../src/cli/output.ts";
import { startRunsWith } from "../../src/drivers/real/self.ts";
import { readStandardInputFrom } from "../../src/scenario/source.ts";
import { builtExecutable } from "./executable.ts";

const binary = process.env["TANDEM_BINARY"];

/** The words that begin every call of tandem. */
export function command(): readonly string[] {
  return [binary ?? builtExecutable()];
}

/** The same for tandem from its sources, as whoever works on it starts it. */
export const fromSource = [process.execPath, join(import.meta.dir, "../../src/main.ts")] as const;

startRunsWith(command);

/** A child that takes longer hangs; nothing here takes a tenth of it. */
const usualTimeoutMs = 30_000;

/**
 * What a shell, a terminal or the image of a container may have set, and what would change the output, tandem's or a
 * program's; the terminal knows colours and Unicode.
 */
const neutral = {
  TERM: "xterm-256color",
  LC_ALL: undefined,
  LC_CTYPE: undefined,
  LANG: "C.UTF-8",
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  CLICOLOR_FORCE: undefined,
  COLUMNS: undefined,
  LINES: undefined,
  PYTHONUNBUFFERED: undefined,
  PYTHONDONTWRITEBYTECODE: undefined,
};

export interface CallOptions {
  stdin?: string | Uint8Array;
  cwd?: string;
  /** Added to this process's own environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  /** For how long it may run, in ms, where that is longer than nearly all do. */
  timeoutMs?: number;
}

export interface Called {
  /** The exit status. */
  status: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs tandem to its end.
 *
 * @throws when it hangs or is ended by a signal: neither is ever right.
 */
export function tandem(args: readonly string[], options: CallOptions = {}): Called {
  return call([...command(), ...args], options);
}

/**
 * Runs tandem to its end within the test's own process, which takes a tenth of the time: the command line
 * is the same, and what it writes is collected. Only the executable that `TANDEM_BINARY` names has a
 * process of its own.
 */
export async function tandemHere(
  args: readonly string[],
  options: CallOptions = {},
): Promise<Called> {
  if (binary) return tandem(args, options);
  // One at a time: a process has one current folder and one environment.
  const mine = latest.then(async () => {
    const stdout = new Collected();
    const stderr = new Collected();
    using _ = surroundings(options);
    const status = await runCommandLine([...args], { stdout, stderr });
    return { status, stdout: stdout.text, stderr: stderr.text };
  });
  latest = mine.catch(() => undefined);
  return mine;
}

let latest: Promise<unknown> = Promise.resolve();

/** A stream that is no terminal, and keeps what is written. */
class Collected implements Stream {
  text = "";
  readonly isTTY = false;
  readonly columns = undefined;
  readonly rows = undefined;

  write(text: string): void {
    this.text += text;
  }

  writeSome(bytes: Buffer, done: (error: null, written: number) => void): void {
    this.text += bytes.toString();
    queueMicrotask(() => done(null, bytes.length));
  }

  failureOf(error: Error): never {
    throw error;
  }
}

/** Puts this process where a child would be, until its scope ends. */
function surroundings({ cwd, env, stdin }: CallOptions): Disposable {
  const before = { cwd: process.cwd(), env: { ...process.env } };
  using undo = new DisposableStack();
  if (stdin !== undefined) {
    const folder = undo.use(temporaryFolder());
    const descriptor = openSync(folder.file("stdin", stdin), "r");
    undo.defer(() => closeSync(descriptor));
    readStandardInputFrom(descriptor);
    undo.defer(() => readStandardInputFrom(0));
  }
  if (cwd !== undefined) process.chdir(cwd);
  setEnvironment(environment(env));
  undo.defer(() => {
    process.chdir(before.cwd);
    setEnvironment(before.env);
  });
  return undo.move();
}

function setEnvironment(wanted: Record<string, string | undefined>): void {
  for (const name of new Set([...Object.keys(process.env), ...Object.keys(wanted)])) {
    const value = wanted[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** Runs a line of shell in which `$tandem` stands for tandem; its status is the shell's. */
export function shell(line: string, options: CallOptions = {}): Called {
  return call(inShell(line), options);
}

/** The same beside whatever else goes on. */
export function shellBeside(line: string, options: CallOptions = {}): Promise<Called> {
  return callBeside(inShell(line), options);
}

function inShell(line: string): string[] {
  return ["bash", "-c", `tandem() { '${command().join("' '")}' "$@"; }\n${line}`];
}

/** The environment tandem gets: this process's own without what would change output, and `added` to it. */
export function environment(added: CallOptions["env"] = {}): Record<string, string | undefined> {
  return { ...process.env, ...neutral, ...added };
}

/** Runs any program to its end, with its streams in pipes. @throws as `tandem` does. */
export function call(words: readonly string[], options: CallOptions = {}): Called {
  const { exitCode, signalCode, stdout, stderr } = Bun.spawnSync([...words], settings(options));
  return called(words, {
    status: signalCode ?? exitCode,
    stdout: stdout.toString(),
    stderr: stderr.toString(),
  });
}

/** The same beside whatever else goes on, for what mostly waits. */
export async function callBeside(
  words: readonly string[],
  options: CallOptions = {},
): Promise<Called> {
  const child = Bun.spawn([...words], settings(options));
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return called(words, { status: child.signalCode ?? child.exitCode, stdout, stderr });
}

function settings({ stdin, cwd, env, timeoutMs = usualTimeoutMs }: CallOptions) {
  return {
    stdin: stdin === undefined ? ("ignore" as const) : Buffer.from(stdin),
    stdout: "pipe" as const,
    stderr: "pipe" as const,
    ...(cwd === undefined ? {} : { cwd }),
    env: environment(env),
    timeout: timeoutMs,
    killSignal: "SIGKILL" as const,
  };
}

/** @throws where a signal, which may be that of the time limit, has ended it. */
function called(
  words: readonly string[],
  { status, stdout, stderr }: { status: number | string | null; stdout: string; stderr: string },
): Called {
  if (typeof status === "number") return { status, stdout, stderr };
  throw new Error(
    `${words.join(" ")}: ended by ${status}, which may be that of its time limit\n${stdout}${stderr}`,
  );
}

/** A folder that is gone when its scope ends (`using`). */
export interface TemporaryFolder extends Disposable {
  /** Absolute, and without symbolic links. */
  path: string;
  /** The path of a file in the folder; with `content` it is written. */
  file(name: string, content?: string | Uint8Array): string;
}

/** Makes an empty folder. */
export function temporaryFolder(): TemporaryFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "tandem-")));
  return {
    path,
    file(name, content) {
      const file = join(path, name);
      if (content !== undefined) writeFileSync(file, content);
      return file;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
