/** Demands for the expectations that are no figures: statuses of tasks, lines, deadlocks. */
import { type Expectations, noExpectations, type TaskStatus } from "../scenario/expectation.ts";
import { type Demand, wantsDeadlock } from "./demands.ts";
import { checkExpectations } from "./expectations.ts";
import { wordDemand } from "./vocabulary.ts";

const statusWords: Readonly<Record<TaskStatus, string>> = {
  finished: "finishes",
  failed: "fails",
  cancelled: "is cancelled",
  abandoned: "is abandoned",
  unstarted: "never begins",
};

/** The word for every task in `tasks=cancelled`; a task of that name is quoted. */
const everyTask = "tasks";

/** Whether a demand is about every task, so that adding a task to the scenario could break it. */
export function isOfEveryTask({ written }: Demand): boolean {
  return written.startsWith(`${everyTask}=`);
}

/** Whether the demands include one that this task's failure would break. */
export function mustNotFail(task: string, demands: readonly Demand[]): boolean {
  return demands.some(
    (one) =>
      ["finish", "failed==0"].includes(one.written) ||
      (one.task === task && !one.written.endsWith("=failed")),
  );
}

/** The demand that a task, with all its copies, ends in this status; for null, that every task does. */
export function statusDemand(task: string | null, status: TaskStatus): Demand {
  if (task === null && status === "finished") return wordDemand("finish");
  const says = `${task ?? "every task"} ${statusWords[status]}`;
  if (task === null) return expectation(`${everyTask}=${status}`, says, { tasks: status });
  const name = task === everyTask ? JSON.stringify(task) : task;
  const one = expectation(`${name}=${status}`, says, { tasks: { [task]: status } });
  return {
    ...one,
    task,
    lack: (outcome) =>
      outcome.scenario.tasks.some((spec) => spec.name === task)
        ? one.lack(outcome)
        : `there is no task ${task}`,
  };
}

/** The demand that a line is printed. */
export function lineDemand(line: string): Demand {
  const quoted = JSON.stringify(line);
  return {
    written: `prints contains ${quoted}`,
    says: `${quoted} is printed`,
    lack: ({ prints }) =>
      prints.some(({ text }) => text === line) ? null : `${quoted} is not printed`,
  };
}

/** The demand that these lines are printed, in their order, and no others. */
export function linesDemand(lines: readonly string[]): Demand {
  const quoted = (line: string | undefined): string =>
    line === undefined ? "no more lines" : JSON.stringify(line);
  const all = lines.map(quoted).join(" ");
  return {
    written: lines.length === 0 ? "prints nothing" : `prints exactly ${all}`,
    says:
      lines.length === 0
        ? "nothing is printed"
        : lines.length === 1
          ? `nothing but ${all} is printed`
          : `exactly ${lines.length} lines are printed, ${quoted(lines[0])} to ${quoted(lines.at(-1))}`,
    lack: (outcome) => {
      const printed = outcome.prints.map(({ text }) => text);
      for (let k = 0; k < Math.max(lines.length, printed.length); k++)
        if (printed[k] !== lines[k])
          return `line ${k + 1} is ${quoted(printed[k])}, not ${quoted(lines[k])}`;
      return null;
    },
  };
}

/** The demand that the run comes to a deadlock, or that it does not. */
export function deadlockDemand(deadlock: boolean): Demand {
  const says = deadlock ? "it comes to a deadlock" : "there is no deadlock";
  return {
    written: deadlock ? wantsDeadlock : "deadlock==false",
    says,
    lack: ({ interruptedBy }) =>
      (interruptedBy === "deadlock") === deadlock
        ? null
        : deadlock
          ? "it comes to its end"
          : "it deadlocks",
  };
}

/** A demand with the very meaning that `expect` has. */
function expectation(written: string, says: string, only: Partial<Expectations>): Demand {
  return {
    written,
    says,
    lack: (outcome) => {
      const all = checkExpectations(outcome, { ...noExpectations, ...only });
      const short = all.find(({ met }) => !met);
      if (short === undefined) return null;
      return `${short.of.replace(/^tasks\./, "")} is ${short.found}, not ${short.expected}`;
    },
  };
}
