/**
 * Whether a finding of one run is that of another: of the same program, or of the program after an edit.
 *
 * Where something stood, and when, varies from run to run; which rule it is by, whose function it is about and
 * where that was made do not.
 */
import type { ProgramFinding } from "../remedies/program/findings.ts";
import type { Definitions } from "../trace/definitions.ts";
import type { FileChange } from "./edit.ts";

/** The lines of the texts as they are, by those of the texts that a program ran with. */
export type LineOf = (file: string, line: number) => number | null;

/** The same in any run of the program; null for a line makes it a finding of the edit's own. */
export function identityOf(
  { rule, actors, places }: ProgramFinding,
  { actors: defined, places: placesOf }: Pick<Definitions, "actors" | "places">,
  lineOf: LineOf = (_, line) => line,
): string {
  const who = actors.map((actor) => {
    const { function: of, name } = defined.get(actor) ?? { function: null, name: "" };
    return of ?? name.replaceAll(/\d+/g, "#");
  });
  const made = places.filter(({ is }) => is === "made");
  const where = (made.length > 0 ? made : places).map(({ place }) => {
    const known = placesOf.get(place);
    if (known === undefined) return "?";
    return `${known.file}:${lineOf(known.file, known.line) ?? `+${known.line}`}`;
  });
  return JSON.stringify([rule, [...new Set(who)].toSorted(), [...new Set(where)].toSorted()]);
}

/** Which lines of changed texts stood where before: a line is that of the first of its bytes that was there. */
export function linesBefore(changes: readonly FileChange[]): LineOf {
  const tables = new Map(changes.map((change) => [change.file, tableOf(change)]));
  return (file, line) => {
    const table = tables.get(file);
    return table === undefined ? line : (table[line - 1] ?? null);
  };
}

function tableOf({ before, replacements }: FileChange): (number | null)[] {
  const table: (number | null)[] = [null];
  let oldLine = 1;
  const walk = (bytes: Uint8Array, isOld: boolean): void => {
    for (const byte of bytes) {
      const isBlank = byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
      if (isOld && !isBlank) table[table.length - 1] ??= oldLine;
      if (byte !== 0x0a) continue;
      table.push(null);
      if (isOld) oldLine++;
    }
  };
  let done = 0;
  for (const { from, to, bytes } of replacements) {
    walk(before.subarray(done, from), true);
    walk(bytes, false);
    oldLine += newlinesIn(before.subarray(from, to));
    done = to;
  }
  walk(before.subarray(done), true);
  return table;
}

function newlinesIn(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (byte === 0x0a ? sum + 1 : sum), 0);
}
