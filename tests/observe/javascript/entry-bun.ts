/** What is loaded into Bun by the tests. */
import { startBun } from "../../../src/observe/javascript/loading/bun.ts";
import { recorder } from "./told.ts";

startBun(() => recorder, recorderFile);
