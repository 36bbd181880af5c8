/** The numbers and definitions of a trace while it is recorded, which all processes write into. */
import type {
  ActorDefinition,
  DefinitionKind,
  Definitions,
  LoopDefinition,
  Place,
  ProcessDefinition,
  ResourceDefinition,
  ThreadDefinition,
} from "../trace/definitions.ts";
import type { tableOf } from "../trace/definitions.ts";
import { EventLog } from "../trace/log.ts";

/** The largest number of a thread that an event can name. */
export const mostThread = 0xffff;

/** Numbers of one kind of thing, and the definitions that have come so far. */
export class Register<Definition> {
  readonly defined = new Map<number, Definition>();
  #count = 0;

  next(): number {
    return this.#count++;
  }

  /** All definitions in the order of their numbers. @param make one for what has none; null leaves it out. */
  all(make: (number: number) => Definition | null): Map<number, Definition> {
    const all = new Map<number, Definition>();
    for (let number = 0; number < this.#count; number++) {
      const definition = this.defined.get(number) ?? make(number);
      if (definition !== null) all.set(number, definition);
    }
    return all;
  }
}

type RegisterOf = {
  readonly [Kind in DefinitionKind]: Register<DefinitionOf<Kind>>;
};

export type DefinitionOf<Kind extends DefinitionKind> =
  Definitions[(typeof tableOf)[Kind]] extends Iterable<[number, infer Definition]>
    ? Definition
    : never;

/** How a child process ended, as whoever waited for it has told. */
export interface ToldEnd {
  /** Below 0: the signal of that number. */
  status: number;
  /** When it was told, in ticks. */
  at: number;
}

export class Registers {
  readonly of: RegisterOf = {
    process: new Register<ProcessDefinition>(),
    place: new Register<Place>(),
    thread: new Register<ThreadDefinition>(),
    loop: new Register<LoopDefinition>(),
    actor: new Register<ActorDefinition>(),
    resource: new Register<ResourceDefinition>(),
  };
  /** Times are ticks with fractions, in the order in which the records were read. */
  readonly log = new EventLog();
  /** By thread: whether an event names it. The threads of recorders are named by none. */
  readonly named: boolean[] = [];
  readonly processOfThread: number[] = [];
  /** By pid. */
  readonly toldEnds = new Map<number, ToldEnd>();
  /** The folder of the command: places below it are told relative to it. */
  readonly folder: string;
  /** How many events are in the log that are kept only as long as there is room. */
  details = 0;

  constructor(folder: string) {
    this.folder = folder;
  }
}
