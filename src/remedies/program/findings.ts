/** Findings of a program that no scenario describes, each in a sentence, and what to do about it. */
import type { Ticks } from "../../base/duration.ts";
import { detect } from "../../reading/findings/detect.ts";
import type { ActorPlace, Finding, Rule } from "../../reading/findings/finding.ts";
import { caseOfTrace } from "../../reading/findings/of-trace.ts";
import type { Reading } from "../../reading/reading.ts";
import type { ReadingSource } from "../../reading/precision.ts";
import { inProcess } from "../../reading/one-process.ts";
import { wordsOf } from "../context.ts";
import { programContext } from "./context.ts";
import type { Names } from "./names.ts";

/** A finding with what is said of it. */
export interface ProgramFinding {
  rule: Rule;
  /** Whom it is about, by number; none where it is about a thread or the whole program. */
  actors: readonly number[];
  places: readonly ActorPlace[];
  at: Ticks;
  message: string;
  /** What to do about it, in a sentence. */
  fix: string;
  evidence: Finding["evidence"];
}

/** Everything in a trace that its user should know of: process by process, the gravest first. */
export function findInProgram(
  reading: Reading,
  { source, names }: { source: ReadingSource; names: Names },
): ProgramFinding[] {
  const context = programContext(names);
  const parts = reading.processes.map(({ number }) => inProcess(reading, number));
  const found = parts.flatMap((part) => detect(caseOfTrace(part, source)));
  return found.map((finding) => {
    const { rule, actors, places, at, evidence } = finding;
    const { message, otherwise: fix } = wordsOf(context, finding);
    return { rule, actors, places, at, message, fix, evidence };
  });
}
