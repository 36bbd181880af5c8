/** Demands on a program that tandem did not write, judged on what was observed of it. */
import { type ActorOutcome, isWork, type ProcessOutcome } from "../reading/entities.ts";
import type { Hold } from "../reading/holds.ts";
import type { Reading } from "../reading/reading.ts";
import { DemandError, parseDemands } from "./demand-words.ts";
import { checkDemands, type Demand } from "./demands.ts";
import type { Checked } from "./expectations.ts";
import type { Judgeable, JudgedTask } from "./judgeable.ts";

/** Whether the record holds what the program prints. */
interface Recorded {
  prints: boolean;
}

/**
 * Reads what stands behind `--must` for a program that is observed.
 *
 * @throws DemandError for what is no demand, or has no meaning there.
 */
export function parseProgramDemands(text: string, recorded: Recorded): Demand[] {
  const demands = parseDemands(text);
  for (const { written } of demands) {
    const why = meaningless(written, recorded);
    if (why !== null) throw new DemandError(`"${written}" means nothing here: ${why}`);
  }
  return demands;
}

/** Why a demand says nothing of an observed program; null where it does. */
function meaningless(written: string, { prints }: Recorded): string | null {
  if (written === "survives-kill") return "nobody kills the process of a program";
  if (written.startsWith("overlap"))
    return "how much main overlaps the background is known of a scenario alone";
  if (written.startsWith("prints") && !prints) return "the record holds no text of the program's";
  return null;
}

/** The check of an observed program against each demand. */
export function judgeProgram(reading: Reading, demands: readonly Demand[]): Checked[] {
  return checkDemands(judgeableOf(reading), demands);
}

function judgeableOf(reading: Reading): Judgeable {
  const { processes, actors, threads, loops, wall, lateness, strays, prints } = reading;
  const [first] = processes;
  const mainThread = threads.find(({ process }) => process === first?.number)?.number;
  const tasks = actors.filter(isWork).map(taskOf);
  const counted = new Set(reading.alike.map(({ actor }) => actor));
  const names = [
    ...tasks.map(({ spec }) => spec.name),
    ...actors.flatMap(({ number, name, function: of }) =>
      counted.has(number) ? [of ?? name] : [],
    ),
  ];
  const launches = actors.filter(({ kind }) => kind === "launch");
  const unheard = launches.find(({ heard }) => heard !== null && heard.by !== "raised");
  const interruption = interruptionOf(first);
  return {
    scenario: { tasks: [...new Set(names)].map((name) => ({ name })) },
    wall,
    main: actors.find(({ kind }) => kind === "main") ?? nobody,
    launch: unheard ?? launches[0] ?? nobody,
    tasks,
    exitCode: first?.exitCode ?? null,
    ...interruption,
    lateness,
    longestBlock: longestOf(reading),
    overlap: 0,
    prints,
    strays,
    left: {
      loop: loops.some(({ thread, closedAt }) => thread !== mainThread && closedAt === null),
      jobs: reading.unfinished.filter(({ kind }) => kind === "job").length,
      child: processes.slice(1).find(({ endedAt }) => endedAt === null)?.name ?? null,
    },
  };
}

const nobody: Judgeable["launch"] = {
  status: "unstarted",
  startedAt: null,
  endedAt: null,
  error: null,
  heard: null,
};

function taskOf(actor: ActorOutcome): JudgedTask {
  const { name, function: of, status, startedAt, lost, destroyed, cleanup } = actor;
  return {
    ...actor,
    name: of ?? name,
    // Main and launch alone have other statuses.
    status: status as JudgedTask["status"],
    spec: { name: of ?? name },
    isCut:
      lost && startedAt !== null && cleanup === "none" && (destroyed || status === "abandoned"),
  };
}

/** A program that hangs is what a scenario's deadlock is; every other end that is not its own is told. */
function interruptionOf(
  process: ProcessOutcome | undefined,
): Pick<Judgeable, "interruptedBy" | "interruption" | "ended"> {
  const { interruptedBy = null, interruption = null } = process ?? {};
  const detail = interruption === null ? "" : ` (${interruption})`;
  switch (interruptedBy) {
    case "hang":
      return { interruptedBy: "deadlock", interruption };
    case "signal":
      return { interruptedBy, interruption, ended: `a signal${detail} ended it` };
    case "cut-off":
      return { interruptedBy, interruption, ended: "its record breaks off" };
    default:
      return { interruptedBy, interruption };
  }
}

/** The longest that one step held a loop's thread. */
function longestOf({ loops }: Reading): Hold | null {
  return loops.reduce<Hold | null>((longest, { longestBlock }) => {
    return (longestBlock?.ticks ?? 0) > (longest?.ticks ?? 0) ? longestBlock : longest;
  }, null);
}
