/** Programs in folders of their own, run bare and with what loads the recorder; it is a recorder of the tests (`told.ts`). */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { javascript } from "../../../src/observe/javascript/javascript.ts";
import { bundle } from "../../../src/observe/javascript/loading/bundle.ts";

export interface Ran {
  stdout: string;
  stderr: string;
  status: number | null;
}

export interface Observed extends Ran {
  /** What the recorder was told, `file: kind line` with files relative to the program's folder. */
  told: string[];
}

/** What begins with the recorder of the tests. */
const counting = {
  bun: join(import.meta.dir, "entry-bun.ts"),
  node: join(import.meta.dir, "entry-node.ts"),
};

export interface Settings {
  include?: string;
  exclude?: string;
  /** Of its environment, beside those that bring the recorder. */
  variables?: Record<string, string>;
}

/** A folder for programs, with the recorder's files beside. */
export class Programs {
  readonly #root = mkdtempSync(join(tmpdir(), "tandem-loading-"));
  readonly #recorder = join(this.#root, "recorder");
  #count = 0;

  /** Writes the recorder's files, with what begins in each runtime. */
  async prepare(entries = counting): Promise<void> {
    mkdirSync(this.#recorder);
    chmodSync(this.#recorder, 0o700);
    for (const [file, text] of Object.entries(await bundle(entries)))
      await Bun.write(join(this.#recorder, file), text);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** How many transformations have been kept. */
  get kept(): number {
    return readdirSync(join(this.#recorder, "modules")).length;
  }

  /** Writes a program's files. Its folder. */
  async write(files: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(this.#root, `program-${++this.#count}`);
    for (const [file, text] of Object.entries(files)) await Bun.write(join(folder, file), text);
    return folder;
  }

  async bare(command: readonly string[], folder: string): Promise<Ran> {
    return await run(command, folder, {});
  }

  /** Runs a program with the recorder, which writes these lines. */
  async recorded(
    command: readonly string[],
    folder: string,
    settings: Settings = {},
  ): Promise<Ran & { lines: string[] }> {
    const record = mkdtempSync(join(this.#root, "run-"));
    const { include = null, exclude = null } = settings;
    const variables = javascript.variables(
      { recorder: this.#recorder, run: record },
      { prints: true, blocksNs: 1e8, include, exclude },
      {},
    );
    const ran = await run(command, folder, { ...variables, ...settings.variables });
    const lines = readdirSync(record).flatMap((file) =>
      readFileSync(join(record, file), "utf8").trim().split("\n"),
    );
    return { ...ran, lines };
  }

  async observed(...given: Parameters<Programs["recorded"]>): Promise<Observed> {
    const [, folder] = given;
    const { lines, ...ran } = await this.recorded(...given);
    const told = lines.map((line) => (JSON.parse(line) as string).replaceAll(`${folder}/`, ""));
    return { ...ran, told: told.toSorted() };
  }
}

async function run(
  command: readonly string[],
  cwd: string,
  variables: Record<string, string>,
): Promise<Ran> {
  const { NODE_OPTIONS: _node, BUN_OPTIONS: _bun, ...environment } = process.env;
  const env = { ...environment, ...variables, NODE_NO_WARNINGS: "1" };
  const child = Bun.spawn([...command], { cwd, env, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return { stdout, stderr, status: child.exitCode };
}
