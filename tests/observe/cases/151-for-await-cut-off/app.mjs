// An export goes through an async generator, and nobody awaits it. A timer throws; the handler of uncaught exceptions ends
// the process in the middle of a row. Ends with status 7.
import { setTimeout as sleep } from "node:timers/promises";
async function* rows() {
  for (let n = 1; n <= 10; n++) {
    await sleep(100);
    yield n;
  }
}
async function exportAll() {
  for await (const row of rows()) console.log("row", row);
}
exportAll();
process.on("uncaughtException", (error) => {
  console.log("fatal:", error.message);
  process.exit(7);
});
setTimeout(() => { throw new Error("boom"); }, 250);
