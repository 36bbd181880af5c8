// Two Workers that wait for messages in async functions, by `once` and by a promise of their own, are ended when they
// have answered: nothing is lost, as they have nothing to do. Ends by itself with status 0.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

function next() {
  return new Promise((resolve) => parentPort.once("message", resolve));
}

async function serveByOnce() {
  for (;;) {
    const [n] = await once(parentPort, "message");
    parentPort.postMessage(n * n);
  }
}

async function serveByPromise() {
  for (;;) parentPort.postMessage((await next()) ** 2);
}

async function ask(worker, n) {
  worker.postMessage(n);
  const [answer] = await once(worker, "message");
  return answer;
}

if (isMainThread) {
  const workers = ["once", "promise"].map(
    (workerData) => new Worker(new URL(import.meta.url), { workerData }),
  );
  console.log(await Promise.all(workers.map((worker, n) => ask(worker, n + 2))));
  await sleep(300);
  await Promise.all(workers.map((worker) => worker.terminate()));
  console.log("closed");
} else if (workerData === "once") await serveByOnce();
else serveByPromise();
