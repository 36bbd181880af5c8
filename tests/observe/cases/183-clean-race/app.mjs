// A race in which nothing is left over: the timer is cleared, and the loser is aborted and waited for. No fault.
import { setTimeout as sleep } from "node:timers/promises";

async function mirror(name, ms, signal) {
  try {
    await sleep(ms, undefined, { signal });
    return name;
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    return null;
  }
}

async function withLimit(work, ms) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("too late")), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const controller = new AbortController();
const mirrors = [20, 5_000].map((ms, k) => mirror(`mirror ${k}`, ms, controller.signal));
console.log(await withLimit(Promise.race(mirrors), 5_000));
controller.abort();
console.log((await Promise.all(mirrors)).map(String).join(" "));
