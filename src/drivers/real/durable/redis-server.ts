/**
 * A Redis server before it is used: whether it is one, lets tandem in, and keeps what it is given.
 *
 * Bun's client says of every connection that it cannot have that it was closed, so a server is greeted by hand first.
 */
import { connect as connectPlainly, isIP, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { RedisClient } from "bun";
import { printable } from "../../../base/texts.ts";
import { formatEngine } from "../../../scenario/engine.ts";
import { QueueError, type QueuePlace } from "./queue.ts";

export type Server = Extract<QueuePlace, { engine: "redis" }>;

/** For how long, in ms, a server has to answer. */
const patience = 3000;

/** How often, each time later, a server that does not answer any more is looked for: for some seconds together. */
const mostReconnects = 6;

/**
 * What of a server may have it lose what it has acknowledged, a sentence for each; what it does not tell is not known.
 *
 * @throws QueueError where no queue can be there.
 */
export async function askServer(server: Server): Promise<string[]> {
  const name = formatEngine(server);
  const refuse = (what: string, instead: string): never => {
    throw new QueueError(`${name} ${what}; ${instead}`);
  };
  const greeted = await greeting(server.url);
  if ("error" in greeted)
    return refuse(
      `does not answer (${greeted.error})`,
      "name a Redis or Valkey server that runs, as --engine redis://localhost:6379",
    );
  const { line } = greeted;
  if (!line.startsWith("+PONG") && !line.startsWith("-"))
    return refuse("is no Redis server", "name one, as --engine redis://localhost:6379");
  if (!line.startsWith("+PONG") && !line.startsWith("-NOAUTH"))
    return refuse(
      `answers ${JSON.stringify(printable(line.slice(1, 200)))}`,
      "name a server that takes tasks",
    );
  const client = clientOf(server, { connectionTimeout: patience, autoReconnect: false });
  try {
    await client.connect().catch(() => undefined);
    if (!client.connected)
      return /^rediss?:\/\/[^/]*@/.test(server.url)
        ? refuse("does not take the user or the password", "write those that it knows")
        : refuse("wants a password", "write it, as --engine redis://USER:PASSWORD@HOST:PORT");
    const told = `${await client.send("INFO", ["memory"])}\n${await client.send("INFO", ["persistence"])}`;
    return worries(name, told);
  } catch (error) {
    if (error instanceof QueueError) throw error;
    return refuse(
      `refuses what a queue needs (${printable((error as Error).message)})`,
      "name a database and a user that may write there",
    );
  } finally {
    client.close();
  }
}

/** A client of a server. */
export function clientOf({ url }: Server, options: Bun.RedisOptions = {}): RedisClient {
  return new RedisClient(url, { maxRetries: mostReconnects, ...options });
}

/** What a server says when it is spoken to. */
async function greeting(url: string): Promise<{ line: string } | { error: string }> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "rediss:";
  const { promise, resolve } = Promise.withResolvers<{ line: string } | { error: string }>();
  const socket: Socket = isSecure
    ? connectSecurely({
        host,
        port: Number(port),
        ...(isIP(host) === 0 ? { servername: host } : {}),
      })
    : connectPlainly({ host, port: Number(port) });
  const timer = setTimeout(() => resolve({ error: "nothing comes" }), patience);
  let heard = "";
  socket
    .on(isSecure ? "secureConnect" : "connect", () => socket.write("PING\r\n"))
    .on("data", (piece) => {
      heard += piece.toString("latin1");
      const end = heard.indexOf("\n");
      if (end >= 0 || heard.length > 1000) resolve({ line: heard.slice(0, end).trimEnd() });
    })
    .on("error", (error: NodeJS.ErrnoException) =>
      resolve({ error: printable(error.code ?? error.message) }),
    )
    .on("close", () => resolve({ error: "the connection is closed" }));
  const greeted = await promise;
  clearTimeout(timer);
  socket.destroy();
  return greeted;
}

/** What `INFO` tells of a server that may lose tasks. */
function worries(name: string, info: string): string[] {
  const [, policy] = /^maxmemory_policy:(\S+)/m.exec(info) ?? [];
  const [, keeps] = /^aof_enabled:(\d)/m.exec(info) ?? [];
  return [
    ...(keeps === "0"
      ? [
          `${name} writes nothing to disk before it acknowledges it (appendonly no), so tasks that it has taken are gone when it is killed; set appendonly yes`,
        ]
      : []),
    ...(policy !== undefined && policy !== "noeviction"
      ? [
          `${name} throws keys away when its memory is full (maxmemory-policy ${policy}), and tasks with them; set maxmemory-policy noeviction`,
        ]
      : []),
  ];
}
