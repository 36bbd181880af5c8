// A synchronisation every 40 ms takes a second: setInterval does not wait for it, and three run at the same time
// when the service stops with process.exit(). Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

let running = 0;
let most = 0;

const timer = setInterval(async () => {
  running += 1;
  most = Math.max(most, running);
  if (running === 3) clearInterval(timer);
  await sleep(5_000);
  running -= 1;
}, 40);

while (most < 3) await sleep(10);
console.log("stopping, synchronisations under way:", most);
process.exit(0);
