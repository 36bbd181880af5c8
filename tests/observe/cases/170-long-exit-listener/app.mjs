// A tool that is ended by process.exit() writes its report in a listener of exit, for longer than half a second: it
// was that call all the same that cut off what was under way. Ends by itself with status 4.
import { setTimeout as sleep } from "node:timers/promises";

async function store(job) {
  await sleep(10_000);
  console.log("stored", job);
}

process.on("exit", () => {
  const until = Date.now() + 1_000;
  while (Date.now() < until);
  console.log("the report is written");
});

store("a");
setTimeout(() => process.exit(4), 50);
