// A report is given 100 ms by Promise.race. The timeout wins, the caller tells its user that nothing was saved,
// and the report is saved all the same, by a call that nobody waits for any more. Ends by itself.
import { setTimeout as sleep } from "node:timers/promises";

const saved = [];

async function saveReport(name) {
  await sleep(400);
  saved.push(name);
  console.log("saved", name);
}

function limit(ms) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms));
}

try {
  await Promise.race([saveReport("may"), limit(100)]);
} catch (error) {
  console.log("gave up:", error.message);
}
console.log("saved so far:", saved.length);
