/** What the transformation of JavaScript and TypeScript leaves as it was, which is all but what it tells the recorder. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf, withoutTypes } from "../../src/observe/javascript/code.ts";
import { parseModule } from "../../src/observe/javascript/syntax.ts";
import { transform } from "../../src/observe/javascript/transform.ts";
import type { TransformOptions } from "../../src/observe/javascript/transform.ts";
import { typesIn } from "../../src/observe/javascript/typescript-types.ts";
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
    stdout: "ignore",
    stderr: "pipe",
  });
  const stderr = await child.stderr.text();
  expect({ status: await child.exited, stderr }).toEqual({ status: 0, stderr: "" });
  return (await Bun.file(`${join(folder, title, kind)}.json`).json()) as Record<
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

describe("a text without its types", () => {
  test("law: is JavaScript, line by line, for all modules of this repository", async () => {
    const every = rounds(23, 1);
    const typed = moduleFiles.filter((path) => path.startsWith("src/"));
    for (const path of typed.filter((_, index) => index % every === 0)) {
      const file = await readModule(path);
      const types = typesIn(parseModule(file.source, file), file.source);
      if (types === null) throw new Error(`${path} cannot be had without its types`);
      const text = withoutTypes(file.source, types);
      expect({ path, lines: lineCount(text) }).toEqual({ path, lines: lineCount(file.source) });
      new Bun.Transpiler({ loader: "js" }).transformSync(text);
    }
  });

  test("has none where something is to be written in other words", () => {
    for (const source of [
      "enum A { B }",
      "namespace A { export const b = 1 }",
      "class A { constructor(private b: number) {} }",
    ])
      expect(
        typesIn(parseModule(source, { module: "cjs", typescript: true, jsx: false }), source),
      ).toBeNull();
  });
});

describe("the sites of a module", () => {
  /** Each as `kind line function`, with what it was given to and how it is dropped. */
  function sitesOf(source: string): string[] {
    const options = { module: "esm", typescript: false, jsx: false, name } as const;
    return transform(source, options)!.sites.map(({ kind, line, function: of, ...more }) =>
      [
        `${kind} ${line} ${of}`,
        ...(more.called === undefined ? [] : [`calls ${more.called.callee}`]),
        ...(more.given === undefined ? [] : [`given to ${more.given.callee}:${more.given.line}`]),
        ...(more.given?.dropped || more.dropped ? ["dropped"] : []),
      ].join(", "),
    );
  }

  test("tell of callbacks by what they are given to, and of calls by where they are made", () => {
    const source = `async function migrate(users) {
  users.forEach(async (user) => {
    await update(user);
  });
  await Promise.all(users.map((row) => insert(row)));
}
process.on("exit", async () => {});
process.on("beforeExit", () => flush());
setTimeout(() => {}, 5);
const kept = migrate();
process.exit(0);
`;
    expect(sitesOf(source)).toEqual([
      "module 1 <module>",
      "call 1 migrate",
      "dropped 2 migrate, calls users.forEach, dropped",
      "call 2 forEach callback, given to users.forEach:2, dropped",
      "await 3 forEach callback, calls update, dropped",
      "await 5 migrate, calls Promise.all, dropped",
      "combinator 5 migrate, calls Promise.all",
      "escapes 5 migrate, calls users.map",
      "escapes 5 map callback, calls insert",
      "exit 7 <module>, calls process.on",
      "call 7 exit listener, given to process.on:7, dropped",
      "exit 8 <module>, calls process.on",
      "callback 8 beforeExit listener, given to process.on:8, dropped",
      "dropped 8 beforeExit listener, calls flush, dropped",
      "handle 9 <module>, calls setTimeout, dropped",
      "callback 9 timer callback, given to setTimeout:9, dropped",
      "escapes 10 <module>, calls migrate",
      "exit 11 <module>, calls process.exit",
    ]);
  });

  test("tell which then of an executor hands on how another promise settles, and no other", () => {
    const settlingIn = (body: string): number => {
      const all = { module: "esm", typescript: false, jsx: false, name } as const;
      const { sites } = transform(`const p = new Promise((yes, no) => {\n${body}\n});`, all)!;
      return sites.filter(({ settles }) => settles === true).length;
    };
    expect(settlingIn("other.then(yes, no);")).toBe(1);
    expect(settlingIn("other.then((value) => yes(value.name)).catch(no);")).toBe(2);
    // It is waited for until it fails only, or for something else, or later.
    expect(settlingIn("other.catch(no);")).toBe(0);
    expect(settlingIn("other.then(log);")).toBe(0);
    expect(settlingIn("setTimeout(() => other.then(yes), 5);")).toBe(0);
  });

  test("are none for what the module shows to be synchronous", () => {
    const source = `const list = [];
function square(x) { return x * x; }
const twice = (x) => square(x) + square(x);
list.push(twice(2), Math.max(1, square(3)));
console.log(list.join(), JSON.stringify(twice(1)));
`;
    expect(sitesOf(source)).toEqual(["module 1 <module>"]);
  });

  test("a text that cannot be parsed has no transformation", () => {
    const options = { module: "esm", typescript: false, jsx: false, name } as const;
    expect(transform("const = 1;", options)).toBeNull();
  });

  test("a name that the source has is made longer", () => {
    const options = { module: "esm", typescript: false, jsx: false, name } as const;
    expect(transform("const $t = 1, $t_ = 2;", options)?.name).toBe("$t__");
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
