/**
 * A trace, read: who was there, what became of everybody, who held and who waited for whom.
 *
 * Invariant: one pass over the log, in the order of time; no event is read twice and none is turned
 * into an object. Whatever a scenario or a strategy would say is said by the trace's definitions, so a
 * program that somebody else wrote is read by the same rules. Times are ticks of the trace's own time.
 */
import type { Ticks } from "../base/duration.ts";
import { eventTypes, typeNumber, waits } from "../trace/event.ts";
import { NOBODY, type Stack } from "../trace/log.ts";
import { type Trace, wordOf } from "../trace/trace.ts";
import { ActorReader } from "./actors.ts";
import { type Attempt, AttemptReader } from "./attempts.ts";
import type { Blame } from "./blame.ts";
import {
  type Alike,
  CallReader,
  type Floated,
  type OutputCut,
  type SettledWithout,
  type Use,
} from "./calls.ts";
import { Chains } from "./chains.ts";
import { LogCursor } from "./cursor.ts";
import {
  type ActorOutcome,
  Entities,
  type Exit,
  type OpenActor,
  type ProcessOutcome,
  type ThreadOutcome,
} from "./entities.ts";
import { type Failure, FailureReader, type Stray } from "./failures.ts";
import { hearings, type Hears, type Listener } from "./listener.ts";
import { ExitReader } from "./exits.ts";
import { type Hang, hangsOf } from "./hang.ts";
import type { LoopOutcome } from "./loops.ts";
import {
  type Attachment,
  type Dropped,
  type Join,
  type Folded,
  type Handle,
  type Handler,
  type Holding,
  type Leftover,
  type Misused,
  ObservationReader,
  type Sighting,
  type Swallowed,
} from "./observations.ts";
import { type OutlivedWork, outlivedWork } from "./outlived.ts";
import { ProcessReader } from "./processes.ts";
import { type Race, RaceReader } from "./races.ts";
import { precisionOf, raceWindow, speedOf } from "./precision.ts";
import { type Span, SpanFold } from "./spans.ts";
import { type MainWait, type Standstill, StandstillReader } from "./standstill.ts";
import { type Lateness, TurnReader } from "./turns.ts";
import { type Aftermath, AftermathReader } from "./user-code.ts";

export interface Print {
  at: Ticks;
  thread: number;
  actor: number;
  text: string;
  /** Stdout, but for what user code complains of. */
  stream: "stdout" | "stderr";
}

/** What somebody waits for who has not come to an end. */
export interface Waiting {
  actor: number;
  for: (typeof waits)[number] | "settle" | "call" | (string & {});
  /** The task, channel or function, where it is one. */
  of: string | null;
  /** The actor that it waits for; null where that is not known. */
  whom: number | null;
  since: Ticks;
}

export interface Reading {
  /** When the last event happened. */
  wall: Ticks;
  /** In the order of their definitions; what nothing defines comes behind, as it was heard of. */
  processes: ProcessOutcome[];
  threads: ThreadOutcome[];
  actors: ActorOutcome[];
  /** In the order in which they opened. */
  loops: LoopOutcome[];
  /** What was late on threads without a loop. */
  elsewhere: Blame;
  /** The synchronous programs of threads: for what each stood still. */
  standstills: Standstill[];
  lateness: Lateness;
  races: Race[];
  failures: Failure[];
  /** What nothing had ended by the end of the record, sleeps left out; what began first comes first. */
  unfinished: Span[];
  /** Who waited at the end of the record, and for what; for calls only who waited for nothing else. */
  waiting: Waiting[];
  /** The lines on stdout. */
  prints: Print[];
  /** These and those on stderr, in the order of time. */
  lines: Print[];
  /** What user code did beyond its calls. */
  aftermath: Aftermath;
  /** The functions whose promises were dropped, and when. */
  droppedPromises: { function: string; at: Ticks }[];
  /** Errors of user code that nobody could catch; each ended its thread. */
  strays: Stray[];
  /** Whether a rejection that nobody handled ended the process (JavaScript's rule). */
  rejected: boolean;
  /** By actor that failed with an error which came out of another one's failure: whose it is. */
  failedFrom: ReadonlyMap<number, number>;
  /** In the order of time. */
  exits: Exit[];
  /** What was seen of those who have not ended, by a recorder that looked. */
  sightings: Sighting[];
  /** What kept processes from their end when somebody looked. */
  handles: Handle[];
  /** Steps that were told in sums only. */
  folded: Folded[];
  /** Who had what for itself when somebody looked, and who uses it from which end. */
  holders: Holding[];
  attached: Attachment[];
  /** What lay in queues at the end, taken by nobody. */
  left: Leftover[];
  /** The functions to be called at the end of a process, in the order of their registration. */
  handlers: Handler[];
  /** Uses of loops and threads that cannot work. */
  misused: Misused[];
  /** By actor: the place of the loop that it was in when it was cut off, where that goes round for ever. */
  rounds: ReadonlyMap<number, number | null>;
  /** Cancellations that their tasks caught, and went on. */
  swallowed: Swallowed[];
  /** The attempts of worker processes at tasks of a durable queue, in the order in which they began. */
  attempts: readonly Attempt[];
  /** Work that was counted only: others of an actor's function and place. */
  alike: Alike[];
  /** Promises that were dropped, that came into use, and that a combinator settled without. */
  floated: Floated[];
  uses: Use[];
  settledWithout: SettledWithout[];
  /** What was written and not handed to the system when processes ended. */
  outputCut: OutputCut[];
  /** Who waits for whom of those who have not come to an end. */
  chains: Chains;
  /** Work that went on although whoever waited for it had given up. */
  outlived: OutlivedWork[];
  /** When the garbage collector took those that were pending, by actor. */
  collected: ReadonlyMap<number, Ticks>;
  /** Where nothing moved any more, and why. */
  hangs: Hang[];
  /** By actor: its callers where it was seen last, the innermost first. */
  stacks: ReadonlyMap<number, Stack>;
  /** What was not recorded. */
  dropped: Dropped[];
  /** By the program of a thread: whoever waited for its end first. */
  joins: ReadonlyMap<number, Join>;
  /** By launch: the actors whose errors were raised into it and not collected. */
  raisedInto: ReadonlyMap<number, readonly number[]>;
}

/**
 * Reads a trace.
 *
 * @param listeners hear what reading itself has no use for, behind it.
 */
export function read(trace: Trace, ...listeners: Listener[]): Reading {
  return new TraceReader(trace, listeners).read();
}

const sleepBegan = typeNumber["sleep-began"];
const sleepEnded = typeNumber["sleep-ended"];
const loopOpened = typeNumber["loop-opened"];

/**
 * By the number of a type: whether its place is not where its actor stands. Of a request to stop it is where
 * somebody else stands; of what user code has done, within its call or set going, where that was; of what
 * is told of handlers, resources, failures and promises where those were made, taken, heard or used.
 */
const isElsewhere = eventTypes.map((type) =>
  [
    "cancel-requested",
    "goes-round",
    "call-held",
    "left-behind",
    "went-on",
    "heard",
    "holds",
    "left",
    "handler-registered",
    "handle-alive",
    "floated",
    "used",
    "settled-race",
    "alike",
    "output-cut",
  ].includes(type),
);

class TraceReader {
  readonly #trace: Trace;
  readonly #spans = new SpanFold();
  readonly #entities: Entities;
  readonly #aftermath: AftermathReader;
  readonly #turns: TurnReader;
  readonly #actors: ActorReader;
  readonly #standstill: StandstillReader;
  readonly #failures: FailureReader;
  readonly #processes: ProcessReader;
  readonly #output = new OutputReader();
  readonly #exits: ExitReader;
  readonly #observations: ObservationReader;
  readonly #calls: CallReader;
  readonly #attempts: AttemptReader;
  readonly #races: RaceReader;
  readonly #readers: readonly object[];
  readonly #listeners: readonly Listener[];

  constructor(trace: Trace, listeners: readonly Listener[]) {
    this.#trace = trace;
    const entities = new Entities(trace);
    this.#entities = entities;
    this.#aftermath = new AftermathReader(entities);
    this.#turns = new TurnReader(trace, entities, this.#spans);
    this.#actors = new ActorReader(entities, this.#spans, this.#aftermath);
    this.#standstill = new StandstillReader(trace, entities);
    this.#failures = new FailureReader(entities);
    this.#processes = new ProcessReader(entities);
    this.#exits = new ExitReader(entities);
    this.#observations = new ObservationReader(entities);
    this.#calls = new CallReader(entities);
    this.#attempts = new AttemptReader(entities);
    this.#races = new RaceReader(trace, raceWindow(speedOf(trace.source)));
    this.#listeners = listeners;
    // In the order of `heard`.
    this.#readers = [
      this.#aftermath,
      this.#actors,
      this.#turns,
      this.#standstill,
      this.#failures,
      this.#processes,
      this.#output,
      this.#exits,
      this.#observations,
      this.#calls,
      this.#attempts,
    ];
  }

  read(): Reading {
    const event = new LogCursor(this.#trace.log);
    while (this.#takeSleeps(event)) this.#hear(event, event.typeNumber);
    return this.#result();
  }

  /**
   * Takes in sleeps, which are nearly all of a long log, up to the next event of another type. @returns
   * whether there is one.
   */
  #takeSleeps(event: LogCursor): boolean {
    const spans = this.#spans;
    const turns = this.#turns;
    const loops = turns.current;
    while (event.next()) {
      const type = event.typeNumber;
      if (type !== sleepBegan && type !== sleepEnded) return true;
      // Holds hear of sleeps only while there is one that a sleep could end.
      const loop = loops[event.thread];
      if (loop !== undefined && loop.holds.open !== null) loop.holds.hear(event);
      if (type === sleepBegan) spans.sleepBegan(event);
      else turns.slept(event, spans.sleepEnded(event));
    }
    return false;
  }

  #hear(event: LogCursor, type: number): void {
    const { thread } = event;
    this.#entities.thread(thread).startedAt ??= event.at;
    const loop = type === loopOpened ? this.#turns.opened(event) : this.#turns.loopOn(thread);
    loop?.holds.hear(event);
    this.#races.hear(event);
    const span = this.#spans.hear(event);
    for (const { reader, hear } of heard[type]!) hear(this.#readers[reader] as never, event, span);
    for (const listener of this.#listeners) listener.hear(event, span);
    const { place } = event;
    if (place !== null && event.actor !== NOBODY && !isElsewhere[type])
      this.#actors.stands(event.actor, place, event);
  }

  /** Whether the thread of an actor serves others, and waits for something to do or turns a loop. */
  #isIdle({ kind, thread, number }: OpenActor, unfinished: readonly Span[]): boolean {
    // A task that goes round for ever serves others as well.
    if (kind === "task" && this.#observations.rounds.has(number))
      return this.#isServing(number, unfinished);
    if (kind !== "thread" || thread === null) return false;
    // A Worker waits for messages when its module has been evaluated; what it is at besides is told by itself.
    if (this.#turnsFloating(thread)) return true;
    if (!this.#entities.thread(thread).daemon) return false;
    if (this.#turns.loopOn(thread)?.isOpen === true) return true;
    return this.#isServing(number, unfinished);
  }

  /** Whether a thread, or main's of its process, turns a loop that goes by JavaScript's rules. */
  #turnsFloating(thread: number): boolean {
    const { process } = this.#entities.thread(thread);
    const first = this.#entities.threads.find((one) => one.process === process)?.number;
    return [thread, first].some((one) => this.#turns.loopOn(one ?? -1)?.floats === true);
  }

  /** Whether an actor waits for something to do. */
  #isServing(number: number, unfinished: readonly Span[]): boolean {
    const span = unfinished.findLast((one) => one.actor === number);
    if (span !== undefined)
      return span.kind === "wait" && idleWaits.has(wordOf(this.#trace, waits, span.value));
    const seen = this.#observations.lastSightingOf(number);
    if (seen === undefined) return false;
    const { kind: of } = this.#trace.definitions.resources.get(seen.resource ?? -1) ?? {};
    return of === undefined ? idleWaits.has(seen.of ?? "") : idleResources.has(of);
  }

  #result(): Reading {
    const { log } = this.#trace;
    const wall = log.end;
    const unfinished = this.#spans.unfinished();
    this.#standstill.finish(wall);
    this.#turns.finish(wall);
    this.#processes.finish();
    this.#attempts.finish();
    const standstills = this.#standstill.result();
    const { strays, failures, rejected, raisedInto } = this.#failures;
    const waitedFor = resultWaits(this.#trace, this.#entities, { unfinished, standstills });
    const isIdle = (actor: OpenActor): boolean => this.#isIdle(actor, unfinished);
    this.#actors.finish({ wall, waitedFor, strays, isIdle });
    this.#failures.finish();
    const floats = (thread: number): boolean => this.#turns.loopOn(thread)?.floats === true;
    this.#exits.finish(strays, precisionOf(this.#trace.source), floats);
    const { alike, floated, uses, settledWithout, outputCut } = this.#calls;
    const { sightings, givenUpWaits } = this.#observations;
    const chains = new Chains({ actors: this.#entities.actors, sightings, uses, settledWithout });
    if (this.#entities.isObserved)
      this.#actors.losePrograms(
        chains,
        this.#observations.rounds,
        ({ number }) => this.#isServing(number, unfinished),
        (thread) => {
          const loop = this.#turns.loopOn(thread ?? -1);
          return loop?.floats === true ? loop : null;
        },
      );
    const { lines, complains, droppedPromises } = this.#output;
    const aftermath = this.#aftermath.result();
    const reading: Omit<Reading, "hangs"> = {
      wall,
      processes: this.#processes.processes,
      threads: this.#processes.threads,
      actors: this.#entities.actors,
      ...this.#turns.result(),
      standstills,
      races: this.#races.races,
      failures,
      unfinished,
      waiting: waitingAtEnd(this.#trace, unfinished, aftermath),
      prints: complains ? lines.filter(({ stream }) => stream === "stdout") : lines,
      lines,
      aftermath,
      droppedPromises,
      strays,
      rejected,
      failedFrom: this.#failures.from,
      exits: this.#exits.exits,
      sightings,
      handles: this.#observations.handles,
      folded: this.#observations.folded,
      holders: this.#observations.holders,
      attached: this.#observations.attached,
      left: this.#observations.left,
      handlers: this.#observations.handlers,
      misused: this.#observations.misused,
      swallowed: this.#observations.swallowed,
      rounds: this.#observations.rounds,
      attempts: this.#attempts.attempts,
      alike,
      floated,
      uses,
      settledWithout,
      outputCut,
      chains,
      outlived: outlivedWork(this.#entities.actors, {
        standstills,
        givenUpWaits,
        settledWithout,
        uses,
      }),
      collected: this.#actors.collected,
      stacks: this.#entities.stacks,
      dropped: this.#observations.dropped,
      joins: this.#observations.joins,
      raisedInto,
    };
    return { ...reading, hangs: this.#entities.isObserved ? hangsOf(reading, this.#trace) : [] };
  }
}

/** What a thread that serves others waits for when there is nothing to do. */
const idleWaits: ReadonlySet<string> = new Set([
  "get",
  "receive",
  "event",
  "condition",
  "select",
  "input",
]);

/** The kinds of the resources that such a thread waits for. */
const idleResources: ReadonlySet<string> = new Set([
  "queue",
  "channel",
  "event",
  "condition",
  "semaphore",
  "socket",
  "stream",
]);

/**
 * By process: for the results of whose tasks the programs of threads waited; a wait that nothing has ended is one
 * all the same.
 */
function resultWaits(
  trace: Trace,
  entities: Entities,
  { unfinished, standstills }: Pick<Reading, "unfinished" | "standstills">,
): ReadonlyMap<number, MainWait[]> {
  const wall = trace.log.end;
  const found = new Map<number, MainWait[]>();
  for (const { actor, waits: ended } of standstills) {
    const open = unfinished
      .filter((span) => span.kind === "wait" && span.actor === actor)
      .map(({ value, of, whom, from: at }) => {
        return { for: wordOf(trace, waits, value), of, whom, at, ticks: wall - at };
      });
    for (const wait of [...ended, ...open]) {
      if (wait.for !== "result") continue;
      // A name is one of the process's own; a number says whose it is.
      const { number } = entities.processOf(entities.actor(wait.whom ?? actor).thread ?? 0);
      found.getOrInsertComputed(number, () => []).push(wait);
    }
  }
  return found;
}

function waitingAtEnd(trace: Trace, unfinished: readonly Span[], { open }: Aftermath): Waiting[] {
  const waiting = unfinished.flatMap(({ kind, actor, value, of, whom, from }): Waiting[] =>
    kind === "wait"
      ? [{ actor, for: wordOf(trace, waits, value), of, whom, since: from }]
      : kind === "settle"
        ? [{ actor, for: "settle", of: null, whom: null, since: from }]
        : [],
  );
  const who = new Set(waiting.map(({ actor }) => actor));
  return [
    ...waiting,
    ...open
      .filter(({ actor }) => !who.has(actor))
      .map(({ actor, function: of, since }) => ({
        actor,
        for: "call" as const,
        of,
        whom: null,
        since,
      })),
  ];
}

/** What was written, and the promises that were dropped. */
class OutputReader {
  readonly lines: Print[] = [];
  complains = false;
  readonly droppedPromises: Reading["droppedPromises"] = [];

  static readonly hears: Hears<OutputReader> = {
    printed: (reader, event) => reader.#wrote(event, "stdout"),
    complained: (reader, event) => {
      reader.complains = true;
      reader.#wrote(event, "stderr");
    },
    "promise-dropped": (reader, { at, text }) => {
      reader.droppedPromises.push({ function: text!, at });
    },
  };

  #wrote({ at, thread, actor, text }: LogCursor, stream: Print["stream"]): void {
    this.lines.push({ at, thread, actor, text: text!, stream });
  }
}

/** What the readers of a trace do at its events, by the number of their types. */
const heard = hearings([
  AftermathReader.hears,
  ActorReader.hears,
  TurnReader.hears,
  StandstillReader.hears,
  FailureReader.hears,
  ProcessReader.hears,
  OutputReader.hears,
  ExitReader.hears,
  ObservationReader.hears,
  CallReader.hears,
  AttemptReader.hears,
]);
