// 100,000 calls of an async function, each with ten awaits of what is settled. Prints the processor time, in ms.
const settled = Promise.resolve(1);

async function work() {
  let sum = 0;
  for (let k = 0; k < 10; k++) sum += await settled;
  return sum;
}

const before = process.cpuUsage();
let sum = 0;
for (let k = 0; k < 100_000; k++) sum += await work();
const { user, system } = process.cpuUsage(before);
if (sum !== 1_000_000) throw new Error(`the sum is ${sum}`);
console.log((user + system) / 1000);
