/** The timeline: what is in view, and what wheel, pointer, touch and keys do to it. */
import { scaleLinear } from "d3-scale";
import { select } from "d3-selection";
import {
  type D3ZoomEvent,
  zoom,
  type ZoomBehavior,
  zoomIdentity,
  type ZoomTransform,
} from "d3-zoom";
import { formatCount } from "../../../base/count.ts";
import { type Colours, onColoursChange, readColours } from "./colours.ts";
import { type Data, firstAbove } from "./data.ts";
import { Density } from "./density.ts";
import { kept } from "./kept.ts";
import { type Lane, Lanes } from "./lanes.ts";
import { axisHeight, paint, type Selection } from "./paint.ts";
import { sameEntity, sameFinding, sameRow } from "./same.ts";
import { type Hit, Told } from "./told.ts";

const element = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;

/** How far from an entity, in pixels, a pointer still means it. */
const reach = 5;

/** By how much a key zooms, and moves, as a share of what is in view. */
const zoomStep = 1.5;
const moveStep = 0.2;

/** The least of a unit of time that a pixel may have. */
const leastPerPixel = 0.02;

export class Timeline {
  #data: Data;
  #lanes: Lanes;
  #told: Told;
  readonly #densities = new Map<number, Density>();
  readonly #canvas = element<HTMLCanvasElement>("canvas");
  readonly #context = this.#canvas.getContext("2d", { alpha: false })!;
  readonly #scroller = element("scroller");
  readonly #spacer = element("spacer");
  readonly #tip = element("tip");
  readonly #status = element("status");
  readonly #detail = element("detail");
  readonly #zoom: ZoomBehavior<HTMLCanvasElement, unknown>;
  #colours: Colours = readColours();
  #transform: ZoomTransform = zoomIdentity;
  #width = 0;
  #height = 0;
  #selection: Selection | null = null;
  #current = -1;
  #found: ReadonlySet<number> | null = null;
  #moment: number | null = null;
  #finding: number | null = null;
  /** The finding whose entities alone are shown; null where all are. */
  #filtered: number | null = null;
  #sought = "";
  #isAsked = false;
  #isPrinting = false;
  /** What was in view before it was printed. */
  #onScreen: ZoomTransform = zoomIdentity;
  #saving: ReturnType<typeof setTimeout> | undefined;
  /** Whether more is to come. */
  isGrowing = false;

  constructor(data: Data) {
    this.#data = data;
    this.#lanes = new Lanes(data);
    this.#told = new Told(data, (row) => this.#densityOf(row));
    this.#zoom = zoom<HTMLCanvasElement, unknown>()
      .touchable(() => true)
      .filter((event: Event) => this.#isForZoom(event))
      .on("zoom", (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => this.#zoomed(event));
    select(this.#canvas).call(this.#zoom).on("dblclick.zoom", null);
    this.#listen();
    this.#measure();
    this.#restore();
    this.#draw();
  }

  /** Goes on with more of the same: what is in view, open, chosen, sought and filtered stays so, where it still is. */
  update(data: Data): void {
    const before = this.#data;
    const view = this.#transform.k > 1 ? this.#view() : null;
    const lane = this.#lanes.lanes[this.#current];
    const chosen = this.#selection;
    this.#data = data;
    this.#lanes = new Lanes(data, this.#lanes);
    this.#told = new Told(data, (row) => this.#densityOf(row));
    this.#densities.clear();
    const same = (finding: number | null): number | null =>
      finding === null ? null : sameFinding(finding, before, data);
    this.#finding = same(this.#finding);
    if (this.#finding === null) this.#moment = null;
    this.#leaveOut(same(this.#filtered));
    this.search(this.#sought);
    this.#current = lane === undefined ? -1 : this.#sameLane(lane, before);
    this.#measure();
    if (view !== null) this.#show(view.from, view.to);
    if (chosen !== null) {
      const entity = sameEntity(chosen.entity, before, data);
      const { from } = before.stretches;
      if (entity < 0) this.#release();
      else
        this.#select(
          entity,
          chosen.stretch < 0 ? -1 : this.#stretchAt(entity, from[chosen.stretch]!),
        );
    }
    this.#ask();
  }

  /** The index of the lane that shows the same as one of earlier data; -1 where none does. */
  #sameLane({ is, row, index }: Lane, before: Data): number {
    const { lanes } = this.#lanes;
    if (is === "packed") return -1;
    const same = is === "entity" ? sameEntity(index, before, this.#data) : 0;
    const own = sameRow(row, before, this.#data);
    return lanes.findIndex(
      (one) => one.is === is && one.row === own && (is !== "entity" || one.index === same),
    );
  }

  get filtered(): number | null {
    return this.#filtered;
  }

  /** Leaves out all but threads and those whom a finding is about. @param finding null: nobody. */
  #leaveOut(finding: number | null): void {
    this.#filtered = finding;
    const only = finding === null ? null : this.#data.head.findings[finding]!.entities;
    this.#lanes.filter(only === null ? null : new Set(only));
  }

  /** Shows the instant of a finding, and chooses the first whom it is about. */
  showFinding(index: number): void {
    const { at, entities, rule } = this.#data.head.findings[index]!;
    if (at === null) return;
    this.#finding = index;
    this.#moment = at;
    const [first] = entities;
    if (first === undefined)
      this.#show(at - this.#data.head.wall / 20, at + this.#data.head.wall / 20);
    else {
      const { from, to } = this.#data.entities;
      const some = entities.slice(0, 20);
      const begin = some.reduce((least, one) => Math.min(least, from[one]!), at);
      const end = some.reduce((most, one) => Math.max(most, to[one]!), at);
      const margin = Math.max((end - begin) * 0.1, this.#data.head.wall / 200);
      this.#show(begin - margin, end + margin);
      this.choose(first, at);
    }
    this.#say(`Finding ${index + 1}, ${rule}, at ${this.#told.time(at)}`);
    this.#canvas.scrollIntoView({ block: "center" });
    this.#canvas.focus({ preventScroll: true });
  }

  /** Shows only those whom a finding is about, with all threads. @param index null: everybody. */
  filter(index: number | null): void {
    const finding = index === null ? null : this.#data.head.findings[index]!;
    this.#leaveOut(index);
    this.#finding = index;
    this.#moment = finding?.at ?? null;
    this.#current = -1;
    this.#say(
      finding === null
        ? "All are shown"
        : `${formatCount(finding.entities.length)} shown, of finding ${index! + 1}`,
    );
    this.#measure();
    this.#ask();
  }

  /** Marks those whose names, kinds or places hold a text. @returns how many. */
  search(text: string): number | null {
    this.#sought = text.trim().toLowerCase();
    this.#found = this.#sought === "" ? null : this.#find(this.#sought);
    this.#ask();
    return this.#found?.size ?? null;
  }

  /** Goes on to the next of those that were found. */
  nextFound(): void {
    const found = [...(this.#found ?? [])];
    if (found.length === 0) return;
    const after = this.#selection === null ? -1 : found.indexOf(this.#selection.entity);
    this.choose(found[(after + 1) % found.length]!);
  }

  zoomBy(factor: number): void {
    select(this.#canvas).call(this.#zoom.scaleBy, factor);
  }

  showAll(): void {
    select(this.#canvas).call(this.#zoom.transform, zoomIdentity);
  }

  /** Goes on to the next that was lost, by when it ended. */
  nextLoss(): void {
    const { entities, lost } = this.#data;
    const own = this.#selection?.entity ?? -1;
    const after = own < 0 ? -1 : entities.to[own]!;
    let next = -1;
    let first = -1;
    const isBefore = (a: number, b: number): boolean =>
      b < 0 || entities.to[a]! < entities.to[b]! || (entities.to[a] === entities.to[b] && a < b);
    for (let entity = 0; entity < entities.count; entity++) {
      if (entities.fate[entity] !== lost) continue;
      if (isBefore(entity, first)) first = entity;
      const isAfter =
        entities.to[entity]! > after || (entities.to[entity] === after && entity > own);
      if (isAfter && isBefore(entity, next)) next = entity;
    }
    if (first < 0) this.#say("Nothing was lost");
    else this.choose(next < 0 ? first : next);
  }

  /** Chooses an entity, and brings it into view. @param at an instant of it; its end if left out. */
  choose(entity: number, at: number = this.#data.entities.to[entity]!): void {
    this.#lanes.reveal(entity);
    const lane = this.#lanes.laneOf(entity);
    if (lane === undefined) {
      this.#leaveOut(null);
      this.#lanes.reveal(entity);
    }
    this.#measure();
    const { from, to } = this.#data.entities;
    const view = this.#view();
    if (to[entity]! < view.from || from[entity]! > view.to) {
      const half = (view.to - view.from) / 2;
      this.#show(at - half, at + half);
    }
    this.#select(entity, this.#stretchAt(entity, at));
    this.#scrollTo(this.#lanes.laneOf(entity));
    this.#say(
      this.#told.sentence({
        lane: this.#lanes.laneOf(entity)!,
        at,
        entity,
        stretch: this.#selection!.stretch,
      }),
    );
  }

  #densityOf(row: number): Density {
    return kept(this.#densities, row, () => {
      const { first, count } = this.#data.rows[row]!;
      return new Density(this.#data, first, count);
    });
  }

  #find(sought: string): Set<number> {
    const { rows, texts, entities } = this.#data;
    const found = new Set<number>();
    const isNamed = texts.names.map((name) => name.toLowerCase().includes(sought));
    for (const { name, story, first, count } of rows) {
      const isAll = `${name} ${story}`.toLowerCase().includes(sought);
      for (let entity = first; entity < first + count; entity++)
        if (isAll || isNamed[entities.name[entity]!]) found.add(entity);
    }
    return found;
  }

  // What is in view.

  get #gutter(): number {
    return this.#width < 640
      ? Math.min(116, this.#width * 0.34)
      : Math.min(300, this.#width * 0.22);
  }

  get #plot(): number {
    return Math.max(1, this.#width - this.#gutter);
  }

  /** The end of the axis, a little after everything. */
  get #end(): number {
    return Math.max(1, this.#data.head.wall * 1.015);
  }

  #scale() {
    const base = scaleLinear([0, this.#end], [this.#gutter, this.#width]);
    return this.#transform.rescaleX(base);
  }

  #view(): { from: number; to: number; perPixel: number } {
    const scale = this.#scale();
    const from = scale.invert(this.#gutter);
    const to = scale.invert(this.#width);
    return { from, to, perPixel: (to - from) / this.#plot };
  }

  #show(from: number, to: number): void {
    const most = this.#zoom.scaleExtent()[1];
    const k = Math.max(1, Math.min(most, this.#end / Math.max(to - from, 1e-9)));
    const length = this.#end / k;
    const middle = (from + to) / 2;
    const begin = Math.max(0, Math.min(this.#end - length, middle - length / 2));
    const x = this.#gutter - k * (this.#gutter + (begin / this.#end) * this.#plot);
    select(this.#canvas).call(this.#zoom.transform, zoomIdentity.translate(x, 0).scale(k));
  }

  /** Takes the sizes of the page. */
  #measure(): void {
    const before = this.#width;
    const view = before === 0 ? null : this.#view();
    const all = axisHeight + this.#lanes.height + 2;
    this.#width = this.#scroller.clientWidth;
    const most = this.#isPrinting ? 6000 : Math.min(window.innerHeight * 0.72, 960);
    this.#height = Math.round(Math.min(all, Math.max(160, most)));
    const ratio = this.#ratio;
    const [width, height] = [Math.round(this.#width * ratio), Math.round(this.#height * ratio)];
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#canvas.style.height = `${this.#height}px`;
    this.#spacer.style.height = `${Math.max(0, all - this.#height)}px`;
    this.#zoom
      .extent([
        [this.#gutter, 0],
        [this.#width, this.#height],
      ])
      .translateExtent([
        [this.#gutter, -Infinity],
        [this.#width, Infinity],
      ])
      .scaleExtent([1, Math.max(1, this.#end / this.#plot / leastPerPixel)]);
    if (view !== null && before !== this.#width && !this.#isPrinting)
      this.#show(view.from, view.to);
  }

  get #ratio(): number {
    return Math.min(3, window.devicePixelRatio || 1);
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { from, perPixel } = this.#view();
    paint(this.#context, {
      data: this.#data,
      lanes: this.#lanes,
      densityOf: (row) => this.#densityOf(row),
      colours: this.#colours,
      width: this.#width,
      height: this.#height,
      ratio: this.#ratio,
      gutter: this.#gutter,
      scroll: this.#isPrinting ? 0 : this.#scroller.scrollTop,
      from,
      perPixel,
      selection: this.#selection,
      current: this.#current,
      found: this.#found,
      moment: this.#moment,
    });
  }

  // What is done to it.

  #listen(): void {
    const canvas = this.#canvas;
    new ResizeObserver(() => {
      this.#measure();
      this.#draw();
    }).observe(this.#scroller);
    this.#scroller.addEventListener("scroll", () => this.#ask(), { passive: true });
    onColoursChange(() => {
      this.#colours = readColours();
      this.#ask();
    });
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointermove", (event) => this.#hover(event));
    canvas.addEventListener("pointerleave", () => this.#hideTip());
    canvas.addEventListener("click", (event) => this.#click(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => {
      this.#current = -1;
      this.#ask();
    });
    window.addEventListener("beforeprint", () => this.#print(true));
    window.addEventListener("afterprint", () => this.#print(false));
  }

  #isForZoom(event: Event): boolean {
    if (event instanceof WheelEvent) return event.ctrlKey || event.metaKey;
    return !(event instanceof MouseEvent) || event.button === 0;
  }

  #zoomed({ transform, sourceEvent }: D3ZoomEvent<HTMLCanvasElement, unknown>): void {
    this.#transform = transform;
    if (sourceEvent instanceof MouseEvent && sourceEvent.type === "mousemove")
      this.#scroller.scrollTop -= sourceEvent.movementY;
    if (typeof TouchEvent !== "undefined" && sourceEvent instanceof TouchEvent)
      this.#drag(sourceEvent);
    this.#hideTip();
    this.#save();
    this.#ask();
  }

  #touchY: number | null = null;

  /** One finger that moves up or down scrolls, since what is under it takes all that it does. */
  #drag({ touches }: TouchEvent): void {
    const y = touches.length === 1 ? touches[0]!.clientY : null;
    if (y !== null && this.#touchY !== null) {
      const { scrollTop } = this.#scroller;
      this.#scroller.scrollTop -= y - this.#touchY;
      if (this.#scroller.scrollTop === scrollTop) window.scrollBy(0, this.#touchY - y);
    }
    this.#touchY = y;
    const end = (): void => void (this.#touchY = null);
    this.#canvas.addEventListener("touchend", end, { once: true });
  }

  /** A wheel that turns sideways moves along the axis. */
  #wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (Math.abs(sideways) <= Math.abs(event.deltaY) && !event.shiftKey) return;
    event.preventDefault();
    this.#moveBy(sideways);
  }

  /** @param pixels how far what is in view goes to the right. */
  #moveBy(pixels: number): void {
    select(this.#canvas).call(this.#zoom.translateBy, -pixels / this.#transform.k, 0);
  }

  #hit(x: number, y: number): Hit | null {
    if (y < axisHeight || y > this.#height) return null;
    const lane = this.#lanes.lanes[this.#lanes.at(y - axisHeight + this.#scroller.scrollTop)];
    if (lane === undefined) return null;
    const scale = this.#scale();
    const at = Math.max(0, scale.invert(Math.max(x, this.#gutter)));
    const tolerance = reach * this.#view().perPixel;
    const entity = this.#entityIn(lane, at, tolerance);
    return { lane, at, entity, stretch: entity < 0 ? -1 : this.#stretchAt(entity, at) };
  }

  #entityIn(lane: Lane, at: number, tolerance: number): number {
    const { from, to } = this.#data.entities;
    if (lane.is === "entity") return lane.index;
    if (lane.is !== "packed") return -1;
    const { entities, offsets } = this.#lanes.packedOf(lane.row);
    for (let k = offsets[lane.index]!; k < offsets[lane.index + 1]!; k++) {
      const entity = entities[k]!;
      if (from[entity]! - tolerance <= at && at <= to[entity]! + tolerance) return entity;
    }
    return -1;
  }

  /** The stretch of an entity at an instant; -1 where nothing is told of it then. */
  #stretchAt(entity: number, at: number): number {
    const { entities, stretches } = this.#data;
    const end = entities.offsets[entity + 1]!;
    const tolerance = reach * this.#view().perPixel;
    const k = firstAbove(stretches.to, at, entities.offsets[entity]!, end);
    if (k < end && stretches.from[k]! <= at) return k;
    const near = [k - 1, k].filter((one) => one >= entities.offsets[entity]! && one < end);
    const distance = (one: number): number =>
      at < stretches.from[one]! ? stretches.from[one]! - at : at - stretches.to[one]!;
    const [nearest] = near.toSorted((a, b) => distance(a) - distance(b));
    return nearest !== undefined && distance(nearest) <= tolerance ? nearest : -1;
  }

  #hover(event: PointerEvent): void {
    if (event.buttons !== 0 || event.pointerType === "touch") return;
    const { left, top } = this.#canvas.getBoundingClientRect();
    const hit = this.#hit(event.clientX - left, event.clientY - top);
    if (hit === null || hit.lane.is === "heading") return this.#hideTip();
    const moments = this.#momentsNear(hit);
    const [name, ...rest] = [...moments, ...this.#told.sentence(hit).split("; ")];
    const strong = document.createElement("strong");
    strong.textContent = name!;
    this.#tip.replaceChildren(
      strong,
      ...(rest.length === 0 ? [] : [document.createElement("br"), rest.join("; ")]),
    );
    this.#tip.hidden = false;
    const x = event.clientX - left;
    const y = event.clientY - top;
    const { offsetWidth, offsetHeight } = this.#tip;
    this.#tip.style.left = `${Math.max(4, x + 16 + offsetWidth > this.#width ? x - 12 - offsetWidth : x + 16)}px`;
    this.#tip.style.top = `${y + 20 + offsetHeight > this.#height ? Math.max(2, y - 10 - offsetHeight) : y + 20}px`;
  }

  /** What happened to the process of a lane at about that instant. */
  #momentsNear({ lane, at }: Hit): string[] {
    const tolerance = reach * this.#view().perPixel;
    const { row } = this.#data.entities;
    return this.#data.head.moments
      .filter((moment) => Math.abs(moment.at - at) <= tolerance)
      .filter(({ entity }) => {
        const { top, bottom } = this.#lanes.sectionOf(row[entity]!);
        return lane.y >= top && lane.y < bottom;
      })
      .map((moment) => `${moment.words} (${this.#told.time(moment.at)})`);
  }

  #hideTip(): void {
    this.#tip.hidden = true;
  }

  #click(event: MouseEvent): void {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const hit = this.#hit(event.clientX - left, event.clientY - top);
    if (hit === null) return this.#release();
    this.#go(hit);
  }

  /** Opens or closes a group, or tells of an entity. */
  #go(hit: Hit): void {
    this.#say(this.#told.sentence(hit));
    if (hit.lane.is === "density") {
      this.#lanes.toggle(hit.lane.row);
      this.#measure();
    } else if (hit.entity >= 0) this.#select(hit.entity, hit.stretch);
    this.#ask();
  }

  #select(entity: number, stretch: number): void {
    this.#selection = { entity, stretch };
    this.#told.detail(this.#detail, this.#selection, (other) => this.choose(other));
    for (const line of document.querySelectorAll(".line.pointed")) line.classList.remove("pointed");
    const place = stretch < 0 ? null : this.#told.placeOf(this.#data.stretches.place[stretch]!);
    if (place?.href != null) document.querySelector(place.href)?.classList.add("pointed");
    this.#save();
    this.#ask();
  }

  #release(): void {
    this.#selection = null;
    this.#moment = null;
    this.#detail.hidden = true;
    this.#say("");
    this.#save();
    this.#ask();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const plot = this.#plot * moveStep;
    const actions: Readonly<Record<string, () => void>> = {
      w: () => this.zoomBy(zoomStep),
      s: () => this.zoomBy(1 / zoomStep),
      "+": () => this.zoomBy(zoomStep),
      "=": () => this.zoomBy(zoomStep),
      "-": () => this.zoomBy(1 / zoomStep),
      a: () => this.#moveBy(-plot),
      d: () => this.#moveBy(plot),
      ArrowLeft: () => this.#moveBy(-plot),
      ArrowRight: () => this.#moveBy(plot),
      ArrowUp: () => this.#step(-1),
      ArrowDown: () => this.#step(1),
      PageUp: () => this.#step(-10),
      PageDown: () => this.#step(10),
      Home: () => this.#step(-Infinity),
      End: () => this.#step(Infinity),
      ",": () => this.#stepStretch(-1),
      ".": () => this.#stepStretch(1),
      Enter: () => this.#enter(),
      " ": () => this.#enter(),
      n: () => this.nextLoss(),
      "0": () => this.showAll(),
      Escape: () => this.#release(),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  /** Goes so many lanes down. */
  #step(by: number): void {
    const { lanes } = this.#lanes;
    const from = this.#current < 0 ? (by > 0 ? -1 : lanes.length) : this.#current;
    this.#current = Math.max(0, Math.min(lanes.length - 1, from + by));
    const lane = lanes[this.#current];
    if (lane === undefined) return;
    this.#scrollTo(lane);
    this.#say(this.#told.sentence(this.#hitIn(lane)));
    this.#ask();
  }

  /** What stands in the middle of a lane, or is the first in it. */
  #hitIn(lane: Lane): Hit {
    const { from, to } = this.#view();
    const at = (from + to) / 2;
    const packed = lane.is === "packed" ? this.#lanes.packedOf(lane.row) : null;
    const first = packed === null ? -1 : packed.entities[packed.offsets[lane.index]!]!;
    const found = this.#entityIn(lane, at, 0);
    const entity = found < 0 ? first : found;
    return { lane, at, entity, stretch: entity < 0 ? -1 : this.#stretchAt(entity, at) };
  }

  #enter(): void {
    const lane = this.#lanes.lanes[this.#current];
    if (lane !== undefined) this.#go(this.#hitIn(lane));
  }

  /** Goes to the next stretch of what is chosen, or the one before. */
  #stepStretch(by: number): void {
    const entity = this.#selection?.entity ?? this.#lanes.lanes[this.#current]?.index;
    if (entity === undefined) return;
    const { entities, stretches } = this.#data;
    const first = entities.offsets[entity]!;
    const last = entities.offsets[entity + 1]! - 1;
    if (last < first) return this.#say("Nothing more is told of it");
    const now = this.#selection?.stretch ?? -1;
    const next = now < 0 ? (by > 0 ? first : last) : Math.max(first, Math.min(last, now + by));
    const at = (stretches.from[next]! + stretches.to[next]!) / 2;
    const view = this.#view();
    if (at < view.from || at > view.to) {
      const half = (view.to - view.from) / 2;
      this.#show(at - half, at + half);
    }
    this.#select(entity, next);
    this.#say(this.#told.stretchWords(next));
  }

  #scrollTo(lane: Lane | undefined): void {
    if (lane === undefined) return;
    const room = this.#height - axisHeight;
    const { scrollTop } = this.#scroller;
    if (lane.y < scrollTop) this.#scroller.scrollTop = lane.y;
    else if (lane.y + lane.height > scrollTop + room)
      this.#scroller.scrollTop = lane.y + lane.height - room;
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  /** On paper all of the axis is seen, and as many lanes as a canvas has room for. */
  #print(isPrinting: boolean): void {
    if (isPrinting === this.#isPrinting) return;
    this.#isPrinting = isPrinting;
    if (isPrinting) this.#onScreen = this.#transform;
    this.#transform = isPrinting ? zoomIdentity : this.#onScreen;
    this.#colours = readColours();
    this.#measure();
    this.#draw();
  }

  // The address keeps the view.

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => {
      const { from, to } = this.#view();
      const parts = new URLSearchParams();
      if (this.#transform.k > 1) parts.set("t", `${Math.round(from)},${Math.round(to)}`);
      // While more comes, a number may soon be that of another.
      if (this.#selection !== null && !this.isGrowing)
        parts.set("task", String(this.#selection.entity));
      if (this.#finding !== null && !this.isGrowing)
        parts.set("finding", String(this.#finding + 1));
      const hash = decodeURIComponent(parts.toString());
      history.replaceState(
        null,
        "",
        hash === "" ? location.pathname + location.search : `#${hash}`,
      );
    }, 300);
  }

  #restore(): void {
    const parts = new URLSearchParams(location.hash.slice(1));
    const finding = Number(parts.get("finding"));
    const task = parts.get("task");
    const [from, to] = (parts.get("t") ?? "").split(",").map(Number);
    if (finding >= 1 && finding <= this.#data.head.findings.length) {
      this.#finding = finding - 1;
      this.#moment = this.#data.head.findings[this.#finding]!.at;
    }
    if (from !== undefined && to !== undefined && from < to) this.#show(from, to);
    if (task !== null && Number(task) < this.#data.entities.count) this.choose(Number(task));
  }
}
