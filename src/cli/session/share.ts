/** The texts that the session shows and saves: the document, the program that does the same, a report. */
import {
  joined,
  markdown,
  markdownBlock,
  markdownLines,
  type Output,
  printable,
  type SourceText,
  trimmedEnd,
} from "../../base/texts.ts";
import { EmitError } from "../../emit/error.ts";
import type { Language } from "../../emit/language.ts";
import { findFindings } from "../../remedies/findings.ts";
import { howItRan, renderVerdict } from "../../report/terminal/verdict.ts";
import type { Run } from "../../outcome/run.ts";
import { simulate, tryOut } from "../../runs/simulate.ts";
import { areCallsTimed } from "../../scenario/calls.ts";
import { visibleDocument } from "../../scenario/visible.ts";
import { checkExpectations } from "../../strategies/expectations.ts";
import { writeOut } from "../output.ts";
import { withoutExpectations, withStrategy } from "../questions/edit.ts";
import { askWhatToDo, askWhether, done, setStake, tell } from "../questions/prompt.ts";
import { asWord, save } from "../questions/save.ts";
import { timelineOf } from "../shown-run.ts";
import { version } from "../version.ts";
import type { Setting } from "./setting.ts";

/** Shows the scenario's document, or the program that would do the same. */
export async function seeText(setting: Setting): Promise<void> {
  await askWhatToDo("See what?", [
    {
      label: "The document",
      hint: "what tandem reads",
      take: () => done(async () => writeOut(between(await visibleDocument(setting.source.text)))),
    },
    {
      label: "The program in Python",
      hint: "asyncio",
      take: () => seeProgram(setting, "python", { extension: "py", command: "python3" }),
    },
    {
      label: "The program in TypeScript",
      hint: "Bun",
      take: () => seeProgram(setting, "typescript", { extension: "ts", command: "bun" }),
    },
  ]);
}

/** A text with empty lines around it. */
function between(text: Output): Output {
  return joined(["", trimmedEnd(text), "", ""], "\n");
}

async function seeProgram(
  { scenario, strategy }: Setting,
  language: Language,
  { extension, command }: { extension: string; command: string },
): Promise<void> {
  const { emitProgram } = await import("../../emit/emit.ts");
  let program: SourceText;
  try {
    program = emitProgram(scenario, strategy, language);
  } catch (error) {
    if (!(error instanceof EmitError)) throw error;
    return tell.warning(error.message);
  }
  await done(() => writeOut(between(program)));
  if (!(await askWhether("Save the program?"))) return;
  const file = await save("the program", `./${scenario.name}.${extension}`, program);
  tell.success(`Saved. Run it: ${command} ${asWord(file)}`);
}

/** Writes the scenario to a file, with the strategy that is set. */
export async function saveScenario(setting: Setting): Promise<void> {
  const { source, scenario, strategy } = setting;
  const isAsExpected = meetsExpectations(setting);
  const text = isAsExpected ? source.text : withoutExpectations(source.text);
  const document = await visibleDocument(withStrategy(text, strategy));
  const file = await save("the scenario", `./${scenario.name}.yaml`, document);
  setStake(null);
  if (!isAsExpected) tell.info(`Without its "expect", which does not hold under ${strategy.name}.`);
  tell.success(`Saved. Run it: tandem run ${asWord(file)}`);
}

/** Whether what the document expects is so under the chosen strategy; its own is the document's to say. */
function meetsExpectations({ scenario, strategy }: Setting): boolean {
  const { expect } = scenario;
  if (expect === null || strategy.name === scenario.strategy.name) return true;
  if (!areCallsTimed(scenario)) return true;
  const { outcome } = simulate({ scenario, strategy });
  return checkExpectations(outcome, expect).every(({ met }) => met);
}

/** Writes a report of a run to share, in Markdown. */
export async function saveReport(setting: Setting, run: Run): Promise<void> {
  const { outcome } = run;
  const { scenario, source, strategy } = setting;
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
        `Run ${howItRan(run.plan.driver)} with tandem ${version}, under the strategy \`${strategy.name}\`.\n`,
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
  const written = await save("the report", `./${scenario.name}-report.md`, report);
  tell.success(`Written to ${written}.`);
}
