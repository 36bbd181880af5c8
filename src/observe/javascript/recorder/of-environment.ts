/** The recorder that the environment asks for. */
import type { Recorder } from "../loading/recorder.ts";
import { startRecorder } from "./start.ts";

/**
 * Starts the recorder of this thread; null where there is nothing to be recorded into, or it cannot be.
 *
 * @param own the file that all this stands in.
 */
export function recorderOf(runtime: "bun" | "node", own: string): Recorder | null {
  const { TANDEM_RECORD: folder, TANDEM_BLOCKS: blocks, TANDEM_NO_PRINTS: noPrints } = process.env;
  if (folder === undefined || folder === "") return null;
  try {
    const blocksNs = Number(blocks) || 100_000_000;
    return startRecorder({ runtime, own, settings: { folder, blocksNs, prints: !noPrints } });
  } catch {
    return null;
  }
}
