/**
 * Documents that nobody would write (`tests/support/mutants.ts`), given to every command that reads one: each is
 * performed, or refused in sentences with their places. `TANDEM_CASES` says how many, `TANDEM_CASE` which one alone.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { dangersIn } from "../support/hostile.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { mutantOf } from "../support/mutants.ts";
import { command, environment, temporaryFolder } from "../support/tandem.ts";
import { unless } from "../support/skipped.ts";

setDefaultTimeout(allRounds ? 4 * 3_600_000 : 300_000);

const only = process.env["TANDEM_CASE"];
const cases = Number(process.env["TANDEM_CASES"] ?? rounds(12, 20_000));

/** How many are tried by one process, whose memory is then its own again. */
const atOnce = 500;

/** From how long on a process that says nothing hangs, in ms: a command may take 10 s, on a busy machine several times that. */
const silence = 60_000;

/** What is not as it should be with the mutants of some numbers, each with the command that shows it again. */
async function faultsOf(from: number, to: number): Promise<string[]> {
  const trials = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, "../support/mutant-trials.ts"),
      String(from),
      String(to),
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "pipe", env: environment() },
  );
  const stderr = trials.stderr.text();
  const faults: string[] = [];
  const replay = (number: number): string =>
    `TANDEM_CASE=${number} bun test tests/cli/mutants.test.ts`;
  let latest = { number: from, words: [] as string[] };
  let hangs = false;
  const hang = (): void => {
    hangs = true;
    trials.kill("SIGKILL");
  };
  let timer = setTimeout(hang, silence);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of trials.stdout) {
    clearTimeout(timer);
    timer = setTimeout(hang, silence);
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const told = JSON.parse(line) as typeof latest & { what?: string; how?: string };
      if (told.what === undefined) latest = told;
      else
        faults.push(
          `${replay(told.number)}\n${told.how ?? ""}: ${told.words.join(" ")}: ${told.what}`,
        );
    }
  }
  clearTimeout(timer);
  const status = await trials.exited;
  const words = latest.words.join(" ");
  if (hangs) faults.push(`${replay(latest.number)}\n${words}: it hangs`);
  else if (status !== 0)
    faults.push(`${replay(latest.number)}\n${words}: ended by ${status}\n${await stderr}`);
  return faults;
}

test(`${allRounds ? "law: " : ""}whatever a document is, each command performs it or says what is wrong and where`, async () => {
  const from = only === undefined ? 0 : Number(only);
  const to = only === undefined ? cases : from + 1;
  for (let number = from; number < to; number += atOnce)
    expect(await faultsOf(number, Math.min(to, number + atOnce))).toEqual([]);
});

test.skipIf(only !== undefined)(
  `${allRounds ? "law: " : ""}the executable does so by itself, in 10 s and 1 GB${unless(only === undefined, "only some are wanted")}`,
  async () => {
    using folder = temporaryFolder();
    const commands = [
      ["check", "FILE", "--reporter", "json"],
      ["run", "FILE", "--driver", "virtual", "--json"],
      ["run", "FILE", "--timeout", "200ms", "--json"],
      ["compare", "FILE"],
      ["crash", "FILE"],
      ["code", "FILE"],
    ];
    for (let number = 0; number < cases / 40; number++) {
      const { file, bytes, how } = mutantOf(40 * number + 7);
      const path = folder.file(file, bytes);
      const words = commands[number % commands.length]!;
      const child = Bun.spawn(
        [...command(), ...words.map((word) => (word === "FILE" ? path : word))],
        { stdin: "ignore", stdout: "pipe", stderr: "pipe", env: environment(), timeout: silence },
      );
      const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
      await child.exited;
      const { cpuTime, maxRSS } = child.resourceUsage()!;
      const took = {
        how,
        words,
        isEnded: [0, 1, 2].includes(child.exitCode ?? -1),
        dangers: dangersIn(stdout + stderr),
        trace: /^\s+at .+[:(]\d/m.exec(stdout + stderr)?.[0] ?? null,
        isQuick: Number(cpuTime.total) < 12e6,
        isSmall: maxRSS < 1e9,
      };
      const right = { isEnded: true, dangers: [], trace: null, isQuick: true, isSmall: true };
      expect(took).toEqual({ how, words, ...right });
    }
  },
);
