// A crawler is given a signal and never looks at it. Whoever aborts it goes on at once and shuts down; the
// crawler is in the middle of its pages when process.exit() ends it. Ends by itself with status 0.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

let pages = 0;

async function crawl(signal) {
  for (let page = 1; page <= 50; page++) {
    await sleep(60);
    pages = page;
  }
  return signal.aborted ? "stopped" : "finished";
}

const controller = new AbortController();
setTimeout(() => controller.abort(), 150);
const how = await Promise.race([crawl(controller.signal), once(controller.signal, "abort")]);
console.log(typeof how === "string" ? how : "aborted: no more pages are read");
await sleep(800);
console.log(pages > 3 ? "and yet they were" : "indeed");
process.exit(0);
