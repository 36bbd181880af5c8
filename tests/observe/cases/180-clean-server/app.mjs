// A server answers fifty requests and is closed when the last has been answered. No fault.
import { createServer } from "node:http";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

async function load(id) {
  await sleep(10);
  return { id };
}

const server = createServer(async (request, response) => {
  const row = await load(request.url.slice(1));
  response.setHeader("connection", "close");
  response.end(JSON.stringify(row));
});

server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}`;
let answered = 0;

async function client(k) {
  for (let turn = 0; turn < 10; turn++) {
    const answer = await fetch(`${url}/${k}-${turn}`);
    await answer.json();
    answered += 1;
  }
}

await Promise.all([1, 2, 3, 4, 5].map(client));
console.log("answered", answered);
server.close();
await once(server, "close");
console.log("closed");
