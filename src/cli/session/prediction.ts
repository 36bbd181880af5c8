/** What a user thinks will happen, beside what did. */
import type { Finding } from "../../analysis/findings.ts";
import { type Outcome, readOutcome } from "../../analysis/outcome.ts";
import { runVirtually } from "../../drivers/virtual/virtual.ts";
import type { RunPlan } from "../../program/run.ts";
import { pad, wrap } from "../../render/text.ts";
import { callProblems } from "../../scenario/calls.ts";
import { printable } from "../../scenario/problem.ts";
import { namedStrategies, parseStrategy } from "../../scenario/strategy.ts";

/** What can be predicted: the tasks, and lines that the program prints under some strategy. */
interface Possible {
  tasks: string[];
  lines: string[];
}

export interface Prediction extends Possible {
  /** Of the tasks, those that are thought to finish. */
  finished: string[];
  /** Of the lines, those that are thought to appear. */
  seen: string[];
}

/** More than this nobody wants to be asked about. */
const most = 12;

/** Null where virtual time does not know, or there are too many tasks to ask about. */
export function foretell(plan: RunPlan, folder: string): Possible | null {
  const { scenario } = plan;
  if (callProblems(scenario, folder, new Set()).length > 0) return null;
  const tasks = new Set<string>();
  const lines = new Set<string>();
  for (const name of Object.keys(namedStrategies)) {
    const strategy = parseStrategy(name);
    const performed = { scenario, strategy, driver: "virtual", speed: 1 } as const;
    const outcome = readOutcome(performed, runVirtually({ ...plan, strategy }));
    for (const task of outcome.tasks) tasks.add(task.name);
    if (tasks.size > most) return null;
    for (const { text } of outcome.prints) lines.add(printable(text));
  }
  return { tasks: [...tasks], lines: [...lines].slice(0, most) };
}

/** @returns lines of text: each guess beside the truth, and what explains it. */
export function renderPrediction(
  { tasks, lines, finished, seen }: Prediction,
  outcome: Outcome,
  findings: Finding[],
  width: number,
): string {
  const truth = new Map(outcome.tasks.map(({ name, status }) => [name, status]));
  const printed = new Set(outcome.prints.map(({ text }) => printable(text)));
  const yes = (is: boolean): string => (is ? "yes" : "no");
  const rows = [
    ...tasks.map((name) => {
      const did = truth.get(name) === "finished";
      return {
        what: `${name} finishes`,
        guess: finished.includes(name),
        did,
        how: truth.get(name)!,
      };
    }),
    ...lines.map((line) => {
      const did = printed.has(line);
      return { what: `"${line}"`, guess: seen.includes(line), did, how: yes(did) };
    }),
  ];
  const right = rows.filter(({ guess, did }) => guess === did).length;
  const widest = Math.min(
    width - 24,
    rows.reduce((sum, { what }) => Math.max(sum, Bun.stringWidth(what)), 0),
  );
  const table = rows.map(({ what, guess, did, how }) => {
    const name = pad(Bun.sliceAnsi(what, 0, widest), widest);
    return `${guess === did ? " " : "!"} ${name}  ${pad(yes(guess), 5)} ${how}`.trimEnd();
  });
  return [
    `  ${" ".repeat(widest)}  you   truth`,
    ...table,
    "",
    right === rows.length
      ? `All ${rows.length} as you said.`
      : `${right} of ${rows.length} as you said; "!" marks the others.`,
    ...(right === rows.length
      ? []
      : findings.slice(0, 2).map(({ message }) => wrap(`* ${message}.`, width - 2, "  "))),
  ].join("\n");
}
