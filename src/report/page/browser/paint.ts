/** Draws what is in view of the timeline: the axis, densities of closed groups, and the stretches of open lanes. */
import { formatTime } from "../../../base/duration.ts";
import { formatCount } from "../../../base/count.ts";
import { fates } from "../words.ts";
import { arrowsOf } from "./arrows.ts";
import { type Colours, fateColour } from "./colours.ts";
import { type Data, firstAbove } from "./data.ts";
import { counted, type Density } from "./density.ts";
import { kept } from "./kept.ts";
import type { Lane, Lanes } from "./lanes.ts";

/** What is chosen: an entity, and a stretch of it or none. */
export interface Selection {
  entity: number;
  /** The index of a stretch; -1 for none. */
  stretch: number;
}

export interface Frame {
  data: Data;
  lanes: Lanes;
  densityOf: (row: number) => Density;
  colours: Colours;
  /** In pixels of the style sheet. */
  width: number;
  height: number;
  /** Pixels of the device for each. */
  ratio: number;
  gutter: number;
  scroll: number;
  /** The time at the left edge of the plot, and how much a pixel has; in units. */
  from: number;
  perPixel: number;
  selection: Selection | null;
  /** The lane that the keys are on, by its index; -1 for none. */
  current: number;
  /** Entities that a search has found; null where nothing is sought. */
  found: ReadonlySet<number> | null;
  /** The instant that a finding is about; null for none. */
  moment: number | null;
}

export const axisHeight = 28;

/** How near, in pixels, two marks may be for both to be drawn. */
const markGap = 3;

/** The most arrows that are drawn of a selection. */
const mostArrows = 200;

const font = `12px system-ui, "DejaVu Sans", sans-serif`;
const smallFont = `11px system-ui, "DejaVu Sans", sans-serif`;

export function paint(context: CanvasRenderingContext2D, frame: Frame): void {
  const { colours, width, height, ratio, lanes, scroll } = frame;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, width, height);
  context.font = font;
  context.textBaseline = "middle";
  drawGrid(context, frame);
  const first = lanes.at(scroll);
  for (let k = first; k < lanes.lanes.length; k++) {
    const lane = lanes.lanes[k]!;
    const y = axisHeight + lane.y - scroll;
    if (y > height) break;
    drawLane(context, frame, lane, y, k === frame.current);
  }
  drawArrows(context, frame);
  drawMoments(context, frame);
  drawAxis(context, frame);
}

function xOf(frame: Frame, at: number): number {
  return frame.gutter + (at - frame.from) / frame.perPixel;
}

/** Times of the axis, at round distances. */
function ticksOf({ data, from, perPixel, width, gutter }: Frame): { at: number; label: string }[] {
  const { unit } = data.head;
  const least = perPixel * 90 * unit;
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  const step = ([1, 2, 5, 10].find((times) => times * power >= least) ?? 10) * power;
  const ticks: { at: number; label: string }[] = [];
  const end = (from + perPixel * (width - gutter)) * unit;
  for (let at = Math.ceil((from * unit) / step) * step; at <= end; at += step)
    ticks.push({ at: at / unit, label: at === 0 ? "0" : tickLabel(at, step) });
  return ticks;
}

/** A time with as many digits as tell it from the next. */
function tickLabel(at: number, step: number): string {
  const [size, word] = at >= 1e6 ? [1e6, "s"] : at >= 1000 ? [1000, "ms"] : [1, "us"];
  const digits = Math.max(0, Math.ceil(Math.log10(size / step)));
  return at >= 120e6 && step >= 1e6 ? formatTime(at) : `${(at / size).toFixed(digits)}${word}`;
}

function drawGrid(context: CanvasRenderingContext2D, frame: Frame): void {
  context.fillStyle = frame.colours.line;
  for (const { at } of ticksOf(frame))
    context.fillRect(Math.round(xOf(frame, at)), axisHeight, 1, frame.height);
}

function drawAxis(context: CanvasRenderingContext2D, frame: Frame): void {
  const { colours, width, gutter } = frame;
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, width, axisHeight);
  context.fillStyle = colours.line;
  context.fillRect(0, axisHeight - 1, width, 1);
  context.fillStyle = colours.quiet;
  context.font = smallFont;
  context.textAlign = "left";
  for (const { at, label } of ticksOf(frame)) {
    const x = Math.round(xOf(frame, at));
    if (x < gutter - 1 || x + 8 > width) continue;
    context.fillRect(x, axisHeight - 7, 1, 6);
    if (x + context.measureText(label).width + 4 < width)
      context.fillText(label, x + 4, axisHeight / 2);
  }
  context.font = font;
}

function drawLane(
  context: CanvasRenderingContext2D,
  frame: Frame,
  lane: Lane,
  y: number,
  isCurrent: boolean,
): void {
  const { data, colours, width, gutter, selection } = frame;
  const row = data.rows[lane.row]!;
  if (lane.is === "heading" || row.is === "thread") {
    context.fillStyle = colours.raised;
    context.fillRect(0, y, width, lane.height);
  }
  const isChosen = selection !== null && lane.is === "entity" && lane.index === selection.entity;
  if (isChosen) {
    context.fillStyle = colours.raised;
    context.fillRect(0, y, width, lane.height);
  }
  context.save();
  context.beginPath();
  context.rect(gutter, y, width - gutter, lane.height);
  context.clip();
  if (lane.is === "density") drawDensity(context, frame, lane, y);
  else if (lane.is === "entity") drawEntity(context, frame, lane.index, { y, height: lane.height });
  else if (lane.is === "packed") drawPacked(context, frame, lane, y);
  context.restore();
  drawName(context, frame, lane, { y, isChosen });
  context.fillStyle = colours.line;
  if (lane.is !== "packed" && lane.is !== "entity")
    context.fillRect(0, y + lane.height - 1, width, 1);
  context.fillRect(gutter - 1, y, 1, lane.height);
  if (isCurrent) {
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    context.strokeRect(1, y + 1, width - 2, lane.height - 2);
  }
}

function drawName(
  context: CanvasRenderingContext2D,
  frame: Frame,
  lane: Lane,
  { y, isChosen }: { y: number; isChosen: boolean },
): void {
  const { data, lanes, colours, gutter } = frame;
  const row = data.rows[lane.row]!;
  if (lane.is === "packed") return;
  const isGroup = lane.is === "density";
  const isMember = lane.is === "entity" && row.count > 1;
  const indent = 8 + 12 * row.depth + (isMember ? 16 : 0);
  const room = gutter - indent - 8;
  const middle = isGroup ? y + 15 : y + lane.height / 2;
  context.textAlign = "left";
  context.font = isChosen || !isMember ? `600 ${font}` : font;
  context.fillStyle = isMember && !isChosen ? colours.quiet : colours.ink;
  const name = isMember ? data.texts.names[data.entities.name[lane.index]!]! : row.name;
  const arrow = isGroup ? (lanes.isOpen(lane.row) ? "▾ " : "▸ ") : "";
  const count = isGroup ? ` ×${formatCount(row.count)}` : "";
  const shown = fitted(context, `${arrow}${name}`, room - context.measureText(count).width);
  context.fillText(`${shown}${count}`, indent, middle);
  if (row.story !== "" && !isMember) {
    const used = context.measureText(`${shown}${count}`).width;
    context.font = smallFont;
    context.fillStyle = colours.quiet;
    if (isGroup) context.fillText(fitted(context, row.story, room - 14), indent + 14, y + 31);
    else if (room - used > 50)
      context.fillText(fitted(context, row.story, room - used - 8), indent + used + 8, middle);
  }
  context.font = font;
}

/** As much of a text as there is room for. */
function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${text.slice(0, low)}…`;
}

let image: ImageData | null = null;
let means = new Float64Array(0);

/**
 * A closed group: who held, starved and ran, on each other, and behind them who waited, on a scale of its own.
 *
 * The pixels are written one by one: a rectangle for each column takes four times as long.
 */
function drawDensity(context: CanvasRenderingContext2D, frame: Frame, lane: Lane, y: number): void {
  const { data, densityOf, colours, width, gutter, from, perPixel, ratio } = frame;
  const columns = Math.max(1, Math.floor((width - gutter) * ratio));
  const height = Math.floor((lane.height - 5) * ratio);
  if (means.length < columns * counted) means = new Float64Array(columns * counted);
  if (image === null || image.width !== columns || image.height !== height)
    image = new ImageData(columns, height);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill(0);
  densityOf(lane.row).means(from, perPixel / ratio, columns, means);
  let mostActive = 1;
  let mostWaiting = 1;
  for (let x = 0; x < columns; x++) {
    const active = means[x]! + means[columns + x]! + means[2 * columns + x]!;
    if (active > mostActive) mostActive = active;
    const waiting = means[3 * columns + x]!;
    if (waiting > mostWaiting) mostWaiting = waiting;
  }
  const pale = (colours.pixels[3]! & 0x00ffffff) | 0x70000000;
  for (let x = 0; x < columns; x++) {
    const waiting = means[3 * columns + x]!;
    // What is there at all is seen, however little it is.
    const high =
      waiting > 1e-9 ? Math.max(1, Math.round((waiting / mostWaiting) * height * 0.9)) : 0;
    for (let k = 1; k <= high; k++) pixels[(height - k) * columns + x] = pale;
    let base = height;
    for (let state = 0; state < 3; state++) {
      const mean = means[state * columns + x]!;
      if (mean <= 1e-9) continue;
      const tall = Math.max(ratio, Math.round((mean / mostActive) * height));
      const top = Math.max(0, base - tall);
      const colour = colours.pixels[state]!;
      for (let k = top; k < base; k++) pixels[k * columns + x] = colour;
      base = top;
    }
  }
  // An image takes no part in clipping, nor in the scale: what is behind it has to be drawn by it.
  const canvas = scratch(columns, height);
  canvas.context.putImageData(image, 0, 0);
  context.drawImage(canvas.element, gutter, y + 3, columns / ratio, height / ratio);
  const { first, count } = data.rows[lane.row]!;
  const entities = markedIn(data, lane.row, first, count);
  drawMarks(context, frame, entities, y + 9);
}

let scratched: { element: HTMLCanvasElement; context: CanvasRenderingContext2D } | null = null;

function scratch(width: number, height: number) {
  if (scratched === null) {
    const element = document.createElement("canvas");
    scratched = { element, context: element.getContext("2d")! };
  }
  const { element } = scratched;
  if (element.width !== width || element.height !== height) {
    element.width = width;
    element.height = height;
  }
  return scratched;
}

const marked = new Map<number, Uint32Array>();

/** The entities of a row that were lost or failed, by when they ended. */
function markedIn(data: Data, row: number, first: number, count: number): Uint32Array {
  return kept(marked, row, () => {
    const own: number[] = [];
    for (let entity = first; entity < first + count; entity++) {
      const fate = data.entities.fate[entity]!;
      if (fate === data.lost || fate === data.failed) own.push(entity);
    }
    return Uint32Array.from(own).sort((a, b) => data.entities.to[a]! - data.entities.to[b]!);
  });
}

/** Marks of those that were lost or failed, none of which is left out but for one beside it. */
function drawMarks(
  context: CanvasRenderingContext2D,
  frame: Frame,
  entities: ArrayLike<number>,
  y: number,
): void {
  const { data, width } = frame;
  const last = [-Infinity, -Infinity];
  for (let k = 0; k < entities.length; k++) {
    const entity = entities[k]!;
    const x = xOf(frame, data.entities.to[entity]!);
    const kind = data.entities.fate[entity] === data.lost ? 0 : 1;
    if (x < frame.gutter - 6 || x > width + 6 || x - last[kind]! < markGap) continue;
    last[kind] = x;
    const inside = Math.max(frame.gutter + 6, Math.min(x, width - 6));
    drawMark(context, frame, data.entities.fate[entity]!, inside, y);
  }
}

/** Lost is a triangle, failed a square. */
function drawMark(
  context: CanvasRenderingContext2D,
  { colours }: Frame,
  fate: number,
  x: number,
  y: number,
): void {
  const colour = fateColour(fate, colours);
  if (colour === null) return;
  context.beginPath();
  if (fates[fate] === "lost") {
    context.moveTo(x - 5.5, y - 4.5);
    context.lineTo(x + 5.5, y - 4.5);
    context.lineTo(x, y + 5.5);
    context.closePath();
  } else context.rect(x - 4.5, y - 4.5, 9, 9);
  context.fillStyle = colour;
  context.strokeStyle = colours.paper;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

interface Band {
  y: number;
  height: number;
}

/** How tall the stretches of a state are, of the height of their lane. */
const tall = [1, 1, 0.72, 0.28, 0.14];

function drawEntity(
  context: CanvasRenderingContext2D,
  frame: Frame,
  entity: number,
  { y, height }: Band,
): void {
  const { data, colours, width, gutter, from, perPixel, found } = frame;
  const { entities } = data;
  const begins = entities.from[entity]!;
  const ends = entities.to[entity]!;
  const x0 = Math.max(gutter, xOf(frame, begins));
  const x1 = Math.min(width, xOf(frame, ends));
  if (x1 < gutter || x0 > width) return;
  const isDim = found !== null && !found.has(entity);
  context.globalAlpha = isDim ? 0.25 : 1;
  const inner = { y: y + Math.min(3, height * 0.15), height: height - Math.min(6, height * 0.3) };
  const middle = inner.y + inner.height / 2;
  context.fillStyle = colours.alive;
  context.fillRect(x0, middle - 0.75, Math.max(1, x1 - x0), 1.5);
  const end = from + perPixel * (width - gutter);
  drawStretches(context, frame, inner, { entity, from, end });
  context.globalAlpha = 1;
  const fate = entities.fate[entity]!;
  if (fate === data.lost || fate === data.failed)
    drawMarks(context, frame, [entity], height < 14 ? middle : y + height / 2);
}

function drawStretches(
  context: CanvasRenderingContext2D,
  frame: Frame,
  { y, height }: Band,
  { entity, from, end }: { entity: number; from: number; end: number },
): void {
  const { data, colours, selection, perPixel } = frame;
  const { stretches, entities, texts } = data;
  const last = entities.offsets[entity + 1]!;
  let k = firstAbove(stretches.to, from, entities.offsets[entity]!, last);
  while (k < last && stretches.from[k]! < end) {
    const x = Math.max(frame.gutter, xOf(frame, stretches.from[k]!));
    let worst = k;
    let to = stretches.to[k]!;
    // Of those that share a pixel the gravest is seen.
    if (stretches.to[k]! - stretches.from[k]! < perPixel) {
      const next = Math.max(stretches.from[k]!, from) + perPixel;
      for (
        k++;
        k < last && stretches.from[k]! < next && stretches.to[k]! - stretches.from[k]! < perPixel;
        k++
      ) {
        if (stretches.state[k]! < stretches.state[worst]!) worst = k;
        to = stretches.to[k]!;
      }
    } else k++;
    const w = Math.max(1, Math.min(frame.width, xOf(frame, to)) - x);
    const state = stretches.state[worst]!;
    const own = Math.max(1.5, height * tall[state]!);
    const top = y + (height - own) / 2;
    context.fillStyle = colours.states[state]!;
    context.fillRect(x, top, w, own);
    if (selection?.entity === entity && selection.stretch === worst) {
      context.strokeStyle = colours.ink;
      context.lineWidth = 2;
      context.strokeRect(x, top, w, own);
    }
    if (w > 60 && own >= 13) {
      context.font = smallFont;
      context.textAlign = "left";
      context.fillStyle = inkOn(colours.states[state]!, context);
      context.fillText(
        fitted(context, texts.texts[stretches.what[worst]!]!, w - 10),
        x + 5,
        top + own / 2 + 0.5,
      );
      context.font = font;
    }
  }
}

const inks = new Map<string, string>();

/** Black or white, by what can be read on a colour. */
function inkOn(colour: string, context: CanvasRenderingContext2D): string {
  return kept(inks, colour, () => {
    context.fillStyle = colour;
    const hex = String(context.fillStyle);
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as [
      number,
      number,
      number,
    ];
    const linear = (one: number): number =>
      one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    const light = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    return light > 0.179 ? "#000000" : "#ffffff";
  });
}

/** A lane of entities one after the other. */
function drawPacked(context: CanvasRenderingContext2D, frame: Frame, lane: Lane, y: number): void {
  const { data, lanes, from, perPixel, width, gutter } = frame;
  const { entities: order, offsets } = lanes.packedOf(lane.row);
  const end = from + perPixel * (width - gutter);
  let low = offsets[lane.index]!;
  const last = offsets[lane.index + 1]!;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (data.entities.to[order[middle]!]! >= from) high = middle;
    else low = middle + 1;
  }
  for (let k = low; k < last && data.entities.from[order[k]!]! <= end; k++)
    drawEntity(context, frame, order[k]!, { y, height: lane.height });
}

/** What leads to the selection and from it. */
function drawArrows(context: CanvasRenderingContext2D, frame: Frame): void {
  const { selection, data, colours } = frame;
  if (selection === null) return;
  const { entity } = selection;
  let drawn = 0;
  for (const arrow of arrowsOf(data, entity)) {
    if (drawn++ >= mostArrows) break;
    const from = pointOf(frame, arrow.from, arrow.at);
    const to = pointOf(frame, arrow.to, arrow.toAt);
    if (from === null || to === null) continue;
    context.strokeStyle = arrow.kind === "cancelled" ? colours.failed : colours.accent;
    context.lineWidth = 1.5;
    context.setLineDash(arrow.kind === "awaited" ? [5, 3] : arrow.kind === "sent" ? [2, 2] : []);
    context.beginPath();
    context.moveTo(from.x, from.y);
    const bend = Math.max(14, Math.abs(to.y - from.y) / 4);
    context.bezierCurveTo(from.x + bend, from.y, to.x - bend, to.y, to.x, to.y);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(to.x, to.y);
    context.lineTo(to.x - 7, to.y - 4);
    context.lineTo(to.x - 7, to.y + 4);
    context.closePath();
    context.fillStyle = context.strokeStyle;
    context.fill();
  }
}

/** Where an entity is at an instant; null where it has no lane that is open. */
function pointOf(frame: Frame, entity: number, at: number): { x: number; y: number } | null {
  const lane = frame.lanes.laneOf(entity);
  const x = xOf(frame, at);
  if (lane === undefined || x < frame.gutter || x > frame.width + 200) return null;
  const y = axisHeight + lane.y - frame.scroll + lane.height / 2;
  return y < axisHeight - 200 || y > frame.height + 200 ? null : { x, y };
}

/** Ends of processes, and the instant of the finding that is shown. */
function drawMoments(context: CanvasRenderingContext2D, frame: Frame): void {
  const { data, colours, gutter, width, height, moment } = frame;
  context.fillStyle = colours.ink;
  for (const { at, entity } of data.head.moments) {
    const x = Math.min(width - 1.5, xOf(frame, at));
    const { top, bottom } = frame.lanes.sectionOf(data.entities.row[entity]!);
    const y = Math.max(axisHeight, axisHeight + top - frame.scroll);
    if (x >= gutter && x <= width)
      context.fillRect(x - 0.5, y, 1.5, Math.max(0, axisHeight + bottom - frame.scroll - y));
  }
  if (moment === null) return;
  const x = xOf(frame, moment);
  if (x < gutter || x > width) return;
  context.fillStyle = colours.accent;
  context.fillRect(x - 1, axisHeight, 2, height);
  context.beginPath();
  context.arc(x, axisHeight, 4, 0, 2 * Math.PI);
  context.fill();
}
