/**
 * A worker process of a durable queue by itself, whoever fills the queue: this process starts it, and tells what it
 * does.
 */
import { attemptEnds, typeNumber } from "../../../trace/event.ts";
import type { ProgramSpec } from "../../../program/spec.ts";
import { TaskInstances } from "../../../scenario/instances.ts";
import { CONSUMER_THREAD, taskOfActor } from "../../../scenario/numbers.ts";
import type { Columns } from "../../../trace/log.ts";
import { ConsumerProcess } from "./consumer.ts";
import { openQueue } from "./open.ts";
import { prepareQueue } from "./prepare.ts";
import type { QueuePlace } from "./queue.ts";

/** What it has done with a task just now. */
export interface Done {
  task: string;
  /** Counted from 1. */
  attempt: number;
  what: "began" | (typeof attemptEnds)[number];
  error: string | null;
}

export interface LoneOptions {
  queuePlace: QueuePlace;
  speed: number;
  /** The folder that paths of the user's modules are relative to. */
  folder: string;
  /** Whether it ends once nothing is in the queue. */
  untilEmpty: boolean;
  /** Has it take no more tasks when it is aborted. */
  signal: AbortSignal;
  onPrint: (text: string, stream: "stdout" | "stderr") => void;
  onDone: (done: Done) => void;
}

/** What is left when it has ended. */
export interface LoneResult {
  /** How many tasks are in the queue. */
  left: number;
  /** How its process ended, where it did so before its time; null where it did not. */
  brokeOff: string | null;
}

/** How often, in ms, it is looked whether the queue is empty. */
const lookEvery = 100;

/** The same for one that goes on when it is. */
const restEvery = 1000;

export async function workAlone(plan: ProgramSpec, options: LoneOptions): Promise<LoneResult> {
  const { queuePlace, speed, folder, signal } = options;
  await prepareQueue(queuePlace);
  const queue = await openQueue(queuePlace, { plan, speed });
  const teller = new Teller(plan, options);
  let brokeOff: string | null = null;
  const count = async (): Promise<number> => (await queue.perform({ kind: "count" })).count!;
  try {
    const worker = new ConsumerProcess(
      { plan, speed, folder, queuePlace, thread: CONSUMER_THREAD },
      {
        onEvents: (_, columns) => teller.hear(columns),
        onEnd: ({ told, detail }) => {
          if (!told) brokeOff = detail;
        },
        onRaw: options.onPrint,
      },
    );
    try {
      await worker.ready;
      const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
      while (worker.isAlive && !signal.aborted) {
        // Where it goes on in any case, this finds whether its queue is there.
        if ((await count()) === 0 && options.untilEmpty) break;
        await Promise.race([Bun.sleep(options.untilEmpty ? lookEvery : restEvery), aborted]);
      }
      await worker.finish();
    } finally {
      await worker.kill();
    }
    const left = await count();
    if (left === 0) await queue.clear();
    return { left, brokeOff };
  } finally {
    await queue.close();
  }
}

/** Tells of attempts and lines, as they come. */
class Teller {
  readonly #tasks: TaskInstances;
  readonly #options: LoneOptions;
  /** By actor: the number of the attempt. */
  readonly #attempts = new Map<number, number>();

  constructor({ scenario }: ProgramSpec, options: LoneOptions) {
    this.#tasks = new TaskInstances(scenario);
    this.#options = options;
  }

  hear(columns: Columns): void {
    const { onPrint } = this.#options;
    for (let k = 0; k < columns.length; k++)
      switch (columns.type[k]!) {
        case typeNumber.printed:
          onPrint(columns.texts.get(k)!, "stdout");
          break;
        case typeNumber.complained:
          onPrint(columns.texts.get(k)!, "stderr");
          break;
        case typeNumber["attempt-began"]:
          this.#attempts.set(columns.actor[k]!, columns.value[k]!);
          this.#tell(columns.actor[k]!, "began", null);
          break;
        case typeNumber["attempt-ended"]:
          this.#tell(
            columns.actor[k]!,
            attemptEnds[columns.value[k]!]!,
            columns.texts.get(k) ?? null,
          );
      }
  }

  #tell(actor: number, what: Done["what"], error: string | null): void {
    const { name: task } = this.#tasks.at(taskOfActor(actor, this.#tasks.size));
    this.#options.onDone({ task, attempt: this.#attempts.get(actor)!, what, error });
  }
}
