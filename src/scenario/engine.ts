/** Where a durable queue is: its engine, and what that keeps tasks in. */
import { UserError } from "../base/user-error.ts";

export type EngineAddress =
  | {
      engine: "sqlite";
      /** The file that tasks are kept in; null for one that is made for a run and removed with it. */
      file: string | null;
    }
  | {
      engine: "redis";
      /** The server, and its database. A password may be in it, so no text ever has it (`formatEngine`). */
      url: string;
    };

/** The queue of a run for which none is named. */
export const ownQueue = { engine: "sqlite", file: null } as const satisfies EngineAddress;

/** A word that names no engine, or another one than its strategy. */
export class EngineError extends UserError {}

/**
 * The address that a word means, as `sqlite:queue.db` or `redis://localhost:6379/0`.
 *
 * @throws EngineError
 */
export function parseEngine(word: string): EngineAddress {
  const [, engine, rest] = /^([a-z]+):(.*)$/s.exec(word) ?? [];
  if (engine === "sqlite" && rest !== undefined && rest !== "")
    return { engine: "sqlite", file: rest };
  if (engine === "redis" || engine === "rediss") return { engine: "redis", url: serverUrl(word) };
  throw new EngineError(
    `"${word}" names no engine of a durable queue; write sqlite:FILE, as sqlite:queue.db, or a server, as redis://localhost:6379`,
  );
}

function serverUrl(word: string): string {
  const url = URL.parse(word);
  if (url !== null && url.hostname !== "" && /^\/?\d*$/.test(url.pathname) && url.search === "") {
    url.port ||= "6379";
    return url.href;
  }
  // Whatever is wrong with it, there may be a password in it.
  throw new EngineError(
    `the address of a Redis server is redis://HOST:PORT/DATABASE, or rediss:// with TLS, with USER:PASSWORD@ before HOST where it asks for them, and what stands behind "${word.slice(0, word.indexOf(":"))}:" is not`,
  );
}

/** The same as a word, without what gives access. */
export function formatEngine(address: EngineAddress): string {
  if (address.engine === "sqlite")
    return address.file === null ? "sqlite" : `sqlite:${address.file}`;
  const { protocol, host, pathname } = new URL(address.url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
