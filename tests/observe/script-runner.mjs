/**
 * Imports modules one after the other, each after all that the one before has set going has ended, and writes the logs
 * of all as JSON into a file beside their folder. Runs in Bun and in Node: `script-runner.mjs NAME FOLDER`. What transformed modules call is
 * `globalThis[NAME]`, which here does nothing but hold them to the order in which a call can be told of things.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [name, folder] = process.argv.slice(2);

const logs = new Map();
let entries = 0;
globalThis.logOf = (url) => {
  const log = [];
  logs.set(url, log);
  return (...words) => {
    entries++;
    log.push(
      words
        .map((word) => (typeof word === "object" ? JSON.stringify(word) : String(word)))
        .join(" "),
    );
    return words.at(-1);
  };
};

const misused = [];
const expectState = (call, what, ...states) => {
  if (!states.includes(call.state)) misused.push(`${what} of site ${call.site} when ${call.state}`);
};
const moved = (call, what, to, ...from) => {
  expectState(call, what, ...from);
  call.state = to;
};
const begin = (site) => ({ site, state: "running" });
const same = (_site, value) => value;
globalThis[name] = {
  m: begin,
  o: (module) => moved(module, "o", "over", "running"),
  e: begin,
  f: (call) =>
    moved(call, "f", "failed", "running", "standing", "looping", "yielding", "returning"),
  l: (call) =>
    moved(call, "l", "over", "running", "returning", "failed", "yielding", "standing", "looping"),
  r: (call, _site, value) => (moved(call, "r", "returning", "running"), value),
  a: (call, _site, value) => (moved(call, "a", "standing", "running", "returning"), value),
  b: (call, value) => (moved(call, "b", "running", "standing"), value),
  j: (call) => moved(call, "j", "running", "standing", "looping"),
  n: (call) =>
    moved(call, "n", "looping", "running", "standing", "looping", "returning", "yielding"),
  y: (call, _site, value) => (moved(call, "y", "yielding", "running"), value),
  z: (call, value) => (moved(call, "z", "running", "yielding"), value),
  c: (call) =>
    moved(call, "c", "running", "running", "standing", "looping", "yielding", "returning"),
  s: (delay) => delay,
  d: same,
  v: same,
  p: same,
  g: same,
  h: same,
  w: (site) => site,
  u: same,
  x: same,
  k: begin,
  q: (call) => moved(call, "q", "over", "running"),
};

const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(String(error?.message)));

const results = {};
for (const file of readdirSync(folder).sort()) {
  const url = pathToFileURL(join(folder, file)).href;
  let end = "evaluated";
  try {
    await import(url);
  } catch (error) {
    end = String(error);
  }
  for (let seen = -1, quiet = 0; quiet < 6; quiet++) {
    if (seen !== entries) quiet = 0;
    seen = entries;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  results[file] = {
    end,
    log: logs.get(url),
    unhandled: unhandled.splice(0),
    misused: misused.splice(0),
  };
}
writeFileSync(`${folder}.json`, JSON.stringify(results));
process.exit(0);
