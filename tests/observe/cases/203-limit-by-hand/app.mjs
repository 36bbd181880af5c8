// A query has a limit that is written by hand, with new Promise and a timer. When that runs out the caller is told, and the
// query goes on all the same, for nobody. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function query(ms) {
  await sleep(ms);
  console.log("the query is over");
  return ms;
}

function within(promise, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timed out")), ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

try {
  await within(query(400), 50);
} catch (error) {
  console.log(error.message);
}
