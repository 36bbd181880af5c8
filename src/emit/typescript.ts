/**
 * The equivalent program in TypeScript, for Bun.
 *
 * With a loop that floats it is what anybody would write. Elsewhere the semantics are asyncio's, and
 * the program says what JavaScript lacks: a task whose first step waits, a loop that closes, a
 * thread that is joined. Of that machinery it holds what the scenario needs, and no more.
 */
import { formatDuration, TICKS_PER_MS, type Ticks } from "../scenario/duration.ts";
import type { LeafStep, Scenario, Step, TaskSpec } from "../scenario/model.ts";
import { splitPlaceholders } from "../scenario/placeholders.ts";
import { isBeside, type Strategy } from "../scenario/strategy.ts";
import { EmitError } from "./error.ts";
import { type ChannelUse, Facts, leaves, leavesOf, printsEarlyValue, waits } from "./facts.ts";
import { indented, indexName, Names, separated, toCamelCase } from "./source-text.ts";

/** The program in TypeScript. @throws EmitError where there is none of reasonable size. */
export function emitTypeScript(scenario: Scenario, strategy: Strategy): string {
  const facts = new Facts(scenario, strategy);
  if (facts.launches) refuseWhatIsTooMuch(facts);
  return new TypeScriptProgram(facts).program();
}

function refuseWhatIsTooMuch(facts: Facts): void {
  const { strategy, channels, afterLaunch } = facts;
  const refuse = (what: string, wayOut = "use --lang python"): never => {
    throw new EmitError(`${what}; ${wayOut}`);
  };
  for (const channel of channels)
    if (facts.isBetweenThreads(channel) && (channel.mainReceives || channel.loopSends))
      refuse(
        `channel "${channel.name}" takes values from a Worker to a main that blocks, which JavaScript has no queue for`,
      );
  const pooled = facts.used.some((task) => leavesOf(task).some(({ kind }) => kind === "call"));
  if (strategy.offload !== "none" && pooled)
    refuse(
      `strategy ${strategy.name} has a pool perform the calls of your own functions, and a pool of this program cannot`,
      "use a strategy with offload=none",
    );
  if (strategy.loop !== "float") return;
  for (const step of leaves(afterLaunch))
    if (step.kind === "result" || (step.kind === "join" && step.timeout === undefined))
      refuse(
        `line ${step.position.line} has main wait for what floats on its own thread, which then cannot move, and JavaScript has no call for that`,
        "use a strategy with loop=portal or loop=thread",
      );
  if (strategy.atExit === "cancel" && strategy.timeout !== null)
    refuse(
      "a promise that floats does not say whether a timeout rejected it or the end of main",
      "leave out timeout, or use atExit=wait",
    );
}

/** Words of the language, what the program uses of its surroundings, and names it gives itself. */
const reserved =
  `arguments await break case catch class const continue debugger default delete do else enum eval export
  extends false finally for function if implements import in instanceof interface let new null package
  private protected public return static super switch this throw true try typeof undefined var void
  while with yield async of type any unknown never string number boolean object symbol
  Array Atomics AbortController Bun Channel Error Infinity Int32Array Math Promise SharedArrayBuffer
  Worker console performance process self setTimeout clearTimeout delay workerData encodeURIComponent
  launch start submit sleep compute inPool cancellable aborted closing signal tasks timer worker shared
  value copy error ended finish finished submitted data what idle queue jobs i j k l main`.split(
    /\s+/,
  );

/** Stands for the line that opens the Worker, until all is known of it. */
const opensWorker = "new Worker";

interface Place {
  who: "main" | "launch" | "task";
  /** How many repeats are around the steps. */
  depth: number;
  task: TaskSpec | null;
  /** Clean-up is not cancelled: what cancelled its task has happened already. */
  cleaning: boolean;
  launched: boolean;
}

const onMain: Place = { who: "main", depth: 0, task: null, cleaning: false, launched: true };
const inLaunch: Place = { ...onMain, who: "launch" };

class TypeScriptProgram {
  readonly #facts: Facts;
  /** The tasks that come to be: a submit to a loop that has closed raises before. */
  readonly #tasks: TaskSpec[];
  readonly #names = new Names(reserved);
  readonly #functions = new Map<TaskSpec, string>();
  readonly #variables = new Map<TaskSpec, string>();
  readonly #channels = new Map<ChannelUse, string>();
  /** Words of shared memory, by name, and how many each takes. */
  readonly #slots = new Map<string, number>();
  readonly #slotOf = new Map<TaskSpec | ChannelUse, string>();
  /** Imports of the user's functions: by module and export, the name they have here. */
  readonly #calls = new Map<string, { module: string; export: string; name: string }>();
  readonly #cancels: boolean;
  /** What the text so far makes use of. */
  readonly #uses = new Set<
    "sleep" | "start" | "tasks" | "Channel" | "compute" | "inPool" | "cancellable" | "submit"
  >();

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#tasks = facts.strategy.loop === "inline" ? facts.started : facts.used;
    for (const task of this.#tasks) {
      const plain = task.name === "task";
      const name = toCamelCase(task.name);
      this.#functions.set(task, this.#names.claim(plain ? "backgroundTask" : name));
      this.#variables.set(task, this.#names.claim(plain ? "task" : `${name}Task`));
    }
    for (const channel of facts.channels)
      this.#channels.set(channel, this.#names.claim(toCamelCase(channel.name)));
    this.#cancels = facts.launches && this.#mustCancel();
  }

  program(): string {
    const { scenario, strategy, launches, channels } = this.#facts;
    const main = this.#main();
    const functions = launches
      ? [...this.#tasks.map((task) => this.#task(task)), this.#launch()]
      : [];
    const body = isBeside(strategy) && launches ? this.#twoThreads(main) : main;
    const listens = body.some((line) => line.includes("self."));
    const self = listens ? ["declare var self: Worker;"] : [];
    const queues = channels.map((channel) => this.#queue(channel));
    const helpers = this.#helpers();
    const head = `// ${scenario.name}, strategy ${strategy.name}${scenario.title === null ? "" : `: ${scenario.title.replaceAll(/\s+/g, " ")}`}`;
    return `${separated(
      [[head, ...this.#imports()], self, ...helpers, queues, ...functions, body],
      [""],
    ).join("\n")}\n`;
  }

  // What JavaScript lacks.

  /** Whether something may have to be cancelled that is under way. */
  #mustCancel(): boolean {
    const { strategy, launchCanFail, leavesTasks } = this.#facts;
    if (this.#callsInLoop || strategy.atExit === "cancel" || strategy.timeout !== null) return true;
    if (strategy.loop === "float") return strategy.settle === "group" && launchCanFail;
    return launchCanFail || (strategy.loop !== "portal" && leavesTasks);
  }

  get #callsInLoop(): boolean {
    return [...leaves(this.#facts.scenario.launch), ...this.#tasks.flatMap(leavesOf)].some(
      ({ kind }) => kind === "call",
    );
  }

  get #isEager(): boolean {
    return this.#facts.strategy.loop === "float";
  }

  #imports(): string[] {
    const lines: string[] = [];
    if (this.#uses.has("sleep"))
      lines.push(`import { setTimeout as delay } from "node:timers/promises";`);
    if (this.#slots.size > 0) lines.push(`import { workerData } from "node:worker_threads";`);
    for (const call of this.#calls.values()) {
      const what =
        call.export === "default"
          ? call.name
          : `{ ${call.export === call.name ? call.name : `${call.export} as ${call.name}`} }`;
      lines.push(`import ${what} from ${JSON.stringify(call.module)};`);
    }
    return lines;
  }

  #helpers(): string[][] {
    const uses = this.#uses;
    const helpers: string[][] = [];
    if (this.#slots.size > 0) helpers.push(this.#sharedMemory());
    if (this.#cancels) {
      helpers.push([
        this.#isEager
          ? "// What a signal cancels rejects where it waits; its finally blocks run to their end."
          : "// JavaScript has no loop that closes, and cancels nothing by itself: this signal does.",
        "const closing = new AbortController();",
        "const { signal } = closing;",
        ...(uses.has("tasks") ? ["const tasks: Promise<void>[] = [];"] : []),
        ...(uses.has("sleep")
          ? ["const sleep = (ms: number) => delay(ms, undefined, { signal });"]
          : []),
      ]);
      if (uses.has("cancellable"))
        helpers.push([
          "const aborted = new Promise<never>((_, reject) =>",
          `  signal.addEventListener("abort", () => reject(signal.reason)),`,
          ");",
          "aborted.catch(() => {});",
          "const cancellable = <T>(what: Promise<T>) => Promise.race([what, aborted]);",
        ]);
    } else if (uses.has("tasks")) {
      helpers.push(["const tasks: Promise<void>[] = [];"]);
    }
    if (uses.has("start")) helpers.push(this.#startHelper());
    if (uses.has("compute") || uses.has("inPool"))
      if (this.#computesAnywhere)
        helpers.push([
          "/** Burns a core for so much CPU time. */",
          "function compute(ms: number) {",
          "  const used = () => {",
          "    const { user, system } = process.threadCpuUsage();",
          "    return (user + system) / 1000;",
          "  };",
          "  for (const end = used() + ms; used() < end; );",
          "}",
        ]);
    if (uses.has("inPool")) helpers.push(this.#poolHelper());
    if (uses.has("Channel")) helpers.push(channelHelper);
    if (uses.has("submit")) helpers.push(this.#submitHelper());
    return helpers;
  }

  get #computesAnywhere(): boolean {
    return [
      ...leaves(this.#facts.scenario.main),
      ...leaves(this.#facts.scenario.launch),
      ...this.#tasks.flatMap(leavesOf),
    ].some(({ kind }) => kind === "compute");
  }

  #startHelper(): string[] {
    const { strategy, awaited } = this.#facts;
    const canFail = this.#tasks.some((task) => this.#facts.taskCanFail(task));
    const listed = this.#uses.has("tasks");
    const abortsGroup =
      strategy.settle === "group" &&
      waits(leaves(this.#facts.beforeSettle)) &&
      awaited.some((task) => this.#facts.taskCanFail(task));
    const abort = "  started.catch(() => closing.abort()); // the first failure cancels the others";
    if (this.#isEager)
      return [
        "/** Calls a task that may be cancelled: it runs to its first await at once. */",
        "function start(task: () => Promise<void>) {",
        "  const started = task();",
        ...(abortsGroup
          ? [abort]
          : strategy.settle === "none"
            ? [
                "  started.catch((error) => {",
                "    if (!signal.aborted) throw error; // nobody handles it: the process ends",
                "  });",
              ]
            : ["  started.catch(() => {}); // who awaits it hears of it"]),
        ...(listed ? ["  tasks.push(started);"] : []),
        "  return started;",
        "}",
      ];
    const comment =
      "/** As asyncio's create_task: the first step comes when the current one gives way. */";
    if (!listed && !canFail && !this.#cancels)
      return [
        comment,
        "const start = (task: () => Promise<void>) => Promise.resolve().then(task);",
      ];
    // A task that is cancelled before its first step runs none.
    const bodyRaises =
      strategy.settle === "group" &&
      leaves(this.#facts.beforeSettle).some(({ kind }) => kind === "fail");
    const unheard = strategy.settle === "none" || strategy.loop === "portal";
    const onFailure = abortsGroup
      ? [abort]
      : canFail && unheard
        ? this.#cancels
          ? [
              `  started.catch((error) => signal.aborted || console.error("nobody awaits this:", error));`,
            ]
          : [`  started.catch((error) => console.error("nobody awaits this:", error));`]
        : strategy.settle === "none"
          ? ["  started.catch(() => {}); // it can only have been cancelled"]
          : ["  started.catch(() => {}); // who awaits it hears of it, and nobody else"];
    return [
      comment,
      "function start(task: () => Promise<void>) {",
      ...(bodyRaises
        ? [
            "  const started = Promise.resolve().then(() => {",
            "    signal.throwIfAborted();",
            "    return task();",
            "  });",
          ]
        : ["  const started = Promise.resolve().then(task);"]),
      ...onFailure,
      ...(listed ? ["  tasks.push(started);"] : []),
      "  return started;",
      "}",
    ];
  }

  #poolHelper(): string[] {
    const { offload, workers } = this.#facts.strategy;
    const run =
      offload === "threads"
        ? [
            "  const url = `data:text/javascript,${encodeURIComponent(`(${work})(${ms})`)}`;",
            `  await new Promise((resolve) => new Worker(url).addEventListener("close", resolve));`,
          ]
        : ['  await Bun.spawn([process.execPath, "-e", `(${work})(${ms})`]).exited;'];
    const what = offload === "threads" ? "thread" : "process";
    const job = [
      "",
      "/** A job in the pool: whoever closes the loop waits for it. */",
      "function job(work: (ms: number) => void, ms: number) {",
      "  const done = inPool(work, ms);",
      "  tasks.push(done);",
      "  return done;",
      "}",
    ];
    return [
      `let idle = ${workers};`,
      "const queue: (() => void)[] = [];",
      "",
      `/** Has another ${what} perform a function that holds it: ${workers} at once, first come, first served. */`,
      "async function inPool(work: (ms: number) => void, ms: number) {",
      "  if (idle > 0) idle--;",
      "  else await new Promise<void>((resolve) => queue.push(resolve));",
      ...(this.#cancels
        ? ["  if (!signal.aborted) {", ...run.map((line) => `  ${line}`), "  }"]
        : run),
      "  const next = queue.shift();",
      "  if (next === undefined) idle++;",
      "  else next();",
      "}",
      ...(this.#cancels ? job : []),
    ];
  }

  #submitHelper(): string[] {
    const ids = this.#tasks.filter((task) => this.#slotOf.has(task));
    const entries = ids.map((task) => {
      const slot = this.#slotOf.get(task)!;
      const name = this.#functions.get(task)!;
      return task.copies === null
        ? `  [${slot}, ${name}],`
        : `  ...Array.from({ length: ${task.copies} }, (_, copy) => [${slot} + copy, () => ${name}(copy)] as const),`;
    });
    return [
      "const submitted = new Map<number, () => Promise<void>>([",
      ...entries,
      "]);",
      "",
      "/** Runs a task for main, and lets main know of its end. */",
      "async function submit(id: number) {",
      "  const ended = await start(submitted.get(id)!).then(",
      "    () => 1,",
      "    () => -1,",
      "  );",
      "  Atomics.store(shared, id, ended);",
      "  Atomics.notify(shared, id);",
      "}",
    ];
  }

  #sharedMemory(): string[] {
    const lines = ["// Words of memory that both threads see, and can wait for."];
    let next = 0;
    for (const [name, size] of this.#slots) {
      lines.push(`const ${name} = ${next};`);
      next += size;
    }
    return [
      ...lines,
      "const shared: Int32Array = Bun.isMainThread",
      `  ? new Int32Array(new SharedArrayBuffer(4 * ${next}))`,
      "  : workerData;",
    ];
  }

  /** The word of shared memory by which main waits for a thing; made when first asked for. */
  #slot(what: TaskSpec | ChannelUse | "ended"): string {
    if (what === "ended") {
      this.#slots.set("ENDED", 1);
      return "ENDED";
    }
    const known = this.#slotOf.get(what);
    if (known !== undefined) return known;
    const name = this.#names.claim(what.name.replaceAll("-", "_").toUpperCase());
    this.#slotOf.set(what, name);
    this.#slots.set(name, "copies" in what ? (what.copies ?? 1) : 1);
    return name;
  }

  #queue(channel: ChannelUse): string {
    this.#uses.add("Channel");
    // Between threads main keeps to the capacity, before it posts.
    const size = this.#facts.isBetweenThreads(channel) ? null : channel.capacity;
    return `const ${this.#channels.get(channel)!} = new Channel(${size ?? ""});`;
  }

  // Tasks and launch.

  #task(task: TaskSpec): string[] {
    const place: Place = { ...onMain, who: "task", task };
    const body = this.#steps(task.steps, place);
    const lines =
      task.finally.length === 0
        ? body
        : [
            "try {",
            ...inside(body),
            "} finally {",
            ...inside(this.#steps(task.finally, { ...place, cleaning: true })),
            "}",
          ];
    const parameters = task.copies === null ? "" : "copy: number";
    return [
      `async function ${this.#functions.get(task)!}(${parameters}) {`,
      ...inside([...valueOf(task.steps, task.finally), ...lines]),
      "}",
    ];
  }

  #launch(): string[] {
    const { scenario, strategy, beforeSettle, afterSettle } = this.#facts;
    const settled = strategy.settle === "group" ? this.#group() : this.#gather(beforeSettle);
    return [
      "async function launch() {",
      ...inside([...valueOf(scenario.launch), ...settled, ...this.#steps(afterSettle, inLaunch)]),
      "}",
    ];
  }

  #gather(steps: Step[]): string[] {
    const { strategy, awaited } = this.#facts;
    if (strategy.settle === "none" || awaited.length === 0) return this.#steps(steps, inLaunch);
    const { started, references } = this.#begun(steps);
    const single = awaited.length === 1 && awaited[0]!.copies === null;
    const settled = strategy.settle === "settled";
    const point =
      single && !settled
        ? [`await ${references[0]};`]
        : this.#all(settled ? "allSettled" : "all", references);
    if (settled && point.length === 1) point[0] += " // collects the errors";
    // Who cancels all cancels launch as well, which allSettled does not notice.
    if (settled && strategy.atExit === "cancel") point.push("signal.throwIfAborted();");
    return [...started, ...this.#bounded(point)];
  }

  #all(how: "all" | "allSettled", references: string[]): string[] {
    const line = `await Promise.${how}([${references.join(", ")}]);`;
    if (line.length <= 84) return [line];
    return [`await Promise.${how}([`, ...inside(references.map((one) => `${one},`)), "]);"];
  }

  /** The steps before the completion point, and what is awaited there: begun in place, if nothing comes between. */
  #begun(steps: Step[]): { started: string[]; references: string[] } {
    const { awaited } = this.#facts;
    const first = steps.findIndex(({ kind }) => kind === "start");
    if (steps.slice(first).some(({ kind }) => kind !== "start"))
      return {
        started: this.#steps(steps, inLaunch),
        references: awaited.map(
          (task) => (task.copies === null ? "" : "...") + this.#variables.get(task)!,
        ),
      };
    // Where nobody comes between, it is all the same whether a task begins now or at the next await.
    const started = this.#steps(steps.slice(0, first), inLaunch);
    const references = awaited.map((task) => {
      const name = this.#functions.get(task)!;
      if (task.copies === null) return this.#cancels ? this.#starting(name) : `${name}()`;
      const one = this.#cancels ? this.#starting(`() => ${name}(copy)`) : `${name}(copy)`;
      return `...Array.from({ length: ${task.copies} }, (_, copy) => ${one})`;
    });
    return { started, references };
  }

  #starting(task: string): string {
    this.#uses.add("start");
    if (this.#cancels) this.#uses.add("tasks");
    return `start(${task})`;
  }

  #group(): string[] {
    const { beforeSettle, launchCanFail } = this.#facts;
    if (!launchCanFail) return this.#gather(beforeSettle);
    this.#uses.add("tasks");
    const { started, references } = this.#begun(beforeSettle);
    return [
      "try {",
      ...inside([...started, ...this.#bounded(this.#all("all", references))]),
      "} catch (error) {",
      ...inside([
        "closing.abort(); // a group: the first failure cancels the others,",
        "await Promise.allSettled(tasks); // and is raised when all have cleaned up",
        "throw error;",
      ]),
      "}",
    ];
  }

  #bounded(lines: string[]): string[] {
    const { timeout } = this.#facts.strategy;
    if (timeout === null) return lines;
    return [
      `const timer = setTimeout(() => closing.abort(), ${milliseconds(timeout)}); // cancels what is not done`,
      "try {",
      ...inside([...lines, "signal.throwIfAborted();"]),
      "} finally {",
      "  clearTimeout(timer);",
      // Elsewhere whoever closes the loop waits for it.
      ...(this.#isEager
        ? ["  if (signal.aborted) await Promise.allSettled(tasks); // they clean up first"]
        : []),
      "}",
    ];
  }

  /** Whether launch waits for the task at its completion point. */
  #isAwaited(task: TaskSpec): boolean {
    return this.#facts.strategy.settle !== "none" && this.#facts.awaited.includes(task);
  }

  #start(task: TaskSpec): string[] {
    const { strategy } = this.#facts;
    const name = this.#functions.get(task)!;
    const plain = this.#isEager && !this.#cancels;
    const one = plain ? `${name}()` : this.#starting(name);
    const copied = plain ? `${name}(copy)` : this.#starting(`() => ${name}(copy)`);
    if (this.#isAwaited(task)) {
      const variable = this.#variables.get(task)!;
      return task.copies === null
        ? [`const ${variable} = ${one};`]
        : [`const ${variable} = Array.from({ length: ${task.copies} }, (_, copy) => ${copied});`];
    }
    const fate = this.#isEager
      ? strategy.atExit === "abandon"
        ? " // floats: nobody awaits it, and process.exit() abandons it"
        : " // floats: nobody awaits it"
      : strategy.loop === "portal"
        ? " // nobody awaits it, but the thread stays open"
        : " // nobody awaits it: what closes the loop cancels it";
    return task.copies === null
      ? [`${one};${fate}`]
      : [`for (let copy = 0; copy < ${task.copies}; copy++) ${copied};${fate}`];
  }

  // Main, and the thread beside it.

  #main(): string[] {
    const { scenario, beforeLaunch, afterLaunch, launches, strategy } = this.#facts;
    const before = [
      ...valueOf(scenario.main),
      ...this.#steps(beforeLaunch, { ...onMain, launched: false }),
    ];
    if (!launches) return before;
    const after = this.#steps(afterLaunch, onMain);
    const head = [...before, ...this.#launchStep()];
    const exit = this.#exit();
    const goesOn = isBeside(strategy) && strategy.atExit !== "abandon";
    if (!goesOn || !this.#facts.mainCanFail(false) || after.length === 0)
      return [...head, ...after, ...exit];
    return [
      ...head,
      "try {",
      ...inside(after),
      "} catch (error) {",
      ...inside([
        "console.error(error); // main has failed; the other thread goes on",
        "process.exitCode = 1;",
      ]),
      "}",
      ...exit,
    ];
  }

  #launchStep(): string[] {
    const { strategy, launchCanFail } = this.#facts;
    switch (strategy.loop) {
      case "inline": {
        const close = this.#close();
        if (close.length === 0) return ["await launch(); // main goes on when launch returns"];
        if (!launchCanFail) return ["await launch();", ...close];
        return ["try {", "  await launch();", "} finally {", ...inside(close), "}"];
      }
      case "float":
        // What a timeout raises in launch is nobody's to handle, and ends the process.
        return strategy.atExit === "cancel"
          ? [
              "launch().catch((error) => {",
              "  if (!signal.aborted) throw error;",
              "}); // main does not wait",
            ]
          : ["launch(); // main does not wait: what is async floats"];
      default:
        return ["// main goes on at once", opensWorker];
    }
  }

  /** What asyncio does when its loop closes: cancel what is left, and wait for its clean-up. */
  #close(): string[] {
    if (this.#cancels) {
      if (this.#tasks.length > 0) this.#uses.add("tasks").add("start");
      return [
        "closing.abort(); // the loop closes: what is left is cancelled, and cleans up",
        ...(this.#uses.has("tasks") ? ["await Promise.allSettled(tasks);"] : []),
      ];
    }
    return [];
  }

  #exit(): string[] {
    const { loop, atExit, grace } = this.#facts.strategy;
    if (atExit === null) return [];
    if (loop === "float") {
      if (atExit === "abandon")
        return ["process.exit(); // what floats is abandoned, no finally runs"];
      const bound =
        grace === null
          ? []
          : [
              `setTimeout(() => process.exit(), ${milliseconds(grace)}).unref(); // then it is abandoned`,
            ];
      return atExit === "cancel"
        ? ["closing.abort(); // cancels what floats, and lets it clean up", ...bound]
        : bound.length > 0
          ? bound
          : ["// the thread is free now: what floats goes on, and the process ends after it"];
    }
    if (atExit === "abandon")
      return ["process.exit(); // the Worker is abandoned, and no finally runs in it"];
    const lines: string[] = [];
    if (atExit === "cancel") lines.push(`worker.postMessage(["cancel"]); // its tasks clean up`);
    else if (loop === "portal")
      lines.push(`worker.postMessage(["finish"]); // when its tasks have ended`);
    if (grace !== null)
      lines.push(
        `setTimeout(() => process.exit(), ${milliseconds(grace)}).unref(); // then it is abandoned`,
      );
    else lines.push("// the process ends only when the Worker has: that is the join");
    return lines;
  }

  #twoThreads(main: string[]): string[] {
    const loop = this.#loopThread();
    // Whether there is shared memory comes out when all of main has been written.
    const data = this.#slots.size > 0 ? ", { workerData: shared } as object" : "";
    const worker = main.some((line) => /\bworker\./.test(line)) ? "const worker = " : "";
    const opened = `${worker}new Worker(import.meta.url${data});`;
    const named = main.map((line) => (line === opensWorker ? opened : line));
    return ["if (Bun.isMainThread) {", ...inside(named), "} else {", ...inside(loop), "}"];
  }

  /** What the Worker does: launch, what a portal stays open for, and the close. */
  #loopThread(): string[] {
    const { strategy, launchCanFail, channels, afterLaunch } = this.#facts;
    const isPortal = strategy.loop === "portal";
    const cancels = strategy.atExit === "cancel";
    const fed = channels.filter((channel) => this.#facts.isBetweenThreads(channel));
    const submits = leaves(afterLaunch).some(({ kind }) => kind === "submit");
    if (submits) {
      this.#uses.add("submit").add("start");
      if (isPortal || this.#cancels) this.#uses.add("tasks");
    }
    const handlers = [
      ...fed.map((channel) => {
        const name = this.#channels.get(channel)!;
        return `if (what === "${name}") ${name}.put(value);`;
      }),
      ...(submits ? [`if (what === "submit") submit(value);`] : []),
      ...(cancels ? [`if (what === "cancel") closing.abort();`] : []),
      ...(isPortal ? [`if (what === "${cancels ? "cancel" : "finish"}") finish();`] : []),
    ];
    const close = this.#close();
    // What launch has awaited by itself need not be waited for again.
    const drains =
      isPortal &&
      strategy.atExit === "wait" &&
      (submits || this.#tasks.some((task) => !this.#isAwaited(task)));
    if (drains) this.#uses.add("tasks").add("start");
    const listens = handlers.length > 0;
    const ends = [
      ...close,
      ...(listens ? ["self.onmessage = null; // nothing keeps this thread any more"] : []),
      ...(this.#slots.has("ENDED")
        ? ["Atomics.store(shared, ENDED, 1);", "Atomics.notify(shared, ENDED);"]
        : []),
    ];
    const value = fed.length > 0 || submits ? "[what, value]" : "[what]";
    const head = [
      ...(isPortal
        ? ["const { promise: finished, resolve: finish } = Promise.withResolvers<void>();"]
        : []),
      ...(listens
        ? [`self.onmessage = ({ data: ${value} }: MessageEvent) => {`, ...inside(handlers), "};"]
        : []),
    ];
    const body = [
      "await launch();",
      ...(isPortal ? ["await finished; // the thread stays open for what main submits"] : []),
      ...(drains ? ["await Promise.allSettled(tasks);"] : []),
    ];
    if (!launchCanFail && !(cancels && this.#cancels)) return [...head, ...body, ...ends];
    return [
      ...head,
      "try {",
      ...inside(body),
      "} catch (error) {",
      ...inside([
        cancels
          ? "if (!signal.aborted) console.error(error);"
          : "console.error(error); // it ends this thread, and no other",
      ]),
      ...(ends.length > 0 ? ["} finally {", ...inside(ends)] : []),
      "}",
    ];
  }

  // Steps.

  #steps(steps: Step[], place: Place): string[] {
    return steps.flatMap((step) => this.#step(step, place));
  }

  #step(step: Step, place: Place): string[] {
    switch (step.kind) {
      case "repeat": {
        const index = indexName(place.depth);
        const body = this.#steps(step.steps, { ...place, depth: place.depth + 1 });
        return [
          `for (let ${index} = 0; ${index} < ${step.times}; ${index}++) {`,
          ...inside(body),
          "}",
        ];
      }
      case "print":
        return [`console.log(${this.#text(step.text, place)});`];
      case "sleep":
        if (!this.#cancels || place.cleaning)
          return [`await Bun.sleep(${milliseconds(step.ticks)});`];
        this.#uses.add("sleep");
        return [`await sleep(${milliseconds(step.ticks)});`];
      case "block":
      case "compute":
        return this.#hold(step, place);
      case "fail":
        return [`throw new Error(${JSON.stringify(step.message)});`];
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
        return this.#channel(step, place);
      case "call":
        return this.#call(step, place);
      case "launch":
      case "settle":
        throw new Error(`"${step.kind}" is no step that is written by itself`);
    }
  }

  #hold(step: Extract<LeafStep, { kind: "block" | "compute" }>, place: Place): string[] {
    const { offload } = this.#facts.strategy;
    const ms = milliseconds(step.ticks);
    if (step.kind === "compute") this.#uses.add("compute");
    if (place.who !== "task" || offload === "none") {
      const fate = place.who === "main" ? "" : " // the whole loop stands still";
      return [`${step.kind === "block" ? "Bun.sleepSync" : "compute"}(${ms});${fate}`];
    }
    this.#uses.add("inPool");
    const work = step.kind === "block" ? "(ms) => Bun.sleepSync(ms)" : "compute";
    if (!this.#cancels) return [`await inPool(${work}, ${ms});`];
    this.#uses.add("tasks");
    return [`await ${this.#waiting(`job(${work}, ${ms})`, place)};`];
  }

  /** An expression to be awaited, in a way that can be cancelled where it may have to be. */
  #waiting(expression: string, place: Place): string {
    if (!this.#cancels || place.cleaning) return expression;
    this.#uses.add("cancellable");
    return `cancellable(${expression})`;
  }

  #submit(task: TaskSpec, place: Place): string[] {
    const { strategy, launchCanFail } = this.#facts;
    if (!place.launched) return [`throw new Error("no event loop has been opened yet");`];
    const closed = `throw new Error("Event loop is closed");`;
    if (strategy.loop === "inline") return [`${closed} // it closed when launch returned`];
    if (strategy.loop === "float") return this.#start(task);
    const slot = this.#slot(task);
    const lines =
      strategy.loop === "portal" && !launchCanFail
        ? []
        : [`if (Atomics.load(shared, ${this.#slot("ended")}) === 1) ${closed}`];
    const unheard =
      this.#facts.taskCanFail(task) && !this.#facts.takesResult(task.name)
        ? " // if it fails, main does not hear of it"
        : "";
    lines.push(
      task.copies === null
        ? `worker.postMessage(["submit", ${slot}]);${unheard}`
        : `for (let copy = 0; copy < ${task.copies}; copy++) worker.postMessage(["submit", ${slot} + copy]);${unheard}`,
    );
    return lines;
  }

  #result(step: Extract<LeafStep, { kind: "result" }>, place: Place): string[] {
    const task = this.#facts.task(step.task);
    // Submitting it has raised by then.
    if (!place.launched || !isBeside(this.#facts.strategy) || !this.#slotOf.has(task)) return [];
    const slot = this.#slot(task);
    const word = task.copies === null ? slot : `${slot} + copy`;
    const lines =
      step.timeout === undefined
        ? [`Atomics.wait(shared, ${word}, 0); // blocks main until the task has ended`]
        : [
            `if (Atomics.wait(shared, ${word}, 0, ${milliseconds(step.timeout)}) === "timed-out")`,
            `  throw new Error("the result of ${task.name} did not come in time"); // the task goes on`,
          ];
    if (this.#facts.taskCanFail(task) || this.#cancels)
      lines.push(
        `if (Atomics.load(shared, ${word}) < 0) throw new Error("${task.name} has failed");`,
      );
    return task.copies === null
      ? lines
      : [`for (let copy = 0; copy < ${task.copies}; copy++) {`, ...inside(lines), "}"];
  }

  #join({ timeout }: Extract<LeafStep, { kind: "join" }>, place: Place): string[] {
    const { loop } = this.#facts.strategy;
    if (loop === "inline") return ["// there is no thread to join: all ran in this one"];
    if (!place.launched) return [`throw new Error("cannot join thread before it is started");`];
    if (loop === "float")
      return [
        `Bun.sleepSync(${milliseconds(timeout!)}); // what floats cannot end while main waits`,
      ];
    const limit = timeout === undefined ? "" : `, ${milliseconds(timeout)}`;
    const note = timeout === undefined ? "a join" : "a join, for so long; it stops nothing";
    return [`Atomics.wait(shared, ${this.#slot("ended")}, 0${limit}); // ${note}`];
  }

  #channel(step: Extract<LeafStep, { kind: "send" | "receive" }>, place: Place): string[] {
    const channel = this.#facts.channel(step.channel);
    const name = this.#channels.get(channel)!;
    const between = this.#facts.isBetweenThreads(channel);
    if (step.kind === "send") {
      const value = literal(step.value);
      if (place.who === "main" && between) {
        if (!place.launched)
          throw new EmitError(
            `line ${step.position.line} sends before there is a Worker to send to; use --lang python, or send behind "launch"`,
          );
        const post = `worker.postMessage(["${name}", ${value}]);`;
        if (channel.capacity === null) return [post];
        const slot = this.#slot(channel);
        return [
          `Atomics.wait(shared, ${slot}, ${channel.capacity}); // blocks main while the channel is full`,
          `Atomics.add(shared, ${slot}, 1);`,
          post,
        ];
      }
      if (place.who === "main" || channel.capacity === null)
        return [
          `${name}.put(${value});${place.who === "main" && channel.capacity !== null ? " // raises when it is full: nobody makes room while main waits" : ""}`,
        ];
      return [
        `while (${name}.isFull) await ${this.#waiting(`${name}.changed()`, place)};`,
        `${name}.put(${value});`,
      ];
    }
    if (place.who === "main")
      return [
        `value = ${name}.take(); // raises when it is empty${step.timeout === undefined ? "" : `, not only after ${formatDuration(step.timeout)}`}: nobody sends while main waits`,
      ];
    const received = [
      `value = ${name}.take();`,
      ...(between && channel.capacity !== null
        ? [
            `Atomics.sub(shared, ${this.#slot(channel)}, 1); // main may send the next`,
            `Atomics.notify(shared, ${this.#slot(channel)});`,
          ]
        : []),
    ];
    if (step.timeout === undefined)
      return [
        `while (${name}.isEmpty) await ${this.#waiting(`${name}.changed()`, place)};`,
        ...received,
      ];
    return [
      `for (const until = performance.now() + ${milliseconds(step.timeout)}; ${name}.isEmpty; )`,
      `  await ${this.#waiting(`${name}.changed(until)`, place)};`,
      ...received,
    ];
  }

  #call(step: Extract<LeafStep, { kind: "call" }>, place: Place): string[] {
    const key = `${step.module}#${step.export}`;
    let call = this.#calls.get(key);
    if (call === undefined) {
      const file = step.module.replace(/^.*\//, "").replace(/\.\w+$/, "");
      const wanted = step.export === "default" ? file : step.export;
      const name = this.#names.claim(toCamelCase(wanted.replaceAll(/[^\w-]/g, "-")) || "called");
      call = { module: step.module, export: step.export, name };
      this.#calls.set(key, call);
    }
    const args = step.args === undefined ? "" : `args: ${JSON.stringify(step.args)}, `;
    if (place.who === "main")
      return [
        `${call.name}({ ${args}signal: new AbortController().signal, sleep: Bun.sleepSync, print: console.log });`,
      ];
    this.#uses.add("sleep");
    return [
      `await ${call.name}({ ${args}signal, sleep, print: console.log });`,
      ...(place.cleaning ? [] : ["signal.throwIfAborted();"]),
    ];
  }

  /** A printed text: a template where something is filled in. */
  #text(text: string, { task, depth }: Place): string {
    let filled = false;
    const pieces = splitPlaceholders(text).map((piece): { text: string; code?: string } => {
      if ("literal" in piece) return { text: piece.literal };
      if (piece.placeholder === "task" && task!.copies === null) return { text: task!.name };
      if (piece.placeholder === "copy" && task!.copies === null) return { text: "0" };
      filled = true;
      switch (piece.placeholder) {
        case "runtime":
          return { text: "Bun ", code: "Bun.version" };
        case "task":
          return { text: `${task!.name}#`, code: "copy" };
        case "copy":
          return { text: "", code: "copy" };
        case "i":
          return { text: "", code: indexName(depth - 1) };
        case "value":
          return { text: "", code: "value" };
      }
    });
    if (!filled) return JSON.stringify(pieces.map((piece) => piece.text).join(""));
    const inner = pieces.map(
      ({ text: plain, code }) =>
        JSON.stringify(plain)
          .slice(1, -1)
          .replaceAll('\\"', '"')
          .replaceAll(/`|\$\{/g, "\\$&") + (code === undefined ? "" : `\${${code}}`),
    );
    return `\`${inner.join("")}\``;
  }
}

const channelHelper = [
  "type Value = string | number;",
  "",
  "/** A queue whose users wait, one after the other, until it has changed. */",
  "class Channel {",
  "  #values: Value[] = [];",
  "  #waiting: (() => void)[] = [];",
  "  #capacity: number;",
  "",
  "  constructor(capacity = Infinity) {",
  "    this.#capacity = capacity;",
  "  }",
  "",
  "  get isEmpty() {",
  "    return this.#values.length === 0;",
  "  }",
  "",
  "  get isFull() {",
  "    return this.#values.length >= this.#capacity;",
  "  }",
  "",
  "  put(value: Value) {",
  `    if (this.isFull) throw new Error("the channel is full");`,
  "    this.#values.push(value);",
  "    this.#wake();",
  "  }",
  "",
  "  take() {",
  "    const value = this.#values.shift();",
  `    if (value === undefined) throw new Error("the channel is empty");`,
  "    this.#wake();",
  "    return value;",
  "  }",
  "",
  "  /** Resolves at the next change, and rejects when there was none until then. */",
  "  changed(until = Infinity) {",
  "    return new Promise<void>((resolve, reject) => {",
  "      this.#waiting.push(resolve);",
  "      if (until === Infinity) return;",
  `      const late = () => reject(new Error("nothing came in time"));`,
  "      const timer = setTimeout(late, until - performance.now());",
  "      this.#waiting.push(() => clearTimeout(timer));",
  "    });",
  "  }",
  "",
  "  #wake() {",
  "    for (const wake of this.#waiting.splice(0)) wake();",
  "  }",
  "}",
];

/** The declaration of the last value received, in a program that receives or prints one. */
function valueOf(steps: readonly Step[], cleanup: readonly Step[] = []): string[] {
  const receives = leaves([...steps, ...cleanup]).some(({ kind }) => kind === "receive");
  if (receives) return [`let value: Value = "";`];
  return printsEarlyValue(steps, cleanup) ? [`const value = "";`] : [];
}

function inside(lines: readonly string[]): string[] {
  return indented(lines, "  ");
}

function milliseconds(ticks: Ticks): string {
  return String(ticks / TICKS_PER_MS);
}

/** A value that is sent: what is neither text nor a number is only ever printed, as JSON. */
function literal(value: unknown): string {
  if (typeof value === "number") return String(value);
  return JSON.stringify(typeof value === "string" ? value : (JSON.stringify(value) ?? "null"));
}
