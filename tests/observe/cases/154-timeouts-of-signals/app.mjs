// Two requests have a limit each. The first is given up and its error taken; that of the second comes up to where
// nobody takes it, which ends the process with status 1.
import { setTimeout as sleep } from "node:timers/promises";

async function request(limit) {
  await sleep(5000, "answer", { signal: AbortSignal.timeout(limit) });
}

async function page() {
  return request(40);
}

try {
  await page();
} catch (error) {
  console.log("no answer");
}

async function dashboard() {
  const limit = AbortSignal.any([AbortSignal.timeout(40), new AbortController().signal]);
  await sleep(5000, "numbers", { signal: limit });
}

dashboard();
await sleep(400);
