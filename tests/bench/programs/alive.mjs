// 100,000 async calls that are alive at once. Prints by how much memory has grown, in bytes a call.
const calls = 100_000;
let release;
const gate = new Promise((resolve) => (release = resolve));

async function work(number) {
  await gate;
  return number;
}

globalThis.gc?.();
const before = process.memoryUsage().rss;
const all = Array.from({ length: calls }, (_, number) => work(number));
await new Promise((resolve) => setTimeout(resolve, 300));
console.log((process.memoryUsage().rss - before) / calls);
release();
await Promise.all(all);
