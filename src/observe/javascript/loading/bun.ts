/** Loading in Bun: every module of the user's comes through a plugin, CommonJS through an evaluation of our own. */
import { plugin, type OnLoadResult } from "bun";
import { dirname } from "node:path";
import type { Recorder } from "./recorder.ts";
import { BunCommonJs } from "./bun-common-js.ts";
import { hasOtherPreloads, testRunner } from "./bun-start.ts";
import { publish } from "./global-name.ts";
import { KeptTransformations } from "./kept.ts";
import { loadTransform } from "./load-transform.ts";
import { globalName, Modules, writtenAs } from "./modules.ts";
import { ownModules } from "./ours.ts";

const hash = (text: string): string => new Bun.CryptoHasher("sha1").update(text).digest("hex");

/** @param file the recorder's own, in the folder of all others. */
export function startBun(recorder: Recorder, file: string): void {
  const folder = dirname(file);
  delete require.cache[file];
  publish(globalName, recorder.t);
  let next = 0;
  const modules = new Modules({
    kept: new KeptTransformations(folder, hash),
    load: () => loadTransform(folder),
    draw: (count) => (next += count) - count,
    onAdded({ file: of, transformed, first }, sites) {
      publish(transformed.name, recorder.t);
      recorder.addSites(of, sites, first);
    },
    onUnseen: (of, why) => recorder.unseen(of, why),
  });
  const own = ownModules({
    current: process.cwd(),
    main: process.argv[1] ?? null,
    include: process.env["TANDEM_INCLUDE"],
    exclude: process.env["TANDEM_EXCLUDE"],
    recorder: folder,
  });
  const commonJs = new BunCommonJs((file, source) => {
    // Bun goes by what a text has in it, whatever its file is called; JSX may stand in any JavaScript.
    const { typescript, jsx } = writtenAs(file);
    return modules.add(file, source, { module: "unknown", typescript, jsx: jsx || !typescript });
  });
  plugin({
    name: "tandem observe",
    setup(build) {
      build.onLoad({ filter: own }, ({ path }) => {
        // Bun has put it there again when it was through.
        delete require.cache[file];
        return load(path, commonJs);
      });
    },
  });
  const runner = testRunner();
  runner?.afterAll(() => recorder.flush());
  if (runner === null && Bun.isMainThread && own.test(Bun.main) && !hasOtherPreloads())
    commonJs.runMain(Bun.main);
}

function load(path: string, commonJs: BunCommonJs): OnLoadResult {
  const file = path.replace(/\?[^\\/]*$/, "");
  const { exports, contents } = commonJs.load(file);
  if (exports !== undefined) return { exports, loader: "object" };
  return { contents, loader: loaderOf(file) };
}

function loaderOf(file: string): "ts" | "tsx" | "jsx" {
  const { typescript, jsx } = writtenAs(file);
  return typescript ? (jsx ? "tsx" : "ts") : "jsx";
}
