// A tool sends its last words in listeners of exit, two of them async functions by their names: none of it is sent, as
// nothing goes on behind them. Ends by itself with status 1.
import { setTimeout as sleep } from "node:timers/promises";
async function send(what) {
  await sleep(10);
  console.log("sent", what);
}
async function first() {
  await send("first");
}
async function last() {
  await send("last");
}
process.on("exit", first);
process.on("exit", () => {
  send("middle");
});
process.on("exit", last);
process.on("exit", () => console.log("bye"));
console.log("begun");
await sleep(20);
process.exit(1);
