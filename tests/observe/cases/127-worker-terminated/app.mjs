// A pool is closed by terminate() while two jobs are under way: whoever waits for their answers waits for ever, and
// nothing keeps the program. Ends by itself with status 0.
import { Worker, isMainThread, parentPort } from "node:worker_threads";

const waiting = new Map();

async function render(worker, page) {
  await new Promise((resolve) => {
    waiting.set(page, resolve);
    worker.postMessage(page);
  });
  console.log("rendered", page);
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on("message", (page) => waiting.get(page)());
  const first = render(worker, 1);
  render(worker, 2);
  render(worker, 3);
  await first;
  await worker.terminate();
  console.log("the pool is closed");
} else {
  parentPort.on("message", (page) => {
    setTimeout(() => parentPort.postMessage(page), page === 1 ? 10 : 5_000);
  });
}
