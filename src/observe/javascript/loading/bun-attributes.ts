/** Files of JavaScript that are imported as something else (`with { type: "text" }`): Bun does not tell a plugin of that. */
import { dirname } from "node:path";
import type { OnLoadResult } from "bun";
import { readFileSync } from "./originals.ts";

const type = String.raw`\{\s*["']?type["']?\s*:\s*["'](\w+)["']`;
const fixed = new RegExp(String.raw`["']([^"'\n]+)["']\s*(?:with|assert)\s*${type}`, "g");
const later = new RegExp(
  String.raw`\bimport\s*\(\s*["']([^"'\n]+)["']\s*,\s*\{\s*["']?(?:with|assert)["']?\s*:\s*${type}`,
  "g",
);

export class ImportedOtherwise {
  readonly #types = new Map<string, string>();

  /** Notes what a module imports as something else. */
  note(file: string, source: string): void {
    if (!/\btype["']?\s*:/.test(source)) return;
    for (const pattern of [fixed, later])
      for (const [, name, kind] of source.matchAll(pattern)) {
        try {
          this.#types.set(Bun.resolveSync(name!, dirname(file)), kind!);
        } catch {
          // Bun says so when it comes to the import.
        }
      }
  }

  /** What a file is for whoever imports it so; null where it is a module. */
  load(file: string): OnLoadResult | null {
    switch (this.#types.get(file)) {
      case "text":
        return { loader: "object", exports: { default: readFileSync(file, "utf8") } };
      case "file":
        return { loader: "object", exports: { default: file } };
      case "bytes":
        return { loader: "object", exports: { default: new Uint8Array(readFileSync(file)) } };
      default:
        return null;
    }
  }
}
