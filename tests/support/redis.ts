/** Redis servers of the tests' own, on the loopback, with their files in a temporary folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisClient } from "bun";

/** The path of the program; null where there is none. */
export const redisServer = Bun.which("redis-server") ?? Bun.which("valkey-server");

/** What is behind the title of tests that are skipped for want of it. */
export const redisMissing = redisServer === null ? " (skipped: there is no redis-server)" : "";

export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: Bun.Subprocess;
  readonly #folder: string;

  private constructor(url: string, process: Bun.Subprocess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /** @param settings beside those that have it write to disk what it acknowledges. */
  static async start(...settings: string[]): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), "redis-test-"));
    const port = await freePort();
    const process = Bun.spawn(
      [
        redisServer!,
        ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
        ...["--appendonly", "yes", "--save", "", ...settings],
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    let said = "";
    for await (const piece of process.stdout.pipeThrough(new TextDecoderStream())) {
      said += piece;
      if (said.includes("Ready to accept connections"))
        return new RedisServer(`redis://127.0.0.1:${port}`, process, folder);
    }
    throw new Error(`redis-server does not start:\n${said}`);
  }

  /** All that it keeps, in whichever database. */
  async keys(): Promise<string[]> {
    const client = new RedisClient(this.url);
    const all: string[] = [];
    for (let database = 0; database < 16; database++) {
      await client.send("SELECT", [String(database)]);
      all.push(...((await client.send("KEYS", ["*"])) as string[]));
    }
    client.close();
    return all;
  }

  /** Changes one of its settings. */
  async set(setting: string, value: string): Promise<void> {
    const client = new RedisClient(this.url);
    await client.send("CONFIG", ["SET", setting, value]);
    client.close();
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  const port = await promise;
  server.close();
  return port;
}
