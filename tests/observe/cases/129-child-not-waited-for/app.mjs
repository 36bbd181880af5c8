// An export runs in a child process. The command does not wait for it and calls process.exit(): what should have
// been done once the child has ended is never done. Ends with status 0.
import { spawn } from "node:child_process";
import { once } from "node:events";

async function exportTo(name) {
  const child = spawn("sh", ["-c", "sleep 2"], { stdio: "ignore" });
  await once(child, "spawn");
  console.log("exporting to", name);
  const [code] = await once(child, "exit");
  console.log("exported", name, code);
}

exportTo("users.csv");
setTimeout(() => {
  console.log("command: done");
  process.exit(0);
}, 300);
