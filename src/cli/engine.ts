/** The option that says where a durable queue keeps tasks, beside the strategies of a command. */
import { whyNoEngine } from "../runs/plan.ts";
import type { EngineAddress } from "../scenario/engine.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { UsageError } from "./errors.ts";

/** @throws UsageError where none of the strategies has a durable queue. */
export function checkEngine(
  command: string | null,
  engine: EngineAddress | null,
  strategies: readonly Strategy[],
): void {
  const why = engine === null ? null : whyNoEngine(strategies);
  if (why !== null) throw new UsageError(why, command);
}
