/**
 * The recorder for Python: its parts joined to one file, the stub that brings it into a process, and what is loaded
 * before it where other texts are read in place of files.
 *
 * The parts are one namespace, in this order. The numbers of events and of their words come from the table
 * of event types, so that they stand there alone.
 */
import { eventShapes, type EventShape } from "../../trace/event.ts";
import asyncio from "./recorder/asyncio.py" with { type: "text" };
import calls from "./recorder/calls.py" with { type: "text" };
import cancels from "./recorder/cancels.py" with { type: "text" };
import ends from "./recorder/ends.py" with { type: "text" };
import handlers from "./recorder/handlers.py" with { type: "text" };
import hearers from "./recorder/hearers.py" with { type: "text" };
import holders from "./recorder/holders.py" with { type: "text" };
import loops from "./recorder/loops.py" with { type: "text" };
import places from "./recorder/places.py" with { type: "text" };
import pools from "./recorder/pools.py" with { type: "text" };
import prints from "./recorder/prints.py" with { type: "text" };
import queues from "./recorder/queues.py" with { type: "text" };
import ring from "./recorder/ring.py" with { type: "text" };
import sampler from "./recorder/sampler.py" with { type: "text" };
import snapshot from "./recorder/snapshot.py" with { type: "text" };
import start from "./recorder/start.py" with { type: "text" };
import threads from "./recorder/threads.py" with { type: "text" };
import waits from "./recorder/waits.py" with { type: "text" };
import wakers from "./recorder/wakers.py" with { type: "text" };
import weave from "./recorder/weave.py" with { type: "text" };
import overlay from "./overlay.py" with { type: "text" };
import stub from "./sitecustomize.py" with { type: "text" };

/** The parts by their names, in the order in which they are joined. */
export const recorderParts = {
  ring,
  places,
  handlers,
  weave,
  asyncio,
  cancels,
  hearers,
  loops,
  threads,
  pools,
  queues,
  ends,
  prints,
  calls,
  waits,
  holders,
  snapshot,
  wakers,
  sampler,
  start,
};

/** The files of a folder that stands on PYTHONPATH, by name. */
export const recorderFiles = (): Record<string, string> => ({
  "sitecustomize.py": stub,
  "_tandem_overlay.py": overlay,
  "_tandem_recorder.py": [constants(), ...Object.values(recorderParts)].join("\n\n"),
});

/** `TASK_ENDED = 13`, and for its words `TASK_ENDED_FAILED = 1`, as lines of Python. */
function constants(): string {
  const lines = Object.entries<EventShape>(eventShapes).flatMap(([type, { value }], number) => {
    const name = constantOf(type);
    const words = value !== undefined && "words" in value ? value.words : [];
    return [
      `${name} = ${number}`,
      ...words.map((word, index) => `${name}_${constantOf(word)} = ${index}`),
    ];
  });
  return ["# The recorder of tandem, joined from its parts.", ...lines].join("\n");
}

const constantOf = (word: string): string => word.toUpperCase().replaceAll("-", "_");
