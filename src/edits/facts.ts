/** What a pattern may know of a finding: the finding with its evidence, and whom and what its numbers mean. */
import type { ActorOutcome } from "../reading/entities.ts";
import type { ActorPlace } from "../reading/findings/finding.ts";
import type { FoundInProgram } from "../reading/findings/program-finding.ts";
import type { Reading } from "../reading/reading.ts";
import type { ProgramFinding } from "../remedies/program/findings.ts";
import type { ActorDefinition, Definitions, Place } from "../trace/definitions.ts";

export class FindingFacts {
  readonly finding: ProgramFinding;
  readonly reading: Reading;
  readonly definitions: Definitions;

  constructor(finding: ProgramFinding, reading: Reading, definitions: Definitions) {
    this.finding = finding;
    this.reading = reading;
    this.definitions = definitions;
  }

  /** The finding with its evidence, told apart by its rule. */
  get found(): FoundInProgram {
    // A finding's rule and its evidence belong together.
    return this.finding as unknown as FoundInProgram;
  }

  place(place: number | null | undefined): Place | null {
    return this.definitions.places.get(place ?? NaN) ?? null;
  }

  /** The places of whom the finding is about: where they were made, or where they stood. */
  places(is: ActorPlace["is"]): Place[] {
    return this.finding.places
      .filter((one) => one.is === is)
      .flatMap(({ place }) => this.place(place) ?? []);
  }

  /** Whom the finding is about first. */
  get actor(): ActorOutcome | null {
    return this.outcome(this.finding.actors[0] ?? null);
  }

  outcome(actor: number | null): ActorOutcome | null {
    return this.reading.actors.find(({ number }) => number === actor) ?? null;
  }

  definition(actor: number | null): ActorDefinition | null {
    return this.definitions.actors.get(actor ?? NaN) ?? null;
  }

  /** Where the function of an actor is defined. */
  code(actor: number | null): Place | null {
    return this.place(this.definition(actor)?.code);
  }
}
