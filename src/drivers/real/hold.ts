/** The two ways in which a step holds its thread for a while: doing nothing, and computing. */

// User code has its own Bun.sleepSync measured; this one must not be.
const { sleepSync } = Bun;

/** Nobody ever writes here: a cell to wait at for less than a timer's millisecond. */
const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for this many milliseconds. */
export function standStill(ms: number): void {
  const deadline = performance.now() + ms;
  // Bun.sleepSync cuts off fractions of a millisecond; Atomics.wait honours them.
  if (ms >= 1) sleepSync(Math.floor(ms));
  standStillBriefly(deadline - performance.now());
}

/** The same for less than a timer can do, which cuts off fractions of a millisecond. */
export function standStillBriefly(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms);
}

/** Burns this many microseconds of the thread's own CPU time: a busy machine makes it last longer. */
export function compute(microseconds: number): void {
  const end = cpuTime() + microseconds;
  // Reading the CPU time is a system call of half a microsecond, so it is worth some work in between.
  for (let sink = 1; cpuTime() < end;) for (let k = 0; k < 1000; k++) sink = Math.sqrt(sink + k);
}

function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
