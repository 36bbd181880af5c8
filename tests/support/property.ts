/** Properties over random values, drawn from one seed so that a failure can be seen again. */
import { relative } from "node:path";
import fc from "fast-check";

/** `TANDEM_SEED` draws other values. */
const seed = Number(process.env["TANDEM_SEED"] ?? 20261124);

/**
 * Holds a property for random values.
 *
 * @throws with the smallest value found for which it does not hold, and the command that shows it again.
 */
export function holds<Values>(
  property: fc.IProperty<Values>,
  options: { numRuns?: number; examples?: Values[] } = {},
): void {
  const details = fc.check(property, { ...options, seed });
  if (!details.failed) return;
  const cause: unknown = details.errorInstance;
  const replay = `replay: TANDEM_SEED=${seed} bun test ${relative(process.cwd(), Bun.main)}`;
  throw new Error(
    `does not hold for ${fc.stringify(details.counterexample)}\n${replay}\n${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
}
