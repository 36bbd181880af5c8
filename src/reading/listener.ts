/** Those who hear the events of a trace while it is read, each the types that it is about. */
import { type EventType, eventTypes } from "../trace/event.ts";
import type { LogCursor } from "./cursor.ts";
import type { Span } from "./spans.ts";

/** Hears what reading itself has no use for: every event but those of sleeps. */
export interface Listener {
  /** @param span the one that the event begins or ends; null for what is of no span. */
  hear(event: LogCursor, span: Span | null): void;
}

/** What a reader does at an event. */
export type Hear<Reader> = (reader: Reader, event: LogCursor, span: Span | null) => void;

/**
 * What readers of a class do at the events that they hear. It belongs to the class: thousands of short
 * runs are read one after the other, and none of them makes functions of its own.
 */
export type Hears<Reader> = { readonly [type in EventType]?: Hear<Reader> };

/** The same by the number of a type. */
export function byTypeNumber<Reader>(hears: Hears<Reader>): readonly (Hear<Reader> | undefined)[] {
  return eventTypes.map((type) => hears[type]);
}

/** What one of several readers does at an event. */
interface Hearing {
  /** The reader's index among them. */
  reader: number;
  hear: Hear<never>;
}

/** By the number of a type: what all readers do at such an event, in their order. */
export function hearings(classes: readonly Hears<never>[]): readonly (readonly Hearing[])[] {
  return eventTypes.map((type) =>
    classes.flatMap((hears, reader) => {
      const hear = hears[type];
      return hear === undefined ? [] : [{ reader, hear }];
    }),
  );
}
