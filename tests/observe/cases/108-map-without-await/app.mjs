// map(async …) gives promises, not rows: what is written is empty objects, and the reads are cut off by
// process.exit(). Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function read(id) {
  await sleep(500);
  return { id, name: `row ${id}` };
}

const rows = [1, 2].map(async (id) => {
  const row = await read(id);
  return { ...row, read: true };
});
await sleep(20);
console.log(JSON.stringify(rows));
process.exit(0);
