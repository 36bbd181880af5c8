/**
 * The program cannot notice that it is observed: random programs print the same bytes, and end the same,
 * bare and observed.
 *
 * `TANDEM_SEED=n` draws other programs, `TANDEM_CASE=n` the n-th alone, `TANDEM_KEEP=FOLDER` keeps those that
 * could notice.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { constants } from "node:os";
import { join } from "node:path";
import { randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { pythons, whyNoPython } from "../support/python.ts";
import { Lanes } from "../support/real.ts";
import { command, environment, temporaryFolder } from "../support/tandem.ts";
import { type RandomProgram, randomProgram } from "./random-programs.ts";

setDefaultTimeout(3_600_000);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261129);
const only = process.env["TANDEM_CASE"] === undefined ? null : Number(process.env["TANDEM_CASE"]);
const keep = process.env["TANDEM_KEEP"];
const programs = rounds(10, 300);
const installed = pythons().filter(({ minor }) => minor >= 9);

test.skipIf(installed.length === 0)(
  `law: ${programs} random programs print the same bytes and end the same, bare and observed${whyNoPython(9)}`,
  async () => {
    const numbers = Array.from({ length: programs }, (_, k) => k);
    const different: { what: string; bare: End; observed: End }[] = [];
    await new Lanes(2).each(only === null ? numbers : [only], async (number) => {
      const python = installed[number % installed.length]!;
      using folder = temporaryFolder();
      const program = randomProgram(randomFrom(seed + number), python.minor);
      folder.file("app.py", program.text);
      const what = `program ${number} on Python 3.${python.minor} ${program.options.join(" ")}`;
      for (let tries = 1; ; tries++) {
        const bare = await end([python.path], program, folder.path);
        const observed = await end(
          [...command(), "observe", "--quiet", "--", python.path],
          program,
          folder.path,
        );
        if (Bun.deepEquals(bare, observed)) return;
        // While the sampler looks at a step that takes long, as on a busy machine, it has a reference to its task.
        if (tries < 4) continue;
        if (keep !== undefined) await save(number, program);
        different.push({ what, bare, observed });
        return;
      }
    });
    expect(different.map(({ what, observed }) => ({ what, ...observed }))).toEqual(
      different.map(({ what, bare }) => ({ what, ...bare })),
    );
  },
);

/** A program that takes longer hangs; none takes a tenth of it. */
const timeoutMs = 60_000;

/** How a program ended, and what it printed, without what differs from process to process. */
interface End {
  /** As a shell says it: 128 and its number for a signal. */
  status: number;
  stdout: string;
  stderr: string;
}

async function end(
  python: readonly string[],
  program: RandomProgram,
  folder: string,
): Promise<End> {
  const child = Bun.spawn([...python, ...program.options, "app.py", "x"], {
    cwd: folder,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: environment({}),
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  const signal = child.signalCode;
  return {
    status:
      signal === null
        ? child.exitCode!
        : 128 + (constants.signals as Record<string, number>)[signal]!,
    stdout: comparable(stdout),
    stderr: comparable(stderr),
  };
}

/** Without addresses, idents, process ids and what asyncio's debug mode measures. */
function comparable(text: string): string {
  return (
    text
      .replace(/0x[0-9a-f]+/g, "0x…")
      // What asyncio abbreviates may begin within one.
      .replace(/\.\.\.[0-9a-f]+(?=>)/g, "...…")
      .replace(/\d{9,}/g, "…")
      .replace(/\bpid=\d+|\(pid \d+\)|\b[Pp]rocess \d+|<sys>:0|:\d+: Resource/g, "…")
      .replace(/^.*Executing .* took [\d.]+ seconds\n/gm, "")
  );
}

async function save(number: number, { text, options }: RandomProgram): Promise<void> {
  await Bun.write(join(keep!, `${number}.py`), `${text}\n# ${options.join(" ")}\n`);
}
