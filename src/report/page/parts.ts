/** The page's program and its style: as they were bundled for the executable, or, from source, bundled now. */
import { type PageParts, prepared } from "./prepared.ts";

export async function pageParts(): Promise<PageParts> {
  return prepared ?? (await (await import("./bundle.ts")).bundle());
}
