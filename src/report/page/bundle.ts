/** Bundles the page's program and its style. */
import { join } from "node:path";
import type { PageParts } from "./prepared.ts";

export async function bundle(): Promise<PageParts> {
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, "browser/page.ts")],
    target: "browser",
    format: "iife",
    minify: true,
  });
  return {
    script: (await outputs[0]!.text()).trim(),
    style: await Bun.file(join(import.meta.dir, "browser/look.css")).text(),
  };
}
