// A tool ends by `exit` of node:process, in a function that a library calls back; a signal's listener has been
// registered before. Ends by itself with status 4.
import { once, EventEmitter } from "node:events";
import { exit } from "node:process";

const jobs = new EventEmitter();
process.on("SIGUSR2", () => console.log("asked for how it goes"));

async function store(job) {
  await once(jobs, "stored");
  console.log("stored", job);
}

jobs.on("full", function stop() {
  console.log("the disk is full");
  exit(4);
});

store("a");
setTimeout(() => jobs.emit("full"), 30);
