// Numbers go through a pipeline of streams, and an async generator is left early, which closes it. No fault.
import { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

async function* numbers() {
  try {
    for (let n = 1; ; n++) {
      await sleep(1);
      yield n;
    }
  } finally {
    console.log("generator: closed");
  }
}

async function* first(count, source) {
  for await (const n of source) {
    yield n;
    if (n === count) break;
  }
}

const doubled = new Transform({
  objectMode: true,
  transform: (n, _, done) => done(null, 2 * n),
});
let sum = 0;
const adding = new Writable({
  objectMode: true,
  write(n, _, done) {
    sum += n;
    setImmediate(done);
  },
});
await pipeline(Readable.from(first(20, numbers())), doubled, adding);
console.log("sum", sum);
