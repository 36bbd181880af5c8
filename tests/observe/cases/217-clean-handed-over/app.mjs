// Functions are handed to helpers, which call them by the names of parameters, wait for them and hand their results on:
// all of that is awaited. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function connect(server) {
  await sleep(5);
  if (server.tries++ === 0) throw new Error("refused");
  return server.name;
}

async function retry(run, times) {
  for (let k = 1; ; k++) {
    try {
      return await run();
    } catch (error) {
      if (k === times) throw error;
    }
  }
}

function once(make) {
  let promise;
  return (...given) => (promise ??= make(...given));
}

function limited(task) {
  return new Promise((resolve, reject) => task().then(resolve, reject));
}

async function each(list, visit) {
  for (const one of list) await visit(one);
}

const server = { name: "db", tries: 0 };
const open = once(() => retry(() => connect(server), 3));
console.log((await Promise.all([open(), open(), limited(() => connect(server))])).join(" "));
await each([1, 2], async (n) => {
  await sleep(n);
});
console.log("done");
