// Async functions and methods whose names are those of calls that block, or that make a server or a socket. All are
// awaited. No fault.
import { setTimeout as sleep } from "node:timers/promises";

async function fullSync(name: string): Promise<string> {
  await sleep(150);
  return `${name}: synchronised`;
}

class Client {
  async connect(): Promise<void> {
    await sleep(150);
  }
  async listen(topic: string): Promise<string> {
    await sleep(10);
    return `listening to ${topic}`;
  }
  async exit(): Promise<void> {
    await sleep(10);
  }
}

const client = new Client();
const connecting = client.connect();
console.log(await fullSync("mail"));
await connecting;
console.log((await Promise.all(["a", "b"].map((topic) => client.listen(topic)))).join(", "));
await client.exit();
