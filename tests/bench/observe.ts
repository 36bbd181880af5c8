/**
 * Observing Python programs: what they take with the recorder inside, beside the same programs bare, under
 * cProfile and with asyncio's debug mode.
 */
import { join } from "node:path";
import { findPython } from "../support/python.ts";
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

/** A program, and what of its own figure observing it may make. */
const subjects = [
  { program: "tasks.py", of: "100,000 tasks of ten steps", most: 2, debugs: false },
  {
    program: "echo.py",
    of: "an echo server with 20 clients, a round trip",
    most: 1.3,
    debugs: true,
  },
  { program: "computing.py", of: "five computing threads", most: 1.1, debugs: false },
] as const;

/** Programs that only start and end, and what observing them may add, in ms. */
const starts = [
  ["nothing.py", "a program that does nothing", 40],
  ["one-task.py", "a program with one task of asyncio", 40],
] as const;

export const observe: Benchmark = {
  includes:
    "the figures are the programs' own, printed by them; start-up is the wall time of the whole command",
  async run() {
    const python = findPython(9);
    if (python === null) {
      console.log("  (left out: no Python 3.9 or later was found)");
      return [];
    }
    using folder = temporaryFolder();
    const tandem = await compileTandem(folder.path);
    const observed = [...tandem, "observe", "--python", python.path, "--quiet"];
    const budgets: Budget[] = [];
    for (const { program, of, most, debugs } of subjects) {
      const file = join(programs, program);
      const contenders: Record<string, () => number> = {
        bare: () => figureOf([python.path, file]),
        observed: () => figureOf([...observed, file]),
        profiled: () =>
          figureOf([python.path, "-m", "cProfile", "-o", join(folder.path, "profile"), file]),
        // Asyncio's debug mode takes 30 times as long where a program does nothing but switch tasks.
        ...(debugs ? { debugged: () => figureOf([python.path, "-X", "dev", file]) } : {}),
      };
      const figures = await interleave(rounds, contenders);
      for (const [name, ms] of Object.entries(figures))
        console.log(`  ${of}, ${name}: ${formatSamples(ms)}`);
      const figure = medianRatio(figures["observed"]!, figures["bare"]!);
      budgets.push({ of: `${of}: observed / bare`, figure, unit: "×", bound: { most } });
    }
    // With what a user is told at the end, since whoever waits for the program waits for that too.
    const told = [...tandem, "observe", "--python", python.path];
    for (const [program, of, most] of starts) {
      const file = join(programs, program);
      const ms = await interleave(startRounds, {
        bare: () => processMs([python.path, file]),
        observed: () => processMs([...told, file]),
      });
      console.log(`  ${of}, bare: ${formatSamples(ms.bare)}`);
      console.log(`  ${of}, observed: ${formatSamples(ms.observed)}`);
      const figure = medianDifference(ms.observed, ms.bare);
      budgets.push({
        of: `start-up of ${of}: observed, less bare`,
        figure,
        unit: "ms",
        bound: { most },
      });
    }
    return budgets;
  },
};
