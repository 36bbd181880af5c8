/**
 * The editor of Python: the user's own interpreter, which alone knows for certain the syntax that it runs.
 *
 * It gets the parts in `editor/`, joined to one namespace, with the asks and the texts through its stdin. It reads
 * nothing of the user's, and writes nothing.
 */
import { z } from "zod";
import { type Answer, type Ask, Refusal } from "../pattern.ts";
import answer from "./editor/answer.py" with { type: "text" };
import awaits from "./editor/awaits.py" with { type: "text" };
import cancels from "./editor/cancels.py" with { type: "text" };
import ends from "./editor/ends.py" with { type: "text" };
import entries from "./editor/entries.py" with { type: "text" };
import futures from "./editor/futures.py" with { type: "text" };
import groups from "./editor/groups.py" with { type: "text" };
import keep from "./editor/keep.py" with { type: "text" };
import names from "./editor/names.py" with { type: "text" };
import syntax from "./editor/syntax.py" with { type: "text" };
import text from "./editor/text.py" with { type: "text" };
import threads from "./editor/threads.py" with { type: "text" };

const parts = [
  text,
  syntax,
  names,
  futures,
  keep,
  awaits,
  entries,
  ends,
  groups,
  cancels,
  threads,
  answer,
];

/** Isolated: neither its environment nor the folder it is started in has a say in what it imports. */
const options = ["-I", "-S", "-B", "-X", "utf8", "-W", "ignore"];

const start = "import json, sys; given = json.load(sys.stdin.buffer); exec(given['editor'])";

/** A text of ten thousand lines takes it half a second. */
const timeoutMs = 20_000;

const answers = z.array(
  z.union([
    z.object({ refused: z.string().nullable() }),
    z.object({ replacements: z.array(z.tuple([z.number(), z.number(), z.base64()])) }),
  ]),
);

/** The interpreter's answers to asks, in their order. */
export async function askInterpreter(
  interpreter: string,
  asks: readonly Ask[],
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Answer[]> {
  if (asks.length === 0) return [];
  const given = {
    editor: parts.join("\n\n"),
    asks,
    files: Object.fromEntries([...files].map(([file, bytes]) => [file, base64(bytes)])),
  };
  try {
    const process = Bun.spawn([interpreter, ...options, "-c", start], {
      stdin: Buffer.from(JSON.stringify(given)),
      stdout: "pipe",
      stderr: "ignore",
      timeout: timeoutMs,
    });
    const told = answers.parse(JSON.parse(await process.stdout.text()));
    return asks.map((_, index) => toAnswer(told[index]!));
  } catch {
    const refusal = new Refusal(`${interpreter}, which would have edited it, failed`);
    return asks.map(() => refusal);
  }
}

function toAnswer(told: z.infer<typeof answers>[number]): Answer {
  if ("refused" in told) return told.refused === null ? null : new Refusal(told.refused);
  return told.replacements.map(([from, to, text]) => {
    return { from, to, bytes: Buffer.from(text, "base64") };
  });
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
