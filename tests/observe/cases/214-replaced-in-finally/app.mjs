// A transaction's insert fails, and so does its roll-back in the finally block: the error that comes up is that one, and the
// first is gone. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function insert(row) {
  await sleep(10);
  throw new Error(`row ${row.id} breaks a constraint`);
}

async function rollBack() {
  await sleep(5);
  throw new Error("the connection is closed");
}

async function save(row) {
  try {
    await insert(row);
  } finally {
    await rollBack();
  }
}

try {
  await save({ id: 7 });
} catch (error) {
  console.log(`not saved: ${error.message}`);
}
