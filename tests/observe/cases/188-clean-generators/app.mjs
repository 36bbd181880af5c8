// Numbers are taken out of an endless async generator, which nobody has to close; another one is used up, and one is left
// by break. No fault.
import { setTimeout as sleep } from "node:timers/promises";

async function* ids() {
  for (let id = 1; ; id++) yield id;
}

async function* lines(count) {
  for (let line = 0; line < count; line++) {
    await sleep(5);
    yield `line ${line}`;
  }
}

const numbers = ids();
const next = async () => (await numbers.next()).value;
console.log(await next(), await next(), await next());
for await (const line of lines(2)) console.log(line);
for await (const line of lines(50)) if (line.endsWith("3")) break;
await sleep(50);
console.log("done");
