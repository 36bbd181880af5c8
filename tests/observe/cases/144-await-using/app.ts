// A connection is closed by await using, however the function is left. No fault.
import { setTimeout as sleep } from "node:timers/promises";

class Connection implements AsyncDisposable {
  async query(text: string): Promise<string> {
    await sleep(20);
    if (text === "bad") throw new Error("no such table");
    return `rows of ${text}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await sleep(20);
    console.log("closed");
  }
}

async function read(text: string): Promise<string> {
  await using connection = new Connection();
  return await connection.query(text);
}

console.log(await read("users"));
console.log(await read("bad").catch((error: Error) => error.message));
