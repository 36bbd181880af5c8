/** The demands where the user gives none: the expectations of the scenario, and the wishes of everybody. */
import type { BoundedFigure, Expectations, TaskStatus } from "../scenario/expectation.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Demand, Demands } from "./demands.ts";
import { deadlockDemand, lineDemand, linesDemand, statusDemand } from "./expect-demands.ts";
import { boundDemand, wordDemand } from "./vocabulary.ts";

/** The figures of `expect` by their names as demands. */
const figureNames: Readonly<Record<BoundedFigure, string>> = {
  wall: "wall",
  // A document may bound the end of a main that it expects to fail.
  main: "main.end",
  longestBlock: "block",
  "lateness.p99": "late.p99",
  overlap: "overlap",
};

/**
 * The demands on a scenario where the user gives none. A duration is demanded only where the document
 * says so.
 *
 * Read off the document alone: whatever its strategies come to, it wants the same.
 */
export function demandsOf({ expect }: Scenario): Demands {
  const wishes = expect === null || isDemonstration(expect) ? [] : wishesOf(expect);
  const finish = wishes.some(({ written }) => written === "finish");
  const all = [...wishes, nothingLost, ...["heard", "cleanup", "status"].map(wordDemand)]
    // A task that finishes is not lost, so that demand would say nothing new.
    .filter(({ written }) => !finish || written !== nothingLost.written);
  return {
    source: wishes.length > 0 ? "expect" : "default",
    all: [...new Map(all.map((one) => [one.written, one])).values()],
  };
}

const nothingLost = boundDemand("lost", { comparison: "==", limit: 0 });

/**
 * Whether a document expects what nobody wants, as the scenario `lost` does, which shows a loss: a
 * deadlock, tasks that are lost, or tasks cut off of which it does not say that nothing is lost.
 */
function isDemonstration({ tasks, lost, deadlock }: Expectations): boolean {
  if (deadlock === true || (lost ?? 0) > 0) return true;
  const statuses = typeof tasks === "string" ? [tasks] : Object.values(tasks ?? {});
  return lost !== 0 && statuses.some((status) => status !== "finished" && status !== "failed");
}

/** The expectations as demands, without those that nobody would wish for: that something takes long. */
function wishesOf({ tasks, lost, bounds, prints, deadlock }: Expectations): Demand[] {
  const statuses =
    typeof tasks === "string" ? [[null, tasks] as const] : Object.entries(tasks ?? {});
  return [
    ...statuses.map(([task, status]) => statusDemand(task, status as TaskStatus)),
    ...(lost === null ? [] : [boundDemand("lost", { comparison: "==", limit: lost })]),
    ...bounds
      .filter(({ of, bound }) => bound.comparison.startsWith(">") === (of === "overlap"))
      .map(({ of, bound }) => boundDemand(figureNames[of], bound)),
    ...(prints === null
      ? []
      : "contains" in prints
        ? prints.contains.map(lineDemand)
        : [linesDemand(prints.exactly)]),
    ...(deadlock === false ? [deadlockDemand(false)] : []),
  ];
}
