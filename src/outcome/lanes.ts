/** The lanes of a scenario's run, before anything of it is heard. */
import { definitionsOf } from "../program/definitions.ts";
import { Lanes } from "../reading/lanes.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";

export function lanesOf(run: { scenario: Scenario; strategy: Strategy }): Lanes {
  return new Lanes(definitionsOf(run, run.scenario.name));
}
