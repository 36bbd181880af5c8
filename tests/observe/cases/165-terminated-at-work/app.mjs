// A pool is closed by terminate() when the first answer has come, while its Worker is still storing another job: that
// is cut off, and nobody is told. Ends by itself with status 0.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

async function store(job, ms) {
  await sleep(ms);
  return job;
}

async function work(job, ms) {
  const stored = await store(job, ms);
  parentPort.postMessage(stored);
}

async function close(worker) {
  await worker.terminate();
  console.log("the pool is closed");
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const [first] = await once(worker, "message");
  console.log("stored", first);
  await close(worker);
} else {
  await Promise.all([work("a", 500), work("b", 10_000)]);
}
