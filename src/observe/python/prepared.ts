/**
 * What is to be known of the recorder's files, found out when the executable is built, so that it neither loads
 * nor hashes them where they have been written already.
 *
 * The build puts it in here (`.ci/build.ts`). From source there is nothing, and they are loaded.
 */
import type { RecorderFiles } from "../language.ts";

export const prepared: Omit<RecorderFiles, "load"> | null = null;
