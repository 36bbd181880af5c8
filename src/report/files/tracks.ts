/** A timeline as traces have it: processes with threads, tasks beside them, and what leads from one to another. */
import type { Ticks } from "../../base/duration.ts";
import type { Timeline } from "../model/timeline.ts";
import { arrowKinds, type ArrowKind, fates, states } from "../page/words.ts";

export interface TracedProcess {
  pid: number;
  name: string;
}

export interface Flow {
  kind: ArrowKind;
  from: number;
  at: Ticks;
  to: number;
  toAt: Ticks;
}

const STARVED = states.indexOf("starved");
const LOST = fates.indexOf("lost");

/** Whose entities are of which process, and where their stretches begin. */
export class Tracks {
  readonly processes: TracedProcess[] = [];
  /** By entity. */
  readonly pid: Int32Array;
  readonly isThread: Uint8Array;
  readonly offsets: Int32Array;
  readonly #timeline: Timeline;

  /** @param title what a process is called that has no heading. */
  constructor(timeline: Timeline, title: string) {
    this.#timeline = timeline;
    const { rows, entities } = timeline;
    const count = entities.name.length;
    this.pid = new Int32Array(count);
    this.isThread = new Uint8Array(count);
    this.offsets = new Int32Array(count + 1);
    for (const { is, name, first, count: own } of rows) {
      if (is === "heading" || this.processes.length === 0)
        this.processes.push({
          pid: this.processes.length + 1,
          name: is === "heading" ? name : title,
        });
      this.pid.fill(this.processes.length, first, first + own);
      if (is === "thread") this.isThread.fill(1, first, first + own);
    }
    for (let entity = 0; entity < count; entity++)
      this.offsets[entity + 1] = this.offsets[entity]! + entities.stretches[entity]!;
  }

  /** Everybody who was lost. */
  *lost(): Generator<number> {
    const { fate } = this.#timeline.entities;
    for (let entity = 0; entity < fate.length; entity++) if (fate[entity] === LOST) yield entity;
  }

  /** Who made, cancelled or sent to whom. */
  *flows(): Generator<Flow> {
    const { entities, arrows } = this.#timeline;
    for (let to = 0; to < entities.name.length; to++) {
      const from = entities.parent[to]!;
      const at = entities.created[to]!;
      if (from >= 0)
        yield { kind: "created", from, at, to, toAt: Math.max(at, entities.from[to]!) };
    }
    for (const { kind, ...arrow } of arrows) yield { kind: arrowKinds[kind]!, ...arrow };
  }

  /** How many tasks of each process were ready and had no turn, whenever that changes, by time. */
  *ready(): Generator<{ pid: number; at: Ticks; count: number }> {
    const { stretches } = this.#timeline;
    const starved: number[] = [];
    for (let k = 0; k < stretches.length; k++) if (stretches.state[k] === STARVED) starved.push(k);
    const begins = starved.toSorted((a, b) => stretches.from[a]! - stretches.from[b]!);
    const ends = starved.toSorted((a, b) => stretches.to[a]! - stretches.to[b]!);
    const counts = new Map<number, number>();
    const changed = new Set<number>();
    for (let b = 0, e = 0; e < ends.length;) {
      const at = Math.min(stretches.from[begins[b]!] ?? Infinity, stretches.to[ends[e]!]!);
      const change = (k: number, by: number): void => {
        const pid = this.pid[stretches.entity[k]!]!;
        counts.set(pid, (counts.get(pid) ?? 0) + by);
        changed.add(pid);
      };
      for (; b < begins.length && stretches.from[begins[b]!] === at; b++) change(begins[b]!, 1);
      for (; e < ends.length && stretches.to[ends[e]!] === at; e++) change(ends[e]!, -1);
      for (const pid of changed) yield { pid, at, count: counts.get(pid)! };
      changed.clear();
    }
  }
}

/** Where each place is, as text. */
export function placeTexts({ places }: Timeline): string[] {
  return places.map(({ file, line, function: within }) =>
    within == null ? `${file}:${line}` : `${file}:${line} in ${within}`,
  );
}
