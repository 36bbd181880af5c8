// Two transfers take the same two locks in another order, and each waits for the other. Nothing keeps the program:
// it ends with status 0, and no transfer was made.
import { setTimeout as sleep } from "node:timers/promises";

class Mutex {
  #tail = Promise.resolve();

  async lock() {
    const before = this.#tail;
    let release;
    this.#tail = new Promise((resolve) => (release = resolve));
    await before;
    return release;
  }
}

const accounts = { a: new Mutex(), b: new Mutex() };

async function transfer(from, to) {
  const releaseFrom = await accounts[from].lock();
  await sleep(20);
  const releaseTo = await accounts[to].lock();
  console.log("transferred from", from, "to", to);
  releaseTo();
  releaseFrom();
}

transfer("a", "b");
transfer("b", "a");
