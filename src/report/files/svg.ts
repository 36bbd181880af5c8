/**
 * A timeline as one still picture, for a README or a slide: a lane for each thread and for the work of a kind, or for
 * each of these where they are few. It is readable in a light and in a dark surrounding, and told in words as well.
 */
import { scaleLinear } from "d3-scale";
import { formatCount } from "../../base/count.ts";
import { formatTime } from "../../base/duration.ts";
import { joined, xml, type XmlText } from "../../base/texts.ts";
import type { Report } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";
import type { Row, Timeline } from "../model/timeline.ts";
import { fates, states } from "../page/words.ts";

const width = 1200;
/** Where the lanes begin, and how wide they are. */
const left = 280;
const plot = 890;
const laneHeight = 22;
/** The most entities of a kind that have a lane each, and the most lanes. */
const mostSingle = 12;
const mostLanes = 60;
/** The most findings that stand below the picture, and the characters of a line. */
const mostFindings = 5;
const lineLength = 170;

/** What is nothing at a pixel. */
const nothing = states.length;

const LOST = fates.indexOf("lost");
const FAILED = fates.indexOf("failed");

/** A line of the picture; of a heading there are no entities. */
interface Lane {
  name: string;
  story: string;
  isHeading: boolean;
  depth: number;
  first: number;
  count: number;
}

/** @param within the working folder; null: paths as they are. */
export function svgFile(report: Report, within: string | null): XmlText {
  const { title, verdict, findings, timeline } = shownReport(report, within);
  const { lanes, more } = lanesOf(timeline);
  const sentences = [verdict.headline, ...verdict.sentences].filter((words) => words !== "");
  const head = sentences.slice(0, 3);
  const top = 52 + head.length * 18;
  const bottom = top + lanes.length * laneHeight;
  const told = findings.slice(0, mostFindings).map(({ rule, message }) => `${rule}: ${message}.`);
  if (findings.length > told.length)
    told.push(`${formatCount(findings.length - told.length)} more findings.`);
  if (more > 0) told.unshift(`${formatCount(more)} more lanes are not shown.`);
  const height = bottom + 62 + told.length * 18 + 14;
  const scale = scaleLinear([0, Math.max(1, timeline.wall)], [left, left + plot]);
  const offsets = offsetsOf(timeline);
  const parts: XmlText[] = [
    xml`<text class="title" x="20" y="32">${cut(title, 110)}</text>`,
    ...head.map(
      (words, k) => xml`<text x="20" y="${54 + k * 18}">${cut(words, lineLength)}</text>`,
    ),
    ...axis(scale, top, bottom),
    ...lanes.flatMap((lane, k) => laneOf(lane, top + k * laneHeight, { timeline, offsets })),
    ...timeline.moments.map(({ at, words, entity }) => {
      const [from, to] = partOf(lanes, entity);
      const line = `M${x(scale(at))} ${top + from * laneHeight}V${top + to * laneHeight}`;
      return xml`<path class="moment" d="${line}"><title>${words}</title></path>`;
    }),
    ...legend(bottom + 44),
    ...told.map(
      (words, k) => xml`<text x="20" y="${bottom + 72 + k * 18}">${cut(words, lineLength)}</text>`,
    ),
  ];
  const said = [...sentences, ...findings.map(({ rule, message }) => `${rule}: ${message}.`)];
  return xml`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="tandem-title tandem-desc">
<title id="tandem-title">${title}</title>
<desc id="tandem-desc">${said.join(" ")}</desc>
<style>${[style]}</style>
<rect class="paper" width="${width}" height="${height}"/>
${[joined(parts, "\n")]}
</svg>
`;
}

const style = xml`
svg { color-scheme: light dark; --paper: #fff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --running: #2096f8; --waiting: #737989; --starved: #c3871d; --holding: #610abb; --alive: #b7bdc6; --lost: #670758; --failed: #9f0403; }
@media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --running: #80dcff; --waiting: #9399a1; --starved: #feb74f; --holding: #6e45fa; --alive: #4a525e; --lost: #d070c8; --failed: #ff5d55; } }
text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
.title { font-size: 18px; font-weight: 600; }
.heading { font-weight: 600; }
.quiet { fill: var(--quiet); }
.paper { fill: var(--paper); }
.grid, .moment { stroke: var(--line); fill: none; }
.moment { stroke: var(--quiet); stroke-dasharray: 3 3; }
.running { fill: var(--running); } .waiting { fill: var(--waiting); } .starved { fill: var(--starved); }
.holding { fill: var(--holding); } .alive { fill: var(--alive); }
.lost { fill: var(--lost); stroke: var(--paper); } .failed { fill: var(--failed); stroke: var(--paper); }
`;

/** The lanes that there is room for, and how many more there are. */
function lanesOf({ rows, entities }: Timeline): { lanes: Lane[]; more: number } {
  const single = (row: Row): Lane[] =>
    Array.from({ length: row.count }, (_, k) => ({
      ...row,
      name: singleName(row.name, entities.name[row.first + k]!),
      isHeading: false,
      first: row.first + k,
      count: 1,
    }));
  const whole = (row: Row): Lane[] => [
    {
      ...row,
      name: row.count > 1 ? `${row.name} ×${formatCount(row.count)}` : row.name,
      isHeading: row.is === "heading",
    },
  ];
  const open = rows.flatMap((row) =>
    row.is === "work" && row.count > 1 && row.count <= mostSingle ? single(row) : whole(row),
  );
  const lanes = open.length <= mostLanes ? open : rows.flatMap(whole);
  return { lanes: lanes.slice(0, mostLanes), more: Math.max(0, lanes.length - mostLanes) };
}

/** One of a kind, as `parse Task-2`, or `upload#1` where that says the kind. */
function singleName(kind: string, name: string): string {
  return name.startsWith(kind) ? name : `${kind} ${name}`;
}

/** The lanes of the process, or of the run, that somebody belongs to. */
function partOf(lanes: readonly Lane[], entity: number): [from: number, to: number] {
  const own = lanes.findIndex(({ first, count }) => first <= entity && entity < first + count);
  const from = lanes.findLastIndex(({ isHeading }, k) => isHeading && k <= own);
  const to = lanes.findIndex(({ isHeading }, k) => isHeading && k > own);
  return [Math.max(0, from), own < 0 || to < 0 ? lanes.length : to];
}

/** Where the stretches of each entity begin. */
function offsetsOf({ entities }: Timeline): number[] {
  let at = 0;
  return [0, ...entities.stretches.map((count) => (at += count))];
}

function axis(
  scale: ReturnType<typeof scaleLinear<number>>,
  top: number,
  bottom: number,
): XmlText[] {
  return scale.ticks(8).map((tick) => {
    const at = x(scale(tick));
    return xml`<path class="grid" d="M${at} ${top - 4}V${bottom + 4}"/><text class="quiet" x="${at}" y="${bottom + 18}" text-anchor="middle">${formatTime(tick)}</text>`;
  });
}

function legend(y: number): XmlText[] {
  const marks = [
    ...states.map((state) => ({
      name: state === "alive" ? "last seen" : state,
      shape: xml`<rect class="${state}" width="12" height="10" y="${y - 9}"/>`,
    })),
    { name: "lost", shape: lostMark(6, y - 9) },
    { name: "failed", shape: failedMark(6, y - 9) },
  ];
  return marks.map(
    ({ name, shape }, k) =>
      xml`<g transform="translate(${left + k * 110} 0)">${[shape]}<text x="18" y="${y}">${name}</text></g>`,
  );
}

function lostMark(at: number, y: number): XmlText {
  return xml`<path class="lost" d="M${x(at - 6)} ${y}h12l-6 11z"/>`;
}

function failedMark(at: number, y: number): XmlText {
  return xml`<rect class="failed" x="${x(at - 5)}" y="${y}" width="10" height="10"/>`;
}

function laneOf(
  lane: Lane,
  y: number,
  within: { timeline: Timeline; offsets: readonly number[] },
): XmlText[] {
  const { name, story, isHeading, depth, count } = lane;
  const indent = 20 + Math.min(depth, 3) * 10;
  const label = xml`<text class="${isHeading ? "heading" : "lane"}" x="${indent}" y="${y + 15}">${cut(name, isHeading ? 100 : 36 - depth)}<title>${[name, story].filter((words) => words !== "").join(", ")}</title></text>`;
  if (isHeading) return [label];
  const drawn = count === 1 ? boxes(lane, y, within) : density(lane, y, within);
  return [label, ...drawn, ...marks(lane, y, within.timeline)];
}

/** What one entity was at: of several in a pixel the gravest is shown. */
function boxes(
  { first }: Lane,
  y: number,
  { timeline, offsets }: { timeline: Timeline; offsets: readonly number[] },
): XmlText[] {
  const pixels = new Uint8Array(plot).fill(nothing);
  const { stretches, wall } = timeline;
  for (let k = offsets[first]!; k < offsets[first + 1]!; k++) {
    const [from, to] = pixelsOf(stretches.from[k]!, stretches.to[k]!, wall);
    const state = stretches.state[k]!;
    for (let at = from; at < to; at++) if (state < pixels[at]!) pixels[at] = state;
  }
  const drawn: XmlText[] = [];
  for (let from = 0, to = 0; from < plot; from = to) {
    const state = pixels[from]!;
    while (to < plot && pixels[to] === state) to++;
    if (state === nothing) continue;
    const word = states[state]!;
    const thin = word === "waiting" || word === "alive" ? 7 : 3;
    drawn.push(
      xml`<rect class="${word}" x="${left + from}" y="${y + thin}" width="${to - from}" height="${laneHeight - 2 * thin}"/>`,
    );
  }
  return drawn;
}

/** How many of a kind were at what, as areas that stand on each other; the most at a time fills the lane. */
function density(
  { first, count }: Lane,
  y: number,
  { timeline, offsets }: { timeline: Timeline; offsets: readonly number[] },
): XmlText[] {
  const { stretches, wall } = timeline;
  const sums = states.map(() => new Float64Array(plot));
  const perPixel = Math.max(1, wall) / plot;
  for (let k = offsets[first]!; k < offsets[first + count]!; k++) {
    const [begins, ends] = [stretches.from[k]!, stretches.to[k]!];
    const [from, to] = pixelsOf(begins, ends, wall);
    const sum = sums[stretches.state[k]!]!;
    for (let at = from; at < to; at++) {
      const share = Math.min(ends, (at + 1) * perPixel) - Math.max(begins, at * perPixel);
      sum[at]! += Math.max(0, share) / perPixel;
    }
  }
  const below = new Float64Array(plot);
  let most = 0;
  for (let at = 0; at < plot; at++)
    most = Math.max(
      most,
      sums.reduce((all, sum) => all + sum[at]!, 0),
    );
  if (most === 0) return [];
  const room = laneHeight - 4;
  const base = y + laneHeight - 2;
  return sums.flatMap((sum, state) => {
    let path = "";
    for (let from = 0, to = 0; from < plot; from = to) {
      const height = x((sum[from]! / most) * room);
      const lower = x((below[from]! / most) * room);
      const isAlike = (at: number): boolean =>
        x((sum[at]! / most) * room) === height && x((below[at]! / most) * room) === lower;
      for (to = from + 1; to < plot && isAlike(to);) to++;
      if (height > 0)
        path += `M${left + from} ${x(base - lower)}h${to - from}v${-height}h${from - to}z`;
    }
    for (let at = 0; at < plot; at++) below[at]! += sum[at]!;
    return path === "" ? [] : [xml`<path class="${states[state]!}" d="${path}"/>`];
  });
}

/** Who was lost or failed, one mark of a kind for three pixels. */
function marks({ first, count }: Lane, y: number, { entities, wall }: Timeline): XmlText[] {
  const seen = new Set<number>();
  const drawn: XmlText[] = [];
  for (let k = first; k < first + count; k++) {
    const fate = entities.fate[k]!;
    if (fate !== LOST && fate !== FAILED) continue;
    const at = Math.floor((entities.to[k]! / Math.max(1, wall)) * plot);
    const key = Math.floor(at / 3) * 2 + (fate === LOST ? 0 : 1);
    if (seen.has(key)) continue;
    seen.add(key);
    drawn.push((fate === LOST ? lostMark : failedMark)(left + at, y + 5));
  }
  return drawn;
}

/** The pixels that a stretch touches: one at least. */
function pixelsOf(from: number, to: number, wall: number): [from: number, to: number] {
  const perPixel = Math.max(1, wall) / plot;
  const first = Math.min(plot - 1, Math.max(0, Math.floor(from / perPixel)));
  return [first, Math.max(first + 1, Math.min(plot, Math.ceil(to / perPixel)))];
}

/** A coordinate, to a tenth of a pixel. */
function x(at: number): number {
  return Math.round(at * 10) / 10;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
