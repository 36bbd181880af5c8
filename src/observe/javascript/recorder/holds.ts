/** What holds the loop: stretches in which one call kept its thread, and turns that did not end. */
import { type Call, OVER } from "./model.ts";
import { now } from "./clock.ts";
import { blockingName, placeOf, sites } from "./sites.ts";
import { newId, tellCall } from "./telling.ts";
import { whereItStood } from "./stood.ts";
import { readFileSync, thread, write } from "./writer.ts";

export const holds = {
  /** From how long on a hold is told, in ticks. */
  least: 100_000,
};

/** The current turn of the loop: its number, when it began, how many slices it has had, and who had most of them. */
export const turn = { number: 0, began: 0, slices: 0, owner: null as Call | null, lastEnd: 0 };

/** The blocking calls of a site in a turn: from when to when they were made, and how long they took together. */
interface Block {
  site: number;
  from: number;
  to: number;
  took: number;
}

interface Span {
  from: number;
  to: number;
}

/** Of the current turn. */
let blocks: Block[] = [];
let told: Span[] = [];

/** The last hold that was told: whatever was due in it was late. */
export const lastHold: Span = { from: 0, to: -1 };

/** Notes a blocking call that has returned. */
export function blocked(site: number, from: number, to: number): void {
  const block = blocks.find((one) => one.site === site);
  if (block === undefined) blocks.push({ site, from, to, took: to - from });
  else {
    block.to = to;
    block.took += to - from;
  }
}

/** How long the thread has computed, and wanted a core, in ticks; null where the system does not say. */
interface Clocks {
  cpu: number;
  queued: number;
}

function readClocks(): Clocks | null {
  try {
    const [cpu, queued] = readFileSync("/proc/thread-self/schedstat", "utf8").split(" ");
    return { cpu: Number(cpu) / 1000, queued: Number(queued) / 1000 };
  } catch {
    return null;
  }
}

let clocks: Clocks | null = null;

/** Takes the readings that the next hold is measured by. */
export function takeClocks(): void {
  clocks = readClocks();
}

/** Whether the thread has computed nearly all the time since the readings were taken. */
export function isSpinning(took: number): boolean {
  const now = readClocks();
  if (clocks === null || now === null) return false;
  return now.cpu - clocks.cpu + (now.queued - clocks.queued) > took * 0.8;
}

/** Notes that the recorder itself has kept the thread for so long, until now: what it did is nobody's hold. */
export function tookItself(ticks: number): void {
  const to = now();
  told.push({ from: to - ticks, to });
}

/** A stretch has ended in which a call, or what it called, kept the thread for long. */
export function held(call: Call, at: number): void {
  const from = call.since;
  let rest = at - from;
  for (const span of told) if (span.from >= from) rest -= span.to - span.from;
  if (rest < holds.least) return;
  tell(call, from, at, null);
}

function tell(call: Call, from: number, to: number, turns: number | null): void {
  const most = to - from;
  const inside = blocks.filter((block) => block.from >= from && block.to <= to);
  const longest = inside.reduce<Block | null>(
    (found, block) => (found === null || block.took > found.took ? block : found),
    null,
  );
  const block = longest !== null && longest.took * 2 >= most ? longest : null;
  const numbers: Record<string, number> = turns === null ? {} : { turns };
  const now = readClocks();
  if (clocks !== null && now !== null) {
    const cpu = Math.min(most, now.cpu - clocks.cpu);
    const queued = Math.min(most - cpu, now.queued - clocks.queued);
    // A thread that got no core did not hold its loop; and many short slices did if they have computed.
    if (turns === null && block === null && most - queued < holds.least) return;
    if (turns !== null && cpu < holds.least) return;
    numbers["cpu"] = Math.round(cpu);
    numbers["queued"] = Math.round(queued);
  }
  clocks = now;
  told.push({ from, to });
  blocks = [];
  lastHold.from = from;
  lastHold.to = to;
  // Of many short slices it is known at which await; of one that computed at least in which function.
  const own = turns === null || call.at === -1 ? call.site : call.at;
  const stood = block === null && turns === null ? whereItStood(from, to) : null;
  const place = stood ?? placeHeld(block === null ? own : block.site);
  const where = place === null ? {} : { place };
  const actor = tellCall(call);
  write(["event", Math.round(from), "step-began", thread, actor, 0, where]);
  const text = block === null ? {} : { text: blockingName(block.site) };
  write(["event", Math.round(to), "step-ended", thread, actor, 0, { ...where, ...text, numbers }]);
  if (stood !== null) clocks = readClocks();
}

/** Where a hold is told at of which it is only known whose it was: of a module's no line. */
function placeHeld(site: number): number | null {
  return sites[site]!.kind === "module" ? null : placeOf(site);
}

/** A blocking call has returned of which it has been told that it has begun, and at which place. */
export function endTold(call: Call, from: number, site: number, at: number): void {
  const text = blockingName(site);
  const details = { place: placeOf(site), text };
  write(["event", Math.round(at), "step-ended", thread, tellCall(call), 0, details]);
  told.push({ from, to: at });
  lastHold.from = from;
  lastHold.to = at;
  clocks = readClocks();
}

let someCallback = 0;

/** Who stands for all that is called back of which no site tells. */
function unknownCallback(): number {
  if (someCallback === 0) {
    someCallback = newId();
    write(["actor", someCallback, "callback", { function: "callback" }]);
  }
  return someCallback;
}

/**
 * The recorder's own timer has come late: its thread was kept by code that no site tells of.
 *
 * @param main whoever is the thread's program.
 * @param armed when that timer was armed: behind that instant the thread began to be kept.
 */
export function cameLate(main: Call, armed: number, due: number, at: number): void {
  if (at - due < holds.least || lastHold.to >= due) return;
  const now = readClocks();
  if (clocks === null || now === null) return;
  const most = at - due;
  const cpu = Math.min(most, now.cpu - clocks.cpu);
  if (cpu < holds.least) return;
  const queued = Math.min(most - cpu, now.queued - clocks.queued);
  const numbers = { cpu: Math.round(cpu), queued: Math.round(queued) };
  lastHold.from = armed;
  lastHold.to = at;
  const stood = whereItStood(due, at);
  const where = stood === null ? {} : { place: stood };
  // Behind main's end it is whatever was called back, by which no site came.
  const actor = main.state === OVER ? unknownCallback() : main.id;
  write(["event", Math.round(due), "step-began", thread, actor, 0, where]);
  write(["event", Math.round(at), "step-ended", thread, actor, 0, { ...where, numbers }]);
  clocks = stood === null ? now : readClocks();
}

/** A turn of the loop is over, of which nothing need have been long by itself. */
export function turnEnds(): void {
  const { began, lastEnd, slices, owner } = turn;
  // What comes behind the last that was told, which may be all of it.
  const from = told.at(-1)?.to ?? began;
  if (lastEnd - from >= holds.least && owner !== null && slices > 1)
    tell(owner, from, lastEnd, slices);
  if (told.length > 0) told = [];
  if (blocks.length > 0) blocks = [];
}
