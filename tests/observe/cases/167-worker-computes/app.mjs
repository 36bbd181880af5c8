// A Worker renders pages for main and has a timer of its own for its state; a page that takes long holds its loop, not
// main's. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

function render(page) {
  const until = Date.now() + 800;
  let lines = 0;
  while (Date.now() < until) lines += Math.sqrt(lines + page);
  return lines > 0;
}

async function tellState() {
  await sleep(100);
  parentPort.postMessage("all is well");
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on("message", (text) => console.log(text));
  worker.postMessage(1);
} else {
  parentPort.once("message", async (page) => {
    const telling = tellState();
    if (render(page)) parentPort.postMessage("rendered");
    await telling;
    await sleep(100);
    parentPort.close();
  });
}
