/** The peer of "crowd": the same program by hand, with async functions and Bun.sleep. Prints its makespan in ms. */
export {}; // top-level await needs a module
const count = Number(process.argv[2]);

async function task(): Promise<void> {
  for (let i = 0; i < 20; i++) await Bun.sleep(10);
}

const began = performance.now();
await Promise.all(Array.from({ length: count }, task));
console.log(performance.now() - began);
