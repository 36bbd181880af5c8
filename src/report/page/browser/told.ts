/** What is told of an entity, a stretch or a group in words: the tip beside the pointer, the status, the details. */
import { formatCount } from "../../../base/count.ts";
import { formatTime } from "../../../base/duration.ts";
import { counted, type Density } from "./density.ts";
import type { Data } from "./data.ts";
import { kept } from "./kept.ts";
import type { Lane } from "./lanes.ts";
import { arrowsOf } from "./arrows.ts";
import type { Selection } from "./paint.ts";

/** What the pointer or the keys are on. */
export interface Hit {
  lane: Lane;
  /** The instant, in units. */
  at: number;
  /** -1 where there is none. */
  entity: number;
  stretch: number;
}

/** The most others that are listed by name in the details. */
const mostListed = 8;

const stateWords: Readonly<Record<string, string>> = {
  holding: "holds its thread",
  starved: "starves",
  running: "runs",
  waiting: "waits",
  alive: "seen here",
};

export class Told {
  readonly #data: Data;
  readonly #densityOf: (row: number) => Density;

  constructor(data: Data, densityOf: (row: number) => Density) {
    this.#data = data;
    this.#densityOf = densityOf;
  }

  time(units: number): string {
    return formatTime(Math.round(units) * this.#data.head.unit);
  }

  nameOf(entity: number): string {
    const { entities, texts, rows } = this.#data;
    const row = rows[entities.row[entity]!]!;
    const own = texts.names[entities.name[entity]!]!;
    return row.count > 1 && own !== row.name
      ? `${row.name} (${own})`
      : row.count > 1
        ? own
        : row.name;
  }

  fateOf(entity: number): string {
    const { entities, head } = this.#data;
    const fate = head.fates[entities.fate[entity]!]!;
    if (fate === "none") return "";
    return fate === "alive"
      ? "alive when the record ended"
      : `${fate} at ${this.time(entities.to[entity]!)}`;
  }

  /** `app.py:10 in fetch`; null for none. @param place one more than its index. */
  placeOf(place: number): { words: string; href: string | null; source: string } | null {
    if (place === 0) return null;
    const { texts, head } = this.#data;
    const [file, line, within, source] = texts.places[place - 1]!;
    const index = head.files.indexOf(file);
    const id = `L${index}-${line}`;
    const href = index < 0 || document.getElementById(id) === null ? null : `#${id}`;
    return { words: `${file}:${line}${within === "" ? "" : ` in ${within}`}`, href, source };
  }

  /** What a hit is about, in a sentence. */
  sentence(hit: Hit): string {
    const { entity, stretch, lane, at } = hit;
    if (lane.is === "density") return this.#groupSentence(lane, at);
    if (lane.is === "heading" || entity < 0) return this.#data.rows[lane.row]!.name;
    const fate = this.fateOf(entity);
    const name = `${this.nameOf(entity)}${fate === "" ? "" : `, ${fate}`}`;
    return stretch < 0
      ? `${name}; at ${this.time(at)} nothing is told of it`
      : `${name}; ${this.stretchWords(stretch)}`;
  }

  stretchWords(stretch: number): string {
    const { stretches, texts, head } = this.#data;
    const from = stretches.from[stretch]!;
    const to = stretches.to[stretch]!;
    const place = this.placeOf(stretches.place[stretch]!);
    const said = texts.texts[stretches.what[stretch]!]!;
    const what = said === "" ? stateWords[head.states[stretches.state[stretch]!]!]! : said;
    const source =
      place === null || place.source === "" || said.includes(place.source)
        ? ""
        : ` (${place.source})`;
    return `${what}${place === null ? "" : `, ${place.words}${source}`}: ${this.time(from)} to ${this.time(to)}, ${this.time(to - from)}`;
  }

  #groupSentence({ row }: Lane, at: number): string {
    const { rows, head } = this.#data;
    const { name, count, story } = rows[row]!;
    const into = new Float64Array(counted);
    this.#densityOf(row).means(Math.max(0, at - 0.5), 1, 1, into);
    const parts = head.states.slice(0, counted).flatMap((state, k) => {
      const many = Math.round(into[k]!);
      return many === 0 ? [] : [`${formatCount(many)} ${state}`];
    });
    const now = parts.length === 0 ? "nothing is told" : `${parts.join(", ")}, as far as is told`;
    return `${name} ×${formatCount(count)}${story === "" ? "" : ` (${story})`}; at ${this.time(at)}: ${now}`;
  }

  /** Fills an element with all that is known of an entity. */
  detail(
    into: HTMLElement,
    { entity, stretch }: Selection,
    choose: (entity: number) => void,
  ): void {
    const { entities, texts, stretches } = this.#data;
    const list = document.createElement("dl");
    const add = (term: string, ...parts: (Node | string | null)[]): void => {
      const shown = parts.filter((part) => part !== null && part !== "");
      if (shown.length === 0) return;
      const dt = document.createElement("dt");
      dt.textContent = term;
      const dd = document.createElement("dd");
      dd.append(...(shown as (Node | string)[]));
      list.append(dt, dd);
    };
    const linkTo = (other: number): HTMLElement => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = this.nameOf(other);
      button.addEventListener("click", () => choose(other));
      return button;
    };
    const { story } = this.#data.rows[entities.row[entity]!]!;
    add("Is", story);
    add("Became", this.fateOf(entity));
    if (entities.error[entity]! > 0) add("Error", texts.texts[entities.error[entity]!]!);
    if (stretch >= 0) {
      const place = this.placeOf(stretches.place[stretch]!);
      const said = texts.texts[stretches.what[stretch]!]!;
      const from = stretches.from[stretch]!;
      const to = stretches.to[stretch]!;
      add("Here", said);
      add("Where", ...placeParts(place));
      add("When", `${this.time(from)} to ${this.time(to)} (${this.time(to - from)})`);
      const whom = stretches.whom[stretch]!;
      if (whom > 0) add("Through", linkTo(whom - 1));
    }
    add("Made at", ...placeParts(this.placeOf(entities.made[entity]!)));
    const isOver = ["finished", "none"].includes(this.#data.head.fates[entities.fate[entity]!]!);
    if (!isOver) add("Stood at", ...placeParts(this.placeOf(entities.stood[entity]!)));
    const stack = this.#data.stacks.get(entity) ?? [];
    if (stack.length > 1) add("Called from", this.#stack(stack.slice(1)));
    add("Lived", `${this.time(entities.from[entity]!)} to ${this.time(entities.to[entity]!)}`);
    this.#addArrows(entity, { add, linkTo });
    const heading = document.createElement("h3");
    heading.textContent = this.nameOf(entity);
    into.replaceChildren(heading, list);
    into.hidden = false;
  }

  /** Callers, a line each. */
  #stack(places: readonly number[]): HTMLElement {
    const list = document.createElement("ol");
    for (const place of places) {
      const item = document.createElement("li");
      item.append(...placeParts(this.placeOf(place + 1)));
      list.append(item);
    }
    return list;
  }

  #addArrows(
    entity: number,
    to: { add: (term: string, ...parts: Node[]) => void; linkTo: (other: number) => HTMLElement },
  ): void {
    const found = new Map<string, Set<number>>();
    const note = (term: string, other: number): void =>
      void kept(found, term, () => new Set<number>()).add(other);
    const words = {
      created: ["Made by", "Made"],
      awaited: ["Waited for", "Awaited by"],
      cancelled: ["Cancelled by", "Cancelled"],
      sent: ["Received from", "Sent to"],
    } as const;
    for (const arrow of arrowsOf(this.#data, entity)) {
      const [came, went] = words[arrow.kind];
      if (arrow.to === entity) note(came, arrow.from);
      else note(went, arrow.to);
    }
    for (const [term, others] of found) {
      const parts: Node[] = [...others]
        .slice(0, mostListed)
        .flatMap((other, k) => [...(k === 0 ? [] : [new Text(", ")]), to.linkTo(other)]);
      const more = others.size - mostListed;
      if (more > 0) parts.push(new Text(` and ${formatCount(more)} more`));
      to.add(term, ...parts);
    }
  }
}

function placeParts(place: ReturnType<Told["placeOf"]>): (Node | string)[] {
  if (place === null) return [];
  const { words, href, source } = place;
  const text = source === "" ? "" : ` ${source}`;
  if (href === null) return [words, text];
  const link = document.createElement("a");
  link.href = href;
  link.textContent = words;
  return [link, text];
}
