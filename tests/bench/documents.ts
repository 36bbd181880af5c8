/** Large documents: how long `tandem show`, which reads and checks and does nothing else, takes for one. */
import { join } from "node:path";
import type { Benchmark } from "./budget.ts";
import { compileTandem, temporaryFolder } from "./executable.ts";
import { formatSamples, interleave, median, processMs } from "./measure.ts";

const rounds = 7;
const tasks = 16_000;

function yaml(): string {
  const written = Array.from(
    { length: tasks },
    (_, k) => `  task-${k}:\n    - sleep: 10ms\n    - print: done ${k}\n`,
  );
  return `name: crowd\nmain: [launch]\ntasks:\n${written.join("")}`;
}

function json(): string {
  const written = Array.from({ length: tasks }, (_, k) => [
    `task-${k}`,
    [{ sleep: "10ms" }, { print: `done ${k}` }],
  ]);
  return JSON.stringify({ name: "crowd", main: ["launch"], tasks: Object.fromEntries(written) });
}

export const documents: Benchmark = {
  includes: "each figure is the wall time of a whole process, from its start to its exit",
  async run() {
    using folder = temporaryFolder();
    const tandem = await compileTandem(folder.path);
    await Bun.write(join(folder.path, "crowd.yaml"), yaml());
    await Bun.write(join(folder.path, "crowd.json"), json());
    const ms = await interleave(rounds, {
      YAML: () => processMs([...tandem, "show", "crowd.yaml"], folder.path),
      JSON: () => processMs([...tandem, "show", "crowd.json"], folder.path),
    });
    return (["YAML", "JSON"] as const).map((form) => {
      console.log(`  ${form}, ${tasks.toLocaleString("en")} tasks: ${formatSamples(ms[form])}`);
      return {
        of: `documents: ${tasks.toLocaleString("en")} tasks in ${form}, read and checked`,
        figure: median(ms[form]),
        unit: "ms",
        bound: { most: 1000 },
      };
    });
  },
};
