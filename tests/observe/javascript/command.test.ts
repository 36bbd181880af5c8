/**
 * `tandem observe` of programs in JavaScript and TypeScript, as a user meets it, on the Bun inside tandem and on Node.js.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { patience } from "../../support/patience.ts";
import { tandemHere, temporaryFolder } from "../../support/tandem.ts";

setDefaultTimeout(patience);

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
