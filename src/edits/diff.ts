/**
 * The unified diff of two texts, as `git apply` and `patch` take it.
 *
 * It is made of bytes: each stands for one character (latin-1), in the texts and in the diff, so an encoding
 * of the user's own, a mark of the byte order and lone carriage returns come through. Lines end at `\n` alone.
 */
import { normalize } from "node:path/posix";
import type { FileChange } from "./edit.ts";

/** How many unchanged lines stand around a change. */
const context = 3;

/** One line of a diff: in both texts, in the old one or in the new one. */
export interface DiffLine {
  is: " " | "-" | "+";
  /** With the newline at its end, where it has one. */
  text: string;
}

export interface Hunk {
  /** The number of its first line, from 1, in the old text and in the new one. */
  first: { old: number; new: number };
  lines: readonly DiffLine[];
}

/** The hunks between two texts; none where they are the same. */
export function hunksOf(before: Uint8Array, after: Uint8Array): Hunk[] {
  const lines = diffLines(linesOf(before), linesOf(after));
  const ranges: { from: number; to: number }[] = [];
  for (const [index, { is }] of lines.entries()) {
    if (is === " ") continue;
    const [from, to] = [Math.max(0, index - context), index + context + 1];
    const last = ranges.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else ranges.push({ from, to });
  }
  const numbers = { old: 1, new: 1 };
  let counted = 0;
  return ranges.map(({ from, to }) => {
    for (; counted < from; counted++) {
      if (lines[counted]!.is !== "+") numbers.old++;
      if (lines[counted]!.is !== "-") numbers.new++;
    }
    return { first: { ...numbers }, lines: lines.slice(from, to) };
  });
}

/** The bytes of a file's diff, with its names; empty where nothing changes. */
export function diffOf({ file, before, after }: FileChange): Uint8Array {
  const hunks = hunksOf(before, after);
  if (hunks.length === 0) return new Uint8Array();
  const name = nameInDiff(file);
  const head = `--- ${written(`a/${name}`)}\n+++ ${written(`b/${name}`)}\n`;
  return Buffer.concat([
    Buffer.from(head),
    Buffer.from(hunks.map((hunk) => hunkText(hunk)).join(""), "latin1"),
  ]);
}

/** A file's name behind `a/` and `b/`: one that leads up, as `../app.py`, is taken by nothing that applies diffs. */
export function nameInDiff(file: string): string {
  return normalize(file.replaceAll("\\", "/")).replace(/^\/+/, "");
}

/** `@@ -1,7 +1,8 @@`, the head of a hunk. */
export function hunkHead({ first, lines }: Hunk): string {
  const range = (other: "-" | "+", start: number): string => {
    const count = lines.filter(({ is }) => is !== other).length;
    // A range without lines stands behind the line before it.
    return `${count === 0 ? start - 1 : start}${count === 1 ? "" : `,${count}`}`;
  };
  return `@@ -${range("+", first.old)} +${range("-", first.new)} @@`;
}

function hunkText(hunk: Hunk): string {
  const lines = hunk.lines.map(({ is, text }) =>
    text.endsWith("\n") ? is + text : `${is}${text}\n\\ No newline at end of file\n`,
  );
  return `${hunkHead(hunk)}\n${lines.join("")}`;
}

/** A file's name as git writes it: a blank needs a TAB behind the name, and what steers a terminal quotes. */
function written(name: string): string {
  if (!/["\\\p{Cc}]/u.test(name)) return name.includes(" ") ? `${name}\t` : name;
  const quoted = [...Buffer.from(name)].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
    return `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${quoted.join("")}"`;
}

function linesOf(bytes: Uint8Array): string[] {
  return (
    Buffer.from(bytes)
      .toString("latin1")
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  );
}

/** Every line of both texts, those that stay once: the shortest way from one to the other (Myers). */
function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  // By diagonal (x - y): how far along the old text a way of so many changes comes.
  const furthest = new Map<number, number>([[1, 0]]);
  const history: Map<number, number>[] = [];
  for (let changes = 0; ; changes++) {
    history.push(new Map(furthest));
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = isDown(furthest, diagonal, changes)
        ? furthest.get(diagonal + 1)!
        : furthest.get(diagonal - 1)! + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal])
        x++;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length)
        return walkedBack(before, after, history);
    }
  }
}

/** Whether the way to a diagonal comes by an insertion, and not by a deletion. */
function isDown(furthest: ReadonlyMap<number, number>, diagonal: number, changes: number): boolean {
  if (diagonal === -changes) return true;
  return diagonal !== changes && furthest.get(diagonal - 1)! < furthest.get(diagonal + 1)!;
}

function walkedBack(
  before: readonly string[],
  after: readonly string[],
  history: readonly Map<number, number>[],
): DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [before.length, after.length];
  for (let changes = history.length - 1; changes > 0; changes--) {
    const furthest = history[changes]!;
    const down = isDown(furthest, x - y, changes);
    const diagonal = down ? x - y + 1 : x - y - 1;
    const from = furthest.get(diagonal)!;
    while (x > (down ? from : from + 1)) lines.push({ is: " ", text: before[--x]! });
    lines.push(
      down ? { is: "+", text: after[from - diagonal]! } : { is: "-", text: before[from]! },
    );
    [x, y] = [from, from - diagonal];
  }
  while (x > 0) lines.push({ is: " ", text: before[--x]! });
  return lines.reverse();
}
