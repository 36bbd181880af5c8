/** What a document may say and this version cannot perform yet. */
import type { Scenario, Step } from "../scenario/model.ts";
import type { Problem } from "../scenario/problem.ts";
import type { Strategy } from "../scenario/strategy.ts";

const unsupportedSteps: ReadonlySet<Step["kind"]> = new Set([
  "submit",
  "result",
  "join",
  "send",
  "receive",
  "call",
]);

/** One problem for every step, and for the strategy, that would have to be performed. */
export function unsupported(scenario: Scenario, strategy: Strategy): Problem[] {
  const problems: Problem[] = [];
  const visit = (steps: Step[], path: string): void => {
    for (const [index, step] of steps.entries()) {
      const at = `${path}[${index}]`;
      if (step.kind === "repeat") visit(step.steps, `${at}.steps`);
      else if (unsupportedSteps.has(step.kind))
        problems.push({ position: step.position, path: at, message: cannot(`"${step.kind}"`) });
    }
  };
  visit(scenario.main, "main");
  visit(scenario.launch, "launch");
  for (const task of scenario.tasks) {
    visit(task.steps, `tasks.${task.name}`);
    visit(task.finally, `tasks.${task.name}.finally`);
  }
  if (strategy.loop === "portal")
    problems.push({ position: null, path: "strategy", message: cannot(`"loop: portal"`) });
  if (strategy.offload !== "none")
    problems.push({
      position: null,
      path: "strategy",
      message: cannot(`"offload: ${strategy.offload}"`),
    });
  return problems;
}

function cannot(what: string): string {
  return `${what} is valid, but this version of tandem cannot run it yet`;
}
