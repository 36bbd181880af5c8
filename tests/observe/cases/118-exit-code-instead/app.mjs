// The other way: process.exitCode is set, everything comes to its end, and the status is 3. No fault.
import { setTimeout as sleep } from "node:timers/promises";

async function store(job) {
  await sleep(200);
  console.log("stored", job);
}

process.on("exit", (code) => console.log("exit listener:", code));
const storing = [store("job 1"), store("job 2")];
process.exitCode = 3;
console.log("finishing", storing.length, "jobs");
await Promise.all(storing);
