/** The file of a report, as the command line writes it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { patience } from "../support/patience.ts";
import { tandem, tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const app = join(import.meta.dir, "../report/traces/app.ndjson");

test("tandem report -o writes a page that its user alone may read, and shows the verdict all the same", async () => {
  using folder = temporaryFolder();
  const file = folder.file("app.html", "what stood there before");
  const plain = await tandemHere(["report", app]);
  const { status, stdout } = await tandemHere(["report", app, "-o", file]);
  expect([status, stdout]).toEqual([0, plain.stdout]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).toStartWith("<!doctype html>");
});

test("a report takes in the sources of the places told that lie in the working folder, and no others", async () => {
  using folder = temporaryFolder();
  folder.file("app.py", "# mine\n".repeat(40));
  await tandemHere(["report", app, "-o", "app.html"], { cwd: folder.path });
  expect(readFileSync(folder.file("app.html"), "utf8")).toContain('id="L0-40"');
  using other = temporaryFolder();
  await tandemHere(["report", app, "-o", "app.html"], { cwd: other.path });
  expect(readFileSync(other.file("app.html"), "utf8")).not.toContain('id="L0-1"');
});

test("a report is refused where it could not be written, before anything is read", async () => {
  for (const [args, why] of [
    [["-o", "app.txt"], "the name says what is written"],
    [["-o", "nowhere/app.html"], "there is no folder nowhere"],
    [["--full-paths"], "--full-paths is about the file of -o"],
  ] as const) {
    const { status, stderr } = await tandemHere(["report", "missing.ndjson", ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  }
});

test("run, compare and check write a report beside what they tell", async () => {
  using folder = temporaryFolder();
  for (const [args, words] of [
    [["run", "lost", "--driver", "virtual"], "the program&#39;s exit status is 0"],
    [["compare", "threaded"], "thread (own)"],
    [["check", "lost", "threaded"], "2 good, 0 fell short."],
  ] as const) {
    const file = folder.file(`${args[0]}.html`);
    const plain = await tandemHere(args);
    const told = await tandemHere([...args, "--report", file]);
    expect(told).toEqual(plain);
    expect(readFileSync(file, "utf8")).toContain(words);
  }
});

test("a comparison shows its document, with where work was lost under which strategy", async () => {
  using folder = temporaryFolder();
  await tandemHere(["compare", "threaded", "--report", folder.file("page.html")]);
  const page = readFileSync(folder.file("page.html"), "utf8");
  expect(page).toContain("task was lost here under detach");
  expect(page).toMatch(/id="L0-1"/);
});

test("check's page says of each document what became of it, and names the line that was not kept", async () => {
  using folder = temporaryFolder();
  folder.file(
    "short.yaml",
    'name: short\nmain: [launch, block: 100ms]\ntasks:\n  a: { steps: [sleep: 30ms] }\nexpect:\n  wall: "<= 90ms"\n',
  );
  const { status, stdout } = await tandemHere(["check", ".", "--report", "page.html"], {
    cwd: folder.path,
  });
  expect(status).toBe(1);
  const page = readFileSync(folder.file("page.html"), "utf8");
  expect(stdout).toContain("0 good, 1 fell short");
  expect(page).toContain("0 good, 1 fell short.");
  expect(page).toContain("wall: expected &lt;= 90ms, found");
  expect(page).toContain('href="#L0-6"');
  expect(page).toContain('id="L0-6"');
});

test("--report refuses a name that says no format, and --full-paths alone", async () => {
  for (const args of [
    ["run", "lost"],
    ["compare", "lost"],
    ["check", "lost"],
    ["observe", "x.py"],
  ]) {
    const [command, ...operands] = args as [string, ...string[]];
    const named = await tandemHere([command, "--report", "x.txt", ...operands]);
    expect([named.status, named.stderr]).toEqual([
      2,
      expect.stringContaining("it ends in .html, .svg"),
    ]);
    const alone = await tandemHere([command, "--full-paths", ...operands]);
    expect([alone.status, alone.stderr]).toEqual([2, expect.stringContaining("--full-paths")]);
  }
});

test("observe writes a report of a program of JavaScript, with its source", () => {
  using folder = temporaryFolder();
  folder.file(
    "app.mjs",
    "import { setTimeout as sleep } from 'node:timers/promises';\nasync function save() {\n  await sleep(20);\n}\nsave();\nprocess.exit(0);\n",
  );
  const { status, stderr } = tandem(["observe", "--report", "app.html", "app.mjs"], {
    cwd: folder.path,
  });
  expect([status, stderr]).toEqual([0, expect.stringContaining("LOST")]);
  const page = readFileSync(folder.file("app.html"), "utf8");
  expect(page).toContain("LOST");
  expect(page).toContain('id="L0-5"');
  expect(page).not.toContain(folder.path);
});

test("the end of a report's name says its format, and only its user may read it", async () => {
  using folder = temporaryFolder();
  for (const [name, start] of [
    ["a.svg", "<svg "],
    ["a.md", "## app.py"],
    ["a.csv", '"process","kind"'],
    ["a.sarif", '{\n "$schema"'],
    ["a.perfetto.json", '{"displayTimeUnit"'],
    ["a.pftrace", "\n"],
  ] as const) {
    const file = folder.file(name, "what stood there before");
    expect((await tandemHere(["report", app, "-o", file])).status).toBe(0);
    expect(readFileSync(file, "latin1")).toStartWith(start);
    expect([name, statSync(file).mode & 0o777]).toEqual([name, 0o600]);
  }
});

test("run, compare and check write every format", async () => {
  using folder = temporaryFolder();
  for (const args of [
    ["run", "lost", "--driver", "virtual"],
    ["compare", "threaded"],
    ["check", "lost"],
  ])
    for (const ending of ["svg", "md", "csv", "sarif", "perfetto.json", "pftrace"]) {
      const file = folder.file(`x.${ending}`, "");
      expect((await tandemHere([...args, "--report", file])).status).toBe(0);
      expect([args, ending, readFileSync(file).length > 30]).toEqual([args, ending, true]);
    }
});

test("check --reporter sarif tells what fell short at its line of the document", async () => {
  using folder = temporaryFolder();
  folder.file("a.yaml", "name: a\nmain: [launch]\nexpect:\n  lost: 1\n");
  const { status, stdout } = await tandemHere(["check", ".", "--reporter", "sarif"], {
    cwd: folder.path,
  });
  expect(status).toBe(1);
  const [{ ruleId, locations }] = (
    JSON.parse(stdout) as { runs: [{ results: [{ ruleId: string; locations: unknown }] }] }
  ).runs[0].results;
  expect(ruleId).toBe("lost");
  expect(locations).toMatchObject([
    { physicalLocation: { artifactLocation: { uri: "a.yaml" }, region: { startLine: 4 } } },
  ]);
});

describe("the findings of an observed program", () => {
  const lossy =
    "import { setTimeout as sleep } from 'node:timers/promises';\nasync function save() {\n  await sleep(20);\n}\nconsole.log('mine');\nsave();\nprocess.exit(0);\n";

  test("--reporter junit and sarif write them to stdout, which is then not the program's", () => {
    using folder = temporaryFolder();
    folder.file("app.mjs", lossy);
    const refused = tandem(["observe", "--reporter", "junit", "app.mjs"], { cwd: folder.path });
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining("add --quiet-program"),
    ]);
    const junit = tandem(["observe", "--quiet-program", "--reporter", "junit", "app.mjs"], {
      cwd: folder.path,
    });
    expect(junit.stdout).toMatch(/<testcase classname="app\.mjs" name="floating at app\.mjs:\d"/);
    expect(junit.stdout).not.toContain("mine");
    const sarif = tandem(["observe", "--quiet-program", "--reporter", "sarif", "app.mjs"], {
      cwd: folder.path,
    });
    expect(JSON.parse(sarif.stdout)).toMatchObject({
      runs: [
        {
          results: [
            {
              ruleId: "floating",
              locations: [{ physicalLocation: { artifactLocation: { uri: "app.mjs" } } }],
            },
          ],
        },
      ],
    });
  });

  test("--reporter github tells them on stderr, beside the program's own output", () => {
    using folder = temporaryFolder();
    folder.file("app.mjs", lossy);
    const { stdout, stderr } = tandem(["observe", "--reporter", "github", "app.mjs"], {
      cwd: folder.path,
    });
    expect(stdout).toBe("mine\n");
    expect(stderr).toMatch(/^::error file=app\.mjs,line=\d,title=floating::/m);
  });
});
