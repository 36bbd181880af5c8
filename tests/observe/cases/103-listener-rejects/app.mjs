// An async listener of an event emitter fails. emit() has returned long before, so no catch around it sees the
// error: the process dies, with two orders in hand. Exit status 1.
import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const shop = new EventEmitter();

async function pack(order) {
  await sleep(1_000);
  console.log("packed", order);
}

shop.on("order", async (order) => {
  await sleep(80 * order);
  if (order === 3) throw new Error("order 3 has no address");
  await pack(order);
});

try {
  for (const order of [1, 2, 3]) shop.emit("order", order);
  console.log("all orders are taken");
} catch {
  console.log("never printed");
}
