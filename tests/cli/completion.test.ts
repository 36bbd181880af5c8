/** Completion and the manual page, as a shell and a reader meet them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { call, shell, tandemHere, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** What bash offers for a line that is being typed. */
function offers(line: string, breaks = true): string[] {
  // Bash takes words apart at "=", unless somebody has told it not to.
  const words = (breaks ? line.replaceAll("=", " = ") : line).split(" ");
  const script = `eval "$(tandem completion bash)"
COMP_WORDBREAKS=' ${breaks ? "=" : ""}'
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _tandem
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = shell(script, { cwd: "/" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trim().split("\n");
}

describe("tandem completion bash", () => {
  test.each([
    ["tandem r", ["run", "report"]],
    ["tandem run thr", ["threaded"]],
    ["tandem run lost --strategy d", ["detach", "daemon", "durable"]],
    ["tandem run lost -d v", ["virtual"]],
    ["tandem run --no-l", ["--no-live"]],
    ["tandem code lost --lang p", ["python"]],
    ["tandem help sche", ["schema"]],
    ["tandem completion z", ["zsh"]],
    ["tandem help fin", ["findings"]],
    ["tandem --n", ["--no-color"]],
    ["tandem check thr", ["threaded"]],
    ["tandem compare lost --sort c", ["cleanup"]],
    ["tandem compare lost --strategies po", ["portal"]],
    // The value of an option is neither a scenario nor another option,
    ["tandem run lost --jitter ", [""]],
    ["tandem compare lost --must fin", ["finish"]],
    // and a file where the option takes one.
    ["tandem run lost --takes-from et", ["etc"]],
    ["tandem report et", ["etc"]],
    ["tandem new et", ["etc"]],
    ["tandem run lost --driver=v", ["virtual"]],
    ["tandem run lost --strategy=da", ["daemon"]],
    [
      "tandem run lost --strategy thread,atE",
      ["thread,atExit=wait", "thread,atExit=cancel", "thread,atExit=abandon"],
    ],
    ["tandem run lost -s thread,atExit=c", ["cancel"]],
    ["tandem run lost --strategy=thread,atExit=cancel,gra", ["cancel,grace="]],
    ["tandem compare lost --strategies await,po", ["await,portal"]],
    [
      "tandem schema ",
      ["scenario", "events", "run", "compare", "crash", "check", "observe", "--help"],
    ],
  ])("%j", (line, words) => {
    expect(offers(line)).toEqual(words);
  });
});

test("where words are not taken apart, completion offers them whole", () => {
  expect(offers("tandem run lost --driver=v", false)).toEqual(["--driver=virtual"]);
  expect(offers("tandem run lost -s thread,atExit=c", false)).toEqual(["thread,atExit=cancel"]);
});

test("a file is one word of completion, whatever is in its name", () => {
  using folder = temporaryFolder();
  for (const name of ["my file.yaml", "my other file.yaml"]) folder.file(name, "");
  const script = `eval "$(tandem completion bash)"
COMP_WORDS=(tandem run my); COMP_CWORD=2; _tandem
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = shell(script, { cwd: folder.path });
  expect(stdout.trim().split("\n").toSorted()).toEqual(["my file.yaml", "my other file.yaml"]);
});

test("each word that completion offers for a rule or a column is in the help", async () => {
  const { stdout: help } = await tandemHere(["help", "compare"]);
  for (const option of ["must", "sort"])
    for (const word of offers(`tandem compare lost --${option} `))
      expect(help).toMatch(new RegExp(`\\b${word.replace(".", "\\.")}\\b`));
});

test.each(["zsh", "fish", "powershell"])(
  "the script for %s is one that it understands, where it is installed",
  async (name) => {
    const { status, stdout } = await tandemHere(["completion", name]);
    expect(status).toBe(0);
    expect(stdout).toContain("lost");
    // Options are described, and axes known.
    expect(stdout).toContain("exit with 1 if any task was lost");
    expect(stdout).toContain("atExit=cancel");
    if (name !== "powershell" && Bun.which(name) !== null)
      expect(call([name, "-n"], { stdin: stdout })).toMatchObject({ status: 0, stderr: "" });
  },
);

// PowerShell is nowhere that tests run, so its script is held against what its language says.
test("the script for PowerShell is text that its parser takes", async () => {
  const { stdout } = await tandemHere(["completion", "powershell"]);
  // It takes typographic quotes for quotes, and a pipe may change what is not ASCII.
  expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  const code = stdout.replaceAll(/^\s*#.*$/gm, "").replaceAll(/'(?:[^'\n]|'')*'|"[^"\n]*"/g, "Q");
  expect(code).not.toMatch(/['"]/);
  const open: string[] = [];
  const pairs: Record<string, string> = { "}": "{", ")": "(", "]": "[" };
  for (const [sign] of code.matchAll(/[{}()[\]]/g))
    if (sign in pairs) expect(open.pop()).toBe(pairs[sign]!);
    else open.push(sign);
  expect(open).toEqual([]);
  // A literal with two keys that differ in case alone is no literal.
  for (const [, keys] of stdout.matchAll(/\[ordered\]@\{ (.*?) \}/g)) {
    const names = [...keys!.matchAll(/'(--[a-z-]+)' = /g)].map(([, name]) => name!.toLowerCase());
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
  }
});

test("what the script for PowerShell offers needs no quotes there", async () => {
  const { stdout } = await tandemHere(["completion", "powershell"]);
  const lists = [...stdout.matchAll(/ = @\(('[^)]*)\)/g)].flatMap(([, list]) => list!.split(", "));
  expect(lists.length).toBeGreaterThan(50);
  for (const word of lists) expect(word).toMatch(/^'[\w.=-]+'$/);
});

test("a shell that is none is refused with those there are", async () => {
  expect(await tandemHere(["completion", "fihs"])).toMatchObject({ status: 2, stdout: "" });
  expect((await tandemHere(["completion", "fihs"])).stderr).toContain('did you mean "fish"?');
});

test("the manual page holds the help of every command", async () => {
  const { status, stdout } = await tandemHere(["man"]);
  expect(status).toBe(0);
  expect(stdout).toStartWith(".TH TANDEM 1");
  for (const name of ["run", "list", "new", "completion"])
    expect(stdout).toContain(`.SS ${name}\n`);
  expect(stdout).toContain("\\-\\-takes\\-from EVENTS");
  const headings = [...stdout.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title);
  expect(headings.join(" ")).toBe("NAME SYNOPSIS DESCRIPTION COMMANDS ENVIRONMENT FILES");
  for (const variable of ["NO_COLOR", "FORCE_COLOR", "COLUMNS"]) expect(stdout).toContain(variable);
  expect(stdout).toContain("\ntandem run <scenario> [options]\n");
});

test("a page of the manual fits 80 columns, as man sets it", async () => {
  if (Bun.which("nroff") === null) return;
  const { stdout: page } = await tandemHere(["man"]);
  const { status, stdout } = call(["nroff", "-man", "-rLL=80n"], { stdin: page });
  expect(status).toBe(0);
  // oxlint-disable-next-line no-control-regex
  const lines = stdout.replaceAll(/\u001b\[[\d;]*m|.\u0008/g, "").split("\n");
  expect(lines.length).toBeGreaterThan(500);
  for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
});
