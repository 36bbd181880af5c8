/** The body of the Worker that holds an event loop beside main. */
import { LOOP_THREAD } from "../../events/event.ts";
import { loopProgram } from "../../program/main.ts";
import { toRun } from "../../program/run.ts";
import { Mailbox } from "./mailbox.ts";
import { RealThread } from "./perform.ts";
import { Control, type LoopInput, type LoopReady } from "./protocol.ts";
import { EventWriter } from "./wire.ts";

/** Tells main that it is there, waits to be started, and runs the loop to its end. */
export async function runLoopThread(input: LoopInput): Promise<void> {
  const run = toRun(input.plan);
  const control = new Control(input.control);
  const writer = new EventWriter(
    run.instances.map((task) => task.name),
    control.pipe,
  );
  // performance.now() counts from each thread's own start; this is what main's shows at our zero.
  const behind = performance.timeOrigin - input.mainTimeOrigin;
  postMessage({ sentAt: performance.now() + behind } satisfies LoopReady);
  Atomics.wait(control.started, 0, 0);
  Atomics.store(control.started, 0, 2);
  Atomics.notify(control.started, 0);
  const [correction, mainOrigin] = control.clock as unknown as [number, number];
  const thread: RealThread = new RealThread({
    number: LOOP_THREAD,
    speed: input.speed,
    origin: mainOrigin - behind + correction,
    writer,
    mailbox: new Mailbox(input.port, { here: control.loopArrivals, peer: control.mainArrivals }),
    startLoop: () => undefined,
  });
  await thread.perform(loopProgram(run, thread));
  input.port.close();
}
