/** What `--preload` names in Bun. */
import { startBun } from "./bun.ts";
import { recorderOf } from "../recorder/of-environment.ts";

startBun(() => recorderOf("bun", recorderFile), recorderFile);
