/**
 * `tandem observe` as a user meets it: the program is what it is without tandem, its status comes through,
 * and what could not be seen is said.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { readTrace } from "../../src/trace/read.ts";
import { patience } from "../support/patience.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import {
  call,
  callBeside,
  type CallOptions,
  command,
  environment,
  tandemHere,
  temporaryFolder,
} from "../support/tandem.ts";
import { unlessLinux } from "../support/skipped.ts";

setDefaultTimeout(patience);

const python = findPython(9);
const why = whyNoPython(9);
const interpreter = python?.path ?? "python3";

/** Observes a program that is given as its text. */
async function observed(text: string, options: readonly string[] = [], call: CallOptions = {}) {
  using folder = temporaryFolder();
  folder.file("app.py", text);
  const words = [
    ...command(),
    "observe",
    "--python",
    interpreter,
    ...options,
    "app.py",
    "a",
    "--b",
  ];
  return await callBeside(words, { cwd: folder.path, ...call });
}

describe.skipIf(python === null)(`a program that is observed${why}`, () => {
  test.each([
    ["its own", "import sys; sys.exit(3)", 3],
    ["1 where it fails", "1 / 0", 1],
    ["that of a signal that kills it", "import os; os.kill(os.getpid(), 9)", 137],
    ["that of os._exit", "import os; os._exit(9)", 9],
  ])("has the exit status %#: %s", async (_, text, status) => {
    expect((await observed(text, ["--quiet"])).status).toBe(status);
  });

  test("does not run where its result could not be written", async () => {
    for (const file of ["/", "/no-such-folder/result.json"]) {
      const { status, stdout, stderr } = await observed("print('ran')", ["--json", file]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(`--json ${file}: `);
    }
  });

  test("has a held loop told from as long as --blocks says on", async () => {
    const text = `import asyncio, time
async def beat():
    await asyncio.sleep(0.001)
async def main():
    one = asyncio.create_task(beat())
    await asyncio.sleep(0)
    time.sleep(0.09)
    await one
asyncio.run(main())`;
    const { stderr } = await observed(text, ["--blocks", "40ms"]);
    expect(stderr).toMatch(/\* main held the thread of its loop for [^*]*time\.sleep\(0\.09\)/);
    const { stderr: briefly } = await observed(text.replace("0.09", "0.06"), ["--blocks", "10ms"]);
    expect(briefly).toContain("* main held the thread of its loop for");
    const { status, stderr: refused } = await observed(text, ["--blocks", "20us"]);
    expect({ status, refused }).toMatchObject({
      status: 2,
      refused: expect.stringContaining("1ms or more"),
    });
  });

  test("gets its arguments and its input, whatever they look like", async () => {
    const text = "import sys; print(sys.argv, input())";
    const { stdout, stderr } = await observed(text, ["--quiet"], { stdin: "typed\n" });
    expect({ stdout, stderr }).toEqual({ stdout: "['app.py', 'a', '--b'] typed\n", stderr: "" });
  });

  test.skipIf(process.platform !== "linux")(
    `has the descriptors that it is given${unlessLinux}`,
    async () => {
      using folder = temporaryFolder();
      folder.file(
        "app.py",
        "import os, sys; print(os.read(3, 9), open(sys.argv[1]).read(), len(os.listdir('/proc/self/fd')))",
      );
      const line = `exec ${command().join(" ")} observe --quiet --python ${interpreter} app.py <(echo two) 3< <(echo one)`;
      const { stdout, stderr } = await callBeside(["bash", "-c", line], { cwd: folder.path });
      expect({ stdout, stderr }).toMatchObject({ stderr: "" });
      expect(stdout).toStartWith("b'one\\n' two\n ");
    },
  );

  test("a verdict stands on stderr, behind what it wrote there itself", async () => {
    const { stderr } = await observed("import sys; print('mine', file=sys.stderr)");
    expect(stderr).toMatch(/^mine\n\n.*app\.py.*CPython 3/);
    expect(stderr).toContain("exit status 0");
  });

  test("its events are a trace that is read again, with its process and its end", async () => {
    using folder = temporaryFolder();
    const file = folder.file("events.ndjson");
    await observed("import sys; sys.exit(4)", ["--quiet", "--events", file]);
    const trace = readTrace([readFileSync(file, "utf8")], file);
    expect(trace.unknown).toEqual([]);
    expect([...trace.definitions.processes]).toHaveLength(1);
    expect(readFileSync(file, "utf8")).toMatch(/"type":"process-ended".*"code":4/);
  });

  test("beside --json - nothing of it stands on stdout", async () => {
    const { stdout } = await observed("print('hidden')", [
      "--quiet-program",
      "--quiet",
      "--json",
      "-",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ exit: { code: 0 }, source: { language: "python" } });
  });

  test("is ended when its time is over, and everything is told that was then", async () => {
    const { status, stderr } = await observed("import time\ntime.sleep(60)", ["--timeout", "3s"]);
    expect(status).toBe(124);
    expect(stderr).toContain("app.py:2");
    expect(stderr).toContain("--timeout");
  });

  test("whose loop's callback fails goes on, which is told at the callback's line and of nothing else", async () => {
    const { stderr } = await observed(`import asyncio
async def main():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)
asyncio.run(main())`);
    const verdict = stderr.replaceAll(/\s+/g, " ");
    expect(verdict).toContain(
      'a callback of the loop failed with "ZeroDivisionError: division by zero" at app.py:3',
    );
    expect(verdict).not.toContain("ended the process");
    expect(verdict.match(/\* /g)).toHaveLength(1);
  });

  test("with a handler for its loop's errors has heard of what comes to it", async () => {
    const { stderr } = await observed(`import asyncio, gc
async def fails(): raise KeyError("k")
async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    loop.call_soon(lambda: 1 / 0)
    asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    gc.collect()
asyncio.run(main())`);
    expect(stderr).toContain("1 failed");
    expect(stderr).not.toContain("* ");
  });

  test("hears of a task's call for an exit by its own end", async () => {
    const { status, stderr } = await observed(`import asyncio, sys
async def leaves(): sys.exit(4)
async def main():
    await asyncio.gather(asyncio.create_task(leaves()))
asyncio.run(main())`);
    expect(status).toBe(4);
    expect(stderr).not.toContain("* ");
  });

  test("has each task of a library in its verdict, whoever made it, and none as a loop's entry", async () => {
    using folder = temporaryFolder();
    mkdirSync(folder.file("site-packages"));
    folder.file(
      "site-packages/library.py",
      `import asyncio
async def first():
    global kept, again
    kept = asyncio.ensure_future(second())
    asyncio.get_running_loop().call_soon(make)
    await asyncio.sleep(9)
async def second(): await asyncio.wait_for(asyncio.sleep(9), 9)
def make():
    global again
    again = asyncio.ensure_future(second())`,
    );
    const { stderr } = await observed(
      `import asyncio, library
async def main():
    task = asyncio.create_task(library.first())
    await asyncio.sleep(0.05)
asyncio.run(main())`,
      [],
      { env: { PYTHONPATH: folder.path + "/site-packages" } },
    );
    expect(stderr).toContain("3 of 3 tasks lost");
  });

  test("whose threads wait for each other's locks, taken in one line each, is told of that circle and of nothing else", async () => {
    const { stderr } = await observed(
      `import threading, time
a, b = threading.Lock(), threading.Lock()
def x():
    with a:
        time.sleep(0.1)
        with b: pass
def y():
    with b:
        time.sleep(0.1)
        with a: pass
threads = [threading.Thread(target=f) for f in (x, y)]
for t in threads: t.start()
for t in threads: t.join()`,
      ["--hang", "500ms"],
    );
    expect(stderr).toContain("each waits for the other");
    expect(stderr.match(/^\* /gm)).toHaveLength(1);
  });

  test("that heeds no SIGTERM is killed when its time is over", async () => {
    const text =
      "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nwhile True: time.sleep(1)";
    expect((await observed(text, ["--timeout", "300ms", "--quiet"])).status).toBe(124);
  });

  test("a demand that is not kept is an exit status of 1, unless the program has one of its own", async () => {
    const text = "import time\ntime.sleep(0.2)\n";
    const must = ["--must", "wall<=1ms"];
    expect((await observed(text, must)).status).toBe(1);
    expect((await observed(`${text}raise SystemExit(3)`, must)).status).toBe(3);
    expect((await observed(text, ["--must", "wall<=60s"])).status).toBe(0);
  });

  test("an option of tandem's that stands behind it is its own, with a hint", async () => {
    using folder = temporaryFolder();
    folder.file("app.py", "import sys; print(sys.argv[1:])");
    const words = ["observe", "--python", interpreter, "app.py", "--timeline", "--help"];
    const { stdout, stderr } = call([...command(), ...words], { cwd: folder.path });
    expect(stdout).toBe("['--timeline', '--help']\n");
    expect(stderr).toContain("tandem: --timeline stands behind app.py");
  });

  test("leaves nothing behind but the recorders, which are its user's alone", async () => {
    using home = temporaryFolder();
    using temporary = temporaryFolder();
    using folder = temporaryFolder();
    folder.file("app.py", "import os, sys; print(os.environ['TANDEM_RECORD'])");
    const words = [...command(), "observe", "--python", interpreter, "--quiet", "app.py"];
    const { stdout } = await callBeside(words, {
      cwd: folder.path,
      env: { XDG_CACHE_HOME: home.path, TMPDIR: temporary.path },
    });
    expect(stdout).toContain("tandem-observe-");
    expect(existsSync(stdout.trim())).toBeFalse();
    expect(readdirSync(folder.path)).toEqual(["app.py"]);
    expect(readdirSync(temporary.path)).toEqual([]);
    // One of each language.
    const kept = readdirSync(`${home.path}/tandem`);
    expect(kept).toHaveLength(2);
    for (const name of kept) expect(name).toStartWith("recorder-");
  });

  test("gets no recorder from a folder that others may write", async () => {
    using home = temporaryFolder();
    const folder = `${home.path}/tandem`;
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const env = { XDG_CACHE_HOME: home.path };
    const { stderr } = await observed("pass", [], { env });
    expect(stderr).toContain("CPython 3");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is observed where the cache folder cannot be written, and sees the same", async () => {
    const text = "import sys; print([one for one in sys.path if 'recorder' in one])";
    const env = { XDG_CACHE_HOME: "/proc/nowhere" };
    const { stdout, stderr } = await observed(text, [], { env });
    expect(stdout).toBe("[]\n");
    expect(stderr).toContain("CPython 3");
  });

  test("stands at no place in files that any of several patterns leaves out", async () => {
    using folder = temporaryFolder();
    for (const name of ["a", "b"])
      folder.file(
        `${name}.py`,
        `import asyncio\nasync def ${name}():\n    await asyncio.sleep(9)\n`,
      );
    folder.file(
      "app.py",
      "import asyncio, a, b\nasync def main():\n    tasks = [asyncio.create_task(a.a()), asyncio.create_task(b.b())]\n    await asyncio.sleep(0.05)\nasyncio.run(main())\n",
    );
    const told = async (options: readonly string[]): Promise<string> => {
      const words = [...command(), "observe", "--python", interpreter, ...options, "app.py"];
      return (await callBeside(words, { cwd: folder.path })).stderr;
    };
    expect(await told([])).toMatch(/stood at a\.py:3[^]*stood at b\.py:3/);
    const without = await told(["--exclude", "a.py,b.py"]);
    expect(without).toMatch(/\ba +LOST[^]*\bb +LOST/);
    expect(without).not.toMatch(/\b[ab]\.py/);
  });

  test("runs on when tandem is killed, and is swept by the next", async () => {
    using folder = temporaryFolder();
    folder.file(
      "app.py",
      "import os, time\nprint(os.environ['TANDEM_RECORD'], flush=True)\ntime.sleep(1)\nprint('done')",
    );
    const words = [...command(), "observe", "--python", interpreter, "app.py"];
    const child = Bun.spawn(words, {
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
    // Any other tandem of this machine may have swept it already.
    await observed("pass", ["--quiet"]);
    expect(left).toContain("tandem-observe-");
    expect(existsSync(left!)).toBeFalse();
  });
});

describe.skipIf(python === null)(`what was not seen is said${why}`, () => {
  test.each(["-I", "-E", "-S", "-X dev -I"])("of Python with %s", (options) => {
    const flags = options.split(" ");
    const words = ["observe", "--", interpreter, ...flags, "-c", "print(1)"];
    const { status, stdout, stderr } = call([...command(), ...words]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\n" });
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(
      `nothing was seen, because it was started with ${flags.at(-1)!}`,
    );
    expect(stderr).not.toMatch(/\d+ of \d+|no tasks/);
  });

  test("of a child with an environment of its own", async () => {
    const text = `import subprocess, sys
subprocess.run([sys.executable, "-c", "import time; time.sleep(3)"], env={})`;
    const { stderr } = await observed(text);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain("an environment of its own");
  });

  test("of a command below which there is no Python", () => {
    const { status, stderr } = call([...command(), "observe", "--", "sh", "-c", "exit 5"]);
    expect(status).toBe(5);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain("no process below it loaded the recorder");
  });
});

describe("what cannot be started has a sentence, and status 2", () => {
  test.each([
    [["ap.py"], `ap.py: there is no such file; did you mean "app.py"?`],
    [["nothing-like-it.py"], "nothing-like-it.py: there is no such file"],
    [["--", "no-such-command"], `there is no command "no-such-command" on the PATH`],
    [["--python", "no-such-python", "app.py"], "--python no-such-python: there is no such program"],
    [
      ["script"],
      "script: it is no program of Python, JavaScript or TypeScript; to observe what a command starts, write: tandem observe -- ./script",
    ],
    [
      ["--runtime", "node", "app.py"],
      "--runtime runs programs of JavaScript or TypeScript, and app.py",
    ],
    [["--python", "python3", "--", "ls"], "--python says what runs a file; behind -- the command"],
    [["-m", "package"], "-m is an option of Python; write: tandem observe -- python3 -m"],
    [["."], ".: the folder holds no __main__.py"],
    [[], "a program is missing"],
    [["--json", "-", "app.py"], "add --quiet-program"],
    [["--must", "overlap>=1", "app.py"], "overlap"],
    [["--timeout", "0", "app.py"], "--timeout is a duration above 0"],
    [["--force", "app.py"], "--force is about the file of --events"],
  ])("%j", async (words, sentence) => {
    using folder = temporaryFolder();
    folder.file("app.py", "");
    folder.file("script", "#!/bin/sh\n");
    const { status, stdout, stderr } = await tandemHere(["observe", ...words], {
      cwd: folder.path,
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe.skipIf(python === null)(`the processes of a program${why}`, () => {
  test("end as their parents say, whichever way they were started", async () => {
    using folder = temporaryFolder();
    const result = folder.file("result.json");
    const text = `import multiprocessing, subprocess, sys, time
def sleep(begun):
    begun.set()
    time.sleep(60)
def fine(): pass
if __name__ == "__main__":
    subprocess.run([sys.executable, "-c", "raise SystemExit(5)"])
    for kind in ("fork", "spawn"):
        begun = multiprocessing.get_context(kind).Event()
        child = multiprocessing.get_context(kind).Process(target=sleep, args=(begun,))
        child.start()
        begun.wait()
        child.kill()
        child.join()
        child = multiprocessing.get_context(kind).Process(target=fine)
        child.start()
        child.join()
`;
    await observed(text, ["--quiet", "--json", result]);
    const { processes } = JSON.parse(readFileSync(result, "utf8")) as {
      processes: { exitCode: number | null; signal: string | null }[];
    };
    const ends = processes.map(({ exitCode, signal }) => signal ?? exitCode);
    expect(ends).toEqual([0, 5, "SIGKILL", 0, "SIGKILL", 0]);
  });

  test("one that becomes another by exec is told as both, and loses nothing by it", async () => {
    const text = `import os, sys
os.execv(sys.executable, [sys.executable, "-c", "raise SystemExit(6)"])`;
    using folder = temporaryFolder();
    const result = folder.file("result.json");
    const { status, stderr } = await observed(text, ["--json", result]);
    expect(status).toBe(6);
    expect(stderr).not.toMatch(/LOST|was lost/);
    const { processes } = JSON.parse(readFileSync(result, "utf8")) as {
      processes: { exitCode: number }[];
    };
    expect(processes.map(({ exitCode }) => exitCode)).toEqual([0, 6]);
  });
});
