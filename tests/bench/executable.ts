/** The programs that are timed as whole processes: tandem from source and compiled, and a trivial one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../.ci/build.ts";

/** The command of tandem from source. */
export const fromSource: string[] = [process.execPath, join(import.meta.dir, "../../src/main.ts")];

/** A folder of its own under the system's temporary one, removed on disposal. */
export function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "tandem-bench-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Compiles tandem as it is released, and returns its command: an executable from an older source would not do. */
export async function compileTandem(folder: string): Promise<string[]> {
  const outfile = join(folder, "tandem");
  await build(outfile);
  return [outfile];
}

/** Compiles a program that prints one line, and returns its command. */
export async function compileTrivial(folder: string): Promise<string[]> {
  const [source, outfile] = [join(folder, "trivial.ts"), join(folder, "trivial")];
  await Bun.write(source, `console.log("trivial");\n`);
  const command = [process.execPath, "build", "--compile", source, "--outfile", outfile];
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd: folder, stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed:\n${stderr.toString()}`);
  return [outfile];
}
