/** The recorder that the environment asks for. */
import { passing } from "../loading/passing.ts";
import type { Recorder } from "../loading/recorder.ts";
import { startRecorder } from "./start.ts";

/**
 * Starts the recorder of this thread. Where there is nothing to be recorded into, or it cannot be, it records nothing.
 *
 * @param own the file that all this stands in.
 */
export function recorderOf(runtime: "bun" | "node", own: string): Recorder {
  const { TANDEM_RECORD: folder, TANDEM_BLOCKS: blocks, TANDEM_NO_PRINTS: noPrints } = process.env;
  if (folder === undefined || folder === "") return passing;
  try {
    const blocksNs = Number(blocks) || 100_000_000;
    return startRecorder({ runtime, own, settings: { folder, blocksNs, prints: !noPrints } });
  } catch {
    return passing;
  }
}
