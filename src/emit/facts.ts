/**
 * Facts of a scenario under a strategy that its program depends on: what can fail, what is left over,
 * what main and the background share.
 *
 * Invariant: read off the document alone; where that does not decide, the answer is the careful one
 * ("it can fail"), which costs a line of code and never makes it wrong.
 */
import type { LeafStep, Scenario, Step, TaskSpec } from "../scenario/model.ts";
import { placeholdersOf } from "../scenario/placeholders.ts";
import { does, isBeside, mayAbandon, type Strategy } from "../scenario/strategy.ts";
import { leaves, leavesOf } from "../scenario/walk.ts";

/** Whether the steps fill in `{value}` before they have certainly received one. */
export function usesEarlyValue(steps: readonly Step[], cleanup: readonly Step[] = []): boolean {
  const usesValue = (step: LeafStep): boolean => placeholdersOf(step).has("value");
  const all = leaves(steps);
  const certain = new Set(leaves(steps.filter((step) => !isSkipped(step))));
  const received = all.findIndex((step) => step.kind === "receive" && certain.has(step));
  const early = received < 0 ? all : all.slice(0, received);
  return early.some(usesValue) || leaves(cleanup).some(usesValue);
}

/** Whether the step, or a repeat within it, is repeated zero times. */
function isSkipped(step: Step): boolean {
  return step.kind === "repeat" && (step.times === 0 || step.steps.some(isSkipped));
}

/** Whether a step of the list may wait, so that other coroutines run meanwhile. */
export function waits(steps: readonly LeafStep[]): boolean {
  return steps.some(({ kind }) => ["sleep", "send", "receive", "call"].includes(kind));
}

function raises(step: LeafStep): boolean {
  return (
    step.kind === "fail" ||
    step.kind === "call" ||
    (step.kind === "receive" && step.timeout !== undefined)
  );
}

/** Which threads use a channel, and how. */
export interface ChannelFacts {
  name: string;
  capacity: number | null;
  mainSends: boolean;
  mainReceives: boolean;
  loopSends: boolean;
  loopReceives: boolean;
}

export class Facts {
  readonly scenario: Scenario;
  readonly strategy: Strategy;
  /** Launch up to the completion point, and behind it. */
  readonly beforeSettle: Step[];
  readonly afterSettle: Step[];
  /** Main up to its launch step, and behind it; where it never launches, all is before. */
  readonly beforeLaunch: Step[];
  readonly afterLaunch: Step[];
  readonly launches: boolean;
  /** Tasks that launch starts before the completion point, in order. */
  readonly awaited: TaskSpec[];
  /** Tasks that launch starts at all. */
  readonly started: TaskSpec[];
  /** Tasks that are started or submitted at all. */
  readonly used: TaskSpec[];
  readonly channels: ChannelFacts[];

  constructor(scenario: Scenario, strategy: Strategy) {
    this.scenario = scenario;
    this.strategy = strategy;
    const { main, launch, tasks } = scenario;
    const settle = launch.findIndex(({ kind }) => kind === "settle");
    this.beforeSettle = launch.slice(0, settle);
    this.afterSettle = launch.slice(settle + 1);
    const at = main.findIndex(({ kind }) => kind === "launch");
    this.launches = at >= 0;
    this.beforeLaunch = at < 0 ? main : main.slice(0, at);
    this.afterLaunch = at < 0 ? [] : main.slice(at + 1);
    this.awaited = this.#started(this.beforeSettle);
    this.started = this.#started(this.launches ? launch : []);
    const used = new Set(this.started);
    for (const step of leaves(this.afterLaunch))
      if (step.kind === "submit") used.add(this.task(step.task));
    this.used = tasks.filter((task) => used.has(task));
    this.channels = scenario.channels
      .map((channel) => this.#use(channel))
      .filter((use) => use.mainSends || use.mainReceives || use.loopSends || use.loopReceives);
  }

  task(name: string): TaskSpec {
    return this.scenario.tasks.find((task) => task.name === name)!;
  }

  channel(name: string): ChannelFacts {
    return this.channels.find((channel) => channel.name === name)!;
  }

  #started(steps: Step[]): TaskSpec[] {
    return leaves(steps).flatMap((step) =>
      step.kind === "start" ? step.tasks.map((name) => this.task(name)) : [],
    );
  }

  #use(channel: Scenario["channels"][number]): ChannelFacts {
    const uses = (steps: LeafStep[], kind: "send" | "receive"): boolean =>
      steps.some((step) => step.kind === kind && step.channel === channel.name);
    const main = leaves(this.scenario.main);
    const loop = [
      ...(this.launches ? leaves(this.scenario.launch) : []),
      ...this.used.flatMap(leavesOf),
    ];
    return {
      ...channel,
      mainSends: uses(main, "send"),
      mainReceives: uses(main, "receive"),
      loopSends: uses(loop, "send"),
      loopReceives: uses(loop, "receive"),
    };
  }

  /** Whether a main that is on another thread than the loop uses the channel as well as the loop. */
  isBetweenThreads(use: ChannelFacts): boolean {
    return isBeside(this.strategy) && this.isShared(use);
  }

  /** Whether main and the background both use the channel. */
  isShared({ mainSends, mainReceives, loopSends, loopReceives }: ChannelFacts): boolean {
    return (mainSends || mainReceives) && (loopSends || loopReceives);
  }

  /** Whether launch waits for the task at its completion point. */
  isAwaited(task: TaskSpec): boolean {
    return does(this.strategy, "awaits") && this.awaited.includes(task);
  }

  taskCanFail(task: TaskSpec): boolean {
    return leavesOf(task).some(raises);
  }

  /** Whether an error can leave launch. */
  get launchCanFail(): boolean {
    const { strategy } = this;
    return (
      leaves(this.scenario.launch).some(raises) ||
      strategy.timeout !== null ||
      (does(strategy, "awaits") &&
        !does(strategy, "collects") &&
        this.awaited.some((task) => this.taskCanFail(task)))
    );
  }

  /** Whether tasks can be left over, to be cancelled, when launch has come to its end. */
  get leavesTasks(): boolean {
    return (
      this.launchCanFail ||
      this.#started(this.afterSettle).length > 0 ||
      (!does(this.strategy, "awaits") && this.awaited.length > 0) ||
      (isBeside(this.strategy) && leaves(this.afterLaunch).some(({ kind }) => kind === "submit"))
    );
  }

  /** Whether main can fail behind its launch step. */
  mainCanFail(): boolean {
    return leaves(this.afterLaunch).some((step) => {
      switch (step.kind) {
        case "submit":
          return !does(this.strategy, "staysOpen") || this.launchCanFail;
        case "result":
          return (
            step.timeout !== undefined ||
            this.launchCanFail ||
            this.taskCanFail(this.task(step.task))
          );
        default:
          return raises(step);
      }
    });
  }

  /** Whether launch or a task receives within a limit. */
  get limitsReceives(): boolean {
    return [...leaves(this.scenario.launch), ...this.used.flatMap(leavesOf)].some(
      (step) => step.kind === "receive" && step.timeout !== undefined,
    );
  }

  /** Whether the process may end while the background goes on. */
  get abandons(): boolean {
    return mayAbandon(this.strategy);
  }

  /** Whether main takes the result of a task that it submits. */
  takesResult(task: string): boolean {
    return leaves(this.scenario.main).some((step) => step.kind === "result" && step.task === task);
  }

  /** Whether some task hands steps to the pool. */
  get usesPool(): boolean {
    return (
      this.strategy.offload !== "none" &&
      this.used.some((task) =>
        leavesOf(task).some(({ kind }) => kind === "block" || kind === "compute"),
      )
    );
  }
}
