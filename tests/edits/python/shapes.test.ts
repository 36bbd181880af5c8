/**
 * Edits of Python programs of many shapes: what changes, or why nothing does; that the edited program is over its
 * fault; and that an edit goes by what a text says, whatever style it is written in.
 *
 * `shapes/` has a file for each pattern. A shape is a program with » before the lines that a trace would tell of,
 * and the lines that change, or the reason of a refusal. Where a program is framed, it stands in the frame of its
 * file, at ⋯.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Answer, Ask } from "../../../src/edits/pattern.ts";
import { Refusal } from "../../../src/edits/pattern.ts";
import { pythonEditor } from "../../../src/edits/python/python.ts";
import { splice } from "../../../src/edits/splice.ts";
import { leastMinor } from "../../../src/observe/python/python.ts";
import { allRounds, rounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { pythons, whyNoPython } from "../../support/python.ts";
import { environment, temporaryFolder } from "../../support/tandem.ts";
import { changedLines } from "../observed-edits.ts";

setDefaultTimeout(patience);

interface Shape {
  name: string;
  pattern: string;
  text: string;
  /** What a trace would tell beside lines. */
  known: Record<string, unknown>;
  /** The marked lines, from 1. */
  lines: number[];
  /** Changed lines, or a reason. */
  result: string;
  /** What the edited program prints, and the program as it is does not. */
  prints: string | null;
  /** The first minor version of Python 3 that knows its syntax. */
  since: number;
}

const folder = join(import.meta.dir, "shapes");
const shapes = readdirSync(folder)
  .sort()
  .flatMap((file) => shapesIn(readFileSync(join(folder, file), "utf8"), basename(file, ".txt")));

function shapesIn(file: string, pattern: string): Shape[] {
  let frame = "⋯";
  return file.split(/^=== /m).flatMap((part): Shape[] => {
    if (part === "") return [];
    const [head, program, result = ""] = part.split(/^---(?: framed)?\n/m) as [
      string,
      string,
      string?,
    ];
    if (head.trim() === "frame") {
      frame = program.trimEnd();
      return [];
    }
    const isFramed = part.includes("\n--- framed\n");
    // The lines that are marked in a frame are those of shapes that mark none of their own.
    const around = program.includes("»") ? frame.replaceAll("»", "") : frame;
    const marked = `${isFramed ? around.replace("⋯", program.trimEnd()) : program.trimEnd()}\n`;
    const fieldOf = (name: string): string | null =>
      new RegExp(`^${name}: (.*)$`, "m").exec(head)?.[1] ?? null;
    return [
      {
        name: `${pattern}: ${head.split("\n")[0]}`,
        pattern,
        text: marked.replaceAll("»", ""),
        known: JSON.parse(fieldOf("known") ?? "{}"),
        lines: marked
          .split("\n")
          .flatMap((line, index) => (line.startsWith("»") ? [index + 1] : [])),
        result: result.trimEnd(),
        prints: fieldOf("prints"),
        since: Number(fieldOf("since") ?? leastMinor),
      },
    ];
  });
}

/** What the editor is asked for a shape, whose lines may stand lower by some. */
function askFor({ pattern, known, lines }: Shape, file: string, lower = 0): Ask {
  const [line, ...rest] = lines.map((one) => one + lower) as [number, ...number[]];
  const others =
    pattern === "keep-and-await" || pattern === "entry-in-thread"
      ? {
          others:
            pattern === "keep-and-await" ? rest.map((one) => ({ line: one, of: "work" })) : [],
        }
      : {};
  const more = { run: rest[0] ?? null, lines: [line, ...rest] };
  return { pattern, file, known: { ...known, ...others, ...more, line } };
}

/** A way of writing a text. */
interface Style {
  name: string;
  write(text: string): Uint8Array;
  /** How many lines stand above those of the text. */
  lower?: number;
}

const utf8 = (text: string): Uint8Array => Buffer.from(text);

const styles: Style[] = [
  { name: "CRLF", write: (text) => utf8(text.replaceAll("\n", "\r\n")) },
  { name: "CR", write: (text) => utf8(text.replaceAll("\n", "\r")) },
  { name: "tabs", write: (text) => utf8(indentedBy("\t", text)) },
  { name: "two spaces", write: (text) => utf8(indentedBy("  ", text)) },
  { name: "a mark of the byte order", write: (text) => utf8(`\u{feff}${text}`) },
  { name: "no final newline", write: (text) => utf8(text.replace(/\n$/, "")) },
  { name: "single quotes", write: (text) => utf8(text.replaceAll('"', "'")) },
  { name: "wide characters", write: (text) => utf8(text.replaceAll(/"[axy]"/g, '"宽🎉é"')) },
  {
    name: "latin-1",
    write: (text) =>
      Buffer.from(
        `# -*- coding: latin-1 -*-\n# é\n${text.replaceAll(/"[axy]"/g, '"éà"')}`,
        "latin1",
      ),
    lower: 2,
  },
];

function indentedBy(unit: string, text: string): string {
  return text.replaceAll(/^(?: {4})+/gm, (spaces) => unit.repeat(spaces.length / 4));
}

const all = pythons().filter(({ minor }) => minor >= leastMinor);

describe.if(all.length > 0)("shapes of Python" + whyNoPython(leastMinor), () => {
  const [newest] = all;
  const tried = allRounds ? new Set([newest!, all.at(-1)!]) : [newest!];

  test("each is changed in the lines that are to change, or refused with its reason", async () => {
    const answers = await edited(
      newest!.path,
      shapes.map((shape) => ({ shape, bytes: utf8(shape.text) })),
    );
    for (const [index, shape] of shapes.entries())
      expect([shape.name, told(answers[index]!)]).toEqual([shape.name, shape.result]);
  });

  test("law: an edit of a text in another style is the text edited, in that style", async () => {
    // The suite tries each shape in every other style, on the newest alone.
    for (const { path, minor } of tried) {
      const known = shapes.filter(({ since }) => since <= minor);
      const plain = await edited(
        path,
        known.map((shape) => ({ shape, bytes: utf8(shape.text) })),
      );
      for (const [turn, { name, write, lower = 0 }] of styles.entries()) {
        const some = [...known.entries()].filter(([index]) => (index + turn) % rounds(2, 1) === 0);
        const styled = await edited(
          path,
          some.map(([, shape]) => ({ shape, bytes: write(shape.text), lower })),
        );
        for (const [at, [index, shape]] of some.entries()) {
          const before = plain[index]!;
          const { answer, bytes } = styled[at]!;
          const what = `${shape.name}, in ${name} on 3.${minor}`;
          if (before.answer instanceof Refusal)
            expect([what, withoutLines(told({ answer, bytes }))]).toEqual([
              what,
              withoutLines(told(before)),
            ]);
          else
            expect([what, latin1(changed({ answer, bytes }))]).toEqual([
              what,
              latin1(write(Buffer.from(changed(before)).toString())),
            ]);
        }
      }
    }
  });

  test("law: an edited program does what it did not do before", async () => {
    for (const { path, minor } of tried) {
      const known = shapes
        .filter(({ since, prints }) => since <= minor && prints !== null)
        .filter((_, index) => index % rounds(5, 1) === 0);
      const answers = await edited(
        path,
        known.map((shape) => ({ shape, bytes: utf8(shape.text) })),
      );
      const waiting = [...known.entries()];
      // Two at a time: most of each is waiting.
      const runSome = async (): Promise<void> => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          const [index, { name, prints }] = next;
          const printed = await run(path, changed(answers[index]!));
          expect([name, minor, printed]).toEqual([name, minor, expect.stringContaining(prints!)]);
        }
      };
      await Promise.all([runSome(), runSome()]);
    }
  });
});

/** An answer, and what it is about. */
interface Edited {
  bytes: Uint8Array;
  answer: Answer;
}

async function edited(
  interpreter: string,
  some: readonly { shape: Shape; bytes: Uint8Array; lower?: number }[],
): Promise<Edited[]> {
  const asks = some.map(({ shape, lower }) => askFor(shape, shape.name, lower));
  const files = new Map(some.map(({ shape, bytes }) => [shape.name, bytes]));
  const answers = await pythonEditor(interpreter).edit(asks, files);
  return some.map(({ bytes }, index) => ({ bytes, answer: answers[index]! }));
}

function changed({ bytes, answer }: Edited): Uint8Array {
  if (answer === null || answer instanceof Refusal) throw new Error(told({ bytes, answer }));
  return splice(bytes, answer);
}

function told({ bytes, answer }: Edited): string {
  if (answer === null) return "not meant";
  if (answer instanceof Refusal) return `refused: ${answer.reason}`;
  return changedLines({ before: bytes, after: splice(bytes, answer) }).join("\n");
}

const withoutLines = (reason: string): string => reason.replaceAll(/line \d+/g, "line …");

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** What a program prints to both streams by its end. */
async function run(interpreter: string, text: Uint8Array): Promise<string> {
  using home = temporaryFolder();
  const child = Bun.spawn([interpreter, home.file("app.py", text)], {
    stdout: "pipe",
    stderr: "pipe",
    env: environment(),
    timeout: patience / 2,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return child.signalCode === null ? `${stdout}${stderr}` : `${stdout}${stderr}, and did not end`;
}
