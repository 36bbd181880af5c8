/** How the recorder comes into a program's modules, and that the program is none the wiser. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { patience } from "../../support/patience.ts";
import { Programs } from "./programs.ts";
import { allRuntimes } from "./runtimes.ts";
import { unless } from "../../support/skipped.ts";

setDefaultTimeout(patience);

const programs = new Programs();
beforeAll(() => programs.prepare());
afterAll(() => programs.remove());

/** What a program prints, and the recorder is told, when the program prints as it does bare. */
async function seen(
  command: readonly string[],
  folder: string,
  settings?: Parameters<Programs["observed"]>[2],
): Promise<{ stdout: string; told: string[] }> {
  const bare = await programs.bare(command, folder);
  const { told, ...observed } = await programs.observed(command, folder, settings);
  expect(observed).toEqual(bare);
  return { stdout: bare.stdout, told };
}

const job = (mark: string): string =>
  `export async function job(value) {\n  await 0;\n  return "${mark}" + value;\n}\n`;

describe.each(allRuntimes)("$title", ({ command, isBun, isTyped, why }) => {
  const onlyIf = test.skipIf(why !== "");

  onlyIf(`ES modules of the user's are seen, and no package's${why}`, async () => {
    const folder = await programs.write({
      "app.mjs": `import { job } from "./lib/job.mjs";\nimport { job as other } from "pack";\nconsole.log(await job(1), await other(2));\n`,
      "lib/job.mjs": job("own"),
      "node_modules/pack/package.json": `{"name":"pack","type":"module","main":"pack.js"}`,
      "node_modules/pack/pack.js": job("pack"),
    });
    const { stdout, told } = await seen([...command, "app.mjs"], folder);
    expect(stdout).toBe("own1 pack2\n");
    expect(told).toEqual(
      [
        "app.mjs: await 3",
        "app.mjs: module 1",
        "lib/job.mjs: await 2",
        "lib/job.mjs: call 1",
        "lib/job.mjs: module 1",
      ].filter((line) => !line.includes(": await")),
    );
  });

  onlyIf(
    `a package's are where they are included, and the user's are not where excluded${why}`,
    async () => {
      const folder = await programs.write({
        "app.mjs": `import { job } from "./lib/job.mjs";\nimport { job as other } from "pack";\nimport { job as third } from "./other.mjs";\nconsole.log(await job(1), await other(2), await third(3));\n`,
        "lib/job.mjs": job("own"),
        "other.mjs": job("other"),
        "node_modules/pack/package.json": `{"name":"pack","type":"module","main":"pack.js"}`,
        "node_modules/pack/pack.js": job("pack"),
      });
      const settings = { include: "none/*,node_modules/pack/*", exclude: "lib/*,other.mjs" };
      const { told } = await seen([...command, "app.mjs"], folder, settings);
      expect(told).toEqual([
        "app.mjs: module 1",
        "node_modules/pack/pack.js: call 1",
        "node_modules/pack/pack.js: module 1",
      ]);
    },
  );

  onlyIf(
    `CommonJS is seen, as the program, required and imported, and is what it was${why}`,
    async () => {
      const folder = await programs.write({
        "app.cjs": `const { job } = require("./job.js");
console.log(this === module.exports, module.id, module.parent?.id, module.filename === __filename, require.main === module);
console.log(module.children.map(({ id }) => id.slice(__dirname.length)), Object.keys(require.cache).map((id) => id.slice(__dirname.length)), arguments.length);
console.log(require("./first.js"), require("./call.js")(), require("./call.js") === require("./call.js"));
job(1).then(console.log);
process.nextTick(() => console.log("tick"));
Promise.resolve().then(() => console.log("microtask"));
import("./job.js").then(({ default: all, job }) => console.log(all.job === job));
if (true) return;
`,
        "job.js": `#!/usr/bin/env node\nexports.job = async function job(value) {\n  await 0;\n  return value;\n};\n`,
        "first.js": `exports.early = 1;\nexports.other = require("./second.js").early;\n`,
        "second.js": `exports.early = require("./first.js").early;\n`,
        "call.js": `module.exports = function call() { return [module.id === __filename, require.main.id]; };\n`,
        "app.mjs": `import all, { job } from "./job.js";\nconsole.log(all.job === job, await job(2));\n`,
      });
      const { told } = await seen([...command, "app.cjs"], folder);
      expect(told.filter((line) => /: module|call \d/.test(line))).toEqual([
        "app.cjs: module 1",
        "call.js: module 1",
        "first.js: module 1",
        "job.js: call 2",
        "job.js: module 2",
        "second.js: module 1",
      ]);
      const imported = await seen([...command, "app.mjs"], folder);
      expect(imported.told).toContain("job.js: call 2");
    },
  );

  onlyIf(`a file of either kind is what its text makes of it${why}`, async () => {
    const folder = await programs.write({
      "esm.js": `import { basename } from "node:path";\nconst job = async () => basename(import.meta.url);\nconsole.log(await job(), typeof require === "function");\n`,
      "cjs.js": `const { basename } = require("node:path");\nconst job = async () => basename(__filename);\njob().then(console.log);\n`,
      "meta.js": `const job = async () => 1;\nif (import.meta.main) job().then(console.log);\n`,
      "plain.js": `const job = async () => this === module.exports;\njob().then(console.log);\n`,
    });
    for (const file of ["esm.js", "cjs.js", "plain.js", ...(isBun ? ["meta.js"] : [])]) {
      const { told } = await seen([...command, file], folder);
      expect(told.map((line) => line.replace(/\d+$/, ""))).toContain(`${file}: call `);
    }
  });

  onlyIf(`a text that cannot be parsed is the runtime's to refuse, and is told${why}`, async () => {
    const folder = await programs.write({
      "app.mjs": `try {\n  await import("./broken.mjs");\n} catch (error) {\n  console.log(error.name);\n}\nawait import("./fine.mjs");\n`,
      "broken.mjs": `const = 1;\n`,
      "fine.mjs": `export {};\n`,
    });
    const { told } = await seen([...command, "app.mjs"], folder);
    expect(told).toContain("broken.mjs: its text cannot be parsed");
  });

  onlyIf(`the second run takes what the first has kept${why}`, async () => {
    const folder = await programs.write({ "app.mjs": `console.log(await 1, ${Math.random()});\n` });
    const before = programs.kept;
    await seen([...command, "app.mjs"], folder);
    expect(programs.kept).toBe(before + 1);
    await seen([...command, "app.mjs"], folder);
    expect(programs.kept).toBe(before + 1);
  });

  onlyIf(`places are told in the source that a module was made from${why}`, async () => {
    const folder = await programs.write({
      "src/app.ts": `interface Wide {\n  width: number;\n}\n\nconst job = async (of: Wide): Promise<number> => of.width;\n\nconsole.log(await job({ width: 1 }));\n`,
      "src/common.cts": `interface Wide {\n  width: number;\n}\n\nexports.job = async (of: Wide): Promise<number> => of.width;\n`,
    });
    const { outputs } = await Bun.build({
      entrypoints: [join(folder, "src/app.ts")],
      sourcemap: "linked",
      outdir: join(folder, "made"),
      naming: "[name].mjs",
    });
    expect(outputs).toHaveLength(2);
    const { told } = await seen([...command, "made/app.mjs"], folder);
    expect(told).toContain("src/app.ts: call 5");
    expect(told).toContain("src/app.ts: module 5");

    // CommonJS, with the map in the text itself; one line before the source's first.
    const map = {
      version: 3,
      sources: ["../src/common.cts"],
      names: [],
      mappings: ";AAAA;AACA;AACA;AACA;AACA",
    };
    const comment = `//# sourceMappingURL=data:application/json;base64,${btoa(JSON.stringify(map))}`;
    const lines = ["// made", "", "", "", "", "exports.job = async (of) => of.width;", comment, ""];
    await Bun.write(join(folder, "made/common.cjs"), lines.join("\n"));
    await Bun.write(
      join(folder, "main.cjs"),
      `require("./made/common.cjs").job({ width: 2 }).then(console.log);\n`,
    );
    const common = await seen([...command, "main.cjs"], folder);
    expect(common.told).toContain("src/common.cts: call 5");
  });

  onlyIf(`places are told in the sources that a bundle was made from${why}`, async () => {
    const folder = await programs.write({
      "package.json": `{ "type": "module" }`,
      "src/app.ts": `import { work } from "./work.ts";\n\nclass Service {\n  async handle(): Promise<void> {\n    await work({ ms: 1 });\n  }\n}\nawait new Service().handle();\n`,
      "src/work.ts": `interface Job {\n  ms: number;\n}\n\nexport async function work({ ms }: Job): Promise<number> {\n  return await new Promise((go) => setTimeout(go, ms, ms));\n}\n`,
    });
    const expected = [
      "src/app.ts: call 4",
      "src/work.ts: call 5",
      "src/work.ts: handle 6",
      "src/work.ts: module 5",
      "src/work.ts: promise 6",
    ];
    for (const sourcemap of ["linked", "external", "inline"] as const)
      for (const minify of [false, true]) {
        const outdir = join(folder, `${sourcemap}-${minify}`);
        const entrypoints = [join(folder, "src/app.ts")];
        await Bun.build({ entrypoints, outdir, sourcemap, minify, target: "node" });
        const { told } = await seen([...command, join(outdir, "app.js")], folder);
        expect({ sourcemap, minify, told }).toEqual({ sourcemap, minify, told: expected });
      }
  });

  test.skipIf(isBun || why !== "")(
    `modules that Vitest's runner evaluates are seen${why}`,
    async () => {
      // Behind a line of its own, as what Vite has made of a module says with its map.
      const map = { version: 3, sources: ["job.ts"], names: [], mappings: ";AAAA;AACA;AACA" };
      const comment = `//# sourceMappingURL=data:application/json;base64,${btoa(JSON.stringify(map))}`;
      const folder = await programs.write({
        "job.ts": `interface Wide {}\n\nexport const job = async (of: Wide) => of;\n`,
        "made.txt": `const x = await 0;\n\n\nconst job = async (of) => { const at = new Error("at").stack.split("\\n")[1]; return at; }; __vite_ssr_exports__.job = job;\n${comment}\n`,
        "runner.mjs": `import vm from "node:vm";
import { readFileSync } from "node:fs";
const before = "'use strict';async (__vite_ssr_exports__,__filename)=>{{";
const filename = new URL("./job.ts", import.meta.url).pathname;
const code = before + readFileSync("made.txt", "utf8") + "\\n}}";
const exports = {};
await vm.runInThisContext(code, { filename, lineOffset: 0, columnOffset: -before.length })(exports);
console.log((await exports.job(1)).replace(/^.*job.ts/, ""), exports.job.toString());
console.log(vm.runInThisContext("1 + 1"), vm.runInThisContext.name, vm.runInThisContext.length);
`,
      });
      const { told } = await seen([...command, "runner.mjs"], folder);
      expect(told).toContain("job.ts: module 1");
      expect(told).toContain("job.ts: call 3");
    },
  );

  onlyIf(`the tests of the runtime's own runner are seen${why}`, async () => {
    const from = isBun ? "bun:test" : "node:test";
    const folder = await programs.write({
      "a.test.mjs": `import { test } from "${from}";\nconst job = async () => 1;\ntest("one", async () => {\n  await job();\n});\n`,
      "b.test.cjs": `const { test } = require("${from}");\nconst job = async () => 2;\ntest("two", async () => {\n  await job();\n});\n`,
    });
    const words = isBun ? ["test"] : ["--test"];
    const { told, status, stderr, stdout } = await programs.observed(
      [...command, ...words],
      folder,
    );
    expect({ status, told: told.filter((line) => /: (?:module|call)/.test(line)) }).toEqual({
      status: 0,
      told: ["a", "b"].flatMap((name) => {
        const file = `${name}.test.${name === "a" ? "mjs" : "cjs"}`;
        return [`${file}: call 2`, `${file}: call 3`, `${file}: module 1`];
      }),
    });
    expect(stdout + stderr).toMatch(isBun ? /\b2 pass\b/ : /\bpass 2\b/);
  });

  test.skipIf(!isBun)(
    `what is imported as a text or a file is one${unless(isBun, "it is about Bun")}`,
    async () => {
      const folder = await programs.write({
        "app.ts": `import text from "./text.ts" with { type: "text" };
import file from "./file.ts" with { type: "file" };
import { basename } from "node:path";
import { value } from "./module.ts";
const later = await import("./later.js", { with: { type: "text" } });
console.log(text, basename(file), value, later.default);
`,
        "text.ts": `export const text: number = 1;\n`,
        "file.ts": `console.log("never");\n`,
        "module.ts": `export const value: number = 2;\n`,
        "later.js": `exports.later = 3;\n`,
      });
      const { told } = await seen([...command, "app.ts"], folder);
      expect(told.filter((line) => line.includes(": module"))).toEqual([
        "app.ts: module 1",
        "module.ts: module 1",
      ]);
    },
  );

  test.skipIf(!isBun)(
    `a plugin of the user's own is asked for its files${unless(isBun, "it is about Bun")}`,
    async () => {
      const folder = await programs.write({
        "bunfig.toml": `preload = ["./plugin.ts"]\n`,
        "plugin.ts": `import { plugin } from "bun";
plugin({ name: "own", setup(build) {
  build.onLoad({ filter: /made\\.ts$/ }, () => ({ contents: "export const job = async () => { return await 'made'; };", loader: "ts" }));
  build.onLoad({ filter: /soon\\.ts$/ }, async () => ({ contents: "export const job = async () => 'soon';", loader: "js" }));
  build.onLoad({ filter: /\\.words$/ }, () => ({ exports: { default: "words" }, loader: "object" }));
} });
`,
        "app.ts": `import { job } from "./made.ts";\nimport { job as soon } from "./soon.ts";\nimport words from "./a.words";\nconsole.log(await job(), await soon(), words);\n`,
        "made.ts": `throw new Error("not asked");\n`,
        "soon.ts": `throw new Error("not asked");\n`,
        "a.words": "",
        "main.cjs": `console.log(require("./made.ts").job.name);\n`,
      });
      const { told } = await seen([...command, "app.ts"], folder);
      // Bun asks one plugin only, and that is the user's: what it makes of its files is not seen.
      expect(told.filter((line) => /: (?:module|bunfig)/.test(line))).toEqual([
        "app.ts: module 1",
        "plugin.ts: bunfig.toml has it loaded before the recorder, and what plugins in it make of other files is not seen",
      ]);
      await seen([...command, "main.cjs"], folder);
    },
  );

  test.skipIf(!isBun)(
    `what a plugin makes that comes after the recorder is seen, where its lines are those of the file${unless(isBun, "it is about Bun")}`,
    async () => {
      const marked = "export const job = async () => {\n  await null;\n  return MARK;\n};\n";
      const folder = await programs.write({
        "plugin.ts": `import { plugin as register } from "bun";
register({ name: "own", setup(build) {
  build.onLoad({ filter: /marked\\.\\w+$/g }, async ({ path }) => ({ contents: (await Bun.file(path).text()).replace("MARK", "'marked'"), loader: "ts" }));
  build.onLoad({ filter: /made\\.ts$/ }, () => ({ contents: "export const job = async () => { return await 'made'; };", loader: "ts" }));
  build.onLoad({ filter: /\\.words$/ }, () => ({ exports: { default: "words" }, loader: "object" }));
  build.onResolve({ filter: /^none:/ }, ({ path }) => ({ path: path.slice(5), namespace: "none" }));
  build.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "export const job = async () => 'none';", loader: "js" }));
  build.module("own:named", () => ({ contents: "export default 'named';", loader: "js" }));
} });
`,
        "app.ts": `import { job as none } from "none:such";\nimport named from "own:named";\nimport { job } from "./made.ts";\nimport { job as marked } from "./marked.ts";\nimport { job as task } from "./marked.task";\nimport words from "./a.words";\nimport { job as plain } from "./plain.ts";\nconsole.log(await job(), await marked(), await task(), words, await plain(), await none(), named);\n`,
        "made.ts": `throw new Error("not asked");\n`,
        "plain.ts": `export const job = async () => "plain";\n`,
        "marked.ts": marked,
        "marked.task": marked,
        "a.words": "",
      });
      const words = [...command, "--preload", "./plugin.ts", "app.ts"];
      const { told, stdout } = await seen(words, folder);
      expect(stdout).toBe("made marked marked words plain none named\n");
      expect(told.filter((line) => /: (?:module|call|a plugin)/.test(line))).toEqual([
        "app.ts: module 1",
        "made.ts: a plugin of the program's made it, in other lines than those of the file",
        "marked.task: call 1",
        "marked.task: module 1",
        "marked.ts: call 1",
        "marked.ts: module 1",
        "none:such: a plugin of the program's made it, of no file",
        "own:named: a plugin of the program's made it, of no file",
        "plain.ts: call 1",
        "plain.ts: module 1",
        "plugin.ts: call 3",
        "plugin.ts: module 1",
      ]);
    },
  );

  test.skipIf(!isBun)(
    `what is preloaded comes before the program${unless(isBun, "it is about Bun")}`,
    async () => {
      const folder = await programs.write({
        "first.mjs": `console.log("first");\n`,
        "app.mjs": `console.log("app");\n`,
      });
      const { stdout } = await seen([...command, "--preload", "./first.mjs", "app.mjs"], folder);
      expect(stdout).toBe("first\napp\n");
    },
  );

  test.skipIf(!isTyped || why !== "")(`TypeScript is seen${why}`, async () => {
    const folder = await programs.write({
      "app.ts": `import { type Size, size } from "./size.ts";\n\nconst job = async (of: Size): Promise<number> => {\n  const at = new Error("here").stack!.split("\\n")[1]!.replace(/.*app.ts:(\\d+).*/, "$1");\n  return Number(at) + of.width;\n};\nconsole.log(await job(size satisfies Size));\n`,
      "size.ts": `export interface Size {\n  width: number;\n}\nexport const size: Size = { width: 3 };\n`,
      "common.cts": `interface Size {\n  width: number;\n}\nconst job = async (of: Size): Promise<number> => of.width;\njob({ width: require("./size.ts").size.width }).then(console.log);\n`,
    });
    const { told, stdout } = await seen([...command, "app.ts"], folder);
    expect(stdout).toBe("7\n");
    expect(told).toContain("app.ts: call 3");
    expect((await seen([...command, "common.cts"], folder)).told).toContain("common.cts: call 4");
  });

  test.skipIf(!isBun)(
    `CommonJS runs whatever is in it: elements, words of TypeScript's own, types, comments${unless(isBun, "it is about Bun")}`,
    async () => {
      const jsx = `const React = { createElement: (tag, ...more) => [tag, ...more] };\n`;
      const folder = await programs.write({
        "tsconfig.json": `{ "compilerOptions": { "jsx": "react" } }`,
        "element.js": `${jsx}const job = async () => <p a="1">text</p>;\njob().then((it) => console.log(it, require("node:path").sep));\n`,
        "words.ts": `enum Kind { One = 1 }\nnamespace Inner { export const two = 2 }\nclass Both { constructor(readonly x: number) {} }\nconst job = async (): Promise<Kind> => Kind.One;\njob().then((it) => console.log(it, Inner.two, new Both(3).x, require("node:path").sep));\n`,
        "kinds.ts": `export interface Wide { width: number }\n`,
        "types.ts": `import type { Wide } from "./kinds.ts";\nconst { sep } = require("node:path");\nconst job = async (): Promise<Wide> => ({ width: 1 });\njob().then((it) => console.log(it, sep));\n`,
        "erased.ts": `import { Wide } from "./kinds.ts";\nconst { sep } = require("node:path");\nconst job = async (): Promise<Wide> => ({ width: 2 });\njob().then((it) => console.log(it, sep));\n`,
        "inner.ts": `namespace Inner { export const two = 2 }\nconst job = async () => Inner.two;\njob().then(console.log);\n`,
        "comment.cjs": `// import.meta, import x from "x", export default 1\nexports.here = 1;\nconsole.log(this === exports);\n`,
      });
      for (const file of ["element.js", "words.ts", "types.ts", "erased.ts", "inner.ts"]) {
        const { told } = await seen([...command, file], folder);
        expect(told.some((line) => line.startsWith(`${file}: call`))).toBe(true);
      }
      await seen([...command, "comment.cjs"], folder);
    },
  );

  test.skipIf(!isBun)(
    `TypeScript and TSX are seen${unless(isBun, "it is about Bun")}`,
    async () => {
      const folder = await programs.write({
        "app.ts": `import { size, type Size } from "./size.tsx";\nenum Kind { Small = 1 }\nconst job = async (of: Size): Promise<number> => of.width;\nconsole.log(await job(size), Kind.Small);\n`,
        "size.tsx": `export interface Size { width: number }\nexport const size: Size = { width: 3 };\nexport const view = async () => <T,>(a: T) => a;\n`,
        "common.ts": `interface Size { width: number }\nconst job = async (of: Size): Promise<number> => of.width;\njob({ width: 5 }).then(console.log);\n`,
      });
      expect((await seen([...command, "app.ts"], folder)).told).toContain("app.ts: call 3");
      expect((await seen([...command, "common.ts"], folder)).told).toContain("common.ts: call 2");
    },
  );
});
