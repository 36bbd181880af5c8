/** What the transformation of JavaScript and TypeScript leaves as it was, which is all but what it tells the recorder. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf, transform } from "../../src/observe/javascript/transform.ts";
import type { TransformOptions } from "../../src/observe/javascript/transform.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { moduleFiles, readModule } from "./javascript-files.ts";
import { randomScript } from "./random-scripts.ts";

setDefaultTimeout(patience);

const name = "$t";

/** The transformed text of a module; its sites are numbered from 0. */
function transformed(source: string, options: Partial<TransformOptions> = {}): string {
  const all = { module: "esm", typescript: false, jsx: false, name, ...options } as const;
  const result = transform(source, all);
  if (result === null) throw new Error(`cannot be parsed:\n${source}`);
  return codeOf(source, result, 0);
}

const lineCount = (text: string): number => text.split("\n").length;

const node = Bun.which("node");
const runtimes = [
  { runtime: "Bun", command: [process.execPath], why: "" },
  {
    runtime: "Node",
    command: [node ?? ""],
    why: node === null ? " (skipped: there is no node)" : "",
  },
];

/** Programs that look at what is easily broken. */
const scripts = [
  "common.cjs",
  "element.tsx",
  "language.mjs",
  "sloppy.cjs",
  "traps.mjs",
  "typed.ts",
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-transform-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes modules into a folder of their own, bare and transformed. */
async function write(
  title: string,
  modules: Record<string, { bare: string; transformed: string }>,
) {
  for (const kind of ["bare", "transformed"] as const) {
    const into = join(folder, title, kind);
    await mkdir(into, { recursive: true });
    for (const [file, texts] of Object.entries(modules))
      await Bun.write(join(into, file), texts[kind]);
  }
}

/** What the modules of a folder log, by their files. */
async function logs(command: readonly string[], title: string, kind: "bare" | "transformed") {
  const runner = join(import.meta.dir, "script-runner.mjs");
  const child = Bun.spawn([...command, runner, name, join(folder, title, kind)], {
    env: { ...process.env, BUN_BE_BUN: "1", NODE_NO_WARNINGS: "1" },
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect({ status: await child.exited, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Record<
    string,
    { end: string; log: string[]; unhandled: string[]; misused: string[] }
  >;
}

describe("the transformed text of a module", () => {
  test("law: has the lines of its source and is what the runtime can read, for all modules of this repository and of its packages", async () => {
    const every = rounds(41, 1);
    for (const path of moduleFiles.filter((_, index) => index % every === 0)) {
      const file = await readModule(path);
      const code = transformed(file.source, file);
      expect({ path, lines: lineCount(code) }).toEqual({ path, lines: lineCount(file.source) });
      new Bun.Transpiler({ loader: file.loader }).transformSync(code);
    }
  });
});

describe.each(runtimes)("on $runtime", ({ runtime, command, why }) => {
  test.skipIf(why !== "")(
    `what a program sees of itself is the same, bare and transformed${why}`,
    async () => {
      const title = `scripts-${runtime}`;
      const files = runtime === "Bun" ? scripts : scripts.filter((path) => !/tsx?$/.test(path));
      const modules = files.map(async (path) => {
        const bare = await Bun.file(join(import.meta.dir, "scripts", `${path}.txt`)).text();
        const module = path.endsWith(".cjs") ? "cjs" : "esm";
        const options = {
          module,
          typescript: /tsx?$/.test(path),
          jsx: path.endsWith("x"),
        } as const;
        const text = transformed(bare, options);
        expect(lineCount(text)).toBe(lineCount(bare));
        return [path, { bare, transformed: text }] as const;
      });
      await write(title, Object.fromEntries(await Promise.all(modules)));
      const bare = await logs(command, title, "bare");
      const seen = await logs(command, title, "transformed");
      for (const [file, expected] of Object.entries(bare))
        expect({ file, ...seen[file] }).toEqual({ file, ...expected });
      expect(Object.values(bare).map(({ end }) => end)).toEqual(files.map(() => "evaluated"));
    },
  );

  const count = rounds(10, 500);
  test.skipIf(why !== "")(
    `law: random modules log the same in the same order, bare and transformed, and each call is told of in order${why}`,
    async () => {
      const title = `random-${runtime}`;
      const from = Number(process.env["TANDEM_SEED"] ?? 1);
      const modules = Array.from({ length: count }, (_, index) => {
        const bare = randomScript(from + index);
        return [`${from + index}.mjs`, { bare, transformed: transformed(bare) }] as const;
      });
      await write(title, Object.fromEntries(modules));
      const bare = await logs(command, title, "bare");
      const seen = await logs(command, title, "transformed");
      for (const [file, expected] of Object.entries(bare))
        expect({ file, ...seen[file] }).toEqual({ file, ...expected });
      expect(Object.keys(bare)).toHaveLength(count);
      expect(allRounds || Object.values(bare).some(({ log }) => log.length > 20)).toBe(true);
    },
  );
});
