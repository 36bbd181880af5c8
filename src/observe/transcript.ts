/**
 * The trace of an observed program, made of what the recorders of its processes write.
 *
 * Each record is translated as it comes (`slots-process.ts`, `lines-process.ts`). Invariant: what is told of two
 * processes has numbers of its own in each; the trace has no number without a definition.
 */
import { type Definitions, tableOf } from "../trace/definitions.ts";
import { eventsFormat } from "../trace/event.ts";
import type { RecordedTrace } from "../trace/read.ts";
import { newTrace, type ObservedSource } from "../trace/trace.ts";
import { type ProcessHeader, ProcessTranscript, seenFrom } from "./process-transcript.ts";
import { Registers, type ToldEnd } from "./registers.ts";
import { definitionsOf, endUntold, inTicks, untold } from "./settled.ts";
import { TraceClock } from "./trace-clock.ts";

/** What there is to be known of the program before it starts. */
export interface TranscriptSource extends ObservedSource {
  /** The version of tandem. */
  tandem: string;
  /** The folder of the command: places below it are told relative to it. */
  folder: string;
}

export class Transcript {
  readonly processes: ProcessTranscript[] = [];
  /** Begins with the first process. */
  readonly clock = new TraceClock();
  /** By pid: the process that started it, as far as that has a record, or the nearest above that one. */
  readonly starters = new Map<number, number>();
  readonly #source: TranscriptSource;
  readonly #registers: Registers;

  constructor(source: TranscriptSource) {
    this.#source = source;
    this.#registers = new Registers(source.folder);
  }

  /** Adds a process. @param language that of its recorder; null where none runs. */
  add(header: ProcessHeader, language: string | null): ProcessTranscript {
    this.clock.add(header);
    const process = new ProcessTranscript(this.#registers, header, language);
    this.processes.push(process);
    return process;
  }

  /** A process that no recorder ran in: nothing is known of it but that it was there, and its end. */
  addUnseen(of: { pid: number; command: string; epochMs: number }): ProcessTranscript {
    const { pid, command } = of;
    const startedEpoch = BigInt(Math.round(of.epochMs * 1000)) * 1000n;
    return this.add(
      { pid, parentPid: 0, startedAt: null, startedEpoch, runtime: "", command },
      null,
    );
  }

  /** A path as it is told. */
  seenFromHere(path: string): string {
    return seenFrom(this.#source.folder, path);
  }

  /** By pid: how a process ended, as its parent has told. */
  get toldEnds(): Map<number, ToldEnd> {
    return this.#registers.toldEnds;
  }

  /** The processes, each behind its parent, which may have come to be known later. */
  #processes(): Definitions["processes"] {
    const order = this.processes.toSorted(byStart);
    return new Map(
      order.map((process, at) => {
        const before = order.slice(0, at);
        const { pid, parentPid } = process.header;
        let parent: ProcessTranscript | undefined;
        const seen = new Set([pid]);
        // Whoever started it may be one of which nothing is told.
        for (let above = this.starters.get(pid) ?? parentPid; above !== 0 && !seen.has(above);) {
          seen.add(above);
          parent = before.findLast(({ header }) => header.pid === above);
          if (parent !== undefined) break;
          above = this.starters.get(above) ?? 0;
        }
        return [process.number, process.definition(parent?.number ?? null)];
      }),
    );
  }

  /** The trace so far: everything that is known now, in the order of time. */
  trace(): RecordedTrace {
    const { tandem, folder: _, ...given } = this.#source;
    const recorded = this.processes.filter(({ language }) => language !== null);
    const seen = recorded.find(({ heard }) => heard > 0) ?? recorded[0];
    const observed = {
      ...given,
      language: seen?.language ?? given.language,
      runtime: seen?.header.runtime ?? given.runtime,
    };
    for (const process of this.processes) process.haveThread();
    const definitions = { ...definitionsOf(this.#registers), processes: this.#processes() };
    const { log, leftOut } = inTicks(this.#registers.log, definitions);
    this.processes[0]?.setDropped("whom they are about was not recorded", leftOut);
    for (const process of this.processes) process.addDropped(log);
    const gaps = new Map(
      this.processes
        .filter(({ hasGaps, breaksOff }) => hasGaps || breaksOff)
        .map(({ number, breaksOff }) => [number, { atEnd: breaksOff }]),
    );
    if (gaps.size > 0) endUntold(log, definitions, gaps);
    return {
      ...newTrace(observed, definitions, log),
      words: gaps.size > 0 ? [untold] : [],
      header: {
        type: "trace-began",
        format: eventsFormat,
        tandem,
        epoch: this.clock.epochMs,
        source: observed,
      },
      idOf: (kind, number) =>
        definitions[tableOf[kind]].get(number) === undefined ? null : number,
    };
  }
}

function byStart({ header: a }: ProcessTranscript, { header: b }: ProcessTranscript): number {
  return Number(a.startedEpoch - b.startedEpoch);
}
