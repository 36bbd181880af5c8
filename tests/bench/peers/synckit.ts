/** The peer of "result": synchronous calls of an async function in synckit's worker. Prints the µs of the middle call. */
import { createSyncFn } from "synckit";
import { median } from "../measure.ts";

const count = Number(process.argv[2]);
const warmUp = Number(process.argv[3]);
const call = createSyncFn(new URL("./synckit-worker.ts", import.meta.url).pathname) as () => void;

for (let i = 0; i < warmUp; i++) call();
const us: number[] = [];
for (let i = warmUp, before = performance.now(); i < count; i++) {
  call();
  const now = performance.now();
  us.push((now - before) * 1000);
  before = now;
}
console.log(median(us));
process.exit(0);
