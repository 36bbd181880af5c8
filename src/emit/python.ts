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
import { Facts, usesEarlyValue } from "./facts.ts";
import { hasChannelClass, kindOf, writeChannel, writeChannelClass } from "./python/channel.ts";
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
  const head = `# ${scenario.name}, strategy ${strategy.name}${scenario.title === null ? "" : `: ${scenario.title.replaceAll(/\s+/g, " ")}`}`;
  const top = separated([[head, ...imports], versionGuard], [""]);
  const channelsOnTop = channelClass.length === 0;
  return `${separated(
    channelsOnTop
      ? [separated([top, queues], [""]), compute, ...functions, guarded]
      : [top, channelClass, queues, compute, ...functions, guarded],
    ["", ""],
  ).join("\n")}\n`;
}

/** Before 3.11 there is no TaskGroup, no timeout() and no Runner; what stands above it compiles there. */
const versionGuard = [
  "if sys.version_info < (3, 11):",
  `    print("This program needs Python 3.11 or later.", file=sys.stderr)`,
  "    sys.exit(2)",
];

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
  const { strategy, afterLaunch } = facts;
  return (
    (strategy.loop === "portal" && strategy.atExit === "wait") ||
    strategy.atExit === "cancel" ||
    leaves(afterLaunch).some(({ kind }) => kind === "submit") ||
    hasChannelClass(facts)
  );
}

function usesProcesses(facts: Facts): boolean {
  return facts.strategy.offload === "processes" && facts.usesPool;
}

/** Whether the loop's thread has a function of its own. */
function hasServe(facts: Facts): boolean {
  return needsLoop(facts) || usesProcesses(facts);
}

/** Whether the loop may have closed before main's end. */
function mayClose({ strategy, launchCanFail }: Facts): boolean {
  return strategy.loop === "thread" || launchCanFail;
}

/** What the loop runs: launch, and for a portal what keeps the loop open behind it. */
function entryOf(facts: Facts): "main" | "portal" {
  const { loop, atExit } = facts.strategy;
  // Without an end of its own a loop that main stops needs nothing to wait for.
  return loop === "portal" && (atExit !== "cancel" || mayClose(facts)) ? "portal" : "main";
}

/** The functions of the loop's thread. */
function writeLoop(draft: Draft): string[][] {
  const { facts } = draft;
  const { loop, atExit } = facts.strategy;
  if (loop === "inline") return [];
  return [
    ...(entryOf(facts) === "portal" ? [writePortal(atExit === "wait")] : []),
    ...(hasServe(facts) ? [writeServe(draft)] : []),
    ...(atExit === "cancel" && mayClose(facts) ? [writeStop()] : []),
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

function writeServe(draft: Draft): string[] {
  const { facts } = draft;
  const entry = `${entryOf(facts)}()`;
  const pool = usesProcesses(facts) ? ["pool"] : [];
  const runner = "asyncio.Runner(loop_factory=lambda: loop)";
  const within = (managers: string[], lines: string[]): string[] => [
    "def serve():",
    ...inside([`with ${[...pool, ...managers].join(", ")}:`, ...inside(lines)]),
  ];
  if (!needsLoop(facts)) return within([], [`asyncio.run(${entry})`]);
  if (facts.strategy.atExit !== "cancel")
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

function writeMain(draft: Draft): string[] {
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
    ...launchStep(draft, usesChannels ? [] : opening),
  ];
  if (draft.facts.abandons && draft.facts.usesPool)
    return [...head, ...endAtOnce(draft, after, exit)];
  // A thread that is a plain one is joined by the interpreter in any case.
  const needed = exit.length > 1 || draft.facts.strategy.grace !== null;
  if (!draft.facts.mainCanFail() || !needed || after.length === 0)
    return [...head, ...after, ...exit];
  return [...head, "try:", ...inside(after), "finally:", ...inside(exit)];
}

/** The loop of another thread, where main has to know it. */
function openLoop({ facts }: Draft): string[] {
  return facts.strategy.loop !== "inline" && needsLoop(facts)
    ? ["loop = asyncio.new_event_loop()"]
    : [];
}

function launchStep(draft: Draft, opening: string[]): string[] {
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
  const { facts } = draft;
  const daemon = facts.abandons ? ", daemon=True" : "";
  const entry = `${entryOf(facts)}()`;
  return [
    ...(usesProcesses(facts) ? [`pool = ${pool}`] : []),
    ...opening,
    ...(strategy.atExit === "cancel" && mayClose(facts)
      ? [`launch = loop.create_task(${entry})`]
      : []),
    ...(strategy.loop === "portal" && strategy.atExit === "wait"
      ? ["finish = asyncio.Event()"]
      : []),
    `thread = threading.Thread(target=${hasServe(facts) ? "serve" : `asyncio.run, args=(${entry},)`}${daemon})`,
    "thread.start()  # the main program goes on at once",
  ];
}

/** What a strategy does when main's steps have ended. */
function writeExit(draft: Draft): string[] {
  const { facts } = draft;
  const { loop, atExit, grace } = facts.strategy;
  if (atExit === null) return [];
  if (atExit === "abandon")
    return ["# the process ends here: a daemon thread is abandoned, and no clean-up runs"];
  const tell =
    atExit === "cancel"
      ? `loop.call_soon_threadsafe(${mayClose(facts) ? "stop" : "loop.stop"})  # cancels what is left, and lets it clean up`
      : loop === "portal"
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
