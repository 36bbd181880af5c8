// A callback throws before it could resolve, a handler of uncaughtException logs that and lets the process go
// on: the request that waits for the callback waits for ever, and the program ends as if all were well.
import { setTimeout as sleep } from "node:timers/promises";

process.on("uncaughtException", (error) => console.log("logged:", error.message));

const cache = new Map([["b", "2"]]);

async function lookUp(key) {
  return await new Promise((resolve) => {
    setTimeout(() => {
      if (!cache.has(key)) throw new Error(`${key} is not there`);
      resolve(cache.get(key));
    }, 20);
  });
}

async function request(key) {
  const value = await lookUp(key);
  console.log(key, "is", value);
}

request("a");
request("b");
await sleep(100);
console.log("done");
