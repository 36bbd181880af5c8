/** What holds of any program about a held loop, and about threads that race. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import { noticeable, type Victim } from "../../reading/victims.ts";
import type { FindingOf } from "../../reading/findings/finding.ts";
import type { Words } from "../context.ts";
import { quote, sumWords } from "../words.ts";
import type { Names } from "./names.ts";

/** The most who were late that are named; the others are counted. */
const mostNamed = 5;

export function loopBlocked(names: Names, { evidence }: FindingOf<"loop-blocked">): Words<never> {
  const { holder, more } = evidence;
  const { longest, holds, tasks, victims } = holder;
  const { actor, source, ticks } = longest;
  const beside = tasks === 1 ? "" : ` and ${names.many(tasks - 1, actor)} more`;
  const who = `${names.single(actor)}${beside}${source === null ? "" : `, at ${names.place(source.place)},`}`;
  const how =
    holds === 1
      ? `for ${formatMeasured(ticks)}`
      : `${formatCount(holds)} times, for up to ${formatMeasured(ticks)}`;
  const late = victims.length === 0 ? "" : `: ${victimWords(names, victims)}`;
  const others = more === 0 ? "" : ` (and ${more} more hold it likewise)`;
  return {
    message: `${who} held its loop's thread ${how}${late}${others}`,
    remedies: [],
    otherwise: "hand what blocks to a thread or a process, or let it give way now and then",
  };
}

export function starved(names: Names, { evidence }: FindingOf<"starved">): Words<never> {
  const late = victimWords(names, evidence.victims);
  if (evidence.by === "nobody")
    return {
      message: `${late}: no step is known to have held the thread meanwhile, and what did is not in the record`,
      remedies: [],
      otherwise:
        "run it again when less else runs, or with a smaller --blocks, which tells of shorter steps",
    };
  const otherwise = "let fewer tasks run at a time, or block elsewhere than on the loop's thread";
  if (evidence.by === "sums")
    return { message: `${late}: ${sumWords(evidence)}`, remedies: [], otherwise };
  const { steps, actors, longest } = evidence.crowd;
  return {
    message: `${late}: before the latest came ${formatCount(steps)} steps of ${names.kinds(actors) ?? "others"}, none longer than ${formatMeasured(longest)}`,
    remedies: [],
    otherwise,
  };
}

function victimWords(names: Names, victims: readonly Victim[]): string {
  const words = victims.slice(0, mostNamed).map((victim) => lateWords(names, victim));
  const more = victims.length - words.length;
  return [...words, ...(more > 0 ? [`${more} more were late as well`] : [])].join("; ");
}

function lateWords(names: Names, victim: Victim): string {
  const { tasks, actor, times, by, late, due, how, alike } = victim;
  const who = tasks === 1 ? names.name(actor) : names.many(tasks, actor);
  if (how === "cut-off" && alike)
    return `${who}, ${tasks === 1 ? "" : "one of them "}due at ${formatMeasured(due)}, did not wake any more`;
  const verb = alike ? how : tasks === 1 ? "was" : "were";
  const shared = late - by >= noticeable ? `, ${formatMeasured(by)} of it through this` : "";
  return `${who} ${verb} ${times === 1 ? "" : "up to "}${formatMeasured(late)} late${shared}`;
}

export function race(names: Names, { evidence }: FindingOf<"race">): Words<never> {
  const { gap, between } = evidence.race;
  const [a, b] = between.map(({ text, type, actor }) =>
    text !== null && type === "printed" ? quote(text) : `the end of ${names.single(actor)}`,
  );
  const apart =
    gap === 0 ? "fell on the same instant" : `came within ${formatMeasured(gap)} of each other`;
  const others = evidence.others === 0 ? "" : ` (and ${evidence.others} more such)`;
  return {
    message: `${a} and ${b} ${apart} on two threads, so their order is luck${others}`,
    remedies: [],
    otherwise: "put them in order: a join, a result or a queue makes one wait for the other",
  };
}
