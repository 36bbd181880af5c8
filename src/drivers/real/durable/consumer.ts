/** A worker process of a durable queue, as the tandem that starts it sees it. */
import { closeSync } from "node:fs";
import { typeNumber } from "../../../trace/event.ts";
import type { Columns } from "../../../trace/log.ts";
import { callsAny } from "../../../scenario/calls.ts";
import type { ConsumerInput } from "../protocol.ts";
import type { RealOptions } from "../terms.ts";
import { forwardLines, handInput } from "../streams.ts";
import { selfCommand, withoutOrphans } from "../self.ts";
import { EventReader, newSecret } from "../wire.ts";

/** How a worker process ended. */
export interface ConsumerEnd {
  /** Whether its own events tell it. */
  told: boolean;
  /** The signal, or the exit status. */
  detail: string;
  /** Whether tandem killed it. */
  killed: boolean;
}

interface Hearing {
  /** @param epoch when the clock of its events began, in ms since 1970. */
  onEvents: (epoch: number, columns: Columns) => void;
  onEnd: (end: ConsumerEnd) => void;
  onRaw: RealOptions["onRaw"];
}

export class ConsumerProcess {
  readonly thread: number;
  readonly #process;
  readonly #ready = Promise.withResolvers<void>();
  readonly #over: Promise<void>;
  readonly #hearing: Hearing;
  #isKilled = false;
  /** Whether its events tell that it has ended. */
  #isTold = false;

  constructor(input: Omit<ConsumerInput, "secret">, hearing: Hearing) {
    this.thread = input.thread;
    this.#hearing = hearing;
    const mayCall = callsAny(input.plan.scenario);
    this.#process = Bun.spawn([...selfCommand(), "__consumer"], {
      stdio: ["pipe", mayCall ? "pipe" : "ignore", "pipe", "pipe"],
      env: withoutOrphans(),
    });
    const secret = newSecret();
    this.#over = this.#follow(secret, mayCall);
    void handInput(this.#process.stdin, { ...input, secret } satisfies ConsumerInput);
  }

  /** Settles when it takes tasks, or has ended. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Has it take no more tasks, and waits until what it performs has ended, and it with that. */
  async finish(): Promise<void> {
    if (this.isAlive) this.#process.kill("SIGTERM");
    await this.#over;
  }

  /** Kills it, and waits until all that it told has been heard. */
  async kill(): Promise<void> {
    if (this.isAlive) {
      this.#isKilled = true;
      this.#process.kill("SIGKILL");
    }
    await this.#over;
  }

  async #follow(secret: string, mayCall: boolean): Promise<void> {
    const { onEvents, onEnd, onRaw } = this.#hearing;
    const descriptor = this.#process.stdio[3] as number;
    const ended = typeNumber["process-ended"];
    const reader = new EventReader(
      {
        take: (_, columns) => {
          this.#isTold ||= columns.type.includes(ended);
          onEvents(reader.readyAt!, columns);
        },
      },
      secret,
    );
    const lines = mayCall
      ? forwardLines(this.#process, onRaw)
      : new Response(this.#process.stderr).text();
    for await (const piece of Bun.file(descriptor).stream()) {
      reader.hear(piece);
      if (reader.readyAt !== undefined) this.#ready.resolve();
    }
    await this.#process.exited;
    closeSync(descriptor);
    const complaint = await lines;
    if (!this.#isKilled && this.#process.exitCode !== 0 && typeof complaint === "string")
      onRaw?.(complaint.trimEnd(), "stderr");
    const { signalCode, exitCode } = this.#process;
    onEnd({
      told: this.#isTold,
      detail: signalCode === null ? `exit status ${exitCode}` : String(signalCode),
      killed: this.#isKilled,
    });
    this.#ready.resolve();
  }
}
