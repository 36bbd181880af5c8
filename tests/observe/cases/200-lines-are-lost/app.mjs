// Rules are loaded between making the reader of lines and going through it: the lines have come and gone by then, and
// the loop waits for ever for what nobody brings. Ends by itself with status 0, without a word.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

async function loadRules() {
  await sleep(60);
  return ["a", "b"];
}

async function main() {
  const lines = createInterface({ input: Readable.from(["a\n", "b\n", "c\n"]) });
  const rules = await loadRules();
  for await (const line of lines) {
    console.log(rules.includes(line) ? "kept" : "dropped", line);
  }
  console.log("all lines are read");
}

main();
