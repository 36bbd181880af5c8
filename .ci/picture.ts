/**
 * Makes the README's pictures of a report, light and dark: `bun .ci/picture.ts`, where there is Chromium and Python.
 *
 * The program that is observed stands in `tests/observe/listings`, and runs for real.
 */
import { join } from "node:path";
import { Page } from "../tests/support/browser.ts";
import { temporaryFolder } from "../tests/support/tandem.ts";

const root = join(import.meta.dir, "..");

using folder = temporaryFolder();
folder.file("pages.py", await Bun.file(join(root, "tests/observe/listings/pages.py")).bytes());
// What is told of a run on a busy machine is that, and no picture for a README.
const isTold = (text: string): boolean =>
  text.includes("upload held the thread of its loop 3 times") && !text.includes("busy machine");
for (let tries = 0; ; tries++) {
  const observed = Bun.spawnSync(
    [process.execPath, join(root, "src/main.ts"), "observe", "--report", "pages.html", "pages.py"],
    { cwd: folder.path, stdout: "ignore", stderr: "pipe" },
  );
  if (observed.exitCode !== 0) throw new Error(`the program ended with ${observed.exitCode}`);
  if (isTold(observed.stderr.toString())) break;
  if (tries === 10) throw new Error("the machine is too busy");
}
for (const scheme of ["light", "dark"]) {
  const look = { width: 1440, height: 1550, dark: scheme === "dark" };
  await using page = await Page.open(folder.file("pages.html"), look);
  await page.cdp("Emulation.setScrollbarsHidden", { hidden: true });
  await page.go(folder.file("pages.html"));
  const file = join(root, ".github", `report-${scheme}.png`);
  await Bun.write(file, await page.picture());
  console.log(file);
}
