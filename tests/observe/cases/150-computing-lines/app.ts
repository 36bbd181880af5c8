// A report is made on the loop's thread: rows are read again and again, then put into order. Nothing in it waits, and a
// heartbeat comes late. Ends by itself.
import { setTimeout as sleep } from "node:timers/promises";

interface Row {
  key: number;
  name: string;
}

let beats = 0;

async function heartbeat(): Promise<void> {
  while (beats < 20) {
    await sleep(50);
    beats += 1;
  }
}

function read(text: string): Row[] {
  const until = performance.now() + 700;
  let rows: Row[] = [];
  while (performance.now() < until) {
    rows = JSON.parse(text);
  }
  return rows;
}

function order(rows: Row[]): void {
  const until = performance.now() + 700;
  while (performance.now() < until) {
    rows.slice(0, 400).sort((a, b) => a.name.localeCompare(b.name, "en", { sensitivity: "base" }));
  }
}

async function report(text: string): Promise<void> {
  await sleep(10);
  const rows = read(text);
  await sleep(100);
  order(rows);
}

const text = JSON.stringify(
  Array.from({ length: 20_000 }, (_, key): Row => ({ key, name: `row ${(key * 7919) % 20_000}` })),
);
const beating = heartbeat();
await sleep(100);
await report(text);
await beating;
console.log("reported");
