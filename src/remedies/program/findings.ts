/** Findings of a program that no scenario describes, each in a sentence, and what to do about it. */
import type { Ticks } from "../../base/duration.ts";
import type { ActorPlace } from "../../reading/findings/finding.ts";
import { detectInProgram } from "../../reading/findings/in-program.ts";
import type { FoundInProgram, ProgramRule } from "../../reading/findings/program-finding.ts";
import type { Reading } from "../../reading/reading.ts";
import { inProcess } from "../../reading/one-process.ts";
import type { ObservedSource } from "../../trace/trace.ts";
import type { Words } from "../context.ts";
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
  const context = contextFor(reading, source, names);
  const parts = reading.processes.map(({ number }) => inProcess(reading, number));
  const found = parts.flatMap((part) => detectInProgram(part, source));
  return found.map((finding) => {
    const { rule, actors, places, at, evidence } = finding;
    // A finding's rule and its evidence belong together, which an indexed call cannot show.
    const say = context[rule] as (finding: FoundInProgram) => Words<never>;
    const { message, otherwise: fix } = say(finding);
    return { rule, actors, places, at, message, fix, evidence };
  });
}

/** The words of a program's own language, where there are any. */
function contextFor(
  reading: Reading,
  { language, runtime }: ObservedSource,
  names: Names,
): ProgramContext {
  return language === "python"
    ? pythonContext({ names, reading, runtime })
    : observedContext(names);
}
