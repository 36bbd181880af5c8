/** What is said of processes of which nothing was seen. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { javascript } from "../../../src/observe/javascript/javascript.ts";
import { lookAtProcess } from "../../../src/observe/system.ts";
import { patience } from "../../support/patience.ts";

setDefaultTimeout(patience);

test("of a runner of tests it is said what of it is reached", () => {
  expect(javascript.whyNoModule("node node_modules/.bin/jest --runInBand")).toBe(
    "jest runs modules in contexts of its own, which the recorder does not reach",
  );
  expect(javascript.whyNoModule("node node_modules/.bin/vitest run --pool=vmThreads")).toContain(
    "reaches forks and threads, and not those that run modules in contexts of their own",
  );
});

const node = Bun.which("node");
const why = node === null || process.platform !== "linux" ? " (skipped: no node on Linux)" : "";

test.skipIf(why !== "")(
  `a process that has given itself a title is called by that alone${why}`,
  async () => {
    const program = `process.title = "node (worker 1)"; console.log("titled"); process.stdin.resume();`;
    const words = [node!, "-e", program, "one", "two", "three"];
    const child = Bun.spawn(words, { stdin: "pipe", stdout: "pipe" });
    try {
      await child.stdout.getReader().read();
      expect(lookAtProcess(child.pid).words).toEqual(["node (worker 1)"]);
    } finally {
      child.kill();
      await child.exited;
    }
  },
);
