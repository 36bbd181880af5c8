/** What `--preload` names in Bun. */
import { startBun } from "./bun.ts";
import { passing } from "./passing.ts";

startBun(passing, recorderFile);
