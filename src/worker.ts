/** The body of every Worker. The handler is set before anything else: earlier messages would be lost. */
import type { LoopInput } from "./drivers/real/protocol.ts";
import { runLoopThread } from "./drivers/real/loop-thread.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<LoopInput>) => {
  // With the handler gone the Worker ends when its loop has.
  self.onmessage = null;
  runLoopThread(data).catch((error: unknown) => {
    // Main may be blocked, and would never hear of a Worker's error: the whole process has to end.
    console.error(error);
    process.kill(process.pid, "SIGKILL");
  });
};
