/**
 * A timeline as a trace of Perfetto's own (`.pftrace`): packets of TrackEvent, written by hand, whose names are
 * interned. It is a quarter of the size of JSON, keeps tasks below their process and has arrows between any two.
 */
import { NS_PER_TICK, type Ticks } from "../../base/duration.ts";
import type { Report } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";
import type { Timeline } from "../model/timeline.ts";
import { arrowKinds, states } from "../page/words.ts";
import { placeTexts, Tracks } from "./tracks.ts";

/** How many bytes are written at once. */
const pieceLength = 1 << 20;

/** The types of a TrackEvent. */
const [BEGIN, END, INSTANT, COUNTER] = [1, 2, 3, 4] as const;

/** The flags of the packet that interns, and of all that use what it has interned. */
const [CLEARED, NEEDS] = [1, 2] as const;

/** How values are written: as a number of seven bits a byte, in eight bytes, or behind their length. */
const [VARINT, FIXED, BYTES] = [0, 1, 2] as const;

const field = (number: number, kind: number): number => number * 8 + kind;

/** The fields of the format that are written, by message. */
const packet = {
  self: field(1, BYTES),
  timestamp: field(8, VARINT),
  sequence: field(10, VARINT),
  event: field(11, BYTES),
  interned: field(12, BYTES),
  flags: field(13, VARINT),
  track: field(60, BYTES),
};
const interned = { name: field(2, BYTES), annotation: field(3, BYTES), value: field(29, BYTES) };
const entry = { id: field(1, VARINT), text: field(2, BYTES) };
const annotation = { name: field(1, VARINT), value: field(17, VARINT) };
const track = {
  id: field(1, VARINT),
  name: field(2, BYTES),
  process: field(3, BYTES),
  thread: field(4, BYTES),
  parent: field(5, VARINT),
  counter: field(8, BYTES),
};
const processFields = { pid: field(1, VARINT), name: field(6, BYTES) };
const threadFields = { pid: field(1, VARINT), tid: field(2, VARINT), name: field(5, BYTES) };
const event = {
  annotation: field(4, BYTES),
  type: field(9, VARINT),
  name: field(10, VARINT),
  track: field(11, VARINT),
  counter: field(30, VARINT),
  flowFrom: field(47, FIXED),
  flowTo: field(48, FIXED),
};

/** The tracks, by numbers that none of another kind has. */
const processTrack = (pid: number): number => pid * 4 + 1;
const counterTrack = (pid: number): number => pid * 4 + 2;
const entityTrack = (entity: number): number => entity * 4 + 3;

/** The only name of an annotation: where a stretch is. */
const AT = 1;

/** @returns the file in pieces. @param within the working folder; null: paths as they are. */
export function* perfettoFile(report: Report, within: string | null): Generator<Uint8Array> {
  const { timeline, title } = shownReport(report, within);
  const out = new Writer();
  for (const _ of new PerfettoTrace(timeline, title, out).write())
    if (out.length >= pieceLength) yield out.taken();
  yield out.taken();
}

interface TrackEvent {
  track: number;
  /** The number of its name; 0 for none. */
  name?: number;
  place?: number;
  count?: number;
  flowFrom?: number;
  flowTo?: number;
}

class PerfettoTrace {
  readonly #timeline: Timeline;
  readonly #tracks: Tracks;
  readonly #out: Writer;
  readonly #names = new Map<string, number>();
  /** By entity: the flow that ends at its first slice, 0 for none. */
  readonly #madeBy: Int32Array;

  /** @param title what a process is called that has no name. */
  constructor(timeline: Timeline, title: string, out: Writer) {
    this.#timeline = timeline;
    this.#tracks = new Tracks(timeline, title);
    this.#out = out;
    this.#madeBy = new Int32Array(timeline.entities.name.length);
  }

  /** Writes everything, and yields where a piece may end. */
  *write(): Generator<void> {
    const { entities, texts, moments } = this.#timeline;
    this.#intern([
      ...states,
      ...arrowKinds,
      "lost",
      ...texts.slice(1),
      ...moments.map(({ words }) => words),
      ...entities.name,
    ]);
    yield* this.#describe();
    let flow = 0;
    for (const { kind, from, at, to, toAt } of this.#tracks.flows()) {
      flow++;
      const name = this.#names.get(kind)!;
      this.#event(at, INSTANT, { track: entityTrack(from), name, flowFrom: flow });
      if (kind === "created") this.#madeBy[to] = flow;
      else this.#event(toAt, INSTANT, { track: entityTrack(to), name, flowTo: flow });
      yield;
    }
    for (let entity = 0; entity < entities.name.length; entity++) {
      this.#entity(entity);
      yield;
    }
    for (const { pid, at, count } of this.#tracks.ready()) {
      this.#event(at, COUNTER, { track: counterTrack(pid), count });
      yield;
    }
    const lost = this.#names.get("lost")!;
    for (const entity of this.#tracks.lost()) {
      this.#event(entities.to[entity]!, INSTANT, { track: entityTrack(entity), name: lost });
      yield;
    }
    for (const { at, words, entity } of moments) {
      const of = processTrack(this.#tracks.pid[entity]!);
      this.#event(at, INSTANT, { track: of, name: this.#names.get(words)! });
    }
  }

  #intern(names: readonly string[]): void {
    for (const name of names)
      if (!this.#names.has(name)) this.#names.set(name, this.#names.size + 1);
    const out = this.#out;
    const write = (of: number, id: number, text: string): void => {
      const start = out.open(of);
      out.number(entry.id, id);
      out.text(entry.text, text);
      out.close(start);
    };
    const whole = out.open(packet.self);
    out.number(packet.sequence, 1);
    out.number(packet.flags, CLEARED);
    const all = out.open(packet.interned);
    for (const [name, id] of this.#names) write(interned.name, id, name);
    write(interned.annotation, AT, "at");
    for (const [index, place] of placeTexts(this.#timeline).entries())
      write(interned.value, index + 1, place);
    out.close(all);
    out.close(whole);
  }

  *#describe(): Generator<void> {
    const { entities } = this.#timeline;
    const { processes, pid, isThread } = this.#tracks;
    const out = this.#out;
    for (const { pid: number, name } of processes) {
      this.#track(processTrack(number), name, () => {
        const start = out.open(track.process);
        out.number(processFields.pid, number);
        out.text(processFields.name, name);
        out.close(start);
      });
      this.#track(counterTrack(number), "ready tasks", () => {
        out.number(track.parent, processTrack(number));
        out.close(out.open(track.counter));
      });
    }
    for (const [entity, name] of entities.name.entries()) {
      this.#track(entityTrack(entity), name, () => {
        if (isThread[entity] === 0) return out.number(track.parent, processTrack(pid[entity]!));
        const start = out.open(track.thread);
        out.number(threadFields.pid, pid[entity]!);
        out.number(threadFields.tid, entity + 1);
        out.text(threadFields.name, name);
        out.close(start);
      });
      yield;
    }
  }

  #track(id: number, name: string, more: () => void): void {
    const out = this.#out;
    const whole = out.open(packet.self);
    out.number(packet.sequence, 1);
    const own = out.open(packet.track);
    out.number(track.id, id);
    out.text(track.name, name);
    more();
    out.close(own);
    out.close(whole);
  }

  #entity(entity: number): void {
    const { entities, stretches, texts } = this.#timeline;
    const { isThread, offsets } = this.#tracks;
    const of = entityTrack(entity);
    const flowTo = this.#madeBy[entity]!;
    const isTask = isThread[entity] === 0;
    if (isTask) {
      const name = this.#names.get(entities.name[entity]!)!;
      this.#event(entities.from[entity]!, BEGIN, { track: of, name, flowTo });
    } else if (flowTo > 0) {
      const name = this.#names.get("created")!;
      this.#event(entities.from[entity]!, INSTANT, { track: of, name, flowTo });
    }
    for (let k = offsets[entity]!; k < offsets[entity + 1]!; k++) {
      const what = stretches.what[k]!;
      const name = this.#names.get(what === 0 ? states[stretches.state[k]!]! : texts[what]!)!;
      const place = stretches.place[k]! + 1;
      this.#event(stretches.from[k]!, BEGIN, { track: of, name, place });
      this.#event(stretches.to[k]!, END, { track: of });
    }
    if (isTask) this.#event(entities.to[entity]!, END, { track: of });
  }

  #event(
    at: Ticks,
    type: number,
    { track: of, name = 0, place = 0, count, flowFrom = 0, flowTo = 0 }: TrackEvent,
  ): void {
    const out = this.#out;
    const whole = out.open(packet.self);
    out.number(packet.timestamp, at * NS_PER_TICK);
    out.number(packet.sequence, 1);
    out.number(packet.flags, NEEDS);
    const own = out.open(packet.event);
    out.number(event.type, type);
    out.number(event.track, of);
    if (name > 0) out.number(event.name, name);
    if (count !== undefined) out.number(event.counter, count);
    if (place > 0) {
      const start = out.open(event.annotation);
      out.number(annotation.name, AT);
      out.number(annotation.value, place);
      out.close(start);
    }
    if (flowFrom > 0) out.fixed(event.flowFrom, flowFrom);
    if (flowTo > 0) out.fixed(event.flowTo, flowTo);
    out.close(own);
    out.close(whole);
  }
}

/** Bytes of Protocol Buffers that grow. */
class Writer {
  length = 0;
  #bytes = Buffer.allocUnsafe(2 * pieceLength);

  /** What has been written, which is given away. */
  taken(): Uint8Array {
    const taken = Buffer.from(this.#bytes.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  /** A whole number that is not negative. */
  number(of: number, value: number): void {
    this.#room(20);
    this.#varint(of);
    this.#varint(value);
  }

  fixed(of: number, value: number): void {
    this.#room(20);
    this.#varint(of);
    this.length = this.#bytes.writeUInt32LE(value, this.length);
    this.length = this.#bytes.writeUInt32LE(0, this.length);
  }

  text(of: number, text: string): void {
    const size = Buffer.byteLength(text);
    this.#room(size + 20);
    this.#varint(of);
    this.#varint(size);
    this.length += this.#bytes.write(text, this.length);
  }

  /** Begins what stands behind its length. @returns where that begins, for `close`. */
  open(of: number): number {
    this.#room(20);
    this.#varint(of);
    return ++this.length;
  }

  close(start: number): void {
    const size = this.length - start;
    if (size < 0x80) {
      this.#bytes[start - 1] = size;
      return;
    }
    // The length takes more than the byte that was left for it.
    let more = 0;
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) more++;
    this.#room(more);
    this.#bytes.copyWithin(start + more, start, this.length);
    const end = this.length + more;
    this.length = start - 1;
    this.#varint(size);
    this.length = end;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.length++] = rest;
  }

  #room(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + size));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
