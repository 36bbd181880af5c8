/** The lanes of an observed program, whose work is called by its functions, as its user knows it. */
import { Lanes } from "../reading/lanes.ts";
import { functionName } from "../remedies/program/names.ts";
import type { ActorDefinition, Definitions, Table } from "../trace/definitions.ts";
import type { Trace } from "../trace/trace.ts";

/** The lanes of a whole trace. */
export function programLanes({ definitions, log }: Pick<Trace, "definitions" | "log">): Lanes {
  return new Lanes({ ...definitions, actors: named(definitions) }).hearAll(log);
}

/** Actors whose own name is that of their function. */
function named({ actors }: Definitions): Table<ActorDefinition> {
  const called = (actor: ActorDefinition): ActorDefinition =>
    actor.function === null || actor.kind === "main"
      ? actor
      : { ...actor, name: functionName(actor.function) };
  return {
    size: actors.size,
    get: (number) => {
      const actor = actors.get(number);
      return actor && called(actor);
    },
    *[Symbol.iterator]() {
      for (const [number, actor] of actors) yield [number, called(actor)];
    },
  };
}
