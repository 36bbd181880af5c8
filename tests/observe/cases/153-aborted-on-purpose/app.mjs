// Pollers and a reader are given signals, each by a way of its own, and end by them: the runtime's AbortError, the
// signal's reason thrown, a reason of the program's own, a finally block that takes its time. Whoever aborts
// them waits for them and takes their errors. Nothing is wrong. Ends by itself.
import { once, EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

async function poll(signal) {
  for (;;) await sleep(10, null, { signal });
}

async function read(signal) {
  for (;;) {
    await sleep(10);
    signal.throwIfAborted();
  }
}

async function listen(signal) {
  try {
    await once(new EventEmitter(), "message", { signal });
  } finally {
    await sleep(50);
  }
}

async function both(signal) {
  await Promise.all([poll(signal), listen(signal)]);
}

class Service {
  controller = new AbortController();

  stop() {
    this.controller?.abort(new Error("no more is wanted"));
  }
}

const service = new Service();
const controller = new AbortController();
const all = [poll(service.controller.signal), read(controller.signal), both(controller.signal)];
await sleep(60);
service.stop();
controller.abort();
for (const { reason } of await Promise.allSettled(all)) console.log(reason.message);
try {
  await poll(AbortSignal.abort());
} catch ({ name }) {
  console.log(name);
}
