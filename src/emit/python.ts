/**
 * The equivalent program in Python 3.11 or later, of its standard library alone: its frame, which is
 * main, the loop where it lives, and how both end.
 *
 * The semantics are asyncio's own, so each step and each strategy is what a person would write; only
 * what asyncio has no call for (closing a loop from another thread) takes a few lines.
 */
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { leaves, leavesOf } from "../scenario/walk.ts";
import { EmitError } from "./error.ts";
import { type ChannelUse, Facts, usesEarlyValue } from "./facts.ts";
import { Draft } from "./python/draft.ts";
import { writeLaunch, writeTask } from "./python/coroutines.ts";
import { onMain, writeSteps } from "./python/steps.ts";
import { inside, seconds } from "./python/syntax.ts";
import { separated } from "./source-text.ts";

/** The program in Python. @throws EmitError where there is none. */
export function emitPython(scenario: Scenario, strategy: Strategy): string {
  if (strategy.loop === "float")
    throw new EmitError(
      `strategy ${strategy.name} lets the background float on main's own loop, which asyncio does not know: no Python program does that; use --lang typescript, or another strategy`,
    );
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
  return writeProgram(new Draft(facts));
}

function writeProgram(draft: Draft): string {
  const { scenario, strategy, used, launches, channels } = draft.facts;
  const main = writeMain(draft);
  const functions = launches
    ? [...used.map((task) => writeTask(draft, task)), writeLaunch(draft), ...writeLoop(draft)]
    : [];
  const queues = channels.map((channel) => writeQueue(draft, channel));
  const compute = draft.computes ? computeFunction(draft) : [];
  // A process of a pool imports this file, and must not become the main program again.
  const guarded = usesProcesses(draft.facts)
    ? [`if __name__ == "__main__":`, ...inside(main)]
    : main;
  const imports = [...draft.imports].sort(
    (a, b) => Number(a.startsWith("from")) - Number(b.startsWith("from")) || (a < b ? -1 : 1),
  );
  const head = `# ${scenario.name}, strategy ${strategy.name}${scenario.title === null ? "" : `: ${scenario.title.replaceAll(/\s+/g, " ")}`}`;
  const top = separated([[head, ...imports], queues], [""]);
  return `${separated([top, compute, ...functions, guarded], ["", ""]).join("\n")}\n`;
}

function writeQueue(draft: Draft, channel: ChannelUse): string {
  const name = draft.queueOf(channel);
  const size = channel.capacity === null ? "" : `maxsize=${channel.capacity}`;
  const inLoop = channel.loopSends || channel.loopReceives;
  return `${name} = ${inLoop ? `${draft.import("asyncio")}.Queue` : `${draft.import("queue")}.Queue`}(${size})`;
}

function computeFunction(draft: Draft): string[] {
  draft.import("time");
  return [
    "def compute(seconds):",
    `    """Burns a core for so much CPU time."""`,
    "    end = time.thread_time() + seconds",
    "    while time.thread_time() < end:",
    "        pass",
  ];
}

/** Whether main has to know the loop itself. */
function needsLoop(facts: Facts): boolean {
  const { strategy, afterLaunch, channels } = facts;
  return (
    strategy.loop === "portal" ||
    strategy.atExit === "cancel" ||
    leaves(afterLaunch).some(({ kind }) => kind === "submit") ||
    channels.some((channel) => facts.isBetweenThreads(channel))
  );
}

function usesProcesses(facts: Facts): boolean {
  return facts.strategy.offload === "processes" && facts.usesPool;
}

function hasServe(facts: Facts): boolean {
  return needsLoop(facts) || usesProcesses(facts);
}

/** The functions of the loop's thread. */
function writeLoop(draft: Draft): string[][] {
  const { strategy, launchCanFail } = draft.facts;
  if (strategy.loop === "inline" || !hasServe(draft.facts)) return [];
  const pool = usesProcesses(draft.facts) ? "pool, " : "";
  const runner = "asyncio.Runner(loop_factory=lambda: loop)";
  const isPortal = strategy.loop === "portal";
  if (!needsLoop(draft.facts))
    return [
      ["def serve():", ...inside(["with pool:  # waits for jobs", "    asyncio.run(main())"])],
    ];
  if (!isPortal && strategy.atExit !== "cancel")
    return [
      ["def serve():", ...inside([`with ${pool}${runner} as runner:`, "    runner.run(main())"])],
    ];
  const opened =
    isPortal && launchCanFail
      ? [
          "async def opened():",
          ...inside([
            "try:",
            "    await main()",
            "except Exception:",
            "    loop.stop()  # an error that leaves main() ends this thread, and no other",
            "    raise",
          ]),
        ]
      : [];
  const serve = [
    "def serve():",
    ...inside([
      `with ${pool}${runner}:`,
      ...inside([
        `launch = loop.create_task(${opened.length > 0 ? "opened" : "main"}())`,
        ...(isPortal ? [] : ["launch.add_done_callback(lambda _: loop.stop())"]),
        `loop.run_forever()  # until ${isPortal ? "main's end" : "main() returns, or the main program ends"}`,
      ]),
      "# leaving the runner cancels what is left and waits for its clean-up",
    ]),
  ];
  const drain =
    isPortal && strategy.atExit === "wait"
      ? [
          "async def drain():",
          `    """Lets every task come to its end, then stops the loop."""`,
          "    while others := asyncio.all_tasks() - {asyncio.current_task()}:",
          "        await asyncio.wait(others)",
          "    loop.stop()",
        ]
      : [];
  return [opened, serve, drain];
}

function writeMain(draft: Draft): string[] {
  const { scenario, beforeLaunch, afterLaunch, launches } = draft.facts;
  const early = usesEarlyValue(scenario.main) ? [`value = ""`] : [];
  const before = writeSteps(draft, beforeLaunch, { ...onMain, launched: false });
  if (!launches) return [...early, ...before];
  const after = writeSteps(draft, afterLaunch, onMain);
  const exit = writeExit(draft);
  const head = [...early, ...before, ...launchStep(draft)];
  if (draft.facts.abandons && draft.facts.usesPool)
    return [...head, ...endAtOnce(draft, after, exit)];
  // A thread that is a plain one is joined by the interpreter in any case.
  const needed = exit.length > 1 || draft.facts.strategy.grace !== null;
  if (!draft.facts.mainCanFail(true) || !needed || after.length === 0)
    return [...head, ...after, ...exit];
  return [...head, "try:", ...inside(after), "finally:", ...inside(exit)];
}

function launchStep(draft: Draft): string[] {
  draft.import("asyncio");
  const { strategy } = draft.facts;
  const pool = `ProcessPoolExecutor(max_workers=${strategy.workers})`;
  if (usesProcesses(draft.facts))
    draft.imports.add("from concurrent.futures import ProcessPoolExecutor");
  if (strategy.loop === "inline") {
    const run = needsLoop(draft.facts)
      ? [
          "loop = asyncio.new_event_loop()",
          "with asyncio.Runner(loop_factory=lambda: loop) as runner:",
          "    runner.run(main())  # main() returns, and the loop closes",
        ]
      : ["asyncio.run(main())  # the main program stands still until the loop has closed"];
    return usesProcesses(draft.facts) ? [`with ${pool} as pool:`, ...inside(run)] : run;
  }
  draft.import("threading");
  const daemon = draft.facts.abandons ? ", daemon=True" : "";
  return [
    ...(usesProcesses(draft.facts) ? [`pool = ${pool}`] : []),
    ...(needsLoop(draft.facts) ? ["loop = asyncio.new_event_loop()"] : []),
    `thread = threading.Thread(target=${hasServe(draft.facts) ? "serve" : "asyncio.run, args=(main(),)"}${daemon})`,
    "thread.start()  # the main program goes on at once",
  ];
}

/** What a strategy does when main's steps have ended. */
function writeExit(draft: Draft): string[] {
  const { strategy, launchCanFail, afterLaunch } = draft.facts;
  const { loop, atExit, grace } = strategy;
  if (atExit === null) return [];
  if (atExit === "abandon")
    return ["# the process ends here: a daemon thread is abandoned, and no clean-up runs"];
  const lines: string[] = [];
  const closed = loop === "thread" || launchCanFail;
  const tell =
    atExit === "cancel"
      ? "loop.call_soon_threadsafe(loop.stop)  # cancels what is left, and lets it clean up"
      : loop === "portal"
        ? "asyncio.run_coroutine_threadsafe(drain(), loop)"
        : null;
  if (tell !== null && closed)
    lines.push(
      `with ${draft.import("contextlib")}.suppress(RuntimeError):  # the loop may have closed by itself`,
      `    ${tell}`,
    );
  else if (tell !== null) lines.push(tell);
  const last = afterLaunch.at(-1);
  const joined = tell === null && last?.kind === "join" && last.timeout === undefined;
  if (grace !== null)
    lines.push(`thread.join(timeout=${seconds(grace)})  # then it is abandoned: it is a daemon`);
  else if (!joined) lines.push("thread.join()");
  return lines;
}

/** The end of a process that must not wait for its pool, as the interpreter would. */
function endAtOnce(draft: Draft, steps: string[], exit: string[]): string[] {
  draft.import("os");
  draft.import("sys");
  draft.import("traceback");
  const killed = usesProcesses(draft.facts)
    ? [`for process in ${draft.import("multiprocessing")}.active_children():`, "    process.kill()"]
    : [];
  return [
    "status = 1",
    "try:",
    ...inside([...steps, "status = 0"]),
    "except BaseException:",
    "    traceback.print_exc()",
    "finally:",
    ...inside([
      ...exit,
      ...killed,
      "sys.stdout.flush()",
      "os._exit(status)  # without it the pool's jobs would be waited for",
    ]),
  ];
}
