/** The law of order: what a program does comes in the order in which it comes bare, with the recorder in it. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { entries } from "../../../src/observe/javascript/loading/bundle.ts";
import { allRounds, rounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { randomScript } from "../random-scripts.ts";
import { Programs } from "./programs.ts";
import { otherNodes, runtimes } from "./runtimes.ts";

setDefaultTimeout(patience);

const programs = new Programs();
beforeAll(() => programs.prepare(entries));
afterAll(() => programs.remove());

const runner = join(import.meta.dir, "../script-runner.mjs");
const count = rounds(12, 500);
const from = Number(process.env["TANDEM_SEED"] ?? 1);

/** What the modules of a folder log. */
type Logs = Record<string, { end: string; log: string[]; unhandled: string[]; misused: string[] }>;

describe.each([...runtimes, ...otherNodes()])("on $title", ({ command, why }) => {
  test.skipIf(why !== "")(
    `law: random modules log the same in the same order, bare and recorded${why}`,
    async () => {
      const modules = Array.from({ length: count }, (_, index) => [
        `modules/${from + index}.mjs`,
        randomScript(from + index),
      ]);
      const folder = await programs.write(Object.fromEntries(modules));
      const words = [...command, runner, "$unused", join(folder, "modules")];
      const logs = async (): Promise<Logs> =>
        (await Bun.file(join(folder, "modules.json")).json()) as Logs;

      const bare = await programs.bare(words, folder);
      expect(bare).toEqual({ stdout: "", stderr: "", status: 0 });
      const expected = await logs();
      const { lines, ...recorded } = await programs.recorded(words, folder);
      expect(recorded).toEqual(bare);
      const seen = await logs();
      for (const [file, each] of Object.entries(expected))
        expect({ file, ...seen[file] }).toEqual({ file, ...each });

      expect(Object.keys(expected)).toHaveLength(count);
      expect(allRounds || Object.values(expected).some(({ log }) => log.length > 20)).toBe(true);
      // All of them, and the runner, were seen.
      const counts = lines.map((line) => JSON.parse(line)).filter(([is]) => is === "modules");
      expect(counts.at(-1)?.at(-1)).toBe(count + 1);
      expect(lines.filter((line) => /^\["(?:unseen|trouble)"/.test(line))).toEqual([]);
    },
  );
});
