// A channel is opened, and nothing of it is kept or closed. Node waits for its port for ever; Bun collects the port that
// nobody has any more, and the process ends.
import { MessageChannel } from "node:worker_threads";

function open() {
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (text) => console.log("heard", text));
  port2.postMessage("hello");
  return port2;
}

open();
setTimeout(() => console.log("nothing more to do"), 50);
