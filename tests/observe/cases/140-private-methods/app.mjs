// Closing a session flushes it by a private async method, and drops its promise; process.exit() does the rest.
// Two of two sessions lose their last page. Ends with status 0.
import { setTimeout as sleep } from "node:timers/promises";

class Session {
  #page;

  constructor(page) {
    this.#page = page;
  }

  async #flush() {
    await sleep(1_000);
    console.log("flushed", this.#page);
  }

  close() {
    this.#flush();
    console.log("closed", this.#page);
  }
}

for (const page of ["first", "second"]) new Session(page).close();
setTimeout(() => process.exit(0), 50);
