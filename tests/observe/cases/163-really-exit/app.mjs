// A watchdog of the program's own ends it by process.reallyExit(), which calls no listener: the lock file stays, and
// what is being stored is cut off. Ends by itself with status 5.
import { setTimeout as sleep } from "node:timers/promises";

process.on("exit", () => console.log("the lock file is removed"));

async function store(job) {
  await sleep(5_000);
  console.log("stored", job);
}

function watch() {
  console.log("too slow");
  process.reallyExit(5);
}

setTimeout(watch, 50);
await store("a");
