/**
 * Programs made after public reports, each observed on every Python that is installed and held against the
 * truth about it: what it prints and its exit status are its own, all that is true is told with its line,
 * and nothing else is.
 */
import { setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { allRounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { pythons } from "../support/python.ts";
import { Lanes } from "../support/real.ts";
import { casesWith, isUsual, observeCase, onlyCase } from "./observed-case.ts";
import type { Truth } from "./truth.ts";

setDefaultTimeout(patience);

const lanes = new Lanes(3);

/** The minor versions that a case is about: all, or those that its truth names. */
function isAbout({ runtime }: Truth, minor: number): boolean {
  return (
    runtime === undefined || runtime.some((one) => new RegExp(`^python3\\.${minor}\\b`).test(one))
  );
}

const installed = pythons().filter(({ minor }) => minor >= 9);
// Each case of the suite is observed on one Python, by turns, and by the laws on all.
for (const [turn, one] of casesWith(["app.py"]).filter(isUsual).entries()) {
  const { name, folder, file, truth } = one;
  const about = installed.filter(({ minor }) => isAbout(truth, minor));
  for (const [k, { path, minor }] of about.entries()) {
    const isInTurn = allRounds || onlyCase !== undefined || turn % about.length === k;
    test.concurrent.skipIf(!isInTurn)(
      `law: on Python 3.${minor} the truth is told of ${name}`,
      async () => {
        await lanes.run(() =>
          observeCase({
            truth,
            cwd: folder,
            options: ["--python", path],
            words: [join(folder, file)],
            // A program that is ended for its hang leaves its buffer behind.
            env: { PYTHONUNBUFFERED: truth.buffered ? "" : "1" },
          }),
        );
      },
    );
  }
}

if (installed.length === 0)
  test.skip("the truth is told of programs (skipped: no Python 3.9 or later was found)", () => {});
