// Two rows are taken by hand out of an async generator, and nobody tells it that there will be no more: its
// finally, which gives the connection back, never runs. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

const pool = { free: 1 };

async function* rows() {
  pool.free -= 1;
  try {
    for (let id = 1; ; id++) {
      await sleep(10);
      yield id;
    }
  } finally {
    pool.free += 1;
  }
}

const all = rows();
console.log((await all.next()).value, (await all.next()).value);
console.log("free connections:", pool.free);
