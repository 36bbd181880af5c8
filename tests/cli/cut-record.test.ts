/** Records that were cut: by a full disk, a signal, a reader that went away, or by hand. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

test("law: a record that was cut says so in the verdict, beside the timeline and in the JSON, and tells no task as lost that was under way", async () => {
  using folder = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...catalogue.map(({ name }) => name)),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(200),
      async (name, share, back) => {
        const file = folder.file("whole.ndjson");
        const run = ["run", name, "--driver", "virtual", "--events", file, "--force"];
        if ((await tandemHere(run)).status === 2) return; // It calls what has no time.
        const whole = readFileSync(file);
        const header = whole.indexOf("\n") + 1;
        // Anywhere behind the header; the last bytes are those that a cut most likely takes.
        const end =
          back < 100
            ? whole.length - 3 - back
            : header + Math.floor(share * (whole.length - 3 - header));
        const cut = folder.file("cut.ndjson", whole.subarray(0, Math.max(header, end)));
        for (const options of [[], ["--timeline"]])
          expect((await tandemHere(["report", cut, ...options])).stdout).toMatch(
            /^The record ends at .*; what happened afterwards is not in it\./m,
          );
        const { stdout } = await tandemHere(["report", cut, "--json"]);
        const result = JSON.parse(stdout);
        expect(result).toMatchObject({ interruptedBy: "cut-off" });
        type Told = { status: string; lost: boolean };
        const open = result.tasks.filter(
          ({ status, lost }: Told) => ["abandoned", "unstarted"].includes(status) && !lost,
        ).length;
        // A task that was destroyed is lost wherever the record ends.
        if (!whole.includes("task-destroyed")) {
          expect(
            result.tasks.filter(({ status, lost }: Told) => status === "abandoned" && lost),
          ).toEqual([]);
        }
        const { stdout: told } = await tandemHere(["report", cut]);
        expect(told.includes(`, ${open} alive when it ends`)).toBe(open > 0);
      },
    ),
    { numRuns: rounds(20, 2000) },
  );
});
