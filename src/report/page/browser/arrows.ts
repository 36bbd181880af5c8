/** What leads to an entity and from it: who made it, and whom it made, waited for, had cancelled, or sent something. */
import type { ArrowKind } from "../words.ts";
import { type Data, firstAbove } from "./data.ts";

export interface ShownArrow {
  kind: ArrowKind;
  from: number;
  at: number;
  to: number;
  toAt: number;
}

/** Those of the last entity that was asked for: it is looked for among all, and drawn in every frame. */
let latest: { data: Data; entity: number; arrows: readonly ShownArrow[] } | null = null;

export function arrowsOf(data: Data, entity: number): readonly ShownArrow[] {
  if (latest?.data !== data || latest.entity !== entity) {
    const arrows = [...made(data, entity), ...awaited(data, entity), ...others(data, entity)];
    latest = { data, entity, arrows };
  }
  return latest.arrows;
}

function* made({ entities }: Data, entity: number): Generator<ShownArrow> {
  const arrow = (of: number): ShownArrow => {
    const at = entities.created[of]!;
    const toAt = Math.max(at, entities.from[of]!);
    return { kind: "created", from: entities.parent[of]! - 1, at, to: of, toAt };
  };
  if (entities.parent[entity]! > 0) yield arrow(entity);
  for (let k = 0; k < entities.count; k++) if (entities.parent[k] === entity + 1) yield arrow(k);
}

/** From whoever was waited for to whoever waited, where the wait ends. */
function* awaited({ entities, stretches, head }: Data, entity: number): Generator<ShownArrow> {
  const waiting = head.states.indexOf("waiting");
  const { whom, state, to } = stretches;
  const [first, end] = [entities.offsets[entity]!, entities.offsets[entity + 1]!];
  for (let k = 0; k < whom.length; k++) {
    if (whom[k] === 0 || state[k] !== waiting) continue;
    const isOwn = k >= first && k < end;
    if (!isOwn && whom[k] !== entity + 1) continue;
    // The entity whose stretch it is: the last that begins at or before it.
    const waiter = isOwn ? entity : firstAbove(entities.offsets, k, 0, entities.offsets.length) - 1;
    yield { kind: "awaited", from: whom[k]! - 1, at: to[k]!, to: waiter, toAt: to[k]! };
  }
}

function* others({ arrows, head }: Data, entity: number): Generator<ShownArrow> {
  for (let k = 0; k < arrows.kind.length; k++)
    if (arrows.from[k] === entity || arrows.to[k] === entity)
      yield {
        kind: head.arrows[arrows.kind[k]!]!,
        from: arrows.from[k]!,
        at: arrows.at[k]!,
        to: arrows.to[k]!,
        toAt: arrows.toAt[k]!,
      };
}
