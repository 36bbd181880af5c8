/**
 * A process that does the jobs of one thread of the pool: another process of this executable.
 *
 * The thread's process is its parent; the two exchange messages by Bun's IPC. It dies with its parent,
 * however that ends.
 */
import { POOL_THREAD } from "../../scenario/numbers.ts";
import { failures } from "../../program/failure.ts";
import type { ChannelRequest, Job } from "../../program/operation.ts";
import { callSteps } from "../../scenario/calls.ts";
import { type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import type { ChildInput, RealDetails } from "./protocol.ts";
import { selfCommand, withoutOrphans } from "./self.ts";
import { hold, standStill } from "./hold.ts";
import { type Host, UserCode } from "./user-code.ts";

/** To the process. */
type ToProcess =
  | { kind: "begin"; input: ChildInput }
  | { kind: "job"; job: Job }
  | { kind: "answer"; ask: number; value: unknown; error: string | null };

/** From the process. */
type FromProcess =
  | { kind: "ready" }
  | { kind: "done"; error: string | null }
  | { kind: "record"; type: number; actor: number; value: number; details?: RealDetails }
  | { kind: "ask"; ask: number; actor: number; request: ChannelRequest };

/** The end of a job; `broken` where the process has died. */
export interface JobEnd {
  error: string | null;
  broken: boolean;
}

/** The process, as its thread in the pool sees it. */
export class PoolProcess {
  readonly #process: Bun.Subprocess;
  readonly #ready = Promise.withResolvers<void>();
  #done: ((end: JobEnd) => void) | undefined;
  #dead = false;
  /** Whether its thread has ended it. */
  #isEnding = false;
  #onIdleDeath: (() => void) | undefined;
  /** The thread that hears the process; undefined until that is open. */
  #host: Pick<Host, "record" | "flush" | "ask"> | undefined;
  /** Events of the process from before the thread was open. */
  readonly #early: Extract<FromProcess, { kind: "record" }>[] = [];

  private constructor(input: ChildInput) {
    this.#process = Bun.spawn([...selfCommand(), "__pool"], {
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "json",
      env: withoutOrphans(),
      ipc: (message) => this.#hear(message as FromProcess),
      onExit: () => this.#onExit(),
    });
    this.#send({ kind: "begin", input });
  }

  /** Starts a process, and waits until it has loaded what it needs. */
  static async start(input: ChildInput): Promise<PoolProcess> {
    const process = new PoolProcess(input);
    await process.#ready.promise;
    return process;
  }

  set host(host: Pick<Host, "record" | "flush" | "ask">) {
    this.#host = host;
    for (const message of this.#early.splice(0)) this.#hear(message);
  }

  get pid(): number {
    return this.#process.pid;
  }

  perform(job: Job): Promise<JobEnd> {
    const { promise, resolve } = Promise.withResolvers<JobEnd>();
    this.#done = resolve;
    if (this.#dead) this.#onExit();
    else this.#send({ kind: "job", job });
    return promise;
  }

  end(): void {
    this.#isEnding = true;
    this.#process.kill("SIGKILL");
  }

  /**
   * Kills the process as if somebody else had done so.
   *
   * @param onIdle is called when it has ended, if it had no job.
   * @returns whether there was one to kill.
   */
  kill(onIdle: () => void): boolean {
    if (this.#dead || this.#isEnding) return false;
    this.#onIdleDeath = onIdle;
    this.#process.kill("SIGKILL");
    return true;
  }

  #hear(message: FromProcess): void {
    switch (message.kind) {
      case "ready":
        this.#ready.resolve();
        break;
      case "done":
        this.#jobEnded({ error: message.error, broken: false });
        break;
      case "record":
        if (this.#host === undefined) this.#early.push(message);
        else {
          this.#host.record(message.type, message.actor, message.value, message.details);
          this.#host.flush();
        }
        break;
      case "ask": {
        const { ask } = message;
        this.#host!.ask(message.actor, message.request).then(
          (value) => this.#send({ kind: "answer", ask, value, error: null }),
          (error: Error) => this.#send({ kind: "answer", ask, value: null, error: error.message }),
        );
        break;
      }
    }
  }

  #send(message: ToProcess): void {
    if (!this.#dead) this.#process.send(message);
  }

  #onExit(): void {
    this.#dead = true;
    this.#ready.resolve();
    if (this.#done === undefined) this.#onIdleDeath?.();
    else this.#jobEnded({ error: failures.poolBroken().message, broken: true });
  }

  #jobEnded(end: JobEnd): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(end);
  }
}

/** The body of the process. */
export function runPoolProcess(): void {
  const sendToThread = process.send!.bind(process);
  const send = (message: FromProcess): void => {
    sendToThread(message);
  };
  // What user code finds in its place would be heard as the pool's.
  delete process.send;
  delete process.env["BUN_OPTIONS"];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
    process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(0));
  let body: ProcessBody | undefined;
  process.on("message", (message: ToProcess) => {
    if (message.kind === "begin") {
      body = new ProcessBody(message.input, send);
      void body.load().then(() => send({ kind: "ready" }));
    } else if (message.kind === "job") {
      void body!.do(message.job).then((error) => send({ kind: "done", error }));
    } else {
      body!.answer(message);
    }
  });
}

class ProcessBody implements Host {
  /** Any of the pool's: its thread records for it. */
  readonly number = POOL_THREAD;
  readonly #input: ChildInput;
  readonly #send: (message: FromProcess) => void;
  readonly #userCode: UserCode;
  readonly #asks = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;

  constructor(input: ChildInput, send: (message: FromProcess) => void) {
    this.#input = input;
    this.#send = send;
    this.#userCode = new UserCode({
      folder: input.folder,
      speed: input.speed,
      channelNames: input.plan.scenario.channels.map(({ name }) => name),
    });
  }

  async load(): Promise<void> {
    const { tasks } = callSteps(this.#input.plan.scenario);
    if (tasks.length === 0) return;
    this.#userCode.attach(this);
    await this.#userCode.load(tasks);
  }

  async do({ actor, step }: Job): Promise<string | null> {
    if (step.kind === "call") return await this.#userCode.callInPool(actor, step);
    hold(step, this.#input.speed);
    return null;
  }

  answer({ ask, value, error }: Extract<ToProcess, { kind: "answer" }>): void {
    const asked = this.#asks.get(ask)!;
    this.#asks.delete(ask);
    if (error === null) asked.resolve(value);
    else asked.reject(new Error(error));
  }

  record(type: number, actor: number, value: number, details?: RealDetails): void {
    this.#send({ kind: "record", type, actor, value, ...(details && { details }) });
  }

  /** What is sent is on its way. */
  flush(): void {}

  block(ticks: Ticks): void {
    standStill(ticks / TICKS_PER_MS / this.#input.speed);
  }

  ask(actor: number, request: ChannelRequest): Promise<unknown> {
    const asked = Promise.withResolvers<unknown>();
    this.#asks.set(++this.#asked, asked);
    this.#send({ kind: "ask", ask: this.#asked, actor, request });
    return asked.promise;
  }

  askNow(): never {
    throw new Error("main has no steps in the pool");
  }

  onStray(_reason: string, error: string): never {
    console.error(error);
    process.exit(1);
  }
}
