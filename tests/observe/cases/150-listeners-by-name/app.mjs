// Async functions are handed over by their names, to an emitter, a timer and as an exit listener: each ignores the promise,
// and process.exit() cuts all of them off. Ends with status 0.
import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
const bus = new EventEmitter();
async function pack(order) {
  await sleep(300);
  console.log("packed", order);
}
async function flush() {
  await sleep(50);
}
async function tick() {
  await sleep(900);
}
bus.on("order", pack);
process.on("exit", flush);
setTimeout(tick, 10);
for (const n of [1, 2]) bus.emit("order", n);
await sleep(100);
process.exit(0);
