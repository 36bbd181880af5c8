/** Python's words for a loop whose thread one step, or many, kept from everybody else. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import type { Victim } from "../../reading/victims.ts";
import type { Hold } from "../../reading/holds.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Words } from "../context.ts";
import { starved } from "../program/observed.ts";
import { type PythonFacts, words } from "./facts.ts";

/** The most who were late that are named. */
const mostNamed = 3;

export function loopBlocked(facts: PythonFacts, finding: InProgram<"loop-blocked">): Words<never> {
  const { holder, more } = finding.evidence;
  const { longest, holds, victims } = holder;
  const { actor, ticks, seen } = longest;
  const place = seen?.place ?? longest.source?.place ?? null;
  const kind = seen?.kind ?? null;
  const doing = kind === "computing" ? "computed" : kind === "blocked" ? "stood still" : "was";
  const where = place === null ? "" : ` (it ${doing} at ${facts.at(place, actor)})`;
  const often = holds === 1 ? "for" : `${formatCount(holds)} times, for up to`;
  const span =
    seen?.goesOn === true ? `and never gave it back` : `${often} ${formatMeasured(ticks)}`;
  const late = victims.length === 0 ? "" : `: ${lateWords(facts, victims)}`;
  const others = more === 0 ? "" : ` (and ${more} more hold it likewise)`;
  return words(
    `${facts.function(actor)} held the thread of its loop ${span}${where}${late}${others}`,
    otherwise(facts, longest),
  );
}

/** What would have let the others run. */
function otherwise(facts: PythonFacts, { seen, source }: Hold): string {
  const place = seen?.place ?? source?.place ?? null;
  const within = place === null ? null : facts.names.functionAt(place);
  const call = seen?.call ?? (place === null ? null : facts.names.sourceAt(place));
  const isHandable = within !== null && within !== "<module>" && !isCoroutine(facts, within);
  const name = isHandable ? within : (calledIn(call) ?? "f");
  const isSleep = call !== null && /\btime\.sleep\(|^sleep\(/.test(call);
  if (seen?.kind === "computing")
    return `hand it to a process (await loop.run_in_executor(ProcessPoolExecutor(), ${name}, …)), since threads of Python share one core, or give way now and then (await asyncio.sleep(0))`;
  const thread = `hand it to a thread (await ${facts.has(9) ? `asyncio.to_thread(${name}, …)` : `loop.run_in_executor(None, ${name}, …)`})`;
  if (isSleep) return `await asyncio.sleep(…) instead of time.sleep(…), or ${thread}`;
  if (seen?.goesOn === true)
    return `await there instead of waiting with the whole thread, or ${thread}`;
  return `${thread}, or use a library that awaits`;
}

/** Whether tasks are of a function, which no thread could be given then. */
function isCoroutine({ reading }: PythonFacts, name: string): boolean {
  return reading.actors.some(
    (one) => one.function === name && (one.kind === "task" || one.kind === "launch"),
  );
}

/** What a line calls, where it is nothing but that call, as `time.sleep`. */
function calledIn(call: string | null): string | null {
  return /^(?:\w+ = )?([A-Za-z_][\w.]*)\(/.exec(call ?? "")?.[1] ?? null;
}

function lateWords(facts: PythonFacts, victims: readonly Victim[]): string {
  const told = victims.slice(0, mostNamed).map(({ actor, tasks, late, how, alike, place }) => {
    const who =
      tasks === 1 ? facts.function(actor) : `${formatCount(tasks)} of ${facts.function(actor)}`;
    if (how === "cut-off" && alike) return `${who} did not wake any more`;
    const where = place == null ? "" : ` (${facts.names.line(place)})`;
    return `${who}${where} ${alike ? how : "was"} up to ${formatMeasured(late)} late`.replace(
      tasks === 1 ? "up to " : "\0",
      "",
    );
  });
  const more = victims.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more were late as well`] : [])].join("; ");
}

export function loopStarved(facts: PythonFacts, finding: InProgram<"loop-starved">): Words<never> {
  const { evidence } = finding;
  if (evidence.by === "sums") {
    const { count, busy, longest, place } = evidence.sum;
    const name = place === null ? null : facts.names.functionAt(place);
    const again =
      place === null
        ? ""
        : `, and most of what was ready again by then was ${name ?? "code"} (${facts.names.line(place)})`;
    return words(
      `${lateWords(facts, evidence.victims)}: before it came ${formatCount(count)} short steps of the loop, one after the other, for ${formatMeasured(busy)} (none of them longer than ${formatMeasured(longest)})${again}`,
      "have fewer of them at a time (async with asyncio.Semaphore(…)), let them wait for what is to happen (an asyncio.Event, a queue, a sleep of some ms) instead of coming again at once (asyncio.sleep(0), call_soon), or hand what they compute to a process",
    );
  }
  const { message } = starved(facts.names, finding);
  return words(
    message,
    "let fewer tasks run at a time (async with asyncio.Semaphore(…)), or do less between two awaits",
  );
}
