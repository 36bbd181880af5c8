// Three producers and two consumers share a bounded queue, which is closed when the producers are done. No fault.
import { setTimeout as sleep } from "node:timers/promises";

class Queue<Item> {
  readonly #items: Item[] = [];
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  async put(item: Item): Promise<void> {
    while (this.#items.length >= 2) await this.#changed();
    this.#items.push(item);
    this.#wake();
  }

  async take(): Promise<Item | undefined> {
    while (this.#items.length === 0 && !this.#closed) await this.#changed();
    const item = this.#items.shift();
    this.#wake();
    return item;
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #changed(): Promise<void> {
    return new Promise((go) => this.#waiting.push(go));
  }

  #wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }
}

const queue = new Queue<number>();
const produce = async (from: number): Promise<void> => {
  for (let n = from; n < from + 5; n++) await queue.put(n);
};
async function consume(): Promise<number> {
  let sum = 0;
  for (let n = await queue.take(); n !== undefined; n = await queue.take()) {
    await sleep(1);
    sum += n;
  }
  return sum;
}

const consumers = [consume(), consume()];
await Promise.all([0, 10, 20].map(produce));
queue.close();
console.log("sum", (await Promise.all(consumers)).reduce((a, b) => a + b));
