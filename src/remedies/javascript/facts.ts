/** What the words of a JavaScript program are made of: who and where, as its user wrote it, and what ended it. */
import { formatCount } from "../../base/count.ts";
import { counted, list } from "../../base/sentences.ts";
import type { ActorOutcome, ProcessError } from "../../reading/entities.ts";
import type { End, ExitCall } from "../../reading/findings/finding.ts";
import { passedOn } from "../../reading/failures.ts";
import type { Sighting } from "../../reading/observations.ts";
import { type About, Facts, type ReadProgram } from "../program/facts.ts";
import { workerName } from "../program/names.ts";
import { awaitedWords } from "../program/waits.ts";
import { quote } from "../words.ts";

export { words } from "../program/facts.ts";

/** The most functions that are named; the others are counted. */
const mostNamed = 3;

export class JavaScriptFacts extends Facts {
  /** Whether it ran on Node.js, as far as its runtime tells. */
  readonly isNode: boolean;
  readonly #seen: ReadonlyMap<number, Sighting>;

  constructor(program: ReadProgram) {
    super(program);
    this.isNode = /^node/i.test(program.runtime);
    this.#seen = new Map(program.reading.sightings.map((one) => [one.actor, one]));
  }

  override function(number: number): string {
    const { kind, function: of } = this.actor(number) ?? {};
    if (kind === "main") return "the main module";
    if (kind === "module")
      return `the module ${this.names.line(this.#placeOf(number) ?? NaN).replace(/:\d+$/, "")}`;
    if (of === "<anonymous>") return "an anonymous function";
    return super.function(number);
  }

  /** Where an actor is defined, made or stood, whichever is known first. */
  #placeOf(number: number): number | null {
    const { place = null, lastPlace = null } = this.actor(number) ?? {};
    return this.names.codeOf(number) ?? place ?? lastPlace;
  }

  /** A function, with an article where it is called by what it was given to: `the timer callback`. */
  named(number: number): string {
    return `${this.isCallback(number) ? "the " : ""}${this.function(number)}`;
  }

  /** A place with its function, where that is not the actor's own, and has a name. */
  override at(place: number, actor?: number): string {
    const within = actor === undefined ? null : (this.actor(actor)?.function ?? null);
    const of = this.names.functionAt(place);
    const isPlain =
      of === null ||
      of.endsWith("<anonymous>") ||
      within?.endsWith(`.${of}`) === true ||
      / (callback|listener|executor)$/.test(within ?? "");
    return isPlain ? this.names.line(place) : super.at(place, actor);
  }

  /** A function as it would be called in code: `load`, `this.store`; `f` where it has no name of its own. */
  nameInCode(number: number): string {
    const of = this.actor(number)?.function ?? "";
    const name = of.slice(of.lastIndexOf(".") + 1);
    return /^#?[A-Za-z_$][\w$]*$/.test(name) ? name : "f";
  }

  /** Whether a call is one of a callback or listener that is written where it is given. */
  isCallback(number: number): boolean {
    return / (callback|listener|executor)$/.test(this.actor(number)?.function ?? "");
  }

  /** What waits for several promises, or passes others on, as it is written. */
  combinator(name: string): string {
    return name === "new Promise" ? "the new Promise" : `Promise.${name}`;
  }

  /** Whether somebody runs in a Worker. */
  isInWorker(number: number): boolean {
    const thread = this.actor(number)?.thread;
    return this.reading.actors.some((one) => one.kind === "thread" && one.thread === thread);
  }

  protected override describe(actors: readonly number[], aside: readonly string[]): string {
    const [first] = actors as [number];
    const where = aside.length === 0 ? "" : ` (${aside.join(", ")})`;
    const { kind, name = "" } = this.actor(first) ?? {};
    if (kind === "thread") return `${workerName(name)}${where}`;
    const of = this.function(first);
    const article = this.isCallback(first) ? "the " : "";
    if (actors.length === 1) return `${article}${of}${where}`;
    return kind === "call"
      ? `${formatCount(actors.length)} calls of ${article}${of}${where}`
      : `${counted(actors.length, kind ?? "call")} of ${article}${of}${where}`;
  }

  /** The same with the lines that called them, where those are others than the functions' own. */
  override whoMade(about: About, verb = "called"): string {
    const [first] = about.actors as [number];
    const made = this.lines(about, "made");
    if (this.actor(first)?.kind === "module") return this.describe(about.actors, []);
    const own = this.defined(first);
    // Where a callback was called is not known of each: it is the place where it was given then.
    const by = this.isCallback(first) ? "from" : `${verb} at`;
    const aside = made === null || own.includes(made) ? [] : [`${by} ${made}`];
    return this.describe(about.actors, [...own, ...aside]);
  }

  /** Whom a finding is about, several functions by their names: `load (app.ts:7, called at app.ts:31) and save (…)`. */
  whoAll(about: About): string {
    const kinds = [...Map.groupBy(about.actors, (actor) => this.#kindOf(actor)).values()];
    const told = kinds
      .slice(0, mostNamed)
      .map((actors) => this.whoMade({ actors, places: this.#placesOf(actors) }, "called"));
    const more = kinds.slice(mostNamed).reduce((sum, actors) => sum + actors.length, 0);
    return list(
      more > 0 ? [...told, counted(more, "more call").replace("more calls", "more")] : told,
    );
  }

  #kindOf(actor: number): string {
    const { kind, function: of } = this.actor(actor) ?? {};
    return `${kind} ${of}`;
  }

  #placesOf(actors: readonly number[]): About["places"] {
    const places = new Set(actors.flatMap((actor) => this.actor(actor)?.place ?? []));
    return [...places].map((place) => ({ is: "made", place }));
  }

  /** Calls by their functions with where they stood: `updateVote (at app.ts:8)`, `3 calls of load (at app.ts:12)`. */
  standing(actors: readonly number[]): string {
    const kinds = [...Map.groupBy(actors, (actor) => this.#kindOf(actor)).values()];
    const told = kinds.slice(0, mostNamed).map((some) => {
      const lines = [...new Set(some.flatMap((one) => this.#line(one)))];
      return this.describe(some, lines.length === 1 ? [`at ${lines[0]}`] : []);
    });
    const more = kinds.slice(mostNamed).reduce((sum, some) => sum + some.length, 0);
    return list(more > 0 ? [...told, `${formatCount(more)} more`] : told);
  }

  #line(actor: number): string[] {
    const place = this.actor(actor)?.lastPlace ?? null;
    return place === null ? [] : [this.names.line(place)];
  }

  /** What an actor was seen to wait for. */
  seen(actor: number): Sighting | undefined {
    return this.#seen.get(actor);
  }

  /** What an actor awaits, in words, as `a timer`; null where nothing of that is known, or it is another call. */
  awaits(actor: number): string | null {
    const seen = this.#seen.get(actor);
    if (seen === undefined || seen.of === null) return null;
    if (seen.whom !== null && this.actor(seen.whom)?.kind !== "promise") return null;
    return awaitedWords(seen.of);
  }

  /** The same of several, where it is the same. */
  allAwait(actors: readonly number[]): string | null {
    const [first, ...others] = new Set(actors.map((actor) => this.awaits(actor)));
    return others.length === 0 ? (first ?? null) : null;
  }

  /** Calls that failed with the error of another's failure, the last that it came to at the end. */
  passedOn(actor: number): number[] {
    return passedOn(this.reading.failedFrom, actor);
  }

  /** The error that ended the process of an actor; null where none did. */
  errorOf(actor: number | undefined): ProcessError | null {
    const { processes, threads } = this.reading;
    const thread = actor === undefined ? null : (this.actor(actor)?.thread ?? null);
    const number = threads.find((one) => one.number === thread)?.process ?? processes[0]?.number;
    return processes.find((one) => one.number === number)?.error ?? null;
  }

  /** A call for the exit, as `process.exit at app.ts:24` or `process.exit by command at app.ts:24`. */
  exit(call: ExitCall, code: number | null = null): string {
    const status = code === null ? "" : ` (status ${code})`;
    const worker = call.thread === null ? "" : ", in a Worker,";
    return `process.exit${this.#calledBy(call)}${worker}${status}`;
  }

  /** Where somebody has called for an end, and in what, behind the name of that. */
  #calledBy({ by, place }: ExitCall): string {
    const line = place === null ? "" : ` at ${this.names.line(place)}`;
    const within = place === null ? null : this.names.functionAt(place);
    const own = by === null ? null : (this.actor(by)?.function ?? null);
    const who =
      by !== null && own !== within
        ? ` in ${this.function(by)}`
        : within === null || within === "<module>"
          ? ""
          : ` in ${within}`;
    return `${line}${who}`;
  }

  /** What ended the process, as the beginning of a sentence: `process.exit at app.ts:24 (status 0) ended the process`. */
  end(end: End, actor: number | undefined): string {
    switch (end.by) {
      case "exit":
        return `${this.exit(end.call, end.code)} ended ${end.ended === "process" ? "the process" : "its Worker"}`;
      case "rejection":
      case "uncaught":
      case "main-failed":
        return this.#errorWords(end, actor);
      case "terminated":
        return end.call === null
          ? "its Worker was terminated"
          : `worker.terminate()${this.#calledBy(end.call)} ended its Worker`;
      case "nothing-left":
        return "the process ended by itself";
      default:
        return "the process ended";
    }
  }

  #errorWords(
    end: Extract<End, { by: "rejection" | "uncaught" | "main-failed" }>,
    actor: number | undefined,
  ): string {
    if (end.by === "uncaught" && end.ended === "thread")
      return `an exception that nobody caught (${quote(end.error)}) ended its Worker`;
    const error = this.errorOf(actor);
    const text = error?.error ?? ("error" in end ? end.error : null);
    const what = text === null ? "" : ` (${quote(text)})`;
    const who = error === null ? null : this.actor(error.actor);
    const of =
      who === undefined || who === null || who.kind === "main"
        ? ""
        : ` of ${this.named(who.number)}`;
    if (end.by === "main-failed") return `the main module failed${what}, which ended the process`;
    return end.by === "rejection"
      ? `a rejection${of} that nobody had handled${what} ended the process`
      : `an exception${of} that nobody caught${what} ended the process`;
  }

  /**
   * Whether somebody waits for an import, and no module that is being evaluated for anything else: then the import
   * comes back to a module that waits for it.
   */
  isImportCircle(actors: readonly number[]): boolean {
    const isImport = (actor: number): boolean =>
      this.#seen.get(actor)?.of?.startsWith("import") === true;
    const modules = this.reading.actors.filter(
      ({ kind, status }) => kind === "module" && status !== "finished" && status !== "failed",
    );
    return actors.some(isImport) && modules.every(({ number }) => isImport(number));
  }

  /** The programs of Workers that had failed by the end of the process. */
  failedWorkers(): ActorOutcome[] {
    return this.reading.actors.filter(
      ({ kind, status }) => kind === "thread" && status === "failed",
    );
  }

  /** Whether an actor was at work in a Worker. */
  isOnWorker(actor: number): boolean {
    const { actors, threads } = this.reading;
    const own = this.actor(actor)?.thread ?? null;
    const worker = actors.some(({ kind, thread }) => kind === "thread" && thread === own);
    return worker && own !== threads[0]?.number;
  }

  /** Where the last failure of an actor was raised. */
  raisedAt(actor: number): number | null {
    return this.reading.failures.findLast((failure) => failure.actor === actor)?.place ?? null;
  }

  /** Whoever called a function and had not come to its end then; null where that is not known. */
  pendingCaller(actor: number, at: number): ActorOutcome | null {
    const { parent = null } = this.actor(actor) ?? {};
    const caller = parent === null ? undefined : this.actor(parent);
    if (caller === undefined || (caller.endedAt ?? Infinity) < at) return null;
    return caller;
  }
}
