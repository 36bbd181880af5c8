/**
 * The program cannot notice that it is observed: random programs print the same bytes, and end the same,
 * bare and observed.
 *
 * `TANDEM_SEED=n` draws other programs, `TANDEM_CASE=n` the n-th alone.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { pythons } from "../support/python.ts";
import { Lanes } from "../support/real.ts";
import { callBeside, command, temporaryFolder } from "../support/tandem.ts";
import { randomProgram } from "./random-programs.ts";

setDefaultTimeout(1_200_000);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261129);
const only = process.env["TANDEM_CASE"] === undefined ? null : Number(process.env["TANDEM_CASE"]);
const programs = rounds(10, 300);
const installed = pythons().filter(({ minor }) => minor >= 9);

test.skipIf(installed.length === 0)(
  `law: ${programs} random programs print the same bytes and end the same, bare and observed`,
  async () => {
    const numbers = Array.from({ length: programs }, (_, k) => k);
    await new Lanes(2).each(only === null ? numbers : [only], async (number) => {
      const python = installed[number % installed.length]!;
      using folder = temporaryFolder();
      const app = folder.file("app.py", randomProgram(randomFrom(seed + number)));
      const bare = await callBeside([python.path, app, "x"], { cwd: folder.path });
      const observed = await callBeside(
        [...command(), "observe", "--python", python.path, "--quiet", app, "x"],
        { cwd: folder.path },
      );
      const what = `program ${number} on Python 3.${python.minor}`;
      expect({ what, ...comparable(observed) }).toEqual({ what, ...comparable(bare) });
    });
  },
);

/** Addresses differ from process to process. */
function comparable<Run extends { stdout: string; stderr: string }>(run: Run): Run {
  const plain = (text: string): string => text.replace(/0x[0-9a-f]+/g, "0x…");
  return { ...run, stdout: plain(run.stdout), stderr: plain(run.stderr) };
}
