/** Whether what is planned can be run: a document says what it calls, and only the driver what it can. */
import { dirname, join, resolve } from "node:path";
import { lookAt } from "../base/paths.ts";
import { callSteps, functionName } from "../scenario/calls.ts";
import { whyNoKill } from "../scenario/kill.ts";
import type { Plan } from "../outcome/plan.ts";
import { DocumentError, type Problem } from "../scenario/problem.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Source } from "../scenario/source.ts";
import { isWithinProcess, type Strategy } from "../scenario/strategy.ts";
import { canOutlive, channelStep, leaves } from "../scenario/walk.ts";

/**
 * Passes plans of one document that can be run.
 *
 * @throws DocumentError where the driver of a plan cannot perform its calls.
 */
export function checkPlans(plans: readonly Plan[], { file }: Pick<Source, "file">): void {
  const problems = plans.flatMap(callProblems);
  if (problems.length > 0) throw new DocumentError(file, problems);
}

/**
 * Passes strategies under which a scenario can be performed: everything is there that it kills, and whoever speaks
 * with each other by a channel does so in one process.
 *
 * @throws DocumentError for the first that lacks it.
 */
export function checkStrategies(
  scenario: Scenario,
  strategies: readonly Strategy[],
  { file }: Pick<Source, "file">,
): void {
  const problems = scenario.kills.flatMap((kill): Problem[] => {
    const whys = strategies.map((strategy) => whyNoKill(kill, strategy));
    const message = whys.find((why) => why !== null);
    return message === undefined ? [] : [{ position: kill.position, path: "kill", message }];
  });
  const outliving = strategies.find(
    (strategy) => !canOutlive(scenario) && !isWithinProcess(strategy),
  );
  if (outliving !== undefined) problems.push(channelProblem(scenario, outliving));
  if (problems.length > 0) throw new DocumentError(file, problems);
}

function channelProblem(scenario: Scenario, { name }: Strategy): Problem {
  // Where no step uses it, what is called may.
  const step = channelStep(scenario) ?? leaves(scenario.main)[0]!;
  return {
    position: step.position,
    path: step.kind,
    message: `a channel is in the memory of one process, and under strategy ${name} tasks are performed by others; use a strategy whose tasks are in main's process, as thread, or leave the channel out`,
  };
}

/** What keeps the calls of a plan from being performed, each where its step stands. */
function callProblems({ scenario, folder, driver, takes }: Plan): Problem[] {
  const { main, launch, tasks } = callSteps(scenario);
  return [...main, ...launch, ...tasks].flatMap((step) => {
    const message =
      driver.kind === "real"
        ? problemOfModule(resolve(folder, step.module))
        : step.takes === undefined && takes?.byFunction[functionName(step)] === undefined
          ? `in virtual time nothing is called, so tandem must know how long it takes; add "takes: 250ms", or take it from a recorded run (--takes-from EVENTS)`
          : null;
    return message === null ? [] : [{ position: step.position, path: "call", message }];
  });
}

function problemOfModule(file: string): string | null {
  const there = lookAt(file);
  if (there.kind === "nothing")
    return `there is no file ${file}; "module" is a path, relative to the scenario's own file`;
  if (there.kind === "unreachable") return `${file} cannot be read: ${there.why}`;
  if (there.kind === "folder") return `${file} is a folder; name a file in it`;
  const large = readBeside(file).find((one) => {
    const beside = lookAt(one);
    return beside.kind === "file" && beside.stats.size > mostRead;
  });
  return large === undefined
    ? null
    : `${large} is larger than ${mostRead / 1024 / 1024} MiB, and Bun reads it whole to load a module`;
}

/** The size, in bytes, up to which a file is one that a module is loaded by. */
const mostRead = 64 * 1024 * 1024;

/** The files that Bun reads whole to load a module: itself, and what says how, in its folder and those around. */
function readBeside(file: string): string[] {
  const files = [file];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    for (const name of ["package.json", "tsconfig.json", "jsconfig.json"])
      files.push(join(folder, name));
    if (folder === dirname(folder)) return files;
  }
}
