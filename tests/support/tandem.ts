/**
 * The command line as a user meets it: a child process with its streams and its exit status.
 *
 * `TANDEM_BINARY` names a compiled executable to test instead of the sources.
 */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = process.env["TANDEM_BINARY"];

/** The words that begin every call of tandem. */
export const command: readonly string[] = binary
  ? [binary]
  : [process.execPath, join(import.meta.dir, "../../src/main.ts")];

/** A child that takes longer hangs; nothing here takes a tenth of it. */
const timeoutMs = 30_000;

/** What a shell or terminal may have set, and what would change the output; the terminal knows colours and Unicode. */
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
};

export interface CallOptions {
  stdin?: string | Uint8Array;
  cwd?: string;
  /** Added to this process's own environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
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
  return call([...command, ...args], options);
}

/** Runs a line of shell in which `$tandem` stands for tandem; its status is the shell's. */
export function shell(line: string, options: CallOptions = {}): Called {
  const words = command.map((word) => `'${word}'`).join(" ");
  return call(["bash", "-c", `tandem() { ${words} "$@"; }\n${line}`], options);
}

/** The environment tandem gets: this process's own without what would change output, and `added` to it. */
export function environment(added: CallOptions["env"] = {}): Record<string, string | undefined> {
  return { ...process.env, ...neutral, ...added };
}

/** Runs any program to its end, with its streams in pipes. @throws as `tandem` does. */
export function call(words: readonly string[], { stdin, cwd, env }: CallOptions = {}): Called {
  const { exitCode, exitedDueToTimeout, signalCode, stdout, stderr } = Bun.spawnSync([...words], {
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
    env: environment(env),
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  if (exitedDueToTimeout || signalCode)
    throw new Error(
      `${words.join(" ")}: ${exitedDueToTimeout ? `still running after ${timeoutMs} ms` : signalCode}\n${stdout}${stderr}`,
    );
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
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
