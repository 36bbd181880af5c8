/** The peer of "result": synchronous calls of an async function in synckit's worker. Prints the mean µs of a call. */
import { createSyncFn } from "synckit";

const count = Number(process.argv[2]);
const warmUp = Number(process.argv[3]);
const call = createSyncFn(new URL("./synckit-worker.ts", import.meta.url).pathname) as () => void;

for (let i = 0; i < warmUp; i++) call();
const began = performance.now();
for (let i = warmUp; i < count; i++) call();
console.log(((performance.now() - began) * 1000) / (count - warmUp));
process.exit(0);
