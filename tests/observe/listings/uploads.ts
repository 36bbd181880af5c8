/** Three uploads are begun, nobody awaits them, and the process exits. */
import { setTimeout as sleep } from "node:timers/promises";

async function upload(name: string): Promise<void> {
  await sleep(1000);
  console.log(`${name} is there`);
}

const names = ["a.png", "b.png", "c.png"];
names.forEach(async (name) => {
  await upload(name);
});
console.log("all uploaded");
await sleep(100);
process.exit();
