/** Those who hear the events of a trace while it is read, each the types that it is about. */
import { type EventType, eventTypes, typeNumber } from "../trace/event.ts";
import type { LogCursor } from "./cursor.ts";
import type { Span } from "./spans.ts";

/** Hears an event, with the span that it begins or ends; null for what is of no span. */
export type Hear = (event: LogCursor, span: Span | null) => void;

export interface Listener {
  /** What it does at the events that it hears. Events of sleeps are told to nobody outside of reading. */
  readonly hears: { readonly [type in EventType]?: Hear };
}

/** By the number of a type: what all listeners do at such an event, in their order. */
export function hearings(listeners: readonly Listener[]): readonly (readonly Hear[])[] {
  const all: Hear[][] = eventTypes.map(() => []);
  // Once for each run of thousands: each listener is asked once, for what it does hear.
  for (const { hears } of listeners)
    for (const [type, hear] of Object.entries(hears))
      all[typeNumber[type as EventType]]!.push(hear);
  return all;
}
