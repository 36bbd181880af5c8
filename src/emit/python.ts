/**
 * The equivalent program in Python 3.11 or later, of its standard library alone.
 *
 * The semantics are asyncio's own, so each step and each strategy is what a person would write; only
 * what asyncio has no call for (closing a loop from another thread) takes a few lines.
 */
import { formatDuration, TICKS_PER_MS, type Ticks } from "../scenario/duration.ts";
import type { LeafStep, Scenario, Step, TaskSpec } from "../scenario/model.ts";
import { splitPlaceholders } from "../scenario/placeholders.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { EmitError } from "./error.ts";
import { type ChannelUse, Facts, leaves, leavesOf, printsEarlyValue, waits } from "./facts.ts";
import { indented, indexName, literal, Names, separated, toSnakeCase } from "./source-text.ts";

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
  return new PythonProgram(facts).program();
}

/** Words of the language, built-ins that the program uses, modules, and names it gives itself. */
const reserved =
  `False None True and as assert async await break class continue def del elif else except finally
  for from global if import in is lambda nonlocal not or pass raise return try while with yield
  print range RuntimeError BaseException TimeoutError asyncio contextlib multiprocessing os queue sys
  threading time traceback ThreadPoolExecutor ProcessPoolExecutor main serve drain opened loop thread
  pool runner group limit launch compute others value copy future match case type i j k l`.split(
    /\s+/,
  );

/** Who performs a list of steps. */
interface Place {
  who: "main" | "launch" | "task";
  /** How many repeats are around the steps. */
  depth: number;
  task: TaskSpec | null;
  /** Main's steps before the launch step know no loop. */
  launched: boolean;
}

const onMain: Place = { who: "main", depth: 0, task: null, launched: true };
const inLaunch: Place = { who: "launch", depth: 0, task: null, launched: true };

class PythonProgram {
  readonly #facts: Facts;
  readonly #imports = new Set<string>();
  readonly #names = new Names(reserved);
  readonly #functions = new Map<TaskSpec, string>();
  readonly #variables = new Map<TaskSpec, string>();
  readonly #futures = new Map<TaskSpec, string>();
  readonly #channels = new Map<ChannelUse, string>();
  #computes = false;

  constructor(facts: Facts) {
    this.#facts = facts;
    for (const task of facts.used) {
      // A variable `task` reads best, so the function of a task with that name is another.
      const plain = task.name === "task";
      const name = toSnakeCase(task.name);
      this.#functions.set(task, this.#names.claim(plain ? "background_task" : name));
      this.#variables.set(task, this.#names.claim(plain ? "task" : `${name}_task`));
      this.#futures.set(task, this.#names.claim(`${name}_future`));
    }
    for (const channel of facts.channels)
      this.#channels.set(channel, this.#names.claim(toSnakeCase(channel.name)));
  }

  program(): string {
    const { scenario, strategy, used, launches, channels } = this.#facts;
    const main = this.#main();
    const functions = launches
      ? [...used.map((task) => this.#task(task)), this.#launch(), ...this.#around()]
      : [];
    const queues = channels.map((channel) => this.#queue(channel));
    const compute = this.#computes ? this.#compute() : [];
    // A process of a pool imports this file, and must not become the main program again.
    const guarded =
      strategy.offload === "processes" && this.#facts.usesPool
        ? [`if __name__ == "__main__":`, ...inside(main)]
        : main;
    const imports = [...this.#imports].sort(
      (a, b) => Number(a.startsWith("from")) - Number(b.startsWith("from")) || (a < b ? -1 : 1),
    );
    const head = `# ${scenario.name}, strategy ${strategy.name}${scenario.title === null ? "" : `: ${scenario.title.replaceAll(/\s+/g, " ")}`}`;
    const top = separated([[head, ...imports], queues], [""]);
    return `${separated([top, compute, ...functions, guarded], ["", ""]).join("\n")}\n`;
  }

  #import(module: string): string {
    this.#imports.add(`import ${module}`);
    return module;
  }

  #queue(channel: ChannelUse): string {
    const name = this.#channels.get(channel)!;
    const size = channel.capacity === null ? "" : `maxsize=${channel.capacity}`;
    const inLoop = channel.loopSends || channel.loopReceives;
    return `${name} = ${inLoop ? `${this.#import("asyncio")}.Queue` : `${this.#import("queue")}.Queue`}(${size})`;
  }

  #compute(): string[] {
    this.#import("time");
    return [
      "def compute(seconds):",
      `    """Burns a core for so much CPU time."""`,
      "    end = time.thread_time() + seconds",
      "    while time.thread_time() < end:",
      "        pass",
    ];
  }

  #task(task: TaskSpec): string[] {
    this.#import("asyncio");
    const place: Place = { who: "task", depth: 0, task, launched: true };
    const early = printsEarlyValue(task.steps, task.finally) ? [`value = ""`] : [];
    const body = this.#steps(task.steps, place);
    const lines =
      task.finally.length === 0
        ? body
        : ["try:", ...inside(body), "finally:", ...inside(this.#steps(task.finally, place))];
    const parameters = task.copies === null ? "" : "copy";
    return [
      `async def ${this.#functions.get(task)!}(${parameters}):`,
      ...inside([...early, ...lines]),
    ];
  }

  // Launch and its completion point.

  #launch(): string[] {
    const { scenario, strategy, beforeSettle, afterSettle } = this.#facts;
    const early = printsEarlyValue(scenario.launch) ? [`value = ""`] : [];
    const executor =
      strategy.offload === "threads" && this.#facts.usesPool
        ? [
            "asyncio.get_running_loop().set_default_executor(",
            `    ThreadPoolExecutor(max_workers=${strategy.workers})`,
            ")",
          ]
        : [];
    if (executor.length > 0) this.#imports.add("from concurrent.futures import ThreadPoolExecutor");
    const settled = strategy.settle === "group" ? this.#group() : this.#gather(beforeSettle);
    const body = [...early, ...executor, ...settled, ...this.#steps(afterSettle, inLaunch)];
    return ["async def main():", ...inside(body)];
  }

  /** The steps before the completion point and the point itself: none, gather and settled. */
  #gather(steps: Step[]): string[] {
    const { strategy, awaited } = this.#facts;
    const { settle, timeout } = strategy;
    if (settle === "none" || awaited.length === 0) return this.#steps(steps, inLaunch);
    const first = steps.findIndex(({ kind }) => kind === "start");
    const single = awaited.length === 1 && awaited[0]!.copies === null;
    const settled = settle === "settled" ? "return_exceptions=True" : "";
    // gather lets go at the first child that ends; a timeout waits for the clean-up of all.
    const cleans =
      timeout !== null &&
      settle === "gather" &&
      !single &&
      awaited.some((task) => waits(leaves(task.finally)));
    if (!single && !cleans && steps.slice(first).every(({ kind }) => kind === "start")) {
      const coroutines = awaited.map((task) => this.#coroutines(task));
      return [
        ...this.#steps(steps.slice(0, first), inLaunch),
        ...this.#bounded(this.#call("await asyncio.gather", [...coroutines, settled])),
      ];
    }
    const started = this.#steps(steps, inLaunch);
    const references = awaited.map(
      (task) => (task.copies === null ? "" : "*") + this.#variables.get(task)!,
    );
    if (single && settle === "gather")
      return [...started, ...this.#bounded([`await ${references[0]}`])];
    const gather = this.#bounded(this.#call("await asyncio.gather", [...references, settled]));
    if (!cleans) return [...started, ...gather];
    return [
      ...started,
      "try:",
      ...inside(gather),
      "except TimeoutError:",
      ...inside([
        "# gather lets go at the first that ends; wait for the clean-up of all",
        `await asyncio.wait([${references.join(", ")}])`,
        "raise",
      ]),
    ];
  }

  /** The same with a task group, whose body begins where launch does. */
  #group(): string[] {
    const { strategy, beforeSettle } = this.#facts;
    const { timeout } = strategy;
    const body = this.#steps(beforeSettle, inLaunch);
    const group = (rest: string[]): string[] => [
      "async with asyncio.TaskGroup() as group:  # the first failure cancels the others",
      ...inside([...body, ...rest]),
    ];
    if (timeout === null) return group([]);
    const atOnce = leaves(beforeSettle).every(({ kind }) => kind === "print" || kind === "start");
    if (atOnce) return [`async with asyncio.timeout(${seconds(timeout)}):`, ...inside(group([]))];
    return [
      "async with asyncio.timeout(None) as limit:",
      ...inside(
        group([
          "# the time counts from here",
          `limit.reschedule(asyncio.get_running_loop().time() + ${seconds(timeout)})`,
        ]),
      ),
    ];
  }

  /** What is awaited, within the strategy's timeout. */
  #bounded(lines: string[]): string[] {
    const { timeout } = this.#facts.strategy;
    if (timeout === null) return lines;
    return [
      `async with asyncio.timeout(${seconds(timeout)}):  # cancels, waits for the clean-up, and raises`,
      ...inside(lines),
    ];
  }

  /** A call, one argument a line where they are too long for one. */
  #call(name: string, written: string[]): string[] {
    const words = written.filter((word) => word !== "");
    const line = `${name}(${words.join(", ")})`;
    if (line.length <= 80) return [line];
    return [`${name}(`, ...inside(words.map((word) => `${word},`)), ")"];
  }

  #coroutines(task: TaskSpec): string {
    const name = this.#functions.get(task)!;
    return task.copies === null
      ? `${name}()`
      : `*(${name}(copy) for copy in range(${task.copies}))`;
  }

  #start(task: TaskSpec): string[] {
    const { strategy } = this.#facts;
    const name = this.#functions.get(task)!;
    if (!this.#facts.isAwaited(task)) {
      const fate =
        strategy.loop === "portal"
          ? "  # nobody awaits it, but the loop stays open"
          : "  # nobody awaits it: the loop closes and cancels it";
      return task.copies === null
        ? [`asyncio.create_task(${name}())${fate}`]
        : [`for copy in range(${task.copies}):`, `    asyncio.create_task(${name}(copy))${fate}`];
    }
    if (strategy.settle === "group")
      return task.copies === null
        ? [`group.create_task(${name}())`]
        : [`for copy in range(${task.copies}):`, `    group.create_task(${name}(copy))`];
    const variable = this.#variables.get(task)!;
    return task.copies === null
      ? [`${variable} = asyncio.create_task(${name}())`]
      : [`${variable} = [asyncio.create_task(${name}(copy)) for copy in range(${task.copies})]`];
  }

  // The loop, where it lives, and its end.

  /** Whether main has to know the loop itself. */
  get #needsLoop(): boolean {
    const { strategy, afterLaunch, channels } = this.#facts;
    return (
      strategy.loop === "portal" ||
      strategy.atExit === "cancel" ||
      leaves(afterLaunch).some(({ kind }) => kind === "submit") ||
      channels.some((channel) => this.#facts.isBetweenThreads(channel))
    );
  }

  get #usesProcesses(): boolean {
    return this.#facts.strategy.offload === "processes" && this.#facts.usesPool;
  }

  /** The functions of the loop's thread. */
  #around(): string[][] {
    const { strategy, launchCanFail } = this.#facts;
    if (strategy.loop === "inline" || !this.#hasServe) return [];
    const pool = this.#usesProcesses ? "pool, " : "";
    const runner = "asyncio.Runner(loop_factory=lambda: loop)";
    const isPortal = strategy.loop === "portal";
    if (!this.#needsLoop)
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

  get #hasServe(): boolean {
    return this.#needsLoop || this.#usesProcesses;
  }

  #main(): string[] {
    const { scenario, beforeLaunch, afterLaunch, launches } = this.#facts;
    const early = printsEarlyValue(scenario.main) ? [`value = ""`] : [];
    const before = this.#steps(beforeLaunch, { ...onMain, launched: false });
    if (!launches) return [...early, ...before];
    const after = this.#steps(afterLaunch, onMain);
    const exit = this.#exit();
    const head = [...early, ...before, ...this.#launchStep()];
    if (this.#facts.abandons && this.#facts.usesPool)
      return [...head, ...this.#endAtOnce(after, exit)];
    // A thread that is a plain one is joined by the interpreter in any case.
    const needed = exit.length > 1 || this.#facts.strategy.grace !== null;
    if (!this.#facts.mainCanFail(true) || !needed || after.length === 0)
      return [...head, ...after, ...exit];
    return [...head, "try:", ...inside(after), "finally:", ...inside(exit)];
  }

  #launchStep(): string[] {
    this.#import("asyncio");
    const { strategy } = this.#facts;
    const pool = `ProcessPoolExecutor(max_workers=${strategy.workers})`;
    if (this.#usesProcesses)
      this.#imports.add("from concurrent.futures import ProcessPoolExecutor");
    if (strategy.loop === "inline") {
      const run = this.#needsLoop
        ? [
            "loop = asyncio.new_event_loop()",
            "with asyncio.Runner(loop_factory=lambda: loop) as runner:",
            "    runner.run(main())  # main() returns, and the loop closes",
          ]
        : ["asyncio.run(main())  # the main program stands still until the loop has closed"];
      return this.#usesProcesses ? [`with ${pool} as pool:`, ...inside(run)] : run;
    }
    this.#import("threading");
    const daemon = this.#facts.abandons ? ", daemon=True" : "";
    return [
      ...(this.#usesProcesses ? [`pool = ${pool}`] : []),
      ...(this.#needsLoop ? ["loop = asyncio.new_event_loop()"] : []),
      `thread = threading.Thread(target=${this.#hasServe ? "serve" : "asyncio.run, args=(main(),)"}${daemon})`,
      "thread.start()  # the main program goes on at once",
    ];
  }

  /** What a strategy does when main's steps have ended. */
  #exit(): string[] {
    const { strategy, launchCanFail, afterLaunch } = this.#facts;
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
        `with ${this.#import("contextlib")}.suppress(RuntimeError):  # the loop may have closed by itself`,
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
  #endAtOnce(steps: string[], exit: string[]): string[] {
    this.#import("os");
    this.#import("sys");
    this.#import("traceback");
    const killed = this.#usesProcesses
      ? [
          `for process in ${this.#import("multiprocessing")}.active_children():`,
          "    process.kill()",
        ]
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

  // Steps.

  #steps(steps: Step[], place: Place): string[] {
    return steps.flatMap((step) => this.#step(step, place));
  }

  #step(step: Step, place: Place): string[] {
    switch (step.kind) {
      case "repeat": {
        const body = this.#steps(step.steps, { ...place, depth: place.depth + 1 });
        const used = step.steps.some((inner) => inner.kind === "print" && usesIndex(inner.text));
        const index = used ? indexName(place.depth) : "_";
        return [`for ${index} in range(${step.times}):`, ...inside(body)];
      }
      case "print":
        return [`print(${this.#text(step.text, place)})`];
      case "sleep":
        return [`await asyncio.sleep(${seconds(step.ticks)})`];
      case "block":
      case "compute":
        return this.#hold(step, place);
      case "fail":
        return [`raise RuntimeError(${JSON.stringify(step.message)})`];
      case "start":
        return step.tasks.flatMap((name) => this.#start(this.#facts.task(name)));
      case "submit":
        return this.#submit(this.#facts.task(step.task), place);
      case "result":
        return this.#result(step, place);
      case "join":
        return this.#join(step, place);
      case "send":
      case "receive":
        return place.who === "main" ? this.#mainChannel(step, place) : this.#loopChannel(step);
      case "launch":
      case "settle":
      case "call":
        throw new Error(`"${step.kind}" is no step that is written by itself`);
    }
  }

  #hold(step: Extract<LeafStep, { kind: "block" | "compute" }>, place: Place): string[] {
    const { offload } = this.#facts.strategy;
    const time = seconds(step.ticks);
    if (step.kind === "compute") this.#computes = true;
    else this.#import("time");
    const work = step.kind === "block" ? "time.sleep" : "compute";
    if (place.who !== "task" || offload === "none") {
      const fate = place.who === "main" ? "" : "  # the whole loop stands still";
      return [`${work}(${time})${fate}`];
    }
    if (offload === "threads") return [`await asyncio.to_thread(${work}, ${time})`];
    return [`await asyncio.get_running_loop().run_in_executor(pool, ${work}, ${time})`];
  }

  #submit(task: TaskSpec, place: Place): string[] {
    if (!place.launched) return [`raise RuntimeError("no event loop has been opened yet")`];
    const name = this.#functions.get(task)!;
    const submit = (coroutine: string): string =>
      `asyncio.run_coroutine_threadsafe(${coroutine}, loop)`;
    const fate =
      this.#facts.strategy.loop === "inline" ? "  # the loop has closed: this raises" : "";
    if (!this.#facts.takesResult(task.name)) {
      const unheard =
        fate === "" && this.#facts.taskCanFail(task) ? "  # if it fails, nobody hears of it" : fate;
      return task.copies === null
        ? [submit(`${name}()`) + unheard]
        : [`for copy in range(${task.copies}):`, `    ${submit(`${name}(copy)`)}${unheard}`];
    }
    const future = this.#futures.get(task)!;
    return task.copies === null
      ? [`${future} = ${submit(`${name}()`)}${fate}`]
      : [
          `${future} = [`,
          `    ${submit(`${name}(copy)`)} for copy in range(${task.copies})${fate}`,
          "]",
        ];
  }

  #result(step: Extract<LeafStep, { kind: "result" }>, place: Place): string[] {
    const task = this.#facts.task(step.task);
    const future = this.#futures.get(task);
    // Submitting it has raised by then.
    if (!place.launched || future === undefined) return [];
    const limit = step.timeout === undefined ? "" : `timeout=${seconds(step.timeout)}`;
    const note = limit === "" ? "" : "  # a timeout raises here, and cancels nothing";
    return task.copies === null
      ? [`${future}.result(${limit})${note}`]
      : [`for future in ${future}:`, `    future.result(${limit})${note}`];
  }

  #join({ timeout }: Extract<LeafStep, { kind: "join" }>, place: Place): string[] {
    if (this.#facts.strategy.loop === "inline")
      return ["# there is no thread to join: the loop ran in this one"];
    if (!place.launched) return [`raise RuntimeError("cannot join thread before it is started")`];
    return timeout === undefined
      ? ["thread.join()"]
      : [`thread.join(timeout=${seconds(timeout)})  # waits no longer, and stops nothing`];
  }

  #loopChannel(step: Extract<LeafStep, { kind: "send" | "receive" }>): string[] {
    const queue = this.#channels.get(this.#facts.channel(step.channel))!;
    if (step.kind === "send") return [`await ${queue}.put(${literal(step.value)})`];
    const get = `value = await ${queue}.get()`;
    return step.timeout === undefined
      ? [get]
      : [`async with asyncio.timeout(${seconds(step.timeout)}):`, `    ${get}`];
  }

  #mainChannel(step: Extract<LeafStep, { kind: "send" | "receive" }>, place: Place): string[] {
    const channel = this.#facts.channel(step.channel);
    const queue = this.#channels.get(channel)!;
    const timeout = step.kind === "receive" ? step.timeout : undefined;
    const limit = timeout === undefined ? "" : `timeout=${seconds(timeout)}`;
    if (!this.#facts.isShared(channel))
      return [
        step.kind === "send"
          ? `${queue}.put(${literal(step.value)})`
          : `value = ${queue}.get(${limit})`,
      ];
    if (this.#facts.isBetweenThreads(channel) && place.launched) {
      // A plain get whose result is not waited for any longer would still take a value.
      const get =
        timeout === undefined
          ? `${queue}.get()`
          : `asyncio.wait_for(${queue}.get(), ${seconds(timeout)})`;
      return [
        step.kind === "send"
          ? `asyncio.run_coroutine_threadsafe(${queue}.put(${literal(step.value)}), loop).result()`
          : `value = asyncio.run_coroutine_threadsafe(${get}, loop).result()`,
      ];
    }
    const why =
      step.kind === "send"
        ? "  # raises when it is full: nobody makes room while main waits"
        : `  # raises when it is empty${timeout === undefined ? "" : `, not only after ${formatDuration(timeout)}`}: nobody sends while main waits`;
    return [
      (step.kind === "send"
        ? `${queue}.put_nowait(${literal(step.value)})`
        : `value = ${queue}.get_nowait()`) + why,
    ];
  }

  /** A printed text: an f-string where something is filled in. */
  #text(text: string, { task, depth }: Place): string {
    let filled = false;
    const pieces = splitPlaceholders(text).map((piece) => {
      if ("literal" in piece) return { text: piece.literal };
      switch (piece.placeholder) {
        case "runtime":
          return { text: "python" };
        case "task":
          if (task!.copies === null) return { text: task!.name };
          filled = true;
          return { text: `${task!.name}#`, code: "copy" };
        case "copy":
          if (task!.copies === null) return { text: "0" };
          filled = true;
          return { text: "", code: "copy" };
        case "i":
          filled = true;
          return { text: "", code: indexName(depth - 1) };
        case "value":
          filled = true;
          return { text: "", code: "value" };
      }
    });
    if (!filled) return JSON.stringify(pieces.map((piece) => piece.text).join(""));
    const inner = pieces.map(
      (piece) =>
        JSON.stringify(piece.text.replaceAll(/[{}]/g, "$&$&")).slice(1, -1) +
        ("code" in piece ? `{${piece.code}}` : ""),
    );
    return `f"${inner.join("")}"`;
  }
}

/** A block's lines. One in which nothing happens says so. */
function inside(lines: readonly string[]): string[] {
  const isEmpty = lines.every((line) => line.startsWith("#"));
  return indented(isEmpty ? [...lines, "pass"] : lines, "    ");
}

function usesIndex(text: string): boolean {
  return splitPlaceholders(text).some(
    (piece) => "placeholder" in piece && piece.placeholder === "i",
  );
}

function seconds(ticks: Ticks): string {
  return String(ticks / (1000 * TICKS_PER_MS));
}
