/** The option that says where a durable queue keeps tasks, beside the strategies of a command. */
import { serverWorries, strategiesAt, whyNoEngine } from "../runs/engine.ts";
import type { Driver } from "../outcome/plan.ts";
import { type EngineAddress, EngineError, formatEngine } from "../scenario/engine.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { UsageError } from "./errors.ts";
import { writeErrLine } from "./output.ts";

/** What a command says of the place. */
interface Placing {
  command: string | null;
  engine: EngineAddress | null;
  driver: Driver["kind"];
  /** The strategy as it was written, where one was. */
  written?: string | true | undefined;
  /** Whether the strategies are all that there are: then those are left out that lack a server. */
  all?: boolean;
}

/**
 * The strategies, those with a durable queue by the rules of the engine that the option names. Says what may be lost
 * on a server.
 *
 * @throws UsageError where they and the option contradict each other.
 * @throws QueueError where no queue can be on the server.
 */
export async function placed<Some extends readonly Strategy[]>(
  { command, engine, driver, written, all = false }: Placing,
  strategies: Some,
): Promise<{ [index in keyof Some]: Strategy }> {
  const why = engine === null ? null : (whyNoEngine(strategies) ?? contradiction(engine, written));
  if (why !== null) throw new UsageError(why, command);
  try {
    const at = strategiesAt(strategies, { queue: engine, driver, all });
    if (driver === "real")
      for (const worry of await serverWorries(engine, at)) writeErrLine(`tandem: ${worry}`);
    return at as { [index in keyof Some]: Strategy };
  } catch (error) {
    throw error instanceof EngineError ? new UsageError(error.message, command) : error;
  }
}

function contradiction(engine: EngineAddress, written: string | true | undefined): string | null {
  return engine.engine === "redis" && /\bengine=sqlite\b/.test(String(written))
    ? `--engine ${formatEngine(engine)} names a Redis server, and the strategy says engine=sqlite; leave one of them out`
    : null;
}
