// Jobs lie in a list as async functions, and are called out of it by the loop's own name for them; nobody keeps their
// promises. One that is awaited comes to its end. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function index() {
  await sleep(10_000);
}

async function warm() {
  await sleep(5);
}

for (const job of [index, index]) job();
for (const job of [warm, warm]) await job();
console.log("warm");
process.exit(0);
