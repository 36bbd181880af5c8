/** A timer for any duration. setTimeout fires at once where it is given more than 2^31 - 1 ms, some 25 days. */

/** The longest delay that setTimeout takes, in milliseconds. */
const longest = 2 ** 31 - 1;

/**
 * Calls back after so many milliseconds, rounded up: a timer cuts off fractions, and nobody may wake
 * before their time. After `Infinity` it never does, and keeps no process alive.
 *
 * @param keeps whether it keeps the process alive meanwhile.
 * @returns what takes it back.
 */
export function after(ms: number, callback: () => void, keeps = true): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (left: number): void => {
    const part = Math.min(left, longest);
    timer = setTimeout(() => (left > part ? wait(left - part) : callback()), part);
    if (!keeps) timer.unref();
  };
  if (ms !== Infinity) wait(Math.ceil(ms));
  return () => clearTimeout(timer);
}
