/** The other side of synckit.ts: an async function that does nothing. */
import { runAsWorker } from "synckit";

runAsWorker(async () => {});
