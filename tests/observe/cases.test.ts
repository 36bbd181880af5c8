/**
 * Programs made after public reports, each observed on every Python that is installed and held against the
 * truth about it: what it prints and its exit status are its own, all that is true is told with its line,
 * and nothing else is.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { patience } from "../support/patience.ts";
import { pythons } from "../support/python.ts";
import { allRounds } from "../support/laws.ts";
import { Lanes } from "../support/real.ts";
import { callBeside, command, temporaryFolder } from "../support/tandem.ts";
import { discrepancies, type Result, type Truth } from "./truth.ts";

setDefaultTimeout(patience);

const folder = join(import.meta.dir, "cases");
const only = process.env["TANDEM_CASE"];
const cases = readdirSync(folder).filter((name) => only === undefined || name.startsWith(only));
const lanes = new Lanes(3);

function truthOf(name: string): Truth {
  return JSON.parse(readFileSync(join(folder, name, "truth.json"), "utf8")) as Truth;
}

/** The minor versions that a case is about: all, or those that its truth names. */
function isAbout({ runtime }: Truth, minor: number): boolean {
  return (
    runtime === undefined || runtime.some((one) => new RegExp(`^python3\\.${minor}\\b`).test(one))
  );
}

const installed = pythons().filter(({ minor }) => minor >= 9);
// Each case is observed on one Python, by turns, and by the laws on all.
for (const [turn, name] of cases.entries()) {
  const truth = truthOf(name);
  const about = installed.filter(({ minor }) => isAbout(truth, minor));
  for (const [k, { path, minor }] of about.entries()) {
    const isInTurn = allRounds || only !== undefined || turn % about.length === k;
    test.concurrent.skipIf(!isInTurn)(
      `law: on Python 3.${minor} the truth is told of ${name}`,
      () => lanes.run(() => observed(name, truth, path)),
    );
  }
}

if (installed.length === 0)
  test.skip("the truth is told of programs (skipped: no Python 3.9 or later was found)", () => {});

async function observed(name: string, truth: Truth, python: string): Promise<void> {
  using home = temporaryFolder();
  const file = home.file("result.json");
  const hang = truth.hang ? ["--hang", "1.5s"] : ["--timeout", "60s"];
  const app = join(folder, name, "app.py");
  const { status, stdout, stderr } = await callBeside(
    [...command(), "observe", "--python", python, ...hang, "--all", "--json", file, app],
    // A program that is ended for its hang leaves its buffer behind.
    { cwd: join(folder, name), env: { PYTHONUNBUFFERED: "1" } },
  );
  expect(status, stderr).toBe(truth.hang ? 124 : truth.exit!);
  if (truth.stdout.length > 0) expect(stdout.trimEnd().split("\n")).toEqual([...truth.stdout]);
  for (const part of truth.stderr ?? []) expect(stderr).toContain(part);
  const result = JSON.parse(readFileSync(file, "utf8")) as Result;
  expect(discrepancies(truth, result), stderr).toEqual([]);
}
