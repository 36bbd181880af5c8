/**
 * The body of the child process: the main thread of a real run.
 *
 * It is a process of its own because what a run shows is what the end of a process destroys. It
 * ends as the program ends: by process.exit, whatever else is still going on.
 */
import { readFileSync } from "node:fs";
import { MAIN_THREAD } from "../../events/event.ts";
import { openWorker } from "../../open-worker.ts";
import { mainProgram } from "../../program/main.ts";
import { toRun } from "../../program/run.ts";
import { Mailbox } from "./mailbox.ts";
import { RealThread } from "./perform.ts";
import { type ChildInput, Control, type LoopInput, type LoopReady } from "./protocol.ts";
import { EventWriter, type ReadyLine } from "./wire.ts";

export async function runChild(): Promise<never> {
  // Ctrl-C reaches every process of the terminal. Tandem itself hears it and ends this one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  // The parent's own option for this process (see real.ts) is none of its descendants' business.
  delete process.env["BUN_OPTIONS"];
  const input = JSON.parse(readFileSync(0, "utf8")) as ChildInput;
  const run = toRun(input.plan);
  const control = new Control();
  const writer = new EventWriter(
    run.instances.map((task) => task.name),
    control.pipe,
  );
  const beside = run.strategy.loop === "thread" ? await prepareLoop(input, control) : null;

  const origin = performance.now();
  writer.line(JSON.stringify({ ready: performance.timeOrigin + origin } satisfies ReadyLine));
  const thread = new RealThread({
    number: MAIN_THREAD,
    speed: input.speed,
    origin,
    writer,
    mailbox: beside?.mailbox ?? null,
    startLoop: () => beside?.start(origin),
  });
  const code = await thread.perform(mainProgram(run, thread));
  process.exit(code);
}

/**
 * Loads the loop's thread before the run begins, so that starting it takes no time that a scenario
 * would have to account for.
 */
async function prepareLoop(
  input: ChildInput,
  control: Control,
): Promise<{ mailbox: Mailbox; start: (origin: number) => void }> {
  const { port1, port2 } = new MessageChannel();
  const worker = openWorker();
  const ready = new Promise<LoopReady>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<LoopReady>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  const postedAt = performance.now();
  const loopInput: LoopInput = {
    ...input,
    port: port2,
    control: control.memory,
    mainTimeOrigin: performance.timeOrigin,
  };
  worker.postMessage(loopInput, [port2]);
  const { sentAt } = await ready;
  const receivedAt = performance.now();
  // A thread's time origin is read off the wall clock when it starts. If that was set in between,
  // the two disagree, which shows in a message that arrives before it was sent, or the like.
  control.clock[0] =
    sentAt >= postedAt && sentAt <= receivedAt ? 0 : sentAt - (postedAt + receivedAt) / 2;
  return {
    mailbox: new Mailbox(port1, { here: control.mainArrivals, peer: control.loopArrivals }),
    start: (origin) => {
      control.clock[1] = origin;
      Atomics.store(control.started, 0, 1);
      Atomics.notify(control.started, 0);
      // Like Python's Thread.start, this returns when the thread runs, however busy the machine is.
      Atomics.wait(control.started, 0, 1);
    },
  };
}
