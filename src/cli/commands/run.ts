/** `tandem run <scenario>` */
import { joined, json, printable, printableLines, shellWord } from "../../base/texts.ts";
import { findFindings, type ToldFinding } from "../../remedies/findings.ts";
import { isLost, type Outcome } from "../../outcome/outcome.ts";
import { toJson } from "../../report/json.ts";
import { type Driver, type Plan, planOf } from "../../outcome/plan.ts";
import { checkBudget } from "../../runs/budget.ts";
import { checkStrategies, checkPlans } from "../../runs/plan.ts";
import { encodeRecord } from "../../runs/record.ts";
import { openProcess, type RealProcess } from "../../runs/run.ts";
import { tryOut } from "../../runs/simulate.ts";
import { renderRecord } from "../../report/terminal/record.ts";
import { renderVerdict } from "../../report/terminal/verdict.ts";
import type { CallTimes } from "../../scenario/calls.ts";
import type { Jitter } from "../../scenario/jitter.ts";
import { loadScenario } from "../../scenario/load.ts";
import type { Scenario } from "../../scenario/model.ts";
import { maxEventBytes, readSource, readTextPieces, type Source } from "../../scenario/source.ts";
import type { EngineAddress } from "../../scenario/engine.ts";
import type { Strategy } from "../../scenario/strategy.ts";
import { countAllSteps } from "../../scenario/walk.ts";
import { type Arguments, readArguments } from "../arguments.ts";
import { canBeBeside, manySteps, performBeside } from "../beside.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { placed } from "../engine.ts";
import { UsageError } from "../errors.ts";
import { checkEventsFile, keepRecord } from "../events-file.ts";
import { announce, terminal, textWidth, writeErr, writeErrLine, writeOut } from "../output.ts";
import { showRun, type ShowOptions, timelineOf } from "../shown-run.ts";
import { checkLive, checkReport, sourceOrDocument, writeReport } from "../report-file.ts";
import type { LivePage } from "../live-page.ts";
import type { FindSource } from "../../report/model/sources.ts";
import type { Columns } from "../../trace/log.ts";
import { SignalWatch } from "../signals.ts";
import { canRedraw, lookOf } from "../terminal.ts";
import { version } from "../version.ts";

type Words = Arguments<typeof commands.run>;

interface RunOptions extends ShowOptions {
  driver: Driver;
  strategy: Strategy | null;
  /** Where a durable queue keeps tasks; null: where nobody need name it. */
  engine: EngineAddress | null;
  events: string | null;
  /** Whether a file of events that exists is replaced. */
  force: boolean;
  /** The file of a recorded run that says how calls go. */
  takesFrom: string | null;
  /** How often it is performed; more than once only with jitter. */
  runs: number;
  strict: boolean;
  timeline: boolean;
}

export async function run(argv: string[]): Promise<number> {
  const words = readArguments(commands.run, argv);
  const { operands } = words;
  const options = planned(words);
  const { driver } = options;
  const source = await readSource(operands[0]!);
  // A real run's process starts while this one loads what it takes to read the document.
  using process =
    driver.kind === "real" && options.runs === 1 ? await openFor(source, options.strategy) : null;
  const scenario = await loadScenario(source);
  const written = words.given.get("strategy");
  const placing = { command: commands.run.name, engine: options.engine, driver: driver.kind };
  const [strategy] = await placed({ ...placing, written }, [
    options.strategy ?? scenario.strategy,
  ] as const);
  const takes = options.takesFrom === null ? null : await takesFrom(options.takesFrom, scenario);
  const { file, folder } = source;
  const plan = planOf(scenario, {
    strategy,
    file,
    folder,
    driver,
    ...(takes === null ? {} : { takes }),
    queue: options.engine,
  });
  checkPlans([plan], source);
  checkStrategies(scenario, [strategy], source);
  const { large } = words.options;
  const isReal = driver.kind === "real";
  // Not waited for here: the process that was started for it ends at once.
  if (countAllSteps(scenario) >= manySteps && canBeBeside())
    return performBeside(["run", ...argv], {
      read: { word: operands[0]!, text: source.text },
      keepsRecord: options.events !== null,
    });
  const runs = isReal ? 1 : options.runs;
  const performing = { under: [strategy], isVirtual: !isReal, isReal, runs, large };
  const before = checkBudget(scenario, performing, source);
  if (before !== null) await announce(before);
  if (driver.kind === "virtual" && driver.jitter !== null && options.runs > 1) {
    const { tellOdds } = await import("../odds.ts");
    const again = commandAgain(operands[0]!, words);
    return tellOdds(plan, { ...options, jitter: driver.jitter }, again);
  }
  if (driver.kind === "real" && options.runs > 1) {
    const { runRepeatedly } = await import("../repeated.ts");
    return runRepeatedly(plan, source.text, options);
  }
  using live = words.options.live
    ? await (await import("../live-page.ts")).LivePage.open(words.options)
    : null;
  const find = sourceOrDocument({ file, text: source.text });
  const hear = live === null ? undefined : await growOn(live, plan, find);
  // To the end of all that is written: a signal in between must not take away what has been recorded.
  using watch = new SignalWatch();
  const shown = await showRun(plan, { ...options, hear }, process);
  const { ending } = shown.run;
  let status: number = exitStatus.done;
  try {
    // Before all that is told, and also where a signal has ended the run: what had happened by then is kept.
    if (options.events !== null) {
      const pieces = encodeRecord(shown.run, source.text, version);
      await keepRecord(options.events, pieces, options.force);
    }
  } finally {
    const { outcome } = shown.run;
    status = statusOf(outcome, options.strict);
    let findings: ToldFinding[] | null = null;
    try {
      if (shown.broken !== null) throw shown.broken;
      findings = findFindings(outcome, tryOut);
      if (options.json) writeOut(json(toJson(outcome, findings), 2));
      else {
        if (options.timeline || options.picture)
          writeErr(joined(["", timelineOf(shown.run, options.look())], "\n"));
        writeErr(joined(["", renderVerdict(outcome, findings, textWidth())], "\n"));
      }
      writeErr(printableLines(ending.complaint));
    } finally {
      // Whatever became of stdout.
      const { report, "full-paths": fullPaths } = words.options;
      if (report !== null || live !== null) {
        const { runReport } = await import("../../report/model/of-run.ts");
        findings ??= findFindings(outcome, tryOut);
        const told = runReport(shown.run, findings, find);
        live?.show(told);
        if (report !== null) await writeReport(report, told, { fullPaths });
      }
    }
  }
  watch[Symbol.dispose]();
  const signal = shown.signal ?? watch.heard;
  if (signal === null) await live?.leave();
  return signal === null ? status : signalStatus[signal];
}

/** Has a page grow with a real run. @returns what hears the events of the run. */
async function growOn(
  live: LivePage,
  plan: Plan,
  find: FindSource,
): Promise<(thread: number, columns: Columns) => void> {
  const { GrowingRun } = await import("../../runs/growing.ts");
  const { growingReport } = await import("../../report/model/of-run.ts");
  const run = new GrowingRun(plan);
  live.follow({
    get heard() {
      return run.heard;
    },
    report: () => growingReport(run.known(), find),
  });
  return (thread, columns) => run.hear(thread, columns);
}

/** The command that performs one of many runs again, but for its seed. */
function commandAgain(scenario: string, { given }: Words): string {
  const kept = ["strategy", "takes-from", "timeout", "jitter"] as const;
  const options = kept.flatMap((name) => {
    const written = given.get(name);
    return written === undefined ? [] : [`--${name} ${shellWord(String(written))}`];
  });
  return ["tandem run", shellWord(scenario), ...options].join(" ");
}

/** How calls went in a recorded run; says what its record lacks, and which of its errors this run goes on without. */
async function takesFrom(word: string, scenario: Scenario): Promise<CallTimes> {
  const { readTakes } = await import("../../runs/takes.ts");
  const pieces = await readTextPieces(word, maxEventBytes);
  const { takes, uncaught, record } = readTakes(pieces, word, scenario);
  for (const line of renderRecord(record)) writeErr(joined([printable(`${word}: `), line], ""));
  for (const error of uncaught)
    writeErrLine(
      `${word}: nobody could catch an error of the recorded run (${error}), and this run goes on without it`,
    );
  return takes;
}

/** The process of a real run, before its document is read. */
function openFor({ text }: Source, strategy: Strategy | null): Promise<RealProcess & Disposable> {
  // A step that calls has the word in it, a pool its axis; so may other documents, which does no harm.
  return openProcess({
    mayCall: text.includes("call"),
    mayHavePool: strategy === null ? text.includes("offload") : strategy.offload !== "none",
  });
}

/** What is to be done, as the options say together. @throws UsageError where they contradict. */
function planned(words: Words): RunOptions {
  const { options } = words;
  const { strategy, engine, timeout, runs, events, force, json, strict, timeline } = options;
  const takesFrom = options["takes-from"];
  const jitter = jitterOf(words);
  const driver = options.driver ?? (jitter === null ? "real" : "virtual");
  if (takesFrom !== null && driver === "real")
    throw refusal("--takes-from says how calls go where nothing is called; add --driver virtual");
  if (jitter !== null && driver === "real")
    throw refusal(
      "--jitter varies virtual time, and a real run varies by itself; leave out --driver real",
    );
  if (events !== null) checkEventsFile(events, force, commands.run.name);
  checkReport(options, commands.run.name);
  checkLive(options, commands.run.name);
  if (options.live && driver === "virtual")
    throw refusal(
      "--live shows a run while it goes on, and in virtual time it is over at once; add --driver real, or write the page with --report",
    );
  if (options.live && runs > 1)
    throw refusal("--live is about one run; leave out --runs, or keep the rarest with --events");
  return {
    strategy,
    engine,
    driver: driver === "real" ? { kind: driver, speed: options.speed } : { kind: driver, jitter },
    timeout,
    runs,
    events,
    force,
    takesFrom,
    json,
    strict,
    timeline,
    picture: driver === "real" && !json && !options["no-live"] && canRedraw(terminal.stderr),
    look: () => lookOf(terminal.stderr, options),
  };
}

/** How durations vary; null where they do not. */
function jitterOf(words: Words): Jitter | null {
  const { options, given } = words;
  const { jitter: share, runs, seed } = options;
  if (share === null) {
    if (given.has("runs") && options.driver !== "real")
      throw refusal(
        "without --jitter every run in virtual time is the same; say how much durations vary: --jitter 5%, or run for real: --driver real",
      );
    if (options.runs > 1)
      refuseOfMany(words, ["timeline", "report"], "keep the rarest with --events, and report that");
    if (given.has("seed"))
      throw refusal("without --jitter nothing is random; say how much durations vary: --jitter 5%");
    return null;
  }
  if (runs > 1)
    refuseOfMany(
      words,
      ["events", "timeline", "report"],
      "choose one by its --seed, and leave out --runs",
    );
  return { share, seed };
}

function refuseOfMany(
  { given }: Words,
  names: readonly (keyof Words["options"])[],
  instead: string,
): void {
  for (const name of names)
    if (given.has(name)) throw refusal(`--${name} is about one run; ${instead}`);
}

function refusal(message: string): UsageError {
  return new UsageError(message, commands.run.name);
}

function statusOf(outcome: Outcome, strict: boolean): number {
  if (outcome.main.status !== "finished" || outcome.interruptedBy !== null)
    return exitStatus.fellShort;
  return strict && outcome.tasks.some(isLost) ? exitStatus.fellShort : exitStatus.done;
}
