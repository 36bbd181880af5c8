/**
 * The executable, built from the sources as they stand: what tests start where tandem needs a process of
 * its own, since it comes up in half the time that the sources take. It is kept in the folder for
 * temporary files, outside the repository, until the sources change.
 *
 * `bun tests/support/executable.ts` builds it, if need be, and prints its path: `npm test` does so before
 * its files run side by side.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { build } from "../../.ci/build.ts";

const root = join(import.meta.dir, "../..");

/** For how long, in ms, an executable of earlier sources is kept: a run of the suite may be using it. */
const keptFor = 20 * 60_000;

/** The path of the executable; builds it, in some seconds, where there is none of these sources. */
export function builtExecutable(): string {
  built ??= findOrBuild();
  // Whoever uses it for long, as a law does, keeps it by that.
  utimesSync(built, new Date(), new Date());
  return built;
}

let built: string | undefined;

function findOrBuild(): string {
  const path = pathOf(sources());
  if (!existsSync(path)) {
    // In another process, for a caller who cannot wait otherwise.
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, import.meta.path]);
    if (exitCode !== 0) throw new Error(`the executable cannot be built:\n${stderr}`);
  }
  return path;
}

/** One folder for each folder of sources, and in it one file for each state of these. */
function pathOf(state: string): string {
  const owner = Bun.hash(`${userInfo().username} ${root}`).toString(36);
  return join(tmpdir(), `tandem-tests-${owner}`, `tandem-${state}`);
}

/** A name for all that the executable is made of. */
function sources(): string {
  const hasher = new Bun.CryptoHasher("sha256");
  const files = [...new Bun.Glob("src/**/*").scanSync({ cwd: root })].toSorted();
  for (const file of [...files, ".ci/build.ts", "package.json", "bun.lock"])
    hasher
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return hasher.update(Bun.version).digest("hex").slice(0, 16);
}

if (import.meta.main) {
  const path = pathOf(sources());
  const folder = join(path, "..");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(path)) {
    for (const name of readdirSync(folder)) {
      const other = join(folder, name);
      if (Date.now() - statSync(other).mtimeMs > keptFor) rmSync(other, { force: true });
    }
    // Whoever else builds it at the same time puts the same in its place.
    const mine = join(folder, `building-${process.pid}`);
    await build(mine);
    renameSync(mine, path);
  }
  console.log(path);
}
