/** Timelines of several runs below each other, on one axis. */
import { Growing } from "./flattened.ts";
import { noEntities, type Row, type Timeline } from "./timeline.ts";

/** A run's timeline, and what stands above it. */
export interface Part {
  name: string;
  story: string;
  timeline: Timeline;
}

export function joinedTimelines(parts: readonly Part[]): Timeline {
  const rows: Row[] = [];
  const stretches = new Growing();
  const joined = {
    wall: parts.reduce((most, { timeline }) => Math.max(most, timeline.wall), 0),
    texts: [""],
    places: [] as Timeline["places"][number][],
    stacks: new Map<number, number[]>(),
    arrows: [] as Timeline["arrows"][number][],
    moments: [] as Timeline["moments"][number][],
    entities: noEntities(),
  };
  for (const { name, story, timeline } of parts) {
    const { entities } = joined;
    const first = entities.name.length;
    const firstText = joined.texts.length;
    const firstPlace = joined.places.length;
    const place = (index: number): number => (index < 0 ? -1 : firstPlace + index);
    const entity = (index: number): number => (index < 0 ? -1 : first + index);
    // The first text is none in each of them.
    const text = (index: number): number => (index === 0 ? 0 : firstText + index - 1);
    rows.push({ is: "heading", name, depth: 0, first, count: 0, story });
    for (const row of timeline.rows)
      rows.push({ ...row, depth: row.depth + 1, first: first + row.first });
    const own = timeline.entities;
    append(entities.name, own.name);
    append(entities.from, own.from);
    append(entities.to, own.to);
    append(entities.fate, own.fate);
    append(entities.created, own.created);
    append(entities.stretches, own.stretches);
    append(entities.made, own.made.map(place));
    append(entities.stood, own.stood.map(place));
    append(entities.parent, own.parent.map(entity));
    append(entities.error, own.error.map(text));
    const { from, to, state, what, place: at, whom, entity: of, length } = timeline.stretches;
    for (let k = 0; k < length; k++)
      stretches.add(
        entity(of[k]!),
        from[k]!,
        to[k]!,
        state[k]!,
        text(what[k]!),
        place(at[k]!),
        entity(whom[k]!),
      );
    append(joined.texts, timeline.texts.slice(1));
    append(joined.places, timeline.places);
    for (const arrow of timeline.arrows)
      joined.arrows.push({ ...arrow, from: entity(arrow.from), to: entity(arrow.to) });
    for (const [of, stack] of timeline.stacks) joined.stacks.set(entity(of), stack.map(place));
    for (const moment of timeline.moments)
      joined.moments.push({ ...moment, entity: entity(moment.entity) });
  }
  return { ...joined, rows, stretches, ofActor: new Map() };
}

function append<Of>(to: Of[], more: readonly Of[]): void {
  for (const one of more) to.push(one);
}
