/**
 * The timeline: lanes drawn as bars of characters, over an axis of time, with a legend of what is drawn.
 *
 * Meaning is in the characters and words; colour only repeats it.
 */
import { activities, type Activity, type Lane, type Lanes } from "../../reading/lanes.ts";
import { formatTime, type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import { pad, wrap } from "../../base/layout.ts";
import {
  joined,
  painted,
  printable,
  terminal,
  type TerminalText,
  trimmedEnd,
} from "../../base/texts.ts";
import { formatCount } from "../../base/count.ts";

/** What a terminal can show. */
export interface Look {
  width: number;
  unicode: boolean;
  colour: boolean;
}

type LaneStatus = NonNullable<Lane["status"]>;

/** A character, its twin where there is only ASCII, what it means, and the number of a colour (SGR). */
interface Glyph {
  unicode: string;
  ascii: string;
  means: string;
  colour: number;
}

// The colours are those of the basic palette that can be read on dark and on light.
const drawn: Readonly<Record<Activity, Glyph>> = {
  starved: { unicode: "░", ascii: "!", means: "starved: ready, its thread is held", colour: 31 },
  blocking: { unicode: "█", ascii: "#", means: "stands still, holding its thread", colour: 31 },
  computing: { unicode: "▓", ascii: "%", means: "computes", colour: 35 },
  working: { unicode: "▚", ascii: "*", means: "does a job", colour: 35 },
  calling: { unicode: "▒", ascii: "@", means: "in your function", colour: 35 },
  offloaded: { unicode: "┄", ascii: ":", means: "waits for the pool", colour: 36 },
  waiting: { unicode: "·", ascii: ".", means: "waits", colour: 36 },
  sleeping: { unicode: "─", ascii: "-", means: "sleeps", colour: 36 },
};

const ended: Readonly<Record<LaneStatus, Glyph>> = {
  finished: { unicode: "✓", ascii: "+", means: "finished", colour: 32 },
  failed: { unicode: "✗", ascii: "x", means: "failed", colour: 31 },
  cancelled: { unicode: "⊘", ascii: "c", means: "cancelled", colour: 31 },
  ended: { unicode: "•", ascii: "o", means: "ended", colour: 36 },
  abandoned: { unicode: "?", ascii: "?", means: "abandoned", colour: 31 },
  deadlocked: { unicode: "∞", ascii: "&", means: "deadlocked", colour: 31 },
  interrupted: { unicode: "^", ascii: "^", means: "interrupted", colour: 31 },
};

/**
 * Draws lanes from the start of main to `to`.
 *
 * @param now what has not ended by this instant still goes on.
 * @param mostLanes the rest of them is counted in a line.
 * @returns lines, none of them wider than `look.width`.
 */
export function renderTimeline(
  source: Lanes,
  look: Look,
  { to, now, mostLanes = Infinity }: { to: Ticks; now: Ticks; mostLanes?: number },
): TerminalText[] {
  const all = source.lanesAt(now);
  const lanes = all.slice(0, mostLanes);
  const names = lanes.map(({ name, isThread }) => `${isThread ? "" : "  "}${printable(name)}`);
  const widest = names.reduce((most, name) => Math.max(most, Bun.stringWidth(name)), 0);
  const nameWidth = Math.min(widest, Math.floor(look.width / 4));
  // On a narrow terminal the picture is worth more than the words beside it.
  const words = look.width < 72 ? lanes.map(() => "") : lanes.map((lane) => endWords(lane));
  const wordWidth = Math.max(...words.map((word) => word.length));
  const cells = Math.max(8, look.width - nameWidth - 2 - (wordWidth > 0 ? wordWidth + 1 : 0) - 1);
  const span = Math.max(to, 1);
  const used = new Set<Glyph>();
  const lines = lanes.map((lane, index) => {
    const bar = drawBar([lane], { cells, span, now }, used);
    const name = fit(names[index]!, nameWidth, look);
    return trimmedEnd(terminal`${[name]}  ${[paint(bar, look)]} ${words[index]!}`);
  });
  const left = " ".repeat(nameWidth + 2);
  const more = all.length - lanes.length + source.hidden;
  return [
    ...lines,
    ...(more > 0
      ? [printable(`${left}${formatCount(more)} more not drawn`.slice(0, look.width))]
      : []),
    ...axisAndLegend(left, { span, cells }, used, look),
  ];
}

/**
 * Draws runs below each other over one axis: a bar of main's, and one of all its tasks.
 *
 * @param runs each with its name and the lanes of a run that is over.
 * @param to where the axis ends.
 * @returns lines, none of them wider than `look.width`; the last ones are axis and legend.
 */
export function renderMiniatures(
  runs: readonly { name: string; lanes: Lanes }[],
  look: Look,
  to: Ticks,
): TerminalText[] {
  const widest = runs.reduce((most, { name }) => Math.max(most, Bun.stringWidth(name)), 0);
  const nameWidth = Math.min(widest, Math.floor(look.width / 3));
  const cells = Math.max(8, look.width - nameWidth - 2 - rowNameWidth);
  const span = Math.max(to, 1);
  const used = new Set<Glyph>();
  const left = " ".repeat(nameWidth + 2 + rowNameWidth);
  const lines = runs.flatMap(({ name, lanes }) => {
    const [main, ...others] = lanes.lanesAt(lanes.end);
    const tasks = others.filter((lane) => !lane.isThread && lane.name !== "launch");
    const bar = (of: readonly Lane[]): TerminalText =>
      paint(drawBar(of, { cells, span, now: lanes.end }, used), look);
    return [
      trimmedEnd(
        terminal`${[fit(name, nameWidth, look)]}  ${[pad("main", rowNameWidth), bar([main!])]}`,
      ),
      ...(tasks.length === 0
        ? []
        : [
            trimmedEnd(
              terminal`${" ".repeat(nameWidth)}  ${[pad("tasks", rowNameWidth), bar(tasks)]}`,
            ),
          ]),
    ];
  });
  return [...lines, ...axisAndLegend(left, { span, cells }, used, look)];
}

/** "main" or "tasks", and a space. */
const rowNameWidth = 6;

/** What stands below the bars. */
function axisAndLegend(
  left: string,
  { span, cells }: { span: Ticks; cells: number },
  used: ReadonlySet<Glyph>,
  look: Look,
): TerminalText[] {
  return [
    ...axis(span, cells, look).map((line) => terminal`${left}${line}`),
    ...legend(used, look, look.width - left.length).map((line) => terminal`${left}${line}`),
  ];
}

/** What the characters of a picture mean, for those that it holds; none is parted from its meaning. */
function legend(used: ReadonlySet<Glyph>, look: Look, width: number): string[] {
  const lines: string[] = [];
  for (const glyph of [...activities.map((one) => drawn[one]), ...Object.values(ended)]) {
    if (!used.has(glyph)) continue;
    const entry = `${character(glyph, look)} ${glyph.means}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + entry.length <= width)
      lines[lines.length - 1] = `${last}   ${entry}`;
    else lines.push(...wrap(entry, width).split("\n"));
  }
  return lines;
}

function endWords({ status, endedAt }: Lane): string {
  return status === null || endedAt === null ? "" : `${status} ${formatTime(endedAt)}`;
}

/** One glyph for each cell, of several lanes the gravest; null where there is nothing. */
function drawBar(
  lanes: readonly Lane[],
  { cells, span, now }: { cells: number; span: Ticks; now: Ticks },
  used: Set<Glyph>,
): (Glyph | null)[] {
  const bar: (Glyph | null)[] = Array.from({ length: cells }, () => null);
  const perCell = span / cells;
  const rank = (glyph: Glyph | null): number =>
    glyph === null ? Infinity : activities.findIndex((activity) => drawn[activity] === glyph);
  for (const { activity, from, to } of lanes.flatMap(({ spans }) => spans)) {
    const glyph = drawn[activity];
    const last = Math.min(cells - 1, Math.ceil((to ?? now) / perCell) - 1);
    for (let cell = Math.floor(from / perCell); cell <= last; cell++)
      if (rank(glyph) < rank(bar[cell] ?? null)) bar[cell] = glyph;
  }
  const endings = lanes.toSorted(
    (a, b) => Number(b.status === "finished") - Number(a.status === "finished"),
  );
  for (const { endedAt, status } of endings)
    if (endedAt !== null && status !== null)
      bar[Math.min(cells - 1, Math.floor(endedAt / perCell))] = ended[status];
  for (const glyph of bar) if (glyph !== null) used.add(glyph);
  return bar;
}

function character(glyph: Glyph, { unicode }: Look): string {
  return unicode ? glyph.unicode : glyph.ascii;
}

/** The bar as text, each run of one glyph in its colour. */
function paint(bar: (Glyph | null)[], look: Look): TerminalText {
  const runs: TerminalText[] = [];
  for (let from = 0; from < bar.length;) {
    const glyph = bar[from] ?? null;
    let to = from + 1;
    while (to < bar.length && (bar[to] ?? null) === glyph) to++;
    const run = printable((glyph === null ? " " : character(glyph, look)).repeat(to - from));
    runs.push(glyph === null || !look.colour ? run : painted(run, glyph.colour));
    from = to;
  }
  return joined(runs, "");
}

/** A line of ticks and one of their times. */
export function axis(span: Ticks, cells: number, { unicode }: Look): [string, string] {
  const step = niceStep((span * 12) / cells);
  const [line, tick] = unicode ? ["╌", "┴"] : ["-", "+"];
  const marks = Array.from({ length: cells }, () => line);
  let labels = "";
  for (let time = 0; time < span; time += step) {
    const cell = Math.floor((time / span) * cells);
    const label = time === 0 ? "0" : formatTime(time);
    if (cell + label.length > cells) break;
    marks[cell] = tick;
    labels = labels.padEnd(cell) + label;
  }
  return [marks.join(""), labels];
}

/** The smallest of 1, 2, 5, 10, 20, 50 … milliseconds that is at least this long. */
function niceStep(least: Ticks): Ticks {
  const unit = 10 ** Math.floor(Math.log10(Math.max(least, TICKS_PER_MS / 1000)));
  return [1, 2, 5, 10].map((times) => times * unit).find((step) => step >= least) ?? least;
}

/** A name in so many columns, cut where it is longer. */
export function fit(name: string, width: number, { unicode }: Look): TerminalText {
  if (Bun.stringWidth(name) <= width) return pad(name, width);
  return pad(Bun.sliceAnsi(name, 0, width - 1) + (unicode ? "…" : "~"), width);
}
