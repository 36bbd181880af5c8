// A generator fails: what goes through it fails with it. That is caught once; the second is awaited by nobody, and ends the
// process. Exit status 1.
import { setTimeout as sleep } from "node:timers/promises";
async function* rows(bad) {
  for (let n = 1; n <= 3; n++) {
    await sleep(20);
    if (n === bad) throw new Error(`row ${n} is bad`);
    yield n;
  }
}
async function read(bad) {
  let sum = 0;
  for await (const row of rows(bad)) sum += row;
  return sum;
}
try { console.log(await read(0), await read(2)); } catch (e) { console.log(e.message); }
const [a, b] = await Promise.all([read(0), read(0)]);
console.log(a, b);
read(3);
