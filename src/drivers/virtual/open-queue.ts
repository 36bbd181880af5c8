/** The durable queue of a run in virtual time, by the rules of its engine. */
import type { NumberedSpec } from "../../program/spec.ts";
import type { TellDue, VirtualQueue } from "./queue.ts";
import { RedisQueue } from "./redis-queue.ts";
import { SqliteQueue } from "./sqlite-queue.ts";

/** @returns null where tasks are no other process's. */
export function openQueue(
  { strategy, engine }: Pick<NumberedSpec, "strategy" | "engine">,
  tell: TellDue,
): VirtualQueue | null {
  switch (strategy.engine) {
    case null:
      return null;
    case "sqlite":
      return new SqliteQueue(engine, strategy);
    case "redis":
      return new RedisQueue(engine, strategy, tell);
  }
}
