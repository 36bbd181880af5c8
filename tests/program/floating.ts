/**
 * Floating scenarios as JavaScript: random ones, the program that somebody would write by hand for
 * one, and what that does under a runtime, on a virtual clock (floating.mjs).
 */
import { expect } from "bun:test";
import { join } from "node:path";
import { simulate, type RunResult } from "../support/simulate.ts";

export type Step =
  | { print: string }
  | { sleep: number }
  | { block: number }
  | { fail: string }
  | { submit: string }
  | { repeat: number; steps: Step[] };

export interface Floating {
  settle: "none" | "gather" | "settled";
  /** Main's steps before and after it launches. */
  main: [Step[], Step[]];
  /** Launch's steps before the completion point, and behind it. */
  launch: (Step | { start: string })[];
  behind: Step[];
  tasks: Record<string, { steps: Step[]; finally?: Step[] }>;
}

/** What a program did. */
export interface Did {
  lines: [number, string][];
  error: string | null;
  endedAt: number;
}

/** Draws a scenario. */
export function drawFloating(random: () => number): Floating {
  const pick = <Value>(...values: Value[]): Value => values[Math.floor(random() * values.length)]!;
  const chance = (share: number): boolean => random() < share;
  const times = <Value>(least: number, most: number, make: () => Value): Value[] =>
    Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, make);
  let label = 0;
  const duration = (): number => pick(0, 1, 2, 3, 5, 10, 10, 20);
  const main = (): Step => {
    const kind = random();
    if (kind < 0.5) return { print: `line ${label++}` };
    return kind < 0.97 ? { block: duration() } : { fail: `failure ${label++}` };
  };
  const step = (): Step => {
    const kind = random();
    if (kind < 0.35) return { sleep: duration() };
    if (kind < 0.7) return { print: `line ${label++}` };
    if (kind < 0.85) return { block: duration() };
    if (kind < 0.93) return { repeat: pick(0, 2, 3), steps: times(1, 2, step) };
    return { fail: `failure ${label++}` };
  };
  const names = ["a", "b", "c", "d"].slice(0, pick(1, 2, 3, 4));
  const submitted = names.filter(() => chance(0.15));
  const started = names.filter((name) => !submitted.includes(name));
  return {
    settle: pick("none", "gather", "gather", "settled"),
    main: [
      times(0, 1, main),
      [...times(0, 2, main), ...submitted.map((submit) => ({ submit })), ...times(0, 2, main)],
    ],
    launch: started.flatMap((start) => [...(chance(0.3) ? [step()] : []), { start }]),
    behind: times(0, 2, step),
    tasks: Object.fromEntries(
      names.map((name) => [
        name,
        { steps: times(1, 4, step), finally: chance(0.3) ? times(1, 2, step) : [] },
      ]),
    ),
  };
}

/** What a scenario comes to in virtual time. */
export function simulateFloating({ settle, main, launch, behind, tasks }: Floating): RunResult {
  const document = {
    name: "floating",
    main: [...main[0], "launch", ...main[1]],
    launch: [...launch, "settle", ...behind],
    tasks,
  };
  return simulate(document, { use: "float", settle });
}

/** The program that somebody would write by hand. */
function programOf({ settle, main, launch, behind, tasks }: Floating): string {
  const bodies = Object.entries(tasks).map(([name, task]) => {
    const steps = statements(task.steps);
    const cleanUp = statements(task.finally ?? []);
    const body = cleanUp === "" ? steps : `try {\n${steps}\n} finally {\n${cleanUp}\n}`;
    return `async function ${name}() {\n${body}\n}`;
  });
  const waits = {
    none: "",
    gather: "await Promise.all(started);",
    settled: "await Promise.allSettled(started);",
  };
  return `${bodies.join("\n")}
async function launch() {
const started = [];
${statements(launch)}
${waits[settle]}
${statements(behind)}
}
${statements(main[0])}
void launch();
${statements(main[1])}`;
}

function statements(steps: Floating["launch"]): string {
  return steps
    .map((step) => {
      if ("print" in step) return `print(${JSON.stringify(step.print)});`;
      if ("sleep" in step) return `await sleep(${step.sleep});`;
      if ("block" in step) return `block(${step.block});`;
      if ("submit" in step) return `void ${step.submit}();`;
      if ("start" in step) return `started.push(${step.start}());`;
      if ("fail" in step) return `fail(${JSON.stringify(step.fail)});`;
      return `for (let i = 0; i < ${step.repeat}; i++) {\n${statements(step.steps)}\n}`;
    })
    .join("\n");
}

/** What the programs did under a runtime. */
function perform(runtime: string, programs: string[]): Did[] {
  const { stdout, stderr } = Bun.spawnSync([runtime, join(import.meta.dir, "floating.mjs")], {
    stdin: Buffer.from(JSON.stringify(programs)),
  });
  const text = stdout.toString();
  if (text === "") throw new Error(`${runtime} said nothing: ${stderr.toString()}`);
  return JSON.parse(text) as Did[];
}

/** The same of a run in virtual time. */
function didOf(result: RunResult): Did {
  const ending = result.failures.find(({ heard }) =>
    heard.some(({ where }) => where === "unhandled-rejection" || where === "main-failed"),
  );
  expect(result.exitCode).toBe(ending === undefined ? 0 : 1);
  return {
    lines: result.prints.map(({ at, text }) => [at, text]),
    error: ending?.error ?? null,
    endedAt: result.wall,
  };
}

/** Holds scenarios against a runtime. @throws for the first that does something else there. */
export function holdAgainst(runtime: string, cases: Floating[]): void {
  const programs = cases.map(programOf);
  const did = perform(runtime, programs);
  for (const [index, one] of cases.entries())
    expect({ program: programs[index], ...didOf(simulateFloating(one)) }).toEqual({
      program: programs[index],
      ...did[index]!,
    });
}
