// The server has said that it is ready before anybody listens: the top-level await never settles. Node ends with
// status 13 and runs nothing of what follows; Bun hangs.
import { EventEmitter, once } from "node:events";

const server = new EventEmitter();

function start() {
  server.emit("ready", 8080);
}

start();
console.log("waiting for the server");
const [port] = await once(server, "ready");
console.log("never printed", port);
