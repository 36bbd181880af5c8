// A transfer throws between acquire and release. Its own error is caught; the next two wait for the lock for ever, and
// since nothing else is there the program ends with status 0 and without a word.
import { setTimeout as sleep } from "node:timers/promises";

class Lock {
  private held = false;
  private readonly waiting: (() => void)[] = [];

  async acquire(): Promise<void> {
    if (this.held) await new Promise<void>((go) => this.waiting.push(go));
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.waiting.shift()?.();
  }
}

const lock = new Lock();

async function transfer(amount: number): Promise<void> {
  await lock.acquire();
  await sleep(20);
  if (amount < 0) throw new RangeError(`cannot transfer ${amount}`);
  console.log("transferred", amount);
  lock.release();
}

transfer(-5).catch((error: Error) => console.log("refused:", error.message));
transfer(10);
transfer(20);
