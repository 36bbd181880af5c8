/** Which ends of a program the edits of JavaScript are about, by traces made by hand. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { javascriptEditor } from "../../../src/edits/javascript/javascript.ts";
import { propose } from "../../../src/edits/propose.ts";
import { reportProgram } from "../../../src/report/program.ts";
import { readRecording } from "../../../src/runs/report.ts";
import { patience } from "../../support/patience.ts";
import { temporaryFolder } from "../../support/tandem.ts";

setDefaultTimeout(patience);

/** A call that was dropped, and had not ended when its process did. */
const cutOff = [
  {
    ...{ type: "trace-began", format: "tandem-events/2", tandem: "0", epoch: 0 },
    source: {
      ...{ kind: "observed", language: "javascript", runtime: "Node.js 20.20.2" },
      ...{ command: "node app.mjs", pid: 1, blocks: null },
    },
  },
  { define: "process", id: 0, name: "app.mjs", pid: 1, command: "node app.mjs" },
  { define: "place", id: 0, file: "app.mjs", line: 2, column: 1 },
  { define: "place", id: 1, file: "app.mjs", line: 1, column: 1, function: "save" },
  { define: "thread", id: 0, process: 0, name: "main" },
  { define: "loop", id: 0, thread: 0, rules: "javascript" },
  { define: "actor", id: 0, kind: "main", name: "main", function: "<module>" },
  {
    ...{ define: "actor", id: 1, kind: "call", name: "save", function: "save" },
    ...{ parent: 0, place: 0, code: 1 },
  },
  { at: 0, type: "main-started", thread: 0, actor: 0 },
  { at: 0, type: "loop-opened", thread: 0, actor: 0 },
  { at: 1, type: "task-created", thread: 0, actor: 1 },
  { at: 1, type: "task-started", thread: 0, actor: 1 },
  { at: 2, type: "floated", thread: 0, actor: 1, place: 0, how: "statement" },
  { at: 2, type: "waits-for", thread: 0, actor: 1, of: "timer" },
  { at: 3, type: "main-ended", thread: 0, actor: 0, status: "finished" },
];

const exit = { at: 50, type: "exit-called", thread: 0, actor: 0, place: 0, code: 0 };
const ended = (code: number) => ({ at: 60, type: "process-ended", thread: 0, actor: 0, code });

async function patternsFor(lines: readonly object[]): Promise<string[]> {
  using home = temporaryFolder();
  home.file("app.mjs", "export async function save() {}\nsave();\n");
  const recording = readRecording([lines.map((line) => `${JSON.stringify(line)}\n`).join("")], "a");
  if (recording.of !== "program") throw new Error("a scenario has no source of its own");
  const { findings } = reportProgram(recording);
  const { reading, trace } = recording;
  const told = { findings, reading, definitions: trace.definitions, folder: home.path };
  const { edits } = await propose(told, [javascriptEditor]);
  return edits.map(({ pattern }) => pattern);
}

test("what process.exit cut off is awaited, and so is what was cut off by what is not known", async () => {
  expect(await patternsFor([...cutOff, exit, ended(0)])).toEqual(["await"]);
  expect(await patternsFor([...cutOff, ended(7)])).toEqual(["await"]);
});

test("what a signal cut off has no edit", async () => {
  const interrupted = { at: 50, type: "interrupted", thread: 0, actor: 0, by: "signal" };
  expect(await patternsFor([...cutOff, interrupted])).toEqual([]);
});
