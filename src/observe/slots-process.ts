/** The slots of a recorder's rings, translated into the trace's events and definitions as they come. */
import { shapesByNumber, typeNumber } from "../trace/event.ts";
import { type Details, detailsFrom, NOWHERE, type Stack } from "../trace/log.ts";
import type { ProcessTranscript } from "./process-transcript.ts";
import { DETAIL, type RingNumber } from "./ring.ts";
import {
  actorKindAt,
  bornKinds,
  firstDefinition,
  resourceKindAt,
  Slot,
  slotKind,
  Texts,
  threadBit,
} from "./slots.ts";
import { NS_PER_TICK } from "../base/duration.ts";

/** The slots of one process. */
export class SlotsProcess {
  readonly #process: ProcessTranscript;
  readonly #slot: Slot;
  readonly #texts = new Texts();
  readonly #pending: readonly [Map<number, Pending>, Map<number, Pending>] = [new Map(), new Map()];

  /** @param zero the trace's instant 0 on its recorder's clock, in ns. */
  constructor(process: ProcessTranscript, zero: bigint) {
    this.#process = process;
    this.#slot = new Slot(zero);
  }

  /** Takes a slot of one of its rings. */
  take(ring: RingNumber, view: DataView, offset: number): void {
    const slot = this.#slot;
    slot.read(view, offset);
    if (slot.kind < firstDefinition) this.#event(ring, slot);
    else if (slot.kind === slotKind.text) this.#texts.take(view, offset);
    else this.#definition(ring, slot);
  }

  #event(ring: RingNumber, slot: Slot): void {
    const { kind, thread, actor } = slot;
    const shape = shapesByNumber[kind];
    const pending = this.#pending[ring].get(thread);
    if (pending !== undefined) this.#pending[ring].delete(thread);
    if (shape === undefined) return this.#process.countDropped("events of a later recorder");
    if (ring === DETAIL && !this.#process.hasRoom()) return;
    const at = slot.at / NS_PER_TICK;
    const value = valueIn(shape, slot);
    this.#process.record({ at, type: kind, thread, actor, value }, this.#details(slot, pending));
  }

  #done({ at: ns, value: busy, actor, place: count, extra: longest, thread }: Slot): void {
    const about = { at: ns / NS_PER_TICK, thread, actor };
    const numbers = {
      busy: Math.round(busy / NS_PER_TICK),
      longest: Math.round(longest / NS_PER_TICK),
    };
    const folded = { ...about, type: typeNumber.folded, value: count };
    this.#process.record(folded, { text: "step", numbers });
    this.#process.record({ ...about, type: typeNumber["task-ended"], value: 0 });
  }

  #details(slot: Slot, pending: Pending | undefined): Details | undefined {
    const shape = shapesByNumber[slot.kind]!;
    const resource = pending?.resource;
    const text = shape.text === undefined ? undefined : this.#textOf(slot, resource !== undefined);
    const numbers = pending === undefined ? undefined : this.#numbers(slot.kind, pending);
    const place = this.#placeIn(slot) ?? pending?.stack?.[0];
    const stack = pending?.stack;
    return detailsFrom(place ?? NOWHERE, { text, resource, numbers, stack });
  }

  #textOf({ kind, extra }: Slot, hasResource: boolean): string | undefined {
    if (extra !== 0) return this.#texts.get(extra) ?? "";
    const { optional = false, ofResource = false } = shapesByNumber[kind]!.text! as TextShape;
    return optional || (ofResource && hasResource) ? undefined : "";
  }

  #numbers(kind: number, { actor, numbers }: Pending): Record<string, number> | undefined {
    const found: Record<string, number> = {};
    let next = 0;
    for (const { name, unit } of shapesByNumber[kind]!.numbers ?? [])
      if (unit === "actor") {
        if (actor !== undefined) found[name] = actor;
      } else {
        const value = numbers[next++];
        if (value !== undefined)
          found[name] = unit === "ticks" ? Math.round(value / NS_PER_TICK) : value;
      }
    return Object.keys(found).length === 0 ? undefined : found;
  }

  #definition(ring: RingNumber, slot: Slot): void {
    const process = this.#process;
    switch (slot.kind) {
      case slotKind.place:
        return this.#place(slot);
      case slotKind.thread:
        return this.#thread(slot);
      case slotKind.actor:
        return this.#actor(slot);
      case slotKind.name:
        return process.change("actor", slot.actor, { name: this.#texts.get(slot.extra) });
      case slotKind.code:
        return process.change("actor", slot.actor, { code: this.#placeIn(slot) ?? undefined });
      case slotKind.source:
        return process.change("place", slot.place, { source: this.#texts.get(slot.extra) });
      case slotKind.resource:
        return this.#resource(slot);
      case slotKind.loop: {
        const thread = process.threadNumber(slot.thread);
        process.define("loop", slot.actor, { thread, rules: "asyncio" });
        return;
      }
      case slotKind.child:
        process.tellEnd(slot.actor, {
          status: slot.value,
          at: Math.max(0, slot.at / NS_PER_TICK),
        });
        return;
      case slotKind.done:
        return this.#done(slot);
      case slotKind.more:
      case slotKind.stack:
        return this.#keep(ring, slot);
      case slotKind.trouble:
        process.troubles.add(this.#texts.get(slot.extra) ?? "a hook");
        return;
      default:
        process.countDropped("definitions of a later recorder");
    }
  }

  #place({ actor: id, place: file, extra, valueLow: line, valueHigh: column }: Slot): void {
    this.#process.definePlace(id, {
      file: this.#texts.get(file) ?? "?",
      line: Math.max(1, line),
      column: column > 0 ? column : null,
      function: this.#texts.get(extra) ?? null,
    });
  }

  #thread(slot: Slot): void {
    const { thread: id, actor, valueLow: bits, extra } = slot;
    const place = this.#placeIn(slot);
    const definition = {
      name: this.#texts.get(extra) ?? `Thread-${id}`,
      daemon: (bits & threadBit.daemon) !== 0,
      ...((bits & threadBit.worker) === 0 ? {} : { worker: true }),
      ...(place === null ? {} : { place }),
    };
    const isHidden = (bits & threadBit.hidden) !== 0;
    this.#process.defineThread(id, definition, { program: actor, isHidden });
  }

  #actor(slot: Slot): void {
    const { actor: id, valueLow: parent, valueHigh, extra, thread } = slot;
    const kind = actorKindAt[valueHigh] ?? "task";
    const of = this.#texts.get(extra) ?? null;
    this.#process.defineActor(id, {
      kind,
      name: kind === "main" ? "main" : (of ?? `${kind} ${id}`),
      function: of,
      parent: parent === 0 ? null : this.#process.numberOf("actor", parent),
      place: this.#placeIn(slot),
      until: null,
      cleanup: null,
    });
    if (!bornKinds.has(kind)) return;
    const at = slot.at / NS_PER_TICK;
    this.#process.record({ at, type: typeNumber["task-created"], thread, actor: id, value: 0 });
  }

  #resource(slot: Slot): void {
    const { actor: id, valueLow: capacity, valueHigh, extra } = slot;
    const kind = resourceKindAt[valueHigh] ?? "resource";
    this.#process.define("resource", id, {
      kind,
      name: this.#texts.get(extra) ?? `${kind} ${id}`,
      capacity: capacity === 0 ? null : capacity,
      place: this.#placeIn(slot),
    });
  }

  /** Keeps what belongs to the next event of a thread. */
  #keep(ring: RingNumber, slot: Slot): void {
    const pending = this.#pending[ring].getOrInsertComputed(slot.thread, () => ({ numbers: [] }));
    if (slot.kind === slotKind.stack) {
      const place = this.#placeIn(slot);
      if (place !== null) pending.stack = [...(pending.stack ?? []), place];
      return;
    }
    if (slot.actor !== 0) pending.actor = this.#process.numberOf("actor", slot.actor);
    if (slot.place !== 0) pending.resource = this.#process.numberOf("resource", slot.place);
    pending.numbers = [slot.value, slot.extra];
  }

  #placeIn({ place }: Slot): number | null {
    return place === 0 ? null : this.#process.numberOf("place", place);
  }
}

/** Details that stand before the event they belong to. */
interface Pending {
  actor?: number;
  resource?: number;
  numbers: readonly number[];
  stack?: Stack;
}

interface TextShape {
  optional?: boolean;
  ofResource?: boolean;
}

function valueIn({ value }: (typeof shapesByNumber)[number], slot: Slot): number {
  if (value === undefined) return 0;
  if ("words" in value) return slot.valueLow;
  if (value.unit === "status") return slot.value;
  return value.unit === "ticks"
    ? Math.max(0, Math.round(slot.value / NS_PER_TICK))
    : Math.max(0, slot.value);
}
