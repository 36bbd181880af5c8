// Two consumers go round for ever and wait for something to do when the process ends by itself: nothing of theirs is lost,
// nor of what they await. One that would end at a sentinel that nobody sends is.
class Queue {
  #items = [];
  #waiting = [];

  push(item) {
    this.#items.push(item);
    this.#waiting.shift()?.();
  }

  async pop() {
    while (this.#items.length === 0) await new Promise((resolve) => this.#waiting.push(resolve));
    return this.#items.shift();
  }
}

const queue = new Queue();

async function consume() {
  for (;;) {
    const item = await queue.pop();
    if (item === 0) continue;
    console.log("item", item);
  }
}

async function untilNone() {
  while (true) {
    const item = await queue.pop();
    if (item === null) return;
    console.log("item", item);
  }
}

for (const start of [consume, consume, untilNone]) start();
for (let item = 0; item < 5; item++) queue.push(item);
