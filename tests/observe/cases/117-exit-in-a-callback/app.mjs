// The service shuts down: a timer calls process.exit() although a job is still to be stored. Exit status 3.
import { setTimeout as sleep } from "node:timers/promises";

async function store(job) {
  await sleep(3_000);
  console.log("stored", job);
}

async function work(job) {
  await sleep(20);
  await store(job);
}

process.on("exit", (code) => console.log("exit listener:", code));

function shutDown() {
  console.log("shutting down");
  setTimeout(() => process.exit(3), 100);
}

const working = work("job 7");
shutDown();
await working;
console.log("never printed");
