/** A reading as far as it is about one process, where a trace has several. */
import type { Blame } from "./blame.ts";
import type { Reading } from "./reading.ts";

/**
 * What of a reading happened in a process; times stay those of the trace, and its end is the process's.
 * What never ran anywhere is the first process's.
 */
export function inProcess(reading: Reading, process: number): Reading {
  const [first] = reading.processes;
  if (reading.processes.length <= 1) return reading;
  const own = reading.processes.filter(({ number }) => number === process);
  const isFirst = process === first!.number;
  const threads = reading.threads.filter((thread) => thread.process === process);
  const homes = new Set(threads.map(({ number }) => number));
  const actors = reading.actors.filter(({ thread }) =>
    thread === null ? isFirst : homes.has(thread),
  );
  const numbers = new Set(actors.map(({ number }) => number));
  const isOn = ({ thread }: { thread: number }): boolean => homes.has(thread);
  const isBy = ({ actor }: { actor: number }): boolean => numbers.has(actor);
  const isOf = (one: { process: number }): boolean => one.process === process;
  const { aftermath } = reading;
  const failures = reading.failures.filter(isBy);
  return {
    ...reading,
    wall: own[0]?.endedAt ?? reading.wall,
    processes: own,
    threads,
    actors,
    loops: reading.loops.filter(isOn),
    elsewhere: blameOf(reading.elsewhere, isBy),
    standstills: reading.standstills.filter(isBy),
    races: reading.races.filter(({ between }) => between.every(isOn)),
    failures,
    unfinished: reading.unfinished.filter(isOn),
    waiting: reading.waiting.filter(isBy),
    prints: reading.prints.filter(isOn),
    lines: reading.lines.filter(isOn),
    aftermath: {
      ...aftermath,
      outlived: aftermath.outlived.filter(isBy),
      wentOn: aftermath.wentOn.filter(isBy),
      leftBehind: aftermath.leftBehind.filter(isBy),
      open: aftermath.open.filter(isBy),
      nothingLeftAt: isFirst ? aftermath.nothingLeftAt : null,
    },
    droppedPromises: isFirst ? reading.droppedPromises : [],
    strays: reading.strays.filter(isOn),
    rejected:
      reading.rejected &&
      failures.some(({ heard }) => heard.some(({ where }) => where === "unhandled-rejection")),
    exits: reading.exits.filter(isOn),
    sightings: reading.sightings.filter(isBy),
    handles: reading.handles.filter(isOf),
    holders: reading.holders.filter(isBy),
    attached: reading.attached.filter(isBy),
    left: reading.left.filter(isOf),
    handlers: reading.handlers.filter(isOf),
    misused: reading.misused.filter(isOn),
    swallowed: reading.swallowed.filter(isBy),
    outlived: reading.outlived.filter(isBy),
    alike: reading.alike.filter(isBy),
    floated: reading.floated.filter(isBy),
    uses: reading.uses.filter(isBy),
    settledWithout: reading.settledWithout.filter(isBy),
    outputCut: reading.outputCut.filter(isOf),
    hangs: reading.hangs.filter(isOf),
    folded: reading.folded.filter(isOn),
  };
}

function blameOf(
  { holds, holders, crowd, summed, unexplained }: Blame,
  isBy: (one: { actor: number }) => boolean,
): Blame {
  return {
    holds: holds.filter(({ hold }) => isBy(hold)),
    holders: holders.filter(({ longest }) => isBy(longest)),
    crowd: crowd?.victims.every(isBy) === true ? crowd : null,
    summed: summed?.victims.every(isBy) === true ? summed : null,
    unexplained: unexplained.filter(isBy),
  };
}
