/** What is loaded into Node by the tests. */
import { isMainThread, parentPort } from "node:worker_threads";
import { startNode } from "../../../src/observe/javascript/loading/node.ts";
import { recorder } from "./told.ts";

if (isMainThread || parentPort !== null) startNode(() => recorder, recorderFile);
