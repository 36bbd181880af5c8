/** What tells actors and resources apart whose names are equal: their process, their place, or else their id. */
import type { Apart } from "../remedies/program/names.ts";
import type { ActorOutcome } from "../reading/entities.ts";
import type { Reading } from "../reading/reading.ts";
import type { RecordedTrace } from "../trace/read.ts";

/** A trace, read, as far as names and what they are told apart by go. */
interface Named {
  reading: Pick<Reading, "actors" | "threads" | "processes">;
  trace: Pick<RecordedTrace, "definitions" | "idOf">;
}

/** All that have one name. */
interface Alike {
  count: number;
  /** The process and the place of the first, and whether others have others. */
  process: number | undefined;
  place: number | null;
  severalProcesses: boolean;
  severalPlaces: boolean;
}

/** @returns for an actor what to say behind its name; null where no other has it, or nothing tells them apart. */
export function actorsApart({ reading, trace }: Named): Apart {
  const { actors, threads, processes } = reading;
  const homes = new Map(threads.map(({ number, process }) => [number, process]));
  const processOf = ({ thread }: ActorOutcome): number | undefined =>
    thread === null ? processes[0]?.number : homes.get(thread);
  const known = new Map<number, ActorOutcome>();
  const alike = new Map<string, Alike>();
  for (const actor of actors) {
    known.set(actor.number, actor);
    const { name, place } = actor;
    const process = processOf(actor);
    const others = alike.get(name);
    if (others === undefined) {
      const alone = { severalProcesses: false, severalPlaces: false };
      alike.set(name, { count: 1, process, place, ...alone });
      continue;
    }
    others.count++;
    others.severalProcesses ||= others.process !== process;
    others.severalPlaces ||= others.place !== place;
  }
  const labels = processLabels({ reading, trace });
  return (number) => {
    const actor = known.get(number);
    const others = actor && alike.get(actor.name);
    if (others === undefined || others.count === 1) return null;
    const process = labels.get(processOf(actor!) ?? -1);
    if (others.severalProcesses && process !== undefined) return { by: "process", process };
    const { place } = actor!;
    return others.severalPlaces && place !== null ? { by: "place", place } : null;
  };
}

/** Processes by their names; with what the system numbers them by, or their ids, where names are equal. */
function processLabels({ reading, trace }: Named) {
  const named = Map.groupBy(reading.processes, ({ name }) => name);
  return new Map(
    reading.processes.map(({ number, name }) => {
      const pid = trace.definitions.processes.get(number)?.pid ?? null;
      const which = pid === null ? trace.idOf("process", number) : `pid ${pid}`;
      return [number, named.get(name)!.length === 1 ? name : `${name} (${which})`];
    }),
  );
}

/** The names of resources; with their ids where kind, name and place are equal. */
export function resourceNames({ definitions, idOf }: Named["trace"]): Map<number, string> {
  const all = [...definitions.resources];
  const alike = Map.groupBy(all, ([, { kind, name, place }]) =>
    JSON.stringify([kind, name, place]),
  );
  return new Map(
    [...alike.values()].flatMap((same) =>
      same.map(([number, { name }]) => [
        number,
        same.length === 1 ? name : `${name} (${idOf("resource", number)})`,
      ]),
    ),
  );
}
