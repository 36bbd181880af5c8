// A Worker is terminated before its module has begun: it has done nothing, and finished nothing. Ends by itself with status 0.
import { Worker } from "node:worker_threads";

const worker = new Worker("throw new Error('never')", { eval: true });
await worker.terminate();
console.log("terminated");
