// A hundred reads by Promise.all, then the same again, five at a time. No fault.
import { setTimeout as sleep } from "node:timers/promises";

async function read(id) {
  await sleep(id % 7);
  return id;
}

async function inTurns(ids, work, lanes) {
  const results = [];
  const rest = [...ids.entries()];
  const lane = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift())
      results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

const ids = Array.from({ length: 100 }, (_, k) => k);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
console.log(sum(await Promise.all(ids.map(read))));
console.log(sum(await inTurns(ids, read, 5)));
console.log((await Promise.allSettled(ids.map((id) => read(id)))).length);
