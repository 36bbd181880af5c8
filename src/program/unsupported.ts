/** What a document may say and this version cannot perform yet. */
import type { Scenario, Step } from "../scenario/model.ts";
import type { Problem } from "../scenario/problem.ts";
import type { Strategy } from "../scenario/strategy.ts";

const kinds: ReadonlySet<Step["kind"]> = new Set([
  "submit",
  "result",
  "join",
  "send",
  "receive",
  "call",
]);

/** One problem for every step of the document that would have to be performed. */
export function unsupportedSteps(scenario: Scenario): Problem[] {
  const problems: Problem[] = [];
  const visit = (steps: Step[], path: string): void => {
    for (const [index, step] of steps.entries()) {
      const at = `${path}[${index}]`;
      if (step.kind === "repeat") visit(step.steps, `${at}.steps`);
      else if (kinds.has(step.kind))
        problems.push({ position: step.position, path: at, message: cannot(`"${step.kind}"`) });
    }
  };
  visit(scenario.main, "main");
  visit(scenario.launch, "launch");
  for (const task of scenario.tasks) {
    visit(task.steps, `tasks.${task.name}`);
    visit(task.finally, `tasks.${task.name}.finally`);
  }
  return problems;
}

/** What a strategy asks for in vain, in a sentence; or null. */
export function unsupportedAxis({ loop, offload }: Strategy): string | null {
  if (loop === "portal") return cannot(`"loop: portal"`);
  return offload === "none" ? null : cannot(`"offload: ${offload}"`);
}

function cannot(what: string): string {
  return `${what} is valid, but this version of tandem cannot run it yet`;
}
