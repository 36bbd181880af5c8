/**
 * The program of a scenario whose tasks are kept in a durable queue: BullMQ, on Redis or Valkey.
 *
 * It is one file for two kinds of processes, main and workers, as its first lines say.
 */
import { type SourceText, inComment, sourceText } from "../../base/texts.ts";
import { TICKS_PER_MS } from "../../base/duration.ts";
import type { LeafStep, Scenario, Step, TaskSpec } from "../../scenario/model.ts";
import { splitPlaceholders } from "../../scenario/placeholders.ts";
import { does, type Strategy } from "../../scenario/strategy.ts";
import { hasStep, leaves, leavesOf } from "../../scenario/walk.ts";
import { EmitError } from "../error.ts";
import { indexName, separated } from "../source-text.ts";
import { filledIn, type Place, inLaunch, onMain } from "./steps.ts";
import { inside, milliseconds } from "./syntax.ts";

/** @throws EmitError where such a program cannot do what the scenario does. */
export function emitQueued(scenario: Scenario, strategy: Strategy): SourceText {
  refuse(scenario, strategy);
  const { name, title } = scenario;
  const head = [
    `// ${name}, strategy ${strategy.name}${title === null ? "" : `: ${inComment(title)}`}`,
    `// Tasks are kept by BullMQ (npm install bullmq) on Redis or Valkey, which must write them to disk`,
    `// (appendonly yes) and evict nothing (maxmemory-policy noeviction). In two terminals:`,
    `//   bun ${name}.ts worker   a process that performs them${strategy.consumers === 1 ? "" : `; start ${strategy.consumers} of these`}`,
    `//   bun ${name}.ts          main, which hands them over`,
  ];
  const asks = asksForResults(scenario, strategy);
  const imports = [
    `import { RedisClient } from "bun";`,
    `import { createBunRedisClient, ${asks ? "type Job, " : ""}Queue, ${asks ? "QueueEvents, " : ""}Worker } from "bullmq";`,
  ];
  const connection = [
    `const name = ${JSON.stringify(name)};`,
    `const url = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379";`,
    `const connect = () => createBunRedisClient(new RedisClient(url));`,
  ];
  return sourceText(
    "typescript",
    separated(
      [
        head,
        imports,
        connection,
        ...(usesCompute(scenario) ? [compute] : []),
        writeTasks(scenario.tasks),
        writeWorker(strategy),
        writeMain(scenario, strategy, asks),
        [`if (process.argv[2] === "worker") work();`, "else await main();"],
      ],
      [""],
    ),
  );
}

function refuse(scenario: Scenario, { name }: Strategy): void {
  const { main, launch, tasks, channels } = scenario;
  const all = [...leaves(main), ...leaves(launch), ...tasks.flatMap(leavesOf)];
  const calls = all.find(({ kind }) => kind === "call");
  if (calls !== undefined)
    throw new EmitError(
      `line ${calls.position.line} calls a function of yours, and strategy ${name} is written for tasks of plain steps alone; use a strategy whose tasks are in main's process, as thread`,
    );
  if (channels.length > 0)
    throw new EmitError(
      `a channel is in the memory of one process, and under strategy ${name} tasks are performed by others; use a strategy whose tasks are in main's process, as thread`,
    );
}

function asksForResults({ main }: Scenario, strategy: Strategy): boolean {
  return does(strategy, "awaits") || hasStep(main, "result") || hasStep(main, "join");
}

function usesCompute({ main, launch, tasks }: Scenario): boolean {
  return [main, launch, ...tasks.flatMap((task) => [task.steps, task.finally])].some((steps) =>
    hasStep(steps, "compute"),
  );
}

const compute = [
  "function compute(ms: number): void {",
  "  const from = process.cpuUsage();",
  "  const used = (): number => {",
  "    const { user, system } = process.cpuUsage(from);",
  "    return (user + system) / 1000;",
  "  };",
  "  while (used() < ms);",
  "}",
];

/** What a worker performs, by the name of the job. */
function writeTasks(tasks: readonly TaskSpec[]): string[] {
  const bodies = tasks.flatMap((task) => {
    const place: Place = { ...inLaunch, who: "task", task };
    const steps = writeSteps(task.steps, place);
    const body =
      task.finally.length === 0
        ? steps
        : [
            "try {",
            ...inside(steps),
            "} finally {",
            ...inside(writeSteps(task.finally, place)),
            "}",
          ];
    const copy = body.some((line) => line.includes("copy")) ? "copy" : "";
    return [`async ${JSON.stringify(task.name)}(${copy}) {`, ...inside(body), "},"];
  });
  return [
    "// Each may be performed more than once, from its first line.",
    "const tasks: Record<string, (copy: number) => Promise<void>> = {",
    ...inside(bodies),
    "};",
  ];
}

function writeWorker({ slots, lease }: Strategy): string[] {
  const ms = milliseconds(lease!);
  return [
    "function work(): void {",
    ...inside([
      "const worker = new Worker(name, (job) => tasks[job.name]!(job.data.copy), {",
      ...inside([
        "connection: connect(),",
        `concurrency: ${slots},`,
        `lockDuration: ${ms}, // renewed after half of that, by a timer: what holds the loop holds it up`,
        `stalledInterval: ${ms},`,
      ]),
      "});",
      `worker.on("failed", (job, error) => console.error(job?.name, error.message));`,
      `process.on("SIGTERM", () => void worker.close()); // what it has begun comes to its end`,
    ]),
    "}",
  ];
}

function writeMain(scenario: Scenario, strategy: Strategy, asks: boolean): string[] {
  const { main } = scenario;
  const { retry, backoff } = strategy;
  const options = [
    "connection: connect(),",
    ...(retry === null
      ? []
      : [
          `defaultJobOptions: { attempts: ${retry + 1}, backoff: { type: "exponential", delay: ${backoff! / TICKS_PER_MS} } },`,
        ]),
  ];
  const body = main.flatMap((step) =>
    step.kind === "launch"
      ? writeLaunch(scenario, strategy)
      : writeSteps([step], onMain, handingOf(scenario, strategy)),
  );
  const leaves = does(strategy, "leavesWrites");
  const keeps = asks
    ? [`const handed = new Map<string, ${leaves ? "Promise<Job>" : "Job"}[]>();`]
    : [];
  return [
    "async function main(): Promise<void> {",
    ...inside([
      "const queue = new Queue(name, {",
      ...inside(options),
      "});",
      ...(asks
        ? ["const events = new QueueEvents(name, { connection: connect() });", ...keeps]
        : []),
      ...(leaves ? handUnawaited(asks) : handAwaited(asks)),
      ...(leaves
        ? [...body, "process.exit(); // what has not been written by now is lost"]
        : [
            "try {",
            ...inside(body),
            "} finally {",
            ...inside([...(asks ? ["await events.close();"] : []), "await queue.close();"]),
            "}",
          ]),
    ]),
    "}",
  ];
}

function handAwaited(asks: boolean): string[] {
  return [
    "/** Each copy is stored when this returns; not awaited, it may be lost with the process. */",
    "const hand = async (task: string, copies: number): Promise<void> => {",
    ...inside([
      ...(asks ? ["const jobs: Job[] = [];"] : []),
      `for (let copy = 0; copy < copies; copy++) ${asks ? "jobs.push(await queue.add(task, { copy }))" : "await queue.add(task, { copy })"};`,
      ...(asks ? ["handed.set(task, jobs);"] : []),
    ]),
    "};",
  ];
}

function handUnawaited(asks: boolean): string[] {
  return [
    "/** No copy is stored when this returns: that takes until the event loop has turned. */",
    "const hand = (task: string, copies: number): void => {",
    ...inside([
      ...(asks ? ["const jobs: Promise<Job>[] = [];"] : []),
      `for (let copy = 0; copy < copies; copy++) ${asks ? "jobs.push(queue.add(task, { copy }))" : "void queue.add(task, { copy })"};`,
      ...(asks ? ["handed.set(task, jobs);"] : []),
    ]),
    "};",
  ];
}

function writeLaunch(scenario: Scenario, strategy: Strategy): string[] {
  const { launch } = scenario;
  return launch.flatMap((step) =>
    step.kind === "settle"
      ? writeSettle(launch, strategy)
      : writeSteps([step], inLaunch, handingOf(scenario, strategy)),
  );
}

function writeSettle(launch: readonly Step[], strategy: Strategy): string[] {
  if (!does(strategy, "awaits")) return [];
  const settle = launch.findIndex(({ kind }) => kind === "settle");
  const started = leaves(launch.slice(0, settle)).flatMap((step) =>
    step.kind === "start" ? step.tasks : [],
  );
  const limit = strategy.timeout === null ? "" : `, ${milliseconds(strategy.timeout)}`;
  const waiting = waitingWords(!does(strategy, "leavesWrites"), limit);
  const results = `[${started.map((name) => JSON.stringify(name)).join(", ")}].flatMap((task) => handed.get(task)!.map(${waiting}))`;
  if (does(strategy, "collects")) return [`await Promise.allSettled(${results});`];
  if (!does(strategy, "groups")) return [`await Promise.all(${results});`];
  return [
    `const settled = await Promise.allSettled(${results});`,
    `const errors = settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));`,
    `if (errors.length > 0) throw new AggregateError(errors);`,
  ];
}

/** How tasks are handed over: of how many copies each is, and whether the write is awaited. */
interface Handing {
  copies: ReadonlyMap<string, number>;
  isAwaited: boolean;
}

function handingOf({ tasks }: Pick<Scenario, "tasks">, strategy: Strategy): Handing {
  const copies = new Map(tasks.map(({ name, copies: many }) => [name, many ?? 1]));
  return { copies, isAwaited: !does(strategy, "leavesWrites") };
}

function handing(task: string, { copies, isAwaited }: Handing): string {
  return `${isAwaited ? "await " : ""}hand(${JSON.stringify(task)}, ${copies.get(task)!});`;
}

/** The function that waits for the end of a job that has been handed over. */
function waitingWords(isAwaited: boolean, limit: string): string {
  return isAwaited
    ? `(job) => job.waitUntilFinished(events${limit})`
    : `async (job) => (await job).waitUntilFinished(events${limit})`;
}

/** Tasks hand nothing over. */
const noHanding: Handing = { copies: new Map(), isAwaited: true };

function writeSteps(steps: readonly Step[], place: Place, how: Handing = noHanding): string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "repeat") return writeStep(step, place, how);
    const index = indexName(place.depth);
    const body = writeSteps(step.steps, { ...place, depth: place.depth + 1 }, how);
    return [`for (let ${index} = 0; ${index} < ${step.times}; ${index}++) {`, ...inside(body), "}"];
  });
}

function writeStep(step: LeafStep, place: Place, how: Handing): string[] {
  switch (step.kind) {
    case "print":
      return [`console.log(${filledIn(splitPlaceholders(step.text), place)});`];
    case "fail":
      return [`throw new Error(${filledIn(splitPlaceholders(step.message), place)});`];
    case "sleep":
      return [`await Bun.sleep(${milliseconds(step.ticks)});`];
    case "block":
      return [`Bun.sleepSync(${milliseconds(step.ticks)});`];
    case "compute":
      return [`compute(${milliseconds(step.ticks)});`];
    case "start":
      return step.tasks.map((name) => handing(name, how));
    case "submit":
      return [handing(step.task, how)];
    case "result": {
      const limit = step.timeout === undefined ? "" : `, ${milliseconds(step.timeout)}`;
      return [
        `for (const job of handed.get(${JSON.stringify(step.task)})!) await ${how.isAwaited ? "job" : "(await job)"}.waitUntilFinished(events${limit});`,
      ];
    }
    case "join": {
      const limit = step.timeout === undefined ? "" : `, ${milliseconds(step.timeout)}`;
      return [
        `await Promise.allSettled([...handed.values()].flat().map(${waitingWords(how.isAwaited, limit)}));`,
      ];
    }
    case "launch":
    case "settle":
    case "send":
    case "receive":
    case "call":
      throw new Error(`"${step.kind}" is no step of such a program`);
  }
}
