/**
 * The virtual benchmark's load performed by the least that can: generators and a binary heap of
 * (time, sequence), without events, cancellation or anything else a run of tandem has.
 */
import { performLoad, sleepMs } from "./engine.ts";

type Sleeper = Generator<number, void, void>;

/** Sleepers in the order of (deadline, then creation), in parallel arrays. */
class Heap {
  readonly when: number[] = [];
  readonly sequence: number[] = [];
  readonly sleeper: Sleeper[] = [];
  #created = 0;

  push(when: number, sleeper: Sleeper): void {
    const sequence = ++this.#created;
    let hole = this.when.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (this.when[parent]! <= when) break;
      this.#put(hole, this.when[parent]!, this.sequence[parent]!, this.sleeper[parent]!);
      hole = parent;
    }
    this.#put(hole, when, sequence, sleeper);
  }

  /** Puts the top back with a new deadline: cheaper than taking it out and adding it again. */
  delayTop(when: number): void {
    this.#sink(when, ++this.#created, this.sleeper[0]!);
  }

  removeTop(): void {
    const when = this.when.pop()!;
    const sequence = this.sequence.pop()!;
    const sleeper = this.sleeper.pop()!;
    if (this.when.length > 0) this.#sink(when, sequence, sleeper);
  }

  #sink(when: number, sequence: number, sleeper: Sleeper): void {
    const { when: whens, sequence: sequences } = this;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= whens.length) break;
      const right = child + 1;
      if (
        right < whens.length &&
        (whens[right]! < whens[child]! ||
          (whens[right]! === whens[child]! && sequences[right]! < sequences[child]!))
      )
        child = right;
      if (when < whens[child]! || (when === whens[child]! && sequence < sequences[child]!)) break;
      this.#put(hole, whens[child]!, sequences[child]!, this.sleeper[child]!);
      hole = child;
    }
    this.#put(hole, when, sequence, sleeper);
  }

  #put(at: number, when: number, sequence: number, sleeper: Sleeper): void {
    this.when[at] = when;
    this.sequence[at] = sequence;
    this.sleeper[at] = sleeper;
  }
}

await performLoad((load) => () => {
  function* sleeper(ms: number): Sleeper {
    for (let k = 0; k < load.sleeps; k++) yield ms;
  }
  const heap = new Heap();
  let now = 0;
  let sleeps = 0;
  for (let k = 0; k < load.tasks; k++) {
    const task = sleeper(sleepMs(load, k));
    const { done, value } = task.next();
    if (!done) heap.push(now + value, task);
  }
  while (heap.when.length > 0) {
    now = heap.when[0]!;
    sleeps++;
    const { done, value } = heap.sleeper[0]!.next();
    if (done) heap.removeTop();
    else heap.delayTop(now + value);
  }
  return { sleeps, end: now };
});
