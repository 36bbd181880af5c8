/**
 * The completion point of a program that goes by tasks of its own: gather, group, and the limit of both.
 *
 * Invariant: what is cancelled there, when and how often, is what asyncio's gather, TaskGroup and timeout
 * cancel.
 */
import { does } from "../../scenario/strategy.ts";
import { leaves } from "../../scenario/walk.ts";
import type { TypeScriptDraft } from "./draft.ts";
import { inside } from "./syntax.ts";

/** Whether launch can be cancelled while it waits for its tasks. */
export function cancelsLaunch({ facts }: TypeScriptDraft): boolean {
  return facts.strategy.timeout !== null || does(facts.strategy, "cancels");
}

/** Whether launch does something between starting a task and waiting for it, which may be over by then. */
export function mayBeOver({ byTurns, uses, facts }: TypeScriptDraft): boolean {
  const steps = leaves(facts.beforeSettle);
  const first = steps.findIndex(({ kind }) => kind === "start");
  const waits = ["sleep", "send", "receive", "call"];
  return (
    byTurns && uses.has("gather") && steps.slice(first).some(({ kind }) => waits.includes(kind))
  );
}

/** Whether a limit that ran out has to be told from another reason to end launch. */
export function tellsLate({ facts, uses }: TypeScriptDraft): boolean {
  return uses.has("within") && does(facts.strategy, "cancels");
}

/** The function that waits for several tasks. */
export function gather(draft: TypeScriptDraft): string[] {
  const { byTurns, facts } = draft;
  const collects = does(facts.strategy, "collects");
  const all = `Promise.${collects ? "allSettled" : "all"}(awaited.map(({ ended }) => ended))`;
  const awaits = mayBeOver(draft) ? "await all;" : `await ${all};`;
  const turns = byTurns ? ["await nextTurn();", "await nextTurn();"] : [];
  const interrupts = cancelsLaunch(draft);
  // By turns there is none in which all have ended and launch does not wait for one.
  const mayBeLate = interrupts && !byTurns && !collects;
  const what = collects
    ? "/** Waits for all, as asyncio's gather with return_exceptions does. */"
    : `/** Waits as asyncio's gather: lets go at the first that fails${interrupts ? "; cancelling launch cancels them" : ""}. */`;
  const asks = [
    "let isCancelled = false;",
    ...(mayBeLate
      ? ["let isLate = false; // cancelled when all have ended, and launch not yet gone on"]
      : []),
    "current.getStore()!.cancel = () => {",
    "  isCancelled = true;",
    ...(mayBeLate ? ["  isLate ||= awaited.every((task) => task.cancel === undefined);"] : []),
    "  cancel(awaited);",
    "};",
  ];
  const waits =
    collects || turns.length === 0
      ? [awaits, ...turns]
      : ["try {", `  ${awaits}`, "} finally {", ...inside(turns), "}"];
  const guarded = mayBeLate
    ? ["try {", `  ${awaits}`, "} catch (error) {", "  if (!isLate) throw error;", "}"]
    : waits;
  return [
    what,
    "async function gather(awaited: Task[]) {",
    ...inside([
      ...(mayBeOver(draft)
        ? [
            `const all = ${all};`,
            collects
              ? "if (awaited.every((task) => task.outcome)) return void (await all); // nothing to wait for"
              : `const isDecided = awaited.some((task) => task.outcome === "failed");`,
            ...(collects
              ? []
              : [
                  "if (isDecided || awaited.every((task) => task.outcome)) return void (await all); // nothing to wait for",
                ]),
          ]
        : []),
      ...(interrupts ? asks : []),
      ...guarded,
      ...(interrupts ? ["if (isCancelled) throw new Cancelled();"] : []),
    ]),
    "}",
  ];
}

/** The function that limits the time of that wait. */
export function within(draft: TypeScriptDraft): string[] {
  const isOther = tellsLate(draft) ? " || launched.isUnwanted" : "";
  return [
    "/** Cancels launch, that is what it waits for, when so long has gone by, as asyncio.timeout does. */",
    "async function within(ms: number, what: () => Promise<void>) {",
    "  const launched = current.getStore()!;",
    "  let isLate = false;",
    "  const clear = after(ms, () => {",
    "    isLate = true;",
    "    launched.cancel?.();",
    "  });",
    "  try {",
    "    await what();",
    "  } catch (error) {",
    `    if (!isLate || !(error instanceof Cancelled)${isOther}) throw error;`,
    `    throw new Error("the completion point timed out");`,
    "  } finally {",
    "    clear();",
    "  }",
    "}",
  ];
}

/** A task group. */
export function group({ isEager }: TypeScriptDraft): string[] {
  return [
    "/** As asyncio's TaskGroup: the first failure cancels the others, and is raised when all have cleaned up. */",
    "class Group {",
    "  #open = new Set<Task>();",
    "  #launch = current.getStore()!;",
    "  #failure: unknown;",
    "  #isAborting = false;",
    "  #wake: Wake | undefined;",
    "",
    "  start(run: () => Promise<void>) {",
    "    const task = start(run);",
    "    this.#open.add(task);",
    isEager
      ? "    const ended = (error?: unknown) => this.#ended(task, error);"
      : "    const ended = (error?: unknown) => setImmediate(() => this.#ended(task, error));",
    "    task.ended.then(() => ended(), ended);",
    "  }",
    "",
    "  /** Waits for all, and raises what the first of them raised, or what launch did. */",
    "  async end(raised?: unknown) {",
    "    if (raised !== undefined) this.#abort();",
    "    while (this.#open.size > 0)",
    "      try {",
    "        await wait((wake) => void (this.#wake = wake));",
    "      } catch (cancelled) {",
    "        raised ??= cancelled;",
    "        this.#abort();",
    "      }",
    "    if (this.#failure ?? raised) throw this.#failure ?? raised;",
    "  }",
    "",
    "  #ended(task: Task, error: unknown) {",
    "    this.#open.delete(task);",
    "    if (this.#open.size === 0) this.#wake?.();",
    "    if (error === undefined || error instanceof Cancelled) return;",
    "    this.#failure ??= error;",
    "    if (this.#isAborting) return;",
    "    this.#abort();",
    "    this.#launch.cancel?.();",
    "  }",
    "",
    "  #abort() {",
    "    if (!this.#isAborting) cancel([...this.#open]);",
    "    this.#isAborting = true;",
    "  }",
    "}",
  ];
}
