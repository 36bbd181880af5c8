/** What `--require` names in Node. It is loaded by the thread for hooks as well, which is nobody's. */
import { isMainThread, parentPort } from "node:worker_threads";
import { startNode } from "./node.ts";
import { recorderOf } from "../recorder/of-environment.ts";

if (isMainThread || parentPort !== null)
  startNode(() => recorderOf("node", recorderFile), recorderFile);
