/**
 * The interactive session: choose a scenario and a strategy, run it, and go on from what was seen.
 *
 * Invariant: a question that is left ends the session with 130, and nothing is written without the
 * user having named the file.
 */
import { visibleDocument } from "../../scenario/visible.ts";
import {
  joined,
  markdown,
  markdownBlock,
  markdownLines,
  printable,
  type Output,
  printableLines,
  type SourceText,
  terminal as terminalText,
  trimmedEnd,
} from "../../base/texts.ts";
import {
  autocomplete,
  cancel,
  confirm,
  intro,
  log,
  multiselect,
  note,
  outro,
  select,
  text,
} from "@clack/prompts";
import { checkExpectations } from "../../strategies/expectations.ts";
import { findFindings } from "../../remedies/findings.ts";
import { renderVerdict } from "../../report/terminal/verdict.ts";
import { EmitError } from "../../emit/error.ts";
import { areCallsTimed } from "../../scenario/calls.ts";
import { catalogue } from "../../scenario/catalogue.ts";
import type { Scenario } from "../../scenario/model.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { readSource, type Source } from "../../scenario/source.ts";
import { parseStrategy, type Strategy, strategyWords } from "../../scenario/strategy.ts";
import { exitStatus } from "../command.ts";
import { terminal, textWidth, writeOut } from "../output.ts";
import { checkPlans, type Plan, planOf, virtual } from "../../runs/plan.ts";
import { openProcessOf, type Run } from "../../runs/run.ts";
import { simulate, tryOut } from "../../runs/simulate.ts";
import { expectedTime, type Shown, showRun, timelineOf } from "../shown-run.ts";
import { canRedraw, lookOf } from "../terminal.ts";
import { version } from "../version.ts";
import { compareAndAdvise } from "./advise.ts";
import {
  documentProblem,
  numbersOf,
  withNumber,
  withoutExpectations,
  withStrategy,
} from "../questions/edit.ts";
import { makeScenario } from "../questions/make.ts";
import {
  answer,
  asking,
  asWord,
  fitted,
  KeysAside,
  Left,
  maxItems,
  noteWidth,
  save,
} from "../questions/prompt.ts";
import { foretell, type Prediction, renderPrediction } from "./prediction.ts";
import { strategyLine } from "../strategy-words.ts";

/** What the next run will be. */
interface Setting {
  source: Source;
  scenario: Scenario;
  strategy: Strategy;
  driver: "real" | "virtual";
  speed: number;
}

/** Asks, runs and asks again until the user has had enough. @returns the exit status. */
export async function runSession(): Promise<number> {
  intro("tandem: a program that blocks, and tasks beside it");
  try {
    await asking(async () => {
      while (await chooseAndRun());
    });
    outro("Until next time.");
    return exitStatus.done;
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    cancel("Left.");
    return error.status;
  }
}

/** One way from the first question to the last. @returns whether to begin again. */
async function chooseAndRun(): Promise<boolean> {
  const what = await answer(
    select({
      message: "What would you like to do?",
      options: [
        { value: "run", label: "Run a scenario", hint: "what becomes of each task" },
        { value: "compare", label: "Compare strategies", hint: "one scenario under all" },
        { value: "make", label: "Make your own", hint: "a few questions, a file" },
        { value: "open", label: "Open a file", hint: "a scenario you have" },
        { value: "quit", label: "Quit" },
      ],
    }),
  );
  if (what === "quit") return false;
  const source =
    what === "make"
      ? await makeSource()
      : what === "open"
        ? await openSource()
        : await chooseSource();
  if (source === null) return true;
  const setting = settingFor(source);
  if (setting === null) return true;
  if (what === "compare") {
    const advised = await compareAndAdvise(setting.source, setting.scenario, setting.strategy);
    setting.strategy = await chooseStrategy(setting, advised, "Run it under which of them?");
  } else if (what === "run") {
    setting.strategy = await chooseStrategy(setting, setting.strategy, "Under which strategy?");
  }
  return runAndGoOn(setting);
}

async function makeSource(): Promise<Source | null> {
  const file = await makeScenario(null);
  return file === null ? null : readSource(file);
}

async function openSource(): Promise<Source> {
  const file = await answer(
    text({
      message: "Which file?",
      placeholder: "./mine.yaml",
      validate: (word) => readingProblem(word ?? ""),
    }),
  );
  return readSource(file);
}

/** Why no scenario can be read from there. */
function readingProblem(file: string): string | undefined {
  if (file === "" || file === "-") return "Write a file's name, as ./mine.yaml";
  try {
    const source = readSource(file);
    parseScenario(source.text, source.file);
    return undefined;
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return error.message.split("\n")[0];
  }
}

async function chooseSource(): Promise<Source> {
  const name = await answer(
    autocomplete({
      message: "Which scenario? (type to search)",
      options: catalogue.map(({ name, text: document, file }) => {
        const { title, description } = parseScenario(document, file);
        const [, watchFor] = description?.split("Watch for: ") ?? [];
        return {
          value: name,
          label: `${name}: ${title}`,
          ...(watchFor === undefined ? {} : { hint: `watch for: ${watchFor}` }),
        };
      }),
      maxItems,
      // Where the search finds nothing, nothing is chosen.
      validate: (name) =>
        name === undefined ? "No scenario has that in its name or title" : undefined,
    }),
  );
  const source = readSource(name);
  const { title, description } = parseScenario(source.text, source.file);
  if (description !== null) note(fitted(description), printable(title ?? name));
  return source;
}

/** Lets the user choose among the named strategies, the document's own and `proposed`. */
async function chooseStrategy(
  { scenario, strategy: now }: Setting,
  proposed: Strategy,
  message: string,
): Promise<Strategy> {
  const own = scenario.strategy.name;
  const names = new Set([...Object.keys(strategyWords), own, now.name, proposed.name]);
  const refined = (name: string): string =>
    name === own ? "the document's own" : name === now.name ? "as it ran last" : "as advised";
  const name = await answer(
    select({
      message,
      options: [...names].map((value) => ({ value, label: strategyLine(value, refined(value)) })),
      initialValue: proposed.name,
      maxItems,
    }),
  );
  return parseStrategy(name);
}

/** Null when the document is wrong, which the user is told. */
function settingFor(source: Source): Setting | null {
  try {
    const scenario = parseScenario(source.text, source.file);
    return { source, scenario, strategy: scenario.strategy, driver: "real", speed: 1 };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    log.error(fitted(error.message));
    return null;
  }
}

/** Runs, and asks what next, for as long as the user stays with this scenario. */
async function runAndGoOn(setting: Setting): Promise<boolean> {
  for (let before: "adjust" | "again" = "adjust"; ;) {
    if (before === "adjust") await adjust(setting);
    const prediction = await askPrediction(setting);
    const ran = await runSetting(setting, prediction);
    for (before = "again"; ;) {
      const next = await answer(
        select({
          message: "What next?",
          options: [
            { value: "strategy", label: "The same under another strategy" },
            { value: "number", label: "Change a number, or how it runs" },
            { value: "compare", label: "Compare the strategies" },
            { value: "text", label: "See the document, or the code" },
            { value: "save", label: "Save the scenario" },
            { value: "report", label: "Write a report to share" },
            { value: "menu", label: "Something else" },
            { value: "quit", label: "Quit" },
          ],
        }),
      );
      if (next === "quit") return false;
      if (next === "menu") return true;
      if (next === "strategy") {
        setting.strategy = await chooseStrategy(setting, setting.strategy, "Under which strategy?");
        break;
      }
      if (next === "number") {
        before = "adjust";
        break;
      }
      if (next === "compare") {
        const { source, scenario, strategy } = setting;
        const advised = await compareAndAdvise(source, scenario, strategy);
        setting.strategy = await chooseStrategy(setting, advised, "Run it under which of them?");
        break;
      }
      if (next === "text") await seeText(setting);
      if (next === "save") await saveScenario(setting);
      if (next === "report" && ran !== null) await saveReport(setting, ran);
      if (next === "report" && ran === null)
        log.warn("Nothing has been run, so there is no report.");
    }
  }
}

/** Lets the user change how it runs, and the scenario's numbers, until it is to begin. */
async function adjust(setting: Setting): Promise<void> {
  for (;;) {
    const { driver, speed, source } = setting;
    const numbers = numbersOf(source.text);
    const expected = expectedTime(planOfSetting(setting));
    const takes = expected === null ? "" : `, about ${(expected / 1e6 / speed).toFixed(1)}s`;
    const change = await answer(
      select({
        message: `${setting.scenario.name}, strategy ${setting.strategy.name}`,
        options: [
          {
            value: "run",
            label: "Run it",
            hint: driver === "real" ? `for real${takes}` : "at once",
          },
          {
            value: "driver",
            label: driver === "real" ? "In virtual time instead" : "For real instead",
            hint: driver === "real" ? "at once, and always the same" : "threads, sleeps and exits",
          },
          ...(driver === "real"
            ? [{ value: "speed", label: "Another speed", hint: `now ${speed}` }]
            : []),
          ...(numbers.length > 0
            ? [{ value: "number", label: "Change a number", hint: "how long, how often" }]
            : []),
        ],
      }),
    );
    if (change === "run") return;
    if (change === "driver") setting.driver = driver === "real" ? "virtual" : "real";
    if (change === "speed")
      setting.speed = Number(
        await answer(
          text({
            message: "How many times as fast?",
            initialValue: String(speed),
            validate: (word) =>
              Number(word) >= 0.001 && Number(word) <= 10_000
                ? undefined
                : "Write a number from 0.001 to 10000",
          }),
        ),
      );
    if (change === "number") await changeNumber(setting);
  }
}

async function changeNumber(setting: Setting): Promise<void> {
  const { text: document, file } = setting.source;
  const numbers = numbersOf(document);
  const chosen = await answer(
    select({
      message: "Which number?",
      options: numbers.map((number, value) => ({
        value,
        label: `${number.of} ${number.written}`,
        hint: `line ${number.line}`,
      })),
      maxItems,
    }),
  );
  const number = numbers[chosen]!;
  const written = await answer(
    text({
      message: `${number.of}`,
      initialValue: number.written,
      validate: (word) =>
        word === undefined || word === ""
          ? "Write a number or a duration"
          : documentProblem(withNumber(document, number, word), file),
    }),
  );
  setting.source = { ...setting.source, text: withNumber(document, number, written) };
  setting.scenario = parseScenario(setting.source.text, file);
}

function planOfSetting({ scenario, strategy, driver, speed, source }: Setting): Plan {
  const { folder } = source;
  return planOf(scenario, {
    strategy,
    folder,
    driver: driver === "real" ? { kind: "real", speed } : virtual,
  });
}

async function askPrediction(setting: Setting): Promise<Prediction | null> {
  const possible = foretell(setting.scenario);
  if (possible === null) return null;
  const wanted = await answer(
    confirm({ message: "Predict first what will happen?", initialValue: false }),
  );
  if (!wanted) return null;
  const choose = (message: string, words: string[]): Promise<string[]> =>
    answer(
      multiselect({
        message: `${message} (space: yes, enter: done)`,
        options: words.map((value) => ({ value, label: value })),
        required: false,
        maxItems,
      }),
    );
  return {
    ...possible,
    finished: await choose("Which tasks will finish?", possible.tasks),
    seen: await choose(
      "Which lines will you see?",
      possible.lines.map((line) => line.text),
    ),
  };
}

/** Runs it and shows what happened. @returns null where it could not be run. */
async function runSetting(setting: Setting, prediction: Prediction | null): Promise<Run | null> {
  const plan = planOfSetting(setting);
  try {
    checkPlans([plan], setting.source);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    log.error(fitted(error.message));
    return null;
  }
  const look = () => lookOf(terminal.stdout);
  const how = { timeout: null, json: false, live: canRedraw(terminal.stdout), look };
  writeOut(terminalText`\n`);
  using process = plan.driver.kind === "real" ? await openProcessOf(plan) : null;
  let interrupts = 0;
  let shown: Shown;
  if (process === null) shown = await showRun(plan, how, null);
  else {
    using keys = new KeysAside();
    shown = await showRun(plan, how, process);
    ({ interrupts } = keys);
  }
  if (shown.broken !== null) throw shown.broken;
  const { run } = shown;
  const { outcome } = run;
  const findings = findFindings(outcome, tryOut);
  writeOut(joined(["", timelineOf(run, look())], "\n"));
  const verdict = renderVerdict(outcome, findings, textWidth());
  writeOut(terminalText`\n${[verdict, printableLines(run.ending.complaint)]}\n`);
  if (interrupts > 1) throw new Left();
  if (prediction !== null)
    note(
      renderPrediction(prediction, outcome, findings, noteWidth()),
      "Your prediction, and what happened",
      { format: (line) => line },
    );
  return run;
}

/** A text with empty lines around it. */
function between(text: Output): Output {
  return joined(["", trimmedEnd(text), "", ""], "\n");
}

/** Shows the scenario's document, or the program that would do the same. */
async function seeText(setting: Setting): Promise<void> {
  const { scenario, strategy, source } = setting;
  const what = await answer(
    select({
      message: "See what?",
      options: [
        { value: "document", label: "The document", hint: "what tandem reads" },
        { value: "python", label: "The program in Python", hint: "asyncio" },
        { value: "typescript", label: "The program in TypeScript", hint: "Bun" },
      ],
    }),
  );
  if (what === "document") return writeOut(between(await visibleDocument(source.text)));
  const { emitProgram } = await import("../../emit/emit.ts");
  let program: SourceText;
  try {
    program = emitProgram(scenario, strategy, what as "python" | "typescript");
  } catch (error) {
    if (!(error instanceof EmitError)) throw error;
    return log.warn(fitted(error.message));
  }
  writeOut(between(program));
  if (!(await answer(confirm({ message: "Save the program?", initialValue: false })))) return;
  const proposed = `./${scenario.name}.${what === "python" ? "py" : "ts"}`;
  const file = await save("the program", proposed, program, (message) =>
    log.error(fitted(message)),
  );
  if (file === null) return;
  log.success(`Saved. Run it: ${what === "python" ? "python3" : "bun"} ${asWord(file)}`);
}

async function saveScenario(setting: Setting): Promise<void> {
  const { source, scenario, strategy } = setting;
  const isAsExpected = meetsExpectations(setting);
  const text = isAsExpected ? source.text : withoutExpectations(source.text);
  const tell = (message: string): void => log.error(fitted(message));
  const document = withStrategy(text, strategy);
  const file = await save(
    "the scenario",
    `./${scenario.name}.yaml`,
    await visibleDocument(document),
    tell,
  );
  if (file === null) return;
  if (!isAsExpected)
    log.info(fitted(`Without its "expect", which does not hold under ${strategy.name}.`));
  log.success(`Saved. Run it: tandem run ${asWord(file)}`);
}

/** Whether what the document expects is so under the chosen strategy; its own is the document's to say. */
function meetsExpectations({ scenario, strategy }: Setting): boolean {
  const { expect } = scenario;
  if (expect === null || strategy.name === scenario.strategy.name) return true;
  if (!areCallsTimed(scenario)) return true;
  const { outcome } = simulate({ scenario, strategy });
  return checkExpectations(outcome, expect).every(({ met }) => met);
}

async function saveReport(setting: Setting, run: Run): Promise<void> {
  const { outcome } = run;
  const { scenario, source, strategy } = setting;
  const { driver, speed } = outcome;
  const how =
    driver === "virtual"
      ? "in virtual time"
      : speed === 1
        ? "for real"
        : `for real, at speed ${speed}`;
  const printed = joined(
    outcome.prints.map(({ text }) => printable(text)),
    "\n",
  );
  const file = `${scenario.name}.yaml`;
  const plain = { width: 100, unicode: true, colour: false };
  const report = joined(
    [
      markdownLines(`# ${scenario.title ?? scenario.name}\n`),
      ...(scenario.description === null ? [] : [markdownLines(`${scenario.description.trim()}\n`)]),
      markdownLines(
        `Run ${how} with tandem ${version}, under the strategy \`${strategy.name}\`.\n`,
      ),
      markdown`
## What the program printed\n
      `,
      markdownBlock("text", printed),
      markdown`
## What became of it\n
      `,
      markdownBlock("text", timelineOf(run, plain)),
      markdownBlock("text", renderVerdict(outcome, findFindings(outcome, tryOut), plain.width)),
      markdown`
## The scenario\n
      `,
      markdownLines(`To run it again, save this as \`${file}\` and say \`tandem run ${file}\`.\n`),
      markdownBlock("yaml", await visibleDocument(withStrategy(source.text, strategy))),
    ],
    "\n",
  );
  const tell = (message: string): void => log.error(fitted(message));
  const written = await save("the report", `./${scenario.name}-report.md`, report, tell);
  if (written !== null) log.success(printable(`Written to ${written}.`));
}
