// A Worker says that it has begun, and is terminated for that at once, in the middle of its work. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

async function index() {
  parentPort.postMessage("begun");
  await sleep(10_000);
  console.log("indexed");
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on("message", async () => {
    await worker.terminate();
    console.log("terminated");
  });
} else await index();
