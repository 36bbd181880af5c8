// Two Workers square numbers, are told to stop, and end by themselves. No fault.
import { once } from "node:events";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

function open() {
  const worker = new Worker(new URL(import.meta.url));
  const waiting = [];
  worker.on("message", (answer) => waiting.shift()(answer));
  return {
    ask(n) {
      return new Promise((resolve) => {
        waiting.push(resolve);
        worker.postMessage(n);
      });
    },
    async close() {
      const ended = once(worker, "exit");
      worker.postMessage(null);
      await ended;
    },
  };
}

if (isMainThread) {
  const pool = [open(), open()];
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => pool[n % 2].ask(n)));
  console.log(answers.join(" "));
  await Promise.all(pool.map((one) => one.close()));
  console.log("closed");
} else {
  parentPort.on("message", (n) => {
    if (n === null) parentPort.close();
    else parentPort.postMessage(n * n);
  });
}
