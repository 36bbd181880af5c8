// The second of three messages makes a Worker throw. Its error is logged by main's listener; the two answers that
// were still to come never do, and nothing keeps the program. Ends with status 0.
import { Worker, isMainThread, parentPort } from "node:worker_threads";

function open() {
  const waiting = new Map();
  const worker = new Worker(new URL(import.meta.url));
  worker.on("message", ({ id, answer }) => waiting.get(id)(answer));
  worker.on("error", (error) => console.log("worker:", error.message));
  return { worker, waiting };
}

async function ask({ worker, waiting }, id) {
  const answer = await new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage(id);
  });
  console.log(id, "is answered:", answer);
}

if (isMainThread) {
  const pool = open();
  await ask(pool, 1);
  for (const id of [2, 3]) ask(pool, id);
} else {
  parentPort.on("message", (id) => {
    if (id === 2) throw new Error("2 cannot be computed");
    parentPort.postMessage({ id, answer: id * id });
  });
}
