/**
 * `tandem observe` of programs in JavaScript and TypeScript, as a user meets it, on the Bun inside tandem and on Node.js.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { readTrace } from "../../../src/trace/read.ts";
import { findPython } from "../../support/python.ts";
import { allRounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { Lanes } from "../../support/real.ts";
import {
  callBeside,
  type CallOptions,
  command,
  environment,
  tandemHere,
  type TemporaryFolder,
  temporaryFolder,
} from "../../support/tandem.ts";
import { TandemInTerminal } from "../../support/terminal.ts";
import { unless } from "../../support/skipped.ts";

setDefaultTimeout(patience);

/** What runs a program: the options of tandem that say so, and what its runtime is called in a trace. */
const runtimes = [
  { name: "the Bun inside tandem", options: [], runtime: /^Bun \d/, isThere: true },
  {
    name: "Node.js",
    options: ["--runtime", "node"],
    runtime: /^Node\.js \d/,
    isThere: Bun.which("node") !== null,
  },
];

/** So many at once: programs mostly wait. */
const lanes = new Lanes(3);

function beside(title: string, body: () => Promise<void>): void {
  test.concurrent(title, () => lanes.run(body));
}

/** Runs that the system lets mount something of their own. */
const mayMount =
  process.platform === "linux" &&
  Bun.which("unshare") !== null &&
  Bun.spawnSync(["unshare", "-rm", "true"]).exitCode === 0;

for (const [order, { name, options, runtime, isThere }] of runtimes.entries()) {
  /** Observes a program that is given as its text. */
  const observed = async (text: string, more: readonly string[] = [], call: CallOptions = {}) => {
    using folder = temporaryFolder();
    folder.file("app.mjs", text);
    const words = [...command(), "observe", ...options, ...more, "app.mjs", "a", "--b"];
    return await callBeside(words, { cwd: folder.path, ...call });
  };

  let turn = 0;
  /** What tandem does alike whatever the runtime: in the suite on one of them, by turns, and by the laws on both. */
  const byTurns = (title: string, body: () => Promise<void>): void => {
    const isInTurn = turn++ % runtimes.filter((one) => one.isThere).length === order;
    if (allRounds || isInTurn) beside(`law: ${title}`, body);
  };

  describe.skipIf(!isThere)(`a program on ${name}${unless(isThere, "it is not installed")}`, () => {
    test.each([
      ["its own", "process.exit(3)", 3],
      ["that which it has set", "process.exitCode = 4", 4],
      ["1 where it throws", "throw new Error('no')", 1],
      ["1 where nobody handles a rejection", "Promise.reject(new Error('no'))", 1],
      ["that of a signal that kills it", "process.kill(process.pid, 'SIGKILL')", 137],
      [
        "that of a signal that ends it",
        "process.kill(process.pid, 'SIGTERM'); await new Promise((go) => setTimeout(go, 5000))",
        143,
      ],
    ])("has the exit status %#: %s", async (_, text, status) => {
      expect((await observed(text, ["--quiet"])).status).toBe(status);
    });

    beside("gets its arguments and its input, whatever they look like", async () => {
      const text = `process.stdin.on("data", (data) => console.log(process.argv.slice(2).join(), String(data)));`;
      const { stdout, stderr } = await observed(text, ["--quiet"], { stdin: "typed" });
      expect({ stdout, stderr }).toEqual({ stdout: "a,--b typed\n", stderr: "" });
    });

    byTurns(
      "may come by standard input, of which nothing is seen then, and that is said",
      async () => {
        const stdin = "console.log(process.argv.slice(2).join())";
        const named = options.length === 0 ? ["--runtime", "bun"] : options;
        const words = [...command(), "observe", ...named, "-", "x", "--y"];
        const { status, stdout, stderr } = await callBeside(words, { stdin });
        expect({ status, stdout }).toEqual({ status: 0, stdout: "x,--y\n" });
        expect(stderr.replaceAll(/\s+/g, " ")).toContain("its text stands in no file");
      },
    );

    beside("is called by its own name, whatever that looks like", async () => {
      using folder = temporaryFolder();
      folder.file("it's my app.mjs", "console.log(1)");
      const words = [...command(), "observe", ...options, "it's my app.mjs", "two words"];
      const { stderr } = await callBeside(words, { cwd: folder.path });
      expect(stderr).toContain(String.raw`'it'\''s my app.mjs' 'two words', `);
      folder.file(
        "again.mjs",
        `import { execFileSync } from "node:child_process";
execFileSync(process.execPath, ["it's my app.mjs"]);`,
      );
      const { processes } = await processesOf([...options, "again.mjs"], folder.path);
      expect(processes.map(([called]) => called)).toEqual(["again.mjs", "it's my app.mjs"]);
    });

    byTurns(
      "has its verdict on stderr, behind what it wrote there itself, by its own name",
      async () => {
        const { stderr } = await observed("console.error('mine')");
        expect(stderr).toMatch(/^mine\n\napp\.mjs a --b, (?:Bun|Node\.js) \d/);
        expect(stderr).toContain("exit status 0");
      },
    );

    byTurns("is a trace that is read again, with its process and its end", async () => {
      using folder = temporaryFolder();
      const file = folder.file("events.ndjson");
      await observed("process.exit(4)", ["--quiet", "--events", file]);
      const trace = readTrace([readFileSync(file, "utf8")], file);
      expect(trace.unknown).toEqual([]);
      expect(trace.source).toMatchObject({ kind: "observed", language: "javascript" });
      expect([...trace.definitions.processes]).toHaveLength(1);
      expect(readFileSync(file, "utf8")).toMatch(/"type":"process-ended".*"code":4/);
    });

    byTurns("leaves stdout to --json - alone where that is wanted", async () => {
      const words = ["--quiet-program", "--quiet", "--json", "-"];
      const { stdout } = await observed("console.log('hidden')", words);
      const { source, exit } = JSON.parse(stdout) as { source: { runtime: string }; exit: object };
      expect(exit).toMatchObject({ code: 0 });
      expect(source).toMatchObject({
        language: "javascript",
        runtime: expect.stringMatching(runtime),
      });
    });

    byTurns("is ended when its time is over, and where it stood is told", async () => {
      const text =
        "function wait() {\n  return new Promise((go) => setTimeout(go, 60_000));\n}\nawait wait();";
      const { status, stderr } = await observed(text, ["--timeout", "2s"]);
      expect(status).toBe(124);
      expect(stderr).toContain("app.mjs:4");
      expect(stderr).toContain("--timeout");
    });

    byTurns("that heeds no SIGTERM is killed when its time is over", async () => {
      const text = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
      expect((await observed(text, ["--timeout", "500ms", "--quiet"])).status).toBe(124);
    });

    beside(
      "that waits for what nothing can settle is ended by --hang, unless its runtime ends it, and where it stands is told",
      async () => {
        const text = "console.log('up');\n\nawait new Promise(() => {});";
        const { status, stdout, stderr } = await observed(text, [
          "--hang",
          "1s",
          "--timeout",
          "20s",
        ]);
        expect(stdout).toBe("up\n");
        expect(status).toBe(runtime.test("Bun 1") ? 124 : 13);
        expect(stderr).toContain("app.mjs:3");
      },
    );

    beside(
      "whose main stands in a call that nothing can end is ended by --hang, and where it stands is told",
      async () => {
        const text =
          "const cell = new Int32Array(new SharedArrayBuffer(4));\n\nAtomics.wait(cell, 0, 0);";
        const { status, stderr } = await observed(text, ["--hang", "1s", "--timeout", "20s"]);
        expect(status).toBe(124);
        expect(stderr).toContain("app.mjs:3");
        expect(stderr).toContain("--hang");
      },
    );

    beside(
      "whose main stands in a call that has a limit, or waits for a child, is no hang",
      async () => {
        const cell = "const cell = new Int32Array(new SharedArrayBuffer(4));";
        const child = `import { execFileSync } from "node:child_process";`;
        for (const text of [
          `${cell} Atomics.wait(cell, 0, 0, 1500); console.log("done");`,
          `${child} execFileSync("sleep", ["1.5"]); console.log("done");`,
        ]) {
          const { status, stdout } = await observed(text, ["--hang", "500ms", "--quiet"]);
          expect({ status, stdout }).toEqual({ status: 0, stdout: "done\n" });
        }
      },
    );

    beside("that a timer will wake is no hang", async () => {
      const text = "await new Promise((go) => setTimeout(go, 1800)); console.log('done')";
      const { status, stdout } = await observed(text, ["--hang", "500ms", "--quiet"]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: "done\n" });
    });

    byTurns("falls short of a demand with 1, unless it has a status of its own", async () => {
      const text = "await new Promise((go) => setTimeout(go, 200));";
      const must = ["--must", "wall<=1ms"];
      expect((await observed(text, must)).status).toBe(1);
      expect((await observed(`${text} process.exit(3)`, must)).status).toBe(3);
      expect((await observed(text, ["--must", "wall<=60s"])).status).toBe(0);
    });

    beside("goes on when SIGUSR1 asks tandem where it stands", async () => {
      using folder = temporaryFolder();
      folder.file(
        "app.mjs",
        `import { existsSync } from "node:fs";
console.log("ready");
while (!existsSync("go")) await new Promise((go) => setTimeout(go, 20));
console.log("done");`,
      );
      const child = Bun.spawn([...command(), "observe", ...options, "app.mjs"], {
        cwd: folder.path,
        env: environment(),
        stdio: ["ignore", "pipe", "pipe"],
      });
      const stderr = child.stderr.getReader();
      const decoder = new TextDecoder();
      let told = "";
      const toldSo = async (wanted: RegExp): Promise<void> => {
        while (!wanted.test(told)) {
          const { done, value } = await stderr.read();
          if (done) return;
          told += decoder.decode(value);
        }
      };
      let text = "";
      for await (const piece of child.stdout) {
        text += decoder.decode(piece);
        if (!text.includes("ready") || text.includes("done")) continue;
        // Its recorder writes at once when it has started, and tandem looks around ten times a second.
        await Bun.sleep(300);
        child.kill("SIGUSR1");
        await toldSo(/app\.mjs:3/);
        folder.file("go", "");
      }
      await toldSo(/exit status 0/);
      expect(await child.exited).toBe(0);
      expect(text).toBe("ready\ndone\n");
      expect(told.match(/^app\.mjs, /gm)).toHaveLength(2);
    });

    beside("is told as far as it was known when it is killed", async () => {
      using folder = temporaryFolder();
      folder.file(
        "app.mjs",
        `async function upload() {
  await new Promise((go) => setTimeout(go, 60_000));
}
void upload();
setTimeout(() => process.kill(process.pid, "SIGKILL"), 300);`,
      );
      const words = [...command(), "observe", ...options, "app.mjs"];
      const { status, stderr } = await callBeside(words, { cwd: folder.path });
      expect(status).toBe(137);
      expect(stderr).toContain("SIGKILL");
      expect(stderr).toMatch(/upload\s+LOST/);
      expect(stderr).toContain("app.mjs:2");
    });

    byTurns("runs on when tandem is killed, and what that left is swept by the next", async () => {
      using folder = temporaryFolder();
      folder.file(
        "app.mjs",
        "console.log(process.env.TANDEM_RECORD); setTimeout(() => console.log('done'), 1000)",
      );
      const child = Bun.spawn([...command(), "observe", ...options, "app.mjs"], {
        cwd: folder.path,
        env: environment(),
        stdio: ["ignore", "pipe", "ignore"],
      });
      let text = "";
      for await (const piece of child.stdout) {
        if (text === "") child.kill("SIGKILL");
        text += new TextDecoder().decode(piece);
      }
      const [left, done] = text.split("\n");
      expect(done).toBe("done");
      await observed("", ["--quiet"]);
      expect(left).toContain("tandem-observe-");
      expect(existsSync(left!)).toBeFalse();
    });

    byTurns(
      "gets Ctrl-C by the terminal, once, and its verdict comes behind its own end",
      async () => {
        using folder = temporaryFolder();
        folder.file(
          "app.mjs",
          `process.on("SIGINT", () => {
  console.log("interrupted");
  setTimeout(() => process.exit(5), 50);
});
console.log("ready");
setInterval(() => {}, 1000);`,
        );
        await using terminal = new TandemInTerminal(["observe", ...options, "app.mjs"], {
          cwd: folder.path,
        });
        await terminal.shows("ready");
        terminal.type("\u0003");
        expect(await terminal.exited()).toBe(5);
        expect(terminal.text.match(/interrupted/g)).toHaveLength(1);
        expect(terminal.text).toContain("exit status 5");
      },
    );

    byTurns("that a Ctrl-C ends has the status of that, and a verdict", async () => {
      using folder = temporaryFolder();
      folder.file("app.mjs", `console.log("ready"); setInterval(() => {}, 1000);`);
      await using terminal = new TandemInTerminal(["observe", ...options, "app.mjs"], {
        cwd: folder.path,
      });
      await terminal.shows("ready");
      terminal.type("\u0003");
      expect(await terminal.exited()).toBe(130);
      expect(terminal.text).toContain("SIGINT");
    });

    byTurns("is observed where the cache folder cannot be written", async () => {
      const env = { XDG_CACHE_HOME: "/proc/nowhere" };
      const { stdout, stderr } = await observed("console.log('mine')", [], { env });
      expect(stdout).toBe("mine\n");
      expect(stderr).toMatch(/app\.mjs a --b, (?:Bun|Node\.js) \d/);
    });

    byTurns("leaves nothing behind but the recorders, which are its user's alone", async () => {
      using home = temporaryFolder();
      using temporary = temporaryFolder();
      using folder = temporaryFolder();
      folder.file("app.mjs", "console.log(process.env.TANDEM_RECORD)");
      const words = [...command(), "observe", ...options, "--quiet", "app.mjs"];
      const { stdout } = await callBeside(words, {
        cwd: folder.path,
        env: { XDG_CACHE_HOME: home.path, TMPDIR: temporary.path },
      });
      expect(existsSync(stdout.trim())).toBeFalse();
      expect(readdirSync(folder.path)).toEqual(["app.mjs"]);
      expect(readdirSync(temporary.path)).toEqual([]);
      for (const kept of readdirSync(`${home.path}/tandem`)) expect(kept).toStartWith("recorder-");
    });

    test.skipIf(!mayMount)(
      `notices nothing of a record that finds no room, and nobody is lost whose end found none${unless(mayMount, "nothing may be mounted here")}`,
      async () => {
        using folder = temporaryFolder();
        using small = temporaryFolder();
        folder.file(
          "app.mjs",
          `async function work(n) {
  await new Promise((go) => setTimeout(go, 40 + (n % 5)));
}
for (let turn = 0; turn < 60; turn++) {
  const all = [];
  for (let n = 0; n < 50; n++) all.push(work(n));
  await Promise.all(all);
}
console.log("done");`,
        );
        const mount =
          'mount -t tmpfs -o size=64k none /dev/shm; mount -t tmpfs -o size=64k none "$0"; exec "$@"';
        const tandem = [...command(), "observe", ...options, "app.mjs"];
        const words = ["unshare", "-rm", "sh", "-c", mount, small.path, ...tandem];
        const { status, stdout, stderr } = await callBeside(words, {
          cwd: folder.path,
          env: { TMPDIR: small.path },
        });
        expect({ status, stdout }).toEqual({ status: 0, stdout: "done\n" });
        expect(stderr).not.toContain("LOST");
        expect(stderr.replaceAll(/\s+/g, " ")).toContain(
          "its record, which breaks off before the end",
        );
      },
    );
  });
}

describe("what cannot be started has a sentence, and status 2", () => {
  test.each([
    [["ap.ts"], `ap.ts: there is no such file; did you mean "app.ts"?`],
    [["nothing-like-it.mjs"], "nothing-like-it.mjs: there is no such file"],
    [
      ["--python", "python3", "app.ts"],
      "--python runs programs of Python, and app.ts is one of JavaScript or TypeScript",
    ],
    [["--runtime", "no-such-node", "app.ts"], "--runtime no-such-node: there is no such program"],
    [
      ["--runtime", "deno", "app.ts"],
      "--runtime deno: programs are observed on Bun and on Node.js",
    ],
    [
      ["--runtime", "node", "--", "node", "app.ts"],
      "--runtime says what runs a file; behind -- the command says it itself",
    ],
    [
      ["-e", "1", "app.ts"],
      "-e is an option of Node.js and Bun; write: tandem observe -- node -e …",
    ],
    [
      ["--import=./x.mjs", "app.mjs"],
      "--import is an option of Node.js and Bun; write: tandem observe -- node --import …",
    ],
    [["--test"], "--test is an option of Node.js; write: tandem observe -- node --test …"],
    [["--watch", "app.ts"], "--watch is an option of Bun; write: tandem observe -- bun --watch …"],
    [["package"], "package: a folder is no program; write: tandem observe package/src/begin.ts"],
    [["indexed"], "indexed: a folder is no program; write: tandem observe indexed/index.mjs"],
    [["started"], "started: a folder is no program; write, in it: tandem observe -- npm start"],
    [
      ["empty"],
      "empty: the folder holds no __main__.py, so Python cannot run it, and no index.ts or index.js",
    ],
    [
      ["for-deno"],
      "for-deno: it is no program of Python, JavaScript or TypeScript; to observe what a command starts, write: tandem observe -- ./for-deno",
    ],
    [
      ["with-options"],
      "with-options: its first line gives node options of its own; write: tandem observe -- ./with-options",
    ],
    [["--json", "-", "app.ts"], "add --quiet-program"],
    [["--must", "overlap>=1", "app.ts"], "overlap"],
  ])("%j", async (words, sentence) => {
    using folder = temporaryFolder();
    folder.file("app.ts", "");
    folder.file("app.mjs", "");
    folder.file("for-deno", "#!/usr/bin/env deno\n");
    folder.file("with-options", "#!/usr/bin/env -S node --import tsx\n");
    for (const name of ["package/src", "indexed", "started", "empty"])
      mkdirSync(folder.file(name), { recursive: true });
    folder.file("package/package.json", `{"main":"src/begin.ts"}`);
    folder.file("package/src/begin.ts", "");
    folder.file("indexed/index.mjs", "");
    folder.file("started/package.json", `{"scripts":{"start":"node x"}}`);
    const { status, stdout, stderr } = await tandemHere(["observe", ...words], {
      cwd: folder.path,
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("what runs a program", () => {
  test.skipIf(Bun.which("node") === null)(
    `is what its first line says where its name says nothing, and the Bun inside tandem where that does${unless(Bun.which("node") !== null, "there is no Node")}`,
    async () => {
      using folder = temporaryFolder();
      const text = "console.log(typeof Bun, process.argv[2])";
      folder.file("script", `#!/usr/bin/env node\n${text}\n`);
      folder.file("test", `#!/usr/bin/env bun\n${text}\n`);
      folder.file("app.js", `#!/usr/bin/env node\n${text}\n`);
      const of = async (file: string): Promise<string> => {
        const words = [...command(), "observe", "--quiet", file, "x"];
        return (await callBeside(words, { cwd: folder.path })).stdout;
      };
      expect(await of("script")).toBe("undefined x\n");
      expect(await of("test")).toBe("object x\n");
      expect(await of("app.js")).toBe("object x\n");
    },
  );

  test("is itself, where it stands behind --", async () => {
    using folder = temporaryFolder();
    const script = folder.file(
      "script",
      `#!/usr/bin/env bun\nconsole.log(process.argv.slice(2))\n`,
    );
    chmodSync(script, 0o755);
    const words = [...command(), "observe", "--quiet", "--", "./script", "--timeout", "x"];
    const { stdout } = await callBeside(words, { cwd: folder.path });
    expect(stdout).toContain("--timeout");
  });
});

/** The processes of a program's result: what each is called, who started it and how it ended. */
async function processesOf(words: readonly string[], cwd: string) {
  const options = ["--quiet", "--json", "result.json"];
  const { status, stderr } = await callBeside([...command(), "observe", ...options, ...words], {
    cwd,
  });
  expect(stderr).toBe("");
  const { processes, source } = JSON.parse(readFileSync(`${cwd}/result.json`, "utf8")) as {
    processes: {
      name: string;
      parentId: number | null;
      exitCode: number | null;
      signal: string | null;
    }[];
    source: { language: string };
  };
  return {
    status,
    language: source.language,
    processes: processes.map(({ name, parentId, exitCode, signal }) => [
      name,
      parentId,
      signal ?? exitCode,
    ]),
  };
}

const python = findPython(9);

describe.skipIf(Bun.which("npm") === null || python === null)(
  `processes of several languages${unless(Bun.which("npm") !== null && python !== null, "there is no npm, or no Python")}`,
  () => {
    /** Programs that are started, and what starts them. */
    const files = {
      "child.mjs": "setTimeout(() => process.exit(4), 300);",
      "waits.mjs": "console.log('up'); setTimeout(() => {}, 60_000);",
      "child.py": "import time; time.sleep(0.3); raise SystemExit(5)",
      "from-python.py": `import subprocess
subprocess.run(["node", "child.mjs"])
subprocess.run("node child.mjs; exit 0", shell=True)`,
      "from-node.mjs": `import { spawn } from "node:child_process";
import { once } from "node:events";
const python = spawn(${JSON.stringify(python?.path)}, ["child.py"]);
await once(python, "exit");
const killed = spawn("node", ["waits.mjs"]);
killed.stdout.once("data", () => killed.kill("SIGKILL"));
await once(killed, "exit");`,
      "package.json": JSON.stringify({
        scripts: { test: "node child.mjs", fine: "node fine.mjs" },
      }),
      "fine.mjs": "setTimeout(() => {}, 10);",
    };
    const withFiles = (): TemporaryFolder => {
      const folder = temporaryFolder();
      for (const [name, text] of Object.entries(files)) folder.file(name, text);
      return folder;
    };

    beside(
      "stand in one trace, below whoever started them, a shell between them or none",
      async () => {
        using folder = withFiles();
        const words = ["--python", python!.path, "from-python.py"];
        const { status, language, processes } = await processesOf(words, folder.path);
        expect({ status, language }).toEqual({ status: 0, language: "python" });
        expect(processes.slice(1)).toEqual([
          ["child.mjs", 0, 4],
          ["child.mjs", 0, 4],
        ]);
      },
    );

    beside("end as whoever started them says", async () => {
      using folder = withFiles();
      for (const options of [[], ["--runtime", "node"]]) {
        const words = [...options, "from-node.mjs"];
        const { status, language, processes } = await processesOf(words, folder.path);
        expect({ status, language }).toEqual({ status: 0, language: "javascript" });
        expect(processes.map(([, parent, end]) => [parent, end])).toEqual([
          [null, 0],
          [0, 5],
          [0, "SIGKILL"],
        ]);
      }
    });

    beside("below npm are told, and npm itself by its end alone", async () => {
      using folder = withFiles();
      const { status, processes } = await processesOf(["--", "npm", "test"], folder.path);
      expect(status).toBe(4);
      expect(processes).toEqual([
        ["npm", null, 4],
        ["child.mjs", 0, 4],
      ]);
      const words = [...command(), "observe", "--", "npm", "run", "fine"];
      const { stderr } = await callBeside(words, { cwd: folder.path });
      expect(stderr).toContain("There were no async calls.");
      expect(stderr).not.toMatch(/unstarted|nothing was seen/);
    });

    beside(
      "of which none has a module of the user's are unseen, and nothing is said to be lost or not",
      async () => {
        using folder = withFiles();
        folder.file("slow.mjs", "setTimeout(() => undefined, 2000);");
        // A process is looked at from time to time; on a busy machine it may never be, after env has become it.
        for (const [words, why] of [
          [
            ["--", "node", "-e", "1"],
            /its text stands in no file, and only modules in files are seen/,
          ],
          [["--", "npm", "--version"], /no module of yours was seen by the observer/],
          [
            ["--", "env", "-i", Bun.which("node")!, "slow.mjs"],
            /an environment of its own|no process below it loaded the recorder/,
          ],
        ] as const) {
          const { stderr } = await callBeside([...command(), "observe", ...words], {
            cwd: folder.path,
          });
          expect(stderr.replaceAll(/\s+/g, " ")).toMatch(why);
          expect(stderr).not.toMatch(/\d+ of \d+|no async calls|no tasks|breaks off/);
        }
      },
    );
  },
);
