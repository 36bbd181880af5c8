/** `tandem run <scenario>` */
import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { readCallTimes } from "../../analysis/call-times.ts";
import { Lanes } from "../../analysis/lanes.ts";
import { findFindings } from "../../analysis/findings.ts";
import { isLost, type Outcome, type Performed, readOutcome } from "../../analysis/outcome.ts";
import { eventsFormat, typeNumber } from "../../events/event.ts";
import type { RealRun } from "../../drivers/real/real.ts";
import { runVirtually } from "../../drivers/virtual/virtual.ts";
import type { EventLog } from "../../events/log.ts";
import { actorNumbers, encodeLog } from "../../events/ndjson.ts";
import type { EventsHeader } from "../../events/schema.ts";
import { toJson } from "../../export/json.ts";
import type { RunPlan } from "../../program/run.ts";
import { LivePicture } from "../../render/live.ts";
import { type Look, renderTimeline } from "../../render/timeline.ts";
import { renderVerdict } from "../../render/verdict.ts";
import { callProblems, type CallTimes } from "../../scenario/calls.ts";
import { durationExamples, parseDuration, type Ticks } from "../../scenario/duration.ts";
import { type Scenario, taskInstances } from "../../scenario/model.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { maxEventBytes, readSource, readText, type Source } from "../../scenario/source.ts";
import { parseStrategy, type Strategy, StrategyError } from "../../scenario/strategy.ts";
import { nearest } from "../../scenario/suggest.ts";
import { countSteps } from "../../scenario/walk.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { UsageError } from "../errors.ts";
import {
  OutputClosed,
  OutputFailed,
  QueuedOutput,
  textWidth,
  writeAll,
  writeErr,
  writeOut,
} from "../output.ts";
import { canRedraw, lookOf, lookOptions } from "../terminal.ts";
import { version } from "../version.ts";

const optionSpecs = {
  strategy: { type: "string", short: "s" },
  driver: { type: "string", short: "d" },
  speed: { type: "string" },
  "takes-from": { type: "string" },
  timeout: { type: "string" },
  events: { type: "string" },
  force: { type: "boolean" },
  json: { type: "boolean" },
  strict: { type: "boolean" },
  timeline: { type: "boolean" },
  "no-live": { type: "boolean" },
  ...lookOptions,
} as const;

interface RunOptions extends Pick<Performed, "driver" | "speed"> {
  strategy: Strategy | null;
  timeout: Ticks | null;
  events: string | null;
  /** The file of a recorded run that says how long calls take. */
  takesFrom: string | null;
  json: boolean;
  strict: boolean;
  timeline: boolean;
  /** Whether a picture of the run is drawn while it goes on. */
  live: boolean;
  look: () => Look;
}

export async function run(argv: string[]): Promise<number> {
  const { operands, options: words } = readArguments("run", argv, optionSpecs, {
    least: 1,
    most: 1,
    what: "a scenario",
  });
  const options = readOptions(words);
  const { driver, speed } = options;
  const source = readSource(operands[0]!);
  // A real run's process starts while this one loads what it takes to read the document.
  using real = driver === "real" ? await openRealRun() : null;
  const { parseScenario } = await import("../../scenario/parse.ts");
  const scenario = parseScenario(source.text, source.file);
  const strategy = options.strategy ?? scenario.strategy;

  const takes = options.takesFrom === null ? null : await readTakes(options.takesFrom, scenario);
  const pretended = driver === "real" ? null : new Set(Object.keys(takes?.byFunction ?? {}));
  const problems = callProblems(scenario, source.folder, pretended);
  if (problems.length > 0) throw new DocumentError(source.file, problems);

  const plan: RunPlan = {
    scenario,
    strategy,
    runtime: `Bun ${Bun.version}`,
    ...(takes === null ? {} : { takes }),
  };
  const finished =
    real === null
      ? await performVirtually(plan, options)
      : await performForReal(real, plan, source.folder, options);
  const { log, signal } = finished;
  const outcome = readOutcome({ scenario, strategy, driver, speed }, log);
  try {
    if (finished.broken !== null) throw finished.broken;
    const findings = findFindings(outcome);
    if (options.json) writeOut(`${JSON.stringify(toJson(outcome, findings), null, 2)}\n`);
    else {
      if (options.timeline || options.live)
        writeErr(`\n${timelineOf(outcome, log, options.look())}`);
      writeErr(`\n${renderVerdict(outcome, findings, textWidth())}`);
    }
    writeErr(finished.complaint);
  } finally {
    // Whatever became of stdout, the events are kept.
    if (options.events !== null) writeEvents(options.events, plan, source, options, log);
  }
  return signal === null ? statusOf(outcome, options.strict) : signalStatus[signal];
}

/** What calls took in a recorded run, for the tasks of this scenario that have the same names. */
async function readTakes(word: string, scenario: Scenario): Promise<CallTimes> {
  const { readEvents } = await import("../../events/schema.ts");
  const { header, log } = readEvents(readText(word, word, maxEventBytes), word);
  const { byActor, byFunction } = readCallTimes(log);
  const recorded = actorNumbers(header.tasks);
  const here = actorNumbers(taskInstances(scenario).map(({ name }) => name));
  const takes: CallTimes = { byActor: {}, byFunction };
  for (const [name, actor] of here) {
    const times = byActor[recorded.get(name) ?? NaN];
    if (times !== undefined) takes.byActor[actor] = times;
  }
  return takes;
}

async function openRealRun(): Promise<RealRun> {
  const { RealRun } = await import("../../drivers/real/real.ts");
  return new RealRun();
}

function readOptions(words: { [name in keyof typeof optionSpecs]?: string | boolean }): RunOptions {
  const driver = words.driver ?? "real";
  if (driver !== "real" && driver !== "virtual") {
    const near = nearest(String(driver), ["real", "virtual"]);
    throw new UsageError(
      `--driver is "real" or "virtual", not "${String(driver)}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
      "run",
    );
  }
  const speed = /^[\d.]+$/.test(String(words.speed ?? 1)) ? Number(words.speed ?? 1) : NaN;
  if (!(speed >= 0.001 && speed <= 10_000))
    throw new UsageError(
      `--speed is a number from 0.001 to 10000, not "${String(words.speed)}"`,
      "run",
    );
  const timeout = words.timeout === undefined ? null : parseDuration(words.timeout);
  if (timeout === undefined)
    throw new UsageError(
      `--timeout is a duration (${durationExamples}), not "${String(words.timeout)}"`,
      "run",
    );
  const takesFrom = words["takes-from"] === undefined ? null : String(words["takes-from"]);
  if (takesFrom !== null && driver === "real")
    throw new UsageError(
      `--takes-from says how long calls take where nothing is called; add --driver virtual`,
      "run",
    );
  const events = words.events === undefined ? null : String(words.events);
  if (events !== null) checkEventsFile(events, words.force === true);
  return {
    strategy: words.strategy === undefined ? null : readStrategy(String(words.strategy)),
    driver,
    // Virtual time takes no time, at whatever speed.
    speed: driver === "virtual" ? 1 : speed,
    timeout,
    events,
    takesFrom,
    json: words.json === true,
    strict: words.strict === true,
    timeline: words.timeline === true,
    live:
      driver === "real" &&
      words.json !== true &&
      words["no-live"] !== true &&
      canRedraw(process.stderr),
    look: () => lookOf(process.stderr, words),
  };
}

function readStrategy(text: string): Strategy {
  try {
    return parseStrategy(text);
  } catch (error) {
    if (error instanceof StrategyError)
      throw new UsageError(`--strategy ${text}: ${error.message}`, "run");
    throw error;
  }
}

/** Refuses, before anything runs, a file that has no folder to stand in or that would be overwritten. */
function checkEventsFile(file: string, force: boolean): void {
  const refuse = (message: string): never => {
    throw new UsageError(`--events ${file}: ${message}`, "run");
  };
  const folder = dirname(file);
  if (!existsSync(folder)) refuse(`there is no folder ${folder}`);
  if (!statSync(folder).isDirectory()) refuse(`${folder} is not a folder`);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) refuse("it is a folder; name a file in it");
  if (stat?.isFile() && !force)
    refuse("the file exists; name another, or add --force to replace it");
}

type EndingSignal = keyof typeof signalStatus;

/** What happened, and what ended it early. */
interface Finished {
  log: EventLog;
  signal: EndingSignal | null;
  /** Set when the program's output could not be written. */
  broken: OutputClosed | OutputFailed | null;
  /** What the child process said when it crashed. */
  complaint: string;
}

async function performVirtually(plan: RunPlan, options: RunOptions): Promise<Finished> {
  const log = runVirtually(plan, options.timeout);
  let broken: Finished["broken"] = null;
  try {
    if (!options.json) writePrints(log);
  } catch (error) {
    if (!(error instanceof OutputClosed || error instanceof OutputFailed)) throw error;
    broken = error;
  }
  return { log, signal: null, broken, complaint: "" };
}

/** How long, in ms, a run that was ended early waits for its output to be read. */
const patience = 50;

async function performForReal(
  real: RealRun,
  plan: RunPlan,
  folder: string,
  options: RunOptions,
): Promise<Finished> {
  const controller = new AbortController();
  const output = new QueuedOutput(() => controller.abort());
  const live = options.live ? new LiveScreen(real, plan, folder, options, output) : null;
  let signal: EndingSignal | null = null;
  const handlers = (Object.keys(signalStatus) as EndingSignal[]).map((name) => {
    const handler = (): void => {
      signal ??= name;
      controller.abort();
    };
    process.on(name, handler);
    return { name, handler };
  });
  try {
    const {
      log,
      complaint,
      endedEarly,
      signal: heard,
    } = await real.perform(plan, {
      ...options,
      folder,
      signal: controller.signal,
      onPrint: options.json
        ? () => undefined
        : (text) => (live === null ? output.write(`${text}\n`) : live.print(`${text}\n`)),
      ...(live === null ? {} : { onEvents: (thread, columns) => live.lanes.hear(thread, columns) }),
    });
    live?.close();
    await Promise.race([output.drain(), ...(endedEarly ? [Bun.sleep(patience)] : [])]);
    return { log, complaint, signal: signal ?? heard, broken: output.broken };
  } finally {
    live?.close();
    for (const { name, handler } of handlers) process.off(name, handler);
  }
}

/** How often the picture of a run is drawn, in ms. */
const frameMs = 80;

/** The most steps that are performed in virtual time only to know how long they should take. */
const mostExpected = 200_000;

/** The picture of a run on the terminal, with the program's own lines above it. */
class LiveScreen {
  readonly lanes: Lanes;
  readonly #picture: LivePicture;
  readonly #output: QueuedOutput;
  readonly #screen: QueuedOutput;
  readonly #draw: () => string;
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param output where the program's own lines go; on the same terminal, the picture goes there too. */
  constructor(
    real: RealRun,
    plan: RunPlan,
    folder: string,
    { speed, look }: RunOptions,
    output: QueuedOutput,
  ) {
    const { scenario, strategy } = plan;
    this.lanes = new Lanes(scenario, strategy);
    const heading = `${scenario.name}, strategy ${strategy.name}`;
    this.#picture = new LivePicture(this.lanes, heading, expectedTime(plan, folder));
    this.#output = output;
    this.#screen = process.stdout.isTTY ? output : new QueuedOutput(() => undefined, 2);
    this.#draw = () => this.#picture.draw(real.now(speed), look(), process.stderr.rows || 24);
    this.#timer = setInterval(() => {
      // A terminal that takes nothing (Ctrl-S) must not have frames pile up.
      if (!this.#screen.isBusy) this.#screen.write(this.#draw());
    }, frameMs);
  }

  print(line: string): void {
    if (this.#screen !== this.#output) this.#output.write(line);
    else this.#output.write(this.#picture.erase(columns()) + line);
  }

  /** Takes the picture away; a second time does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#screen.write(this.#picture.close(columns()));
  }

  #closed = false;
}

function columns(): number {
  return process.stderr.columns ?? 80;
}

/** How long virtual time says that a run takes; null where it cannot say, or not at once. */
function expectedTime(plan: RunPlan, folder: string): Ticks | null {
  const { scenario } = plan;
  if (callProblems(scenario, folder, new Set()).length > 0) return null;
  const steps = scenario.tasks.reduce(
    (sum, task) => sum + (task.copies ?? 1) * countSteps(task.steps),
    countSteps(scenario.main),
  );
  if (steps > mostExpected) return null;
  return runVirtually(plan).end;
}

/** The picture of a run that is over. */
function timelineOf(outcome: Outcome, log: EventLog, look: Look): string {
  const lanes = new Lanes(outcome.scenario, outcome.strategy).hearAll(log);
  const { wall } = outcome;
  return `${renderTimeline(lanes, look, { to: wall, now: wall }).join("\n")}\n`;
}

/** Writes to stdout what the program printed, in few writes. */
function writePrints(log: EventLog): void {
  let piece = "";
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++)
      if (chunk.type[k] === typeNumber.printed) {
        piece += `${chunk.texts.get(k)!}\n`;
        if (piece.length > 64 * 1024) {
          writeOut(piece);
          piece = "";
        }
      }
  writeOut(piece);
}

function writeEvents(
  file: string,
  plan: RunPlan,
  source: Source,
  { driver, speed }: RunOptions,
  log: EventLog,
): void {
  const tasks = taskInstances(plan.scenario).map(({ name }) => name);
  const header: EventsHeader = {
    type: "run-started",
    format: eventsFormat,
    tandem: version,
    file: source.file,
    document: source.text,
    strategy: plan.strategy.name,
    driver,
    speed,
    tasks,
  };
  let descriptor: number;
  try {
    descriptor = openSync(file, "w");
  } catch (error) {
    throw new OutputFailed(`${file}: cannot be written: ${(error as Error).message}`);
  }
  try {
    writeAll(descriptor, `${JSON.stringify(header)}\n`, file);
    for (const piece of encodeLog(log, tasks)) writeAll(descriptor, piece, file);
  } finally {
    closeSync(descriptor);
  }
}

function statusOf(outcome: Outcome, strict: boolean): number {
  if (outcome.main.status !== "finished" || outcome.interruptedBy !== null)
    return exitStatus.fellShort;
  return strict && outcome.tasks.some(isLost) ? exitStatus.fellShort : exitStatus.done;
}
