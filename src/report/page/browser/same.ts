/** What is the same in the data of a program and in later data of it, where everything may have another number. */
import type { Data } from "./data.ts";

/** What rows are known by: their names below those of their headings, and which one of several alike it is. */
export function rowKeys({ rows }: Data): string[] {
  const seen = new Map<string, number>();
  let headings: string[] = [];
  return rows.map(({ is, name, depth }) => {
    headings = headings.slice(0, depth);
    const key = JSON.stringify([...headings, is, name]);
    if (is === "heading") headings[depth] = name;
    const number = seen.get(key) ?? 0;
    seen.set(key, number + 1);
    return `${key} ${number}`;
  });
}

/** The row that is the same; -1 where there is none. */
export function sameRow(row: number, before: Data, after: Data): number {
  return rowKeys(after).indexOf(rowKeys(before)[row]!);
}

/** The entity that is the same: of the same row, name and beginning; -1 where there is none. */
export function sameEntity(entity: number, before: Data, after: Data): number {
  const row = sameRow(before.entities.row[entity]!, before, after);
  if (row < 0) return -1;
  const name = before.texts.names[before.entities.name[entity]!]!;
  const from = before.entities.from[entity]!;
  const alikeIn = ({ rows, entities, texts }: Data, of: number): number[] => {
    const { first, count } = rows[of]!;
    const number = texts.names.indexOf(name);
    const all = Array.from({ length: count }, (_, k) => first + k);
    return all.filter((one) => entities.name[one] === number && entities.from[one] === from);
  };
  const which = alikeIn(before, before.entities.row[entity]!).indexOf(entity);
  return alikeIn(after, row)[which] ?? -1;
}

/** The finding that is the same; null where there is none. */
export function sameFinding(finding: number, before: Data, after: Data): number | null {
  const { rule, at } = before.head.findings[finding]!;
  const index = after.head.findings.findIndex((one) => one.rule === rule && one.at === at);
  return index < 0 ? null : index;
}
