/** Virtual time for analysis, which knows no driver: whoever asks for an analysis hands it in. */
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import type { Outcome } from "../outcome/outcome.ts";

/** Performs a scenario in virtual time. */
export type Simulate = (scenario: Scenario, strategy: Strategy) => Outcome;
