/** `tandem check`: scenarios held to what they expect. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const catalogue = join(import.meta.dir, "../../src/scenario/catalogue");

const good = `name: good
main: [launch, block: 2s, print: done]
tasks: { a: [sleep: 1s] }
strategy: thread
compare: [detach, thread]
expect: { tasks: finished, lost: 0, wall: "<= 2s", main: 2s, prints: [done], overlap: ">= 99%", deadlock: false }
`;

describe("tandem check", () => {
  test("the whole catalogue is as it expects", async () => {
    const { status, stdout } = await tandemHere(["check", catalogue]);
    expect(status).toBe(0);
    expect(stdout).toEndWith(`${readdirSync(catalogue).length} good, 0 fell short\n`);
  });

  test("every kind of expectation can be met, and each can fall short, with what was found", async () => {
    using folder = temporaryFolder();
    const file = folder.file("good.yaml", good);
    expect(await tandemHere(["check", file])).toMatchObject({
      status: 0,
      stdout: `✓ ${file} (thread): 7 as expected\n\n1 good, 0 fell short\n`,
    });
    const wrong = {
      "tasks: finished": "tasks: failed",
      "lost: 0": "lost: 1",
      '"<= 2s"': '"< 2s"',
      "main: 2s": "main: 1s",
      "[done]": "[gone]",
      '">= 99%"': '"< 99%"',
      "deadlock: false": "deadlock: true",
    };
    const found = [
      "found finished",
      "found 0",
      "found 2s",
      "found 2s",
      '"done"',
      "found 100%",
      "found no deadlock",
    ];
    for (const [index, [right, written]] of Object.entries(wrong).entries()) {
      folder.file("good.yaml", good.replace(right, written));
      const { status, stdout } = await tandemHere(["check", file]);
      expect(status).toBe(1);
      expect(stdout.match(/✗/g)).toHaveLength(1);
      expect(stdout).toContain(found[index]!);
    }
  });

  test("broken documents among good ones are all told, and hide none", async () => {
    using folder = temporaryFolder();
    folder.file("a.yaml", "name: a\nmain:\n  - sleep: 1s\n  - blok: 1s\n");
    folder.file("b.yaml", good);
    folder.file("c.yml", "");
    folder.file("d.yaml", good.replace("lost: 0", "lost: 3"));
    const { status, stdout } = await tandemHere(["check", "."], { cwd: folder.path });
    expect(status).toBe(2);
    expect(stdout).toContain("✗ a.yaml:3:5: ");
    expect(stdout).toContain("✗ a.yaml:4:5: ");
    expect(stdout).toContain("✓ b.yaml (thread): 7 as expected");
    expect(stdout).toContain("✗ c.yml:1:1: ");
    expect(stdout).toContain("✗ d.yaml:6:34 (thread): lost: expected 3, found 0");
    expect(stdout).toEndWith("1 good, 1 fell short, 2 cannot be read\n");
  });

  test("--compare checks under each strategy of the document", async () => {
    using folder = temporaryFolder();
    const { status, stdout } = await tandemHere([
      "check",
      folder.file("good.yaml", good),
      "--compare",
    ]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      "good.yaml:6:18 (detach): tasks.a: expected finished, found cancelled",
    );
    expect(stdout).toContain("(thread): 7 as expected");
  });

  test("--driver real checks what really happens", async () => {
    using folder = temporaryFolder();
    const quick = "name: quick\nmain: [launch]\ntasks: { a: [sleep: 10ms] }\nexpect: { lost: 0 }\n";
    const { status, stdout } = await tandemHere([
      "check",
      folder.file("q.yaml", quick),
      "-d",
      "real",
    ]);
    expect([status, stdout.includes("1 as expected")]).toEqual([0, true]);
  });

  test("what falls short is told at the very place of the document that says so", async () => {
    using folder = temporaryFolder();
    folder.file(
      "places.yaml",
      `name: places
main: [launch, print: one]
tasks: { a: { copies: 2, steps: [sleep: 1s] }, b: [fail: x] }
expect:
  tasks:
    a: finished
    b: finished
  lost: 1
  wall: "> 1s"
  lateness.p99: ">= 1ms"
  overlap: 50%
  prints:
    - one
    - two
  deadlock: true
`,
    );
    const check = async (...words: string[]) =>
      await tandemHere(["check", ".", ...words], { cwd: folder.path });
    const expected: [string, string][] = [
      ["6:8", "tasks.a: expected finished, found cancelled (a#0)"],
      ["7:8", "tasks.b: expected finished, found failed"],
      ["8:9", "lost: expected 1, found 2"],
      ["9:9", "wall: expected > 1s, found 0ms"],
      ["10:17", "lateness.p99: expected >= 1ms, found 0ms"],
      ["11:12", "overlap: expected 50%, found 0%"],
      // Main hears of b's failure and prints nothing.
      ["13:7", 'prints: expected line 1: "one", found no more lines'],
      ["15:13", "deadlock: expected a deadlock, found no deadlock"],
    ];
    expect((await check()).stdout.split("\n").slice(0, 8)).toEqual(
      expected.map(([place, message]) => `✗ places.yaml:${place} (await): ${message}`),
    );
    const annotations = (await check("--reporter", "github")).stdout
      .split("\n")
      .filter((line) => line.startsWith("::"));
    expect(annotations).toEqual(
      expected.map(([place, message]) => {
        const [line, column] = place.split(":");
        return `::error file=places.yaml,line=${line},col=${column}::await: ${message.replaceAll("%", "%25")}`;
      }),
    );
    const { documents } = JSON.parse((await check("--reporter", "json")).stdout) as {
      documents: { checks: { position: object }[] }[];
    };
    expect(documents[0]!.checks[2]!.position).toEqual({ line: 8, column: 9 });
  });

  test("a line that is missing among others is told where it is asked for", async () => {
    const stdin = `name: n
main: [print: one]
expect:
  prints: { contains: [one, two] }
`;
    const { status, stdout } = await tandemHere(["check", "-"], { stdin });
    expect(status).toBe(1);
    expect(stdout).toStartWith(
      '✗ <stdin>:4:29 (await): prints: expected a line "two", found no such line among 1\n',
    );
  });

  test("JUnit: well-formed whatever the texts hold, with counts, times, and a case for each thing", async () => {
    using folder = temporaryFolder();
    const broken = folder.file("a.yaml", "name: a\nmain:\n  - sleep: 1s\n");
    const strange = good
      .replace("[done]", '["\\x07<\\t&\\uFFFF\\uD800"]')
      .replace("lost: 0", "lost: 3");
    const short = folder.file("<b>&\"'.yaml", strange);
    const silent = folder.file("c.yaml", "name: c\nmain: []\n");
    const { status, stdout } = await tandemHere([
      "check",
      broken,
      short,
      silent,
      "--reporter",
      "junit",
    ]);
    expect(status).toBe(2);
    // It refuses what is not well-formed, characters that XML does not know included.
    const { testsuites } = Bun.XML.parse(stdout) as { testsuites: { testsuite: object[] } };
    expect(testsuites.testsuite).toHaveLength(3);
    expect(stdout).toMatch(
      /<testsuites name="tandem check" tests="9" failures="2" errors="1" time="\d+\.\d{3}">/,
    );
    expect(stdout).toContain(
      `<testsuite name="${folder.path}/&lt;b&gt;&amp;&quot;'.yaml (thread)" tests="7" failures="2" errors="0" skipped="0" time="`,
    );
    expect(stdout).toContain('<failure type="expectation" message="expected 3, found 0">');
    expect(stdout).toContain(`<skipped message="the document expects nothing"/>`);
    const cases = [...stdout.matchAll(/<testcase classname="[^"]+" name="([^"]+)" time="[\d.]+"/g)];
    expect(cases.map(([, name]) => name!)).toEqual([
      ...["document", "tasks.a", "lost", "wall", "main", "overlap", "prints", "deadlock", "expect"],
    ]);
  });

  test("reporters: GitHub's lines name file and line, JSON has it all; others do not exist", async () => {
    using folder = temporaryFolder();
    folder.file("a,b:c.yaml", "name: a\nmain:\n  - sleep: 1s\n");
    folder.file("d.yaml", good);
    const run = async (reporter: string) =>
      await tandemHere(["check", ".", "--reporter", reporter], { cwd: folder.path });
    const github = (await run("github")).stdout;
    expect(github).toContain("::error file=a%2Cb%3Ac.yaml,line=3,col=5::main[0]");
    expect(github).toContain("1 good, 0 fell short, 1 cannot be read\n");
    const { documents } = JSON.parse((await run("json")).stdout) as {
      documents: { problems: object[]; checks: object[]; seconds: number }[];
    };
    expect(documents.map(({ problems, checks }) => [problems.length, checks.length])).toEqual([
      [1, 0],
      [0, 7],
    ]);
    expect(documents[1]!.seconds).toBeGreaterThan(0);
    expect(await run("junt")).toMatchObject({ status: 2, stdout: "" });
    expect((await run("junt")).stderr).toContain('did you mean "junit"?');
  });

  test("a folder without scenarios, or a file that is none, is a mistake, and hides no other's result", async () => {
    using folder = temporaryFolder();
    mkdirSync(folder.file("empty"));
    folder.file("good.yaml", good);
    folder.file("binary.yaml", new Uint8Array([97, 0, 98]));
    folder.file("latin.yaml", new Uint8Array([0x6e, 0xe9, 0x0a]));
    const words = ["empty", "gone.yaml", "binary.yaml", "latin.yaml", "good.yaml", "tredaded"];
    const { status, stdout } = await tandemHere(["check", ...words], { cwd: folder.path });
    expect(status).toBe(2);
    expect(stdout.split("\n").map((line) => line.split(/[:;,]/).slice(0, 2).join(":"))).toEqual([
      "✗ empty: there is no scenario in this folder",
      "✗ gone.yaml: no such file",
      "✗ binary.yaml: it is a binary file",
      "✗ latin.yaml: it is not UTF-8 text",
      "✓ good.yaml (thread): 7 as expected",
      "✗ tredaded: no such file",
      "",
      "1 good: 0 fell short",
      "",
    ]);
  });

  test("of a folder every YAML counts, and JSON that has a main; hidden, installed and linked folders do not", async () => {
    using folder = temporaryFolder();
    const json = { name: "j", main: ["launch"], expect: { lost: 0 } };
    for (const path of ["sub/deep", "node_modules/x", ".hidden", "folder.yaml"])
      mkdirSync(folder.file(path), { recursive: true });
    const files = {
      "b.yaml": good,
      "a.yml": good,
      ".c.yaml": good,
      "d.YAML": good,
      "e.json": JSON.stringify(json),
      "f.json": '{ "name": "broken", "main": [ }',
      "package.json": '{ "name": "p", "main": "index.js" }',
      "tsconfig.json": "{ // no scenario\n}",
      "g.txt": good,
      "sub/deep/h.yaml": good,
      "node_modules/x/i.yaml": good,
      ".hidden/j.yaml": good,
      "folder.yaml/k.yaml": good,
    };
    for (const [name, text] of Object.entries(files)) folder.file(name, text);
    symlinkSync("b.yaml", folder.file("linked.yaml"));
    symlinkSync("..", folder.file("sub/up"));
    const { stdout } = await tandemHere(["check", ".", "--reporter", "json"], { cwd: folder.path });
    const { documents } = JSON.parse(stdout) as { documents: { file: string }[] };
    expect(documents.map(({ file }) => file)).toEqual([
      ...["a.yml", "b.yaml", "d.YAML", "e.json", "f.json", "folder.yaml/k.yaml", "linked.yaml"],
      "sub/deep/h.yaml",
    ]);
  });

  test("what is named twice is checked once", async () => {
    using folder = temporaryFolder();
    folder.file("good.yaml", good);
    const words = ["good.yaml", ".", "./good.yaml", "lost", "lost", "-", "-"];
    const { stdout } = await tandemHere(["check", ...words], { cwd: folder.path, stdin: good });
    expect(stdout).toBe(
      [
        "✓ good.yaml (thread): 7 as expected",
        "✓ lost.yaml (detach): 2 as expected",
        "✓ <stdin> (thread): 7 as expected",
        "",
        "3 good, 0 fell short",
        "",
      ].join("\n"),
    );
  });

  test("a document that expects nothing is not called good", async () => {
    const { status, stdout } = await tandemHere(["check", "-"], { stdin: "name: n\nmain: []\n" });
    expect([status, stdout]).toEqual([
      0,
      "- <stdin> (await): nothing is expected\n\n0 good, 0 fell short, 1 expects nothing\n",
    ]);
  });

  test("a deadlock in one keeps no other from being checked, in virtual time and for real", async () => {
    using folder = temporaryFolder();
    const stuck = `name: stuck
channels: { box: {} }
main: [receive: box]
expect: { lost: 0, deadlock: true }
`;
    folder.file("a.yaml", stuck);
    folder.file("b.yaml", stuck.replace("true", "false"));
    folder.file("c.yaml", good);
    for (const driver of ["virtual", "real"]) {
      const words = ["check", ".", "--driver", driver, "--speed", "10"];
      const { status, stdout } = await tandemHere(words, { cwd: folder.path });
      expect(status).toBe(1);
      expect(stdout).toContain("✓ a.yaml (await): 2 as expected\n");
      expect(stdout).toContain(
        "✗ b.yaml:4:30 (await): deadlock: expected no deadlock, found a deadlock\n",
      );
      expect(stdout).toMatch(/[✓✗?] c.yaml/);
    }
  });

  test("a run whose process dies fell short, whatever it expects, and stops no other", async () => {
    using folder = temporaryFolder();
    folder.file("die.ts", "export default () => { process.kill(process.pid, 'SIGKILL'); };\n");
    const document = (name: string, call: string): string =>
      `name: ${name}\nmain: [${call}block: 10ms]\nexpect: { lost: 0 }\n`;
    folder.file("a.yaml", document("a", "call: { module: ./die.ts }, "));
    folder.file("b.yaml", document("b", ""));
    const { status, stdout } = await tandemHere(["check", ".", "-d", "real"], { cwd: folder.path });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^✗ a\.yaml \(await\): run: expected a run that comes to its end, found its process crashed at .*SIGKILL/,
    );
    expect(stdout).toContain("✓ b.yaml (await): 1 as expected\n\n1 good, 1 fell short\n");
  });

  test("--speed: a real run is faster, and what is expected stays the same", async () => {
    // At its own speed nobody would wait for it; at this one it takes 60 ms.
    const document = `name: n
main: [launch, block: 10m]
tasks: { a: [sleep: 5m] }
strategy: thread
expect: { tasks: finished, main: ">= 10m" }
`;
    const words = ["check", "-", "-d", "real", "--speed", "10000"];
    const { status, stdout } = await tandemHere(words, { stdin: document });
    expect([status, stdout]).toEqual([
      0,
      "✓ <stdin> (thread): 2 as expected\n\n1 good, 0 fell short\n",
    ]);
    expect(await tandemHere(["check", "lost", "-d", "real", "--speed", "fast"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--speed is a number from 0.001 to 10000, not "fast"'),
    });
  });

  test("a terminal that has no ✓ gets words, and so does who asks for them", async () => {
    using folder = temporaryFolder();
    folder.file("a.yaml", good);
    folder.file("b.yaml", good.replace("lost: 0", "lost: 3"));
    const marks = async (words: string[], env: Record<string, string>): Promise<string[]> => {
      const { stdout } = await tandemHere(["check", ".", ...words], { cwd: folder.path, env });
      return stdout
        .split("\n")
        .map((line) => line.slice(0, 4))
        .slice(0, 2);
    };
    expect(await marks([], { LC_ALL: "C" })).toEqual(["ok  ", "FAIL"]);
    expect(await marks(["--ascii"], { LC_ALL: "C.UTF-8" })).toEqual(["ok  ", "FAIL"]);
    expect(await marks([], { LC_ALL: "C.UTF-8" })).toEqual(["✓ a.", "✗ b."]);
  });

  test("--must is held to beside what each document expects, and where one expects nothing", async () => {
    using folder = temporaryFolder();
    folder.file("good.yaml", good);
    folder.file(
      "bare.yaml",
      "name: bare\nmain: [launch]\nstrategy: detach\ntasks: { b: [sleep: 1s] }\n",
    );
    const check = async (must: string): Promise<string> => {
      const words = ["check", "bare.yaml", "good.yaml", "--ascii", "--must", must];
      return (await tandemHere(words, { cwd: folder.path })).stdout;
    };
    expect(await check("heard,main<=2s")).toBe(
      "ok   bare.yaml (detach): 2 as expected\nok   good.yaml (thread): 9 as expected\n\n2 good, 0 fell short\n",
    );
    expect(await check("lost==0,main<=1s")).toBe(
      `FAIL bare.yaml (detach): lost==0: expected nothing is lost, found b is lost
FAIL good.yaml (thread): main<=1s: expected main finishes after at most 1s, found main ends at 2s (wanted: at most 1s)

0 good, 2 fell short
`,
    );
    expect(await check("a=finished")).toContain(
      "bare.yaml (detach): a=finished: expected a finishes, found there is no task a",
    );
    const survives = await tandemHere(["check", "threaded", "--must", "survives-kill"]);
    expect(survives.status).toBe(1);
    expect(survives.stdout).toContain(
      "survives-kill: expected a kill at any moment loses nothing that was handed over, found a kill between 0ms and 5s loses 1 task",
    );
  });

  test("in a terminal a line tells how far it is, and is gone at the end", async () => {
    using folder = temporaryFolder();
    for (const name of ["one", "two"])
      folder.file(
        `${name}.yaml`,
        `name: ${name}\nmain: [block: 1s, print: done]\nexpect: { prints: [done] }\n`,
      );
    await using run = new TandemInTerminal(["check", ".", "-d", "real"], { cwd: folder.path });
    await run.shows(/^\[[#.]{20}\] \d of 2; (one|two)\.yaml \(\w+\)/m);
    expect(await run.exited()).toBe(0);
    expect(run.text).toContain("✓ one.yaml (await): 1 as expected");
    expect(run.text).not.toContain(" of 2; ");
  });

  test.each([
    ["real", ["lost", "--driver", "real"]],
    ["virtual", ["heavy.yaml", "--compare", "--large"]],
  ])("Ctrl-C ends %s runs with 130, and no report of half the truth", async (_, words) => {
    using folder = temporaryFolder();
    const compare = Array.from({ length: 500 }, (_, k) => `{ use: await, timeout: ${k + 1}m }`);
    folder.file(
      "heavy.yaml",
      `name: heavy
main: [launch]
tasks: { a: { copies: 300, steps: [{ repeat: 1000, steps: [sleep: 10ms] }] } }
compare: [${compare.join(", ")}]
expect: { lost: 0 }
`,
    );
    await using run = new TandemInTerminal(["check", ...words], { cwd: folder.path });
    await run.shows(/^\[[#.]{20}\] \d+ of \d+; /m);
    run.type("\u0003");
    expect(await run.exited()).toBe(130);
    // Where it computes on a busy machine, the end may have to come by force.
    expect(run.text.replaceAll("\n", "")).toMatch(
      /tandem: interrupted (when \d+ of (1|500) were checked|before all was told)$/,
    );
    expect(run.text).not.toContain("as expected");
  });
});
