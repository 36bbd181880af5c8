/**
 * The live picture of a run: the lanes so far, drawn over themselves, below what the program prints.
 *
 * Invariant: every text it gives leaves the cursor at the start of the line below the picture, so
 * what is written between two of them stands where it would stand without a picture.
 */
import type { Lanes } from "../../reading/lanes.ts";
import { formatTime, type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import { cursorShown } from "../../base/layout.ts";
import { joined, printable, terminal, type TerminalText } from "../../base/texts.ts";
import { renderTimeline, type Look } from "./timeline.ts";

const hideCursor = terminal`\u001b[?25l`;

/** Lines of the picture that are no lanes: heading, those not drawn, axis, legend, and one below. */
const otherLines = 10;

export class LivePicture {
  readonly #lanes: Lanes;
  readonly #heading: string;
  /** When the run should end, from virtual time; null where nobody knows. */
  readonly #expected: Ticks | null;
  #drawn: TerminalText[] = [];

  constructor(lanes: Lanes, heading: string, expected: Ticks | null) {
    this.#lanes = lanes;
    this.#heading = heading;
    this.#expected = expected;
  }

  /** What draws the picture as it is now, over what was drawn before. */
  draw(now: Ticks, look: Look, rows: number): TerminalText {
    const before = this.#erase(look.width + 1);
    // Whole tenths: figures that change with every frame cannot be read.
    const elapsed = formatTime(now - (now % (100 * TICKS_PER_MS)));
    const of = this.#expected === null ? "" : ` of ${formatTime(this.#expected)} expected`;
    const to = Math.max(now, this.#expected ?? 0, TICKS_PER_MS);
    this.#drawn = [
      terminal``,
      printable(Bun.sliceAnsi(`${this.#heading}: ${elapsed}${of}`, 0, look.width)),
      ...this.#timeline(look, { to, now, rows }),
    ];
    return terminal`${[before, hideCursor, joined(this.#drawn, "\n")]}\n`;
  }

  /** As many lanes as there is room for with the whole legend, since a sign that it leaves out says nothing. */
  #timeline(
    look: Look,
    { to, now, rows }: { to: Ticks; now: Ticks; rows: number },
  ): TerminalText[] {
    const room = rows - 3;
    for (let mostLanes = Math.max(2, rows - otherLines); mostLanes > 0;) {
      const lines = renderTimeline(this.#lanes, look, { to, now, mostLanes });
      if (lines.length <= room) return lines;
      mostLanes = Math.min(mostLanes, this.#lanes.lanesAt(now).length) - (lines.length - room);
    }
    return [];
  }

  /** What takes the picture away again; the program may write then. */
  erase(columns: number): TerminalText {
    const erased = this.#erase(columns);
    this.#drawn = [];
    return erased;
  }

  /** What takes the picture away for good. */
  close(columns: number): TerminalText {
    return joined([this.erase(columns), cursorShown], "");
  }

  /** A terminal that has become narrower meanwhile has wrapped what was drawn. */
  #erase(columns: number): TerminalText {
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(Bun.stringWidth(line) / columns)),
      0,
    );
    return rows === 0 ? terminal`` : terminal`\u001b[${rows}A\r\u001b[J`;
  }
}
