/** Findings of a program that no scenario describes, each in a sentence, and what to do about it. */
import type { Ticks } from "../../base/duration.ts";
import type { ActorPlace } from "../../reading/findings/finding.ts";
import { detectInProgram } from "../../reading/findings/in-program.ts";
import type { FoundInProgram, ProgramRule } from "../../reading/findings/program-finding.ts";
import type { Reading } from "../../reading/reading.ts";
import { inProcess } from "../../reading/one-process.ts";
import type { ObservedSource } from "../../trace/trace.ts";
import type { Words } from "../context.ts";
import { javascriptContext } from "../javascript/context.ts";
import { pythonContext } from "../python/context.ts";
import { observedContext, type ProgramContext } from "./observed-context.ts";
import type { Names } from "./names.ts";

/** A finding with what is said of it. */
export interface ProgramFinding {
  rule: ProgramRule;
  /** Whom it is about, by number; none where it is about a thread or the whole program. */
  actors: readonly number[];
  places: readonly ActorPlace[];
  at: Ticks;
  message: string;
  /** What to do about it, in a sentence. */
  fix: string;
  evidence: FoundInProgram["evidence"];
}

/** Everything in a trace that its user should know of: process by process, the gravest first. */
export function findInProgram(
  reading: Reading,
  { source, names }: { source: ObservedSource; names: Names },
): ProgramFinding[] {
  const contextOf = contextsFor(reading, source, names);
  const parts = reading.processes.map(({ number }) => inProcess(reading, number));
  const found = parts.map((part) => detectInProgram(part, source));
  return alikeAcross(found, reading, names).map(({ finding, process, actors, times }) => {
    const { rule, places, at, evidence } = finding;
    // A finding's rule and its evidence belong together, which an indexed call cannot show.
    const say = contextOf(parts[process]!)[rule] as (finding: FoundInProgram) => Words<never>;
    const { message, otherwise: fix } = say(finding);
    const said = times === 1 ? message : `${message} (alike in ${times} processes)`;
    return { rule, actors, places, at, message: said, fix, evidence };
  });
}

/** Findings of one rule about the same functions at the same places, of whichever processes. */
interface Alike {
  /** The first of them, and the index of its process. */
  finding: FoundInProgram;
  process: number;
  actors: readonly number[];
  /** In how many processes. */
  times: number;
}

/** @param found by process. */
function alikeAcross(
  found: readonly FoundInProgram[][],
  { actors }: Reading,
  names: Names,
): Alike[] {
  if (found.length <= 1)
    return found
      .flat()
      .map((finding) => ({ finding, process: 0, actors: finding.actors, times: 1 }));
  const functions = new Map(actors.map(({ number, function: of, name }) => [number, of ?? name]));
  // Each process numbers places of its own.
  const kindOf = ({ rule, places, actors }: FoundInProgram): string =>
    JSON.stringify([
      rule,
      places.map(({ is, place }) => `${is} ${names.place(place)}`),
      [...new Set(actors.map((one) => functions.get(one)))],
    ]);
  const all = found.flatMap((some, process) => some.map((finding) => ({ finding, process })));
  // What has no place may be anything.
  const alike = Map.groupBy(all, ({ finding }) =>
    finding.places.length === 0 ? finding : kindOf(finding),
  );
  return [...alike.values()].flatMap((some) => {
    const processes = new Set(some.map(({ process }) => process));
    if (processes.size === 1)
      return some.map(({ finding, process }) => {
        return { finding, process, actors: finding.actors, times: 1 };
      });
    const [{ finding, process }] = some as [(typeof some)[number]];
    return [
      {
        finding,
        process,
        actors: some.flatMap((one) => one.finding.actors),
        times: processes.size,
      },
    ];
  });
}

/** The words of the language of a process, where there are any of its own. */
function contextsFor(
  reading: Reading,
  { language, runtime }: ObservedSource,
  names: Names,
): (part: Reading) => ProgramContext {
  const program = { names, reading, runtime };
  const made = new Map<string, ProgramContext>();
  return ({ loops }) => {
    // A loop's rules are those of its language; without one it is that of the program itself.
    const rules = loops[0]?.rules;
    const of = rules === "javascript" ? rules : rules === "asyncio" ? "python" : language;
    return made.getOrInsertComputed(of, () =>
      of === "python"
        ? pythonContext(program)
        : of === "javascript"
          ? javascriptContext(program)
          : observedContext(names),
    );
  };
}
