// HANGS ON PURPOSE. The Worker has answered and nobody needs it any more, but it listens for messages, and nobody
// closes it: main has ended, the process does not.
import { once } from "node:events";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.postMessage(21);
  const [answer] = await once(worker, "message");
  console.log("the answer is", answer);
} else {
  parentPort.on("message", (n) => parentPort.postMessage(2 * n));
}
