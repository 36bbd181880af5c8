/**
 * The interactive session: choose a scenario and a strategy, run it, and go on from what was seen.
 *
 * Invariant: a question that is left ends the session with 130, and nothing is written without the
 * user having named the file. The session is performed again to go back a question (`answers.ts`), so
 * what it does beside asking it does by `done`, and what it changes it has made itself.
 */
import { cutApart } from "../../base/layout.ts";
import { joined, printableLines, terminal as terminalText } from "../../base/texts.ts";
import { findFindings } from "../../remedies/findings.ts";
import { renderVerdict } from "../../report/terminal/verdict.ts";
import { checkBudget } from "../../runs/budget.ts";
import { checkStrategies, checkPlans } from "../../runs/plan.ts";
import type { Run } from "../../outcome/run.ts";
import { openProcessOf } from "../../runs/run.ts";
import { tryOut } from "../../runs/simulate.ts";
import type { Source } from "../../scenario/source.ts";
import { terminal, textWidth, writeOut } from "../output.ts";
import {
  askSome,
  askWhatToDo,
  askWhether,
  converse,
  done,
  KeysAside,
  Left,
  mayLose,
  noteAsItIs,
  noteWidth,
  tell,
} from "../questions/prompt.ts";
import { type Shown, showRun, timelineOf } from "../shown-run.ts";
import { canRedraw, lookOf } from "../terminal.ts";
import { compareAndAdvise } from "./advise.ts";
import { foretell, type Prediction, renderPrediction } from "./prediction.ts";
import {
  adjust,
  chooseSource,
  chooseStrategy,
  makeSource,
  openSource,
  orTold,
  planOfSetting,
  type Setting,
  settingFor,
} from "./setting.ts";
import { saveReport, saveScenario, seeText } from "./share.ts";

/** Asks, runs and asks again until the user has had enough. @returns the exit status. */
export async function runSession(): Promise<number> {
  const words = { title: "tandem: a program that blocks, and tasks beside it", left: "Left." };
  return converse(words, async () => {
    while (await chooseAndRun());
    return "Until next time.";
  });
}

/** One way from the first question to the last. @returns whether to begin again. */
async function chooseAndRun(): Promise<boolean> {
  return askWhatToDo<boolean | Promise<boolean>>("What would you like to do?", [
    {
      label: "Observe a program of yours",
      hint: "what is lost in it, and what heals that",
      async take() {
        await (await import("./own-program.ts")).observeOwn();
        return true;
      },
    },
    {
      label: "Run a scenario",
      hint: "what becomes of each task",
      take: async () =>
        runFrom(await chooseSource(), async (setting) => {
          setting.strategy = await chooseStrategy(
            setting,
            setting.strategy,
            "Under which strategy?",
          );
          return "adjust";
        }),
    },
    {
      label: "Compare strategies",
      hint: "one scenario under all",
      take: async () =>
        runFrom(await chooseSource(), (setting) => compareAndChoose(setting, "adjust")),
    },
    {
      label: "Make your own",
      hint: "a few questions, a file",
      take: async () => runFrom(await makeSource()),
    },
    {
      label: "Open a file",
      hint: "a scenario you have",
      take: async () => runFrom(await openSource()),
    },
    { label: "Quit", take: () => false },
  ]);
}

/** What comes after something that the user has chosen to do. */
type Next = "adjust" | "run" | "ask" | "menu" | "quit";

/** Runs a scenario, once it has been prepared. @returns whether to begin again. */
async function runFrom(
  source: Source,
  prepare: (setting: Setting) => Promise<Next> = async () => "adjust",
): Promise<boolean> {
  const setting = settingFor(source);
  return setting === null || goOn(setting, await prepare(setting));
}

/** Compares the strategies, and offers to run it under one of them. */
async function compareAndChoose(setting: Setting, andThen: Next): Promise<Next> {
  const { source, scenario, strategy } = setting;
  const advised = await compareAndAdvise(source, scenario, strategy);
  const chosen = await chooseStrategy(setting, advised, "Run it under which of them?", notNow);
  if (chosen === null) return "ask";
  setting.strategy = chosen;
  return andThen;
}

const notNow = "Under none of them now";

/** Goes on for as long as the user stays with this scenario. @returns whether to begin again. */
async function goOn(setting: Setting, first: Next): Promise<boolean> {
  let ran: Run | null = null;
  for (let next = first; ;) {
    if (next === "menu" || next === "quit") {
      if (await mayLose()) return next === "menu";
      next = "ask";
    }
    if (next === "adjust") await adjust(setting);
    if (next !== "ask") {
      const prediction = await askPrediction(setting);
      ran = await done(() => runSetting(setting, prediction));
    }
    next = await askWhatNext(setting, ran);
  }
}

/** @param ran the latest run; null where it could not be performed. */
async function askWhatNext(setting: Setting, ran: Run | null): Promise<Next> {
  const andThen = (next: Next, what: (setting: Setting) => Promise<void>) => async () => {
    await what(setting);
    return next;
  };
  return askWhatToDo<Next | Promise<Next>>("What next?", [
    {
      label: ran === null ? "Run it under a strategy" : "The same under another strategy",
      take: andThen("run", async () => {
        setting.strategy = await chooseStrategy(setting, setting.strategy, "Under which strategy?");
      }),
    },
    { label: "Change a number, or how it runs", take: () => "adjust" },
    { label: "Compare the strategies", take: () => compareAndChoose(setting, "run") },
    { label: "See the document, or the code", take: andThen("ask", seeText) },
    { label: "Save the scenario", take: andThen("ask", saveScenario) },
    {
      label: "Write a report to share",
      take: andThen("ask", async () => {
        if (ran === null) tell.warning("Nothing has been run, so there is no report.");
        else await saveReport(setting, ran);
      }),
    },
    { label: "Something else", take: () => "menu" },
    { label: "Quit", take: () => "quit" },
  ]);
}

async function askPrediction(setting: Setting): Promise<Prediction | null> {
  const possible = await done(() => foretell(setting.scenario));
  if (possible === null || !(await askWhether("Predict first what will happen?"))) return null;
  const choose = (message: string, words: string[]): Promise<string[]> => {
    const labels = cutApart(words, noteWidth());
    return askSome(
      `${message} (space: yes, enter: done)`,
      words.map((value, index) => ({ value, label: labels[index]! })),
    );
  };
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
  const isPossible = orTold(() => {
    checkPlans([plan], setting.source);
    checkStrategies(plan.scenario, [plan.strategy], setting.source);
    const isReal = setting.driver === "real";
    const performing = { under: [plan.strategy], isVirtual: !isReal, isReal, large: false };
    const before = checkBudget(setting.scenario, performing, setting.source);
    if (before !== null) tell.info(before);
    return true;
  });
  if (isPossible === null) return null;
  const look = () => lookOf(terminal.stdout);
  const how = { timeout: null, json: false, picture: canRedraw(terminal.stdout), look };
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
    noteAsItIs(
      renderPrediction(prediction, outcome, findings, noteWidth()),
      "Your prediction, and what happened",
    );
  return run;
}
