/** The screen that clack draws on: tandem's own standard output, in the signs and colours that it can show. */
import { Writable } from "node:stream";
import { drawing, joined, type TerminalText } from "../../base/texts.ts";
import { terminal } from "../output.ts";
import { lookOf } from "../terminal.ts";

const look = lookOf(terminal.stdout);

/** Standard output as a stream of Node's. What cannot be written is thrown at whoever writes. */
class Screen extends Writable {
  readonly isTTY = true;
  /** All that has been drawn since the question began. Each piece begins where the one before it ended. */
  #drawn: TerminalText[] = [];

  constructor() {
    super({ decodeStrings: false });
    process.stdout.on("resize", () => this.emit("resize"));
  }

  get columns(): number | undefined {
    return terminal.stdout.columns;
  }

  get rows(): number | undefined {
    return terminal.stdout.rows;
  }

  /** Begins a question. */
  begin(): void {
    this.#drawn = [];
  }

  /** Draws the question again, from the line on where the cursor is. */
  redraw(): void {
    terminal.stdout.write(joined(this.#drawn, ""));
  }

  override _write(text: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const piece = drawing(shown(String(text)));
    this.#drawn.push(piece);
    terminal.stdout.write(piece);
    done();
  }
}

export const screen = new Screen();

function shown(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const coloured = look.colour ? text : text.replaceAll(/\u001b\[[\d;]*m/g, "");
  return look.unicode ? coloured : coloured.replaceAll(/[—↑↓•…█]/g, asciiTwin);
}

/** The ASCII characters for the signs that clack draws even in ASCII. */
function asciiTwin(sign: string): string {
  return { "↑": "up", "↓": "down", "…": "...", "█": "_" }[sign] ?? "-";
}

/**
 * Clack chooses its signs as it loads, by the environment alone, and knows one name of a terminal for
 * which it chooses ASCII. The programs that tandem runs keep the name that the user's terminal has.
 */
async function loadClack(): Promise<typeof import("@clack/prompts")> {
  const name = process.env["TERM"];
  if (!look.unicode) process.env["TERM"] = "linux";
  try {
    return await import("@clack/prompts");
  } finally {
    if (name === undefined) delete process.env["TERM"];
    else process.env["TERM"] = name;
  }
}

export const clack = await loadClack();
