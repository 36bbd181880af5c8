// A constructor cannot await: it starts connect() and drops the promise. The first query comes too early, which
// is caught; that the connection has failed is caught by nobody. Exit status 1.
import { setTimeout as sleep } from "node:timers/promises";

class Database {
  #socket: { send(text: string): string } | null = null;

  constructor(url: string) {
    this.connect(url);
  }

  private async connect(url: string): Promise<void> {
    await sleep(50);
    if (!url.startsWith("db:")) throw new Error(`cannot connect to ${url}`);
    this.#socket = { send: (text) => text };
  }

  async query(text: string): Promise<string> {
    if (this.#socket === null) throw new Error("not connected");
    return this.#socket.send(text);
  }
}

const database = new Database("http://wrong");
try {
  await database.query("select 1");
} catch (error) {
  console.log("query:", (error as Error).message);
}
