// A server is waited for until it is ready, or has failed, while it serves until it is closed. No fault.
import { createServer } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const server = createServer();

async function serve() {
  server.listen(0);
  await once(server, "close");
  return "closed";
}

function ready(running) {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    running.catch(reject);
  });
}

const running = serve();
await ready(running);
await sleep(80);
server.close();
console.log(await running);
