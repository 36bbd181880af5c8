/** What the words of an observed program are made of: who and where, as its user wrote it, in any language. */
import { formatCount } from "../../base/count.ts";
import { counted, list } from "../../base/sentences.ts";
import { actorsByNumber, type ActorOutcome } from "../../reading/entities.ts";
import type { ActorPlace } from "../../reading/findings/finding.ts";
import type { Reading } from "../../reading/reading.ts";
import type { Words } from "../context.ts";
import type { Names } from "./names.ts";

/** A program whose trace has been read. */
export interface ReadProgram {
  names: Names;
  reading: Reading;
  /** As `CPython 3.11.7`. */
  runtime: string;
}

/** Whom a finding is about, and where. */
export interface About {
  actors: readonly number[];
  places: readonly ActorPlace[];
}

export class Facts {
  readonly names: Names;
  readonly reading: Reading;
  readonly #actors: ReadonlyMap<number, ActorOutcome>;

  constructor({ names, reading }: ReadProgram) {
    this.names = names;
    this.reading = reading;
    this.#actors = actorsByNumber(reading.actors);
  }

  actor(number: number): ActorOutcome | undefined {
    return this.#actors.get(number);
  }

  /** The function of an actor, as its user calls it. */
  function(number: number): string {
    const actor = this.actor(number);
    return actor?.kind === "main" ? "the main program" : this.names.kind(number);
  }

  /** A call of the function of an actor, as `upload(…)`. */
  call(number: number): string {
    return `${this.function(number)}(…)`;
  }

  /** Whom a finding is about with the line of their function: `upload (app.py:7)`, `4 tasks of upload (app.py:7)`. */
  who({ actors }: Pick<About, "actors">): string {
    const [first] = actors as [number];
    return this.describe(actors, this.defined(first));
  }

  /** The same with the lines that started them: `upload (app.py:7, started at app.py:14)`. */
  whoMade(about: About, verb = "started"): string {
    const [first] = about.actors as [number];
    const made = this.lines(about, "made");
    return this.describe(about.actors, [
      ...this.defined(first),
      ...(made === null ? [] : [`${verb} at ${made}`]),
    ]);
  }

  protected defined(actor: number): string[] {
    const code = this.names.codeOf(actor);
    return code === null ? [] : [this.names.line(code)];
  }

  /** So many actors of one kind, with what is said aside. */
  protected describe(actors: readonly number[], aside: readonly string[]): string {
    const [first] = actors as [number];
    const where = aside.length === 0 ? "" : ` (${aside.join(", ")})`;
    const { kind = "task" } = this.actor(first) ?? {};
    const what = kind === "thread" ? `the ${this.#daemon(first)}thread ` : "";
    return actors.length === 1
      ? `${what}${this.#own(first)}${where}`
      : `${counted(actors.length, kind)} of ${this.function(first)}${where}`;
  }

  #daemon(actor: number): string {
    return this.isOfDaemon(actor) ? "daemon " : "";
  }

  /** A thread by its name, everything else by its function. */
  #own(actor: number): string {
    const { kind, name = "" } = this.actor(actor) ?? {};
    return kind === "thread" ? name : this.function(actor);
  }

  /** Whether an actor ran on a thread that its process does not wait for. */
  isOfDaemon(actor: number): boolean {
    const { thread = null } = this.actor(actor) ?? {};
    return this.reading.threads.find(({ number }) => number === thread)?.daemon === true;
  }

  /** Where those were started whom a finding is about, as ` was started at app.py:14 and app.py:20`. */
  started(about: About, verb = "started"): string {
    const made = this.lines(about, "made");
    const was = about.actors.length === 1 ? "was" : "were";
    return made === null ? ` ${was} ${verb}` : ` ${was} ${verb} at ${made}`;
  }

  /** Where they stood, with the call: ` at app.py:10 (asyncio.sleep(1))`; empty where that is not known. */
  stood({ actors, places }: About): string {
    const stood = places.filter(({ is }) => is === "stood");
    if (stood.length !== 1) {
      const lines = this.lines({ actors, places }, "stood");
      return lines === null ? "" : ` at ${lines}`;
    }
    return ` at ${this.at(stood[0]!.place, actors[0])}`;
  }

  /** A place with the call that stands there; its function where that is not the actor's own. */
  at(place: number, actor?: number): string {
    const within = actor === undefined ? null : (this.actor(actor)?.function ?? null);
    return this.names.spot(place, within);
  }

  /** The same behind "at"; empty where there is no place. */
  atOrNothing(place: number | null, actor?: number): string {
    return place === null ? "" : ` at ${this.at(place, actor)}`;
  }

  protected lines({ places }: About, is: ActorPlace["is"]): string | null {
    const lines = [
      ...new Set(places.filter((one) => one.is === is).map(({ place }) => this.names.line(place))),
    ];
    if (lines.length === 0) return null;
    const more = lines.length - mostLines;
    return list(
      more <= 0 ? lines : [...lines.slice(0, mostLines), `${formatCount(more)} other lines`],
    );
  }
}

/** The most lines that are named; the others are counted. */
const mostLines = 3;

/** What is said of a finding, where nothing is tried. */
export function words(message: string, otherwise: string): Words<never> {
  return { message, remedies: [], otherwise };
}
