/** The diff of an edit: git and patch take it, whatever the text and the name of its file. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { diffOf, hunkHead, hunksOf } from "../../src/edits/diff.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const folder = mkdtempSync(join(tmpdir(), "tandem-diff-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** The text that comes of applying a diff to a file in a folder of its own; null where it is refused. */
async function applied(
  by: "git" | "patch",
  { file, before, after }: { file: string; before: Uint8Array; after: Uint8Array },
): Promise<Uint8Array | null> {
  const place = mkdtempSync(join(folder, "applied-"));
  mkdirSync(dirname(join(place, file)), { recursive: true });
  writeFileSync(join(place, file), before);
  const change = { file, path: join(place, file), before, after, replacements: [] };
  writeFileSync(join(place, "the.patch"), diffOf(change));
  const command =
    by === "git" ? ["git", "apply", "the.patch"] : ["patch", "-s", "-p1", "-i", "the.patch"];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CEILING_DIRECTORIES: folder };
  const { exitCode } = Bun.spawnSync(command, {
    cwd: place,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return exitCode === 0 ? readFileSync(join(place, file)) : null;
}

const texts: Record<string, [before: string, after: string]> = {
  "in the middle": ["a\nb\nc\nd\ne\nf\ng\nh\n", "a\nb\nc\nd\nE\nf\ng\nh\n"],
  "at both ends": ["a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n", "A\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n"],
  "without a newline at the end": ["a\nb", "a\nB"],
  "that takes the last newline": ["a\nb\n", "a\nb"],
  "of lines that end in CRLF": ["a\r\nb\r\nc\r\n", "a\r\nB\r\nb\r\nc\r\n"],
  "with a lone carriage return": ["a\rb\nc\n", "a\rb\nC\n"],
  "behind a mark of the byte order": ["\xef\xbb\xbfa\nb\n", "\xef\xbb\xbfa\nB\n"],
  "in latin-1": ["# \xe4\xf6\xfc\na\n", "# \xe4\xf6\xfc\nb\n"],
  "with tabs": ["if x:\n\ta()\n", "if x:\n\tawait a()\n"],
  "of an empty text": ["", "a\n"],
};

const names = ["app.py", "sub folder/my app.py", "ünï/äpp.ts", 'a"b.py', "lib/../app.py"];

describe("the diff of a change", () => {
  for (const by of ["git", "patch"] as const)
    for (const [what, [before, after]] of Object.entries(texts))
      test(`${what} is taken by ${by}, and gives the changed bytes, under any name`, async () => {
        for (const file of names) {
          const change = { file, before: bytes(before), after: bytes(after) };
          expect([file, await applied(by, change)]).toEqual([file, Buffer.from(change.after)]);
        }
      });

  test("has three unchanged lines around it, and is one hunk with a change nearby", () => {
    const before = Array.from({ length: 30 }, (_, index) => `${index}\n`);
    const after = before.with(5, "five\n").with(11, "eleven\n").with(25, "far\n");
    const hunks = hunksOf(bytes(before.join("")), bytes(after.join("")));
    expect(hunks.map(hunkHead)).toEqual(["@@ -3,13 +3,13 @@", "@@ -23,7 +23,7 @@"]);
  });

  test("is empty where nothing changes", () => {
    const same = bytes("a\n");
    expect(hunksOf(same, same)).toEqual([]);
  });

  test("law: whatever two texts are, patch makes the one of the other", async () => {
    const line = fc.constantFrom("a\n", "b\n", "c\n", "\n", "d\r\n");
    const text = fc.array(line, { minLength: 1, maxLength: 30 }).map((lines) => lines.join(""));
    const property = fc.asyncProperty(text, text, async (one, other) => {
      fc.pre(one !== other);
      const change = { file: "app.py", before: bytes(one), after: bytes(other) };
      expect(await applied("patch", change)).toEqual(Buffer.from(change.after));
    });
    await fc.assert(property, { numRuns: rounds(20, 500), seed: 20261129 });
  });
});
