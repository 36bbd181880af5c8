/** What `--require` names in Node. It is loaded by the thread for hooks as well, which is nobody's, and should not wait for it. */
import { isMainThread, parentPort } from "node:worker_threads";

if (isMainThread || parentPort !== null) {
  try {
    const { recorderOf } =
      require("../recorder/of-environment.ts") as typeof import("../recorder/of-environment.ts");
    const { startNode } = require("./node.ts") as typeof import("./node.ts");
    startNode(() => recorderOf("node", recorderFile), recorderFile);
  } catch {
    // Whatever fails here, the program goes on; that nothing was seen of it is told.
  }
}
