/**
 * What is to be known of the recorder's files for JavaScript, found out when the executable is built.
 *
 * The build puts it in here (`.ci/build.ts`). From source there is nothing, and they are bundled.
 */
import type { RecorderFiles } from "../../language.ts";

export const prepared: Omit<RecorderFiles, "load"> | null = null;
