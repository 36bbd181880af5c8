/** What tandem meets in folders and systems that are not as they should be: one sentence each, and the rest is done. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { allRounds, rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { call, command, shell, tandem, temporaryFolder } from "../support/tandem.ts";
import { unless, unlessLinux } from "../support/skipped.ts";

setDefaultTimeout(patience);

const good = (name: string): string =>
  JSON.stringify({
    name,
    main: ["launch"],
    tasks: { task: [{ sleep: 1 }] },
    expect: { tasks: "finished" },
  });

describe("check of a folder", () => {
  using folder = temporaryFolder();
  folder.file("good.yaml", good("good"));
  folder.file("other.json", good("other"));
  symlinkSync("circle.yaml", folder.file("circle.yaml"));
  symlinkSync("folder-circle", folder.file("folder-circle"));
  symlinkSync("/dev/zero", folder.file("endless.yaml"));
  symlinkSync("/dev/zero", folder.file("endless.json"));
  for (const name of ["large.yaml", "large.json"])
    truncateSync(folder.file(name, name === "large.json" ? '{ "main": [' : "name: x"), 5 * 2 ** 30);
  call(["mkfifo", folder.file("fifo.yaml"), folder.file("fifo.json")]);
  mkdirSync(join(folder.path, "deep/x.yaml"), { recursive: true });
  const bad = [
    ["circle.yaml", "its symbolic links lead in circles"],
    ["endless.json", "neither a file nor a folder"],
    ["endless.yaml", "neither a file nor a folder"],
    ["fifo.json", "neither a file nor a folder"],
    ["fifo.yaml", "neither a file nor a folder"],
    ["large.json", "larger than 1 MiB"],
    ["large.yaml", "larger than 1 MiB"],
  ] as const;
  const results = (["text", "junit", "json", "github"] as const).map(
    (reporter) =>
      // What is read without end would meet this limit, in KB of address space, or that of time.
      [reporter, tandem(["check", folder.path, "--reporter", reporter])] as const,
  );

  test.each(results)(
    "tells each entry that cannot be read, and checks the others, with --reporter %s",
    (reporter, { status, stdout, stderr }) => {
      expect(stderr).toBe("");
      expect(status).toBe(2);
      for (const [name, why] of bad) {
        expect(stdout).toContain(name);
        expect(stdout).toContain(why);
      }
      for (const name of ["good.yaml", "other.json"])
        if (reporter !== "github") expect(stdout).toContain(name);
      expect(stdout).not.toContain("folder-circle");
      expect(stdout).not.toMatch(/\n\s+at /);
    },
  );
});

describe("a name that every object has a property of", () => {
  const names = ["constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf"];

  test("is a name like any other, of tasks, channels and what is expected", () => {
    using folder = temporaryFolder();
    for (const name of names) {
      const document = {
        name: "names",
        main: ["launch"],
        channels: { [name]: { capacity: 1 } },
        tasks: {
          [name]: [{ send: { channel: name, value: 1 } }],
          other: [{ receive: name }],
        },
        expect: { tasks: { other: "finished" } },
      };
      const file = folder.file(`${name}.json`, JSON.stringify(document));
      for (const words of [
        ["check", file],
        ["run", file, "--driver", "virtual", "--json"],
        ["compare", file],
        ["code", file],
      ]) {
        const { status, stderr } = tandem(words);
        expect([words[0], name, status, stderr.match(/\n\s+at /)]).toEqual([
          words[0]!,
          name,
          0,
          null,
        ]);
      }
    }
  });

  test("is unknown where nothing has it", () => {
    using folder = temporaryFolder();
    for (const name of [...names, "__proto__"]) {
      for (const document of [
        `{"name":"x","main":["launch"],"tasks":{"t":[]},"expect":{"tasks":{"${name}":"finished"}}}`,
        `{"name":"x","main":["launch"],"tasks":{"t":[]},"${name}":1}`,
        `{"name":"x","main":["launch"],"tasks":{"t":[{"${name}":1}]}}`,
        `{"name":"x","main":["launch"],"launch":[{"start":"${name}"}],"tasks":{"t":[]}}`,
        `{"name":"x","main":["launch"],"strategy":"${name}","tasks":{"t":[]}}`,
        `{"name":"x","main":["launch"],"strategy":{"${name}":1},"tasks":{"t":[]}}`,
        `{"name":"x","main":["launch"],"expect":{"${name}":1}}`,
      ]) {
        const file = folder.file("x.json", document);
        const { status, stderr } = tandem(["run", file, "--driver", "virtual"]);
        expect([document, status]).toEqual([document, 2]);
        expect(stderr).toContain(name);
        expect(stderr).not.toMatch(/\n\s+at /);
      }
    }
  });
});

describe.skipIf(process.platform !== "linux")(`a system that has run out${unlessLinux}`, () => {
  test("of descriptors is told as that", () => {
    for (const most of [6, 8, 10]) {
      const { status, stdout, stderr } = shell(`ulimit -n ${most}; tandem run lost --speed 100`);
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toBe(
        "tandem: this process may open no more files (EMFILE); `ulimit -n` says how many it may\n",
      );
    }
  });

  test("is not what many real runs make of it: none leaves a descriptor", () => {
    using folder = temporaryFolder();
    const count = rounds(12, 300);
    for (let k = 0; k < count; k++) folder.file(`m${k}.yaml`, good(`m${k}`));
    const { status, stdout } = shell(
      `ulimit -n 32; tandem check '${folder.path}' --driver real --speed 20`,
    );
    expect(stdout).toContain(`${count} good, 0 fell short`);
    expect(status).toBe(0);
  });

  test("of its parent's interest in children hears of their end all the same", () => {
    for (const words of [
      ["run", "processes", "--speed", "20"],
      ["observe", "--", "echo", "hello"],
    ]) {
      const { status, stderr } = call(["env", "--ignore-signal=CHLD", ...command(), ...words]);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(status).toBe(0);
    }
  });

  test("of descriptors for the record of a program is told as that as well", () => {
    const { status, stderr } = shell("ulimit -n 6; tandem observe -- true");
    expect(stderr).toBe(
      "tandem: it failed itself, and what it knew is lost: this process may open no more files (EMFILE); `ulimit -n` says how many it may\n",
    );
    expect(status).toBe(125);
  });

  // Only root may become somebody who has no other processes, and whose limit therefore counts tandem's alone.
  test.skipIf(!allRounds || process.getuid?.() !== 0)(
    `law: of threads and processes is told in a sentence, and hangs nothing${unless(process.getuid?.() === 0, "only root can become somebody else")}`,
    () => {
      using folder = temporaryFolder();
      chmodSync(folder.path, 0o777);
      const own = folder.file("tandem");
      copyFileSync(command()[0]!, own);
      chmodSync(own, 0o755);
      const stranger = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"];
      const home = { cwd: folder.path, env: { HOME: folder.path, TMPDIR: folder.path } };
      // With less its runtime does not start.
      for (const most of [6, 8, 12, 20])
        for (const words of ["run awaited --speed 50", "compare lost", "observe -- true", "list"]) {
          const limited = `ulimit -u ${most}; exec '${own}' ${words}`;
          const { status, stderr } = call([...stranger, "bash", "-c", limited], home);
          expect([most, words, status === 0 || stderr !== ""]).toEqual([most, words, true]);
          expect(stderr).not.toMatch(/\n\s+at /);
        }
    },
  );
});

describe.skipIf(process.platform !== "linux")(`what is not UTF-8${unlessLinux}`, () => {
  const sentence = /^tandem: [^\n]+ not UTF-8[^\n]+\n$/;

  test("is refused as a word, which would come to mean another file or argument", () => {
    using folder = temporaryFolder();
    const words = [
      ...["run", "check", "compare", "code", "show", "report", "observe"].map(
        (name) => `${name} $'x\\xff.yaml'`,
      ),
      "run lost --driver virtual --events $'x\\xff'",
      "observe -- echo $'\\xff'",
    ];
    for (const line of words) {
      const { status, stdout, stderr } = shell(`tandem ${line}`, { cwd: folder.path });
      expect([line, status, stdout]).toEqual([line, 2, ""]);
      expect(stderr).toMatch(sentence);
    }
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("is refused as the current folder, but by what needs no file", () => {
    using folder = temporaryFolder();
    const there = `cd '${folder.path}'; mkdir -p $'f\\xff'; cd $'f\\xff'; echo 'print(1)' > x.py`;
    for (const words of ["run lost", "check .", "observe x.py", "new"]) {
      const { status, stderr } = shell(`${there}; tandem ${words}`);
      expect([words, status]).toEqual([words, 2]);
      expect(stderr).toMatch(sentence);
    }
    expect(shell(`${there}; tandem list`).status).toBe(0);
  });

  test("is one entry of a folder that cannot be read", () => {
    using folder = temporaryFolder();
    folder.file("good.yaml", good("good"));
    const { status, stdout } = shell(
      `cd '${folder.path}'; echo 'main: []' > $'b\\xff.yaml'; tandem check .`,
    );
    expect(stdout).toContain("b\ufffd.yaml: its name is not UTF-8; give it another\n");
    expect(stdout).toEndWith("1 good, 0 fell short, 1 cannot be read\n");
    expect(status).toBe(2);
  });
});

test("a module is not loaded where that means reading gigabytes", () => {
  for (const name of ["package.json", "tsconfig.json", "jsconfig.json", "job.ts"])
    for (const place of ["", "around"]) {
      if (place === "around" && name === "job.ts") continue;
      using folder = temporaryFolder();
      const within = join(folder.path, "within");
      mkdirSync(within);
      writeFileSync(join(within, "job.ts"), "export default () => 1;\n");
      const large = join(place === "" ? within : folder.path, name);
      writeFileSync(large, "{}");
      truncateSync(large, 3 * 2 ** 30);
      const document = {
        name: "x",
        main: ["launch"],
        tasks: { one: [{ call: { module: "./job.ts" } }] },
      };
      const file = join(within, "doc.json");
      writeFileSync(file, JSON.stringify(document));
      const { status, stderr } = tandem(["run", file]);
      expect(stderr).toContain(`${large} is larger than 64 MiB`);
      expect(status).toBe(2);
    }
});

test("what a caller's environment tells a Bun is not handed on to the processes of a run", () => {
  using folder = temporaryFolder();
  const seen = folder.file("seen.txt");
  const preload = folder.file(
    "preload.js",
    `require("node:fs").appendFileSync(${JSON.stringify(seen)}, "loaded\\n");\n`,
  );
  folder.file(
    "job.js",
    `export default () => console.log(Object.keys(process.env).filter((name) => /^BUN_(OPTIONS|BE_BUN|INSPECT)/.test(name)).join() || "none");\n`,
  );
  const document = {
    name: "x",
    main: ["launch", { call: { module: "./job.js" } }],
    tasks: { one: [{ call: { module: "./job.js" } }] },
  };
  const file = folder.file("doc.json", JSON.stringify(document));
  for (const strategy of ["await", "thread", "await,offload=processes"]) {
    writeFileSync(seen, "");
    const { status, stdout, stderr } = tandem(["run", file, "--strategy", strategy], {
      env: { BUN_OPTIONS: `--preload=${preload}`, BUN_INSPECT_NOTIFY: "x" },
    });
    expect([status, stdout, stderr.match(/\n\s+at /)]).toEqual([0, "none\nnone\n", null]);
    // Tandem's own process is a Bun before it is tandem.
    expect(readFileSync(seen, "utf8")).toBe("loaded\n");
  }
});
