/** The recorder's files for JavaScript: as they were bundled for the executable, or, from source, bundled now. */
import { preparedFiles } from "./prepared-files.ts";

/** The texts by the names of their files. */
export async function recorderFiles(): Promise<Readonly<Record<string, string>>> {
  return preparedFiles ?? (await (await import("./bundle.ts")).bundle());
}
