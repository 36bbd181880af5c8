/** Where a durable queue is: its engine, and what that keeps tasks in. */
import { UserError } from "../base/user-error.ts";

export interface EngineAddress {
  engine: "sqlite";
  /** The file that tasks are kept in; null for one that is made for a run and removed with it. */
  file: string | null;
}

/** The queue of a run for which none is named. */
export const ownQueue: EngineAddress = { engine: "sqlite", file: null };

/** A word that names no engine. */
export class EngineError extends UserError {}

/**
 * The address that a word means, as `sqlite:queue.db`.
 *
 * @throws EngineError
 */
export function parseEngine(word: string): EngineAddress {
  const [, engine, rest] = /^([a-z]+):(.*)$/s.exec(word) ?? [];
  if (engine === "sqlite" && rest !== undefined && rest !== "")
    return { engine: "sqlite", file: rest };
  throw new EngineError(
    `"${word}" names no engine of a durable queue; write sqlite:FILE, as sqlite:queue.db`,
  );
}

/** The same as a word. */
export function formatEngine({ engine, file }: EngineAddress): string {
  return file === null ? engine : `${engine}:${file}`;
}
