/** A prediction: what the user expects of a run, beside what happened and why. */
import type { ToldFinding } from "../../remedies/findings.ts";
import {
  actorName,
  endedAtShutdown,
  isLost,
  type Outcome,
  type TaskOutcome,
} from "../../outcome/outcome.ts";
import { cutApart, pad, wrap } from "../../base/layout.ts";
import { counted } from "../../base/sentences.ts";
import { areCallsTimed } from "../../scenario/calls.ts";
import { formatTime } from "../../base/duration.ts";
import type { Scenario } from "../../scenario/model.ts";
import { printable } from "../../base/texts.ts";
import { namedStrategies, parseStrategy, type Strategy } from "../../scenario/strategy.ts";
import { tryOut } from "../../runs/simulate.ts";
import { countAllSteps } from "../../scenario/walk.ts";

/** A line that the program prints under some strategy, and who prints it. */
interface Line {
  text: string;
  by: string;
}

/** The tasks and lines that can be predicted. */
interface Possible {
  tasks: string[];
  lines: Line[];
}

export interface Prediction extends Possible {
  /** Of the tasks, those that are thought to finish. */
  finished: string[];
  /** Of the lines, those that are thought to appear. */
  seen: string[];
}

/** The most tasks, and the most lines, that are asked about. */
const most = 12;

/** The most reasons that are told. */
const mostReasons = 5;

/** The most steps that are performed, under each strategy, only to know what might happen. */
const mostSteps = 50_000;

/** The tasks and lines to ask about; null where virtual time does not know them, or there are too many. */
export function foretell(scenario: Scenario): Possible | null {
  if (!areCallsTimed(scenario)) return null;
  const copies = scenario.tasks.reduce((sum, task) => sum + (task.copies ?? 1), 0);
  if (copies === 0 || copies > most || countAllSteps(scenario) > mostSteps) return null;
  const tasks = new Set<string>();
  const lines = new Map<string, Line>();
  for (const name of Object.keys(namedStrategies)) {
    const outcome = tryOut(scenario, parseStrategy(name));
    for (const task of outcome.tasks) tasks.add(task.name);
    for (const print of outcome.prints) {
      const text = printable(print.text);
      if (!lines.has(text)) lines.set(text, { text, by: actorName(outcome, print.actor) });
    }
  }
  const asked = [...lines.values()].slice(0, most);
  return { tasks: [...tasks], lines: asked.toSorted((a, b) => inOrder(a.text, b.text)) };
}

/** By the alphabet, numbers by their size: the order in which lines are printed would give away which are. */
function inOrder(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => text.split(/(\d+)/));
  for (const [index, part] of first!.entries()) {
    const other = second![index];
    if (other === undefined) return 1;
    if (part === other) continue;
    return index % 2 === 1 ? Number(part) - Number(other) : part < other ? -1 : 1;
  }
  return first!.length - second!.length;
}

interface Row {
  what: string;
  by: string;
  said: boolean;
  did: boolean;
  /** The truth, in a word or two. */
  how: string;
}

/**
 * The guesses beside the truth, and what explains the differences.
 *
 * The right ones come first, so that on a small screen the wrong ones are still seen.
 */
export function renderPrediction(
  { tasks, lines, finished, seen }: Prediction,
  outcome: Outcome,
  findings: ToldFinding[],
  width: number,
): string {
  const truth = new Map(outcome.tasks.map((task) => [task.name, task.status]));
  const printed = new Set<string>(outcome.prints.map(({ text }) => printable(text)));
  const rows: Row[] = [
    ...tasks.map((name) => {
      const how = truth.get(name)!;
      const did = how === "finished";
      return { what: `${name} finishes`, by: name, said: finished.includes(name), did, how };
    }),
    ...lines.map(({ text, by }) => {
      const did = printed.has(text);
      return { what: `"${text}"`, by, said: seen.includes(text), did, how: did ? "yes" : "no" };
    }),
  ];
  const wrong = rows.filter(({ said, did }) => said !== did);
  const ordered = [...rows.filter((row) => !wrong.includes(row)), ...wrong];
  const widest = Math.min(
    width - 28,
    rows.reduce((sum, { what }) => Math.max(sum, Bun.stringWidth(what)), 0),
  );
  const shown = cutApart(
    ordered.map(({ what }) => what),
    widest,
  );
  const table = ordered.map((row, index) => {
    const said = `you: ${row.said ? "yes" : "no"}`;
    const mark = row.said === row.did ? " " : "!";
    return `${mark} ${pad(shown[index]!, widest)}  ${pad(said, 8)}  truth: ${row.how}`;
  });
  const summary =
    wrong.length === 0
      ? `All ${rows.length} as you said.`
      : `${rows.length - wrong.length} of ${rows.length} as you said; "!" marks the others.`;
  const reasons = explain(wrong, outcome, findings);
  return [
    ...table,
    "",
    summary,
    ...reasons.slice(0, mostReasons).map((reason) => wrap(`* ${reason}.`, width - 2, "  ")),
  ].join("\n");
}

/** A reason for each program of which something was thought that did not happen. */
function explain(wrong: Row[], outcome: Outcome, findings: ToldFinding[]): string[] {
  const told = new Set<ToldFinding>();
  return [...Map.groupBy(wrong, ({ by }) => by)].flatMap(([by, rows]) => {
    const task = outcome.tasks.find(({ name }) => name === by);
    if (task === undefined) return [whyOfMain(by, rows, outcome)];
    const missed = rows.some(({ said }) => said);
    const came = rows.some(({ said, what }) => !said && what.startsWith('"'));
    const finding = findings.find((one) => one.task === task.spec.name && !told.has(one));
    if (task.status === "finished") return [whyItFinished(task, outcome.strategy)];
    const reasons: string[] = [];
    if (came && task.startedAt !== null) reasons.push(`${howFar(task, outcome)}: hence its lines`);
    if (missed && finding !== undefined) {
      told.add(finding);
      reasons.push(finding.message);
    } else if (missed) {
      const meant = endedAtShutdown(task) ? ", as it is meant to be (until: shutdown)" : "";
      const done = `${task.stepsDone} of ${counted(task.steps, "step")} done`;
      reasons.push(`${by} was ${task.status} with ${done}${meant}`);
    }
    return reasons;
  });
}

/** The words for what a task did that did not finish. */
function howFar(task: TaskOutcome, { strategy }: Outcome): string {
  const { name, stepsDone, steps, cleanup } = task;
  if (cleanup === "ran") return `${name} had begun when it was stopped, so its clean-up ran`;
  if (isLost(task) && strategy.loop === "inline" && strategy.settle === "none")
    return `${name} had one turn before the loop closed, up to its first wait`;
  return `${name} came as far as ${counted(stepsDone, "step")} of ${steps}`;
}

function whyOfMain(by: string, rows: Row[], { main, launch }: Outcome): string {
  const { status, error } = by === "main" ? main : launch;
  if (rows.some(({ said }) => said))
    return `${by} ${status === "finished" ? "does not come to that line" : `ended before that: ${status}${error === null ? "" : ` (${error})`}`}`;
  return status === "finished"
    ? `${by} goes through its own steps, whatever becomes of the tasks`
    : `${by} had come to those lines before it ended: ${status}`;
}

/** The words for why a task came to its end. */
function whyItFinished({ name, endedAt }: TaskOutcome, strategy: Strategy): string {
  const { loop, settle, atExit } = strategy;
  const end = `${name} finished, at ${formatTime(endedAt!)}`;
  if (loop === "inline")
    return settle === "none"
      ? `${end}: it never had to wait, so its one turn was enough`
      : `${end}: launch waited for it at the completion point, and main for launch`;
  if (loop === "durable")
    return `${end}: main had handed it to a queue, and a worker process performed it, whatever main did`;
  if (loop === "float")
    return `${end}: once main's steps were over, the loop on main's thread could go on`;
  return atExit === "wait"
    ? `${end}: its loop has a thread of its own, which main waits for at its end`
    : `${end}: its loop has a thread of its own, and it was done before main was`;
}
