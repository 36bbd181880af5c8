/**
 * Observing JavaScript programs: what they take with the recorder inside, beside the same programs bare, in the
 * executable's own Bun and in Node, and in Node under async_hooks.
 */
import { join } from "node:path";
import type { Benchmark, Budget } from "./budget.ts";
import { compileTandem, temporaryFolder } from "./executable.ts";
import {
  figureOf,
  formatSamples,
  interleave,
  medianDifference,
  medianRatio,
  processMs,
} from "./measure.ts";

const rounds = 5;
const startRounds = 15;
const programs = join(import.meta.dir, "programs");

/** A program, and what of its own figure observing it may make, by runtime. */
const subjects = [
  { program: "awaits.mjs", of: "100,000 calls of ten awaits", most: { Bun: 4.5, Node: 8 } },
  {
    program: "http.mjs",
    of: "an HTTP server with 16 connections",
    most: { Bun: 1.35, Node: 1.65 },
  },
  { program: "computing.mjs", of: "computing", most: { Bun: 1.1, Node: 1.3 } },
] as const;

/** What observing may add to the start of a program that does nothing, in ms. */
const mostAtStart = 80;
/** The room that a call may take while it is alive, in bytes. */
const mostAlive = 600;
/** What of its own time observing a suite of tests may make. */
const mostOfSuite = 1.2;

interface Runtime {
  name: "Bun" | "Node";
  bare: readonly string[];
  observed: readonly string[];
}

export const observeJavaScript: Benchmark = {
  includes:
    "the figures are the processor time of the programs' own processes, printed by them; start-up and the suite are the wall time of the whole command, texts once transformed",
  async run() {
    using folder = temporaryFolder();
    const [tandem] = (await compileTandem(folder.path)) as [string];
    const observe = [tandem, "observe", "--quiet"];
    const node = Bun.which("node");
    const runtimes: Runtime[] = [
      { name: "Bun", bare: ["env", "BUN_BE_BUN=1", tandem], observed: observe },
    ];
    if (node === null) console.log("  (Node is left out: it was not found)");
    else runtimes.push({ name: "Node", bare: [node], observed: [...observe, "--runtime", node] });
    const budgets: Budget[] = [];
    for (const runtime of runtimes) {
      for (const { program, of, most } of subjects) {
        const file = join(programs, program);
        const figure = await compared(runtime, `${of}, ${runtime.name}`, file, medianRatio);
        budgets.push(
          budget(`${of}, ${runtime.name}: observed / bare`, figure, "×", most[runtime.name]),
        );
      }
      const alive = join(programs, "alive.mjs");
      const bytes = await compared(
        runtime,
        `a call that is alive, ${runtime.name}`,
        alive,
        medianDifference,
        "B",
      );
      budgets.push(
        budget(`a call that is alive, ${runtime.name}: observed, less bare`, bytes, "B", mostAlive),
      );
      budgets.push(await start(runtime, tandem));
    }
    budgets.push(await suite(tandem));
    return budgets;
  },
};

function budget(of: string, figure: number, unit: Budget["unit"], most: number): Budget {
  return { of, figure, unit, bound: { most } };
}

/** Compares a program's own figures, bare and observed; in Node also under async_hooks. */
async function compared(
  { name, bare, observed }: Runtime,
  of: string,
  file: string,
  compare: typeof medianRatio,
  unit: "ms" | "B" = "ms",
): Promise<number> {
  const figures = await interleave<string, number>(rounds, {
    bare: () => figureOf([...bare, file]),
    observed: () => figureOf([...observed, file]),
    ...(name === "Node"
      ? {
          "under async_hooks": () =>
            figureOf([...bare, "--require", join(programs, "async-hooks.cjs"), file]),
        }
      : {}),
  });
  for (const [contender, samples] of Object.entries(figures))
    console.log(`  ${of}, ${contender}: ${formatSamples(samples, unit)}`);
  return compare(figures["observed"]!, figures["bare"]!);
}

/** The start of a program that does nothing, with what a user is told at its end. */
async function start({ name, bare }: Runtime, tandem: string): Promise<Budget> {
  const file = join(programs, "nothing.mjs");
  const told = [tandem, "observe", ...(name === "Node" ? ["--runtime", "node"] : []), file];
  const ms = await interleave(startRounds, {
    bare: () => processMs([...bare, file]),
    observed: () => processMs(told),
  });
  console.log(`  a program that does nothing, ${name}, bare: ${formatSamples(ms.bare)}`);
  console.log(`  a program that does nothing, ${name}, observed: ${formatSamples(ms.observed)}`);
  const figure = medianDifference(ms.observed, ms.bare);
  return budget(`start-up, ${name}: observed, less bare`, figure, "ms", mostAtStart);
}

async function suite(tandem: string): Promise<Budget> {
  const tests = [process.execPath, "test", join(programs, "suite.mjs")];
  const ms = await interleave(rounds, {
    bare: () => processMs(tests),
    observed: () => processMs([tandem, "observe", "--quiet", "--", ...tests]),
  });
  console.log(`  300 tests of bun test, bare: ${formatSamples(ms.bare)}`);
  console.log(`  300 tests of bun test, observed: ${formatSamples(ms.observed)}`);
  const figure = medianRatio(ms.observed, ms.bare);
  return budget("300 tests of bun test: observed / bare", figure, "×", mostOfSuite);
}
