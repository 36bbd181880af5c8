/** A text runs in place of what stands in a file: in every process, as the program that it is, and nothing is written. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { javascript } from "../../src/observe/javascript/javascript.ts";
import { observe, type Observed, type Observing } from "../../src/observe/observe.ts";
import { python } from "../../src/observe/python/python.ts";
import { useOwnCache } from "../support/own-cache.ts";
import { patience } from "../support/patience.ts";
import { pythons } from "../support/python.ts";
import { testByTurns } from "../support/python-turns.ts";
import { temporaryFolder, type TemporaryFolder } from "../support/tandem.ts";
import { allRuntimes } from "./javascript/runtimes.ts";
import { unless } from "../support/skipped.ts";

setDefaultTimeout(patience);

useOwnCache();

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

/** Other texts, with another word in them. */
function changedIn(texts: Texts): Record<string, Buffer> {
  const changed = (text: string | Uint8Array): Buffer =>
    Buffer.from(Buffer.from(text).toString("latin1").replaceAll("old", "new"), "latin1");
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, changed(text)]));
}

/**
 * Runs a program with changed texts in place of some of its files, and holds that it prints what it prints bare when these
 * stand in the files.
 */
async function runsAsBare(
  folder: TemporaryFolder,
  command: readonly string[],
  files: Texts,
  changed: Texts = changedIn(files),
): Promise<Ran> {
  write(folder, { ...files, ...changed });
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const bare = Bun.spawnSync([...command], { cwd: folder.path, env, stdin: "ignore" });
  write(folder, files);
  const ran = await run(folder, command, changed);
  expect({ stdout: ran.stdout, stderr: ran.stderr, code: ran.code }).toEqual({
    stdout: bare.stdout.toString(),
    stderr: bare.stderr.toString(),
    code: bare.exitCode,
  });
  expect(ran.stdout + ran.stderr).toContain("new");
  return ran;
}

describe("a changed text in Python", () => {
  testByTurns("runs as the script, which sees itself as it would bare", async ({ path }) => {
    using folder = temporaryFolder();
    const text = `import atexit, sys
print("old", __name__, __file__, __loader__.path, __spec__, sys.argv, sys.path[0], sorted(globals()))
print(getattr(sys, "orig_argv", None), sys._getframe().f_code.co_filename, sys._getframe().f_back)
atexit.register(lambda: print("__file__" in globals()))
`;
    const command = [path, "-W", "ignore", "./in/app.py", "one", "two"];
    const ran = await runsAsBare(folder, command, { "in/app.py": text });
    expect(ran.served).toEqual(["app.py 0"]);
    expect(ran.observed.trace.header.source).toMatchObject({ command: command.join(" ") });
  });

  testByTurns(
    "runs as an imported module, whatever was compiled of it before",
    async ({ path }) => {
      using folder = temporaryFolder();
      const files = { "app.py": `import lib, other`, "lib.py": `print("old")`, "other.py": `` };
      write(folder, files);
      const command = [path, "app.py"];
      expect(Bun.spawnSync(command, { cwd: folder.path }).stdout.toString()).toBe("old\n");
      const ran = await run(folder, command, { "lib.py": `print("new")` });
      expect(ran).toMatchObject({ stdout: "new\n", code: 0, served: ["lib.py 0"] });
      expect(Bun.spawnSync(command, { cwd: folder.path }).stdout.toString()).toBe("old\n");
    },
  );

  testByTurns("adds no bytecode to the folders of what it imports", async ({ path }) => {
    using folder = temporaryFolder();
    write(folder, { "app.py": `import lib, other`, "lib.py": ``, "other.py": `print("other")` });
    const ran = await run(folder, [path, "app.py"], { "lib.py": `print("new")` });
    expect(ran.stdout).toBe("new\nother\n");
  });

  testByTurns("is what tracebacks, warnings and inspect show", async ({ path }) => {
    using folder = temporaryFolder();
    const files = {
      "app.py": `import inspect, linecache, threading, traceback, warnings
import lib
def fail():
    raise ValueError("old")  # an old line
class Dropped:
    def __del__(self):
        fail()  # old
thread = threading.Thread(target=fail, name="T")
thread.start()
thread.join()
try:
    fail()
except ValueError:
    traceback.print_exc()
warnings.warn("old")
linecache.clearcache()
print(inspect.getsource(fail))
fail()  # the last of the old
`,
      "lib.py": `if "old" is 1: pass\n`,
    };
    await runsAsBare(folder, [path, "app.py"], files);
  });

  testByTurns("runs behind symbolic links, as a package, and as a folder", async ({ path }) => {
    using folder = temporaryFolder();
    const files = {
      "real/__init__.py": `print("old", __name__)`,
      "real/__main__.py": `import sys\nprint("old", __name__, __package__, __file__, sys.argv, sys.path[0])\nfrom real import lib`,
      "real/lib.py": `print("old", __name__, __file__)`,
      "real/app.py": `import sys\nprint("old", __file__, sys.argv, sys.path[0])\nimport lib, linked_lib`,
    };
    write(folder, files);
    symlinkSync("real/app.py", folder.file("app"));
    symlinkSync("real", folder.file("linked"));
    symlinkSync("lib.py", folder.file("real/linked_lib.py"));
    const script = await runsAsBare(folder, [path, "app", "x"], files);
    expect(script.served).toEqual(["app.py 0", "lib.py 0"]);
    await runsAsBare(folder, [path, "linked/../linked/app.py"], files);
    const main = await runsAsBare(folder, [path, "-m", "real", "x"], files);
    expect(main.served).toEqual(["__init__.py 0", "__main__.py 0", "lib.py 0"]);
    const inFolder = { ...files, "real/__main__.py": `import sys\nprint("old", sys.argv)` };
    expect((await runsAsBare(folder, [path, "real"], inFolder)).served).toEqual(["__main__.py 0"]);
  });

  testByTurns(
    "is read as its bytes are: CRLF, a BOM, a cookie of latin-1, 10,000 lines, no right to write",
    async ({ path }) => {
      const lines = Array.from({ length: 10_000 }, (_, at) => `def f${at}(): return "old"`);
      const texts: Texts = {
        crlf: `if 1:\r\n\tprint("old", repr("""a\r\nb"""))\r\n`,
        bom: `\uFEFFprint("old", ascii("ä"))`,
        latin: Buffer.from(`# coding: latin-1\nprint("old", ascii("\xE4"))\n`, "latin1"),
        long: `${lines.join("\n")}\nimport sys\nprint(f9999(), sys._getframe().f_lineno)\n`,
      };
      for (const text of Object.values(texts)) {
        using folder = temporaryFolder();
        const main = Buffer.concat([Buffer.from(text), Buffer.from("\nimport lib")]);
        const ran = await runsAsBare(folder, [path, "app.py"], { "app.py": main, "lib.py": text });
        expect(ran.served).toEqual(["app.py 0", "lib.py 0"]);
      }
      using folder = temporaryFolder();
      write(folder, { "app.py": `import lib`, "lib.py": `print("old")` });
      chmodSync(folder.file("lib.py"), 0o444);
      chmodSync(folder.path, 0o555);
      const ran = await run(folder, [path, "app.py"], { "lib.py": `print("new")` });
      expect(ran).toMatchObject({ stdout: "new\n", served: ["lib.py 0"] });
      chmodSync(folder.path, 0o755);
    },
  );

  testByTurns(
    "runs in every process below, however it was started, and each is told",
    async ({ path }) => {
      using folder = temporaryFolder();
      const files = {
        "app.py": `import multiprocessing, os, subprocess, sys
def child(way):
    print("old", way, flush=True)
if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(child("itself"))
    for way in ("fork", "spawn"):
        process = multiprocessing.get_context(way).Process(target=child, args=(way,))
        process.start()
        process.join()
    subprocess.run([sys.executable, __file__, "x"])
    subprocess.run([sys.executable, "-c", "import app; app.child('import')"])
`,
      };
      const { served, observed } = await runsAsBare(folder, [path, "app.py"], files);
      expect(served).toEqual(["app.py 0", "app.py 1", "app.py 2", "app.py 3", "app.py 4"]);
      const pids = [...observed.trace.definitions.processes].map(([, { pid }]) => pid!);
      expect(new Set(observed.served.map(({ pid }) => pid))).toEqual(new Set(pids));
    },
  );

  testByTurns("of a module in a zip is not served, and not told to be", async ({ path }) => {
    using folder = temporaryFolder();
    const files = {
      "app.py": `import sys\nsys.path[:0] = ["all.zip"]\nimport lib`,
      "lib.py": `print("old")`,
    };
    write(folder, files);
    const zip = Bun.spawnSync([path, "-m", "zipfile", "-c", "all.zip", "lib.py"], {
      cwd: folder.path,
    });
    expect(zip.exitCode).toBe(0);
    const ran = await run(folder, [path, "app.py"], { "lib.py": `print("new")` });
    expect(ran).toMatchObject({ stdout: "old\n", served: [] });
  });

  testByTurns(
    "of a script that cannot be run otherwise is not served, and not told to be",
    async ({ path }) => {
      using folder = temporaryFolder();
      write(folder, { "app.py": `no Python\nprint("old")` });
      const ran = await run(folder, [path, "-x", "app.py"], {
        "app.py": `no Python\nprint("new")`,
      });
      expect(ran).toMatchObject({ stdout: "old\n", served: [] });
    },
  );
});

const withPytest = pythons().find(
  ({ path }) => Bun.spawnSync([path, "-c", "import pytest"], { stderr: "ignore" }).exitCode === 0,
);

test.skipIf(withPytest === undefined)(
  `a changed file of tests runs in pytest${withPytest === undefined ? " (skipped: there is no pytest)" : ""}`,
  async () => {
    using folder = temporaryFolder();
    write(folder, {
      "conftest.py": `print("old conftest")`,
      "test_app.py": `import lib\ndef test_it():\n    assert lib.word() == "new", "the old test"\n`,
      "lib.py": `def word(): return "old"`,
    });
    const command = [
      withPytest!.path,
      "-m",
      "pytest",
      "-s",
      "-q",
      "-p",
      "no:cacheprovider",
      "-p",
      "no:benchmark",
    ];
    const ran = await run(folder, command, {
      "conftest.py": `print("new conftest")`,
      "test_app.py": `import lib\ndef test_it():\n    assert lib.word() == "new"\n    print("new test")\n`,
      "lib.py": `def word(): return "new"`,
    });
    expect(ran.stdout).toContain("new conftest");
    expect(ran.stdout).toContain("new test");
    expect(ran).toMatchObject({ code: 0, served: ["conftest.py 0", "test_app.py 0", "lib.py 0"] });
  },
);

describe.each(allRuntimes.filter(({ why }) => why === ""))(
  "a changed text in $title",
  ({ command, isBun, isTyped }) => {
    test("runs as the program and as its modules of either kind", async () => {
      using folder = temporaryFolder();
      const ran = await runsAsBare(folder, [...command, "app.mjs"], {
        "app.mjs": `import { lib } from "./lib.mjs";
import { createRequire } from "node:module";
console.log("old app", lib, createRequire(import.meta.url)("./common.cjs"), String(later));
async function later() { await null; return new Error("here").stack.split("\\n")[1].replace(/:\\d+\\)?$/, ""); }
console.log(await later());`,
        "lib.mjs": `export const lib = "old lib";`,
        "common.cjs": `module.exports = "old common";`,
      });
      expect(ran.served.toSorted()).toEqual(["app.mjs 0", "common.cjs 0", "lib.mjs 0"]);
    });

    test("runs as a program of CommonJS, of CRLF, with a BOM, behind a symbolic link", async () => {
      using folder = temporaryFolder();
      const files = {
        "real/app.cjs": `\uFEFFconst lib = require("./lib.js");\r\nconsole.log("old", lib, require.main === module, __filename);\r\nimport("./later.mjs");\r\n`,
        "real/lib.js": `module.exports = "old";\r\n`,
        "real/later.mjs": `\uFEFFconsole.log("old later");`,
      };
      write(folder, files);
      symlinkSync("real/app.cjs", folder.file("app.cjs"));
      const ran = await runsAsBare(folder, [...command, "app.cjs"], files);
      expect(ran.served.toSorted()).toEqual(["app.cjs 0", "later.mjs 0", "lib.js 0"]);
    });

    test("runs in Workers and in processes below, and each is told", async () => {
      using folder = temporaryFolder();
      const ran = await runsAsBare(folder, [...command, "app.mjs"], {
        "app.mjs": `import { Worker } from "node:worker_threads";
import { fork, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
const here = (name) => new URL(name, import.meta.url);
for (const file of ["worker.mjs", "worker.cjs"])
  await new Promise((resolve) => new Worker(here(file)).on("message", console.log).on("exit", resolve));
await new Promise((resolve) => fork(fileURLToPath(here("child.mjs"))).on("exit", resolve));
console.log(spawnSync(process.execPath, ["child.mjs"], { env: { PATH: process.env.PATH } }).stdout.toString());`,
        "worker.mjs": `import { parentPort } from "node:worker_threads";\nparentPort.postMessage("old worker");`,
        "worker.cjs": `require("node:worker_threads").parentPort.postMessage("old worker of CommonJS");`,
        "child.mjs": `console.log("old child");`,
      });
      expect(ran.served).toEqual([
        "app.mjs 0",
        "worker.mjs 0 thread",
        "worker.cjs 0 thread",
        "child.mjs 1",
        "child.mjs 2",
      ]);
    });

    // Bun does not ask what stands in require.extensions for what a plugin gives it.
    test.skipIf(isBun)(
      `is what loaders of the program's own make something of${unless(!isBun, "Bun has no such loaders")}`,
      async () => {
        using folder = temporaryFolder();
        const making = (from: string): string =>
          `require.extensions[".js"] = (module, file) =>
  module._compile(require("node:fs").readFileSync(${from}, "utf8").replace("made", "of"), file);
`;
        const lib = `const { readFileSync } = require("node:fs");
console.log("old made", readFileSync(__filename, "utf8").slice(-3));
async function lost() { await new Promise(() => {}); }
lost();//old`;
        const ranWith = async (from: string): Promise<Ran> => {
          write(folder, {
            "made.cjs": making(from),
            "app.cjs": app,
            "lib.js": lib,
            "kept.txt": lib,
          });
          const ran = await run(folder, [...command, "app.cjs"], changedIn({ "lib.js": lib }));
          const { actors } = ran.observed.trace.definitions;
          expect([...actors].map(([, { function: of }]) => of)).toContain("lost");
          expect(ran).toMatchObject({ stderr: "", code: 0 });
          return ran;
        };
        const app = `require("./made.cjs");\nrequire("./lib.js");`;
        // The program itself reads what stands in the file.
        expect(await ranWith("file")).toMatchObject({
          stdout: "new of old\n",
          served: ["lib.js 0"],
        });
        const ofOther = `file.replace("lib.js", "kept.txt")`;
        expect(await ranWith(ofOther)).toMatchObject({ stdout: "old of old\n", served: [] });
      },
    );

    test("is told of a process of which another thread has told before", async () => {
      using folder = temporaryFolder();
      const preloaded = `const { Worker } = require("node:worker_threads");
if (require("node:worker_threads").isMainThread) {
  const turns = new Int32Array(new SharedArrayBuffer(4));
  new Worker("const { workerData: turns } = require('node:worker_threads'); setInterval(() => Atomics.add(turns, 0, 1), 30)", {
    eval: true,
    workerData: turns,
  }).unref();
  while (Atomics.load(turns, 0) < 4);
}`;
      write(folder, { "app.cjs": `console.log("old");`, "node_modules/first/index.js": preloaded });
      const words = [...command, "-r", "first", "app.cjs"];
      const ran = await run(folder, words, { "app.cjs": `console.log("new");` });
      expect(ran).toMatchObject({ stdout: "new\n", stderr: "", code: 0, served: ["app.cjs 0"] });
      expect(ran.observed.unseen).toEqual([]);
    });

    test.skipIf(!isTyped)(
      `runs as TypeScript${unless(isTyped, "this Node reads no types")}`,
      async () => {
        using folder = temporaryFolder();
        const ran = await runsAsBare(folder, [...command, "app.mts"], {
          "app.mts": `import type { Word } from "./lib.mts";\nimport { word } from "./lib.mts";\nconst mine: Word = "old";\nconsole.log(mine, word);`,
          "lib.mts": `export type Word = string;\nexport const word: Word = "old lib";`,
        });
        expect(ran.served.toSorted()).toEqual(["app.mts 0", "lib.mts 0"]);
      },
    );
  },
);

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
