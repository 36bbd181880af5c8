/** Paths as their user would write them. */
import { isAbsolute, relative } from "node:path";

/** A path relative to the current folder, where it lies below that. */
export function fromHere(path: string): string {
  try {
    const below = relative(process.cwd(), path);
    return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
  } catch {
    // The current folder is gone.
    return path;
  }
}
