/** Start-up: what the executable takes before it does anything, beside a trivial program, and what a comparison takes. */
import type { Benchmark } from "./budget.ts";
import { compileTandem, compileTrivial, temporaryFolder } from "./executable.ts";
import {
  formatSamples,
  interleave,
  median,
  medianDifference,
  medianRatio,
  processMs,
} from "./measure.ts";

const rounds = 31;
const compareRounds = 9;

export const startUp: Benchmark = {
  includes:
    "each figure is the wall time of a whole process, from its start to its exit; the executables\n  are in the page cache",
  async run() {
    using folder = temporaryFolder();
    const tandem = await compileTandem(folder.path);
    const trivial = await compileTrivial(folder.path);
    const contenders = {
      trivial: () => processMs(trivial, folder.path),
      list: () => processMs([...tandem, "list"], folder.path),
      version: () => processMs([...tandem, "version"], folder.path),
      run: () => processMs([...tandem, "run", "lost", "--driver", "virtual"], folder.path),
    };
    const compare = () => processMs([...tandem, "compare", "threaded", "--all"], folder.path);
    await interleave(1, { ...contenders, compare });
    const ms = await interleave(rounds, contenders);
    console.log(`  trivial program: ${formatSamples(ms.trivial)}`);
    console.log(`  tandem version: ${formatSamples(ms.version)}`);
    console.log(`  tandem list: ${formatSamples(ms.list)}`);
    console.log(`  tandem run lost --driver virtual: ${formatSamples(ms.run)}`);
    const all = await interleave(compareRounds, { compare });
    console.log(`  tandem compare threaded --all: ${formatSamples(all.compare)}`);
    return [
      {
        of: "tandem compare threaded --all: every meaningful strategy, and advice",
        figure: median(all.compare),
        unit: "ms",
        // A third of it is the search for when the choice would be wrong, which looks at each duration.
        bound: { most: 500 },
      },
      {
        of: "start-up: tandem version / trivial program",
        figure: medianRatio(ms.version, ms.trivial),
        unit: "×",
        bound: { most: 1.5 },
      },
      {
        of: "start-up: tandem list, less the trivial program",
        figure: medianDifference(ms.list, ms.trivial),
        unit: "ms",
        bound: { most: 10 },
      },
      {
        of: "start-up: tandem run lost --driver virtual, less the trivial program",
        figure: medianDifference(ms.run, ms.trivial),
        unit: "ms",
        bound: { most: 15 },
      },
    ];
  },
};
