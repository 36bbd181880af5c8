/**
 * A process that performs emitted programs under a patched clock, as it is told to by its parent.
 *
 * It is a process of its own because Bun's test runner has its own way with rejections that nobody
 * handles, in Workers too, and here they end a program.
 */
import { Clock, MAIN, newClockMemory, type PatchedEnd, type ThreadInput } from "./clock.ts";

/** What the host is told to perform: a module, and a number to answer by. */
export interface Order {
  id: number;
  program: string;
}

export interface Answer {
  id: number;
  end?: PatchedEnd;
  /** Why there is none. */
  error?: string;
}

/** What a program may take of real time before it counts as one that has run away. */
const patience = 60_000;

/** Threads that have performed a program, and can perform another. */
const free: Worker[] = [];

/** Performs a program to its end, or until it is certain that there is none. */
async function perform(program: string): Promise<PatchedEnd> {
  const shared = newClockMemory();
  const clock = new Clock(shared, MAIN, () => undefined);
  clock.join();
  const worker = free.pop() ?? new Worker(new URL("./thread.ts", import.meta.url));
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const late = setTimeout(() => reject(new Error("runs away")), patience);
  worker.onmessage = ({ data }: MessageEvent<boolean>) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  const input: ThreadInput = {
    program,
    shared,
    number: MAIN,
    isPool: false,
    parent: MAIN,
    port: null,
  };
  worker.postMessage(input);
  let isFree = false;
  try {
    isFree = await promise;
    return clock.read();
  } finally {
    clearTimeout(late);
    if (isFree) free.push(worker);
    else worker.terminate();
  }
}

process.on("message", ({ id, program }: Order) => {
  const answer = (rest: Omit<Answer, "id">): void => void process.send!({ id, ...rest });
  perform(program).then(
    (end) => answer({ end }),
    (error: Error) => answer({ error: error.message }),
  );
});
process.on("disconnect", () => process.exit());
