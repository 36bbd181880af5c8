// Jobs are put in a row by a chain of promises. One fails; since the chain itself has failed, the jobs behind it never
// begin, and each is told the error of another. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

let tail = Promise.resolve();

function enqueue(job) {
  tail = tail.then(job);
  return tail;
}

async function write(name) {
  await sleep(20);
  if (name === "b") throw new Error("b: disk full");
  console.log("wrote", name);
}

for (const name of ["a", "b", "c", "d"])
  enqueue(() => write(name)).catch((error) => console.log(`${name} failed:`, error.message));
