// The results of allSettled() are kept, and only how many there are is looked at: nobody learns that one upload has failed.
// Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function upload(name) {
  await sleep(10);
  if (name === "b.jpg") throw new Error("413");
  return name;
}

async function uploadAll(names) {
  const results = await Promise.allSettled(names.map((name) => upload(name)));
  console.log(`${results.length} uploaded`);
}

await uploadAll(["a.jpg", "b.jpg", "c.jpg"]);
