/**
 * The equivalent program in Python 3.11 or later, of its standard library alone: its frame and main.
 *
 * The semantics are asyncio's own, so each step and each strategy is what a person would write; only
 * what asyncio has no call for (stopping a loop from another thread that may be closing already, a
 * queue between a task and a thread that both wait) takes a few lines.
 */
import { inComment, sourceText, type SourceText } from "../base/texts.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { leaves, leavesOf } from "../scenario/walk.ts";
import { EmitError } from "./error.ts";
import { Facts, usesEarlyValue } from "./facts.ts";
import { kindOf, writeChannel, writeChannelClass } from "./python/channel.ts";
import { PythonDraft } from "./python/draft.ts";
import { writeLaunch, writeTask } from "./python/coroutines.ts";
import {
  endAtOnce,
  openLoop,
  usesProcesses,
  writeExit,
  writeLaunchStep,
  writeLoop,
} from "./python/loop.ts";
import { onMain, writeSteps } from "./python/steps.ts";
import { inside } from "./python/syntax.ts";
import { separated } from "./source-text.ts";

/** The program in Python. @throws EmitError where there is none. */
export function emitPython(scenario: Scenario, strategy: Strategy): SourceText {
  const facts = new Facts(scenario, strategy);
  const steps = [
    ...leaves(scenario.main),
    ...leaves(scenario.launch),
    ...facts.used.flatMap(leavesOf),
  ];
  const call = steps.find((step) => step.kind === "call");
  if (call !== undefined)
    throw new EmitError(
      `line ${call.position.line} calls ${call.module}, a function of your own in TypeScript or JavaScript, which Python cannot import; use --lang typescript`,
    );
  return writeProgram(new PythonDraft(facts));
}

function writeProgram(draft: PythonDraft): SourceText {
  draft.import("sys");
  const { scenario, strategy, used, launches, channels } = draft.facts;
  const main = writeMain(draft);
  const functions = launches
    ? [...used.map((task) => writeTask(draft, task)), writeLaunch(draft), ...writeLoop(draft)]
    : [];
  const channelClass = writeChannelClass(draft);
  const queues = channels.map((channel) => writeChannel(draft, channel));
  const compute = draft.computes ? computeFunction(draft) : [];
  // A process of a pool imports this file, and must not become the main program again.
  const guarded = usesProcesses(draft.facts)
    ? [`if __name__ == "__main__":`, ...inside(main)]
    : main;
  const imports = [...draft.imports].sort(
    (a, b) => Number(a.startsWith("from")) - Number(b.startsWith("from")) || (a < b ? -1 : 1),
  );
  const head = `# ${scenario.name}, strategy ${strategy.name}${scenario.title === null ? "" : `: ${inComment(scenario.title)}`}`;
  const top = separated([[head, ...imports], versionGuard], [""]);
  const channelsOnTop = channelClass.length === 0;
  return sourceText(
    "python",
    separated(
      channelsOnTop
        ? [separated([top, queues], [""]), compute, ...functions, guarded]
        : [top, channelClass, queues, compute, ...functions, guarded],
      ["", ""],
    ),
  );
}

/** The check of Python's version: before 3.11 there is no TaskGroup, timeout() or Runner. The lines above it compile there. */
const versionGuard = [
  "if sys.version_info < (3, 11):",
  `    print("This program needs Python 3.11 or later.", file=sys.stderr)`,
  "    sys.exit(2)",
];

function computeFunction(draft: PythonDraft): string[] {
  draft.import("time");
  return [
    "def compute(seconds):",
    `    """Burns a core for so much CPU time."""`,
    "    end = time.thread_time() + seconds",
    "    while time.thread_time() < end:",
    "        pass",
  ];
}

function writeMain(draft: PythonDraft): string[] {
  const { scenario, beforeLaunch, afterLaunch, launches } = draft.facts;
  const early = usesEarlyValue(scenario.main) ? [`value = ""`] : [];
  const before = writeSteps(draft, beforeLaunch, { ...onMain, launched: false });
  if (!launches) return [...early, ...before];
  const after = writeSteps(draft, afterLaunch, onMain);
  const exit = writeExit(draft);
  const usesChannels = leaves(beforeLaunch).some(
    (step) =>
      (step.kind === "send" || step.kind === "receive") &&
      kindOf(draft.facts, draft.facts.channel(step.channel)) === "Channel",
  );
  const opening = openLoop(draft);
  const head = [
    ...early,
    ...(usesChannels ? opening : []),
    ...before,
    ...writeLaunchStep(draft, usesChannels ? [] : opening),
  ];
  if (draft.facts.abandons && draft.facts.usesPool)
    return [...head, ...endAtOnce(draft, after, exit)];
  // A plain thread is joined by the interpreter in any case; but before that its pools take no more.
  const { usesPool, strategy } = draft.facts;
  const needed = exit.length > 1 || (exit.length === 1 && (strategy.grace !== null || usesPool));
  if (!draft.facts.mainCanFail() || !needed || after.length === 0)
    return [...head, ...after, ...exit];
  return [...head, "try:", ...inside(after), "finally:", ...inside(exit)];
}
