/** Promises made by `new Promise`, which are told while somebody waits for them. */
import { type Made } from "./model.ts";
import { newId } from "./telling.ts";
import { placeOf, sites } from "./sites.ts";
import { thread, write } from "./writer.ts";
import { tellCall } from "./telling.ts";

/** Notes that somebody waits for a promise. */
export function waitedFor(made: Made): void {
  made.isWaited = true;
}

/** Tells of a promise that somebody waits for. */
export function toldPromise(made: Made): number {
  if (made.id !== 0) return made.id;
  made.id = newId();
  const { site, escapedAt, by } = made;
  const own = sites[site]!;
  const name = escapedAt === -1 ? own.function : (sites[escapedAt]!.called?.name ?? own.function);
  write([
    "actor",
    made.id,
    "promise",
    {
      function: name,
      ...(by === null || by.kind === 3 ? {} : { parent: tellCall(by) }),
      place: placeOf(escapedAt === -1 ? site : escapedAt),
      code: placeOf(site),
    },
  ]);
  const at = Math.round(made.at);
  write(["event", at, "task-created", thread, made.id, 0]);
  write(["event", at, "task-started", thread, made.id, 0]);
  write([
    "event",
    at,
    "stood-at",
    thread,
    made.id,
    0,
    { place: placeOf(site), text: own.function },
  ]);
  return made.id;
}
