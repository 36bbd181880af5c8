/** `tandem crash <scenario>` */
import { formatDuration } from "../../base/duration.ts";
import { isStream, writeFile } from "../../base/files.ts";
import { lookAt } from "../../base/paths.ts";
import { json, shellWord, terminal as terminalText } from "../../base/texts.ts";
import { type Plan, planOf } from "../../outcome/plan.ts";
import type { HearRemains } from "../../reading/kills.ts";
import {
  crashToJson,
  type Left,
  leftToJson,
  type TaskRemains,
  type ToldCrash,
} from "../../report/crash-json.ts";
import type { Timeline } from "../../report/model/timeline.ts";
import { crashSentences, renderCrash, worstWords } from "../../report/terminal/crash.ts";
import { isUnexplained, renderVerification } from "../../report/terminal/divergence.ts";
import { checkBudget } from "../../runs/budget.ts";
import { crash, replay, runsToCrash, type Worst, worstForReal } from "../../runs/crash.ts";
import { checkPlans, checkStrategies } from "../../runs/plan.ts";
import { TaskInstances } from "../../scenario/instances.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readSource, type Source } from "../../scenario/source.ts";
import type { Strategy } from "../../scenario/strategy.ts";
import { visibleDocument } from "../../scenario/visible.ts";
import {
  type Crash,
  type CrashClass,
  crashClasses,
  crashClassOf,
  middleOf,
  strategiesToCrash,
  worstOfAll,
} from "../../strategies/crash.ts";
import { crashDocument } from "../../strategies/crash-document.ts";
import { type Arguments, readArguments } from "../arguments.ts";
import { exitStatus, type OptionsOf, signalStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { placed } from "../engine.ts";
import { UsageError } from "../errors.ts";
import { checkFile } from "../events-file.ts";
import { announce, terminal, textWidth, writeErrLine, writeOut } from "../output.ts";
import { checkReport, sourceOrDocument, writeReport } from "../report-file.ts";
import { lookOf } from "../terminal.ts";
import { type Watched, watched } from "../watched.ts";

type Options = OptionsOf<typeof commands.crash>;

/** What is kept of the run that is killed at the worst moment. */
interface Kept {
  words: string;
  left: Left;
  timeline: Timeline | null;
}

type Told = ToldCrash & { timeline: Timeline | null; words: string };

export async function run(argv: string[]): Promise<number> {
  const words = readArguments(commands.crash, argv);
  const { operands, options } = words;
  checkTogether(words);
  const source = await readSource(operands[0]!);
  const scenario = await loadScenario(source);
  const { file, folder } = source;
  const plan = planOf(scenario, { file, folder, queue: options.engine });
  const real: Plan = { ...plan, driver: { kind: "real", speed: options.speed } };
  const isReal = options.driver === "real";
  checkPlans(isReal ? [plan, real] : [plan], source);
  const { all, strategy, report } = options;
  const named = strategy === null ? null : [strategy];
  const strategies = await placed(
    {
      command: commands.crash.name,
      engine: options.engine,
      driver: isReal ? "real" : "virtual",
      written: words.given.get("strategy"),
      all,
    },
    strategiesToCrash(scenario, { all, named }),
  );
  checkStrategies({ ...scenario, kills: [] }, strategies, source);
  const performing = {
    under: strategies,
    isVirtual: true,
    isReal,
    each: runsToCrash,
    fewer: "name one strategy (--strategy)",
    large: options.large,
  };
  const before = checkBudget(scenario, performing, source);
  if (before !== null) await announce(before);
  const timelines = report === null ? null : await import("../../report/model/of-run.ts");
  const remains = options.json ? new RemainsByTask(plan) : null;
  const hear = remains === null ? {} : { hear: (of: Strategy) => remains.hearer(of) };
  const found = await watched((watcher) =>
    crash({ plan, strategies, ...hear }, watcher, (killed, of, { moment, at }): Kept => ({
      words: worstWords(of, moment, at, killed.outcome),
      left: leftToJson(killed.outcome),
      timeline: timelines?.runTimeline(killed) ?? null,
    })),
  );
  if (found.result === null) return interrupted(found);
  const own = scenario.strategy;
  const classes = all
    ? crashClasses(found.result, own)
    : found.result.map((one) => crashClassOf(one, own));
  const told = classes.map((one) => toldOf(one, { source, plan }, remains));
  if (isReal) {
    const tried = told.flatMap((one) => {
      const moment = worstForReal(one, options.speed);
      return moment === null ? [] : [{ one, at: middleOf(moment.calm) }];
    });
    const kills = tried.map(({ one, at }) => ({ ...one, at }));
    const replayed = await watched((watcher) => replay(real, kills, watcher));
    if (replayed.result === null) return interrupted(replayed);
    for (const [index, { one, at }] of tried.entries())
      one.real = { ...replayed.result[index]!, at };
  }
  await tell(told, { source, plan, words });
  const verified = told.flatMap(({ real: one }) => one ?? []);
  return verified.some(isUnexplained) ? exitStatus.fellShort : exitStatus.done;
}

/** A crash with its worst moment in words and as a document. */
function toldOf(
  one: Crash & CrashClass & { worst: Worst<Kept> | null },
  { source, plan }: { source: Source; plan: Plan },
  remains: RemainsByTask | null,
): Told {
  const { worst, strategy, killed } = one;
  const told = {
    ...one,
    remains: killed === "process" ? (remains?.of(strategy) ?? null) : null,
    real: null,
  };
  if (worst === null) return { ...told, worst: null, timeline: null, words: "" };
  const { moment, at, kept } = worst;
  const { words, left, timeline } = kept;
  const { scenario } = plan;
  const kill = { strategy, what: killed, at };
  const document = (): string => crashDocument({ source, scenario }, kill, words);
  return { ...told, worst: { moment, at, left, document }, timeline, words };
}

/** Writes whatever is asked for. */
async function tell(
  told: readonly Told[],
  about: { source: Source; plan: Plan; words: Arguments<typeof commands.crash> },
): Promise<void> {
  const { source, plan, words } = about;
  const { operands, options } = words;
  const { name } = plan.scenario;
  const worst = worstOfAll(told);
  if (options.output !== null) await writeWorst(options.output, worst, options.force);
  const paragraphs = [
    ...crashSentences(told),
    ...(worst === null ? [] : [worst.words, howToRun(worst, operands[0]!, options)]),
  ];
  const strategies = new Set(told.flatMap(({ members }) => members.map((one) => one.name))).size;
  const headline = `${name}, killed at every moment under ${strategies === 1 ? "one strategy" : `${strategies} strategies`}, in virtual time`;
  if (options.report !== null) {
    const { crashReport } = await import("../../report/model/of-crash.ts");
    const find = sourceOrDocument(source);
    const report = crashReport(name, told, {
      headline,
      sentences: paragraphs,
      document: source.file,
      find,
    });
    await writeReport(options.report, report, { fullPaths: options["full-paths"] });
  }
  if (options.json) return writeOut(json(crashToJson(name, told), 2));
  writeOut(renderCrash(headline, told, paragraphs, lookOf(terminal.stdout, options)));
  const verified = told.flatMap(({ real }) => real ?? []);
  if (verified.length > 0)
    writeOut(
      terminalText`\nThe worst moments for real:\n\n${[renderVerification(verified, textWidth())]}`,
    );
}

/** How to see the worst moment by oneself. */
function howToRun({ worst, strategy, killed }: Told, operand: string, options: Options): string {
  if (options.output !== null)
    return `To see it: tandem run ${shellWord(options.output)} --driver virtual`;
  const chosen = options.strategy === null ? "" : ` --strategy ${shellWord(strategy.name)}`;
  return `To have it as a scenario: tandem crash ${shellWord(operand)}${chosen} -o worst.yaml (kill: { what: ${killed}, at: ${formatDuration(worst!.at)} })`;
}

/** Writes the scenario with the kill at the worst moment. */
async function writeWorst(file: string, worst: Told | null, replace: boolean): Promise<void> {
  if (worst === null)
    throw refusal(
      `-o ${file}: no kill at any moment loses work, so there is no worst one to write`,
    );
  await writeFile(file, [await visibleDocument(worst.worst!.document())], { replace });
}

/** What a kill of the process leaves of each task, by strategy. */
class RemainsByTask {
  readonly #tasks: TaskInstances;
  readonly #byStrategy = new Map<string, Map<string, TaskRemainsList>>();

  constructor({ scenario }: Plan) {
    this.#tasks = new TaskInstances(scenario);
  }

  hearer({ name: strategy }: Strategy): HearRemains {
    const byTask = this.#byStrategy.getOrInsertComputed(strategy, () => new Map());
    return (task, from, remains) => {
      const { name } = this.#tasks.at(task);
      byTask.getOrInsertComputed(name, () => []).push({ from, ...remains });
    };
  }

  of({ name }: Strategy): TaskRemains {
    return this.#byStrategy.get(name)!;
  }
}

type TaskRemainsList = { from: number; lost: boolean; isHandedOver: boolean; done: number }[];

/** Says that there will be no result, as half of one would mislead. @returns the exit status. */
function interrupted({ signal, progress }: Watched<unknown>): number {
  const { done, of } = progress!;
  writeErrLine(`tandem: interrupted when ${done} of ${of} strategies had been tried`);
  return signalStatus[signal!];
}

/** Refuses options of which one makes another mean nothing, and files that cannot be written. */
function checkTogether({ options, given }: Arguments<typeof commands.crash>): void {
  if (options.all && given.has("strategy"))
    throw refusal("--all and --strategy exclude each other; leave one out");
  if (given.has("speed") && options.driver !== "real")
    throw refusal("--speed is about real time; add --driver real");
  checkReport(options, commands.crash.name);
  const { output, force } = options;
  if (output === null) {
    if (force) throw refusal("--force is about the file of -o, and none is named");
    return;
  }
  checkFile(`-o ${output}`, output, commands.crash.name);
  if (lookAt(output).kind === "file" && !isStream(output) && !force)
    throw refusal(`-o ${output}: the file exists; name another, or add --force to replace it`);
}

function refusal(message: string): UsageError {
  return new UsageError(message, commands.crash.name);
}
