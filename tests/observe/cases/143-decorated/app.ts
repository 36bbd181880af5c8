// A decorator measures methods, and drops the promise of an async one. Awaiting the method waits for nothing: it is cut
// off by process.exit(). Ends with status 0.
import { setTimeout as sleep } from "node:timers/promises";

function timed(method: (...args: string[]) => unknown, context: { name: string | symbol }) {
  return function (this: unknown, ...args: string[]): void {
    const began = performance.now();
    method.apply(this, args);
    console.log(String(context.name), performance.now() - began < 300 ? "is fast" : "is slow");
  };
}

class Store {
  @timed
  async save(name: string): Promise<void> {
    await sleep(600);
    console.log("saved", name);
  }
}

await new Store().save("ann");
process.exit(0);
