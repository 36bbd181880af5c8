// A bounded queue with one consumer. It fails on the second message, its error is swallowed, and the producer waits
// for room for ever: the program ends with status 0 in the middle.
import { setTimeout as sleep } from "node:timers/promises";

const queue = [];
const wanting = [];
const room = [];

async function put(message) {
  while (queue.length >= 2) await new Promise((go) => room.push(go));
  queue.push(message);
  wanting.shift()?.();
}

async function take() {
  while (queue.length === 0) await new Promise((go) => wanting.push(go));
  room.shift()?.();
  return queue.shift();
}

async function consume() {
  for (;;) {
    const message = await take();
    await sleep(10);
    if (message % 2 === 0) throw new Error(`cannot digest ${message}`);
    console.log("consumed", message);
  }
}

async function produce() {
  for (let message = 1; message <= 10; message++) await put(message);
  console.log("never printed");
}

consume().catch(() => {});
produce();
