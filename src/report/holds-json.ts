/** Holds in result objects, and who was late through them: of a scenario's run as of any program. Times are ms. */
import { TICKS_PER_MS } from "../base/duration.ts";
import type { Blame } from "../reading/blame.ts";
import type { Victim } from "../reading/victims.ts";
import type { Hold } from "../reading/holds.ts";
import type { Place } from "../trace/definitions.ts";

/** How a result object tells actors, and whatever it has beside what all of them tell. */
export interface HoldNaming<Who, Whose, More> {
  /** Who held a thread. */
  by(actor: number): Who;
  /** Whose turn was late. */
  task(actor: number): Whose;
  ofVictim(victim: Victim): More;
}

/** A hold; in user code with its place, and the text that people are shown of it. */
export function holdToJson<Who>(
  { at, ticks, actor, source }: Hold,
  { by }: Pick<HoldNaming<Who, never, never>, "by">,
) {
  return {
    at: at / TICKS_PER_MS,
    duration: ticks / TICKS_PER_MS,
    ...by(actor),
    source: source?.text ?? null,
    ...(source === null ? {} : { place: placeToJson(source.at) }),
  };
}

/** A place in a program or a document: what is known of it. */
export function placeToJson({ file, line, column, function: of }: Place) {
  return {
    file,
    line,
    ...(column === null ? {} : { column }),
    ...(of === null ? {} : { function: of }),
  };
}

/** A hold with whose it was and who was late; `by` of those: how much of that this hold is blamed for. */
export function blockToJson<Who, Whose, More>(
  { hold, victims }: Blame["holds"][number],
  naming: HoldNaming<Who, Whose, More>,
) {
  return {
    ...holdToJson(hold, naming),
    shares: hold.parts.map(({ actor, ticks }) => ({
      ...naming.by(actor),
      duration: ticks / TICKS_PER_MS,
    })),
    late: victims.map((victim) => ({
      ...naming.task(victim.actor),
      tasks: victim.tasks,
      by: victim.by / TICKS_PER_MS,
      ...naming.ofVictim(victim),
    })),
  };
}
