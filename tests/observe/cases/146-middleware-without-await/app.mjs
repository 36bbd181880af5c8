// A middleware calls next() without await: the answer is sent before the handler has written, and the handler's error
// passes by the catch that is there for it. Exit status 1.
import { setTimeout as sleep } from "node:timers/promises";

const stack = [];
const use = (middleware) => stack.push(middleware);

async function run(request, k = 0) {
  if (k < stack.length) await stack[k](request, () => run(request, k + 1));
}

use(async (request, next) => {
  try {
    await next();
    console.log("answer:", request.body ?? "empty");
  } catch {
    console.log("never printed");
  }
});
use(async (request, next) => {
  request.user = "ann";
  next();
});
use(async (request) => {
  await sleep(30);
  if (request.path !== "/") throw new Error(`no page ${request.path}`);
  request.body = "hello";
});

await run({ path: "/nothing" });
await sleep(500);
console.log("never printed on Node");
