/** The body of every Worker. The handler is set before anything else: earlier messages would be lost. */
import type { WorkerInput } from "./drivers/real/protocol.ts";
import { runWorkerThread } from "./drivers/real/worker-thread.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<WorkerInput>) => {
  // With the handler gone the Worker ends when its program has.
  self.onmessage = null;
  runWorkerThread(data).catch((error: unknown) => {
    // Main may be blocked, and would never hear of a Worker's error: the whole process has to end.
    console.error(error);
    process.kill(process.pid, "SIGKILL");
  });
};
