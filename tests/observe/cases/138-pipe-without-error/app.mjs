// pipe() hands on data, and no errors: the file is not there, nobody listens for "error", and the process dies with
// the import that runs beside it. Exit status 1.
import { createReadStream, createWriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

async function importRows() {
  await sleep(3_000);
  console.log("imported");
}

createReadStream("/nowhere/rows.csv").pipe(createWriteStream("/dev/null"));
await importRows();
