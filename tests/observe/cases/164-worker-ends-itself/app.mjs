// A Worker calls process.exit() when it thinks that it is done, while a job of its own is still under way: that ends
// the Worker alone. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread } from "node:worker_threads";

async function store(job) {
  await sleep(10_000);
  console.log("stored", job);
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on("exit", (status) => console.log("the Worker ended:", status));
} else {
  store("a");
  setTimeout(() => process.exit(3), 500);
}
