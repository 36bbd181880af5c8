/**
 * Performs programs of JavaScript on a virtual clock, each in a Worker of its own, under Node or Bun.
 *
 * Reads a JSON list of programs from stdin, and answers with a list of what each did: its lines with
 * their times, what ended it (an error's message, or null), and when. Invariant: microtasks and
 * unhandled rejections are the runtime's own; only the clock is ours, and each timer that fires is a
 * macrotask of the runtime.
 */
import { Worker } from "node:worker_threads";

const sideways = 4;

/** What every program begins with: its lines, its clock, and how the clock goes on when main is over. */
const frame = `
const { parentPort } = require("node:worker_threads");
let now = 0;
let created = 0;
const timers = [];
const tell = (message) => parentPort.postMessage({ at: now, ...message });
const print = (text) => tell({ text });
const block = (ms) => { now += ms; tell({}); };
const sleep = (ms) => new Promise((resolve) => timers.push({ at: now + ms, order: created++, resolve }));
const fail = (message) => { throw new Error(message); };
const tick = () => {
  timers.sort((a, b) => a.at - b.at || a.order - b.order);
  const next = timers.shift();
  if (next === undefined) return;
  now = Math.max(now, next.at);
  tell({});
  next.resolve();
  setImmediate(tick);
};
setImmediate(tick);
`;

function perform(program) {
  return new Promise((resolve) => {
    const worker = new Worker(frame + program, { eval: true });
    const did = { lines: [], error: null, endedAt: 0 };
    worker.on("message", ({ at, text }) => {
      did.endedAt = at;
      if (text !== undefined) did.lines.push([at, text]);
    });
    worker.on("error", (error) => {
      did.error = error.message;
    });
    worker.on("exit", () => resolve(did));
  });
}

let input = "";
for await (const piece of process.stdin) input += piece;
const programs = JSON.parse(input);
const results = [];
let next = 0;
async function work() {
  while (next < programs.length) {
    const index = next++;
    results[index] = await perform(programs[index]);
  }
}
await Promise.all(Array.from({ length: sideways }, work));
process.stdout.write(JSON.stringify(results));
