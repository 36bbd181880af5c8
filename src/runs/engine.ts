/** The places of durable queues, and the strategies that go by their engines' rules. */
import { changeStrategy, isWithinProcess, type Strategy } from "../scenario/strategy.ts";
import { type EngineAddress, EngineError, formatEngine } from "../scenario/engine.ts";
import type { Driver } from "../outcome/plan.ts";

/** Why it means nothing where a durable queue is, beside these strategies, with the way out; null where it means something. */
export function whyNoEngine(strategies: readonly Strategy[]): string | null {
  if (!strategies.every(isWithinProcess)) return null;
  const [first, second] = strategies;
  const none =
    first !== undefined && second === undefined
      ? `strategy ${first.name} has none`
      : "no strategy here has one";
  return `--engine says where a durable queue keeps tasks, and ${none}; use strategy durable, or leave it out`;
}

interface Placing {
  queue: EngineAddress | null;
  driver: Driver["kind"];
  /** Whether they are all that there are: then those are left out that lack a server. */
  all?: boolean;
}

/**
 * Strategies as they go where a durable queue is at a place: by the rules of its engine, unless one of them says by
 * itself that it does; then the others go by their own.
 *
 * @throws EngineError where none of them can be there, or one goes for real on a server that is not named.
 */
export function strategiesAt(
  strategies: readonly Strategy[],
  { queue, driver, all = false }: Placing,
): readonly Strategy[] {
  const at = atEngine(strategies, queue);
  if (driver === "virtual" || queue?.engine === "redis") return at;
  if (all) return at.filter(({ engine }) => engine !== "redis");
  const homeless = at.find(({ engine }) => engine === "redis");
  if (homeless !== undefined)
    throw new EngineError(
      `strategy ${homeless.name} keeps its tasks on a Redis server, and a real run must know which; name it (--engine redis://localhost:6379), or use engine=sqlite`,
    );
  return at;
}

function atEngine(
  strategies: readonly Strategy[],
  queue: EngineAddress | null,
): readonly Strategy[] {
  const own = strategies.filter((strategy) => !isWithinProcess(strategy));
  const [first] = own;
  if (queue === null || first === undefined) return strategies;
  const { engine } = queue;
  if (own.some((strategy) => strategy.engine === engine)) return strategies;
  // That of SQLite is what a strategy has that says nothing.
  if (engine === "sqlite")
    throw new EngineError(
      `--engine ${formatEngine(queue)} names a file, and strategy ${first.name} keeps its tasks on a Redis server; name that (--engine redis://localhost:6379), or leave engine=redis out`,
    );
  return strategies.map((strategy) =>
    isWithinProcess(strategy) ? strategy : changeStrategy(strategy, { engine }),
  );
}

/**
 * What of a server may have it lose tasks, a sentence for each.
 *
 * @throws QueueError where no queue can be there.
 */
export async function serverWorries(
  queue: EngineAddress | null,
  strategies: readonly Strategy[],
): Promise<string[]> {
  if (queue?.engine !== "redis" || !strategies.some(({ engine }) => engine === "redis")) return [];
  const { askServer } = await import("../drivers/real/durable/redis-server.ts");
  return await askServer(queue);
}
