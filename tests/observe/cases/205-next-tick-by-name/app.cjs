// A queue is drained by process.nextTick, which is handed the function by its name: its ticks come before every timer, of
// which one is due by then. Ends by itself.
const { performance } = require("node:perf_hooks");
let until = 0;
let rounds = 0;

function drain() {
  rounds += 1;
  if (performance.now() < until) process.nextTick(drain);
  else console.log("drained");
}

setImmediate(() => {
  setTimeout(() => console.log("timer"), 40);
  until = performance.now() + 1_500;
  drain();
});
