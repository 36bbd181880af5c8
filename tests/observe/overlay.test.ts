/** A text runs in place of what stands in a file: in every process, as the program that it is, and nothing is written. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { javascript } from "../../src/observe/javascript/javascript.ts";
import { observe, type Observed, type Observing } from "../../src/observe/observe.ts";
import { python } from "../../src/observe/python/python.ts";
import { patience } from "../support/patience.ts";
import { pythons } from "../support/python.ts";
import { temporaryFolder, type TemporaryFolder } from "../support/tandem.ts";
import { allRuntimes } from "./javascript/runtimes.ts";

setDefaultTimeout(patience);

const cache = temporaryFolder();
const { XDG_CACHE_HOME: before } = process.env;

beforeAll(() => {
  process.env["XDG_CACHE_HOME"] = cache.path;
});

afterAll(() => {
  if (before === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = before;
  cache[Symbol.dispose]();
});

type Texts = Readonly<Record<string, string | Uint8Array>>;

interface Ran {
  stdout: string;
  stderr: string;
  code: number | null;
  pid: number;
  /** By name and process: `app.py 0` for the one that was started, each other process with a number of its own. */
  served: string[];
  observed: Observed;
}

/** Writes the files of a program. */
function write(folder: TemporaryFolder, files: Texts): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(folder.file(name)), { recursive: true });
    writeFileSync(folder.file(name), text);
  }
}

/** Runs a command in a folder with other texts in place of some of its files, and holds that nothing there is touched. */
async function run(
  folder: TemporaryFolder,
  command: readonly string[],
  changed: Texts,
  options: Partial<Observing> = {},
): Promise<Ran> {
  const stood = listing(folder.path);
  const current = process.cwd();
  process.chdir(folder.path);
  try {
    const observed = await observe({
      command,
      languages: [python, javascript],
      variables: {},
      settings: { prints: true, blocksNs: 1e8, include: null, exclude: null },
      isQuiet: false,
      timeoutMs: patience / 2,
      hangMs: null,
      overlay: Object.entries(changed).map(([name, text]) => ({
        path: folder.file(name),
        text: Buffer.from(text),
      })),
      keepsOutput: true,
      tandem: "0.1.0",
      ...options,
    });
    expect(listing(folder.path)).toEqual(stood);
    const { output, code, served, trace } = observed;
    const { pid } = trace.header.source as { pid: number };
    const pids = [...new Set([pid, ...served.map((one) => one.pid)])];
    return {
      stdout: Buffer.from(output!.stdout).toString(),
      stderr: Buffer.from(output!.stderr).toString(),
      code,
      pid,
      served: served.map(
        (one) =>
          `${basename(one.path)} ${pids.indexOf(one.pid)}${one.thread === 0 ? "" : " thread"}`,
      ),
      observed,
    };
  } finally {
    process.chdir(current);
  }
}

/** All that a folder holds: names, modes, times and contents. */
function listing(folder: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    const { mode, mtimeMs } = lstatSync(path);
    const content = lstatSync(path).isSymbolicLink()
      ? readlinkSync(path)
      : lstatSync(path).isFile()
        ? Bun.hash(readFileSync(path)).toString(36)
        : "";
    all[name] = `${mode.toString(8)} ${mtimeMs} ${content}`;
  }
  return all;
}

const installed = pythons().filter(({ minor }) => minor >= 9);
const tested = installed.filter(({ minor }) => [9, 11, 13].includes(minor));

describe.each(tested.map((each) => ({ ...each, title: `Python 3.${each.minor}` })))(
  "a changed text in $title",
  ({ path }) => {
    test("runs as the script, which sees itself as it would bare", async () => {
      using folder = temporaryFolder();
      const text = `import atexit, sys
print("old", __name__, __file__, __loader__.path, __spec__, sys.argv, sys.path[0], sorted(globals()))
print(getattr(sys, "orig_argv", None), sys._getframe().f_code.co_filename, sys._getframe().f_back)
atexit.register(lambda: print("__file__" in globals()))
`;
      write(folder, { "in/app.py": text });
      const command = [path, "-W", "ignore", "./in/app.py", "one", "two"];
      const bare = Bun.spawnSync(command, { cwd: folder.path }).stdout.toString();
      const changed = { "in/app.py": text.replace("old", "new") };
      const ran = await run(folder, command, changed);
      expect(ran).toMatchObject({ stdout: bare.replace("old", "new"), stderr: "", code: 0 });
      expect(ran.served).toEqual(["app.py 0"]);
      expect(ran.observed.trace.header.source).toMatchObject({ command: command.join(" ") });
    });

    test("runs as an imported module, whatever was compiled of it before", async () => {
      using folder = temporaryFolder();
      const files = { "app.py": `import lib, other`, "lib.py": `print("old")`, "other.py": `` };
      write(folder, files);
      const command = [path, "app.py"];
      expect(Bun.spawnSync(command, { cwd: folder.path }).stdout.toString()).toBe("old\n");
      const ran = await run(folder, command, { "lib.py": `print("new")` });
      expect(ran).toMatchObject({ stdout: "new\n", code: 0, served: ["lib.py 0"] });
      expect(Bun.spawnSync(command, { cwd: folder.path }).stdout.toString()).toBe("old\n");
    });

    test("adds no bytecode to the folders of what it imports", async () => {
      using folder = temporaryFolder();
      write(folder, { "app.py": `import lib, other`, "lib.py": ``, "other.py": `print("other")` });
      const ran = await run(folder, [path, "app.py"], { "lib.py": `print("new")` });
      expect(ran.stdout).toBe("new\nother\n");
    });
  },
);

describe.each(allRuntimes.filter(({ why }) => why === ""))(
  "a changed text in $title",
  ({ command }) => {
    const texts = {
      "app.mjs": `import { lib } from "./lib.mjs";
import { createRequire } from "node:module";
console.log("old app", lib, createRequire(import.meta.url)("./common.cjs"));
console.log(new Error("here").stack.split("\\n")[1].replace(/:\\d+\\)?$/, ""));`,
      "lib.mjs": `export const lib = "old lib";`,
      "common.cjs": `module.exports = "old common";`,
    };

    test("runs as the program and as its modules of either kind", async () => {
      using folder = temporaryFolder();
      write(folder, texts);
      const ran = await run(folder, [...command, "app.mjs"], changedIn(texts));
      const [first, second] = ran.stdout.split("\n");
      expect(first).toBe("new app new lib new common");
      expect(second).toEndWith(`${folder.file("app.mjs")}:4`);
      expect(ran).toMatchObject({ stderr: "", code: 0 });
      expect(ran.served.toSorted()).toEqual(["app.mjs 0", "common.cjs 0", "lib.mjs 0"]);
    });
  },
);

/** Texts with another word in them. */
function changedIn(texts: Readonly<Record<string, string>>): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text.replaceAll("old", "new")]),
  );
}

describe("what a program prints", () => {
  test("is kept, each stream by itself, and shown nowhere", async () => {
    using folder = temporaryFolder();
    const ran = await run(folder, ["sh", "-c", "echo out; echo err >&2; sh -c 'echo child'"], {});
    expect(ran).toMatchObject({ stdout: "out\nchild\n", stderr: "err\n" });
  });

  test("is cut where it goes on and on, which neither holds it up nor fills the system", async () => {
    using folder = temporaryFolder();
    const ran = await run(folder, ["sh", "-c", "echo first; head -c 20000000 /dev/zero"], {});
    const cut = "\n[cut here: the first 4 MB are kept]\n";
    expect(ran.stdout).toStartWith("first\n\0");
    expect(ran.stdout).toEndWith(`\0${cut}`);
    expect(ran.stdout.length).toBe(4 * 2 ** 20 + cut.length);
  });
});

describe("standard input", () => {
  test("is a file that every run reads from its beginning", async () => {
    using folder = temporaryFolder();
    using elsewhere = temporaryFolder();
    const input = elsewhere.file("input", "one\ntwo\n");
    for (const _ of [1, 2])
      expect(await run(folder, ["sh", "-c", "read x; echo $x; cat"], {}, { input })).toMatchObject({
        stdout: "one\ntwo\n",
      });
  });

  test("is kept where it is neither a terminal nor nothing", () => {
    using folder = temporaryFolder();
    const script = folder.file(
      "keep.ts",
      `import { keepInput } from ${JSON.stringify(join(import.meta.dir, "../../src/observe/input.ts"))};
import { existsSync, readFileSync, statSync } from "node:fs";
let path;
{
  using kept = await keepInput(() => undefined);
  path = kept?.path ?? null;
  if (path !== null) console.log(readFileSync(path, "utf8"), (statSync(path).mode & 0o777).toString(8));
}
console.log(path !== null && existsSync(path));`,
    );
    const keptOf = (stdin: string): string => {
      const command = ["sh", "-c", `"$0" "$1" ${stdin}`, process.execPath, script];
      return Bun.spawnSync(command, { stdin: Buffer.from("a pipe's") }).stdout.toString();
    };
    folder.file("input", "a file's");
    expect(keptOf("")).toBe("a pipe's 600\nfalse\n");
    expect(keptOf(`< ${folder.file("input")}`)).toBe("a file's 600\nfalse\n");
    expect(keptOf("< /dev/null")).toBe("false\n");
    expect(keptOf("<&-")).toBe("false\n");
  });
});
