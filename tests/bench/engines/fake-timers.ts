/**
 * The virtual benchmark's load performed by async functions on the clock of @sinonjs/fake-timers, in
 * one of the ways it can be driven.
 *
 * Timed: from the call of the first async function to the end of the last.
 */
import FakeTimers from "@sinonjs/fake-timers";
import { endMs, performLoad, sleepMs } from "./engine.ts";

/**
 * The ways that are right for any program, as they let every promise go on before they move time.
 * `setTickMode("nextAsync")` is one more, and several times as slow.
 */
export const ways = ["tickAsync", "runAllAsync", "nextAsync"] as const;

/**
 * `tick` by hand with one microtask after it: right only because each sleep of this load is a single
 * await. One more `await` in a task, and time would overtake it.
 */
export const byHand = "by hand";

if (import.meta.main)
  await performLoad((load, [way]) => async () => {
    const clock = FakeTimers.createClock(0, Number.MAX_SAFE_INTEGER);
    let sleeps = 0;
    let ended = 0;
    const sleeper = async (ms: number): Promise<void> => {
      for (let k = 0; k < load.sleeps; k++) {
        await new Promise((resolve) => clock.setTimeout(resolve, ms));
        sleeps++;
      }
      ended++;
    };
    for (let k = 0; k < load.tasks; k++) void sleeper(sleepMs(load, k));
    switch (way as (typeof ways)[number] | typeof byHand) {
      case "tickAsync":
        await clock.tickAsync(endMs(load));
        break;
      case "runAllAsync":
        await clock.runAllAsync();
        break;
      case "nextAsync":
        while (ended < load.tasks) await clock.nextAsync();
        break;
      case "by hand": {
        const step = load.durations === "same" ? sleepMs(load, 0) : 1;
        while (ended < load.tasks) {
          clock.tick(step);
          await null;
        }
        break;
      }
    }
    return { sleeps, end: clock.now };
  });
