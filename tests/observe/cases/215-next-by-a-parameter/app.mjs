// A middleware calls next() and does not await it: what comes behind it is cut off by the exit. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function answer(context) {
  await sleep(10_000);
  context.status = 200;
}

async function log(context, next) {
  next();
  console.log(`status: ${context.status}`);
}

async function run(context) {
  await log(context, () => answer(context));
}

await run({ status: 404 });
process.exit(0);
