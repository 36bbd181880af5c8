/** Making the threads of a real run, each on the thread that it stands for, with all that it needs. */
import { interruptions, typeNumber } from "../../trace/event.ts";
import {
  CONSUMER_THREAD,
  LOOP_THREAD,
  MAIN,
  MAIN_THREAD,
  POOL_THREAD,
} from "../../scenario/numbers.ts";
import { LocalChannel } from "../../program/channel.ts";
import { type NumberedSpec, numbered } from "../../program/spec.ts";
import { isBeside, isWithinProcess } from "../../scenario/strategy.ts";
import { callsAny, type CallStep, callSteps } from "../../scenario/calls.ts";
import type { Step } from "../../scenario/model.ts";
import { poolSteps } from "../../scenario/walk.ts";
import { Board } from "./board.ts";
import { type ChannelUse, SharedChannel } from "./channel.ts";
import { Clock } from "./clock.ts";
import { endWait } from "./core-wait.ts";
import { Mailbox } from "./mailbox.ts";
import { RealThread, type RealThreadOptions } from "./real-thread.ts";
import type { PoolProcess } from "./pool-process.ts";
import type { DurableQueue } from "./durable/queue.ts";
import { boardSize, type ChildInput } from "./protocol.ts";
import { after } from "./timer.ts";
import type { UserCode } from "./user-code.ts";
import { EventWriter } from "./wire.ts";

/** A thread with all it needs but its clock, which only counts when main starts. */
export class PreparedThread {
  readonly run: NumberedSpec;
  readonly board: Board;
  readonly writer: EventWriter;
  readonly mailbox: Mailbox;
  readonly number: number;
  readonly #input: ChildInput;
  #userCode: UserCode | null = null;
  #process: PoolProcess | null = null;
  /** The durable queue of the run, once it is open; null where it has none. */
  queue: DurableQueue | null = null;

  constructor(
    number: number,
    input: ChildInput,
    ports: [number, MessagePort][],
    memory?: SharedArrayBuffer,
  ) {
    this.number = number;
    this.#input = input;
    this.run = numbered(input.plan);
    this.board = new Board(boardSize(this.run, number), memory);
    // User code, or a kill, may end the process at any moment: then events are written without delay.
    const { scenario } = this.run;
    const mayBeEnded = callsAny(scenario) || scenario.kills.length > 0;
    this.writer = new EventWriter(number, this.board, mayBeEnded, input.secret);
    this.mailbox = new Mailbox(number, this.board, ports);
  }

  /** Loads the user's modules that this thread calls, and starts the process that it does jobs with. */
  async load(): Promise<void> {
    const { strategy } = this.run;
    const { queuePlace } = this.#input;
    if (queuePlace !== null) {
      const { openQueue } = await import("./durable/open.ts");
      const onDue = (): void => this.mailbox.deliver({ kind: "due", from: 0 });
      this.queue = await openQueue(queuePlace, this.#input, onDue);
    }
    if (this.number > LOOP_THREAD && strategy.offload === "processes") {
      const { PoolProcess } = await import("./pool-process.ts");
      this.#process = await PoolProcess.start(this.#input);
      Atomics.store(this.board.process(this.number), 0, this.#process.pid);
    }
    const here = callsOn(this.number, this.run);
    if (here.length === 0) return;
    const { folder, speed } = this.#input;
    // Most runs call no user code, and the modules that fence it in take time to load.
    const { UserCode } = await import("./user-code.ts");
    this.#userCode = new UserCode({ folder, speed, channelNames: this.run.channelNames });
    await this.#userCode.load(here);
  }

  /**
   * The thread itself.
   *
   * @param origin when main started, by this thread's performance.now().
   */
  open(
    origin: number,
    events: Pick<RealThreadOptions, "startLoop" | "keepThreads" | "onStray">,
  ): RealThread {
    const { speed } = this.#input;
    const clock = new Clock({ thread: this.number, board: this.board, origin, speed });
    const { channels, shared } = this.#channels(clock);
    const thread = new RealThread({
      ...events,
      number: this.number,
      speed,
      clock,
      writer: this.writer,
      board: this.board,
      mailbox: this.mailbox,
      channels,
      shared,
      channelNames: this.run.channelNames,
      poolSteps: this.run.strategy.workers === null ? [] : poolSteps(this.run.scenario),
      loopThread: this.run.loopThread,
      userCode: this.#userCode,
      process: this.#process,
      queue: this.queue,
    });
    if (this.#process !== null) this.#process.host = thread;
    if (this.number === POOL_THREAD) this.#killWorker(thread, clock);
    return thread;
  }

  /** Kills the process of the pool's first thread when the scenario says so. */
  #killWorker(thread: RealThread, clock: Clock): void {
    const process = this.#process;
    const kill = this.run.scenario.kills.find(({ what }) => what === "worker");
    if (process === null || kill === undefined) return;
    const onIdle = (): void => this.mailbox.deliver({ kind: "killed" });
    const onTime = (): void => {
      if (!process.kill(onIdle)) return;
      thread.record(typeNumber.interrupted, MAIN, interruptions.indexOf("kill"));
      thread.flush();
    };
    after(Math.max(0, clock.msUntil(kill.at)), onTime, false);
  }

  /** Ends a thread beside main. */
  close(): void {
    endWait(this.board, this.number);
    this.#userCode?.end();
    this.#process?.end();
    this.writer.flush();
    if (this.board.isOver(this.number)) this.mailbox.post(MAIN_THREAD, { kind: "deadlock" });
    this.mailbox.close();
  }

  #channels(clock: Clock): Pick<RealThreadOptions, "channels" | "shared"> {
    const { scenario, strategy } = this.run;
    if (!isBeside(strategy))
      return {
        channels: scenario.channels.map(({ capacity }) => new LocalChannel(capacity)),
        shared: [],
      };
    const peer = this.number === MAIN_THREAD ? LOOP_THREAD : MAIN_THREAD;
    const shared = scenario.channels.map(({ name, capacity }, channel) => {
      const main = useOf(name, [scenario.main]);
      const loop = useOf(name, [
        scenario.launch,
        ...scenario.tasks.flatMap((task) => [task.steps, task.finally]),
      ]);
      return new SharedChannel({
        board: this.board,
        mailbox: this.mailbox,
        clock,
        channel,
        capacity,
        peer,
        here: this.number === MAIN_THREAD ? main : loop,
        there: this.number === MAIN_THREAD ? loop : main,
        beforePost: () => {
          if (peer < this.number) this.writer.flushOrOwe();
        },
      });
    });
    return { channels: shared, shared };
  }
}

/** The steps that call user code on a thread itself. */
export function callsOn(
  thread: number,
  { scenario, strategy, loopThread }: NumberedSpec,
): CallStep[] {
  const { main, launch, tasks } = callSteps(scenario);
  return [
    ...(thread === MAIN_THREAD ? main : []),
    ...(thread === loopThread ? launch : []),
    ...(thread === loopThread && strategy.offload === "none" && isWithinProcess(strategy)
      ? tasks
      : []),
    ...(thread > LOOP_THREAD && strategy.offload === "threads" ? tasks : []),
    ...(thread >= CONSUMER_THREAD ? tasks : []),
  ];
}

/** The use that these steps may make of a channel. User code may send and receive. */
function useOf(channel: string, lists: Step[][]): ChannelUse {
  const use: ChannelUse = { sends: false, receives: false };
  for (const steps of lists)
    for (const step of steps)
      if (step.kind === "call") use.sends = use.receives = true;
      else if (step.kind === "send" && step.channel === channel) use.sends = true;
      else if (step.kind === "receive" && step.channel === channel) use.receives = true;
      else if (step.kind === "repeat") {
        const inner = useOf(channel, [step.steps]);
        use.sends ||= inner.sends;
        use.receives ||= inner.receives;
      }
  return use;
}
