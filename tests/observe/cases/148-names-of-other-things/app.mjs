// Async functions that are called as what blocks or makes a socket is: their promises are dropped all the same, and
// process.exit() cuts them off. Ends with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function fullSync(name) {
  await sleep(900);
  console.log("synchronised", name);
}

const peer = {
  async connect() {
    await sleep(900);
    console.log("connected");
  },
};

fullSync("mail");
peer.connect();
const fetching = fullSync("calendar");
await sleep(30);
console.log("bye", typeof fetching);
process.exit(0);
