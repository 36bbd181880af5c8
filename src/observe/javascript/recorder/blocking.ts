/** Calls that block their thread. */
import { currentCall, d, pendingOfTurn, v } from "./calls.ts";
import { now } from "./clock.ts";
import { isObject } from "./errors.ts";
import { flush } from "./flush.ts";
import { blocked, endTold } from "./holds.ts";
import { type Call, RUNNING } from "./model.ts";
import { blockingName, placeOf, sites } from "./sites.ts";
import { hasNews, state, tellCall, toldPromise } from "./telling.ts";
import { type Ending, watched } from "./watchdog.ts";
import { hasLines, thread, trouble, write } from "./writer.ts";

/** The call that is being made. */
interface Blocking {
  site: number;
  from: number;
  /** Who makes it, in which stretch, where it may last and others are to know of it. */
  by: Call | null;
  stretch: number;
}

/** What may block for as long as it likes. */
const lasting = new Set(["wait", "execSync", "execFileSync", "spawnSync", "sleepSync", "readSync"]);

function endingOf(site: number): Ending {
  const { name, timer } = sites[site]!.called!;
  if (name === "readSync") return 2;
  return timer === true || name === "sleepSync" ? 1 : 0;
}

export function w(site: number): unknown {
  const blocking: Blocking = { site, from: now(), by: null, stretch: 0 };
  const name = sites[site]!.called?.name ?? "";
  if (thread !== 1 || !lasting.has(name)) return blocking;
  try {
    const by = currentCall() ?? state.main;
    blocking.by = by;
    blocking.stretch = by.state === RUNNING ? by.since : blocking.from;
    const actor = tellCall(by);
    const place = placeOf(site);
    // What is to be settled by the loop is not while that is blocked for ever.
    if (name === "wait" && endingOf(site) === 0)
      for (const made of pendingOfTurn()) toldPromise(made);
    if (hasLines() || hasNews()) flush(true);
    const blocks = {
      from: blocking.from,
      stretch: blocking.stretch,
      name: blockingName(site),
      ending: endingOf(site),
    };
    watched.blocks(blocks, actor, place);
  } catch (error) {
    trouble("blocking", error);
  }
  return blocking;
}

export function u<Value>(began: unknown, value: Value): Value {
  const { site, from, by, stretch } = began as Blocking;
  const at = now();
  blocked(site, from, at);
  if (by !== null && watched.returns()) {
    endTold(by, stretch, site, at);
    // What can wake it is another question again.
    write(["alive", thread, ["other"]]);
    state.alive = null;
  }
  // A function of the program's may be called so, and give a promise.
  if (!isObject(value)) return value;
  return sites[site]!.dropped === undefined ? v(site, value) : d(site, value);
}
