/** The recorder inside real Pythons: what it writes, and that the program notices nothing. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patience } from "../support/patience.ts";
import { pythons, whyNoPython } from "../support/python.ts";
import { record } from "../support/recorded.ts";

setDefaultTimeout(patience);

const folder = mkdtempSync(join(tmpdir(), "tandem-programs-"));

/** A program in a file of its own. */
function program(name: string, lines: string): string {
  const path = join(folder, name);
  writeFileSync(path, lines);
  return path;
}

const lost = program(
  "lost.py",
  `import asyncio
async def task():
    await asyncio.sleep(1)
async def main():
    asyncio.create_task(task())
    await asyncio.sleep(0)
asyncio.run(main())
`,
);

describe.skipIf(pythons().length === 0)(`the recorder${whyNoPython(9)}`, () => {
  for (const { path, minor } of pythons().filter((python) => python.minor >= 9)) {
    test(`3.${minor}: tells where a task was created and how it ended`, () => {
      const { exitCode, stderr, processes } = record(path, [lost]);
      expect([exitCode, stderr]).toEqual([0, ""]);
      const slots = processes[0]!;
      expect(slots.filter(({ kind }) => kind === "TROUBLE")).toEqual([]);
      const task = slots.find(({ kind, text }) => kind === "ACTOR" && text === "task")!;
      expect(task.place).toBe("lost.py:5 main");
      const ofTask = slots.filter(
        ({ kind, actor }) => kind.startsWith("task-") && actor === task.actor,
      );
      expect(ofTask.map(({ kind, word }) => [kind, word])).toEqual([
        ["task-started", undefined],
        ["task-ended", "cancelled"],
      ]);
    });
  }
});
