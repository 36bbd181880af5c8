// A server with four async functions a request, and 16 connections of a client beside it. Prints the processor
// time of 3,000 requests, in ms.
import { Agent, createServer, get } from "node:http";

async function userOf(id) {
  await Promise.resolve();
  return { id, name: `user ${id}` };
}

async function ordersOf(user) {
  const all = await Promise.all([1, 2].map((number) => orderOf(user, number)));
  return all.filter(Boolean);
}

async function orderOf(user, number) {
  await new Promise((resolve) => setImmediate(resolve));
  return { number, of: user.id };
}

async function handle(id) {
  const user = await userOf(id);
  return JSON.stringify({ user, orders: await ordersOf(user) });
}

const server = createServer((request, response) => {
  handle(request.url.slice(1)).then(
    (body) => response.end(body),
    () => response.writeHead(500).end(),
  );
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const { port } = server.address();

function request(id) {
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", path: `/${id}`, agent }, (response) => {
      response.resume();
      response.on("end", resolve);
    }).on("error", reject);
  });
}

async function client(requests) {
  for (let k = 0; k < requests; k++) await request(k);
}

await Promise.all(Array.from({ length: 16 }, () => client(20)));
const before = process.cpuUsage();
await Promise.all(Array.from({ length: 16 }, () => client(200)));
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
agent.destroy();
server.close();
