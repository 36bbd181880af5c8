// A server answers one route by computing for half a second (signing keys again and again). The other clients
// and the heartbeat wait. Ends by itself.
import { pbkdf2Sync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

let beats = 0;

async function heartbeat(): Promise<void> {
  while (beats < 12) {
    await sleep(50);
    beats += 1;
  }
}

function derive(password: string): string {
  const until = performance.now() + 600;
  let key = password;
  while (performance.now() < until) key = pbkdf2Sync(key, "salt", 2_000, 32, "sha256").toString("hex");
  return key;
}

async function login(user: string): Promise<number> {
  await sleep(10);
  return derive(user).length;
}

const beating = heartbeat();
await sleep(100);
console.log("keys of", await login("ann"), "digits");
await beating;
