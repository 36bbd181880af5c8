/**
 * Events as lines of JSON: what a run's child process writes and what `--events` stores.
 *
 * Invariant: decoding the encoding of a log gives the log again.
 */
import {
  eventTypes,
  LAUNCH,
  MAIN,
  shapesByNumber,
  threads,
  typeNumber,
  type EventType,
} from "./event.ts";
import type { EventLog, EventSink } from "./log.ts";

const ticksPerMs = 1000;

/** One event as its line of JSON, without the line's end. `names` are the tasks' by index. */
export function encodeEvent(
  names: readonly string[],
  at: number,
  type: number,
  thread: number,
  actor: number,
  value: number,
  text: string | undefined,
): string {
  const shape = shapesByNumber[type]!;
  let line = `{"at":${at / ticksPerMs},"type":"${eventTypes[type]!}","thread":"${threads[thread]!}","actor":${actorName(names, actor)}`;
  if (shape.value !== undefined)
    line +=
      "words" in shape.value
        ? `,"${shape.value.name}":"${shape.value.words[value]!}"`
        : `,"${shape.value.name}":${shape.value.unit === "ticks" ? value / ticksPerMs : value}`;
  if (shape.text !== undefined && text !== undefined)
    line += `,"${shape.text.name}":${JSON.stringify(text)}`;
  return `${line}}`;
}

function actorName(names: readonly string[], actor: number): string {
  // Names of actors are words (the document's schema sees to it), so they need no escaping.
  return actor === MAIN ? `"main"` : actor === LAUNCH ? `"launch"` : `"${names[actor]!}"`;
}

/** Records one decoded line. Its fields must be those `eventShapes` names; `actors` maps names to numbers. */
export function recordEvent(
  sink: EventSink,
  actors: ReadonlyMap<string, number>,
  event: Record<string, unknown>,
): void {
  const type = event["type"] as EventType;
  const shape = shapesByNumber[typeNumber[type]]!;
  let value = 0;
  if (shape.value !== undefined) {
    const written = event[shape.value.name];
    if ("words" in shape.value) value = shape.value.words.indexOf(written as string);
    else value = shape.value.unit === "ticks" ? toTicks(written as number) : (written as number);
  }
  const text =
    shape.text === undefined ? undefined : (event[shape.text.name] as string | undefined);
  sink.record(
    toTicks(event["at"] as number),
    typeNumber[type],
    threads.indexOf(event["thread"] as (typeof threads)[number]),
    actors.get(event["actor"] as string)!,
    value,
    { text },
  );
}

function toTicks(ms: number): number {
  return Math.round(ms * ticksPerMs);
}

/** The numbers of all actors by their names. */
export function actorNumbers(names: readonly string[]): Map<string, number> {
  return new Map([
    ["main", MAIN],
    ["launch", LAUNCH],
    ...names.map((name, index) => [name, index] as const),
  ]);
}

/** The lines of a log, each ending in a newline, in pieces of about 256 KiB. */
export function* encodeLog(log: EventLog, names: readonly string[]): Generator<string> {
  let piece = "";
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++) {
      piece += `${encodeEvent(names, chunk.at[k]!, chunk.type[k]!, chunk.thread[k]!, chunk.actor[k]!, chunk.value[k]!, chunk.texts.get(k))}\n`;
      if (piece.length >= 256 * 1024) {
        yield piece;
        piece = "";
      }
    }
  if (piece !== "") yield piece;
}
