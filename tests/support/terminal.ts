/**
 * Tandem in a real pseudo-terminal, seen as a user sees it: what stands on the screen, not what was
 * written to it. The screen is that of xterm.js, without a window.
 */
import { Terminal } from "@xterm/headless";
import { command, environment } from "./tandem.ts";

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** What to run instead of tandem as the other tests do. */
  program?: readonly string[];
  cwd?: string;
  env?: Record<string, string | undefined>;
}

/** What the screen shows may take this long to come, on a busy machine. */
const patienceMs = 20_000;

export class TandemInTerminal implements AsyncDisposable {
  /** How many pieces of output have come. */
  pieces = 0;
  /** All that was written, escape codes included. */
  written = "";
  readonly #screen: Terminal;
  /** How often what it shows has changed. */
  #changes = 0;
  readonly #pty: Bun.Terminal;
  readonly #child: Bun.Subprocess;
  /** Settles when nobody has the terminal open any more, and all that was written to it has come. */
  readonly #hungUp = Promise.withResolvers<void>();

  constructor(
    args: readonly string[],
    { columns = 80, rows = 24, program = command(), cwd, env }: TerminalOptions = {},
  ) {
    this.#screen = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 2000 });
    const decoder = new TextDecoder();
    // A terminal made by spawn itself is the child's controlling one, so Ctrl-C in it is a signal.
    this.#child = Bun.spawn([...program, ...args], {
      terminal: {
        cols: columns,
        rows,
        data: (_pty, data) => {
          const text = decoder.decode(data, { stream: true });
          this.pieces++;
          this.written += text;
          this.#screen.write(text, () => void this.#changes++);
        },
        exit: () => this.#hungUp.resolve(),
      },
      ...(cwd === undefined ? {} : { cwd }),
      env: environment({ LANG: "C.UTF-8", CI: undefined, ...env }),
    });
    this.#pty = this.#child.terminal!;
  }

  /** The lines of the screen and of what has scrolled off it. */
  get lines(): string[] {
    const { active } = this.#screen.buffer;
    return Array.from({ length: active.length }, (_, y) =>
      active.getLine(y)!.translateToString(true),
    );
  }

  get text(): string {
    return this.lines.join("\n").trimEnd();
  }

  /** What can be seen without scrolling. */
  get screen(): string {
    const { active } = this.#screen.buffer;
    return this.lines.slice(active.baseY).join("\n").trimEnd();
  }

  /** Lines that the terminal has wrapped, as they were wider than it is. */
  get wrapped(): string[] {
    const { active } = this.#screen.buffer;
    return this.lines.filter((_, y) => active.getLine(y + 1)?.isWrapped === true);
  }

  /** Whether keys come as lines and are echoed, as a shell wants them. */
  get isCooked(): boolean {
    // ECHO and ICANON of termios, as Linux and macOS have them.
    const cooked = 0x8 | (process.platform === "darwin" ? 0x100 : 0x2);
    return (this.#pty.localFlags & cooked) === cooked;
  }

  /** Whether the cursor is to be seen. */
  get hasCursor(): boolean {
    return this.written.lastIndexOf("\u001b[?25h") >= this.written.lastIndexOf("\u001b[?25l");
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#changes++;
    this.#pty.resize(columns, rows);
  }

  /** What a user does at a question: waits until it is asked and listens, and answers with keys, each of which shows. */
  async at(question: string | RegExp, ...keys: string[]): Promise<void> {
    await this.shows(question);
    await this.until(() => !this.isCooked, "that it listens to keys");
    for (const key of keys) {
      const { pieces } = this;
      this.type(key);
      await this.until(() => this.pieces > pieces, `what came of the key ${JSON.stringify(key)}`);
    }
  }

  /** Waits until the screen shows something. @throws with the screen when it does not. */
  async shows(what: string | RegExp): Promise<void> {
    let seen = -1;
    await this.until(() => {
      if (seen === this.#changes) return false;
      seen = this.#changes;
      const { text } = this;
      return typeof what === "string" ? text.includes(what) : what.test(text);
    }, String(what));
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    for (const start = performance.now(); !holds(); await Bun.sleep(5))
      if (performance.now() - start > patienceMs)
        throw new Error(`the terminal does not come to show ${what}; it shows:\n${this.text}`);
  }

  /** The exit status, once it has ended and the screen shows all that it wrote. */
  async exited(): Promise<number> {
    const ended = Promise.all([this.#child.exited, this.#hungUp.promise]);
    const status = await Promise.race([ended, Bun.sleep(patienceMs)]);
    if (status === undefined)
      throw new Error(`tandem does not end; the terminal shows:\n${this.text}`);
    await new Promise<void>((shown) => this.#screen.write("", shown));
    return status[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#pty.close();
    this.#screen.dispose();
  }
}
