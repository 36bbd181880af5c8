/** `tandem worker <scenario>` */
import { programText } from "../../base/texts.ts";
import { counted } from "../../base/sentences.ts";
import { planOf } from "../../outcome/plan.ts";
import { checkPlans, checkStrategies } from "../../runs/plan.ts";
import { doneWords, work } from "../../runs/worker.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readSource } from "../../scenario/source.ts";
import { isWithinProcess, parseStrategy } from "../../scenario/strategy.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { placed } from "../engine.ts";
import { UsageError } from "../errors.ts";
import { QueuedOutput, terminal, writeErrLine } from "../output.ts";
import { SignalWatch } from "../signals.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands, options, given } = readArguments(commands.worker, argv);
  const { engine, speed } = options;
  if (engine === null)
    throw refusal(
      "a worker needs the queue that it takes tasks from; add --engine sqlite:FILE, or a server, as --engine redis://localhost:6379",
    );
  const source = await readSource(operands[0]!);
  const scenario = await loadScenario(source);
  const own = isWithinProcess(scenario.strategy) ? parseStrategy("durable") : scenario.strategy;
  const wanted = options.strategy ?? own;
  if (isWithinProcess(wanted))
    throw refusal(
      `strategy ${wanted.name} has no durable queue; use durable, refined as in the run that fills it`,
    );
  const written = given.get("strategy");
  const [strategy] = await placed(
    { command: commands.worker.name, engine, driver: "real", written },
    [wanted] as const,
  );
  const { file, folder } = source;
  const driver = { kind: "real", speed } as const;
  const plan = planOf(scenario, { strategy, file, folder, driver, queue: engine });
  checkPlans([plan], source);
  checkStrategies(scenario, [strategy], source);

  const controller = new AbortController();
  using watch = new SignalWatch(() => {
    writeErrLine("tandem: takes no more tasks, and ends when those that it has begun have ended");
    controller.abort();
  });
  const output = new QueuedOutput(() => controller.abort());
  const ends = { completed: 0, failed: 0, refused: 0 };
  const { left, brokeOff } = await work(plan, {
    untilEmpty: options["until-empty"],
    signal: controller.signal,
    onPrint: (text, on) => output.write(programText(`${text}\n`), terminal[on]),
    onDone: (done) => {
      if (done.what !== "began") ends[done.what]++;
      if (!options.quiet) writeErrLine(`tandem: ${doneWords(done)}`);
    },
  });
  await output.drain();
  const { completed, failed, refused } = ends;
  const others = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  writeErrLine(
    `tandem: ${counted(completed, "attempt")} finished${others.map((one) => `, ${one}`).join("")}; ${left === 0 ? "nothing is" : `${counted(left, "task")} ${left === 1 ? "is" : "are"}`} left in the queue`,
  );
  if (brokeOff === null) return exitStatus.done;
  writeErrLine(`tandem: the worker process ended unexpectedly: ${brokeOff}`);
  // Whoever keeps it running starts it again.
  return watch.heard === null ? exitStatus.fellShort : exitStatus.done;
}

function refusal(message: string): UsageError {
  return new UsageError(message, commands.worker.name);
}
