/** Looking at what a trace has recorded. */
import { eventTypes } from "../../src/trace/event.ts";
import { detailsAt } from "../../src/trace/log.ts";
import type { RecordedTrace } from "../../src/trace/read.ts";

/** The events as objects. */
export function eventsOf({ log }: RecordedTrace) {
  return log.chunks.flatMap((chunk) =>
    Array.from({ length: chunk.length }, (_, k) => ({
      at: chunk.at[k]!,
      type: eventTypes[chunk.type[k]!]!,
      thread: chunk.thread[k]!,
      actor: chunk.actor[k]!,
      value: chunk.value[k]!,
      ...detailsAt(chunk, k),
    })),
  );
}
