// An async function of a Worker rejects. Nobody handles that there, and main does not listen for the Worker's error: Node
// ends the whole process, with a report under way; Bun lets only the Worker end, without a word.
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";

async function balance(account) {
  await sleep(50);
  if (account === "x9") throw new Error("no such account");
  return 10;
}

async function report() {
  await sleep(1_500);
  console.log("report is written");
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: "x9" });
  worker.on("message", (text) => console.log("worker says", text));
  report();
} else {
  balance(workerData).then((sum) => parentPort.postMessage(sum));
}
