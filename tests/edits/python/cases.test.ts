/** Edits of Python programs that were observed: which are proposed, and that the edited program no longer has the fault. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pythonEditor } from "../../../src/edits/python/python.ts";
import { leastMinor } from "../../../src/observe/python/python.ts";
import { pythons, whyNoPython } from "../../support/python.ts";
import { callBeside, temporaryFolder } from "../../support/tandem.ts";
import { changedLines, proposedFor } from "../observed-edits.ts";

setDefaultTimeout(60_000);

const observe = join(import.meta.dir, "../../observe");

interface Wanted {
  /** The program, below the folder of the observed ones. */
  program: string;
  /** By pattern, the changed lines. */
  edits: Record<string, string[]>;
  /** By rule, why there is no edit. */
  reasons?: Record<string, string>;
  /** What the edited program prints, by pattern; nothing that belongs to the fault stands there. */
  prints: Record<string, string>;
}

const cases: Wanted[] = [
  {
    program: "cases/01-gc-lost-reader/app.py",
    edits: {
      "keep-and-await": [
        "-    asyncio.create_task(read_price())",
        "+    task = asyncio.create_task(read_price())",
        "+    await task",
      ],
    },
    prints: { "keep-and-await": "reader: stored 42" },
  },
  {
    program: "cases/05-bridge-future-dropped/app.py",
    edits: {
      "done-callback": [
        "-        asyncio.run_coroutine_threadsafe(apply_event(event), loop)",
        "+        asyncio.run_coroutine_threadsafe(apply_event(event), loop).add_done_callback(lambda done: done.result())",
      ],
    },
    prints: { "done-callback": "KeyError: 'pause'" },
  },
  {
    program: "cases/16-cleanup-task-of-signal/app.py",
    edits: {
      "keep-and-await": [
        "+    tasks = set()",
        "-        loop.create_task(remove_containers())",
        "+        task = loop.create_task(remove_containers())",
        "+        tasks.add(task)",
        "+        task.add_done_callback(tasks.discard)",
        "+    await asyncio.gather(*tasks)",
      ],
    },
    prints: { "keep-and-await": "left behind: []" },
  },
];

/** Programs are observed on the newest; edited they run on the oldest that is observed as well. */
const [newest, ...older] = pythons().filter(({ minor }) => minor >= leastMinor);
const oldest = older.at(-1) ?? newest;

describe.if(newest !== undefined)("edits of Python" + whyNoPython(leastMinor), () => {
  for (const { program, edits, reasons = {}, prints } of cases)
    test(`${program} is offered its edits, and has lost its fault with each`, async () => {
      const { path } = newest!;
      const file = join(observe, program);
      const proposed = await proposedFor(file, pythonEditor(path), ["--python", path]);
      expect(
        Object.fromEntries(proposed.edits.map((one) => [one.pattern, changedLines(one.change)])),
      ).toEqual(edits);
      expect(proposed.reasons).toEqual(reasons);
      for (const { pattern, change } of proposed.edits)
        for (const { path: interpreter } of [newest!, oldest!])
          expect(await printed(interpreter, change.after), pattern).toContain(prints[pattern]!);
    });
});

/** What a program prints to both streams, which ends by itself. */
async function printed(interpreter: string, text: Uint8Array): Promise<string> {
  using folder = temporaryFolder();
  const file = folder.file("app.py");
  writeFileSync(file, text);
  const { stdout, stderr } = await callBeside([interpreter, file]);
  return `${stdout}${stderr}`;
}
