// Async functions are handed over by their names: to map for Promise.all, of which the second failure is heard by nobody,
// and to forEach, which drops three updates that process.exit() cuts off. Ends with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function insert(row) {
  await sleep(row * 150);
  if (row % 2 === 0) throw new Error(`row ${row} exists`);
}

async function update() {
  await sleep(5_000);
}

const rows = new Set([1, 2, 3, 4]);
try {
  await Promise.all([...rows].map(insert));
} catch (error) {
  console.log("failed:", error.message);
}
await sleep(500);
rows.delete(4);
rows.forEach(update);
await sleep(50);
process.exit(0);
