/**
 * Random scenarios whose main submits tasks while the loop is closing, or shortly before or after.
 *
 * Invariant: as in `draw`, which of them are free of luck is found out by `isRobust`. What comes in
 * time stands beside what comes too late, so that the border between the two is tried as well.
 */
import type { Drawn } from "../drivers/arbitrary.ts";

type Step = string | { [key: string]: unknown };

/** Draws a scenario and a strategy. */
export function drawClosing(random: () => number): Drawn {
  const pick = <Value>(...values: Value[]): Value => values[Math.floor(random() * values.length)]!;
  const chance = (share: number): boolean => random() < share;
  const times = <Value>(least: number, most: number, make: () => Value): Value[] =>
    Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, make);
  const duration = (): number => pick(60, 120, 180, 240) + pick(0, 20, 40);
  let label = 0;
  const print = (): Step => ({ print: `line ${label++}` });

  const step = (): Step => {
    const kind = random();
    if (kind < 0.35) return { sleep: duration() };
    if (kind < 0.7) return print();
    if (kind < 0.8) return { block: 60 };
    if (kind < 0.85) return { fail: `failure ${label++}` };
    if (kind < 0.9) return { send: { channel: "inbox", value: label++ } };
    if (kind < 0.95) return { receive: "inbox" };
    return { sleep: 0 };
  };
  /** Clean-up that shows how far it comes. */
  const cleanup = (): Step[] => [print(), ...times(0, 2, step), print()];
  const late = () => ({
    steps: [...times(0, 1, step), { sleep: pick(60, 180, 5000, 5000) }, print()],
    ...(chance(0.8) ? { finally: cleanup() } : {}),
    ...(chance(0.2) ? { copies: 2 } : {}),
  });

  const loop = pick("thread", "thread", "portal");
  const launch: Step[] = [{ start: "one" }, { sleep: duration() }];
  // A portal closes before main's end only where launch fails.
  if (loop === "portal" || chance(0.2)) launch.push({ fail: "launch fails" });
  launch.push("settle");
  const main: Step[] = ["launch"];
  for (const name of ["two", "three"]) {
    main.push({ block: duration() });
    if (chance(0.8)) main.push({ submit: name });
  }
  main.push({ block: duration() });
  if (chance(0.5)) main.push(print());
  if (chance(0.1)) main.push({ fail: "main fails" });
  return {
    document: {
      name: "closing",
      main,
      launch,
      tasks: {
        one: { steps: [{ sleep: 5000 }], finally: [{ sleep: duration() + pick(0, 200) }, print()] },
        two: late(),
        three: late(),
      },
      channels: { inbox: {} },
    },
    strategy: {
      loop,
      settle: "none",
      atExit: pick("wait", "wait", "cancel", "abandon"),
      ...(chance(0.3) ? { offload: "threads", workers: pick(1, 2) } : {}),
    },
  };
}
