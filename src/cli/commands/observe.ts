/** `tandem observe <program>` */
import { formatCount } from "../../base/count.ts";
import { OutputError, OutputFailed } from "../../base/files.ts";
import { NS_PER_TICK, TICKS_PER_MS } from "../../base/duration.ts";
import { systemRefused } from "../../base/system-error.ts";
import { UserError } from "../../base/user-error.ts";
import { keepInput, observeProgram } from "../../runs/observe.ts";
import type { Demand } from "../../strategies/demands.ts";
import { type Arguments, ownWords, readArguments } from "../arguments.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { checkEventsFile, checkFile } from "../events-file.ts";
import { ForwardedSignals, usualHangMs, usualSettings } from "../observing.ts";
import {
  checkRuntimeOptions,
  commandOf,
  leavingNothing,
  programOf,
  refusal,
} from "../program-file.ts";
import { announce, isErrLost, writeErrLine, written } from "../output.ts";
import { checkLive, checkReport } from "../report-file.ts";
import { SignalWatch } from "../signals.ts";
import { canAsk } from "../terminal.ts";
import { version } from "../version.ts";

type Words = Arguments<typeof commands.observe>;

/** How long it takes to read an event and to tell of it. */
const secondsPerEvent = 8e-6;

export async function run(argv: string[]): Promise<number> {
  checkRuntimeOptions(ownWords(commands.observe, argv));
  const words = readArguments(commands.observe, argv);
  const isCommand = argv[argv.length - words.operands.length - 1] === "--";
  checkTogether(words);
  checkFix(words);
  const demands = await demandsOf(words);
  const started = (isCommand ? commandOf : programOf)(words.operands, words.options);
  const program = words.options.fix ? leavingNothing(started) : started;
  const isRepeated = !words.options.fix && words.options.runs > 1;
  try {
    // Every run is to read the same.
    using kept = words.options.fix || isRepeated ? await keepInput(sayItWaits) : null;
    const input = kept?.path ?? null;
    const observing = { ...wanted(words), ...program, tandem: version, input };
    if (isRepeated) {
      if (!isCommand) hintAt(words);
      const { observeRepeatedly } = await import("../repeated.ts");
      const status = await observeRepeatedly(observing, words, demands);
      await written();
      return isErrLost() ? exitStatus.broken : status;
    }
    using signals = new ForwardedSignals({ isQuiet: words.options.quiet });
    using live = words.options.live
      ? await (await import("../live-page.ts")).LivePage.open(words.options)
      : null;
    await written();
    const startedAt = performance.now();
    const observed = await observeProgram({
      ...observing,
      onStart(program) {
        signals.goTo(program);
        // Loaded while the program starts, and not before.
        const loaded = import("../observed.ts");
        if (live !== null)
          void loaded.then(async (its) => live.follow(await its.growingProgram(program)));
      },
    });
    const took = performance.now() - startedAt;
    // From here on they are for tandem, which keeps first what it has recorded.
    using watch = new SignalWatch();
    signals[Symbol.dispose]();
    if (!isCommand) hintAt(words);
    const seconds = observed.trace.log.length * secondsPerEvent;
    if (seconds >= 1 && !words.options.quiet)
      await announce(
        `tandem: ${formatCount(observed.trace.log.length)} events were recorded, of which to tell takes about ${Math.ceil(seconds)} s`,
      );
    const { tell } = await import("../observed.ts");
    const again = { observing, signalled: signals.forwarded, took };
    const status = await tell(observed, words, { demands, again, live });
    watch[Symbol.dispose]();
    // What fails from here on is tandem's, whose status no program has.
    await written();
    if (watch.heard !== null) return signalStatus[watch.heard];
    await live?.leave();
    return isErrLost() ? exitStatus.broken : status;
  } catch (error) {
    return failed(error);
  }
}

function sayItWaits(): void {
  writeErrLine(
    "tandem: standard input is read to its end first, since the program may run several times",
  );
}

/** What goes wrong now is tandem's own failure, whose status no program has by itself. */
function failed(error: unknown): number {
  if (!(error instanceof OutputError)) {
    if (error instanceof UserError) throw error;
    const why = systemRefused(error)?.message ?? Bun.inspect(error);
    writeErrLine(`tandem: it failed itself, and what it knew is lost: ${why}`);
  } else for (const line of error.told) writeErrLine(line);
  return error instanceof OutputError && !(error instanceof OutputFailed)
    ? error.status
    : exitStatus.broken;
}

function wanted({ options }: Words) {
  const ms = (ticks: number | null): number | null =>
    ticks === null ? null : ticks / TICKS_PER_MS;
  return {
    settings: {
      prints: !options["no-prints"],
      blocksNs: options.blocks === null ? usualSettings.blocksNs : options.blocks * NS_PER_TICK,
      include: options.include,
      exclude: options.exclude,
    },
    isQuiet: options["quiet-program"],
    timeoutMs: ms(options.timeout),
    // Who says what must hold wants an answer, and so does who wants it healed.
    hangMs: ms(options.hang) ?? (options.must === null && !options.fix ? null : usualHangMs),
  };
}

function checkTogether({ options, given }: Words): void {
  const { events, force, json: file, all } = options;
  if (events !== null) checkEventsFile(events, force, commands.observe.name);
  else if (force) throw refusal("--force is about the file of --events, and none is named");
  checkReport(options, commands.observe.name);
  checkLive(options, commands.observe.name);
  if (options.live && options.quiet)
    throw refusal("--live tells its address on stderr, and --quiet wants nothing there");
  if (file !== false && file !== "-") checkFile(`--json ${file}`, file, commands.observe.name);
  if (file === "-" && !options["quiet-program"])
    throw refusal("--json - writes to standard output, as the program does; add --quiet-program");
  if (["junit", "sarif", "json"].includes(options.reporter)) {
    const what = `--reporter ${options.reporter}`;
    if (!options["quiet-program"])
      throw refusal(`${what} writes to standard output, as the program does; add --quiet-program`);
    if (file === "-") throw refusal(`${what} and --json - both write to standard output`);
  }
  if (all && file === false && options.reporter !== "json")
    throw refusal("--all is about the result of --json; name its file");
  if (options.timeline && options.quiet)
    throw refusal("--timeline is drawn on stderr, and --quiet wants nothing there");
  if (given.has("blocks") && options.blocks! < TICKS_PER_MS)
    throw refusal(`--blocks is a duration of 1ms or more, not "${given.get("blocks")}"`);
  for (const name of ["timeout", "hang"] as const)
    if (given.has(name) && options[name] === 0)
      throw refusal(`--${name} is a duration above 0, not "${given.get(name)}"`);
}

function checkFix({ options, given }: Words): void {
  for (const name of ["yes", "write", "patch", "edit"] as const)
    if (given.has(name) && !options.fix)
      throw refusal(`--${name} is about the edits of --fix; add --fix`);
  if (!options.fix) {
    for (const name of ["report", "live", "timeline", "reporter", "all"] as const)
      if (options.runs > 1 && given.has(name))
        throw refusal(`--${name} is about one run; keep the rarest with --events, and report that`);
    return;
  }
  if (options.edit !== null && !options.write && options.patch === false)
    throw refusal("--edit says which edit is written; add --write, or --patch and a file");
  if (options.patch === "-" && !options["quiet-program"])
    throw refusal("--patch - writes to standard output, as the program does; add --quiet-program");
  if (options.patch !== false && options.patch !== "-")
    checkFile(`--patch ${options.patch}`, options.patch, commands.observe.name);
  if (!options.yes && !canAsk())
    throw refusal(
      "--fix runs the program again, for real, and nobody can be asked here; add --yes",
    );
}

async function demandsOf({ options }: Words): Promise<Demand[]> {
  if (options.must === null) return [];
  const { parseProgramDemands } = await import("../../strategies/observed.ts");
  const { DemandError } = await import("../../strategies/demand-words.ts");
  try {
    return parseProgramDemands(options.must, { prints: !options["no-prints"] });
  } catch (error) {
    if (!(error instanceof DemandError)) throw error;
    throw refusal(`--must: ${error.message}`);
  }
}

/** Says which of tandem's options stand behind the program, and so are the program's. */
function hintAt({ operands, options }: Words): void {
  if (options.quiet) return;
  const own = Object.keys(commands.observe.options).map((name) => `--${name}`);
  const found = operands.slice(1).find((word) => own.includes(word.replace(/=.*/, "")));
  if (found === undefined) return;
  writeErrLine(
    `tandem: ${found} stands behind ${operands[0]}, so it was given to the program; options of tandem stand before it`,
  );
}
