/** Names and places of a program as its trace defines them: what every sentence about it is made of. */
import { list } from "../../base/sentences.ts";
import { formatCount } from "../../base/count.ts";
import type { ActorPlace, ExitCall, FindingOf, Rule } from "../../reading/findings/finding.ts";
import type { Definitions, ResourceDefinition } from "../../trace/definitions.ts";

/** The definitions that names and places are looked up in. */
export type Defined = {
  [Kind in "actors" | "places" | "threads" | "resources"]: Pick<Definitions[Kind], "get">;
};

/** What tells an actor apart from others of its name; null where it is not needed. */
export type Apart = (
  actor: number,
) => { by: "process"; process: string } | { by: "place"; place: number } | null;

/** Whom a finding is about, and where. */
export type About = Pick<FindingOf<Rule>, "actors" | "places">;

/** The most names or places that are told one by one; the others are counted. */
const mostNamed = 3;

export class Names {
  readonly #defined: Defined;
  readonly #apart: Apart;

  constructor(defined: Defined, apart: Apart = () => null) {
    this.#defined = defined;
    this.#apart = apart;
  }

  /** One actor's own name, as `upload#3`; as `main of helper` or `fetch (app.py:9)` where others have it too. */
  name(actor: number): string {
    const apart = this.#apart(actor);
    const place = apart?.by === "place" ? this.#defined.places.get(apart.place) : undefined;
    const where = place === undefined ? "" : ` (${place.file}:${place.line})`;
    return `${this.#nameInProcess(actor)}${where}`;
  }

  /** The same without the place that others of its name have not. */
  #nameInProcess(actor: number): string {
    const name = this.#defined.actors.get(actor)?.name ?? `actor ${actor}`;
    const apart = this.#apart(actor);
    return apart?.by === "process" ? `${name} of ${apart.process}` : name;
  }

  /** Its kind, or itself where that does not say which. */
  kindOrName(actor: number): string {
    return this.#apart(actor) === null ? this.kind(actor) : this.name(actor);
  }

  /** What it shares with others of its kind: its function, or else its own name. */
  kind(actor: number): string {
    const of = this.#defined.actors.get(actor)?.function ?? null;
    const isModule = of === "<module>";
    return of === null || isModule ? this.#nameInProcess(actor) : functionName(of);
  }

  /** Several actors by the kinds they are of, as `upload and fetch`; null where there are none. */
  kinds(actors: readonly number[]): string | null {
    const names = [...new Set(actors.map((actor) => this.kind(actor)))];
    return names.length === 0 ? null : some(names, "other");
  }

  /** `app.py:30`, or `app.py:30 in fetch`. */
  place(place: number): string {
    const known = this.#defined.places.get(place);
    if (known === undefined) return "an unknown place";
    const { file, line, function: within } = known;
    return `${file}:${line}${within === null ? "" : ` in ${within}`}`;
  }

  /**
   * A place with the call that stands there, as `app.py:10 (await asyncio.sleep(1))`.
   *
   * @param within the function that is known to be meant; any other is named.
   */
  spot(place: number, within: string | null = null): string {
    const known = this.#defined.places.get(place);
    if (known === undefined) return "an unknown place";
    const { file, line, function: of, source } = known;
    const where =
      of === null || of === within || of === "<module>" ? "" : ` in ${functionName(of)}`;
    return `${file}:${line}${where}${source === undefined ? "" : ` (${callText(source)})`}`;
  }

  /** Where the function of an actor is defined; null where that is not known. */
  codeOf(actor: number): number | null {
    return this.#defined.actors.get(actor)?.code ?? null;
  }

  /** The function that a place stands in, as its language names it; null outside of any. */
  functionAt(place: number): string | null {
    return this.#defined.places.get(place)?.function ?? null;
  }

  /** The text of the call that stands at a place; null where that is not known. */
  sourceAt(place: number): string | null {
    return this.#defined.places.get(place)?.source ?? null;
  }

  resource(resource: number): ResourceDefinition | undefined {
    return this.#defined.resources.get(resource);
  }

  /** The line of a place, as `app.py:10`. */
  line(place: number): string {
    const known = this.#defined.places.get(place);
    return known === undefined ? "an unknown place" : `${known.file}:${known.line}`;
  }

  /** Whose call it was, on which thread and where, as ` by fetch in thread io at app.py:30`; empty where plain. */
  caller({ by, thread, place }: ExitCall): string {
    const name = this.#defined.threads.get(thread ?? NaN)?.name ?? `${thread}`;
    return [
      ...(by === null ? [] : [` by ${this.name(by)}`]),
      ...(thread === null ? [] : [` in thread ${name}`]),
      ...(place === null ? [] : [` at ${this.place(place)}`]),
    ].join("");
  }

  /** Several actors of one kind, counted: `4 tasks of upload`. */
  many(count: number, like: number): string {
    const kind = this.#defined.actors.get(like)?.kind ?? "actor";
    return `${formatCount(count)} ${kind}s of ${this.kind(like)}`;
  }

  /** Whom a finding is about, with where it was made: `upload#3 (made at app.py:30)`. */
  subject({ actors, places }: About): string {
    const [first] = actors;
    if (first === undefined) return "something";
    const made = this.#places(places, "made");
    const single = made === null ? this.name(first) : this.#nameInProcess(first);
    const who = actors.length === 1 ? single : this.many(actors.length, first);
    return `${who}${made === null ? "" : ` (made at ${made})`}`;
  }

  /** One actor with where it was made. */
  single(actor: number): string {
    const place = this.#defined.actors.get(actor)?.place ?? null;
    return this.subject({ actors: [actor], places: place === null ? [] : [{ is: "made", place }] });
  }

  /** Where those stood whom a finding is about, as `at app.py:10 in fetch`; null where it is not known. */
  stood({ places }: About): string | null {
    const stood = this.#places(places, "stood");
    return stood === null ? null : `at ${stood}`;
  }

  #places(places: readonly ActorPlace[], is: ActorPlace["is"]): string | null {
    const names = places.filter((one) => one.is === is).map(({ place }) => this.place(place));
    return names.length === 0 ? null : some(names, "other place");
  }
}

/** The most that is shown of a call. */
const mostOfCall = 60;

/** The text of a call on one line, without the blanks of several, and shortened where it is long. */
export function callText(source: string): string {
  const line = source
    .replaceAll(/\s+/g, " ")
    .replaceAll(/([([{]) /g, "$1")
    .replaceAll(/,? ([)\]}])/g, "$1");
  return line.length > mostOfCall ? `${line.slice(0, mostOfCall - 1)}…` : line;
}

/** A function's name without what it is nested in: `on_stop` of `main.<locals>.on_stop`. */
export function functionName(qualified: string): string {
  return qualified.slice(qualified.lastIndexOf("<locals>.") + 1).replace(/^locals>\./, "");
}

/** A Worker of JavaScript's by its name, which may say already what it is. */
export function workerName(name: string): string {
  return /^worker\b/i.test(name) ? name : `Worker ${name}`;
}

/** The first of some names, and how many there are beside. */
function some(names: readonly string[], other: string): string {
  const more = names.length - mostNamed;
  if (more <= 0) return list(names);
  return list([...names.slice(0, mostNamed), `${more} ${other}${more === 1 ? "" : "s"}`]);
}
