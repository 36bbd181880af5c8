/** The least that reading lines of JSON takes: the file as one text, and `JSON.parse` of each of its lines. */
import { readFileSync } from "node:fs";

const text = readFileSync(process.argv[2]!, "utf8");
let count = 0;
for (const line of text.split("\n")) {
  if (line === "") continue;
  JSON.parse(line);
  count++;
}
console.log(count);
