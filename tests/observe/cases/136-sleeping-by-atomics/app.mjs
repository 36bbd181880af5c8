// A retry "sleeps" by Atomics.wait, since sync code cannot await. The whole loop sleeps with it: a timer that is
// due in 50 ms comes 500 ms late. Ends by itself.
const cell = new Int32Array(new SharedArrayBuffer(4));

function sleepSync(ms) {
  Atomics.wait(cell, 0, 0, ms);
}

function readConfig() {
  for (let attempt = 1; ; attempt++) {
    if (attempt === 2) return { attempt };
    sleepSync(550);
  }
}

const began = performance.now();
setTimeout(() => {
  console.log(performance.now() - began > 500 ? "timer: late" : "timer: in time");
}, 50);
console.log("read on attempt", readConfig().attempt);
