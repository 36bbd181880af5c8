// Telemetry is flushed in beforeExit, once, and the program ends by itself: the handler's own work keeps the
// process until it is done. No fault.
import { setTimeout as sleep } from "node:timers/promises";

const spans: string[] = [];

async function flush(): Promise<void> {
  const count = spans.length;
  await sleep(60);
  console.log("sent", count, "spans");
}

process.once("beforeExit", async () => {
  await flush();
});
process.on("exit", () => console.log("bye"));

async function command(): Promise<void> {
  spans.push("parse", "run");
  await sleep(20);
}

await command();
