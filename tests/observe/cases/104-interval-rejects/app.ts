// A poller in setInterval(async …) fails on its third turn. Nobody can catch that; the long upload beside it
// dies with the process. Exit status 1.
import { setTimeout as sleep } from "node:timers/promises";

let turn = 0;

async function poll(): Promise<void> {
  await sleep(10);
  turn += 1;
  if (turn === 3) throw new TypeError("the answer has no items");
  console.log("polled", turn);
}

async function upload(name: string): Promise<void> {
  await sleep(2_000);
  console.log("uploaded", name);
}

setInterval(async () => {
  await poll();
}, 60);
await upload("backup.tar");
