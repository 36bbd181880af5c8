// A parser goes on by process.nextTick: its ticks come before every timer, so the loop stands still until the parser
// is through. Ends by itself.
const until = performance.now() + 700;
let chunks = 0;

function parse() {
  chunks += 1;
  if (performance.now() < until) process.nextTick(parse);
  else console.log("parsed");
}

const began = performance.now();
setTimeout(() => {
  console.log(performance.now() - began > 500 ? "timer: late" : "timer: in time");
}, 50);
parse();
