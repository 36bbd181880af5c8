/** The name by which the tasks of a scenario are kept apart from those of others in the same place. */
import type { Scenario } from "../../../scenario/model.ts";

export function nameOfQueue({ name }: Pick<Scenario, "name">): string {
  return `tandem/${name}`;
}
