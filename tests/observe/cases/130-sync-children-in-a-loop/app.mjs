// A build asks git for each package, synchronously. Meanwhile nothing else happens: the progress, due every 50 ms,
// stands still. Ends by itself.
import { execSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

let done = false;

async function progress() {
  let last = performance.now();
  let worst = 0;
  while (!done) {
    await sleep(50);
    worst = Math.max(worst, performance.now() - last);
    last = performance.now();
  }
  console.log(worst > 1_000 ? "progress: stood still" : "progress: went on");
}

function revision(name) {
  return execSync(`sleep 0.4; echo ${name}@1`, { encoding: "utf8" }).trim();
}

const shown = progress();
await sleep(120);
console.log(["a", "b", "c"].map(revision).join(" "));
done = true;
await shown;
