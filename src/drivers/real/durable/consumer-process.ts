/**
 * The body of a worker process of a durable queue: another process of this executable.
 *
 * It takes tasks until it is told to stop (SIGTERM), and ends when those that it performs have ended. It dies with
 * the tandem that started it, however that ends.
 */
import { readFileSync, writeSync } from "node:fs";
import { consumerProgram } from "../../../program/consumer.ts";
import { typeNumber } from "../../../trace/event.ts";
import { consumerActor } from "../../../scenario/numbers.ts";
import { QueueError } from "./queue.ts";
import type { ConsumerInput } from "../protocol.ts";
import type { RealThread } from "../real-thread.ts";
import { PreparedThread } from "../threads.ts";

/** Begins, and does not wait for it: below a top-level await Bun's process never ends by itself. */
export function runConsumerProcess(): void {
  // Ctrl-C reaches every process of the terminal. Tandem itself hears it and ends this one.
  for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT"]) process.on(signal, () => undefined);
  delete process.env["BUN_OPTIONS"];
  consume(JSON.parse(readFileSync(0, "utf8")) as ConsumerInput).catch((error: unknown) => {
    // Tandem finds that as well, and tells it.
    if (error instanceof QueueError) process.exit(1);
    writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
}

async function consume(input: ConsumerInput): Promise<never> {
  const { thread: number } = input;
  const prepared = new PreparedThread(number, input, []);
  const finish = (): void => {
    prepared.queue?.leave();
    prepared.mailbox.deliver({ kind: "finish" });
  };
  process.on("SIGTERM", finish);
  await prepared.load();
  const origin = performance.now();
  prepared.board.origin[0] = origin;
  prepared.writer.ready(performance.timeOrigin + origin);
  let over = false;
  const end = (code: number): never => {
    over = true;
    thread.record(typeNumber["process-ended"], consumerActor(number), code);
    thread.flush();
    process.exit(code);
  };
  const thread: RealThread = prepared.open(origin, {
    startLoop: () => undefined,
    keepThreads: () => undefined,
    onStray: () => end(1),
  });
  process.on("exit", (code) => {
    if (!over) {
      thread.record(typeNumber["exit-called"], consumerActor(number), code);
      thread.record(typeNumber["process-ended"], consumerActor(number), code);
    }
    thread.flush();
  });
  await thread.perform(consumerProgram(prepared.run, thread));
  over = true;
  thread.flush();
  await prepared.queue!.close();
  process.exit(0);
}
