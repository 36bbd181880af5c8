// A command that awaits everything, tries again what fails, and says its status by exitCode. No fault.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

let attempts = 0;

async function request(path: string): Promise<string> {
  await sleep(10);
  attempts += 1;
  if (attempts < 3) throw new Error("busy");
  return `contents of ${path}`;
}

async function retried<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(10 * attempt);
    }
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "command-"));
  try {
    const file = join(folder, "page.txt");
    await writeFile(file, await retried(() => request("/page")));
    console.log(await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

await main();
console.log("after", attempts, "attempts");
