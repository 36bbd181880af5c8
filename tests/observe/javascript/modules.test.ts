/** What the recorder cannot do with a module is never the program's trouble. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { KeptTransformations } from "../../../src/observe/javascript/loading/kept.ts";
import type { WithParser } from "../../../src/observe/javascript/loading/load-transform.ts";
import { Modules } from "../../../src/observe/javascript/loading/modules.ts";
import { patience } from "../../support/patience.ts";
import { transform } from "../../../src/observe/javascript/transform.ts";

setDefaultTimeout(patience);

const syntax = { module: "esm", typescript: false, jsx: false } as const;

/** Modules that are transformed, or found kept, by these. @returns with what was said of what runs as it is. */
function modulesOf({
  load = () => ({ transform }) as WithParser,
  kept = undefined as unknown,
  onAdded = () => {},
}) {
  const unseen: [file: string, why: string][] = [];
  const modules = new Modules({
    kept: { find: () => kept, keep: () => {} } as unknown as KeptTransformations,
    load,
    draw: () => 0,
    onAdded,
    onUnseen: (file, why) => unseen.push([file, why]),
  });
  return { modules, unseen };
}

const fails = (): never => {
  throw new Error("no");
};

test.each([
  [
    "that the transformation fails in",
    { load: () => ({ transform: fails }) as unknown as WithParser },
  ],
  ["whose transformation cannot be loaded", { load: fails }],
  ["of which something else has been kept", { kept: { sites: 7 } }],
  ["that the recorder does not take", { onAdded: fails }],
])("a module %s runs as it is, and that is said", (_, options) => {
  const { modules, unseen } = modulesOf(options);
  expect(modules.add("/a.mjs", "async function f() {}", syntax)).toBeNull();
  expect(unseen).toEqual([["/a.mjs", expect.stringContaining("the recorder failed on it: ")]]);
});

test("a module that cannot be parsed runs as it is, and that is said", () => {
  const { modules, unseen } = modulesOf({});
  expect(modules.add("/a.mjs", "let let = ;", syntax)).toBeNull();
  expect(unseen).toEqual([["/a.mjs", "its text cannot be parsed"]]);
  expect(modules.add("/b.mjs", "async function f() {}", syntax)).not.toBeNull();
});
