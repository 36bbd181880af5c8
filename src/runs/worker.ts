/** A worker process of a durable queue that another run, or another program, fills. */
import type { Done, LoneOptions, LoneResult } from "../drivers/real/durable/lone-worker.ts";
import type { Plan } from "../outcome/plan.ts";
import { speedOf } from "../outcome/plan.ts";

export type { Done, LoneResult } from "../drivers/real/durable/lone-worker.ts";

/** Takes tasks out of the queue of a plan until it is aborted, or until nothing is in it. */
export async function work(
  plan: Plan,
  options: Omit<LoneOptions, "speed" | "folder" | "queuePlace">,
): Promise<LoneResult> {
  const { workAlone } = await import("../drivers/real/durable/lone-worker.ts");
  const { placeNamed } = await import("../drivers/real/durable/prepare.ts");
  const queuePlace = placeNamed(plan);
  if (queuePlace === null) throw new Error("nobody has named the queue");
  const { driver, folder } = plan;
  return await workAlone(plan, { ...options, queuePlace, speed: speedOf(driver), folder });
}

/** What an attempt came to, in words. */
export function doneWords({ task, attempt, what, error }: Done): string {
  const which = attempt === 1 ? task : `${task}, attempt ${attempt}`;
  switch (what) {
    case "began":
      return `${which}: began`;
    case "completed":
      return `${which}: finished`;
    case "failed":
      return `${which}: failed (${error})`;
    case "refused":
      return `${which}: its end was refused, as its lease had run out`;
  }
}
