// DOES NOT END. A script asks its own server something and has its answer; the server is never closed.
import { createServer } from "node:http";
import { once } from "node:events";

const server = createServer((request, response) => {
  response.setHeader("connection", "close");
  response.end(`hello ${request.url}`);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const answer = await fetch(`http://127.0.0.1:${server.address().port}/ann`);
console.log(await answer.text());
