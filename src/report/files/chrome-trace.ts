/**
 * A timeline in Chrome's trace format (JSON), which Perfetto reads: threads with complete events (`X`), tasks as
 * async tracks, each of which has its stretches nested in it.
 *
 * Arrows lead between slices of threads alone, since the format knows no others: those whose two ends lie in one.
 */
import { jsonLines, type JsonText } from "../../base/texts.ts";
import type { Report } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";
import type { Timeline } from "../model/timeline.ts";
import { fates, states } from "../page/words.ts";
import { placeTexts, Tracks } from "./tracks.ts";

/** How many characters are written at once. */
const pieceLength = 1 << 20;

/** @returns the file in pieces. @param within the working folder; null: paths as they are. */
export function* chromeTraceFile(report: Report, within: string | null): Generator<JsonText> {
  const { timeline, title } = shownReport(report, within);
  let piece = '{"displayTimeUnit":"ms","traceEvents":[\n';
  let separator = "";
  for (const event of eventsOf(timeline, title)) {
    piece += separator + event;
    separator = ",\n";
    if (piece.length < pieceLength) continue;
    yield jsonLines(piece);
    piece = "";
  }
  yield jsonLines(`${piece}\n]}\n`);
}

/** Each event as JSON. */
function* eventsOf(timeline: Timeline, title: string): Generator<string> {
  const tracks = new Tracks(timeline, title);
  const { entities } = timeline;
  for (const { pid, name } of tracks.processes)
    for (const [of, words] of [
      ["process_name", name],
      ["thread_name", "tasks"],
    ])
      yield JSON.stringify({ ph: "M", pid, tid: 0, name: of, args: { name: words } });
  for (let entity = 0; entity < entities.name.length; entity++)
    if (tracks.isThread[entity] === 1) {
      const [pid, tid, name] = [tracks.pid[entity]!, entity + 1, entities.name[entity]!];
      yield JSON.stringify({ ph: "M", pid, tid, name: "thread_name", args: { name } });
    }
  yield* spans(timeline, tracks);
  yield* flows(timeline, tracks);
  for (const { pid, at, count } of tracks.ready())
    yield `{"ph":"C","pid":${pid},"tid":0,"cat":"task","ts":${at},"name":"ready tasks","args":{"ready":${count}}}`;
  for (const entity of tracks.lost()) {
    const pid = tracks.pid[entity]!;
    const ts = entities.to[entity]!;
    const name = JSON.stringify(`lost: ${entities.name[entity]!}`);
    if (tracks.isThread[entity] === 0)
      yield `{"ph":"n","cat":"task","id":${entity + 1},"pid":${pid},"tid":0,"ts":${ts},"name":"lost"}`;
    yield `{"ph":"i","s":"p","cat":"lost","pid":${pid},"tid":0,"ts":${ts},"name":${name}}`;
  }
  for (const { at, words, entity } of timeline.moments)
    yield JSON.stringify({
      ph: "i",
      s: "p",
      cat: "process",
      pid: tracks.pid[entity],
      tid: 0,
      ts: at,
      name: words,
    });
}

function* spans(timeline: Timeline, tracks: Tracks): Generator<string> {
  const { entities, stretches } = timeline;
  const texts = timeline.texts.map((text, index) => JSON.stringify(index === 0 ? "" : text));
  const plain = states.map((state) => JSON.stringify(state));
  const args = placeTexts(timeline).map((place) => `,"args":{"at":${JSON.stringify(place)}}`);
  const outcomes = fates.map((fate) => `,"args":{"fate":${JSON.stringify(fate)}}`);
  for (let entity = 0; entity < entities.name.length; entity++) {
    const [first, end] = [tracks.offsets[entity]!, tracks.offsets[entity + 1]!];
    const pid = tracks.pid[entity]!;
    const isThread = tracks.isThread[entity] === 1;
    const nameOf = (k: number): string =>
      stretches.what[k] === 0 ? plain[stretches.state[k]!]! : texts[stretches.what[k]!]!;
    if (isThread) {
      const who = `{"ph":"X","pid":${pid},"tid":${entity + 1},"cat":"thread","name":`;
      for (let k = first; k < end; k++) {
        const [from, to] = [stretches.from[k]!, stretches.to[k]!];
        yield `${who}${nameOf(k)},"ts":${from},"dur":${to - from}${args[stretches.place[k]!] ?? ""}}`;
      }
      continue;
    }
    const who = `,"pid":${pid},"tid":0,"cat":"task","id":${entity + 1},"name":`;
    const name = JSON.stringify(entities.name[entity]!);
    yield `{"ph":"b"${who}${name},"ts":${entities.from[entity]!}${outcomes[entities.fate[entity]!]!}}`;
    for (let k = first; k < end; k++) {
      const own = nameOf(k);
      const at = args[stretches.place[k]!] ?? "";
      yield `{"ph":"b"${who}${own},"ts":${stretches.from[k]!}${at}},\n{"ph":"e"${who}${own},"ts":${stretches.to[k]!}}`;
    }
    yield `{"ph":"e"${who}${name},"ts":${entities.to[entity]!}}`;
  }
}

function* flows(timeline: Timeline, tracks: Tracks): Generator<string> {
  const slices = new ThreadSlices(timeline, tracks);
  let id = 0;
  for (const { kind, from, at, to, toAt } of tracks.flows()) {
    const [source, target] = [slices.threadOf(from, at), slices.threadOf(to, toAt)];
    if (source < 0 || target < 0) continue;
    id++;
    const ends = `"cat":"${kind}","name":"${kind}","id":${id}`;
    yield `{"ph":"s",${ends},"pid":${tracks.pid[source]!},"tid":${source + 1},"ts":${at}},\n{"ph":"f","bp":"e",${ends},"pid":${tracks.pid[target]!},"tid":${target + 1},"ts":${toAt}}`;
  }
}

/** On which thread somebody was seen at a time, in a slice of that. */
class ThreadSlices {
  /** By entity: the stretches of threads that were its own, in the order of time. */
  readonly #own = new Map<number, number[]>();
  readonly #timeline: Timeline;

  constructor(timeline: Timeline, { isThread, offsets }: Tracks) {
    this.#timeline = timeline;
    const { stretches } = timeline;
    for (let entity = 0; entity < isThread.length; entity++) {
      if (isThread[entity] === 0) continue;
      for (let k = offsets[entity]!; k < offsets[entity + 1]!; k++) {
        this.#add(entity, k);
        const whom = stretches.whom[k]!;
        // A thread that waits for somebody does not run them.
        if (whom >= 0 && states[stretches.state[k]!] !== "waiting") this.#add(whom, k);
      }
    }
    for (const own of this.#own.values())
      own.sort((a, b) => stretches.from[a]! - stretches.from[b]!);
  }

  /** @returns the entity of the thread; -1 where nothing is told. */
  threadOf(entity: number, at: number): number {
    const { from, to, entity: of } = this.#timeline.stretches;
    const own = this.#own.get(entity);
    if (own === undefined) return -1;
    let [low, high] = [0, own.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (from[own[middle]!]! <= at) low = middle + 1;
      else high = middle;
    }
    const k = own[low - 1];
    return k === undefined || to[k]! < at ? -1 : of[k]!;
  }

  #add(entity: number, k: number): void {
    const own = this.#own.get(entity);
    if (own === undefined) this.#own.set(entity, [k]);
    else own.push(k);
  }
}
