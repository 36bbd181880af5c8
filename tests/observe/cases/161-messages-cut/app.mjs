// A child process hands over its result by process.send() and exits: the pipe takes a part of it, and the parent gets
// no message at all. Ends by itself with status 0.
import { fork } from "node:child_process";

if (process.send) {
  process.send({ rows: Array.from({ length: 40_000 }, (_, id) => ({ id, text: "x".repeat(80) })) });
  process.exit(0);
} else {
  const child = fork(import.meta.filename);
  child.on("message", ({ rows }) => console.log("rows:", rows.length));
  child.on("exit", (status) => console.log("the child ended:", status));
}
