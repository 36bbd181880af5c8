// A server's last words go to a log by a file stream, and process.exit() comes right behind them: the stream writes one
// chunk after the other, and only the first is on its way. Ends by itself with status 1.
import { once } from "node:events";
import { createWriteStream } from "node:fs";

const log = createWriteStream("server.log");
await once(log, "open");

function fail(error) {
  log.write("the server ends\n");
  log.write(`error: ${error.message}\n`);
  log.write(error.cause);
  console.log("see server.log");
  process.exit(1);
}

setTimeout(() => fail(new Error("the disk is füll", { cause: Buffer.alloc(1_000) })), 20);
