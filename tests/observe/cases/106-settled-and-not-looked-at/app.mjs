// allSettled never rejects, and nobody looks at what it gives: two of five mails were not sent, and the command
// says that all were. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function send(to) {
  await sleep(20);
  if (!to.includes("@")) throw new Error(`${to} is no address`);
}

const all = ["ann@x", "bob", "cem@x", "dan", "eve@x"];
await Promise.allSettled(all.map((to) => send(to)));
console.log(`${all.length} mails sent`);
