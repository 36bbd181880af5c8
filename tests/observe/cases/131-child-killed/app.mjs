// A command starts a child and kills it after half a second, in the middle of its second step. The child's code is null, which
// the parent takes for a success. Ends by itself with status 0.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

async function convert(step) {
  await sleep(step === 1 ? 10 : 20_000);
  return step;
}

if (process.argv[2] === "child") {
  console.log("converted", await convert(1));
  console.log("converted", await convert(2));
} else {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "child"], { stdio });
  const [line] = await once(child.stdout, "data");
  console.log(`${line}`.trim());
  await sleep(500);
  child.kill();
  const [code] = await once(child, "exit");
  console.log(code ? "failed" : "done");
}
