/** `tandem check`: scenarios held to what they expect. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { tandem, temporaryFolder } from "../support/tandem.ts";

const catalogue = join(import.meta.dir, "../../src/scenario/catalogue");

const good = `name: good
main: [launch, block: 2s, print: done]
tasks: { a: [sleep: 1s] }
strategy: thread
compare: [detach, thread]
expect: { tasks: finished, lost: 0, wall: "<= 2s", main: 2s, prints: [done], overlap: ">= 99%", deadlock: false }
`;

describe("tandem check", () => {
  test("the whole catalogue is as it expects", () => {
    const { status, stdout } = tandem(["check", catalogue]);
    expect(status).toBe(0);
    expect(stdout).toEndWith("18 good, 0 fell short\n");
  });

  test("every kind of expectation can be met, and each can fall short, with what was found", () => {
    using folder = temporaryFolder();
    const file = folder.file("good.yaml", good);
    expect(tandem(["check", file])).toMatchObject({
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
      const { status, stdout } = tandem(["check", file]);
      expect(status).toBe(1);
      expect(stdout.match(/✗/g)).toHaveLength(1);
      expect(stdout).toContain(found[index]!);
    }
  });

  test("broken documents among good ones are all told, and hide none", () => {
    using folder = temporaryFolder();
    folder.file("a.yaml", "name: a\nmain:\n  - sleep: 1s\n  - blok: 1s\n");
    folder.file("b.yaml", good);
    folder.file("c.yml", "");
    folder.file("d.yaml", good.replace("lost: 0", "lost: 3"));
    const { status, stdout } = tandem(["check", "."], { cwd: folder.path });
    expect(status).toBe(2);
    expect(stdout).toContain("✗ a.yaml:3:5: ");
    expect(stdout).toContain("✗ a.yaml:4:5: ");
    expect(stdout).toContain("✓ b.yaml (thread): 7 as expected");
    expect(stdout).toContain("✗ c.yml:1:1: ");
    expect(stdout).toContain("✗ d.yaml (thread): lost: expected 3, found 0");
    expect(stdout).toEndWith("1 good, 1 fell short, 2 cannot be read\n");
  });

  test("--compare checks under each strategy of the document", () => {
    using folder = temporaryFolder();
    const { status, stdout } = tandem(["check", folder.file("good.yaml", good), "--compare"]);
    expect(status).toBe(1);
    expect(stdout).toContain("(detach): tasks.a: expected finished, found cancelled");
    expect(stdout).toContain("(thread): 7 as expected");
  });

  test("--driver real checks what really happens", () => {
    using folder = temporaryFolder();
    const quick = "name: quick\nmain: [launch]\ntasks: { a: [sleep: 10ms] }\nexpect: { lost: 0 }\n";
    const { status, stdout } = tandem(["check", folder.file("q.yaml", quick), "-d", "real"]);
    expect([status, stdout.includes("1 as expected")]).toEqual([0, true]);
  });

  test("reporters: JUnit is XML, GitHub's lines name file and line, JSON has it all", () => {
    using folder = temporaryFolder();
    const broken = folder.file("a.yaml", "name: a\nmain:\n  - sleep: 1s\n");
    const short = folder.file("<b>&.yaml", good.replace("lost: 0", "lost: 3"));
    const run = (reporter: string) =>
      tandem(["check", broken, short, "--reporter", reporter]).stdout;
    const junit = run("junit");
    expect(junit).toContain('tests="7" failures="1" errors="0"');
    expect(junit).toContain("&lt;b&gt;&amp;.yaml (thread)");
    expect(junit).toContain('<failure message="expected 3, found 0"/>');
    expect(run("github")).toContain(`::error file=${broken},line=3,col=5::`);
    const { documents } = JSON.parse(run("json")) as { documents: { problems: string[] }[] };
    expect(documents.map(({ problems }) => problems.length)).toEqual([1, 0]);
    expect(tandem(["check", broken, "--reporter", "junt"])).toMatchObject({ status: 2 });
    expect(tandem(["check", broken, "--reporter", "junt"]).stderr).toContain(
      'did you mean "junit"?',
    );
  });

  test("a folder without scenarios is a mistake, not a success", () => {
    using folder = temporaryFolder();
    expect(tandem(["check", folder.path])).toMatchObject({ status: 2, stdout: "" });
  });
});
