/** Demands on programs that tandem did not write, held against traces of what was observed of them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readRecording } from "../../src/runs/report.ts";
import { judgeProgram, parseProgramDemands } from "../../src/strategies/observed.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const traces = join(import.meta.dir, "../report/traces/python");

/** What a program lacks of demands, each in a sentence. */
function lacks(trace: string, demands: string): string[] {
  const recording = readRecording([readFileSync(join(traces, `${trace}.ndjson`), "utf8")], trace);
  if (recording.of !== "program") throw new Error("no scenario describes it");
  return judgeProgram(recording.reading, parseProgramDemands(demands, { prints: true }))
    .filter(({ met }) => !met)
    .map(({ found }) => found);
}

test("A demand has the meaning that it has of a scenario's run, and tells tasks by their functions", () => {
  expect(lacks("20-loop-closed-under-task", "lost==0,finish,failed==0,status")).toEqual([
    "watch_device is lost",
    "watch_device is abandoned",
  ]);
  expect(lacks("05-bridge-future-dropped", "heard,status,failed==0,lost==0")).toEqual([
    "the failure of apply_event reaches nobody",
    "the exit status is 0",
    "apply_event fails",
  ]);
  expect(lacks("03-heartbeat-missed", "block<=50ms,late<=1s,wall<=2s,lost==0")).toEqual([
    "the loop is held for 1.201s (wanted: at most 50ms)",
    "a task wakes late by 1.103s (wanted: at most 1s)",
  ]);
  expect(lacks("08-daemon-sender", "ended,cleanup,main")).toEqual([
    "the process ends with send_all under way",
    "send_all is cut off where no clean-up can run",
  ]);
  expect(lacks("23-group-takes-all", "lost==0,heard,terminate=cancelled")).toEqual([]);
});

test("A program that hangs is a deadlock, which says why it lacks all else", () => {
  const trace = "11-join-with-dead-consumer";
  expect(lacks(trace, "lost==0,heard")).toEqual([
    "it deadlocks at 1.063s",
    "it deadlocks at 1.063s",
  ]);
  expect(lacks(trace, "deadlock==true")).toEqual([]);
});

test("A demand that means nothing of an observed program is refused in one sentence", () => {
  const refused = (text: string, prints = true): string => {
    try {
      parseProgramDemands(text, { prints });
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  expect(refused("overlap>=50%")).toBe(
    '"overlap>=50%" means nothing here: how much main overlaps the background is known of a scenario alone',
  );
  expect(refused("survives-kill")).toBe(
    '"survives-kill" means nothing here: nobody kills the process of a program',
  );
  expect(refused('prints contains "a"', false)).toBe(
    `"prints contains "a"" means nothing here: the record holds no text of the program's`,
  );
  expect(refused("finish,heard,cleanup,ended,status,lost==0,wall<=2s")).toBe("");
});
