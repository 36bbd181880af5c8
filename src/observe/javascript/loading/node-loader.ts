/** The hooks of Node 20, which run in a thread of their own. */
import { fileURLToPath } from "node:url";
import { hashInNode } from "./hash-in-node.ts";
import { KeptTransformations } from "./kept.ts";
import { loadTransform } from "./load-transform.ts";
import { isPublished } from "./global-name.ts";
import { globalName, Modules, writtenAs } from "./modules.ts";
import { SourceMap } from "./source-map.ts";
import { Overlay } from "./overlay.ts";
import type { LoaderData, LoaderMessage } from "./node-loader-thread.ts";

interface Loaded {
  format?: string | null;
  source?: string | ArrayBuffer | NodeJS.TypedArray | null;
}

let own: RegExp;
let modules: Modules;
let overlay: Overlay;

export function initialize({ folder, own: filter, numbers, port, thread }: LoaderData): void {
  const tell = (message: LoaderMessage): void => port.postMessage(message);
  own = filter;
  overlay = new Overlay(thread);
  modules = new Modules({
    kept: new KeptTransformations(folder, hashInNode),
    load: () => loadTransform(folder),
    draw: (count) => Atomics.add(numbers, 0, count),
    onAdded({ file, source, first, transformed: { name, sites } }) {
      if (isPublished(name, globalName))
        tell({ file, first, sites, comment: SourceMap.commentIn(source) });
      else tell({ file, why: `it has the word ${name.slice(0, -1)}` });
    },
    onUnseen: (file, why) => tell({ file, why }),
  });
}

export async function load(
  url: string,
  context: unknown,
  next: (url: string, context: unknown) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await next(url, context);
  const { source } = loaded;
  if (loaded.format !== "module" || !source || !url.startsWith("file:")) return loaded;
  const file = fileURLToPath(url);
  if (!own.test(file)) return loaded;
  const read =
    typeof source === "string" ? source : new TextDecoder().decode(source as ArrayBuffer);
  const text = overlay.serve(file, read);
  const added = modules.add(file, text, { module: "esm", ...writtenAs(file) });
  if (added !== null && isPublished(added.transformed.name, globalName))
    return { ...loaded, source: added.code };
  return text === read ? loaded : { ...loaded, source: text };
}
