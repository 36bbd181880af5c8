/**
 * The loop and its thread, and the end of both: beside main in a thread, or inline.
 *
 * Invariant: nothing stops a loop that is closing. A stop that comes then would cut the clean-up that
 * it waits for.
 */
import { does } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import type { Facts } from "../facts.ts";
import { hasChannelClass } from "./channel.ts";
import type { PythonDraft } from "./draft.ts";
import { inside, seconds } from "./syntax.ts";

/** Whether main has to know the loop itself. */
function needsLoop(facts: Facts): boolean {
  const { strategy, afterLaunch } = facts;
  return (
    (does(strategy, "staysOpen") && does(strategy, "drains")) ||
    does(strategy, "cancels") ||
    leaves(afterLaunch).some(({ kind }) => kind === "submit") ||
    hasChannelClass(facts)
  );
}

/** Whether the program has a pool of processes, which is left when the loop has closed. */
export function usesProcesses(facts: Facts): boolean {
  return facts.strategy.offload === "processes" && facts.usesPool;
}

/** Whether the loop's thread has a function of its own. */
function hasServe(facts: Facts): boolean {
  return needsLoop(facts) || usesProcesses(facts);
}

/** Whether the loop may have closed before main's end. */
function mayClose({ strategy, launchCanFail }: Facts): boolean {
  return !does(strategy, "staysOpen") || launchCanFail;
}

/** The coroutine that the loop runs: launch, or for a portal one that keeps the loop open behind it. */
function entryOf(facts: Facts): "main" | "portal" {
  const { strategy } = facts;
  // Where only main stops the loop, there is nothing to wait for.
  const waits = !does(strategy, "cancels") || mayClose(facts);
  return does(strategy, "staysOpen") && waits ? "portal" : "main";
}

/** The functions of the loop's thread. */
export function writeLoop(draft: PythonDraft): string[][] {
  const { facts } = draft;
  const { strategy } = facts;
  if (does(strategy, "blocksMain")) return [];
  return [
    ...(entryOf(facts) === "portal" ? [writePortal(does(strategy, "drains"))] : []),
    ...(hasServe(facts) ? [writeServe(draft)] : []),
    ...(does(strategy, "cancels") && mayClose(facts) ? [writeStop()] : []),
  ];
}

/** The coroutine that keeps a loop open behind launch; an error that leaves launch ends it, and no other. */
function writePortal(drains: boolean): string[] {
  const open = drains
    ? [
        "await finish.wait()  # the main program's end",
        "while len(asyncio.all_tasks()) > 1:  # every task comes to its end",
        "    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})",
      ]
    : ["await asyncio.Event().wait()  # the loop stays open"];
  return ["async def portal():", ...inside(["await main()", ...open])];
}

function writeServe(draft: PythonDraft): string[] {
  const { facts } = draft;
  const entry = `${entryOf(facts)}()`;
  const pool = usesProcesses(facts) ? ["pool"] : [];
  const runner = "asyncio.Runner(loop_factory=lambda: loop)";
  const within = (managers: string[], lines: string[]): string[] => [
    "def serve():",
    ...inside([`with ${[...pool, ...managers].join(", ")}:`, ...inside(lines)]),
  ];
  if (!needsLoop(facts)) return within([], [`asyncio.run(${entry})`]);
  if (!does(facts.strategy, "cancels"))
    return within([`${runner} as runner`], [`runner.run(${entry})`]);
  const left = "    # leaving the runner cancels what is left and waits for its clean-up";
  if (!mayClose(facts))
    return [
      ...within(
        [runner],
        [
          `launch = loop.create_task(${entry})`,
          "loop.run_forever()  # until the main program's end",
        ],
      ),
      left,
    ];
  return [
    ...within(
      [runner],
      [
        "try:",
        "    loop.run_until_complete(launch)",
        "except RuntimeError:",
        "    if launch.done():",
        "        raise  # its own error, and not that of a loop that was stopped",
      ],
    ),
    left,
  ];
}

function writeStop(): string[] {
  return [
    "def stop():",
    ...inside([
      `"""Stops the loop, unless it is closing by itself and waits for clean-up."""`,
      "if not launch.done():",
      "    loop.stop()",
    ]),
  ];
}

/** The loop of another thread, where main has to know it. */
export function openLoop({ facts }: PythonDraft): string[] {
  return !does(facts.strategy, "blocksMain") && needsLoop(facts)
    ? ["loop = asyncio.new_event_loop()"]
    : [];
}

/** Main's launch step. */
export function writeLaunchStep(draft: PythonDraft, opening: string[]): string[] {
  draft.import("asyncio");
  const { strategy } = draft.facts;
  const pool = `ProcessPoolExecutor(max_workers=${strategy.workers})`;
  if (usesProcesses(draft.facts))
    draft.imports.add("from concurrent.futures import ProcessPoolExecutor");
  if (does(strategy, "blocksMain")) {
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
  const { facts } = draft;
  const daemon = facts.abandons ? ", daemon=True" : "";
  const entry = `${entryOf(facts)}()`;
  return [
    ...(usesProcesses(facts) ? [`pool = ${pool}`] : []),
    ...opening,
    ...(does(strategy, "cancels") && mayClose(facts)
      ? [`launch = loop.create_task(${entry})`]
      : []),
    ...(does(strategy, "staysOpen") && does(strategy, "drains")
      ? ["finish = asyncio.Event()"]
      : []),
    `thread = threading.Thread(target=${hasServe(facts) ? "serve" : `asyncio.run, args=(${entry},)`}${daemon})`,
    "thread.start()  # the main program goes on at once",
  ];
}

/** The lines of the strategy's exit, after main's steps. */
export function writeExit(draft: PythonDraft): string[] {
  const { facts } = draft;
  const { strategy } = facts;
  const { atExit, grace } = strategy;
  if (atExit === null) return [];
  if (does(strategy, "abandons"))
    return ["# the process ends here: a daemon thread is abandoned, and no clean-up runs"];
  const tell = does(strategy, "cancels")
    ? `loop.call_soon_threadsafe(${mayClose(facts) ? "stop" : "loop.stop"})  # cancels what is left, and lets it clean up`
    : does(strategy, "staysOpen")
      ? "loop.call_soon_threadsafe(finish.set)  # every task comes to its end"
      : null;
  const lines: string[] = [];
  if (tell !== null && mayClose(facts))
    lines.push(
      `with ${draft.import("contextlib")}.suppress(RuntimeError):  # the loop may have closed by itself`,
      `    ${tell}`,
    );
  else if (tell !== null) lines.push(tell);
  const last = facts.afterLaunch.at(-1);
  const joined = tell === null && last?.kind === "join" && last.timeout === undefined;
  if (grace !== null)
    lines.push(`thread.join(timeout=${seconds(grace)})  # then it is abandoned: it is a daemon`);
  else if (!joined || (facts.usesPool && facts.mainCanFail())) lines.push("thread.join()");
  return lines;
}

/** The end of a process that must not wait for its pool, as the interpreter would. */
export function endAtOnce(draft: PythonDraft, steps: string[], exit: string[]): string[] {
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
