/** Many runs with varied durations: what a user waits for the odds of a scenario. */
import type { Benchmark } from "./budget.ts";
import { compileTandem, fromSource, temporaryFolder } from "./executable.ts";
import { formatSamples, interleave, median, processMs } from "./measure.ts";

const rounds = 5;
const words = ["run", "threaded", "--jitter", "5%", "--runs", "10000"];

export const sensitivity: Benchmark = {
  includes: "each figure is the wall time of a whole process, from its start to its exit",
  async run() {
    using folder = temporaryFolder();
    const compiled = await compileTandem(folder.path);
    const ms = await interleave(rounds, {
      source: () => processMs([...fromSource, ...words], folder.path),
      compiled: () => processMs([...compiled, ...words], folder.path),
    });
    console.log(`  from source: ${formatSamples(ms.source)}`);
    console.log(`  the executable: ${formatSamples(ms.compiled)}`);
    return (["source", "compiled"] as const).map((how) => ({
      of: `sensitivity: 10,000 runs of threaded, ${how === "source" ? "from source" : "the executable"}`,
      figure: median(ms[how]),
      unit: "ms",
      bound: { most: 3000 },
    }));
  },
};
